/** The body of a peer's request, received block by block (RFC 7959 §2.5, §2.9). */
import { none, type Stamp } from '../core/machine.ts'
import { up } from '../core/stack.ts'
import type { Placed } from '../core/table.ts'
import type { Asked, Request } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { responses, type Code } from '../message/code.ts'
import { noBytes, noOptions } from '../message/message.ts'
import { has, opaqueOption, options as numbers, uint, uintOption, withOption, type Option } from '../message/option.ts'
import type { Refused } from './body.ts'
import { blockOf, blockOption, isWellSized, offsetOf, reservedSzx, type Block } from './block.ts'
import { append, holds, join, noPieces } from './pieces.ts'
import {
  answerBlock,
  bodyKey,
  changed,
  heldBytesMax,
  notOfRequestBody,
  perPeerMax,
  type Made,
  type Receiving,
  type Transfers,
  type TransfersOptions,
  type TransfersEffect,
  type Waiting,
} from './transfer.ts'

/** A block of a peer's body came; without a Block1 the one block is all of it. */
export const received = (
  p: Parameters,
  state: Transfers,
  asked: Asked,
  block: Block,
  streams: TransfersOptions['streams'],
  stamp: Stamp,
): Made => {
  const { exchange, request } = asked
  if ((block.szx === reservedSzx && p.szx !== reservedSzx) || !isWellSized(block, request.payload.length))
    return [state, [answerBlock(exchange, request, responses.BadRequest)]]
  const key = bodyKey(request, notOfRequestBody, false)
  const known = state.receiving.get(request.remote, key)
  const offset = offsetOf(block)
  if (offset === 0) return beginning(p, state, key, known, asked, block, streams?.(request) ?? false, stamp)
  if (known === undefined || offset > known.offset || (known.ended && offset === known.offset))
    return [state, [incomplete(exchange, request)]]
  if (known.refused !== undefined)
    return end(state, request.remote, key, known, [answerBlock(exchange, request, known.refused, blockEcho(request))])
  if (offset < known.offset) return repeated(state, key, known, asked, offset)
  return next(p, state, key, known, asked, block, stamp)
}

/** The sink stored a block. */
export const takenIn = (p: Parameters, state: Transfers, { scope: remote, key, row }: Placed<Receiving>, stamp: Stamp): Made => {
  if (row.outstanding === 0) return [state, none]
  const outstanding = row.outstanding - 1
  const answered = row.ended ? outstanding === 0 : outstanding < p.windowBlocks
  if (!answered) {
    state.receiving.put(remote, key, { ...row, outstanding, dueAt: stamp.now + p.transferTimeoutMs })
    return [changed(state), none]
  }
  if (row.ended) return whole(state, remote, key, row)
  state.receiving.put(remote, key, { ...row, outstanding, waiting: [], dueAt: stamp.now + p.transferTimeoutMs })
  return [changed(state), row.waiting.map((waiting) => taken(p, waiting))]
}

/** The sink did not store a block. */
export const refusedIn = (
  state: Transfers,
  { scope: remote, key, row }: Placed<Receiving>,
  { reason, code = refusals[reason] }: Refused,
): Made => {
  if (row.waiting.length > 0) {
    const effects = row.waiting.map(({ exchange, request }) => answerBlock(exchange, request, code, blockEcho(request)))
    return end(state, remote, key, row, effects)
  }
  state.receiving.put(remote, key, { ...row, refused: code })
  return [changed(state), none]
}
const refusals: Readonly<Record<Refused['reason'], Code>> = {
  'too-large': responses.RequestEntityTooLarge,
  sink: responses.InternalServerError,
  busy: responses.ServiceUnavailable,
}

/** Nobody went on with it, or it began anew: whoever still waits is told, and the application, too. */
export const abandonIn = (state: Transfers, { scope: remote, key, row }: Placed<Receiving>, code: Code): Made => {
  const effects: TransfersEffect[] = row.waiting.map(({ exchange, request }) => answerBlock(exchange, request, code))
  if (row.stream && row.refused === undefined) effects.push(up({ type: 'abandoned', exchange: row.exchange, remote }))
  return end(state, remote, key, row, effects)
}

/** The Block1 with which every answer to a block speaks of it (RFC 7959 §2.3). */
export const blockEcho = ({ options }: Request): readonly Option[] => {
  const value = uint(options, numbers.Block1)
  return value === undefined ? noOptions : [uintOption(numbers.Block1, value)] // made anew: the answer may be kept, the request's octets not
}

const end = (state: Transfers, remote: string, key: string | number, row: Receiving, effects: readonly TransfersEffect[]): Made => {
  state.receiving.remove(remote, key)
  return [changed(state, row.stream ? 0 : -row.offset), effects]
}
const incomplete = (exchange: Asked['exchange'], request: Request) =>
  answerBlock(exchange, request, responses.RequestEntityIncomplete, blockEcho(request))

/** Block 0: whatever was there is over. */
const beginning = (
  p: Parameters,
  state: Transfers,
  key: string,
  known: Receiving | undefined,
  asked: Asked,
  block: Block,
  stream: boolean,
  stamp: Stamp,
): Made => {
  const { remote } = asked.request
  const [fresh, over] =
    known === undefined ? [state, none] : abandonIn(state, { scope: remote, key, row: known }, responses.RequestEntityIncomplete)
  if (!block.more && !stream) return [fresh, [...over, up(asked)]]
  if (fresh.receiving.full || fresh.receiving.count(remote) >= perPeerMax(p))
    return [fresh, [...over, answerBlock(asked.exchange, asked.request, responses.ServiceUnavailable, blockEcho(asked.request))]]
  const row: Receiving = {
    exchange: asked.exchange,
    pieces: noPieces,
    offset: 0,
    size: uint(asked.request.options, numbers.Size1),
    ifNoneMatch: has(asked.request.options, numbers.IfNoneMatch),
    stream,
    outstanding: 0,
    waiting: [],
    ended: false,
    refused: undefined,
    dueAt: 0,
  }
  const [begun, effects] = next(p, fresh, key, row, asked, block, stamp)
  return over.length === 0 ? [begun, effects] : [begun, [...over, ...effects]]
}

/** The block in its turn. */
const next = (p: Parameters, state: Transfers, key: string, row: Receiving, asked: Asked, { more }: Block, stamp: Stamp): Made => {
  const { exchange, request } = asked
  const { remote, payload } = request
  const offset = row.offset + payload.length
  const waiting: Waiting = { exchange, request, offset: row.offset, count: payload.length, last: true }
  if (row.stream) return hand(p, state, key, row, waiting, !more, stamp)
  if (offset > p.bodyBytesMax || (row.size ?? 0) > p.bodyBytesMax) return end(state, remote, key, row, [tooLarge(p, waiting)])
  if (state.heldBytes + payload.length > heldBytesMax(p))
    return end(state, remote, key, row, [answerBlock(exchange, request, responses.ServiceUnavailable, blockEcho(request))])
  const pieces = append(row.pieces, payload)
  if (!more)
    return end(state, remote, key, row, [
      up({ type: 'asked', exchange, request: { ...request, options: optionsOf(row, request), payload: join(pieces) } }),
    ])
  state.receiving.put(remote, key, { ...row, pieces, offset, dueAt: stamp.now + p.transferTimeoutMs })
  return [changed(state, payload.length), [taken(p, waiting)]]
}

/** Hands a block to the sink; it is answered when there is room for another. */
const hand = (p: Parameters, state: Transfers, key: string, row: Receiving, waiting: Waiting, last: boolean, stamp: Stamp): Made => {
  const { request, offset, count } = waiting
  if (row.outstanding >= p.windowBlocks)
    return [state, [answerBlock(waiting.exchange, request, responses.ServiceUnavailable, blockEcho(request))]]
  const outstanding = row.outstanding + 1
  const now = !last && outstanding < p.windowBlocks
  const effects: TransfersEffect[] = [
    up({ type: 'offer', exchange: row.exchange, request, offset, bytes: request.payload, last, body: { size: row.size, etag: undefined } }),
  ]
  if (now) effects.push(taken(p, waiting))
  state.receiving.put(request.remote, key, {
    ...row,
    offset: offset + count,
    outstanding,
    waiting: now ? row.waiting : [...row.waiting, waiting],
    ended: last,
    dueAt: stamp.now + p.transferTimeoutMs,
  })
  return [changed(state), effects]
}

/** The last block of a streaming body is stored: now the request itself. */
const whole = (state: Transfers, remote: string, key: string | number, row: Receiving): Made => {
  const [last, ...others] = row.waiting
  const effects: TransfersEffect[] = others.map(({ exchange, request }) => incomplete(exchange, request))
  if (last !== undefined) {
    const request: Request = {
      ...last.request,
      options: optionsOf(row, last.request),
      payload: noBytes,
      body: { size: row.offset, etag: undefined },
    }
    effects.push(up({ type: 'asked', exchange: last.exchange, request }))
  }
  return end(state, remote, key, row, effects)
}

/** Those of the last block, and the condition of the first. */
const optionsOf = ({ ifNoneMatch }: Receiving, { options }: Request): readonly Option[] =>
  ifNoneMatch ? withOption(options, opaqueOption(numbers.IfNoneMatch, noBytes)) : options

/** A block that came before is answered as before; other octets in its place are another body, and neither can be trusted. */
const repeated = (state: Transfers, key: string, row: Receiving, { exchange, request }: Asked, offset: number): Made => {
  const { remote, payload } = request
  const open = row.waiting.find((waiting) => waiting.offset === offset)
  if (open !== undefined && row.waiting.length < waitingMax) {
    state.receiving.put(remote, key, {
      ...row,
      waiting: [...row.waiting, { exchange, request, offset, count: payload.length, last: true }],
    })
    return [changed(state), none]
  }
  if (!row.stream && !holds(row.pieces, offset, payload)) return end(state, remote, key, row, [incomplete(exchange, request)])
  return [state, [answerBlock(exchange, request, responses.Continue, blockEcho(request))]]
}
/** How often one block may be repeated while it waits for the sink. */
const waitingMax = 4

/** 2.31: the block is taken, go on; in smaller blocks if those are too large for us (RFC 7959 §2.9.1, §2.3). */
const taken = (p: Parameters, { exchange, request }: Waiting): TransfersEffect => {
  const { szx } = blockOf(request.options, numbers.Block1)!
  if (szx <= p.szx) return answerBlock(exchange, request, responses.Continue, blockEcho(request))
  const { num } = blockOf(request.options, numbers.Block1)!
  return answerBlock(exchange, request, responses.Continue, [blockOption(numbers.Block1, num * (16 << p.szx), true, p.szx)])
}
const tooLarge = (p: Parameters, { exchange, request }: Waiting): TransfersEffect =>
  answerBlock(exchange, request, responses.RequestEntityTooLarge, [...blockEcho(request), uintOption(numbers.Size1, p.bodyBytesMax)])
