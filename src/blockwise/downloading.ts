/** The body of a response to a request of ours, fetched block by block (RFC 7959 §2.4, §2.6). */
import { none, type Stamp } from '../core/machine.ts'
import { down, up } from '../core/stack.ts'
import type { Answered, Ask, FailureReason, Request, Response, StreamedBody } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { isSuccess, methods, responses } from '../message/code.ts'
import { noBytes, type Token } from '../message/message.ts'
import { find, has, options as numbers, uint, uintOf, withOption, without } from '../message/option.ts'
import { blockOf, blockOption, isNumbered, isWellSized, offsetOf, reservedSzx, type Block } from './block.ts'
import { append, join, noPieces, same } from './pieces.ts'
import { changed, freshToken, type Downloading, type Made, type Transfers, type TransfersEffect } from './transfer.ts'

/** The options of the first request that the ones for further blocks do not repeat. */
const onlyFirst = [numbers.ETag, numbers.Observe, numbers.Block2, numbers.Block1, numbers.Size2, numbers.Size1]
/** How often a notification's body that changed while it was fetched is fetched anew. */
const restartsMax = 3

/** Asks for a body that streams: its blocks are offered from wherever the request's Block2 begins. */
export const askStreaming = (p: Parameters, state: Transfers, { exchange, request }: Ask): Made => {
  const block = blockOf(request.options, numbers.Block2)
  if (state.asking.full) return [state, [up({ type: 'failed', exchange, remote: request.remote, reason: 'refused' as const })]]
  const row = begin(p, request, {
    lower: exchange,
    offset: block === undefined ? 0 : offsetOf(block),
    stream: true,
    ...(block === undefined ? {} : { szx: block.szx }),
  })
  state.asking.put(request.remote, exchange, row)
  // Before the peer's settings came nobody knows whether it takes several blocks in a message (RFC 8323 §6).
  const early = wishesBert(request) && p.szx !== reservedSzx
  const asked = early ? { ...request, options: withOption(request.options, blockOption(numbers.Block2, row.offset, false, 6)) } : request
  return [changed(state), [down({ type: 'ask', exchange, request: asked })]]
}
/** Blocks of 1,024 octets, and as many of them in a message as both sides take. */
const wishesBert = ({ options }: Request): boolean => blockOf(options, numbers.Block2)?.szx === reservedSzx

/** A row that waits for its first block. */
export const begin = (p: Parameters, request: Request, known: Partial<Downloading>): Downloading => ({
  type: 'downloading',
  request,
  options: without(request.options, ...onlyFirst),
  payload: request.code === methods.FETCH && !has(request.options, numbers.Block1) ? request.payload : noBytes,
  lower: '',
  szx: p.szx,
  first: undefined,
  etag: undefined,
  size: undefined,
  offset: 0,
  pieces: noPieces,
  stream: false,
  outstanding: 0,
  ended: false,
  observed: false,
  restarts: 0,
  dueAt: Infinity,
  ...known,
})

/** The first response came and nothing waited for it: its body is larger than it. */
export const firstBlock = (
  p: Parameters,
  state: Transfers,
  { exchange, request, response, last }: Answered,
  stamp: Stamp,
  known: Partial<Downloading> = {},
): Made => {
  if (state.asking.full && state.asking.get(request.remote, exchange) === undefined)
    return failing(state, request, exchange, !last, 'refused')
  return arrive(p, state, exchange, begin(p, request, { observed: !last, ...known }), response, stamp)
}

/** A block came, under the exchange that the row waited for. */
export const arrive = (p: Parameters, state: Transfers, key: Token, row: Downloading, response: Response, stamp: Stamp): Made => {
  const { first } = row
  if (first === undefined ? row.stream && !isBody(response) : !isSuccess(response.code)) return instead(state, key, row, response)
  // A block of a burst that nobody asked for any more is not the body (RFC 9177 §4.1).
  if (has(response.options, numbers.QBlock2)) return fail(state, key, { ...row, lower: '' }, 'incomplete')
  const block = blockOf(response.options, numbers.Block2) ?? (first === undefined ? unblocked(response) : undefined)
  const etag = find(response.options, numbers.ETag)?.value
  if (first !== undefined && (!same(etag, row.etag) || isOtherwise(first, response))) return anew(p, state, key, row, stamp)
  const wrong = block === undefined ? 'incomplete' : misplaced(p, row, response, block)
  if (wrong !== undefined || block === undefined) return fail(state, key, { ...row, lower: '' }, wrong ?? 'incomplete')
  const next = advanced(p, row, response, block, etag)
  return next.stream
    ? offer(p, state, key, next, response.payload, stamp)
    : next.ended
      ? finish(state, key, next)
      : askNext(state, key, next, stamp)
}

/** The application stored a block. */
export const taken = (p: Parameters, state: Transfers, remote: string, key: Token, row: Downloading, stamp: Stamp): Made => {
  if (row.outstanding === 0) return [state, none]
  const next: Downloading = { ...row, outstanding: row.outstanding - 1 }
  if (next.ended && next.outstanding === 0) return finish(state, key, next)
  if (!next.ended && next.lower === '') return askNext(state, key, next, stamp)
  state.asking.put(remote, key, next.lower === '' ? { ...next, dueAt: stamp.now + p.transferTimeoutMs } : next)
  return [changed(state), none]
}

/** Ends the transfer: the application is told, and nothing of it stays below. */
export const fail = (state: Transfers, key: Token, row: Downloading, reason: FailureReason): Made => {
  const { remote } = row.request
  state.asking.remove(remote, key)
  return [changed(state), [...dropped(key, row), up({ type: 'failed', exchange: key, remote, reason })]]
}

/** What becomes of the exchanges below when the row goes. */
export const dropped = (
  key: Token,
  { lower, observed, request: { remote } }: Pick<Downloading, 'lower' | 'observed' | 'request'>,
): readonly TransfersEffect[] => {
  const effects: TransfersEffect[] = []
  if (lower !== '') effects.push(down({ type: 'cancel', exchange: lower, remote }))
  if (observed && lower !== key) effects.push(down({ type: 'cancel', exchange: key, remote }))
  return effects
}

const failing = (state: Transfers, { remote }: Request, exchange: Token, observed: boolean, reason: FailureReason): Made => [
  state,
  [...(observed ? [down({ type: 'cancel' as const, exchange, remote })] : none), up({ type: 'failed', exchange, remote, reason })],
]

/** Whether a response has the body that was asked for: errors, and 2.03 (Valid), are answers as they stand. */
const isBody = ({ code }: Response) => isSuccess(code) && code !== responses.Valid
/** A body in a single message that says nothing of blocks: as large as it is. */
const unblocked = ({ payload }: Response): Block => ({ num: 0, more: false, szx: payload.length <= 1024 ? 6 : anySzx })
const anySzx = 20

/** Blocks of different Content-Formats are not of one body (RFC 7959 §2.3). A block that names none is of the first one's. */
const isOtherwise = (first: Response, { options }: Response): boolean => {
  const format = find(options, numbers.ContentFormat)
  return format !== undefined && uintOf(format.value) !== uint(first.options, numbers.ContentFormat)
}

/** What is wrong with the place or the length of a block. */
const misplaced = (p: Parameters, row: Downloading, { code, options, payload }: Response, block: Block): FailureReason | undefined => {
  if (row.first !== undefined && (code !== row.first.code || block.szx > row.szx)) return 'incomplete'
  if ((block.szx === reservedSzx && p.szx !== reservedSzx) || offsetOf(block) !== row.offset || !isWellSized(block, payload.length))
    return 'incomplete'
  if (block.more && !isNumbered(row.offset + payload.length, block.szx)) return 'too-large'
  if (row.stream) return undefined
  const told = row.first === undefined ? uint(options, numbers.Size2) : undefined
  return Math.max(row.offset + payload.length, told ?? 0) > p.bodyBytesMax ? 'too-large' : undefined
}

/** The row with one more block. Blocks may become smaller on the way, never larger. */
const advanced = (p: Parameters, row: Downloading, response: Response, { more, szx }: Block, etag: Uint8Array | undefined): Downloading => {
  const { payload } = response
  const first = row.first === undefined
  return {
    type: 'downloading',
    request: row.request,
    options: row.options,
    payload: row.payload,
    lower: '',
    szx: !first ? szx : szx === 6 && wishesBert(row.request) ? p.szx : Math.min(szx, p.szx),
    first: first ? response : row.first,
    etag: first ? etag : row.etag,
    size: first ? uint(response.options, numbers.Size2) : row.size,
    offset: row.offset + payload.length,
    pieces: row.stream ? noPieces : append(row.pieces, payload),
    stream: row.stream,
    outstanding: row.outstanding,
    ended: !more,
    observed: row.observed,
    restarts: row.restarts,
    dueAt: Infinity,
  }
}

/** Hands the block over; the next one is asked for when there is room in the window. */
const offer = (p: Parameters, state: Transfers, key: Token, row: Downloading, bytes: Uint8Array, stamp: Stamp): Made => {
  const { request } = row
  const outstanding = row.outstanding + 1
  const offered = up({
    type: 'offer' as const,
    exchange: key,
    request,
    offset: row.offset - bytes.length,
    bytes,
    last: row.ended,
    body: bodyOf(row),
  })
  if (!row.ended && outstanding < p.windowBlocks) {
    const [next, effects] = askNext(state, key, { ...row, outstanding }, stamp)
    return [next, [offered, ...effects]]
  }
  state.asking.put(request.remote, key, { ...row, outstanding, dueAt: stamp.now + p.transferTimeoutMs })
  return [changed(state), [offered]]
}
const bodyOf = ({ size, etag }: Downloading): StreamedBody => ({ size, etag })

/** Asks for the block at the row's offset, under an exchange of its own. */
const askNext = (state: Transfers, key: Token, row: Downloading, stamp: Stamp): Made => {
  const { remote, code, confirmable } = row.request
  const lower = freshToken(stamp)
  const options = withOption(row.options, blockOption(numbers.Block2, row.offset, false, row.szx))
  state.asking.put(remote, key, { ...row, lower, dueAt: Infinity })
  return [
    changed(state),
    [down({ type: 'ask', exchange: lower, request: { remote, code, options, payload: row.payload, confirmable, purpose: 'block' } })],
  ]
}

/** Everything has come. */
const finish = (state: Transfers, key: Token, row: Downloading): Made => {
  const { code, options } = row.first!
  const payload = row.stream ? noBytes : join(row.pieces)
  const whole: Response = { code, options: without(options, numbers.Block2), payload }
  return handUp(state, key, row, row.stream ? { ...whole, body: { size: row.offset, etag: row.etag } } : whole)
}
const handUp = (state: Transfers, exchange: Token, { request, observed }: Downloading, response: Response): Made => {
  state.asking.remove(request.remote, exchange)
  return [changed(state), [up({ type: 'answered', exchange, request, response, last: !observed })]]
}
/** An answer that is no (further) block: it stands for the whole. In the midst of a notification's body it is the end of both. */
const instead = (state: Transfers, key: Token, row: Downloading, response: Response): Made =>
  row.observed && row.first !== undefined ? fail(state, key, { ...row, lower: '' }, 'incomplete') : handUp(state, key, row, response)

/** The representation changed: what has come is worth nothing. A notification's body is fetched anew, for the newer one may have been lost. */
const anew = (p: Parameters, state: Transfers, key: Token, row: Downloading, stamp: Stamp): Made => {
  if (!row.observed || row.restarts >= restartsMax) return fail(state, key, { ...row, lower: '' }, 'changed')
  return askNext(state, key, begin(p, row.request, { observed: true, szx: row.szx, restarts: row.restarts + 1 }), stamp)
}
