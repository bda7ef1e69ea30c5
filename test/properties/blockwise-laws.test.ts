/** The laws over the transfers of bodies (RFC 7959). */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { down, up } from '../../src/core/stack.ts'
import type { TransferDown } from '../../src/blockwise/body.ts'
import type { TransfersEffect, TransfersEvent } from '../../src/blockwise/transfer.ts'
import { transfers } from '../../src/blockwise/transfers.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { options as numbers, sorted, uint, uintOption } from '../../src/message/option.ts'
import { arbitraries as any, laws, play, scripts } from '../../src/testing/index.ts'

const tight = { ...defaultParameters, szx: 1, bodyBytesMax: 400, transfersMax: 4, windowBlocks: 2, transferTimeoutMs: 10_000 }
const exchangeIds = fc.oneof(any.tokens, fc.nat(6))
const offsets = fc.constantFrom(0, 16, 32, 64)
const words: fc.Arbitrary<TransferDown> = fc.oneof(
  fc.record({ type: fc.constant('taken' as const), exchange: exchangeIds, remote: any.remotes, offset: offsets }),
  fc.record({ type: fc.constant('supplied' as const), exchange: exchangeIds, remote: any.remotes, offset: offsets, bytes: any.payloads }),
  fc.record({
    type: fc.constant('refused' as const),
    exchange: exchangeIds,
    remote: any.remotes,
    reason: fc.constantFrom('too-large' as const, 'sink' as const, 'busy' as const),
  }),
)
const streaming = fc.record({ size: fc.option(fc.nat(200), { nil: undefined }), etag: fc.constant(undefined) })
const asks = fc
  .record({ exchange: any.tokens, request: any.requests, body: fc.option(streaming, { nil: undefined }), stream: fc.boolean() })
  .map(({ exchange, request, body, stream }): TransferDown => ({
    type: 'ask',
    exchange,
    request: body === undefined ? request : { ...request, body },
    stream,
  }))
const events: fc.Arbitrary<TransfersEvent> = fc.oneof(any.exchangeUp.map(up), any.exchangeDown.map(down), words.map(down), asks.map(down))

const bytes = (length: number) => new Uint8Array(length).fill(7)
const response = (code: Response['code'], length: number, ...options: Response['options']): Response => ({
  code,
  options: sorted(options),
  payload: bytes(length),
})
/** What a peer may say to a request for a block, and what it may ask after an answer. */
const answered = (request: Request): readonly Response[] => {
  const block1 = uint(request.options, numbers.Block1)
  const block2 = uint(request.options, numbers.Block2) ?? 0
  const echo = block1 === undefined ? [] : [uintOption(numbers.Block1, block1)]
  return [
    response('2.31', 0, ...echo),
    response('2.04', 0, ...echo),
    response('4.08', 0, ...echo),
    response('4.13', 0, uintOption(numbers.Block1, 0)),
    response('2.05', 16, ...echo, uintOption(numbers.Block2, Math.floor(block2 / 16) * 16 + 8)),
    response('2.05', 10, ...echo, uintOption(numbers.Block2, Math.floor(block2 / 16) * 16)),
  ]
}
const answers = (effect: TransfersEffect): readonly TransfersEvent[] => {
  const { value } = effect
  if (effect.type === 'down' && value.type === 'ask') {
    const { exchange, request } = value
    return [
      ...answered(request).flatMap((response) =>
        [true, false].map((last) => up({ type: 'answered' as const, exchange, request, response, last })),
      ),
      up({ type: 'failed', exchange, remote: request.remote, reason: 'timeout' }),
    ]
  }
  if (effect.type === 'down' && value.type === 'answer') {
    const { request } = value
    const block1 = uint(request.options, numbers.Block1) ?? 0
    const more = (number: number, next: number) => ({
      ...request,
      payload: bytes(16),
      options: sorted([...request.options.filter((option) => option.number < 20), uintOption(number, next)]),
    })
    return [8, 0].flatMap((bit) =>
      [more(numbers.Block1, (Math.floor(block1 / 16) + 1) * 16 + bit), more(numbers.Block2, 16)].map((next) =>
        up({ type: 'asked' as const, exchange: 99 + bit, request: next }),
      ),
    )
  }
  if (value.type === 'offer') return [down({ type: 'taken', exchange: value.exchange, remote: value.request.remote, offset: value.offset })]
  if (value.type === 'want')
    return [0, value.count].map((count) =>
      down({ type: 'supplied', exchange: value.exchange, remote: value.remote, offset: value.offset, bytes: bytes(count) }),
    )
  if (value.type === 'asked') {
    const { exchange, request } = value
    return [
      down({ type: 'answer', exchange, request, response: response('2.05', 100), last: true }),
      down({ type: 'answer', exchange, request, response: { ...response('2.05', 0), body: { size: 100 } }, last: true }),
    ]
  }
  return []
}
const flood = (index: number): TransfersEvent => {
  const remote = `coap://10.1.${index >> 8}.${index & 255}:5683`
  const request: Request = {
    remote,
    code: '0.03',
    options: [uintOption(numbers.Block1, 9)],
    payload: bytes(32),
    confirmable: true,
    purpose: 'request',
  }
  return index % 2 === 0
    ? up({ type: 'asked', exchange: index, request })
    : down({ type: 'answer', exchange: index, request: { ...request, options: [] }, response: response('2.05', 300), last: true })
}

const streams = ({ code }: Request) => code === '0.02'
for (const { name, check } of laws(transfers(tight, { streams }), { events, answers, bound: { octets: 30_000, flood } })) test(name, check)

test('transfers: the octets held are counted, whatever comes', () => {
  const machine = transfers(tight, { streams })
  fc.assert(
    fc.property(scripts(events), (script) => {
      play(machine, script, {
        answers,
        settled: ({ receiving, serving, heldBytes }) => {
          let held = 0
          for (const { row } of receiving.all()) if (!row.stream) held += row.pieces.reduce((sum, { length }) => sum + length, 0)
          for (const { row } of serving.all()) held += row.response.payload.length
          expect(heldBytes).toBe(held)
        },
      })
    }),
    { numRuns: 1_000 },
  )
})
