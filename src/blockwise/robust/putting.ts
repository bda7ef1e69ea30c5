/** The body of a request of ours, sent in bursts: Q-Block1 (RFC 9177 §4.3, §7.2). */
import { roll } from '../../core/dice.ts'
import { none, type Stamp } from '../../core/machine.ts'
import { down, up } from '../../core/stack.ts'
import type { Ask, FailureReason, Response } from '../../exchange/exchange.ts'
import type { Parameters } from '../../exchange/parameters.ts'
import { empty, isSuccess, responses, type Code } from '../../message/code.ts'
import { noBytes, type Token } from '../../message/message.ts'
import { has, opaqueOption, options as numbers, uint, uintOption, withOption, without } from '../../message/option.ts'
import { sizeOf } from '../block.ts'
import type { Supplied } from '../body.ts'
import { arrived as fetched, begunBody } from './fetching.ts'
import { blocksOf } from './gathering.ts'
import { askBelow, forgetLower, freshBase, release, withOptions, withoutBlocks } from './lower.ts'
import { decodeMissing, missingBlocksFormat } from './missing.ts'
import { knows, learn } from './peers.ts'
import { qBlock1 } from './question.ts'
import { changed, paceOf, patienceOf, type Fetching, type Made, type Putting, type Robust, type RobustEffect, type Run } from './rows.ts'

/** Asks with a body of known size. To a peer of which nothing is known the first block goes alone, as CON (RFC 9177 §4.1). */
export const put = (p: Parameters, state: Robust, { exchange, request, stream = false }: Ask, size: number, stamp: Stamp): Made => {
  const row: Putting = {
    type: 'putting',
    request,
    stream,
    options: withOption(tagged(request.options, stamp), uintOption(numbers.Size1, size)),
    tokens: [],
    requests: 0,
    tokenBase: freshBase(stamp),
    probing: knows(state, request.remote) !== true,
    szx: p.szx,
    size,
    sentTo: 0,
    wanted: [],
    paceMs: paceOf(p, stamp),
    tries: 0,
    lostFrom: -1,
    lostTimes: 0,
    dueAt: Infinity,
  }
  const effects: RobustEffect[] = []
  if (row.probing) return sendRuns(p, state, exchange, { ...row, sentTo: 1 }, [{ from: 0, to: 1 }], effects, stamp)
  return nextSet(p, state, exchange, row, effects, stamp)
}

/** An answer under one of the row's exchanges, to the block of that number. */
export const answeredTo = (p: Parameters, state: Robust, key: Token, row: Putting, num: number, response: Response, stamp: Stamp): Made => {
  const { code } = response
  const { remote } = row.request
  if (row.probing && isUnknowing(code)) {
    learn(p, state, remote, false, stamp)
    return otherwise(state, key, row)
  }
  if (row.probing) learn(p, state, remote, true, stamp)
  const known: Putting = row.probing ? { ...row, probing: false, dueAt: stamp.now + row.paceMs } : row
  if (code === empty) return row.probing ? nextSet(p, state, key, known, [], stamp) : [state, none]
  if (code === responses.Continue) return goOn(p, state, key, known, num, stamp)
  if (code === responses.RequestEntityIncomplete && uint(response.options, numbers.ContentFormat) === missingBlocksFormat)
    return sendMissing(p, state, key, known, decodeMissing(response.payload), stamp)
  if (code === responses.RequestEntityIncomplete || code === responses.RequestEntityTooLarge) return otherwise(state, key, row)
  if (isSuccess(code) && (has(response.options, numbers.QBlock2) || row.stream)) return fetchAnswer(p, state, key, known, response, stamp)
  const effects: RobustEffect[] = []
  overPutting(state, key, row, effects)
  const whole: Response = { ...response, options: without(response.options, numbers.QBlock1) }
  return [changed(state), [...effects, up({ type: 'answered', exchange: key, request: row.request, response: whole, last: true })]]
}

/** Whether the peer does not know bursts: it says so, or it takes the first block for the whole, although it had to say so (RFC 7252 §5.4.1). */
const isUnknowing = (code: Code): boolean => code === responses.BadOption || (isSuccess(code) && code !== responses.Continue)

/** The application read a piece. */
export const suppliedTo = (p: Parameters, state: Robust, key: Token, row: Putting, { offset, bytes }: Supplied, stamp: Stamp): Made => {
  const [run, ...rest] = row.wanted
  if (run === undefined || offset !== run.from * sizeOf(row.szx)) return [state, none]
  if (bytes.length !== octetsOf(row, run)) return failPutting(state, key, row, 'sink')
  const effects: RobustEffect[] = []
  const next = send(p, state, key, { ...row, wanted: rest }, run, bytes, effects)
  return waiting(p, state, key, next, effects, stamp)
}

/** An exchange below is over. */
export const failedPut = (
  p: Parameters,
  state: Robust,
  key: Token,
  row: Putting,
  token: Token,
  reason: FailureReason,
  stamp: Stamp,
): Made => {
  const rest = forgetLower(state, row, token)
  if (reason === 'reset' && row.probing) {
    learn(p, state, row.request.remote, false, stamp)
    return otherwise(state, key, rest)
  }
  if (reason !== 'timeout' || row.probing) return failPutting(state, key, rest, reason)
  state.asking.put(row.request.remote, key, rest)
  return [changed(state), none]
}

/** The peer said nothing: the next set goes by itself, a few times; then the last block goes again, which is answered as if it were new. */
export const duePutting = (p: Parameters, state: Robust, key: Token, row: Putting, stamp: Stamp): Made => {
  if (row.wanted.length > 0 || row.tries >= 2 * p.nonMaxRetransmit) return failPutting(state, key, row, 'timeout')
  const next: Putting = { ...row, tries: row.tries + 1 }
  if (row.sentTo < blocksOf(row) && row.tries < p.nonMaxRetransmit) return nextSet(p, state, key, next, [], stamp)
  return sendRuns(p, state, key, next, [{ from: row.sentTo - 1, to: row.sentTo }], [], stamp)
}

/** Ends the transfer: the application is told. */
export const failPutting = (state: Robust, exchange: Token, row: Putting, reason: FailureReason): Made => {
  const { remote } = row.request
  const effects: RobustEffect[] = []
  overPutting(state, exchange, row, effects)
  return [changed(state), [...effects, up({ type: 'failed', exchange, remote, reason })]]
}
/** Removes the row and its exchanges. */
export const overPutting = (state: Robust, key: Token, row: Putting, effects: RobustEffect[]): void => {
  release(state, row, row.tokens, effects)
  state.asking.remove(row.request.remote, key)
}

/** With a Request-Tag: the same for all blocks, another for each body (RFC 9177 §4.3). */
const tagged = (all: Ask['request']['options'], { dice }: Stamp): Ask['request']['options'] => {
  const options = withoutBlocks(all)
  if (has(options, numbers.RequestTag)) return options
  const tag = roll(dice, 'Request-Tag')
  return withOption(options, opaqueOption(numbers.RequestTag, Uint8Array.of(tag >>> 24, tag >>> 16, tag >>> 8, tag)))
}

/** Asks in blocks one by one (RFC 7959). */
const otherwise = (state: Robust, key: Token, row: Putting): Made => {
  const effects: RobustEffect[] = []
  overPutting(state, key, row, effects)
  return [changed(state), [...effects, down({ type: 'ask', exchange: key, request: row.request, ...(row.stream ? { stream: true } : {}) })]]
}

/** 2.31: the set has come, if it is about the latest (RFC 9177 §4.3). */
const goOn = (p: Parameters, state: Robust, key: Token, row: Putting, num: number, stamp: Stamp): Made => {
  const isLatest = Math.floor(num / p.maxPayloads) === Math.floor((row.sentTo - 1) / p.maxPayloads)
  if (!isLatest || row.wanted.length > 0 || row.sentTo >= blocksOf(row)) return waiting(p, state, key, { ...row, tries: 0 }, none, stamp)
  const effects: RobustEffect[] = []
  const rest = release(state, { ...row, tries: 0 }, row.tokens, effects)
  return nextSet(p, state, key, rest, effects, stamp)
}

/** 4.08: what is missing goes again, before the next set has to wait its time again (RFC 9177 §7.2). */
const sendMissing = (p: Parameters, state: Robust, key: Token, row: Putting, nums: readonly number[] | undefined, stamp: Stamp): Made => {
  const lost = nums?.filter((num) => num < row.sentTo && !row.wanted.some(({ from, to }) => num >= from && num < to))
  if (nums === undefined || lost === undefined || row.wanted.length > 0) return [state, none]
  const lostTimes = nums[0]! > row.lostFrom ? 1 : row.lostTimes + 1
  if (lostTimes > p.nonMaxRetransmit + 1 || row.requests > requestsMax(row)) return failPutting(state, key, row, 'incomplete')
  const heard: Putting = { ...row, tries: 0, lostFrom: Math.max(row.lostFrom, nums[0]!), lostTimes }
  const runs = runsOf(lost.slice(0, p.maxPayloads))
  return lost.length < nums.length && row.sentTo < blocksOf(row)
    ? nextSet(p, state, key, heard, [], stamp, runs)
    : sendRuns(p, state, key, heard, runs, [], stamp)
}
/** A peer that asks for ever is not answered for ever. */
const requestsMax = (row: Putting): number => 100 + 16 * blocksOf(row)
const runsOf = (nums: readonly number[]): readonly Run[] => nums.map((num) => ({ from: num, to: num + 1 }))

/** The whole has come, and its answer comes in bursts, or streams (RFC 9177 §4.7). */
const fetchAnswer = (p: Parameters, state: Robust, key: Token, row: Putting, response: Response, stamp: Stamp): Made => {
  const { request, stream, tokens, requests, tokenBase, szx } = row
  const options = without(row.options, numbers.Size1, numbers.Size2, numbers.Observe, numbers.ContentFormat)
  const begun = begunBody(p, { ...request, payload: noBytes }, undefined, stamp)
  const next: Fetching = { ...begun, stream, options, tokens, requests, tokenBase, szx }
  state.asking.put(request.remote, key, next)
  return fetched(p, state, key, next, response, stamp)
}

/** The next set, and what has to go before it. */
const nextSet = (
  p: Parameters,
  state: Robust,
  key: Token,
  row: Putting,
  effects: RobustEffect[],
  stamp: Stamp,
  before: readonly Run[] = [],
): Made => {
  const from = row.sentTo
  const to = Math.min(blocksOf(row), (Math.floor(from / p.maxPayloads) + 1) * p.maxPayloads)
  return sendRuns(p, state, key, { ...row, sentTo: to }, [...before, { from, to }], effects, stamp)
}

/** Sends the blocks, or asks the application for them. */
const sendRuns = (
  p: Parameters,
  state: Robust,
  key: Token,
  row: Putting,
  runs: readonly Run[],
  effects: RobustEffect[],
  stamp: Stamp,
): Made => {
  const { remote, payload, body } = row.request
  let next = body === undefined ? row : { ...row, wanted: [...row.wanted, ...runs] }
  for (const run of runs) {
    const offset = run.from * sizeOf(row.szx)
    const count = octetsOf(row, run)
    if (body === undefined) next = send(p, state, key, next, run, payload.subarray(offset, offset + count), effects)
    else effects.push(up({ type: 'want', exchange: key, remote, offset, count }))
  }
  return waiting(p, state, key, next, effects, stamp)
}
const octetsOf = ({ szx, size }: Putting, { from, to }: Run): number => Math.min(size, to * sizeOf(szx)) - from * sizeOf(szx)

/** Blocks as messages, each a request of its own (RFC 9177 §4.3). */
const send = (
  p: Parameters,
  state: Robust,
  key: Token,
  row: Putting,
  { from, to }: Run,
  bytes: Uint8Array,
  effects: RobustEffect[],
): Putting => {
  const last = blocksOf(row) - 1
  let next = row
  for (let num = from; num < to; num++) {
    const at = (num - from) * sizeOf(row.szx)
    const below = {
      options: withOptions(row.options, [qBlock1(num, num < last, row.szx)]),
      payload: bytes.subarray(at, at + sizeOf(row.szx)),
      confirmable: row.probing,
      num,
      ...(row.requests === 0 && num === 0 ? { token: key } : {}),
    }
    next = askBelow(state, key, next, below, 2 * p.maxPayloads, effects)
  }
  return next
}

/** How long the peer may be silent now. */
const waiting = (p: Parameters, state: Robust, key: Token, row: Putting, effects: readonly RobustEffect[], { now }: Stamp): Made => {
  const isAll = row.sentTo >= blocksOf(row)
  const tries = isAll ? Math.max(row.tries, p.nonMaxRetransmit) : row.tries
  const silenceMs = 2 * patienceOf(p, Math.max(0, tries - p.nonMaxRetransmit)) // longer than the peer waits before it asks
  const waitMs = row.wanted.length > 0 ? p.transferTimeoutMs : isAll || tries >= p.nonMaxRetransmit ? silenceMs : row.paceMs
  state.asking.put(row.request.remote, key, { ...row, tries, dueAt: row.probing && row.wanted.length === 0 ? Infinity : now + waitMs })
  return [changed(state), effects]
}
