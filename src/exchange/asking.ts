/** One request of ours until its answer: or, observed, its answers (RFC 7252 §5.2; RFC 7641 §3). */
import { none, type Instant } from '../core/machine.ts'
import { down, up } from '../core/stack.ts'
import { Table } from '../core/table.ts'
import { isSuccess } from '../message/code.ts'
import { noBytes, unnumbered, type Message, type Settled, type Submission } from '../message/message.ts'
import { options, uint, withOption, uintOption } from '../message/option.ts'
import type { Ask, Cancel, FailureReason, Request } from './exchange.ts'
import { acknowledged, changed, strange, type Asking, type Exchanges, type ExchangesEffect, type Made } from './matching.ts'
import { isFresher } from './observing.ts'
import type { Parameters } from './parameters.ts'

export const askingTable = (p: Parameters): Table<Asking> => new Table({ name: 'asking', limit: p.exchangesMax, deadline: ({ dueAt }) => dueAt })

/** The token is the exchange. */
export const ask = (p: Parameters, state: Exchanges, { exchange, request }: Ask, now: Instant): Made => {
  const { remote } = request
  if (state.asking.full) return [state, [up({ type: 'failed', exchange, remote, reason: 'refused' })]]
  state.asking.put(remote, exchange, { request, dueAt: now + p.responseTimeoutMs, observed: undefined })
  return [changed(state), [down(submission(exchange, request))]]
}

/** The answer is no longer wanted: an observation is deregistered, anything else forgotten; what still comes is rejected. */
export const cancel = (_p: Parameters, state: Exchanges, { exchange, remote }: Cancel, _now: Instant): Made => {
  const row = state.asking.get(remote, exchange)
  if (row === undefined) return [state, none]
  state.asking.remove(remote, exchange)
  if (row.observed === undefined) return [changed(state), [down({ type: 'forget', remote, reference: exchange })]]
  const request = { ...row.request, options: withOption(row.request.options, uintOption(options.Observe, 1)), payload: row.request.payload }
  return [changed(state), [down(submission(exchange, request))]]
}

/** A response came. */
export const respond = (_p: Parameters, state: Exchanges, message: Message, now: Instant): Made => {
  const { remote, token: exchange, code, payload } = message
  const row = state.asking.get(remote, exchange)
  if (row === undefined) return strange(state, message)
  const { request } = row
  const sequence = uint(message.options, options.Observe)
  const goesOn = sequence !== undefined && isSuccess(code) && uint(request.options, options.Observe) === 0
  const response = { code, options: message.options, payload }
  const effects: ExchangesEffect[] = [...acknowledged(message)]
  if (message.type !== 'ACK') effects.push(down({ type: 'forget', remote, reference: exchange }))
  if (!goesOn) {
    state.asking.remove(remote, exchange)
    effects.push(up({ type: 'answered', exchange, request, response, last: true }))
    return [changed(state), effects]
  }
  if (row.observed !== undefined && !isFresher(row.observed, { sequence, receivedAt: now })) return [state, effects]
  state.asking.put(remote, exchange, { request, dueAt: Infinity, observed: { sequence, receivedAt: now } })
  effects.push(up({ type: 'answered', exchange, request, response, last: false }))
  return [changed(state), effects]
}

/** What the message layer says of the request. */
export const settle = (p: Parameters, state: Exchanges, { remote, reference, outcome }: Settled, now: Instant): Made => {
  const exchange = reference as string
  const row = state.asking.get(remote, exchange)
  if (row === undefined || row.observed !== undefined) return [state, none]
  if (outcome === 'acknowledged') {
    state.asking.put(remote, exchange, { ...row, dueAt: now + p.responseTimeoutMs })
    return [changed(state), none]
  }
  state.asking.remove(remote, exchange)
  return [changed(state), [up({ type: 'failed', exchange, remote, reason: reasons[outcome] })]]
}
const reasons: Record<'reset' | 'gave-up' | 'refused', FailureReason> = { reset: 'reset', 'gave-up': 'timeout', refused: 'refused' }

/** Requests that were acknowledged but not answered in time. */
export const overdue = (state: Exchanges, now: Instant): readonly ExchangesEffect[] => {
  const effects: ExchangesEffect[] = []
  for (let at = state.asking.due(now); at !== undefined; at = state.asking.due(now)) {
    const { scope: remote, key } = at
    state.asking.remove(remote, key)
    effects.push(down({ type: 'forget', remote, reference: key }), up({ type: 'failed', exchange: key as string, remote, reason: 'timeout' }))
  }
  return effects
}

const submission = (exchange: string, { remote, code, options, payload, confirmable, purpose }: Request): Submission => ({
  type: confirmable ? 'CON' : 'NON',
  remote,
  messageId: unnumbered,
  code,
  token: exchange,
  options,
  payload: payload ?? noBytes,
  reference: exchange,
  purpose,
})
