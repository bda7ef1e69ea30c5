/** Bodies larger than a message travel as blocks; small messages pass (RFC 7959). */
import { none, type Machine, type Stamp } from '../core/machine.ts'
import type { LinkUp, Remote, Settings } from '../core/ports.ts'
import { up, type Down, type Up } from '../core/stack.ts'
import type { Answered, Asked, Ask, Cancel, ExchangeUp, Failed, Request } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { responses } from '../message/code.ts'
import { has, options as numbers, without } from '../message/option.ts'
import { answered, ask, cancel, failed, failOne } from './asking.ts'
import { blockOf, mayBlock, payloadOf, reservedSzx, type BlockLimits } from './block.ts'
import type { Refused, Supplied, Taken, TransferDown } from './body.ts'
import { taken } from './downloading.ts'
import { abandonIn, received, refusedIn, takenIn } from './receiving.ts'
import { abandonOut, answerInBlocks, refusedOut, serveNext, suppliedOut } from './serving.ts'
import {
  answerBlock,
  noTransfers,
  type Made,
  type Transfers,
  type TransfersEffect,
  type TransfersEvent,
  type TransfersOptions,
} from './transfer.ts'
import { perPeer, settingsCame, type PerPeer } from './settings.ts'
import { supplied } from './uploading.ts'

/** The machine between exchanges and the application: each event is for one transfer at most. */
export const transfers = (parameters: Parameters, options: TransfersOptions = {}): Machine<Transfers, TransfersEvent, TransfersEffect> =>
  layer(perPeer({ ...parameters, szx: Math.min(parameters.szx, 6), bertBytes: 1024 }), options)

const layer = (per: PerPeer, options: TransfersOptions): Machine<Transfers, TransfersEvent, TransfersEffect> => ({
  name: 'transfers',
  initial: noTransfers(per.p),
  deadline: ({ asking, receiving, serving }) => Math.min(asking.deadline(), receiving.deadline(), serving.deadline()),
  step: (state, event, stamp) => {
    switch (event.type) {
      case 'up':
        return event.value.type === 'settings'
          ? settingsCame(per.p, state, event as Up<Settings>)
          : receive(per.of(state, event.value), options, state, event, stamp)
      case 'down':
        return submit(per.of(state, event.value), state, event, stamp)
      case 'tick':
        return due(state, stamp)
    }
  },
})

const receive = (p: Parameters & BlockLimits, options: TransfersOptions, state: Transfers, event: Up<ExchangeUp>, stamp: Stamp): Made => {
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

const submit = (p: Parameters & BlockLimits, state: Transfers, event: Down<TransferDown>, stamp: Stamp): Made => {
  const { value } = event
  switch (value.type) {
    case 'ask':
      return ask(p, state, event as Down<Ask>, stamp)
    case 'answer': {
      const { request, response, again } = value
      if (again === true) return [state, [event as Down<typeof value>]]
      if (response.payload.length <= payloadOf(p, p.szx) && response.body === undefined && !mayBlock(request.options))
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

// ── a peer asks ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const asked = (p: Parameters & BlockLimits, { streams }: TransfersOptions, state: Transfers, event: Up<Asked>, stamp: Stamp): Made => {
  const { exchange, request } = event.value
  const block1 = blockOf(request.options, numbers.Block1)
  const block2 = blockOf(request.options, numbers.Block2)
  if (block2?.szx === reservedSzx && p.szx !== reservedSzx) return [state, [answerBlock(exchange, request, responses.BadRequest)]]
  if (block1 !== undefined) return received(p, state, event.value, block1, streams, stamp)
  if (block2 !== undefined && block2.num > 0) return serveNext(p, state, event.value, block2, stamp) ?? [state, [unobserved(event)]]
  if (streams === undefined || request.payload.length === 0 || isRobust(request) || !streams(request)) return [state, [event]]
  return received(p, state, event.value, { num: 0, more: false, szx: unblockedSzx }, streams, stamp)
}

/** Blocks of the other kind pass: they are the next floor's (RFC 9177). */
const isRobust = ({ options: all }: Request) => has(all, numbers.QBlock1) || has(all, numbers.QBlock2)

/** A further block is never observed, whatever its request says (RFC 7959 §2.6). */
const unobserved = (event: Up<Asked>): Up<Asked> => {
  const { request } = event.value
  return has(request.options, numbers.Observe)
    ? up({ ...event.value, request: { ...request, options: without(request.options, numbers.Observe) } })
    : event
}

/** A body that came in one message without a word of blocks: as large as a message may be. */
const unblockedSzx = 20

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
  next.sizes.remove('', remote)
  const take = ([after, said]: Made) => {
    next = after
    effects.push(...said)
  }
  for (const at of [...state.asking.in(remote)]) take(failOne(next, at, 'aborted'))
  for (const at of [...state.receiving.in(remote)]) take(abandonIn(next, at, responses.ServiceUnavailable))
  for (const at of [...state.serving.in(remote)]) take(abandonOut(next, at, responses.ServiceUnavailable))
  return [next, [...effects, event]]
}
