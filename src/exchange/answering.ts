/** One request of a peer until it is answered: at once, or separately (RFC 7252 §5.2). */
import { none, type Instant, type Stamp } from '../core/machine.ts'
import { down, up } from '../core/stack.ts'
import { methods, responses, type Code } from '../message/code.ts'
import { acknowledgement, noBytes, noOptions, type Message } from '../message/message.ts'
import { acceptable, has, optionDiagnostic, optionFault, options, uint, uintOption, type OptionFault } from '../message/option.ts'
import type { Answer, Request, Response } from './exchange.ts'
import {
  changed,
  isReliable,
  observes,
  piggybacked,
  rejected,
  submission,
  withoutObserve,
  type Answering,
  type Exchanges,
  type ExchangesEffect,
  type Made,
} from './matching.ts'
import { cancelled, following, goOn, notify, observe, observedAgain, takeUp } from './notifying.ts'
import type { Parameters } from './parameters.ts'

/** A peer asks. What cannot be understood or kept is answered here. */
export const asked = (p: Parameters, state: Exchanges, message: Message, { now }: Stamp): Made => {
  const { remote, code, payload } = message
  const fault = message.options.length === 0 ? undefined : (optionFault(message.options) ?? robustFault(p, message))
  if (fault !== undefined) {
    // A NON is rejected, but told that we are no proxy (RFC 7252 §5.4.1, §5.10.2). On a stream there is no rejection.
    if (message.type !== 'CON' && fault.code === responses.BadOption && !isReliable(state, remote)) return [state, rejected(message)]
    return [state, [refusal(message, fault.code, optionDiagnostic(fault))]]
  }
  if (!knownMethods.has(code)) return [state, [refusal(message, responses.MethodNotAllowed)]]
  if (state.answering.full) return [state, [refusal(message, responses.ServiceUnavailable)]]
  const exchange = state.nextExchange
  const request: Request = {
    remote,
    code,
    options: acceptable(message.options),
    payload,
    confirmable: message.type === 'CON',
    purpose: 'request',
    ...(uint(message.options, options.Observe) === 0 || asksForBursts(message) ? { token: message.token } : {}),
  }
  state.answering.put(remote, exchange, { message, request, acknowledged: false, dueAt: now + p.processingDelayMs })
  const effects: ExchangesEffect[] = [up({ type: 'asked', exchange, request })]
  if (message.options.length > 0) observedAgain(state, message, request, exchange, effects)
  return [changed(state, exchange + 1), effects]
}
/** Who does not speak in bursts says so; blocks of both kinds in one message are none (RFC 9177 §4.1). */
const robustFault = ({ robustBlocks }: Parameters, message: Message): OptionFault | undefined => {
  if (!asksForBursts(message)) return undefined
  if (robustBlocks !== 'off' && !has(message.options, options.Block1) && !has(message.options, options.Block2)) return undefined
  const option = has(message.options, options.QBlock1) ? options.QBlock1 : options.QBlock2
  return { option, reason: 'unknown', code: responses.BadOption }
}
const asksForBursts = ({ options: all }: Message): boolean =>
  all.length > 0 && all[all.length - 1]!.number >= options.QBlock1 && (has(all, options.QBlock1) || has(all, options.QBlock2))

const knownMethods: ReadonlySet<string> = new Set(Object.values(methods))

/** Answered; or, not for the last time, notified. */
export const answer = (p: Parameters, state: Exchanges, { exchange, request, response, last, again }: Answer, stamp: Stamp): Made => {
  const { remote } = request
  if (again === true)
    return last
      ? [state, [down(submission('NON', request.token ?? '', request, response, '', 'response'))]]
      : goOn(state, remote, exchange, response)
  const row = state.answering.get(remote, exchange)
  if (request.outlived === true && row === undefined) takeUp(state, request, exchange, response)
  if (row === undefined) return notify(p, state, remote, exchange, response, last, stamp)
  state.answering.remove(remote, exchange)
  if (!last && observes(row.request)) return observe(state, row, exchange, response, stamp)
  const effects = reply(row, response)
  // Nobody observes: who means to go on need not.
  return [changed(state), last ? effects : [...effects, ...following(row.message, response, undefined), cancelled(exchange, remote)]]
}

/** A handler took long: the request is acknowledged now and answered separately later (RFC 7252 §5.2.2). One that never answers is let go. */
export const lateAnswers = (p: Parameters, state: Exchanges, now: Instant, effects: ExchangesEffect[]): void => {
  for (let at = state.answering.due(now); at !== undefined; at = state.answering.due(now)) {
    const { scope: remote, key: exchange, row } = at
    if (!row.acknowledged) {
      state.answering.put(remote, exchange, {
        message: row.message,
        request: row.request,
        acknowledged: true,
        dueAt: now + p.responseTimeoutMs,
      })
      if (row.message.type === 'CON') effects.push(down(acknowledgement(row.message)))
      continue
    }
    state.answering.remove(remote, exchange)
    effects.push(...reply(row, bare(responses.ServiceUnavailable)), cancelled(exchange, remote))
  }
}

/** In the acknowledgement if that has not gone, separately if it has; a NON request gets a NON (RFC 7252 §5.2). Or nothing, if that is wanted (RFC 7967 §2.1). */
export const reply = ({ message, acknowledged }: Answering, response: Response): readonly ExchangesEffect[] => {
  if (isUnwanted(message, response.code)) return message.type === 'CON' && !acknowledged ? [down(acknowledgement(message))] : none
  if (message.type === 'CON' && !acknowledged) return [down(piggybacked(message, response))]
  return [down(submission(message.type === 'CON' ? 'CON' : 'NON', message.token, message, withoutObserve(response), '', 'response'))]
}

/** An answer that no handler is asked for. */
const refusal = (message: Message, code: Code, diagnostic?: string): ExchangesEffect => {
  const payload = diagnostic === undefined ? noBytes : text.encode(diagnostic)
  const response = { code, options: code === responses.ServiceUnavailable ? soon : noOptions, payload }
  return down(message.type === 'CON' ? piggybacked(message, response) : submission('NON', message.token, message, response, '', 'response'))
}
const text = new TextEncoder()
/** When to try again: 5 seconds (RFC 7252 §5.9.3.4). */
const soon = [uintOption(options.MaxAge, 5)]

const bare = (code: Code): Response => ({ code, options: noOptions, payload: noBytes })

/** Whether the request says that it has no interest in responses of this class (RFC 7967 §2.1). */
const isUnwanted = ({ options: all }: Message, code: Code): boolean => {
  if (all.length === 0 || all[all.length - 1]!.number < options.NoResponse) return false
  const unwanted = uint(all, options.NoResponse) ?? 0
  return ((unwanted >> (code.charCodeAt(0) - 49)) & 1) === 1
}
