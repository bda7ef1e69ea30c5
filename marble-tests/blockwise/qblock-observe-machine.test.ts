/** Observations on the floor of bursts by itself: what of a notification is news, whose a block is, and how it ends (RFC 9177 §4.4, §4.5). */
import { describe, expect, test } from 'vitest'
import { robust } from '../../src/blockwise/robust/robust.ts'
import type { Robust, RobustEffect, RobustEvent } from '../../src/blockwise/robust/rows.ts'
import { down, up } from '../../src/core/stack.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import { opaqueOption, options as numbers, sorted, uintOption } from '../../src/message/option.ts'

const remote = 'coap://peer:5683'
const noBytes = new Uint8Array(0)
const observe = uintOption(numbers.Observe, 0)
const whole = uintOption(numbers.QBlock2, 14)
const request: Request = { remote, code: '0.01', options: [observe], payload: noBytes, confirmable: true, purpose: 'request' }
const registered: Request = { ...request, options: [observe, whole] }
/** A request for what is missing. */
const further: Request = { ...request, options: [], confirmable: false }
const size = 3_000
const body = (tag: number) => new Uint8Array(size).fill(tag)

/** Block of the body with that ETag; with a number, of a notification. */
const block = (num: number, tag: number, sequence?: number): Response => ({
  code: '2.05',
  options: sorted([
    ...(sequence === undefined ? [] : [uintOption(numbers.Observe, sequence)]),
    opaqueOption(numbers.ETag, Uint8Array.of(tag)),
    uintOption(numbers.QBlock2, num * 16 + (num < 2 ? 8 : 0) + 6),
    uintOption(numbers.Size2, size),
  ]),
  payload: body(tag).subarray(num * 1_024, (num + 1) * 1_024),
})
const notified = (response: Response, last = false): RobustEvent =>
  up({ type: 'answered', exchange: 'a1', request: registered, response, last })
const asked = down({ type: 'ask' as const, exchange: 'a1', request })

/** A machine to which things happen; each call gives what they led to. */
const floor = (more: Partial<Parameters> = {}) => {
  const machine = robust({ ...defaultParameters, robustBlocks: 'auto', ...more })
  let state: Robust = machine.initial
  let now = 0
  const happen = (...events: readonly RobustEvent[]): readonly RobustEffect[] =>
    events.flatMap((event) => {
      const [next, effects] = machine.step(state, event, { now, wall: 0, dice: [7] })
      state = next
      return effects
    })
  /** Until the machine has something to do. */
  const wait = () => {
    now = machine.deadline(state)
    const [next, effects] = machine.step(state, { type: 'tick' }, { now, wall: 0, dice: [7] })
    state = next
    return effects
  }
  return { happen, wait, state: () => state }
}
const answers = (effects: readonly RobustEffect[]) =>
  effects.flatMap(({ value }) =>
    value.type === 'answered' ? [{ tag: value.response.payload[0], octets: value.response.payload.length, last: value.last }] : [],
  )
/** The exchanges of what was asked below. */
const askedBelow = (effects: readonly RobustEffect[]) => effects.flatMap(({ value }) => (value.type === 'ask' ? [value.exchange] : []))

describe('an observer', () => {
  test('registers with Q-Block2; what it hands up is asked as the application asked it', () => {
    const it = floor()
    expect(it.happen(asked)).toEqual([down({ type: 'ask', exchange: 'a1', request: registered, many: true })])
    const effects = it.happen(notified(block(0, 7, 1)), notified(block(1, 7, 1)), notified(block(2, 7, 1)))
    expect(effects).toMatchObject([{ type: 'up', value: { type: 'answered', exchange: 'a1', request, last: false } }])
    expect(answers(effects)).toEqual([{ tag: 7, octets: size, last: false }])
    expect([it.state().asking.size, it.state().lowers.size, it.state().watching.size]).toEqual([0, 0, 1])
  })

  test('a block that comes again after its body was handed over begins nothing', () => {
    const it = floor()
    it.happen(asked, notified(block(0, 7, 1)), notified(block(1, 7, 1)), notified(block(2, 7, 1)))
    expect(it.happen(notified(block(1, 7, 1)))).toEqual([])
    expect(it.state().asking.size).toBe(0)
  })

  test('a newer one lets go of what was asked for the older: what still comes of that is rejected', () => {
    const it = floor()
    it.happen(asked, notified(block(0, 7, 1)))
    const [lower] = askedBelow(it.wait())
    expect(it.happen(notified(block(0, 8, 2)))).toEqual([down({ type: 'cancel', exchange: lower!, remote })])
    expect(it.happen(up({ type: 'answered', exchange: lower!, request: further, response: block(1, 7), last: false }))).toMatchObject([
      { type: 'up' },
    ])
    expect(answers(it.happen(notified(block(1, 8, 2)), notified(block(2, 8, 2))))).toEqual([{ tag: 8, octets: size, last: false }])
  })

  test('a body that came ahead of its notification is handed over once; another value with the same ETag, later, is news', () => {
    const it = floor()
    it.happen(asked, notified(block(0, 7, 1)))
    const [lower] = askedBelow(it.wait())
    const of = (response: Response) => up({ type: 'answered' as const, exchange: lower!, request: further, response, last: false })
    expect(answers(it.happen(of(block(0, 8)), of(block(1, 8)), of(block(2, 8))))).toEqual([{ tag: 8, octets: size, last: false }])
    expect(it.happen(notified(block(1, 7, 1)))).toEqual([])
    expect(answers(it.happen(...[0, 1, 2].map((num) => notified(block(num, 8, 2)))))).toEqual([])
    expect(answers(it.happen(...[0, 1, 2].map((num) => notified(block(num, 9, 3)))))).toHaveLength(1)
    expect(answers(it.happen(...[0, 1, 2].map((num) => notified(block(num, 8, 4)))))).toHaveLength(1)
  })

  test('a body of which a block comes first that is too far ahead to be kept is asked for all the same', () => {
    const it = floor({ maxPayloads: 1 })
    expect(it.happen(asked, notified(block(2, 7, 1))).slice(1)).toEqual([])
    const [effect] = it.wait()
    expect(effect).toMatchObject({ value: { type: 'ask', request: { options: [{ number: numbers.QBlock2 }] } } })
  })

  test('what is answered with an error when it asks for missing blocks does not end the observation', () => {
    const it = floor()
    it.happen(asked, notified(block(0, 7, 1)))
    const [lower] = askedBelow(it.wait())
    const response: Response = { code: '5.03', options: [], payload: noBytes }
    expect(it.happen(up({ type: 'answered', exchange: lower!, request: further, response, last: false }))).toEqual([])
    expect(answers(it.happen(notified(block(1, 7, 1)), notified(block(2, 7, 1))))).toHaveLength(1)
  })

  test('a representation that changes whenever something is missing fails the observation after three times', () => {
    const it = floor()
    it.happen(asked, notified(block(0, 7, 1)))
    let effects: readonly RobustEffect[] = []
    for (let tag = 8; tag < 12; tag++) {
      const [lower] = askedBelow(it.wait())
      effects = it.happen(up({ type: 'answered', exchange: lower!, request: further, response: block(1, tag), last: false }))
    }
    expect(effects).toMatchObject([
      { value: { type: 'cancel' } },
      { value: { type: 'cancel' } },
      { value: { type: 'cancel', exchange: 'a1' } },
      { value: { type: 'failed', exchange: 'a1', reason: 'changed' } },
    ])
    expect(it.state().watching.size).toBe(0)
  })

  test('not observed: the burst is one body, and the last [RFC 7641 §4.1]', () => {
    const it = floor()
    it.happen(asked)
    const effects = it.happen(notified(block(0, 7)), notified(block(1, 7)), notified(block(2, 7)))
    expect(answers(effects)).toEqual([{ tag: 7, octets: size, last: true }])
    expect(effects[0]).toEqual(down({ type: 'cancel', exchange: 'a1', remote }))
    expect([it.state().asking.size, it.state().lowers.size, it.state().watching.size]).toEqual([0, 0, 0])
  })

  test('an error is the end of it, in the midst of a body, too [RFC 7641 §3.2]', () => {
    const it = floor()
    it.happen(asked, notified(block(0, 7, 1)))
    const response: Response = { code: '4.04', options: [], payload: noBytes }
    expect(it.happen(notified(response, true))).toEqual([up({ type: 'answered', exchange: 'a1', request, response, last: true })])
    expect([it.state().asking.size, it.state().watching.size]).toEqual([0, 0])
  })

  test.each([
    ['4.02', notified({ code: '4.02', options: [], payload: noBytes }, true)],
    ['Block2', notified({ code: '2.05', options: [observe, uintOption(numbers.Block2, 14)], payload: body(7).subarray(0, 1_024) })],
    ['a Reset', up({ type: 'failed' as const, exchange: 'a1', remote, reason: 'reset' as const })],
  ])('a peer that answers with %s is observed block by block, and the next time at once [RFC 9177 §4.1]', (_, event) => {
    const it = floor()
    it.happen(asked)
    expect(it.happen(event)).toEqual([down({ type: 'ask', exchange: 'a1', request })])
    expect(it.happen(down({ type: 'ask', exchange: 'a2', request }))).toEqual([down({ type: 'ask', exchange: 'a2', request })])
  })

  test('a peer that knows has no size for once: it is registered anew, block by block, and asked for bursts the next time [RFC 9177 §4.6]', () => {
    const it = floor()
    it.happen(asked, ...[0, 1, 2].map((num) => notified(block(num, 7, 1))))
    expect(it.happen(notified({ code: '4.02', options: [], payload: noBytes }, true))).toEqual([
      down({ type: 'ask', exchange: 'a1', request: { ...request, token: 'a1' } }),
    ])
    expect(it.happen(down({ type: 'ask', exchange: 'a2', request }))).toMatchObject([{ value: { many: true } }])
  })

  test('an observation that outlived a restart is not sent; that its notifications come in bursts shows', () => {
    const it = floor()
    const outlived = down({ type: 'ask' as const, exchange: 'a1', request: { ...request, outlived: true as const, token: 'a1' } })
    expect(it.happen(outlived)).toEqual([outlived])
    const came = (num: number) => up({ type: 'answered' as const, exchange: 'a1', request, response: block(num, 7, 9), last: false })
    expect(answers(it.happen(came(0), came(1), came(2)))).toEqual([{ tag: 7, octets: size, last: false }])
  })

  test('cancelled, it lets go of what it asked for, and deregisters', () => {
    const it = floor()
    it.happen(asked, notified(block(0, 7, 1)))
    const [lower] = askedBelow(it.wait())
    expect(it.happen(down({ type: 'cancel', exchange: 'a1', remote }))).toEqual([
      down({ type: 'cancel', exchange: lower!, remote }),
      down({ type: 'cancel', exchange: 'a1', remote }),
    ])
    expect([it.state().asking.size, it.state().lowers.size, it.state().watching.size]).toEqual([0, 0, 0])
  })
})

describe('a server', () => {
  const theirs: Request = { ...registered, token: 'cc' }
  const answer = (response: Partial<Response>): RobustEvent =>
    down({
      type: 'answer',
      exchange: 5,
      request: theirs,
      response: { code: '2.05', options: [], payload: noBytes, ...response },
      last: false,
    })

  test('hands down a set as one: the first block and those that follow it, with one ETag and the size [RFC 9177 §4.4]', () => {
    const it = floor()
    expect(it.happen(up({ type: 'asked', exchange: 5, request: theirs }))).toMatchObject([
      { type: 'up', value: { request: { options: [observe, whole] } } },
    ])
    const [effect] = it.happen(answer({ payload: body(7), confirmable: false }))
    expect(effect).toMatchObject({ value: { exchange: 5, last: false, response: { confirmable: false, more: [{}, {}] } } })
    expect(it.state().bursting.size).toBe(1)
  })

  test('sends nothing more to one that does not observe any more', () => {
    const it = floor()
    it.happen(answer({ payload: new Uint8Array(30_000) }))
    const cancelled = up({ type: 'cancelled' as const, exchange: 5, remote })
    expect(it.happen(cancelled)).toEqual([cancelled])
    expect([it.state().bursting.size, it.state().heldBytes]).toEqual([0, 0])
  })

  test('says 4.02 to a notification whose size nobody knows, and the application hears that it was the last [RFC 9177 §4.6]', () => {
    const it = floor()
    expect(it.happen(answer({ body: {} }))).toMatchObject([
      { value: { type: 'answer', exchange: 5, last: false, response: { code: '4.02' } } },
      { value: { type: 'abandoned' } },
    ])
  })

  test('of a Source that cannot be read the observation ends with an error', () => {
    const it = floor()
    it.happen(answer({ body: { size: 30_000 } }))
    expect(it.happen(down({ type: 'refused', exchange: 5, remote, reason: 'sink' }))).toMatchObject([
      { value: { type: 'answer', exchange: 5, last: false, response: { code: '5.00' } } },
    ])
    expect(it.state().bursting.size).toBe(0)
  })
})
