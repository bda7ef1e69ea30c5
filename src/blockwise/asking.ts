/** Requests of ours: which of them need blocks, and what becomes of their answers (RFC 7959 §2.4, §2.5, §2.6). */
import type { Stamp } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import { up, type Down, type Up } from '../core/stack.ts'
import type { Placed } from '../core/table.ts'
import type { Answered, Ask, Cancel, Failed, FailureReason, Request } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { methods } from '../message/code.ts'
import type { Token } from '../message/message.ts'
import { has, options as numbers, uint, withOption } from '../message/option.ts'
import { blockOf, blockOption, mayBlock, payloadOf, reservedSzx, type BlockLimits } from './block.ts'
import { arrive, askStreaming, dropped, fail, firstBlock } from './downloading.ts'
import { changed, type Asking, type Made, type Transfers } from './transfer.ts'
import { askSmaller, askWithBody, failUpload, isTooLarge, sent } from './uploading.ts'

/** A request of ours: most pass as they are. */
export const ask = (p: Parameters & BlockLimits, state: Transfers, event: Down<Ask>, stamp: Stamp): Made => {
  const { request, stream, exchange } = event.value
  const { payload, body, options } = request
  if ((body !== undefined || payload.length > payloadOf(p, p.szx)) && !(mayBlock(options) && has(options, numbers.Block1)))
    return askWithBody(p, state, event.value, p.szx, stamp)
  const wished = p.szx < 6 ? sized(p, request) : request
  if (stream === true && uint(options, numbers.Observe) !== 0) return askStreaming(p, state, { type: 'ask', exchange, request: wished })
  return [state, [wished === request ? event : { type: 'down', value: { type: 'ask', exchange, request: wished } }]]
}

/** Smaller blocks than usual are wished for from the start (RFC 7959 §2.4). */
const sized = ({ szx }: Parameters, request: Request): Request =>
  (request.code === methods.GET || request.code === methods.FETCH) &&
  !has(request.options, numbers.Block2) &&
  !has(request.options, numbers.QBlock2)
    ? { ...request, options: withOption(request.options, blockOption(numbers.Block2, 0, false, szx)) }
    : request

/** An answer to a request of ours, or to one for a further block. */
export const answered = (p: Parameters & BlockLimits, state: Transfers, event: Up<Answered>, stamp: Stamp): Made => {
  const { exchange, request, response } = event.value
  const at = find(state, request.remote, exchange)
  if (at !== undefined) {
    const { key, row } = at
    if (row.type === 'uploading') return sent(p, state, key, row, event.value, stamp)
    if (row.lower === exchange) return arrive(p, state, key, row, response, stamp)
    return newer(p, state, key, row, event, stamp)
  }
  if (isTooLarge(request, response)) return askSmaller(p, state, event.value, stamp)
  return isFirstOfMany(event.value) ? firstBlock(p, state, event.value, stamp) : [state, [event]]
}

/** Another notification while the body of the last one is fetched: that one is worth nothing any more (RFC 7959 §2.6). */
const newer = (
  p: Parameters,
  state: Transfers,
  key: Token,
  row: Asking & { readonly type: 'downloading' },
  event: Up<Answered>,
  stamp: Stamp,
): Made => {
  const forgone = dropped(key, { lower: row.lower, observed: false, request: row.request })
  state.asking.remove(row.request.remote, key)
  const [next, effects] = isFirstOfMany(event.value) ? firstBlock(p, state, event.value, stamp) : ([changed(state), [event]] as Made)
  return [next, [...forgone, ...effects]]
}

/** Whether more blocks follow that were not asked for one by one. */
const isFirstOfMany = ({ request, response }: Answered): boolean => {
  const block = blockOf(response.options, numbers.Block2)
  if (block === undefined || has(request.options, numbers.QBlock2)) return false
  const wished = mayBlock(request.options) ? blockOf(request.options, numbers.Block2) : undefined
  if (wished !== undefined && wished.num > 0) return false
  return block.more || block.num > 0 || block.szx === reservedSzx
}

/** A request of ours, or one for a further block, will not be answered. */
export const failed = (state: Transfers, event: Up<Failed>): Made => {
  const { exchange, remote, reason } = event.value
  const at = find(state, remote, exchange)
  if (at === undefined) return [state, [event]]
  const { key, row } = at
  if (row.type === 'uploading') return failUpload(state, key, row, reason)
  // Of an observation, what failed is either the observation or the fetching of its body: the other one ends, too.
  return fail(state, key, exchange === row.lower ? { ...row, lower: '' } : { ...row, observed: false }, reason)
}

/** The application no longer wants the answer. */
export const cancel = (state: Transfers, event: Down<Cancel>): Made => {
  const { exchange, remote } = event.value
  const row = state.asking.get(remote, exchange)
  if (row === undefined || typeof exchange === 'number') return [state, [event]]
  state.asking.remove(remote, exchange)
  return [
    changed(state),
    dropped(exchange, { lower: row.lower, observed: row.type === 'downloading' && row.observed, request: row.request }),
  ]
}

/** The row that this exchange is about: by its block under way, or by its name. */
const find = ({ asking }: Transfers, remote: Remote, exchange: Token): { readonly key: Token; readonly row: Asking } | undefined => {
  const at = asking.aliased(remote, exchange)
  if (at !== undefined) return { key: at.key as Token, row: at.row }
  const row = asking.get(remote, exchange)
  return row === undefined ? undefined : { key: exchange, row }
}

/** Ends a transfer of ours: the application is told, and nothing of it stays below. */
export const failOne = (state: Transfers, { scope: remote, key, row }: Placed<Asking>, reason: FailureReason): Made => {
  const exchange = key as Token
  const effects = dropped(exchange, { lower: row.lower, observed: row.type === 'downloading' && row.observed, request: row.request })
  state.asking.remove(remote, exchange)
  return [changed(state), [...effects, up({ type: 'failed', exchange, remote, reason })]]
}
