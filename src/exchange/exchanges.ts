/** Requests find their responses, and responses their requests (RFC 7252 §5.2, §5.3; RFC 7641 §3, §4). */
import { none, type Instant, type Machine, type Stamp, type Tick } from '../core/machine.ts'
import type { Closed, LinkDown, Remote, Undeliverable } from '../core/ports.ts'
import { down, up } from '../core/stack.ts'
import { isRequest, responses } from '../message/code.ts'
import { noBytes, noOptions, type Message, type MessageUp, type Settled } from '../message/message.ts'
import { answer, asked, lateAnswers } from './answering.ts'
import { ask, cancel, overdue, respond, settle } from './asking.ts'
import type { ExchangeDown, FailureReason } from './exchange.ts'
import {
  changed,
  isReliableScheme,
  noExchanges,
  piggybacked,
  type Exchanges,
  type ExchangesEffect,
  type ExchangesEvent,
  type Made,
} from './matching.ts'
import { cancelled, heldNotifications, notificationSettled, parked } from './notifying.ts'
import type { Parameters } from './parameters.ts'

export const exchanges = (p: Parameters): Machine<Exchanges, ExchangesEvent, ExchangesEffect> => ({
  name: 'exchanges',
  initial: noExchanges(p),
  deadline: dueAt,
  step: (state, event, stamp) => {
    switch (event.type) {
      case 'up':
        return receive(p, state, event.value, stamp)
      case 'down':
        return submit(p, state, event.value, stamp)
      case 'tick':
        return due(p, state, stamp)
    }
  },
  fault: (state, event, { now }) => faulty(state, event, now),
})

const receive = (p: Parameters, state: Exchanges, value: MessageUp, stamp: Stamp): Made => {
  switch (value.type) {
    case 'CON':
    case 'NON':
      return isRequest(value.code) ? asked(p, state, value, stamp) : respond(p, state, value, stamp)
    case 'ACK':
      return isRequest(value.code) ? [state, none] : respond(p, state, value, stamp)
    case 'RST':
      return [state, none] // the message layer says what it was for
    case 'settled':
      return settledOne(p, state, value, stamp)
    case 'closed':
      return closed(state, value)
    case 'undeliverable':
      return undeliverable(state, value)
    case 'opened':
    case 'listening':
    case 'settings':
      return [state, [up(value)]]
  }
}

const submit = (p: Parameters, state: Exchanges, value: ExchangeDown, stamp: Stamp): Made => {
  switch (value.type) {
    case 'ask':
      return ask(p, state, value, stamp)
    case 'cancel':
      return cancel(p, state, value, stamp)
    case 'answer':
      return answer(p, state, value, stamp)
    case 'open':
    case 'close':
      return linked(state, value)
  }
}

const dueAt = ({ asking, answering, observing, paces }: Exchanges): Instant =>
  Math.min(asking.deadline(), answering.deadline(), observing.deadline(), paces.deadline())

const due = (p: Parameters, state: Exchanges, stamp: Stamp): Made => {
  if (dueAt(state) > stamp.now) return [state, none]
  const effects: ExchangesEffect[] = []
  overdue(p, state, stamp, effects)
  lateAnswers(p, state, stamp.now, effects)
  return [changed(heldNotifications(state, stamp.now, effects)), effects]
}

/** References are tokens of our requests or numbers of a peer's. */
const settledOne = (p: Parameters, state: Exchanges, value: Settled, stamp: Stamp): Made =>
  typeof value.reference === 'string' ? settle(p, state, value, stamp) : notificationSettled(p, state, value, stamp)

/** Links to reliable transports are remembered while they are open. */
const linked = (state: Exchanges, word: LinkDown): Made => {
  if (word.type !== 'open') return [state, [down(word)]]
  if (isReliableScheme(word.uri) && !state.reliable.full) state.reliable.put('', word.remote, true)
  if (word.keepObservations === true && !state.keeping.full) state.keeping.put('', word.remote, true)
  return [state, [down(word)]]
}

/** Every exchange with the remote ends with its link, but observations that are to outlive it. */
const closed = (state: Exchanges, word: Closed): Made => {
  const { remote, reason } = word
  const effects: ExchangesEffect[] = []
  fail(state, remote, reason === 'asked' || reason === 'lost' || reason === 'socket' ? 'aborted' : 'unreachable', true, effects)
  const keeps = state.keeping.get('', remote) !== undefined
  if (keeps) for (const { key, row } of [...state.observing.in(remote)]) state.observing.put(remote, key, parked(row))
  for (const table of keeps ? [state.answering] : [state.answering, state.observing])
    for (const { key } of [...table.in(remote)]) {
      table.remove(remote, key)
      effects.push(cancelled(key, remote))
    }
  if (state.observing.count(remote) === 0) state.keeping.remove('', remote)
  state.reliable.remove('', remote)
  effects.push(up(word))
  return [changed(state), effects]
}

/** What waits for an answer from there waits in vain. What is too large, or no message, is only that one message: it fails by itself. */
const undeliverable = (state: Exchanges, word: Undeliverable): Made => {
  const effects: ExchangesEffect[] = []
  if (word.reason !== 'too-large' && word.reason !== 'invalid') fail(state, word.remote, 'unreachable', false, effects)
  effects.push(up(word))
  return [changed(state), effects]
}

/** Requests under way fail, and with `observed` also those that are answered again and again. */
const fail = ({ asking }: Exchanges, remote: Remote, reason: FailureReason, observed: boolean, effects: ExchangesEffect[]): void => {
  for (const { key, row } of [...asking.in(remote)]) {
    if (row.observed !== undefined && !observed && !row.parting) continue
    const exchange = key as string
    asking.remove(remote, exchange)
    if (row.pending) effects.push(down({ type: 'forget', remote, reference: exchange }))
    if (!row.parting) effects.push(up({ type: 'failed', exchange, remote, reason }))
  }
}

/** After a throw: the exchange that the event was for ends, with 5.00 to a peer. */
const faulty = (state: Exchanges, event: ExchangesEvent | Tick, now: Instant): Made => {
  if (event.type === 'tick') return [changed(state), duesDropped(state, now)]
  const { value } = event
  if (value.type === 'CON' && isRequest(value.code)) return [state, [down(broken(value))]]
  if (value.type === 'ask') {
    const { exchange } = value
    const { remote } = value.request
    state.asking.remove(remote, exchange)
    return [changed(state), [up({ type: 'failed', exchange, remote, reason: 'refused' })]]
  }
  if (value.type === 'answer') {
    const { exchange } = value
    const { remote } = value.request
    state.answering.remove(remote, exchange)
    state.observing.remove(remote, exchange)
    return [changed(state), [cancelled(exchange, remote)]]
  }
  return [state, none]
}
const broken = (message: Message): Message =>
  piggybacked(message, { code: responses.InternalServerError, options: noOptions, payload: noBytes })

/** The rows that were due are let go, so that time goes on. */
const duesDropped = ({ asking, answering, observing, paces }: Exchanges, now: Instant): readonly ExchangesEffect[] => {
  const effects: ExchangesEffect[] = []
  for (let at = asking.due(now); at !== undefined; at = asking.due(now)) {
    asking.remove(at.scope, at.key)
    effects.push(up({ type: 'failed', exchange: at.key as string, remote: at.scope, reason: 'refused' }))
  }
  for (const table of [answering, observing])
    for (let at = table.due(now); at !== undefined; at = table.due(now)) {
      table.remove(at.scope, at.key)
      effects.push(cancelled(at.key, at.scope))
    }
  for (let at = paces.due(now); at !== undefined; at = paces.due(now)) paces.remove(at.scope, at.key)
  return effects
}
