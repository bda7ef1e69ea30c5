/** The laws over bodies in bursts (RFC 9177), and over the floor as a layer. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { robustPart, transfersPart } from '../../src/blockwise/pipeline.ts'
import { encodeMissing } from '../../src/blockwise/robust/missing.ts'
import { robust } from '../../src/blockwise/robust/robust.ts'
import type { RobustEffect, RobustEvent } from '../../src/blockwise/robust/rows.ts'
import type { TransferDown } from '../../src/blockwise/body.ts'
import { down, up } from '../../src/core/stack.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { exchangesPart } from '../../src/exchange/pipeline.ts'
import { opaqueOption, options as numbers, sorted, uint, uintOption, type Option } from '../../src/message/option.ts'
import { arbitraries as any, layerLaws, laws, play, scripts } from '../../src/testing/index.ts'
import { check, peerOf, tight as few } from './tight.ts'

const tight = {
  ...few,
  robustBlocks: 'auto' as const,
  szx: 1,
  bodyBytesMax: 400,
  windowBlocks: 2,
  maxPayloads: 3,
  transferTimeoutMs: 10_000,
}
const bytes = (length: number) => new Uint8Array(length).fill(7)
const tag = opaqueOption(numbers.RequestTag, Uint8Array.of(9))

// ── junk and sense ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const blocks: fc.Arbitrary<Option> = fc
  .record({
    number: fc.constantFrom(numbers.QBlock1, numbers.QBlock2),
    num: fc.nat(9),
    more: fc.boolean(),
    szx: fc.constantFrom(0, 1, 1, 1, 7),
  })
  .map(({ number, num, more, szx }) => uintOption(number, num * 16 + (more ? 8 : 0) + szx))
const lists = fc
  .tuple(fc.array(blocks, { maxLength: 3 }), fc.option(fc.constantFrom(0, 32, 100, 5_000), { nil: undefined }), fc.boolean())
  .map(([some, size, tagged]): readonly Option[] => [
    ...some,
    ...(size === undefined ? [] : [uintOption(numbers.Size1, size), uintOption(numbers.Size2, size)]),
    ...(tagged ? [tag] : []),
  ])
const lengths = fc.constantFrom(0, 4, 32, 100)
const requests: fc.Arbitrary<Request> = fc
  .tuple(any.requests, lists, lengths)
  .map(([request, more, length]) => ({ ...request, options: sorted(more), payload: bytes(length), token: 'aa' }))
const exchangeIds = fc.oneof(any.tokens, fc.nat(6))
const words: fc.Arbitrary<TransferDown> = fc.oneof(
  fc.record({ type: fc.constant('taken' as const), exchange: exchangeIds, remote: any.remotes, offset: fc.constantFrom(0, 32, 64) }),
  fc.record({
    type: fc.constant('supplied' as const),
    exchange: exchangeIds,
    remote: any.remotes,
    offset: fc.constantFrom(0, 32, 96),
    bytes: lengths.map(bytes),
  }),
  fc.record({
    type: fc.constant('refused' as const),
    exchange: exchangeIds,
    remote: any.remotes,
    reason: fc.constantFrom('too-large' as const, 'sink' as const, 'busy' as const),
  }),
)
const asks = fc
  .record({
    exchange: any.tokens,
    request: requests,
    size: fc.option(fc.nat(200), { nil: undefined }),
    whole: fc.boolean(),
    stream: fc.boolean(),
    observe: fc.boolean(),
  })
  .map(({ exchange, request, size, whole, stream, observe }): TransferDown => {
    const plain = { ...request, options: observe ? [uintOption(numbers.Observe, 0)] : [], confirmable: true }
    if (observe) return { type: 'ask', exchange, request: { ...plain, code: '0.01', payload: bytes(0) }, stream }
    return { type: 'ask', exchange, request: whole ? plain : { ...plain, payload: bytes(0), body: { size } }, stream }
  })
const events: fc.Arbitrary<RobustEvent> = fc.oneof(
  any.exchangeUp.map(up),
  any.exchangeDown.map(down),
  words.map(down),
  asks.map(down),
  fc.tuple(fc.nat(6), requests).map(([exchange, request]) => up({ type: 'asked' as const, exchange, request })),
)

// ── what an effect may lead to ───────────────────────────────────────────────────────────────────────────────────────────────

const response = (code: Response['code'], length: number, ...options: readonly Option[]): Response => ({
  code,
  options: sorted(options),
  payload: bytes(length),
})
const block = (num: number, size: number): Response => {
  const last = Math.ceil(size / 32) - 1
  const length = num < last ? 32 : size - last * 32
  return response('2.05', length, uintOption(numbers.QBlock2, num * 16 + (num < last ? 8 : 0) + 1), uintOption(numbers.Size2, size))
}
/** Blocks of notifications, of two representations, and one that fits in a message. */
const notified: readonly Response[] = [0, 1, 2, 3, 4, 5, 7, 11].flatMap((num) =>
  [1, 2, 3].map((sequence) => {
    const { options, ...rest } = block(num, sequence === 2 ? 256 : 384)
    return { ...rest, options: sorted([...options, uintOption(numbers.Observe, sequence)]) }
  }),
)
const said = (request: Request): readonly Response[] => {
  if (uint(request.options, numbers.Observe) === 0)
    return [...notified, response('2.05', 4, uintOption(numbers.Observe, 4)), response('4.02', 0), response('4.04', 0), block(0, 384)]
  const num = Math.floor((uint(request.options, numbers.QBlock2) ?? 0) / 16)
  return [
    response('0.00', 0),
    response('2.31', 0),
    response('2.04', 0),
    response('4.02', 0),
    response('4.08', 0),
    { ...response('4.08', 0, uintOption(numbers.ContentFormat, 272)), payload: encodeMissing([1, 3]) },
    ...[num, num + 1, num + 2, num + 4, num + 5, num + 7].filter((one) => one < 12).map((one) => block(one, 384)),
  ]
}
const next = (request: Request): readonly Request[] => {
  const num = Math.floor((uint(request.options, numbers.QBlock2) ?? 0) / 16)
  const asking = (value: number) => ({ ...request, options: [uintOption(numbers.QBlock2, value)] })
  return [asking(3 * 16 + 8 + 1), asking((num + 1) * 16 + 1), asking(8 + 1)]
}
const payloadOf = (num: number): RobustEvent =>
  up({
    type: 'asked',
    exchange: 50 + num,
    request: {
      remote: 'coap://10.0.0.1:5683',
      code: '0.03',
      options: sorted([uintOption(numbers.QBlock1, num * 16 + (num < 11 ? 8 : 0) + 1), uintOption(numbers.Size1, 384), tag]),
      payload: bytes(32),
      confirmable: false,
      purpose: 'request',
      token: 'bb',
    },
  })
const answers = (effect: RobustEffect): readonly RobustEvent[] => {
  const { value } = effect
  if (effect.type === 'down' && value.type === 'ask') {
    const { exchange, request } = value
    return [
      ...said(request).map((one) => up({ type: 'answered' as const, exchange, request, response: one, last: false })),
      up({ type: 'failed', exchange, remote: request.remote, reason: 'timeout' }),
      up({ type: 'failed', exchange, remote: request.remote, reason: 'reset' }),
    ]
  }
  if (effect.type === 'down' && value.type === 'answer')
    return [
      ...next(value.request).map((request) => up({ type: 'asked' as const, exchange: 98, request })),
      ...[1, 2, 3, 6, 7, 9, 11].map(payloadOf),
    ]
  if (effect.type === 'down' && value.type === 'cancel') return [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0].map(payloadOf)
  if (value.type === 'offer') return [down({ type: 'taken', exchange: value.exchange, remote: value.request.remote, offset: value.offset })]
  if (value.type === 'want')
    return [0, value.count].map((count) =>
      down({ type: 'supplied', exchange: value.exchange, remote: value.remote, offset: value.offset, bytes: bytes(count) }),
    )
  if (value.type === 'asked') {
    const { exchange, request } = value
    return [
      down({ type: 'answer', exchange, request, response: response('2.05', 200), last: true }),
      down({ type: 'answer', exchange, request, response: response('2.05', 300), last: false }),
      down({ type: 'answer', exchange, request, response: response('2.05', 4), last: false }),
      down({ type: 'answer', exchange, request, response: { ...response('2.05', 0), body: { size: 300 } }, last: false }),
      up({ type: 'cancelled', exchange, remote: request.remote }),
      down({ type: 'answer', exchange, request, response: { ...response('2.05', 0), body: { size: 200 } }, last: true }),
      down({ type: 'answer', exchange, request, response: { ...response('2.05', 0), body: {} }, last: true }),
    ]
  }
  return []
}

const observe = [uintOption(numbers.Observe, 0)]
const flood = (index: number): RobustEvent => {
  const remote = peerOf(index)
  const put: Request = {
    remote,
    code: '0.03',
    options: sorted([uintOption(numbers.QBlock1, 8 + 1), uintOption(numbers.Size1, 300), tag]),
    payload: bytes(32),
    confirmable: false,
    purpose: 'request',
    token: 'cc',
  }
  const get: Request = { ...put, code: '0.01', options: [uintOption(numbers.QBlock2, 8 + 1)], payload: bytes(0) }
  const upload = { ...put, options: [], payload: bytes(300), confirmable: true }
  return [
    up({ type: 'asked' as const, exchange: index, request: put }),
    down({ type: 'answer' as const, exchange: index, request: get, response: response('2.05', 300), last: true }),
    down({ type: 'ask' as const, exchange: 'aa', request: upload }),
    up({ type: 'answered' as const, exchange: 'aa', request: upload, response: response('0.00', 0), last: false }),
    down({ type: 'ask' as const, exchange: 'bb', request: { ...get, options: observe, confirmable: true } }),
    up({ type: 'answered' as const, exchange: 'bb', request: { ...get, options: observe }, response: notified[3]!, last: false }),
    down({
      type: 'answer' as const,
      exchange: index,
      request: { ...get, options: sorted([...observe, ...get.options]) },
      response: response('2.05', 300),
      last: false,
    }),
  ][index % 7]!
}

const streams = ({ code }: Request) => code === '0.02'
check(laws(robust(tight, { streams }), { events, answers, bound: { octets: 60_000, flood } }))
check(
  layerLaws([exchangesPart(tight), transfersPart(tight), robustPart(tight)], {
    name: 'exchanges, transfers and bursts',
    events: fc.oneof(any.messageUp.map(up), asks.map(down), any.exchangeDown.map(down)),
  }),
)

test('robust: the octets held are counted, and never more than two sets ahead, whatever comes', () => {
  fc.assert(
    fc.property(scripts(events), (script) => {
      play(robust(tight, { streams }), script, {
        answers,
        settled: ({ asking, watching, taking, bursting, lowers, heldBytes }) => {
          let held = 0
          for (const { row } of bursting.all()) held += row.response.payload.length
          for (const { row } of taking.all()) {
            expect(row.gathering.held.length).toBeLessThanOrEqual(2 * tight.maxPayloads)
            if (!row.stream && !row.done)
              for (const piece of [...row.pieces, ...row.gathering.held.map((one) => one.bytes)]) held += piece.length
          }
          expect(heldBytes).toBe(held)
          let tokens = 0
          for (const { key, row } of asking.all()) {
            tokens += row.tokens.length
            if (row.type === 'fetching' && row.notified !== undefined) expect(watching.get(row.request.remote, key)).toBeDefined()
            if (row.type === 'fetching') expect(row.gathering?.held.length ?? 0).toBeLessThanOrEqual(2 * tight.maxPayloads)
          }
          expect(lowers.size).toBe(tokens)
        },
      })
    }),
    { numRuns: 1_000 },
  )
})
