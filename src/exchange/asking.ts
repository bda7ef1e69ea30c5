/** One request of ours until its answer: or, observed, its answers (RFC 7252 §5.2; RFC 7641 §3). */
import { none, type Instant, type Stamp } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import { down, up } from '../core/stack.ts'
import { empty, isSuccess } from '../message/code.ts'
import { noBytes, noOptions, type Message, type Outcome, type Settled } from '../message/message.ts'
import { acceptable, has, isUnacceptableResponse, options, uint, uintOption, withOption, without } from '../message/option.ts'
import type { Ask, Cancel, FailureReason, Request, Response } from './exchange.ts'
import {
  acknowledged,
  changed,
  isReliable,
  observes,
  rejected,
  strange,
  submission,
  type Asking,
  type Exchanges,
  type ExchangesEffect,
  type Made,
} from './matching.ts'
import { isFresher, renewAt, type Notified } from './observing.ts'
import { maxTransmitWaitMs, type Parameters } from './parameters.ts'
import { isResumed, resume, resumedFrom } from './resuming.ts'

/** The token is the exchange. A request without a code is a ping (RFC 7252 §4.3): it has no token, and its answer is an RST. */
export const ask = (p: Parameters, state: Exchanges, word: Ask, { now }: Stamp): Made => {
  const { exchange, request, many } = word
  const { remote } = request
  if (state.asking.full && state.asking.get(remote, exchange) === undefined)
    return [state, [up({ type: 'failed', exchange, remote, reason: 'refused' })]]
  if (isResumed(word)) return resume(state, word, { now })
  const sent = sending(exchange, request)
  if (!request.confirmable && isSilenced(request)) return [state, [sent, up(answered(exchange, request, nothing))]]
  const row: Asking = { request, dueAt: givenUpAt(p, request, now), pending: true, parting: false, observed: resumedFrom(state, word) }
  state.asking.put(remote, exchange, many === true ? { ...row, many } : row)
  return [changed(state), [sent]]
}

/** A confirmable request is first sent until it is acknowledged, then waited for; over a transport that says nothing of acknowledgements this is the limit. */
const givenUpAt = (p: Parameters, { confirmable }: Request, now: Instant): Instant =>
  now + p.responseTimeoutMs + (confirmable ? maxTransmitWaitMs(p) : 0)

/** The answer is no longer wanted: an observation is deregistered, even if its answer is still to come (RFC 7641 §3.6); anything else is forgotten, and what still comes is rejected. */
export const cancel = (p: Parameters, state: Exchanges, { exchange, remote }: Cancel, { now }: Stamp): Made => {
  if (typeof exchange === 'number') return release(state, remote, exchange)
  const row = state.asking.get(remote, exchange)
  if (row === undefined || row.parting) return [state, none]
  const effects: ExchangesEffect[] = row.pending ? [down({ type: 'forget', remote, reference: exchange })] : []
  if (!observes(row.request)) {
    state.asking.remove(remote, exchange)
    return [changed(state), effects]
  }
  // Nobody wants the body any more: not in bursts, either.
  const request: Request = {
    ...row.request,
    options: withOption(without(row.request.options, options.QBlock2), uintOption(options.Observe, 1)),
  }
  state.asking.put(remote, exchange, { request, dueAt: givenUpAt(p, request, now), pending: true, parting: true, observed: row.observed })
  effects.push(sending(exchange, request))
  return [changed(state), effects]
}

/** A peer's observation that nobody will notify any more, or its request that nobody will answer. */
const release = (state: Exchanges, remote: Remote, exchange: number): Made => {
  const row = state.observing.get(remote, exchange)
  if (row === undefined) return unanswered(state, remote, exchange)
  state.observing.remove(remote, exchange)
  return [changed(state), row.confirming ? [down({ type: 'forget', remote, reference: exchange })] : none]
}

const unanswered = (state: Exchanges, remote: Remote, exchange: number): Made => {
  const row = state.answering.get(remote, exchange)
  if (row === undefined) return [state, none]
  state.answering.remove(remote, exchange)
  return [changed(state), row.acknowledged ? none : acknowledged(row.message)]
}

/** A response came. It is matched by remote and token, whatever carries it (RFC 7252 §5.3.2). */
export const respond = (p: Parameters, state: Exchanges, message: Message, stamp: Stamp): Made => {
  const { remote, token: exchange } = message
  const row = state.asking.get(remote, exchange)
  if (row === undefined) return strange(state, message)
  const sequence = message.options.length === 0 ? undefined : uint(message.options, options.Observe)
  if (row.parting) return part(state, row, message, sequence)
  if (message.options.length > 0 && isUnacceptableResponse(message.options)) return misunderstood(state, row, message)
  const { request } = row
  const effects: ExchangesEffect[] = message.type === 'ACK' ? [] : [...acknowledged(message)]
  if (message.type !== 'ACK' && row.pending) effects.push(down({ type: 'forget', remote, reference: exchange }))
  const response: Response = { code: message.code, options: acceptable(message.options), payload: message.payload }
  if (row.many === true && !observes(request)) return oneOfMany(p, state, row, exchange, response, effects, stamp)
  if (row.many === true && sequence === undefined && isSuccess(message.code) && has(message.options, options.QBlock2))
    return oneOfMany(p, state, unobserved(row), exchange, response, effects, stamp)
  if (sequence === undefined || !isSuccess(message.code) || !observes(request)) {
    state.asking.remove(remote, exchange)
    effects.push(up(answered(exchange, request, response)))
    return [changed(state), effects]
  }
  return notified(p, state, row, exchange, response, sequence, effects, stamp)
}

/** What the message layer says of the request. */
export const settle = (p: Parameters, state: Exchanges, { remote, reference, outcome }: Settled, { now }: Stamp): Made => {
  const exchange = reference as string
  const row = state.asking.get(remote, exchange)
  if (row === undefined || !row.pending) return [state, none]
  const { request } = row
  const isPing = request.code === empty
  if (outcome === 'acknowledged' && row.many === true) return oneOfMany(p, state, row, exchange, nothing, [], { now })
  if (outcome === 'acknowledged' && !isPing && !(isSilenced(request) && row.observed === undefined)) {
    state.asking.put(remote, exchange, {
      request,
      dueAt: now + p.responseTimeoutMs,
      pending: false,
      parting: row.parting,
      observed: row.observed,
    })
    return [changed(state), none]
  }
  state.asking.remove(remote, exchange)
  if (row.parting) return [changed(state), none]
  if (outcome === 'acknowledged' || (isPing && outcome === 'reset')) return [changed(state), [up(answered(exchange, request, nothing))]]
  return [changed(state), [up({ type: 'failed', exchange, remote, reason: reasons[outcome] })]]
}
const reasons: Readonly<Record<Exclude<Outcome, 'acknowledged'>, FailureReason>> = {
  reset: 'reset',
  'gave-up': 'timeout',
  refused: 'refused',
  aborted: 'aborted',
  undeliverable: 'unreachable',
  exhausted: 'refused',
}

/** Requests that were not answered in time; observations of which nothing was heard for so long that they are registered again (RFC 7641 §3.3.1). */
export const overdue = (p: Parameters, state: Exchanges, { now }: Stamp, effects: ExchangesEffect[]): void => {
  for (let at = state.asking.due(now); at !== undefined; at = state.asking.due(now)) {
    const { scope: remote, key, row } = at
    const exchange = key as string
    const { request } = row
    if (row.observed !== undefined && !row.pending && !row.parting && p.renewObservations) {
      state.asking.put(remote, exchange, { ...row, dueAt: givenUpAt(p, request, now), pending: true })
      effects.push(sending(exchange, request))
      continue
    }
    state.asking.remove(remote, exchange)
    if (row.pending) effects.push(down({ type: 'forget', remote, reference: exchange }))
    if (!row.parting) effects.push(up({ type: 'failed', exchange, remote, reason: 'timeout' }))
  }
}

/** A notification, or the first answer of an observation: delivered if it is newer than the last (RFC 7641 §3.4). */
const notified = (
  p: Parameters,
  state: Exchanges,
  { request, observed, many }: Asking,
  exchange: string,
  response: Response,
  sequence: number,
  effects: ExchangesEffect[],
  stamp: Stamp,
): Made => {
  const { remote } = request
  const incoming = { sequence, receivedAt: stamp.now }
  const isNews =
    observed === undefined || isFresher(observed, incoming) || isReliable(state, remote) || isMoreOf(observed, sequence, response)
  const dueAt = p.renewObservations ? renewAt(response.options, stamp) : Infinity
  const next: Asking = { request, dueAt, pending: false, parting: false, observed: isNews ? incoming : observed }
  state.asking.put(remote, exchange, many === true ? { ...next, many } : next)
  if (isNews) effects.push(up({ type: 'answered', exchange, request, response, last: false }))
  return [changed(state), effects]
}

/** All blocks of one notification have its number (RFC 9177 §4.5). */
const isMoreOf = (latest: Notified, sequence: number, { options: all }: Response): boolean =>
  latest.sequence === sequence && has(all, options.QBlock2)

/** Not observed, or no more: what comes yet is the rest of one body. */
const unobserved = (row: Asking): Asking => ({
  ...row,
  request: { ...row.request, options: without(row.request.options, options.Observe) },
  observed: undefined,
})

/** An answer that is not the last: as long as they come, the exchange stays. */
const oneOfMany = (
  p: Parameters,
  state: Exchanges,
  row: Asking,
  exchange: string,
  response: Response,
  effects: ExchangesEffect[],
  { now }: Pick<Stamp, 'now'>,
): Made => {
  const { request } = row
  state.asking.put(request.remote, exchange, { ...row, pending: false, dueAt: now + p.responseTimeoutMs })
  effects.push(up({ type: 'answered', exchange, request, response, last: false }))
  return [changed(state), effects]
}

/** Nobody waits any more: the answer to the deregistration ends it, a notification is rejected. */
const part = (state: Exchanges, row: Asking, message: Message, sequence: number | undefined): Made => {
  if (sequence !== undefined && isSuccess(message.code)) return strange(state, message)
  const { remote, token: exchange } = message
  state.asking.remove(remote, exchange)
  const effects: ExchangesEffect[] = message.type === 'ACK' ? [] : [...acknowledged(message)]
  if (message.type !== 'ACK' && row.pending) effects.push(down({ type: 'forget', remote, reference: exchange }))
  return [changed(state), effects]
}

/** A critical option that we do not know: the response is rejected, and there will be no other (RFC 7252 §5.4.1). */
const misunderstood = (state: Exchanges, row: Asking, message: Message): Made => {
  const { remote, token: exchange } = message
  state.asking.remove(remote, exchange)
  const effects: ExchangesEffect[] = [...rejected(message)]
  if (row.pending) effects.push(down({ type: 'forget', remote, reference: exchange }))
  effects.push(up({ type: 'failed', exchange, remote, reason: 'bad-option' }))
  return [changed(state), effects]
}

const sending = (exchange: string, request: Request): ExchangesEffect =>
  down(
    submission(
      request.confirmable || request.code === empty ? 'CON' : 'NON',
      request.code === empty ? '' : exchange,
      request,
      request,
      exchange,
      request.purpose,
    ),
  )
const answered = (exchange: string, request: Request, response: Response) =>
  ({ type: 'answered', exchange, request, response, last: true }) as const

/** The answer to what is not answered: a ping, a request whose No-Response wants none. */
const nothing: Response = { code: empty, options: noOptions, payload: noBytes }

/** No response of any class is wanted (RFC 7967 §2.1). */
const isSilenced = ({ options: all }: Request): boolean => all.length > 0 && ((uint(all, options.NoResponse) ?? 0) & 26) === 26
