/** The floor of bursts by itself: what passes it, what ends a body, and where bursts are never used (RFC 9177). */
import { expect, test } from 'vitest'
import { robust } from '../../src/blockwise/robust/robust.ts'
import type { RobustEffect, RobustEvent } from '../../src/blockwise/robust/rows.ts'
import { down, up } from '../../src/core/stack.ts'
import type { Ask, Request, Response } from '../../src/exchange/exchange.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { opaqueOption, options as numbers, sorted, uintOption, type Option } from '../../src/message/option.ts'

const noBytes = new Uint8Array(0)
const request = (more: Partial<Request> = {}): Request => ({
  remote: 'coap://peer:5683',
  code: '0.01',
  options: [],
  payload: noBytes,
  confirmable: true,
  purpose: 'request',
  ...more,
})
const observe0 = uintOption(numbers.Observe, 0)
const large = new Uint8Array(3_000)
/** Plays the events; gives what the last one led to. */
const play = (...events: readonly RobustEvent[]): readonly RobustEffect[] => {
  const machine = robust({ ...defaultParameters, robustBlocks: 'auto' })
  let state = machine.initial
  let effects: readonly RobustEffect[] = []
  for (const event of events) [state, effects] = machine.step(state, event, { now: 0, wall: 0, dice: [0] })
  return effects
}
const ask = (asked: Request, stream = false): RobustEvent => down<Ask>({ type: 'ask', exchange: 'a1', request: asked, stream })
const block = (num: number, etag: number, size: number, more: readonly Option[] = []): Response => ({
  code: '2.05',
  options: sorted([
    uintOption(numbers.QBlock2, num * 16 + (num < 2 ? 8 : 0) + 6),
    uintOption(numbers.Size2, size),
    opaqueOption(numbers.ETag, Uint8Array.of(etag)),
    ...more,
  ]),
  payload: large.subarray(0, num < 2 ? 1_024 : 3_000 - 2_048),
})
const answered = (response: Response, exchange = 'a1'): RobustEvent =>
  up({ type: 'answered', exchange, request: request(), response, last: false })

test('requests without a large body pass, and so do all over a reliable transport: BERT is there [RFC 9177 §7]', () => {
  for (const event of [
    ask(request()),
    ask(request({ code: '0.03', payload: large.subarray(0, 1_024) })),
    ask(request({ remote: 'coap+tcp://peer:5683' }), true),
    ask(request({ remote: 'coap+tcp://peer:5683', code: '0.03', payload: large })),
  ])
    expect(play(event)).toEqual([event])
  const opened = down({ type: 'open' as const, remote: 'account 0', uri: 'coap+tcp://peer:5683' })
  const event = ask(request({ remote: 'account 0' }), true)
  expect(play(opened, event)).toEqual([event])
})

test('a request for bursts over a reliable transport is 4.02: the peer goes on in another way', () => {
  const asked = request({ remote: 'coap+tcp://peer:5683', options: [uintOption(numbers.QBlock2, 14)] })
  expect(play(up({ type: 'asked', exchange: 1, request: asked }))).toMatchObject([
    { value: { type: 'answer', response: { code: '4.02' } } },
  ])
})

test('what is deregistered, and what has its blocks counted by the application, passes', () => {
  for (const option of [uintOption(numbers.Observe, 1), uintOption(numbers.Block1, 14)]) {
    const event = ask(request({ options: [option] }), true)
    expect(play(event)).toEqual([event])
  }
  const counted = ask(request({ options: [observe0, uintOption(numbers.Block2, 16)] }))
  expect(play(counted)).toEqual([counted])
})

test('a body of unknown size goes block by block: bursts have to say how large it is [RFC 9177 §4.6]', () => {
  const event = ask(request({ code: '0.03', body: {} }))
  expect(play(event)).toEqual([event])
})

test('a block with another ETag ends the body: it has changed [RFC 9177 §4.4]', () => {
  const effects = play(ask(request(), true), answered(block(0, 7, 3_000)), answered(block(1, 8, 3_000)))
  expect(effects).toMatchObject([
    { type: 'down', value: { type: 'cancel', exchange: 'a1' } },
    { type: 'up', value: { type: 'failed', exchange: 'a1', reason: 'changed' } },
  ])
})

test('a block with another size ends it, too; a block without any is not understood [RFC 9177 §4.6]', () => {
  const begun = [ask(request(), true), answered(block(0, 7, 3_000))]
  expect(play(...begun, answered(block(1, 7, 4_000))).at(-1)).toMatchObject({ value: { reason: 'changed' } })
  const sizeless = { ...block(0, 7, 3_000), options: [uintOption(numbers.QBlock2, 14)] }
  expect(play(begun[0]!, answered(sizeless)).at(-1)).toMatchObject({ value: { reason: 'incomplete' } })
})

test('a peer that knows the options as little as what critical means, and answers with Block2, is asked block by block', () => {
  const event = ask(request(), true)
  const effects = play(event, answered({ code: '2.05', options: [uintOption(numbers.Block2, 14)], payload: large.subarray(0, 1_024) }))
  expect(effects).toMatchObject([{ value: { type: 'cancel' } }, { value: { type: 'ask', exchange: 'a1', stream: true } }])
})

test('a peer that takes the first block for the whole is sent it again, block by block', () => {
  const event = ask(request({ code: '0.03', payload: large }))
  expect(play(event, answered({ code: '2.04', options: [], payload: noBytes }))).toEqual([
    down({ type: 'cancel', exchange: 'a1', remote: 'coap://peer:5683' }),
    down({ type: 'ask', exchange: 'a1', request: request({ code: '0.03', payload: large }) }),
  ])
})

test('a resumed body begins where the application says', () => {
  const [effect] = play(ask(request({ options: [uintOption(numbers.Block2, 2 * 16 + 6)] }), true))
  expect(effect).toMatchObject({ value: { type: 'ask', request: { options: [uintOption(numbers.QBlock2, 2 * 16 + 8 + 6)] } } })
})

test('cancelled, it lets go of every exchange below', () => {
  const begun = [ask(request(), true), answered(block(0, 7, 3_000))]
  expect(play(...begun, down({ type: 'cancel', exchange: 'a1', remote: 'coap://peer:5683' }))).toEqual([
    down({ type: 'cancel', exchange: 'a1', remote: 'coap://peer:5683' }),
  ])
})

test('a link that closes ends what was on it', () => {
  const effects = play(ask(request(), true), up({ type: 'closed', remote: 'coap://peer:5683', reason: 'lost' }))
  expect(effects).toMatchObject([
    { value: { type: 'cancel' } },
    { value: { type: 'failed', reason: 'aborted' } },
    { value: { type: 'closed' } },
  ])
})

test('a body of a Source whose size nobody knows is refused with 4.02: block by block it can be had', () => {
  const asked = request({ options: [uintOption(numbers.QBlock2, 14)] })
  const answer = {
    type: 'answer' as const,
    exchange: 1,
    request: asked,
    response: { code: '2.05' as const, options: [], payload: noBytes, body: {} },
    last: true,
  }
  expect(play(up({ type: 'asked', exchange: 1, request: asked }), down(answer))).toMatchObject([
    { value: { type: 'answer', response: { code: '4.02' } } },
    { value: { type: 'abandoned' } },
  ])
})

test('blocks are kept for two sets at most; what comes further ahead is dropped, and asked for later', () => {
  const machine = robust({ ...defaultParameters, robustBlocks: 'auto', maxPayloads: 3 })
  const size = 20 * 1_024
  let [state] = machine.step(machine.initial, ask(request(), true), { now: 0, wall: 0, dice: [0] })
  for (let num = 1; num < 20; num++) {
    const options = [
      opaqueOption(numbers.ETag, Uint8Array.of(7)),
      uintOption(numbers.Size2, size),
      uintOption(numbers.QBlock2, num * 16 + (num < 19 ? 8 : 0) + 6),
    ]
    const event = answered({ code: '2.05', options, payload: large.subarray(0, 1_024) })
    ;[state] = machine.step(state, event, { now: num, wall: 0, dice: [0] })
  }
  const row = state.asking.get('coap://peer:5683', 'a1')
  expect(row?.type === 'fetching' ? row.gathering?.held.map(({ num }) => num) : undefined).toEqual([1, 2, 3, 4, 5])
})

/** A machine that hands bodies to /5/0/0 over block by block, and a first block of one, in a burst, under that Request-Tag. */
const taking = () => robust({ ...defaultParameters, robustBlocks: 'auto' }, { streams: () => true })
const pushed = (exchange: number, tag: number, num = 0): RobustEvent =>
  up({
    type: 'asked',
    exchange,
    request: request({
      code: '0.03',
      confirmable: false,
      options: sorted([
        uintOption(numbers.QBlock1, num * 16 + 8 + 6),
        uintOption(numbers.Size1, 3_000),
        opaqueOption(numbers.RequestTag, Uint8Array.of(tag)),
      ]),
      payload: large.subarray(0, 1_024),
    }),
  })
const byBlock = (exchange: number, offset: number): RobustEvent =>
  up({
    type: 'offer',
    exchange,
    request: request({ code: '0.03' }),
    offset,
    bytes: large.subarray(0, 1_024),
    last: false,
    body: {},
  } as never)
const abandonedBy = (...events: readonly RobustEvent[]) => {
  const machine = taking()
  let state = machine.initial
  let effects: readonly RobustEffect[] = []
  for (const event of events) [state, effects] = machine.step(state, event, { now: 0, wall: 0, dice: [0] })
  return effects.flatMap(({ value }) => ('type' in value && value.type === 'abandoned' ? [value.exchange] : []))
}

test('a body begun anew, in another burst or block by block, takes the place of the one before; a block in its midst does not', () => {
  expect(abandonedBy(pushed(1, 7), pushed(2, 8))).toEqual([1])
  expect(abandonedBy(pushed(1, 7), byBlock(2, 0))).toEqual([1])
  expect(abandonedBy(pushed(1, 7), pushed(2, 7, 1))).toEqual([])
  expect(abandonedBy(pushed(1, 7), pushed(2, 8, 1))).toEqual([])
  expect(abandonedBy(pushed(1, 7), byBlock(2, 1_024))).toEqual([])
})
