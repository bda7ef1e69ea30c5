/** The words of block-wise ladders: one exchange below is one block, one exchange above is one body. */
import type { TransferDown, TransferUp } from '../../src/blockwise/body.ts'
import { blockOption } from '../../src/blockwise/block.ts'
import {
  freshToken,
  type TransfersEffect,
  type TransfersEvent,
  type Transfers,
  type TransfersOptions,
} from '../../src/blockwise/transfer.ts'
import { transfers } from '../../src/blockwise/transfers.ts'
import type { Machine } from '../../src/core/machine.ts'
import type { Answered, Asked, ExchangeUp, Request, StreamedBody } from '../../src/exchange/exchange.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import type { Code } from '../../src/message/code.ts'
import { noBytes } from '../../src/message/message.ts'
import { opaqueOption, options as numbers, sorted, stringOption, uintOption, type Option } from '../../src/message/option.ts'
import { like } from '../../src/testing/index.ts'

export const peer = 'coap://peer:5683'
export const floor = (p: Partial<Parameters> = {}, options: TransfersOptions = {}): Machine<Transfers, TransfersEvent, TransfersEffect> =>
  transfers({ ...defaultParameters, ...p }, options)

/** The token of a further block's exchange when the dice show this chance. */
export const tokenAt = (chance: number): string => freshToken({ now: 0, wall: 0, dice: [Math.floor(chance * 2 ** 32)] })
/** With dice that always show 0. */
export const next: string = tokenAt(0)

/** A body of that many octets, and a part of it. */
export const body = (length: number, from = 0): Uint8Array => Uint8Array.from({ length: length - from }, (_, i) => (from + i) & 255)
export const piece = (from: number, length: number): Uint8Array => body(from + length, from)

/** Block1 and Block2 as num/more/szx. */
export const b1 = (num: number, more: boolean, szx: number): Option => blockOption(numbers.Block1, num * (16 << szx), more, szx)
export const b2 = (num: number, more: boolean, szx: number): Option => blockOption(numbers.Block2, num * (16 << szx), more, szx)
export const size1 = (size: number): Option => uintOption(numbers.Size1, size)
export const size2 = (size: number): Option => uintOption(numbers.Size2, size)
export const etag = (octet: number): Option => opaqueOption(numbers.ETag, Uint8Array.of(octet))
export const observe = (value: number): Option => uintOption(numbers.Observe, value)
export const tag = (octet: number): Option => opaqueOption(numbers.RequestTag, Uint8Array.of(octet))
export const format = (value: number): Option => uintOption(numbers.ContentFormat, value)
export const path: Option = stringOption(numbers.UriPath, 'large')

export const request = (code: Code, options: readonly Option[] = [], payload = noBytes, streamed?: StreamedBody): Request => ({
  remote: peer,
  code,
  options: sorted([path, ...options]),
  payload,
  confirmable: true,
  purpose: 'request',
  ...(streamed === undefined ? {} : { body: streamed }),
})

// ── what goes in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const ask = (exchange: string, asked: Request, stream = false): TransferDown => ({ type: 'ask', exchange, request: asked, stream })
export const cancel = (exchange: string): TransferDown => ({ type: 'cancel', exchange, remote: peer })
export const answer = (
  to: ExchangeUp,
  code: Code,
  payload = noBytes,
  options: readonly Option[] = [],
  streamed?: StreamedBody,
  last = true,
): TransferDown => {
  const { exchange, request } = to as Asked
  return {
    type: 'answer',
    exchange,
    request,
    response: { code, options, payload, ...(streamed === undefined ? {} : { body: streamed }) },
    last,
  }
}
export const taken = (exchange: string | number, offset: number): TransferDown => ({ type: 'taken', exchange, remote: peer, offset })
export const refused = (exchange: string | number, reason: 'too-large' | 'sink' | 'busy'): TransferDown => ({
  type: 'refused',
  exchange,
  remote: peer,
  reason,
})
export const supplied = (exchange: string | number, offset: number, bytes: Uint8Array): TransferDown => ({
  type: 'supplied',
  exchange,
  remote: peer,
  offset,
  bytes,
})

export const answered = (
  exchange: string,
  code: Code,
  payload = noBytes,
  options: readonly Option[] = [],
  to = request('0.01'),
  last = true,
): Answered => ({
  type: 'answered',
  exchange,
  request: to,
  response: { code, options: sorted(options), payload },
  last,
})
export const asked = (exchange: number, code: Code, options: readonly Option[], payload = noBytes, remote = peer): Asked => ({
  type: 'asked',
  exchange,
  request: { ...request(code, options, payload), remote },
})
export const failed = (exchange: string, reason: 'timeout' | 'reset' = 'timeout'): ExchangeUp => ({
  type: 'failed',
  exchange,
  remote: peer,
  reason,
})

// ── what must come out ───────────────────────────────────────────────────────────────────────────────────────────────────────

type Predicate = (value: unknown) => boolean
/** A request below. */
export const asks = (exchange: string, code: Code, options: readonly Option[], payload = noBytes, more: Partial<Request> = {}): Predicate =>
  like({ type: 'ask', exchange, request: { remote: peer, code, options: sorted([path, ...options]), payload, ...more } })
/** An answer below. */
export const answers = (exchange: number, code: Code, options: readonly Option[] = [], payload = noBytes): Predicate =>
  like({ type: 'answer', exchange, last: true, response: { code, options: sorted(options), payload } })
export const cancels = (exchange: string): Predicate => like({ type: 'cancel', exchange, remote: peer })
/** A response handed up. */
export const gets = (exchange: string, code: Code, payload: Uint8Array, more: object = {}): Predicate =>
  like({ type: 'answered', exchange, response: { code, payload }, ...more })
/** A request handed up. */
export const isAsked = (exchange: number, payload: Uint8Array, more: object = {}): Predicate =>
  like({ type: 'asked', exchange, request: { payload, ...more } })
export const fails = (exchange: string, reason: string): Predicate => like({ type: 'failed', exchange, remote: peer, reason })
export const offers = (exchange: string | number, offset: number, bytes: Uint8Array, last: boolean): Predicate =>
  like({ type: 'offer', exchange, offset, bytes, last })
export const wants = (exchange: string | number, offset: number, count: number): Predicate =>
  like({ type: 'want', exchange, offset, count })
export const abandons = (exchange: number): Predicate => like({ type: 'abandoned', exchange })
export type { TransferUp }
