/** One observer of a resource of ours: registered, notified, and let go (RFC 7641 §4). */
import { none, type Instant, type Stamp } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import { down, up } from '../core/stack.ts'
import { isSuccess, responses } from '../message/code.ts'
import { acknowledgement, noBytes, noOptions, type Message, type Settled } from '../message/message.ts'
import { options, uint, uintOption, withOption } from '../message/option.ts'
import type { ExchangeId, Request, Response } from './exchange.ts'
import {
  changed,
  isReliable,
  observes,
  piggybacked,
  submission,
  withoutObserve,
  type Answering,
  type Exchanges,
  type ExchangesEffect,
  type Made,
  type Observing,
} from './matching.ts'
import type { Parameters } from './parameters.ts'

/** The first answer to a request with Observe: the peer joins the observers, unless there are too many (RFC 7641 §4.1). */
export const observe = (state: Exchanges, row: Answering, exchange: ExchangeId, response: Response, { now }: Stamp): Made => {
  const { message, request } = row
  const { remote, token } = message
  const effects: ExchangesEffect[] = []
  const other = state.observing.aliased(remote, token)
  if (other !== undefined) letGo(state, remote, other.key, other.row, effects)
  if (!isSuccess(response.code) || state.observing.full) {
    effects.push(first(row, withoutObserve(response), ''), ...following(message, response, undefined), cancelled(exchange, remote))
    return [changed(state), effects]
  }
  const sequence = after(state.sequence)
  const confirming = row.acknowledged && message.type === 'CON'
  state.observing.put(remote, exchange, {
    token,
    request,
    confirming,
    confirmedAt: now,
    latest: alone(response),
    sequence,
    dueAt: Infinity,
  })
  effects.push(first(row, numbered(response, sequence), exchange), ...following(message, response, sequence))
  return [changed(state, state.nextExchange, sequence), effects]
}

/** A newer representation for one observer; the last one, and anything but a success, end the observation (RFC 7641 §4.2). */
export const notify = (
  p: Parameters,
  state: Exchanges,
  remote: Remote,
  exchange: ExchangeId,
  response: Response,
  last: boolean,
  { now }: Stamp,
): Made => {
  const row = state.observing.get(remote, exchange)
  if (row === undefined) return [state, none]
  if (last || !isSuccess(response.code)) return end(state, row, remote, exchange, response, last)
  if (formatOf(response) !== formatOf(row.latest) && response.code === row.latest.code)
    return end(state, row, remote, exchange, otherFormat, false)
  if (isReliable(state, remote)) return send(state, row, remote, exchange, response, false, now)
  const confirmable = response.confirmable ?? true
  if (confirmable || row.confirming || now - row.confirmedAt >= p.confirmableNotificationMs)
    return send(state, row, remote, exchange, response, true, now)
  return unhurried(p, state, row, remote, exchange, response, now)
}

/** An observer is told in one format; when that cannot be given any more, it is told so, and no more (RFC 7641 §4.2). */
const otherFormat: Response = { code: responses.NotAcceptable, options: noOptions, payload: noBytes }
const formatOf = ({ options: all }: Response): number | undefined => uint(all, options.ContentFormat)

/** A request with the token of an observation: registered again or deregistered, either way the old one ends (RFC 7641 §3.6, §4.1). */
export const observedAgain = (
  state: Exchanges,
  { remote, token }: Message,
  request: Request,
  exchange: ExchangeId,
  effects: ExchangesEffect[],
): void => {
  const word = uint(request.options, options.Observe)
  if (word !== 0 && word !== 1) return
  const old = state.observing.aliased(remote, token)
  if (old !== undefined) return letGo(state, remote, old.key, old.row, effects)
  if (word === 1) unregister(state, remote, token, exchange, effects)
}

/** What became of a notification. One that was rejected, or that nobody acknowledged, was the last (RFC 7641 §3.6, §4.5). */
export const notificationSettled = (p: Parameters, state: Exchanges, { remote, reference, outcome }: Settled, { now }: Stamp): Made => {
  const row = state.observing.get(remote, reference)
  if (row === undefined) return [state, none]
  switch (outcome) {
    case 'acknowledged':
      state.observing.put(remote, reference, { ...settled(row), confirmedAt: now })
      return [changed(state), row.rest === undefined ? none : following({ remote, token: row.token }, { more: row.rest }, row.sequence)]
    case 'refused':
    case 'exhausted':
      // A bound of ours, not the peer's fault: the newest representation goes when there may be room again.
      state.observing.put(remote, reference, { ...settled(row), dueAt: Math.min(row.dueAt, now + p.ackTimeoutMs) })
      return [changed(state), none]
    case 'aborted':
    case 'undeliverable':
      if (state.keeping.get('', remote) !== undefined) {
        state.observing.put(remote, reference, parked(row))
        return [changed(state), none]
      }
    // falls through
    case 'reset':
    case 'gave-up':
      // A newer one may have been submitted meanwhile.
      state.observing.remove(remote, reference)
      return [changed(state), [down({ type: 'forget', remote, reference }), cancelled(reference, remote)]]
  }
}

/** An observation that outlived a restart is there again. Nobody knows when the peer last showed itself: the first notification is confirmable. */
export const takeUp = (state: Exchanges, request: Request, exchange: ExchangeId, latest: Response): void => {
  const { remote, token } = request
  if (token === undefined || state.observing.full || state.observing.get(remote, exchange) !== undefined) return
  if (state.observing.aliased(remote, token) !== undefined) return
  state.observing.put(remote, exchange, { token, request, confirming: true, confirmedAt: 0, latest, sequence: 0, dueAt: Infinity })
}

/** An observation without its link: nothing of it is under way. */
export const parked = (row: Observing): Observing => ({ ...settled(row), dueAt: Infinity })
/** An observation of which nothing confirmable is under way. */
const settled = ({ token, request, confirmedAt, latest, sequence, dueAt }: Observing): Observing => ({
  token,
  request,
  confirming: false,
  confirmedAt,
  latest,
  sequence,
  dueAt,
})

/** Notifications that were held back and may go now. */
export const heldNotifications = (state: Exchanges, now: Instant, effects: ExchangesEffect[]): Exchanges => {
  let made = state
  for (let at = state.observing.due(now); at !== undefined; at = state.observing.due(now)) {
    const { scope, key, row } = at
    const [next, sent] = send(made, row, scope, key, row.latest, row.latest.confirmable ?? true, now)
    made = next
    effects.push(...sent)
  }
  for (let at = state.paces.due(now); at !== undefined; at = state.paces.due(now)) state.paces.remove(at.scope, at.key)
  return made
}

/** Sends it; as CON it supersedes one that is still under way, whose retransmissions go on with it (RFC 7641 §4.5.2). */
const send = (
  state: Exchanges,
  row: Observing,
  remote: Remote,
  exchange: ExchangeId,
  latest: Response,
  confirmable: boolean,
  now: Instant,
): Made => {
  const sequence = after(beyond(state.sequence, row.request))
  const { token, request, confirming } = row
  const confirmedAt = confirmable && !confirming ? now : row.confirmedAt
  const next: Observing = {
    token,
    request,
    confirming: confirmable || confirming,
    confirmedAt,
    latest: alone(latest),
    sequence,
    dueAt: Infinity,
  }
  // While one is outstanding, its place is all that a newer one takes: what else belongs to that waits for the acknowledgement.
  const rest = confirming ? latest.more : undefined
  state.observing.put(remote, exchange, rest === undefined ? next : { ...next, rest })
  const message = submission(confirmable ? 'CON' : 'NON', token, request, numbered(latest, sequence), exchange, 'notification')
  const effects = [down(message), ...(rest === undefined ? following({ remote, token }, latest, sequence) : none)]
  return [changed(state, state.nextExchange, sequence), effects]
}

/** One more message of the notification that went last. Of one that waits its turn, or for its first to be acknowledged, nothing goes before: who misses it asks for it (RFC 9177 §4.4). */
export const goOn = (state: Exchanges, remote: Remote, exchange: ExchangeId, response: Response): Made => {
  const row = state.observing.get(remote, exchange)
  if (row === undefined || row.dueAt !== Infinity || row.rest !== undefined) return [state, none]
  return [state, following({ remote, token: row.token }, { more: [response] }, row.sequence)]
}

/** What belongs to the same notification follows it as NON, with the same number; without one it is no notification (RFC 9177 §4.5). */
export const following = (
  to: { readonly remote: Remote; readonly token: string },
  { more = [] }: Pick<Response, 'more'>,
  sequence: number | undefined,
): readonly ExchangesEffect[] =>
  more.map((one) =>
    down(submission('NON', to.token, to, sequence === undefined ? withoutObserve(one) : numbered(one, sequence), '', 'response')),
  )
/** The first message by itself: what has followed it is not kept. */
const alone = ({ code, options: all, payload, confirmable }: Response): Response =>
  confirmable === undefined ? { code, options: all, payload } : { code, options: all, payload, confirmable }

/** As NON, which nobody answers: not before the peer's turn, and until then only the newest waits (RFC 7641 §4.5.1). */
const unhurried = (
  p: Parameters,
  state: Exchanges,
  row: Observing,
  remote: Remote,
  exchange: ExchangeId,
  latest: Response,
  now: Instant,
): Made => {
  const { paces } = state
  if (row.dueAt === Infinity) {
    const at = Math.max(now, paces.get('', remote)?.freeAt ?? now)
    if (paces.full && paces.get('', remote) === undefined) paces.remove('', paces.first()!.key)
    if (p.nonNotificationMs > 0) paces.put('', remote, { freeAt: at + p.nonNotificationMs })
    if (at === now) return send(state, row, remote, exchange, latest, false, now)
    state.observing.put(remote, exchange, { ...row, latest, dueAt: at })
  } else state.observing.put(remote, exchange, { ...row, latest })
  return [changed(state), none]
}

/** The last word, an error or the last representation: it goes as CON, so that it arrives, and without Observe (RFC 7641 §4.2). */
const end = (state: Exchanges, row: Observing, remote: Remote, exchange: ExchangeId, response: Response, last: boolean): Made => {
  const effects: ExchangesEffect[] = []
  letGo(state, remote, exchange, row, effects)
  if (last) effects.pop() // who said so need not be told
  effects.push(
    down(submission(isReliable(state, remote) ? 'NON' : 'CON', row.token, row.request, withoutObserve(response), '', 'notification')),
  )
  return [changed(state), effects]
}

/** The observer goes; a confirmable notification under way is not sent again. */
const letGo = (state: Exchanges, remote: Remote, exchange: ExchangeId, { confirming }: Observing, effects: ExchangesEffect[]): void => {
  state.observing.remove(remote, exchange)
  if (confirming) effects.push(down({ type: 'forget', remote, reference: exchange }))
  effects.push(cancelled(exchange, remote))
}

/** Deregistered before the first answer: that one is not wanted any more. */
const unregister = (state: Exchanges, remote: Remote, token: string, exchange: ExchangeId, effects: ExchangesEffect[]): void => {
  for (const { key, row } of [...state.answering.in(remote)]) {
    if (key === exchange || row.message.token !== token || !observes(row.request)) continue
    state.answering.remove(remote, key)
    if (row.message.type === 'CON' && !row.acknowledged) effects.push(down(acknowledgement(row.message)))
    effects.push(cancelled(key, remote))
  }
}

const first = ({ message, acknowledged }: Answering, response: Response, reference: ExchangeId): ExchangesEffect =>
  message.type === 'CON' && !acknowledged
    ? down(piggybacked(message, response))
    : down(submission(message.type === 'CON' ? 'CON' : 'NON', message.token, message, response, reference, 'notification'))

/** Peers and floors above hear of it. */
export const cancelled = (exchange: ExchangeId, remote: Remote): ExchangesEffect => up({ type: 'cancelled', exchange, remote })

/** An observation that outlived a restart goes on with the numbers that its observer knows. */
const beyond = (sequence: number, { numberedFrom = sequence }: Request): number =>
  numberedFrom > sequence && numberedFrom - sequence < 2 ** 23 ? numberedFrom : sequence
const after = (sequence: number): number => (sequence + 1) & 0xffffff
const numbered = (response: Response, sequence: number): Response => ({
  ...response,
  options: withOption(response.options, uintOption(options.Observe, sequence)),
})
