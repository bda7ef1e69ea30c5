/** The body of a request of ours, sent block by block (RFC 7959 §2.5, §2.9). */
import { roll } from '../core/dice.ts'
import { none, type Stamp } from '../core/machine.ts'
import { down, up } from '../core/stack.ts'
import type { Answered, Ask, FailureReason, Request, Response } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { isSuccess, responses, type Code } from '../message/code.ts'
import { noBytes, type Token } from '../message/message.ts'
import { opaqueOption, options as numbers, uint, uintBytes, uintOption, withOption, without, type Option } from '../message/option.ts'
import type { Supplied } from './body.ts'
import { blockOf, blockOption, isNumbered, payloadOf, sizeOf, type Block, type BlockLimits } from './block.ts'
import { arrive, begin } from './downloading.ts'
import { bodyKey, changed, freshToken, notOfRequestBody, type Made, type Transfers, type Uploading } from './transfer.ts'

/** How often a body is sent anew because the peer has lost blocks (4.08). */
const restartsMax = 1

/** Asks with a body that is too large for one message, or that streams. */
export const askWithBody = (
  p: Parameters & BlockLimits,
  state: Transfers,
  { exchange, request, stream = false }: Ask,
  szx: number,
  stamp: Stamp,
  lower: Token = exchange,
): Made => {
  const { remote } = request
  if (state.asking.full) return [state, [up({ type: 'failed', exchange, remote, reason: 'refused' as const })]]
  const row: Uploading = {
    type: 'uploading',
    request,
    options: tagged(state, request, stamp),
    lower,
    szx,
    offset: 0,
    count: 0,
    final: false,
    size: request.body === undefined ? request.payload.length : request.body.size,
    stream,
    restarts: 0,
    dueAt: Infinity,
  }
  return sendFrom(p, state, exchange, row, stamp)
}

/** The block under way was answered. */
export const sent = (p: Parameters & BlockLimits, state: Transfers, key: Token, row: Uploading, answered: Answered, stamp: Stamp): Made => {
  const { response } = answered
  const { code } = response
  const block = blockOf(response.options, numbers.Block1)
  if (code === responses.RequestEntityTooLarge && block !== undefined && block.szx < row.szx)
    return sendFrom(p, state, key, { ...row, szx: block.szx, offset: 0, lower: '' }, stamp)
  if (code === responses.RequestEntityIncomplete && row.restarts < restartsMax && row.offset > 0)
    return sendFrom(p, state, key, { ...row, restarts: row.restarts + 1, offset: 0, lower: '' }, stamp)
  if (!isSuccess(code) || (row.final && code !== responses.Continue)) return answeredLast(p, state, key, row, answered, stamp)
  if (row.final || !isAcknowledged(row, code, block)) return failUpload(state, key, row, 'incomplete')
  const szx = Math.min(block?.szx ?? row.szx, row.szx)
  const offset = row.offset + row.count
  if (!isNumbered(offset, szx)) return failUpload(state, key, row, 'too-large')
  return sendFrom(p, state, key, { ...row, offset, szx, lower: '' }, stamp)
}

/** The application read a piece. */
export const supplied = (state: Transfers, key: Token, row: Uploading, { offset, bytes }: Supplied, stamp: Stamp): Made => {
  if (offset !== row.offset || row.lower !== '') return [state, none]
  const size = row.size === undefined ? row.count - 1 : row.count
  const final = row.size === undefined ? bytes.length <= size : offset + size >= row.size
  const block = bytes.length > size ? bytes.subarray(0, size) : bytes
  if (final ? row.size !== undefined && offset + block.length !== row.size : block.length !== size)
    return failUpload(state, key, row, 'sink')
  return sendBlock(state, key, { ...row, final }, block, stamp)
}

/** Ends the transfer: the application is told. */
export const failUpload = (state: Transfers, key: Token, { request: { remote } }: Uploading, reason: FailureReason): Made => {
  state.asking.remove(remote, key)
  return [changed(state), [up({ type: 'failed', exchange: key, remote, reason })]]
}

/** A message of ours went whole and was too large: once more, in blocks as large as the peer says (RFC 7959 §2.9.3). */
export const isTooLarge = (request: Request, { code, options }: Response): boolean => {
  if (code !== responses.RequestEntityTooLarge || blockOf(request.options, numbers.Block1) !== undefined) return false
  const block = blockOf(options, numbers.Block1)
  return block !== undefined && request.payload.length > sizeOf(block.szx)
}
export const askSmaller = (
  p: Parameters & BlockLimits,
  state: Transfers,
  { exchange, request, response }: Answered,
  stamp: Stamp,
): Made => {
  const { szx } = blockOf(response.options, numbers.Block1)!
  return askWithBody(p, state, { type: 'ask', exchange, request }, Math.min(szx, p.szx), stamp, '')
}

/** The block that was sent is named; or none is, but 2.31, under the token of this block, can only mean this one: libcoap 4.3.1 leaves the option out at times. */
const isAcknowledged = ({ offset, szx }: Uploading, code: Code, block: Block | undefined) =>
  block === undefined ? code === responses.Continue : block.num === offset / sizeOf(szx)

/** The options of each block: Request-Tag among them while another body is on its way to the same resource (RFC 9175 §3.3). */
const tagged = ({ asking }: Transfers, request: Request, { dice }: Stamp): readonly Option[] => {
  const options = without(request.options, numbers.Block1, numbers.Size1)
  const key = bodyKey(request, ignoredByTag, false)
  for (const { row } of asking.in(request.remote))
    if (row.type === 'uploading' && bodyKey(row.request, ignoredByTag, false) === key)
      return withOption(options, opaqueOption(numbers.RequestTag, uintBytes(roll(dice, 'Request-Tag'))))
  return options
}
const ignoredByTag = [...notOfRequestBody, numbers.RequestTag]

/** Sends the block at the row's offset, or asks the application for it. Of unknown size: one octet more, to know whether it is the last. */
const sendFrom = (p: Parameters & BlockLimits, state: Transfers, key: Token, row: Uploading, stamp: Stamp): Made => {
  const { request, offset, size } = row
  const blockSize = payloadOf(p, row.szx)
  if (request.body === undefined) {
    const bytes = request.payload.subarray(offset, offset + blockSize)
    return sendBlock(state, key, { ...row, final: offset + bytes.length === request.payload.length }, bytes, stamp)
  }
  const count = size === undefined ? blockSize + 1 : Math.min(blockSize, size - offset)
  state.asking.put(request.remote, key, { ...row, lower: '', count, dueAt: stamp.now + p.transferTimeoutMs })
  return [changed(state), [up({ type: 'want', exchange: key, remote: request.remote, offset, count })]]
}

const sendBlock = (state: Transfers, key: Token, row: Uploading, payload: Uint8Array, stamp: Stamp): Made => {
  const { request, offset, szx, final, size } = row
  const { remote, code, confirmable, purpose } = request
  const alone = offset === 0 && final
  const own = offset === 0 ? row.options : without(row.options, numbers.IfNoneMatch) // only the first block is conditional (RFC 7959 §2.10)
  let options = alone ? own : withOption(own, blockOption(numbers.Block1, offset, !final, szx))
  if (!alone && offset === 0 && size !== undefined) options = withOption(options, uintOption(numbers.Size1, size))
  // An observation lives under the token of the request that made it: the last block goes under the exchange's own (RFC 7641 §3.1).
  const lower = row.lower !== '' ? row.lower : final && uint(options, numbers.Observe) === 0 ? key : freshToken(stamp)
  state.asking.put(remote, key, { ...row, lower, count: payload.length, dueAt: Infinity })
  return [
    changed(state),
    [
      down({
        type: 'ask',
        exchange: lower,
        request: { remote, code, options, payload, confirmable, purpose: offset === 0 ? purpose : 'block' },
      }),
    ],
  ]
}

/** The response to the whole: its own body may come in blocks, too (RFC 7959 §2.7). */
const answeredLast = (p: Parameters, state: Transfers, key: Token, row: Uploading, { response, last }: Answered, stamp: Stamp): Made => {
  const options = without(response.options, numbers.Block1)
  const rest = { ...response, options }
  const request = { ...row.request, options: row.options }
  if (row.stream || blockOf(options, numbers.Block2)?.more === true) {
    const next = begin(p, request, { stream: row.stream, observed: !last, ...(row.final && row.offset === 0 ? {} : { payload: noBytes }) })
    state.asking.put(request.remote, key, next)
    return arrive(p, state, key, next, rest, stamp)
  }
  state.asking.remove(request.remote, key)
  return [changed(state), [up({ type: 'answered', exchange: key, request: row.request, response: rest, last })]]
}
