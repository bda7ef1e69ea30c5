/** One request of a peer until it is answered: or, observed, while it is notified (RFC 7252 §5.2; RFC 7641 §4). */
import { none, type Instant } from '../core/machine.ts'
import { down, up } from '../core/stack.ts'
import { Table } from '../core/table.ts'
import { acknowledgement, unnumbered, type Message, type Settled, type Submission } from '../message/message.ts'
import { options, uint, uintOption, withOption } from '../message/option.ts'
import type { Answer, Request, Response } from './exchange.ts'
import { changed, type Answering, type Exchanges, type ExchangesEffect, type Made } from './matching.ts'
import type { Parameters } from './parameters.ts'

/** The alias is the token once it is an observation. */
export const answeringTable = (p: Parameters): Table<Answering> =>
  new Table({ name: 'answering', limit: p.exchangesMax, deadline: ({ dueAt }) => dueAt, alias: ({ sequence, message }) => (sequence === undefined ? undefined : message.token) })

/** A peer asks. */
export const asked = (p: Parameters, state: Exchanges, message: Message, now: Instant): Made => {
  const { remote, code, payload } = message
  const exchange = state.nextExchange
  const request: Request = { remote, code, options: message.options, payload, confirmable: message.type === 'CON', purpose: 'request' }
  const effects: ExchangesEffect[] = []
  const observation = uint(message.options, options.Observe) === undefined ? undefined : state.answering.aliased(remote, message.token)
  if (observation !== undefined) {
    // Registered again, or deregistered: either way the old one ends (RFC 7641 §4.1).
    state.answering.remove(remote, observation.key)
    effects.push(up({ type: 'cancelled', exchange: observation.key, remote }))
  }
  if (state.answering.full) return [state, none]
  state.answering.put(remote, exchange, { message, request, acknowledged: false, dueAt: now + p.processingDelayMs, sequence: undefined })
  effects.push(up({ type: 'asked', exchange, request }))
  return [{ asking: state.asking, answering: state.answering, nextExchange: exchange + 1 }, effects]
}

/** Answered; or, not for the last time, notified. */
export const answer = (_p: Parameters, state: Exchanges, { exchange, request: { remote }, response, last }: Answer, _now: Instant): Made => {
  const row = state.answering.get(remote, exchange)
  if (row === undefined) return [state, none]
  const { message } = row
  if (row.sequence === undefined && last) {
    state.answering.remove(remote, exchange)
    return [changed(state), [down(reply(row, exchange, response))]]
  }
  const sequence = ((row.sequence ?? 0) + 1) & 0xffffff
  const numbered: Response = last ? response : { ...response, options: withOption(response.options, uintOption(options.Observe, sequence)) }
  const first = row.sequence === undefined
  if (last) state.answering.remove(remote, exchange)
  else state.answering.put(remote, exchange, { message, request: row.request, acknowledged: true, dueAt: Infinity, sequence })
  return [changed(state), [down(first ? reply(row, exchange, numbered) : separate(message, exchange, numbered, response.confirmable ?? true, 'notification'))]]
}

/** The peer rejected or never acknowledged what we answered: it observes no more (RFC 7641 §3.6, §4.5). */
export const answerFailed = (state: Exchanges, { remote, reference, outcome }: Settled): Made => {
  const row = state.answering.get(remote, reference)
  if (row === undefined || row.sequence === undefined || outcome === 'acknowledged' || outcome === 'refused') return [state, none]
  state.answering.remove(remote, reference)
  return [changed(state), [up({ type: 'cancelled', exchange: reference, remote })]]
}

/** A handler took long: the request is acknowledged now and answered separately later (RFC 7252 §5.2.2). */
export const lateAnswers = (_p: Parameters, state: Exchanges, now: Instant): readonly ExchangesEffect[] => {
  const effects: ExchangesEffect[] = []
  for (let at = state.answering.due(now); at !== undefined; at = state.answering.due(now)) {
    const { message } = at.row
    state.answering.put(at.scope, at.key, { ...at.row, acknowledged: true, dueAt: Infinity })
    if (message.type === 'CON') effects.push(down(acknowledgement(message)))
  }
  return effects
}

const reply = ({ message, acknowledged }: Answering, exchange: string | number, response: Response): Message | Submission => {
  if (message.type !== 'CON') return separate(message, exchange, response, false, 'response')
  if (acknowledged) return separate(message, exchange, response, true, 'response')
  return { type: 'ACK', remote: message.remote, messageId: message.messageId, code: response.code, token: message.token, options: response.options, payload: response.payload }
}
const separate = ({ remote, token }: Message, reference: string | number, { code, options, payload }: Response, confirmable: boolean, purpose: 'response' | 'notification'): Submission => ({
  type: confirmable ? 'CON' : 'NON',
  remote,
  messageId: unnumbered,
  code,
  token,
  options,
  payload,
  reference,
  purpose,
})
