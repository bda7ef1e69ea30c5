/** Requests find their responses, and responses their requests (RFC 7252 §5.2, §5.3; RFC 7641 §3, §4). */
import type { Machine } from '../core/machine.ts'
import type { LinkDown, LinkUp, Remote } from '../core/ports.ts'
import { down, up } from '../core/stack.ts'
import { isRequest } from '../message/code.ts'
import type { MessageUp, Settled } from '../message/message.ts'
import { answer, answerFailed, answeringTable, asked, lateAnswers } from './answering.ts'
import { ask, askingTable, cancel, overdue, respond, settle } from './asking.ts'
import type { ExchangeDown } from './exchange.ts'
import { changed, type Exchanges, type ExchangesEffect, type ExchangesEvent, type Made } from './matching.ts'
import type { Parameters } from './parameters.ts'

export const exchanges = (p: Parameters): Machine<Exchanges, ExchangesEvent, ExchangesEffect> => ({
  name: 'exchanges',
  initial: { asking: askingTable(p), answering: answeringTable(p), nextExchange: 1 },
  deadline: (state) => Math.min(state.asking.deadline(), state.answering.deadline()),
  step: (state, event, stamp) => {
    switch (event.type) {
      case 'up':
        return receive(p, state, event.value, stamp.now)
      case 'down':
        return submit(p, state, event.value, stamp.now)
      case 'tick':
        return due(p, state, stamp.now)
    }
  },
})

const receive = (p: Parameters, state: Exchanges, value: MessageUp, now: number): Made => {
  switch (value.type) {
    case 'CON':
    case 'NON':
    case 'ACK':
    case 'RST':
      return isRequest(value.code) ? asked(p, state, value, now) : respond(p, state, value, now)
    case 'settled':
      return settledOne(p, state, value, now)
    case 'closed':
      return closed(state, value.remote, value)
    case 'undeliverable':
    case 'opened':
    case 'listening':
      return [state, [up(value)]]
  }
}

const submit = (p: Parameters, state: Exchanges, value: ExchangeDown, now: number): Made => {
  switch (value.type) {
    case 'ask':
      return ask(p, state, value, now)
    case 'cancel':
      return cancel(p, state, value, now)
    case 'answer':
      return answer(p, state, value, now)
    case 'open':
    case 'close':
      return [state, [down(value as LinkDown)]]
  }
}

const due = (p: Parameters, state: Exchanges, now: number): Made => {
  const effects = [...overdue(state, now), ...lateAnswers(p, state, now)]
  return [changed(state), effects]
}

/** References are tokens of our requests or numbers of a peer's. */
const settledOne = (p: Parameters, state: Exchanges, value: Settled, now: number): Made =>
  typeof value.reference === 'string' ? settle(p, state, value, now) : answerFailed(state, value)

/** Every exchange with the remote ends with its link. */
const closed = (state: Exchanges, remote: Remote, value: LinkUp): Made => {
  const effects: ExchangesEffect[] = []
  for (const { key } of [...state.asking.in(remote)]) {
    state.asking.remove(remote, key)
    effects.push(up({ type: 'failed', exchange: key as string, remote, reason: 'aborted' }))
  }
  for (const { key } of [...state.answering.in(remote)]) {
    state.answering.remove(remote, key)
    effects.push(up({ type: 'cancelled', exchange: key, remote }))
  }
  return [changed(state), [...effects, up(value)]]
}
