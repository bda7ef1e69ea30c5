/** The body of a response of ours, sent in bursts as the peer asks for it: Q-Block2 (RFC 9177 §4.4, §7.2). */
import { roll } from '../../core/dice.ts'
import { none, type Stamp } from '../../core/machine.ts'
import { down, up } from '../../core/stack.ts'
import type { Placed } from '../../core/table.ts'
import type { Answer, Asked, ExchangeId, Request, Response } from '../../exchange/exchange.ts'
import type { Parameters } from '../../exchange/parameters.ts'
import { isSuccess, methods, responses, type Code } from '../../message/code.ts'
import { noBytes, noOptions } from '../../message/message.ts'
import { has, opaqueOption, options as numbers, uintOption, withOption, without } from '../../message/option.ts'
import { sizeOf } from '../block.ts'
import type { Refused, Supplied } from '../body.ts'
import { tagged } from '../serving.ts'
import { answerBlock, bodyKey, heldBytesMax, notOfResponseBody, perPeerMax } from '../transfer.ts'
import { blocksOf } from './gathering.ts'
import { isNumberable, qBlock2, questionOf, type Question } from './question.ts'
import { changed, paceOf, type Bursting, type Made, type Robust, type RobustEffect, type Run, type Wanted } from './rows.ts'

/** A peer asks for blocks. Of a body that is not kept, the application is asked. */
export const askedFor = (p: Parameters, state: Robust, { exchange, request }: Asked, stamp: Stamp): Made => {
  const question = questionOf(request.options, p.maxPayloads)
  if (question === undefined) return [state, [answerBlock(exchange, request, responses.BadRequest)]]
  const key = keyOf(request)
  const row = state.bursting.get(request.remote, key)
  if (question.whole || ((row === undefined || question.szx !== row.szx) && isWholeRequest(request)))
    return [state, [up({ type: 'asked', exchange, request: question.whole ? request : alone(request) })]]
  if (row === undefined || question.szx !== row.szx) return [state, [answerBlock(exchange, request, responses.RequestEntityIncomplete)]]
  const { continues } = question
  // Of a notification also a set that was lost as a whole goes under its token, with its number (RFC 9177 §10.2.4).
  if (continues !== undefined && continues < blocksOf(row) && (continues === row.sentTo || (row.notified && continues < row.sentTo))) {
    const effects: RobustEffect[] = [down({ type: 'cancel', exchange, remote: request.remote })]
    return sendSet(p, state, key, { ...row, unheard: 0 }, effects, stamp, undefined, continues)
  }
  return sendAgain(p, state, key, row, question, { exchange, request }, stamp)
}

/** The application answered a request that named blocks: a small body goes as it is, a large one in bursts from where it was asked for. */
export const answeredFor = (p: Parameters, state: Robust, answer: Answer, stamp: Stamp): Made => {
  const { request, response } = answer
  const question = questionOf(request.options, p.maxPayloads)
  const fits = response.body === undefined && response.payload.length <= sizeOf(Math.min(question?.szx ?? p.szx, p.szx))
  if (question === undefined || !isSuccess(response.code) || (fits && question.whole)) return overtakenBy(state, answer)
  return burst(p, state, answer, question, stamp)
}
/** A notification that needs no blocks: the body of the one before it is worth nothing any more. */
const overtakenBy = (state: Robust, answer: Answer): Made => {
  const { exchange, request } = answer
  const former = state.bursting.size === 0 ? undefined : state.bursting.aliased(request.remote, exchange)
  if (former === undefined) return [state, [down(answer)]]
  return forget(state, former.scope, former.key, former.row, [down(answer)])
}

/** The peer does not observe any more: nothing more of the notification goes. */
export const unobserved = (state: Robust, remote: string, exchange: ExchangeId): Made => {
  const at = state.bursting.size === 0 ? undefined : state.bursting.aliased(remote, exchange)
  return at?.row.notified === true ? letGo(state, at) : [state, none]
}

/** The application read a piece. */
export const suppliedFor = (state: Robust, { scope, key, row }: Placed<Bursting>, { offset, bytes }: Supplied): Made => {
  const [wanted, ...rest] = row.wanted
  if (wanted === undefined || offset !== wanted.from * sizeOf(row.szx)) return [state, none]
  if (bytes.length !== octetsOf(row, wanted)) return refusedFor(state, { scope, key, row }, 'sink')
  state.bursting.put(scope, key, { ...row, wanted: rest })
  const effects: RobustEffect[] = []
  send(row, wanted, bytes, effects)
  return [changed(state), effects]
}

/** The application cannot read on: it is said to the peer, and the body is over. */
export const refusedFor = (state: Robust, { scope, key, row }: Placed<Bursting>, reason: Refused['reason']): Made => {
  const code: Code = reason === 'busy' ? responses.ServiceUnavailable : responses.InternalServerError
  const effects: RobustEffect[] = []
  for (const { exchange, request, notified } of row.wanted) if (notified !== true) effects.push(said(request, bare(code), exchange))
  if (row.notified) effects.push(down({ type: 'answer', exchange: row.exchange, request: row.request, response: bare(code), last: false }))
  else if (row.wanted.length === 0) effects.push(said(row.request, bare(code), undefined))
  return forget(state, scope, key, row, effects)
}

/** Nobody spoke: the next set goes by itself, a few times; then the body is kept for a while, and let go. */
export const dueBursting = (p: Parameters, state: Robust, { scope, key, row }: Placed<Bursting>, stamp: Stamp): Made => {
  if (row.sentTo < blocksOf(row) && row.unheard <= p.nonMaxRetransmit) return sendSet(p, state, key as string, row, [], stamp)
  return letGo(state, { scope, key, row })
}

/** Lets the body go; the application is told of one that streams. */
export const letGo = (state: Robust, { scope: remote, key, row }: Placed<Bursting>): Made => {
  const effects: RobustEffect[] = row.stream ? [up({ type: 'abandoned', exchange: row.exchange, remote })] : []
  for (const { exchange, notified } of row.wanted)
    if (exchange !== undefined && notified !== true) effects.push(down({ type: 'cancel', exchange, remote }))
  return forget(state, remote, key, row, effects)
}

/** What a body is kept under: what is asked, blocks aside. */
const keyOf = (request: Request): string => bodyKey(request, ignored)
const ignored: readonly number[] = [...notOfResponseBody, numbers.QBlock1, numbers.QBlock2]
/** Whether the application can be asked again: nothing changes by it, and the request has all it had. */
const isWholeRequest = ({ code, payload }: Request) => code === methods.GET || (code === methods.FETCH && payload.length > 0)
/** Missing blocks are no notification (RFC 9177 §4.5). */
const alone = (request: Request): Request =>
  has(request.options, numbers.Observe) ? { ...request, options: without(request.options, numbers.Observe) } : request

const forget = (state: Robust, remote: string, key: string | number, row: Bursting, effects: readonly RobustEffect[]): Made => {
  state.bursting.remove(remote, key)
  return [changed(state, -row.response.payload.length), effects]
}

/** Keeps the body and begins. Without a known size there are no bursts (RFC 9177 §4.6): the peer is told so in time. */
export const burst = (
  p: Parameters,
  state: Robust,
  { exchange, request, response, again, last }: Answer,
  question: Question,
  stamp: Stamp,
): Made => {
  const { remote } = request
  const size = response.body === undefined ? response.payload.length : response.body.size
  const szx = Math.min(question.szx, p.szx)
  const opened = again === true ? undefined : exchange
  const refuse = (code: Code): Made => [
    state,
    [
      said(request, bare(code), opened, last),
      ...(response.body === undefined ? [] : [up({ type: 'abandoned' as const, exchange, remote })]),
    ],
  ]
  if (size === undefined || !isNumberable(size, szx)) return refuse(responses.BadOption)
  const from = question.whole ? 0 : question.nums[0]!
  if (from >= blocksOf({ szx, size }) || (szx !== question.szx && !question.whole)) return refuse(responses.BadRequest)
  const [made, effects] = roomFor(p, state, remote, keyOf(request), exchange, response.payload.length)
  if (made.heldBytes + response.payload.length > heldBytesMax(p))
    return [made, [...effects, said(request, bare(responses.ServiceUnavailable), opened, last)]]
  const row: Bursting = {
    exchange,
    request: { ...request, payload: noBytes },
    response: marked(response, size, stamp),
    size,
    szx,
    stream: response.body !== undefined,
    notified: !last,
    wanted: [],
    sentTo: from,
    paceMs: paceOf(p, stamp),
    unheard: 0,
    dueAt: 0,
  }
  made.bursting.put(remote, keyOf(request), row)
  const kept = changed(made, response.payload.length)
  if (question.whole || question.continues !== undefined) return sendSet(p, kept, keyOf(request), row, [...effects], stamp, opened)
  const [next, sent] = sendAgain(p, kept, keyOf(request), { ...row, sentTo: blocksOf(row) }, question, { exchange, request }, stamp)
  return [next, [...effects, ...sent]]
}

/** Makes room for one more body: the former one of the same name goes, the peer's oldest, the oldest. */
const roomFor = (p: Parameters, state: Robust, remote: string, key: string, exchange: ExchangeId, octets: number): Made => {
  const effects: RobustEffect[] = []
  let next = state
  const release = (placed: Placed<Bursting>) => {
    const [after, told] = letGo(next, placed)
    next = after
    effects.push(...told)
  }
  const former = next.bursting.get(remote, key)
  // A notification's Source is the exchange's: the application has put a newer one there.
  if (former !== undefined) release({ scope: remote, key, row: former.exchange === exchange ? { ...former, stream: false } : former })
  if (next.bursting.count(remote) >= perPeerMax(p)) release(next.bursting.oldest(remote)!)
  while (next.bursting.size > 0 && (next.bursting.full || next.heldBytes + octets > heldBytesMax(p))) release(next.bursting.first()!)
  return [next, effects]
}

/** All messages of a body have its ETag and its size (RFC 9177 §4.4, §4.6). */
const marked = (response: Response, size: number, { dice }: Stamp): Response => {
  const { body, payload, confirmable } = response
  const etag = body?.etag ?? octets4(roll(dice, 'ETag')) // a Source without one is another representation each time
  const named =
    body === undefined || has(response.options, numbers.ETag)
      ? tagged(response)
      : withOption(response.options, opaqueOption(numbers.ETag, etag))
  const marked = { code: response.code, options: withOption(named, uintOption(numbers.Size2, size)), payload }
  return confirmable === undefined ? marked : { ...marked, confirmable }
}
const octets4 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)

/** The next set, under the token of the first request (RFC 9177 §7.2, §10.3.2). */
const sendSet = (
  p: Parameters,
  state: Robust,
  key: string,
  row: Bursting,
  effects: RobustEffect[],
  { now }: Stamp,
  exchange?: ExchangeId,
  from = row.sentTo,
): Made => {
  const to = Math.min(blocksOf(row), (Math.floor(from / p.maxPayloads) + 1) * p.maxPayloads)
  const sentTo = Math.max(row.sentTo, to)
  const goes = sentTo < blocksOf(row) && row.unheard < p.nonMaxRetransmit
  const next: Bursting = { ...row, sentTo, unheard: row.unheard + 1, dueAt: now + (goes ? row.paceMs : p.transferTimeoutMs) }
  return sendRuns(state, key, next, [{ from, to }], row.request, exchange, effects, row.notified)
}

/** Blocks that were lost, under the token of the request for them, a set of them at most. The next set waits its time again. */
const sendAgain = (
  p: Parameters,
  state: Robust,
  key: string,
  row: Bursting,
  question: Question,
  { exchange, request }: Pick<Asked, 'exchange' | 'request'>,
  { now }: Stamp,
): Made => {
  const total = blocksOf(row)
  const nums = question.nums.filter((num) => num < total)
  if (nums.length === 0) return [state, [answerBlock(exchange, request, responses.BadRequest)]]
  if (row.wanted.length >= wantedMax) return [state, [answerBlock(exchange, request, responses.ServiceUnavailable)]]
  const sentTo = Math.max(row.sentTo, question.continues === undefined ? 0 : nums.at(-1)! + 1)
  const next: Bursting = { ...row, sentTo, unheard: 0, dueAt: now + (sentTo < total ? row.paceMs : p.transferTimeoutMs) }
  return sendRuns(state, key, next, runsOf(nums), { ...request, payload: noBytes }, exchange, [])
}
/** Pieces of one body wanted at once. */
const wantedMax = 20

const runsOf = (nums: readonly number[]): readonly Run[] => {
  const runs: { from: number; to: number }[] = []
  for (const num of nums)
    if (runs.at(-1)?.to === num) runs.at(-1)!.to++
    else runs.push({ from: num, to: num + 1 })
  return runs
}

/** Sends the blocks at once, or when the application has read them. The first answers the exchange that asked for them. */
const sendRuns = (
  state: Robust,
  key: string,
  row: Bursting,
  runs: readonly Run[],
  request: Request,
  exchange: ExchangeId | undefined,
  effects: RobustEffect[],
  notified = false,
): Made => {
  const { remote } = row.request
  const wanted = runs.map((run, i): Wanted => ({
    ...run,
    request,
    ...(i === 0 && exchange !== undefined ? { exchange } : {}),
    ...(notified ? { notified } : {}),
  }))
  state.bursting.put(remote, key, row.stream ? { ...row, wanted: [...row.wanted, ...wanted] } : row)
  for (const one of wanted) {
    const offset = one.from * sizeOf(row.szx)
    const count = octetsOf(row, one)
    if (row.stream) effects.push(up({ type: 'want', exchange: row.exchange, remote, offset, count }))
    else send(row, one, row.response.payload.subarray(offset, offset + count), effects)
  }
  return [changed(state), effects]
}
const octetsOf = ({ szx, size }: Bursting, { from, to }: Run): number => Math.min(size, to * sizeOf(szx)) - from * sizeOf(szx)

/** Blocks as messages. */
const send = (row: Bursting, { from, to, request, exchange, notified }: Wanted, bytes: Uint8Array, effects: RobustEffect[]): void => {
  const { response, szx, size } = row
  const { code, options, confirmable } = response
  const last = blocksOf({ szx, size }) - 1
  const blocks: Response[] = []
  for (let num = from; num < to; num++) {
    const at = (num - from) * sizeOf(szx)
    blocks.push({ code, options: withOption(options, qBlock2(num, num < last, szx)), payload: bytes.subarray(at, at + sizeOf(szx)) })
  }
  if (notified === true) effects.push(...notify(row, blocks, exchange, confirmable))
  else blocks.forEach((block, i) => effects.push(said(request, block, i === 0 ? exchange : undefined)))
}

/** Blocks of a notification: those of the first set go with it as one, each further one goes by itself. */
const notify = (
  { exchange, request }: Bursting,
  [block, ...more]: readonly Response[],
  opens: ExchangeId | undefined,
  confirmable: boolean | undefined,
): readonly RobustEffect[] => {
  const answer = { type: 'answer' as const, exchange, request, last: false }
  if (opens === undefined) return [block!, ...more].map((response) => down({ ...answer, response, again: true as const }))
  const first: Response = { ...block!, ...(confirmable === undefined ? {} : { confirmable }) }
  return [down({ ...answer, response: more.length === 0 ? first : { ...first, more } })]
}

/** In answer to the exchange; or once more under the token of the request. */
export const said = (request: Request, response: Response, exchange: ExchangeId | undefined, last = true): RobustEffect =>
  exchange === undefined
    ? down({ type: 'answer', exchange: 0, request, response, last: true, again: true })
    : down({ type: 'answer', exchange, request, response, last })
const bare = (code: Code): Response => ({ code, options: noOptions, payload: noBytes })
