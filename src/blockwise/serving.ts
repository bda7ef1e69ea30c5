/** The body of a response of ours, served block by block as the peer asks for it (RFC 7959 §2.4, §2.6). */
import { none, type Stamp } from '../core/machine.ts'
import { down, up, type Down } from '../core/stack.ts'
import type { Placed } from '../core/table.ts'
import type { Answer, Asked, Request, Response } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { isSuccess, methods, responses, type Code } from '../message/code.ts'
import { noBytes } from '../message/message.ts'
import { find, has, opaqueOption, options as numbers, uintOption, withOption, type Option } from '../message/option.ts'
import type { Refused, Supplied } from './body.ts'
import { blockOf, blockOption, exponentOf, isNumbered, offsetOf, payloadOf, type Block, type BlockLimits } from './block.ts'
import { blockEcho } from './receiving.ts'
import {
  answerBlock,
  bodyKey,
  changed,
  heldBytesMax,
  notOfResponseBody,
  perPeerMax,
  type Made,
  type Serving,
  type Transfers,
  type TransfersEffect,
  type Waiting,
} from './transfer.ts'

/** The application answered, with a large body or to a request that spoke of blocks. */
export const answerInBlocks = (p: Parameters & BlockLimits, state: Transfers, event: Down<Answer>, stamp: Stamp): Made => {
  const { exchange, request, response, last } = event.value
  const echo = blockEcho(request)
  const asked = blockOf(request.options, numbers.Block2)
  const szx = Math.min(p.szx, asked?.szx ?? p.szx)
  const from = asked === undefined || echo.length > 0 ? 0 : offsetOf(asked)
  const length = response.payload.length
  const most = payloadOf(p, szx)
  // One of a burst (RFC 9177): a block of its own kind already.
  if (has(response.options, numbers.QBlock2)) return [state, [event]]
  if (response.body !== undefined)
    return serveStreaming(p, state, event.value, { exchange, request, offset: from, count: most, last }, stamp)
  if (
    from === 0 &&
    length <= most &&
    ((asked === undefined && !has(request.options, numbers.Size2)) || length === 0 || !isSuccess(response.code))
  )
    return [
      state,
      [echo.length === 0 ? event : down({ ...event.value, response: { ...response, options: withOption(response.options, echo[0]!) } })],
    ]
  if (from > 0 && (!isSuccess(response.code) || from >= length))
    return [state, [isSuccess(response.code) ? answerBlock(exchange, request, responses.BadRequest) : event]]
  const whole: Response = length > most ? { ...response, options: tagged(response) } : response
  const sized =
    from === 0 && (length > most || has(request.options, numbers.Size2))
      ? { ...whole, options: withOption(whole.options, uintOption(numbers.Size2, length)) }
      : whole
  const answer: Answer = { type: 'answer', exchange, request, response: slice(sized, from, szx, most, echo[0]), last }
  const [kept, effects] =
    from + most < length
      ? keep(p, state, request, { exchange, response: whole, size: length, stream: false, waiting: [], dueAt: 0 }, stamp)
      : [state, none]
  return [kept, [...effects, down(answer)]]
}

/** A peer asks for a further block. Of a body not kept, the application is asked again, if the method allows. */
export const serveNext = (
  p: Parameters & BlockLimits,
  state: Transfers,
  { exchange, request }: Asked,
  block: Block,
  stamp: Stamp,
): Made | undefined => {
  const { remote, code } = request
  const key = keyOf(request)
  const row = state.serving.get(remote, key)
  if (row === undefined)
    return isRepeatable(code) ? undefined : [state, [answerBlock(exchange, request, responses.RequestEntityIncomplete)]]
  const offset = offsetOf(block)
  const szx = Math.min(block.szx, p.szx)
  const most = payloadOf(p, szx)
  const beyond = row.size !== undefined && offset >= row.size
  if (beyond || !isNumbered(offset, szx)) return [state, [answerBlock(exchange, request, responses.BadRequest)]]
  if (row.stream) return want(p, state, key, row, { exchange, request, offset, count: most, last: true }, stamp)
  const answer: Answer = { type: 'answer', exchange, request, response: slice(row.response, offset, szx, most, undefined), last: true }
  if (isRepeatable(code) && offset + most >= row.response.payload.length) return [forget(state, remote, key, row), [down(answer)]]
  return [touched(p, state, remote, key, row, stamp), [down(answer)]]
}

/** The application read a piece of a streaming body. */
export const suppliedOut = (
  p: Parameters,
  state: Transfers,
  { scope: remote, key, row }: Placed<Serving>,
  { offset, bytes }: Supplied,
  stamp: Stamp,
): Made => {
  const waiting = row.waiting.find((one) => one.offset === offset)
  if (waiting === undefined) return [state, none]
  const { exchange, request, count, last } = waiting
  const final = row.size === undefined ? bytes.length <= count : offset + count >= row.size
  const block = bytes.length > count ? bytes.subarray(0, count) : bytes
  if (final ? row.size !== undefined && offset + block.length !== row.size : block.length !== count)
    return refusedOut(state, { scope: remote, key, row }, 'sink')
  const { code, confirmable } = row.response
  const options = blockOptions(row.response, request, offset, final, count, row.size)
  const response: Response =
    confirmable === undefined || last ? { code, options, payload: block } : { code, options, payload: block, confirmable }
  const answered = down<Answer>({ type: 'answer', exchange, request, response, last })
  const rest = { ...row, waiting: row.waiting.filter((one) => one !== waiting), dueAt: stamp.now + p.transferTimeoutMs }
  if (final && rest.waiting.length === 0 && isRepeatable(request.code))
    return [forget(state, remote, key, row), [answered, over(row, remote)]]
  state.serving.put(remote, key, rest)
  return [changed(state), [answered]]
}
/** The source is needed no more. */
const over = ({ exchange }: Pick<Serving, 'exchange'>, remote: string): TransfersEffect => up({ type: 'abandoned', exchange, remote })

/** The application could not read a piece. */
export const refusedOut = (state: Transfers, { scope: remote, key, row }: Placed<Serving>, reason: Refused['reason']): Made => {
  const code: Code = reason === 'busy' ? responses.ServiceUnavailable : responses.InternalServerError
  const effects = row.waiting.map(({ exchange, request }) => answerBlock(exchange, request, code, blockEcho(request)))
  return [forget(state, remote, key, row), effects]
}

/** Nobody asked for more of it. */
export const abandonOut = (state: Transfers, { scope: remote, key, row }: Placed<Serving>, code: Code): Made => {
  const effects: TransfersEffect[] = row.waiting.map(({ exchange, request }) => answerBlock(exchange, request, code, blockEcho(request)))
  if (row.stream) effects.push(over(row, remote))
  return [forget(state, remote, key, row), effects]
}

/** What a body of ours is kept under. The body of a FETCH is part of what was asked, unless it came in blocks itself: it is not repeated then (RFC 7959 §3.3, RFC 8132 §2). */
const keyOf = (request: Request): string =>
  bodyKey(
    request.code === methods.FETCH && has(request.options, numbers.Block1) ? { ...request, payload: noBytes } : request,
    notOfResponseBody,
  )

const isRepeatable = (code: Code) => code === methods.GET || code === methods.FETCH

const serveStreaming = (p: Parameters, state: Transfers, { exchange, request, response }: Answer, first: Waiting, stamp: Stamp): Made => {
  const { size, etag } = response.body!
  if (size !== undefined && first.offset > 0 && first.offset >= size)
    return [state, [answerBlock(exchange, request, responses.BadRequest), over({ exchange }, request.remote)]]
  const options =
    etag === undefined || has(response.options, numbers.ETag)
      ? response.options
      : withOption(response.options, opaqueOption(numbers.ETag, etag))
  const row: Serving = { exchange, response: { ...response, options, payload: noBytes }, size, stream: true, waiting: [], dueAt: 0 }
  const [kept, effects] = keep(p, state, request, row, stamp)
  const [next, wanted] = want(p, kept, keyOf(request), row, first, stamp)
  return [next, [...effects, ...wanted]]
}

/** Asks the application for a piece; of a body of unknown size for one octet more, to know whether it is the last. */
const want = (p: Parameters, state: Transfers, key: string, row: Serving, waiting: Waiting, stamp: Stamp): Made => {
  const { exchange, request } = waiting
  const { remote } = request
  if (row.waiting.length >= Math.max(waitingMax, p.windowBlocks))
    return [state, [answerBlock(exchange, request, responses.ServiceUnavailable)]]
  state.serving.put(remote, key, { ...row, waiting: [...row.waiting, waiting], dueAt: stamp.now + p.transferTimeoutMs })
  return [changed(state), wanted(row, waiting)]
}
const wanted = ({ exchange, size }: Serving, { request: { remote }, offset, count }: Waiting): readonly TransfersEffect[] => [
  up({ type: 'want', exchange, remote, offset, count: size === undefined ? count + 1 : Math.min(count, size - offset) }),
]
/** Blocks of one streaming body asked for at once. */
const waitingMax = 4

/** Keeps the body for the blocks to come. What makes room is asked for again, or answered 4.08. */
const keep = (p: Parameters, state: Transfers, request: Request, row: Serving, stamp: Stamp): Made => {
  const { remote } = request
  const key = keyOf(request)
  const effects: TransfersEffect[] = []
  let next = state
  const release = (placed: Placed<Serving>) => {
    const [after, said] = abandonOut(next, placed, responses.ServiceUnavailable)
    next = after
    effects.push(...said)
  }
  const before = next.serving.get(remote, key)
  if (before !== undefined) release({ scope: remote, key, row: before.exchange === row.exchange ? { ...before, stream: false } : before }) // the same name: its body goes on as the new one
  if (next.serving.count(remote) >= perPeerMax(p)) release(next.serving.oldest(remote)!)
  while (next.serving.size > 0 && (next.serving.full || next.heldBytes + row.response.payload.length > heldBytesMax(p))) {
    const oldest = next.serving.first()
    if (oldest === undefined) break
    release({ scope: oldest.scope, key: oldest.key, row: oldest.row })
  }
  next.serving.put(remote, key, { ...row, dueAt: stamp.now + p.transferTimeoutMs })
  return [changed(next, row.response.payload.length), effects]
}
const forget = (state: Transfers, remote: string, key: string | number, { response }: Serving): Transfers => {
  state.serving.remove(remote, key)
  return changed(state, -response.payload.length)
}
/** The row lives on. Its expiry moves in strides, so that most blocks leave it alone. */
const touched = (p: Parameters, state: Transfers, remote: string, key: string, row: Serving, { now }: Stamp): Transfers => {
  if (row.dueAt - now > p.transferTimeoutMs / 2) return state
  state.serving.put(remote, key, { ...row, dueAt: now + p.transferTimeoutMs })
  return changed(state)
}

/** The response with the octets of one block. */
const slice = (response: Response, offset: number, szx: number, most: number, echo: Option | undefined): Response => {
  const { code, options, payload, confirmable } = response
  const end = offset + most
  const blocked = withOption(options, blockOption(numbers.Block2, offset, end < payload.length, szx))
  const all = echo === undefined ? blocked : withOption(blocked, echo)
  const bytes = payload.subarray(offset, end)
  return confirmable === undefined ? { code, options: all, payload: bytes } : { code, options: all, payload: bytes, confirmable }
}
const blockOptions = (
  { options }: Response,
  request: Request,
  offset: number,
  final: boolean,
  count: number,
  size: number | undefined,
): readonly Option[] => {
  const alone = final && offset === 0 && blockOf(request.options, numbers.Block2) === undefined
  let all = alone ? options : withOption(options, blockOption(numbers.Block2, offset, !final, exponentOf(count)))
  if (!final && offset === 0 && size !== undefined) all = withOption(all, uintOption(numbers.Size2, size))
  const [echo] = blockEcho(request)
  return echo === undefined ? all : withOption(all, echo)
}

/** The options with an ETag, so that a body made anew is told from this one (RFC 7959 §2.4). */
export const tagged = ({ code, options, payload }: Response): readonly Option[] =>
  !isSuccess(code) || find(options, numbers.ETag) !== undefined ? options : withOption(options, opaqueOption(numbers.ETag, digest(payload)))

/** Eight octets that differ for different bodies but for an accident: two mixes of 32 bits (after MurmurHash3), begun apart, four octets at a time. */
const digest = (bytes: Uint8Array): Uint8Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length & ~3
  let a = 0x811c9dc5 ^ bytes.length
  let b = 0x01000193
  for (let i = 0; i < whole; i += 4) {
    const word = view.getUint32(i)
    a = Math.imul((a ^ word) >>> 0, 0xcc9e2d51)
    a ^= a >>> 15
    b = Math.imul(b, 0x1b873593) + word
    b ^= b >>> 13
  }
  for (let i = whole; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x01000193)
    b = Math.imul(b, 0x5bd1e995) + bytes[i]!
  }
  return Uint8Array.of(a >>> 24, a >>> 16, a >>> 8, a, b >>> 24, b >>> 16, b >>> 8, b)
}
