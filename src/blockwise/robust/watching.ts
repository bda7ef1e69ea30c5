/** Observations of ours whose notifications come in bursts: Q-Block2 with Observe (RFC 9177 §4.4, §4.5; RFC 7641 §3). */
import { none, type Stamp } from '../../core/machine.ts'
import type { Remote } from '../../core/ports.ts'
import { down, up } from '../../core/stack.ts'
import type { Answered, Ask, ExchangeId, FailureReason, Request, Response } from '../../exchange/exchange.ts'
import { observes } from '../../exchange/matching.ts'
import type { Parameters } from '../../exchange/parameters.ts'
import { empty, isSuccess, responses } from '../../message/code.ts'
import type { Token } from '../../message/message.ts'
import { find, has, options as numbers, uint } from '../../message/option.ts'
import { blockOf, sizeOf } from '../block.ts'
import { same } from '../pieces.ts'
import { begunBody, fail, isUnknowing, over, took } from './fetching.ts'
import { release, withOptions } from './lower.ts'
import { isReliable, knows, learn } from './peers.ts'
import { qBlock2 } from './question.ts'
import { changed, type Fetching, type Made, type Robust, type RobustEffect, type Watching } from './rows.ts'

/** How often a body is begun anew before the observation fails. */
export const restartsMax = 3

/** Whether the peer of this observation is asked for bursts: it may know them, and nothing else is said of blocks. */
export const mayWatch = (p: Parameters, state: Robust, request: Request): boolean => {
  const { remote, options, payload, body, confirmable, outlived } = request
  if (!observes(request) || !confirmable || outlived === true || body !== undefined || payload.length > sizeOf(p.szx)) return false
  if (isReliable(state, remote) || knows(state, remote) === false || state.watching.full) return false
  return ![numbers.Block1, numbers.Block2, numbers.QBlock1, numbers.QBlock2].some((number) => has(options, number))
}

/** Registers: as CON, whoever the peer is (RFC 9177 §4.1). */
export const watch = (p: Parameters, state: Robust, { exchange, request }: Ask): Made => {
  const [, effects] = unwatch(state, request.remote, exchange)
  state.watching.put(request.remote, exchange, fresh(request))
  return [changed(state), [...effects, registering(p, exchange, request)]]
}
const fresh = (request: Request): Watching => ({ request, answered: false, sequence: undefined, ahead: undefined, restarts: 0 })
const registering = (p: Parameters, exchange: Token, request: Request): RobustEffect =>
  down({ type: 'ask', exchange, request: { ...request, options: withOptions(request.options, [qBlock2(0, true, p.szx)]) }, many: true })

/** Nobody observes it any more. */
export const unwatch = (state: Robust, remote: Remote, exchange: Token): Made => {
  const effects: RobustEffect[] = []
  state.watching.remove(remote, exchange)
  const row = state.asking.get(remote, exchange)
  if (row?.type === 'fetching') over(state, exchange, row, effects)
  return [changed(state), effects]
}

/** An observation is answered. One that outlived a restart is known by what it is answered with. */
export const answeredObserved = (p: Parameters, state: Robust, word: Answered, stamp: Stamp): Made | undefined => {
  const { exchange, request, response, last } = word
  const { remote } = request
  const known = state.watching.get(remote, exchange)
  const block = blockOf(response.options, numbers.QBlock2)
  if (known === undefined && (block === undefined || last || !observes(request) || state.watching.full)) return undefined
  if (response.code === empty) return [state, none]
  if (isUnknowing(response)) return known === undefined ? undefined : otherwise(p, state, exchange, known, stamp)
  const watching: Watching = { ...(known ?? fresh(request)), answered: true }
  state.watching.put(remote, exchange, watching)
  if (block === undefined || !isSuccess(response.code) || response.code === responses.Valid) return small(state, exchange, watching, word)
  if (knows(state, remote) !== true) learn(p, state, remote, true, stamp)
  return blockOfBody(p, state, exchange, watching, response, stamp)
}

/** An answer under a request for what is missing. Of another representation, it is the begin of that one; anything else is no help (RFC 9177 §4.4). */
export const recovered = (
  p: Parameters,
  state: Robust,
  key: Token,
  row: Fetching,
  { exchange, response }: Answered,
  stamp: Stamp,
): Made => {
  const { code, options } = response
  if (!isSuccess(code) || !has(options, numbers.QBlock2)) return [state, none]
  if (isOf(row, response)) return took(p, state, key, row, response, stamp)
  const { remote } = row.request
  const watching = state.watching.get(remote, key)
  if (watching === undefined || watching.restarts >= restartsMax) return fail(state, key, row, 'changed')
  state.watching.put(remote, key, { ...watching, restarts: watching.restarts + 1 })
  const effects: RobustEffect[] = []
  const rest = release(
    state,
    row,
    row.tokens.filter((token) => token !== exchange),
    effects,
  )
  const begun = begunBody(p, row.request, { sequence: row.notified!.sequence, ahead: true }, stamp)
  const [next, said] = took(
    p,
    state,
    key,
    { ...begun, tokens: rest.tokens, requests: rest.requests, tokenBase: rest.tokenBase },
    response,
    stamp,
  )
  return [next, [...effects, ...said]]
}

/** The observation itself is over; or nobody knows bursts there. */
export const failedObserved = (
  p: Parameters,
  state: Robust,
  exchange: ExchangeId,
  remote: Remote,
  reason: FailureReason,
  stamp: Stamp,
): Made | undefined => {
  const watching = typeof exchange === 'string' ? state.watching.get(remote, exchange) : undefined
  if (watching === undefined || typeof exchange !== 'string') return undefined
  if (reason === 'reset' && !watching.answered) return otherwise(p, state, exchange, watching, stamp)
  const [next, effects] = unwatch(state, remote, exchange)
  return [next, [...effects, up({ type: 'failed', exchange, remote, reason })]]
}

/** What is missing does not come. The observation is registered again, so that it is not behind for ever; a few times (RFC 7641 §3.3.1). */
export const giveUp = (p: Parameters, state: Robust, exchange: Token, row: Fetching): Made => {
  const { remote } = row.request
  const watching = state.watching.get(remote, exchange)
  if (watching === undefined || watching.restarts >= restartsMax) return fail(state, exchange, row, 'timeout')
  const effects: RobustEffect[] = []
  over(state, exchange, row, effects)
  state.watching.put(remote, exchange, { ...watching, restarts: watching.restarts + 1 })
  return [changed(state), [...effects, registering(p, exchange, renewed(exchange, watching.request))]]
}
/** The same registration under the same token; what was notified last is still known below. */
const renewed = (token: Token, { remote, code, options, payload, confirmable, purpose }: Request): Request => ({
  remote,
  code,
  options,
  payload,
  confirmable,
  purpose,
  token,
})

/** A peer that does not know bursts, or has no size for this body, is observed block by block (RFC 7959 §2.6). */
const otherwise = (p: Parameters, state: Robust, exchange: Token, { request, answered }: Watching, stamp: Stamp): Made => {
  const { remote } = request
  if (!answered) learn(p, state, remote, false, stamp)
  const [next, effects] = unwatch(state, remote, exchange)
  return [next, [...effects, down({ type: 'ask', exchange, request: answered ? renewed(exchange, request) : request })]]
}

/** A notification without blocks, or the end of the observation: what has come of a body before it is worth nothing any more. */
const small = (state: Robust, exchange: Token, watching: Watching, { response, last }: Answered): Made => {
  const { request } = watching
  const { remote } = request
  const [next, effects] = unwatch(state, remote, exchange)
  const sequence = uint(response.options, numbers.Observe)
  if (!last) state.watching.put(remote, exchange, { ...watching, sequence, ahead: undefined, restarts: 0 })
  return [next, [...effects, up({ type: 'answered', exchange, request, response, last })]]
}

/** A block that came under the observation's own token: of the body that is under way, or of a newer one (RFC 9177 §4.4). */
const blockOfBody = (p: Parameters, state: Robust, exchange: Token, watching: Watching, response: Response, stamp: Stamp): Made => {
  const { request } = watching
  const { remote } = request
  const sequence = uint(response.options, numbers.Observe)
  const asking = state.asking.get(remote, exchange)
  const row = asking?.type === 'fetching' ? asking : undefined
  if (sequence === undefined) return unobservedBody(p, state, exchange, watching, row, response, stamp)
  if (row?.notified !== undefined && isOf(row, response))
    return took(p, state, exchange, { ...row, notified: { ...row.notified, sequence } }, response, stamp)
  if (sequence === (row?.notified?.sequence ?? watching.sequence)) return [state, none]
  if (row === undefined && watching.ahead !== undefined && same(find(response.options, numbers.ETag)?.value, watching.ahead)) {
    state.watching.put(remote, exchange, { ...watching, sequence })
    return [changed(state), none]
  }
  return begin(p, state, exchange, begunBody(p, request, { sequence, ahead: false }, stamp), row, response, stamp)
}

/** Not observed, or for the last time: one body, and no more. */
const unobservedBody = (
  p: Parameters,
  state: Robust,
  exchange: Token,
  { request }: Watching,
  row: Fetching | undefined,
  response: Response,
  stamp: Stamp,
): Made => {
  const { remote } = request
  state.watching.remove(remote, exchange)
  const made = begin(p, state, exchange, { ...begunBody(p, request, undefined, stamp), tokens: [exchange] }, row, response, stamp)
  if (state.asking.get(remote, exchange) !== undefined) state.lowers.put(remote, exchange, { key: exchange, num: 0 })
  return made
}

/** Begins a body with this block, in the place of the one under way. */
const begin = (
  p: Parameters,
  state: Robust,
  exchange: Token,
  begun: Fetching,
  row: Fetching | undefined,
  response: Response,
  stamp: Stamp,
): Made => {
  const effects: RobustEffect[] = []
  if (row !== undefined) over(state, exchange, row, effects)
  const [next, said] = state.asking.full ? fail(state, exchange, begun, 'refused') : took(p, state, exchange, begun, response, stamp)
  return effects.length === 0 ? [next, said] : [next, [...effects, ...said]]
}

/** Whether it is a block of this body: they all have its ETag and its size (RFC 9177 §4.4, §4.6). */
const isOf = ({ etag, gathering }: Fetching, { options }: Response): boolean =>
  same(etag, find(options, numbers.ETag)?.value) && uint(options, numbers.Size2) === gathering?.size
