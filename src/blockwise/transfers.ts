/** Bodies larger than a message travel as blocks; small messages pass (RFC 7959). */
import { none, type Machine, type Stamp } from '../core/machine.ts'
import type { LinkUp, Remote } from '../core/ports.ts'
import { up, type Down, type Up } from '../core/stack.ts'
import type { Placed } from '../core/table.ts'
import type { Answered, Asked, Ask, Cancel, ExchangeUp, Failed, FailureReason, Request } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { methods, responses } from '../message/code.ts'
import type { Token } from '../message/message.ts'
import { has, options as numbers, uint, withOption, without } from '../message/option.ts'
import { blockOf, blockOption, mayBlock, reservedSzx, sizeOf } from './block.ts'
import type { Refused, Supplied, Taken, TransferDown } from './body.ts'
import { arrive, askStreaming, dropped, fail, firstBlock, taken } from './downloading.ts'
import { abandonIn, received, refusedIn, takenIn } from './receiving.ts'
import { abandonOut, answerInBlocks, refusedOut, serveNext, suppliedOut } from './serving.ts'
import {
  answerBlock,
  changed,
  noTransfers,
  type Asking,
  type Made,
  type Transfers,
  type TransfersEffect,
  type TransfersEvent,
  type TransfersOptions,
} from './transfer.ts'
import { askSmaller, askWithBody, failUpload, isTooLarge, sent, supplied } from './uploading.ts'

export const transfers = (parameters: Parameters, options: TransfersOptions = {}): Machine<Transfers, TransfersEvent, TransfersEffect> =>
  layer({ ...parameters, szx: Math.min(parameters.szx, 6) }, options)

const layer = (p: Parameters, options: TransfersOptions): Machine<Transfers, TransfersEvent, TransfersEffect> => ({
  name: 'transfers',
  initial: noTransfers(p),
  deadline: ({ asking, receiving, serving }) => Math.min(asking.deadline(), receiving.deadline(), serving.deadline()),
  step: (state, event, stamp) => {
    switch (event.type) {
      case 'up':
        return receive(p, options, state, event, stamp)
      case 'down':
        return submit(p, state, event, stamp)
      case 'tick':
        return due(state, stamp)
    }
  },
})

const receive = (p: Parameters, options: TransfersOptions, state: Transfers, event: Up<ExchangeUp>, stamp: Stamp): Made => {
  const { value } = event
  switch (value.type) {
    case 'answered':
      return state.asking.size === 0 && !mayBlock(value.response.options)
        ? [state, [event]]
        : answered(p, state, event as Up<Answered>, stamp)
    case 'asked':
      return mayBlock(value.request.options) || options.streams !== undefined
        ? asked(p, options, state, event as Up<Asked>, stamp)
        : [state, [event]]
    case 'failed':
      return state.asking.size === 0 ? [state, [event]] : failed(state, event as Up<Failed>)
    case 'closed':
      return closed(state, event as Up<LinkUp & { readonly remote: Remote }>)
    default:
      return [state, [event]]
  }
}

const submit = (p: Parameters, state: Transfers, event: Down<TransferDown>, stamp: Stamp): Made => {
  const { value } = event
  switch (value.type) {
    case 'ask':
      return ask(p, state, event as Down<Ask>, stamp)
    case 'answer': {
      const { request, response } = value
      if (response.payload.length <= sizeOf(p.szx) && response.body === undefined && !mayBlock(request.options))
        return [state, [event as Down<typeof value>]]
      return answerInBlocks(p, state, event as Down<typeof value>, stamp)
    }
    case 'cancel':
      return state.asking.size === 0 ? [state, [event as Down<Cancel>]] : cancel(state, event as Down<Cancel>)
    case 'taken':
    case 'supplied':
    case 'refused':
      return told(p, state, value, stamp)
    default:
      return [state, [event as Down<typeof value>]]
  }
}

// ── we ask ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const ask = (p: Parameters, state: Transfers, event: Down<Ask>, stamp: Stamp): Made => {
  const { request, stream, exchange } = event.value
  const { payload, body, options } = request
  if ((body !== undefined || payload.length > sizeOf(p.szx)) && !(mayBlock(options) && has(options, numbers.Block1)))
    return askWithBody(p, state, event.value, p.szx, stamp)
  const wished = p.szx < 6 ? sized(p, request) : request
  if (stream === true && uint(options, numbers.Observe) !== 0) return askStreaming(p, state, { type: 'ask', exchange, request: wished })
  return [state, [wished === request ? event : { type: 'down', value: { type: 'ask', exchange, request: wished } }]]
}

/** Smaller blocks than usual are wished for from the start (RFC 7959 §2.4). */
const sized = ({ szx }: Parameters, request: Request): Request =>
  (request.code === methods.GET || request.code === methods.FETCH) && !has(request.options, numbers.Block2)
    ? { ...request, options: withOption(request.options, blockOption(numbers.Block2, 0, false, szx)) }
    : request

const answered = (p: Parameters, state: Transfers, event: Up<Answered>, stamp: Stamp): Made => {
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
  if (block === undefined) return false
  const wished = mayBlock(request.options) ? blockOf(request.options, numbers.Block2) : undefined
  if (wished !== undefined && wished.num > 0) return false
  return block.more || block.num > 0 || block.szx === reservedSzx
}

const failed = (state: Transfers, event: Up<Failed>): Made => {
  const { exchange, remote, reason } = event.value
  const at = find(state, remote, exchange)
  if (at === undefined) return [state, [event]]
  const { key, row } = at
  if (row.type === 'uploading') return failUpload(state, key, row, reason)
  // Of an observation, what failed is either the observation or the fetching of its body: the other one ends, too.
  return fail(state, key, exchange === row.lower ? { ...row, lower: '' } : { ...row, observed: false }, reason)
}

const cancel = (state: Transfers, event: Down<Cancel>): Made => {
  const { exchange, remote } = event.value
  const row = state.asking.get(remote, exchange)
  if (row === undefined) return [state, [event]]
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

// ── a peer asks ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const asked = (p: Parameters, { streams }: TransfersOptions, state: Transfers, event: Up<Asked>, stamp: Stamp): Made => {
  const { exchange, request } = event.value
  const block1 = blockOf(request.options, numbers.Block1)
  const block2 = blockOf(request.options, numbers.Block2)
  if (block2?.szx === reservedSzx) return [state, [answerBlock(exchange, request, responses.BadRequest)]]
  if (block1 !== undefined) return received(p, state, event.value, block1, streams, stamp)
  if (block2 !== undefined && block2.num > 0) return serveNext(p, state, event.value, block2, stamp) ?? [state, [unobserved(event)]]
  if (streams === undefined || request.payload.length === 0 || !streams(request)) return [state, [event]]
  return received(p, state, event.value, { num: 0, more: false, szx: unblockedSzx }, streams, stamp)
}

/** A further block is never observed, whatever its request says (RFC 7959 §2.6). */
const unobserved = (event: Up<Asked>): Up<Asked> => {
  const { request } = event.value
  return has(request.options, numbers.Observe)
    ? up({ ...event.value, request: { ...request, options: without(request.options, numbers.Observe) } })
    : event
}

/** A body that came in one message without a word of blocks: as large as a datagram may be. */
const unblockedSzx = 12

// ── the application stores and reads ─────────────────────────────────────────────────────────────────────────────────────────

/** A number names a peer's exchange, a string one of ours. */
const told = (p: Parameters, state: Transfers, value: Taken | Supplied | Refused, stamp: Stamp): Made => {
  const { exchange, remote } = value
  if (typeof exchange === 'string') {
    const row = state.asking.get(remote, exchange)
    if (row === undefined) return [state, none]
    if (value.type === 'refused') return failOne(state, { scope: remote, key: exchange, row }, refusals[value.reason])
    if (row.type === 'uploading') return value.type === 'supplied' ? supplied(state, exchange, row, value, stamp) : [state, none]
    return value.type === 'taken' ? taken(p, state, remote, exchange, row, stamp) : [state, none]
  }
  const into = state.receiving.aliased(remote, exchange)
  if (into !== undefined)
    return value.type === 'taken'
      ? takenIn(p, state, into, stamp)
      : value.type === 'refused'
        ? refusedIn(state, into, value)
        : [state, none]
  const out = state.serving.aliased(remote, exchange)
  if (out === undefined || value.type === 'taken') return [state, none]
  return value.type === 'supplied' ? suppliedOut(p, state, out, value, stamp) : refusedOut(state, out, value.reason)
}
const refusals = { 'too-large': 'too-large', sink: 'sink', busy: 'refused' } as const

// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Nobody goes on with it: rows whose time has come. */
const due = (state: Transfers, { now }: Stamp): Made => {
  const effects: TransfersEffect[] = []
  let next = state
  const take = ([after, said]: Made) => {
    next = after
    effects.push(...said)
  }
  for (let at = next.asking.due(now); at !== undefined; at = next.asking.due(now)) take(failOne(next, at, 'timeout'))
  for (let at = next.receiving.due(now); at !== undefined; at = next.receiving.due(now))
    take(abandonIn(next, at, responses.ServiceUnavailable))
  for (let at = next.serving.due(now); at !== undefined; at = next.serving.due(now))
    take(abandonOut(next, at, responses.ServiceUnavailable))
  return [next, effects]
}

/** Every transfer with the remote ends with its link. */
const closed = (state: Transfers, event: Up<LinkUp & { readonly remote: Remote }>): Made => {
  const { remote } = event.value
  const effects: TransfersEffect[] = []
  let next = state
  const take = ([after, said]: Made) => {
    next = after
    effects.push(...said)
  }
  for (const at of [...state.asking.in(remote)]) take(failOne(next, at, 'aborted'))
  for (const at of [...state.receiving.in(remote)]) take(abandonIn(next, at, responses.ServiceUnavailable))
  for (const at of [...state.serving.in(remote)]) take(abandonOut(next, at, responses.ServiceUnavailable))
  return [next, [...effects, event]]
}
const failOne = (state: Transfers, { scope: remote, key, row }: Placed<Asking>, reason: FailureReason): Made => {
  const exchange = key as Token
  const effects = dropped(exchange, { lower: row.lower, observed: row.type === 'downloading' && row.observed, request: row.request })
  state.asking.remove(remote, exchange)
  return [changed(state), [...effects, up({ type: 'failed', exchange, remote, reason })]]
}
