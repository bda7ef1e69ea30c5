/** Bodies in bursts between peers that both know them; whoever does not is asked block by block, by the floor below (RFC 9177). */
import { none, type Machine, type Stamp } from '../../core/machine.ts'
import type { Closed, Open } from '../../core/ports.ts'
import { down, up, type Down, type Up } from '../../core/stack.ts'
import type { Answer, Answered, Ask, Asked, Cancel, Failed, FailureReason, Request } from '../../exchange/exchange.ts'
import { isReliableScheme } from '../../exchange/matching.ts'
import type { Parameters } from '../../exchange/parameters.ts'
import { methods, responses } from '../../message/code.ts'
import type { Token } from '../../message/message.ts'
import { has, options as numbers, type Option } from '../../message/option.ts'
import { sizeOf } from '../block.ts'
import type { Refused, Supplied, Taken, TransferDown } from '../body.ts'
import { answerBlock, type TransfersOptions } from '../transfer.ts'
import { answeredFor, askedFor, dueBursting, letGo, refusedFor, suppliedFor, unobserved } from './bursting.ts'
import { arrived, dueFetching, fail, failedBelow, fetchInBursts, over, takenOf } from './fetching.ts'
import { isNumberable } from './question.ts'
import { isReliable, knows } from './peers.ts'
import { answeredTo, duePutting, failedPut, failPutting, overPutting, put, suppliedTo } from './putting.ts'
import { changed, noBursts, type Asking, type Made, type Robust, type RobustEffect, type RobustEvent } from './rows.ts'
import { answeredObserved, failedObserved, giveUp, mayWatch, recovered, unwatch, watch } from './watching.ts'
import { abandon, answeredWhole, begunAnew, blockCame, dueTaking, storedOf, unstoredOf } from './taking.ts'

/** The machine that stands on the transfers: what it does not send in bursts passes. */
export const robust = (p: Parameters, options: TransfersOptions = {}): Machine<Robust, RobustEvent, RobustEffect> => ({
  name: 'robust',
  initial: noBursts(p),
  deadline: ({ asking, taking, bursting, peers }) => Math.min(asking.deadline(), taking.deadline(), bursting.deadline(), peers.deadline()),
  step: (state, event, stamp) => {
    switch (event.type) {
      case 'up':
        return receive(p, options, state, event, stamp)
      case 'down':
        return submit(p, state, event, stamp)
      case 'tick':
        return due(p, state, stamp)
    }
  },
})

const receive = (p: Parameters, options: TransfersOptions, state: Robust, event: Up<RobustUp>, stamp: Stamp): Made => {
  const { value } = event
  switch (value.type) {
    case 'answered':
      return answered(p, state, value, stamp) ?? [state, [event]]
    case 'failed':
      return failed(p, state, value, stamp) ?? [state, [event]]
    case 'asked':
      return asked(p, options, state, value, stamp) ?? [state, [event]]
    case 'offer':
      return value.offset === 0 ? instead(state, event, value.request) : [state, [event]]
    case 'cancelled':
      return passing(unobserved(state, value.remote, value.exchange), event)
    case 'closed':
      return closed(state, value)
    default:
      return [state, [event]]
  }
}
/** What is done about it, and the word itself. */
const passing = ([state, effects]: Made, event: RobustEffect): Made => [state, effects.length === 0 ? [event] : [...effects, event]]
/** A body that comes block by block, in the place of one that came in bursts. */
const instead = (state: Robust, event: Up<RobustUp>, request: Request): Made => {
  const [next, over] = begunAnew(state, request)
  return [next, [...over, event]]
}
type RobustUp = Extract<RobustEvent, { type: 'up' }>['value']

const submit = (p: Parameters, state: Robust, event: Down<TransferDown>, stamp: Stamp): Made => {
  const { value } = event
  switch (value.type) {
    case 'ask':
      return ask(p, state, value, stamp) ?? [state, [event]]
    case 'answer':
      return answer(p, state, value, stamp) ?? [state, [event]]
    case 'cancel':
      return cancel(state, value) ?? [state, [event]]
    case 'taken':
    case 'supplied':
    case 'refused':
      return told(p, state, value, stamp) ?? [state, [event]]
    case 'open':
      return opening(state, value)
    default:
      return [state, [event]]
  }
}

// ── we ask ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A body that streams to us, or a large one of known size from us, unless the peer is known not to know, or needs no bursts. */
const ask = (p: Parameters, state: Robust, word: Ask, stamp: Stamp): Made | undefined => {
  const { exchange, request, stream = false } = word
  const { remote, options, payload, body, confirmable } = request
  if (mayWatch(p, state, request)) return watch(p, state, word)
  const size = body === undefined ? payload.length : body.size
  const isLarge = body !== undefined || payload.length > sizeOf(p.szx)
  if ((!stream && !isLarge) || !confirmable || isReliable(state, remote) || knows(state, remote) === false) return undefined
  if (has(options, numbers.Observe) || has(options, numbers.Block1) || !mayBurst.has(request.code)) return undefined
  if (isLarge && (size === undefined || size <= sizeOf(p.szx) || !isNumberable(size, p.szx))) return undefined
  if (state.asking.full || state.asking.get(remote, exchange) !== undefined)
    return [state, [up({ type: 'failed', exchange, remote, reason: 'refused' })]]
  return isLarge ? put(p, state, word, size!, stamp) : fetchInBursts(p, state, word, stamp)
}
const mayBurst: ReadonlySet<string> = new Set([methods.GET, methods.FETCH, methods.PUT, methods.POST, methods.PATCH, methods.iPATCH])

/** Something below is answered: ours, if its token is. */
const answered = (p: Parameters, state: Robust, word: Answered, stamp: Stamp): Made | undefined => {
  const { exchange, request, response } = word
  const { remote } = request
  const lower = state.lowers.get(remote, exchange)
  if (lower === undefined) return answeredObserved(p, state, word, stamp)
  const row = state.asking.get(remote, lower.key)
  if (row === undefined) return undefined
  if (row.type === 'fetching' && row.notified !== undefined) return recovered(p, state, lower.key, row, word, stamp)
  return row.type === 'fetching'
    ? arrived(p, state, lower.key, row, response, stamp)
    : answeredTo(p, state, lower.key, row, lower.num, response, stamp)
}
const failed = (p: Parameters, state: Robust, { exchange, remote, reason }: Failed, stamp: Stamp): Made | undefined => {
  const lower = state.lowers.get(remote, exchange)
  if (lower === undefined) return failedObserved(p, state, exchange, remote, reason, stamp)
  const row = state.asking.get(remote, lower.key)
  if (row === undefined) return undefined
  return row.type === 'fetching'
    ? failedBelow(p, state, lower.key, row, exchange, reason, stamp)
    : failedPut(p, state, lower.key, row, exchange, reason, stamp)
}

const cancel = (state: Robust, word: Cancel): Made | undefined => {
  const { exchange, remote } = word
  if (typeof exchange === 'string' && state.watching.get(remote, exchange) !== undefined)
    return passing(unwatch(state, remote, exchange), down(word))
  const row = state.asking.get(remote, exchange)
  if (row === undefined || typeof exchange === 'number') return undefined
  const effects: RobustEffect[] = []
  if (row.type === 'fetching') over(state, exchange, row, effects)
  else overPutting(state, exchange, row, effects)
  return [changed(state), effects]
}
const failAsking = (state: Robust, exchange: Token, row: Asking, reason: FailureReason): Made =>
  row.type === 'fetching' ? fail(state, exchange, row, reason) : failPutting(state, exchange, row, reason)

// ── a peer asks ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Over a reliable transport there are no bursts: the peer may say the same in another way (RFC 8323 §6). */
const asked = (p: Parameters, { streams }: TransfersOptions, state: Robust, word: Asked, stamp: Stamp): Made | undefined => {
  const { exchange, request } = word
  const isBody = named(request.options, numbers.QBlock1)
  if (!isBody && !named(request.options, numbers.QBlock2)) return undefined
  if (isReliable(state, request.remote)) return [state, [answerBlock(exchange, request, responses.BadOption)]]
  return isBody ? blockCame(p, state, word, streams, stamp) : askedFor(p, state, word, stamp)
}
const named = (all: readonly Option[], number: number): boolean =>
  all.length > 0 && all[all.length - 1]!.number >= number && has(all, number)

const answer = (p: Parameters, state: Robust, word: Answer, stamp: Stamp): Made | undefined => {
  const { exchange, request } = word
  const into = state.taking.size === 0 ? undefined : state.taking.aliased(request.remote, exchange)
  if (into?.row.done === true) return answeredWhole(p, state, into, word, stamp)
  return named(request.options, numbers.QBlock2) ? answeredFor(p, state, word, stamp) : undefined
}

// ── the application stores and reads ─────────────────────────────────────────────────────────────────────────────────────────

/** A number names a peer's exchange, a string one of ours. */
const told = (p: Parameters, state: Robust, word: Taken | Supplied | Refused, stamp: Stamp): Made | undefined => {
  const { exchange, remote } = word
  if (typeof exchange !== 'string') return toldOfPeer(p, state, word, stamp)
  const row = state.asking.get(remote, exchange)
  if (row === undefined) return undefined
  if (word.type === 'refused') return failAsking(state, exchange, row, refusals[word.reason])
  if (word.type === 'taken') return row.type === 'fetching' ? takenOf(p, state, exchange, row, stamp) : [state, none]
  return row.type === 'putting' ? suppliedTo(p, state, exchange, row, word, stamp) : [state, none]
}
const refusals = { 'too-large': 'too-large', sink: 'sink', busy: 'refused' } as const

const toldOfPeer = (p: Parameters, state: Robust, word: Taken | Supplied | Refused, stamp: Stamp): Made | undefined => {
  const { exchange, remote } = word
  const out = state.bursting.aliased(remote, exchange)
  if (out !== undefined && word.type === 'supplied') return suppliedFor(state, out, word)
  if (out !== undefined && word.type === 'refused') return refusedFor(state, out, word.reason)
  const into = state.taking.aliased(remote, exchange)
  if (into === undefined || word.type === 'supplied') return undefined
  return word.type === 'taken' ? storedOf(p, state, into, stamp) : unstoredOf(p, state, into, word, stamp)
}

// ── links and time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A link of its own: whoever is at its other end has not said yet what it knows. */
const opening = (state: Robust, word: Open): Made => {
  state.peers.remove('', word.remote)
  if (isReliableScheme(word.uri) && !state.reliable.full) state.reliable.put('', word.remote, true)
  return [changed(state), [down(word)]]
}

const dueAsking = (p: Parameters, state: Robust, exchange: Token, row: Asking, stamp: Stamp): Made => {
  if (row.type === 'putting') return duePutting(p, state, exchange, row, stamp)
  return row.notified !== undefined && row.gathering!.tries >= p.nonMaxRetransmit
    ? giveUp(p, state, exchange, row)
    : dueFetching(p, state, exchange, row, stamp)
}

/** Rows whose time has come. */
const due = (p: Parameters, state: Robust, stamp: Stamp): Made => {
  const { now } = stamp
  const effects: RobustEffect[] = []
  let next = state
  const take = ([after, said]: Made) => {
    next = after
    effects.push(...said)
  }
  for (let at = next.asking.due(now); at !== undefined; at = next.asking.due(now)) {
    const exchange = at.key as Token
    take(dueAsking(p, next, exchange, at.row, stamp))
  }
  for (let at = next.taking.due(now); at !== undefined; at = next.taking.due(now)) take(dueTaking(p, next, at, stamp))
  for (let at = next.bursting.due(now); at !== undefined; at = next.bursting.due(now)) take(dueBursting(p, next, at, stamp))
  for (let at = next.peers.due(now); at !== undefined; at = next.peers.due(now)) {
    next.peers.remove('', at.key)
    next = changed(next)
  }
  return [next, effects]
}

/** Every body of the remote ends with its link. */
const closed = (state: Robust, word: Closed): Made => {
  const { remote } = word
  const effects: RobustEffect[] = []
  let next = state
  const take = ([after, said]: Made) => {
    next = after
    effects.push(...said)
  }
  next.reliable.remove('', remote)
  for (const { key } of [...next.watching.in(remote)]) {
    const observed = next.asking.get(remote, key)
    if (observed === undefined) next.watching.remove(remote, key)
  }
  for (const { key, row } of [...next.asking.in(remote)]) take(failAsking(next, key as Token, row, 'aborted'))
  for (const at of [...next.taking.in(remote)]) take(abandon(next, at))
  for (const at of [...next.bursting.in(remote)]) take(letGo(next, at))
  return [changed(next), [...effects, up(word)]]
}
