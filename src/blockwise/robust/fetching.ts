/** The body of a response to a request of ours, fetched in bursts: Q-Block2 (RFC 9177 §4.4, §7.2). */
import { none, type Stamp } from '../../core/machine.ts'
import { down, up } from '../../core/stack.ts'
import type { Ask, FailureReason, Request, Response } from '../../exchange/exchange.ts'
import type { Parameters } from '../../exchange/parameters.ts'
import { empty, isSuccess, responses } from '../../message/code.ts'
import { noBytes, type Token } from '../../message/message.ts'
import { find, has, options as numbers, uint, without } from '../../message/option.ts'
import { blockOf, offsetOf, reservedSzx, sizeOf, type Block } from '../block.ts'
import { append, join, noPieces, same } from '../pieces.ts'
import { accept, blocksOf, fits, gathering, handed, overdue, overtaken, ready, type Gathering } from './gathering.ts'
import { askBelow, forgetLower, freshBase, release, withOptions, withoutBlocks } from './lower.ts'
import { knows, learn } from './peers.ts'
import { isNumberable, optionsFor, qBlock2 } from './question.ts'
import { changed, patienceOf, type Fetching, type Made, type Notified, type Robust, type RobustEffect } from './rows.ts'

/** Asks for the whole body, or for what follows the Block2 of the request. A peer of which nothing is known is asked with a CON (RFC 9177 §4.1). */
export const fetchInBursts = (p: Parameters, state: Robust, { exchange, request, stream = false }: Ask, stamp: Stamp): Made => {
  const block = blockOf(request.options, numbers.Block2)
  const row: Fetching = {
    ...fresh(p, request, stamp),
    stream,
    probing: knows(state, request.remote) !== true,
    szx: Math.min(p.szx, block?.szx ?? p.szx),
    from: block === undefined ? 0 : offsetOf(block),
  }
  return begin(p, state, exchange, row, exchange, stamp)
}
const fresh = (p: Parameters, request: Request, stamp: Stamp): Fetching => ({
  type: 'fetching',
  request,
  stream: false,
  options: without(withoutBlocks(request.options), numbers.ETag, numbers.Observe, numbers.Size2),
  tokens: [],
  requests: 0,
  tokenBase: freshBase(stamp),
  probing: false,
  szx: p.szx,
  from: 0,
  first: undefined,
  etag: undefined,
  gathering: undefined,
  continued: 0,
  tries: 0,
  pieces: noPieces,
  outstanding: 0,
  dueAt: Infinity,
})

/** A body that came without being asked for by itself: a notification's, or, without one, that of an answer. */
export const begunBody = (p: Parameters, request: Request, notified: Notified | undefined, stamp: Stamp): Fetching =>
  notified === undefined ? fresh(p, request, stamp) : { ...fresh(p, request, stamp), notified }

/** A message came under one of the row's exchanges. */
export const arrived = (p: Parameters, state: Robust, key: Token, row: Fetching, response: Response, stamp: Stamp): Made => {
  const { code, options } = response
  if (code === empty) return [state, none]
  const block = blockOf(options, numbers.QBlock2)
  if (row.first === undefined) {
    if (row.probing && isUnknowing(response)) return otherwise(p, state, key, row, stamp)
    if (row.probing && block !== undefined) learn(p, state, row.request.remote, true, stamp)
  }
  if (!isSuccess(code) || code === responses.Valid) return handUp(state, key, row, response)
  if (block === undefined) return row.first === undefined ? alone(p, state, key, row, response, stamp) : fail(state, key, row, 'incomplete')
  return took(p, state, key, row, response, stamp)
}

/** A block of the body came. */
export const took = (p: Parameters, state: Robust, key: Token, row: Fetching, response: Response, stamp: Stamp): Made => {
  const { options, payload } = response
  const block = blockOf(options, numbers.QBlock2)!
  const g = row.gathering ?? begun(row, block, uint(options, numbers.Size2))
  const etag = find(options, numbers.ETag)?.value
  const wrong = g === undefined ? 'incomplete' : wrongWith(p, row, g, block, response, etag)
  if (g === undefined || wrong !== undefined) return fail(state, key, row, wrong ?? 'incomplete')
  const next = accept(g, p.maxPayloads, block.num, payload)
  if (next === undefined && row.first !== undefined) return [state, none]
  const known: Fetching = row.first === undefined ? { ...row, first: response, etag, continued: g.next } : row
  // The first that came of it may be too far ahead to be kept.
  if (next === undefined) return advance(p, state, key, { ...known, gathering: g }, [], stamp)
  return advance(p, state, key, { ...known, gathering: next }, overtaken(next, p.maxPayloads, block.num), stamp)
}

/** The application stored a block. */
export const takenOf = (p: Parameters, state: Robust, key: Token, row: Fetching, stamp: Stamp): Made =>
  row.outstanding === 0 ? [state, none] : advance(p, state, key, { ...row, outstanding: row.outstanding - 1 }, [], stamp)

/** An exchange below is over. The one that finds out whether the peer knows bursts decides; others are only let go. */
export const failedBelow = (
  p: Parameters,
  state: Robust,
  key: Token,
  row: Fetching,
  token: Token,
  reason: FailureReason,
  stamp: Stamp,
): Made => {
  const rest = forgetLower(state, row, token)
  if (reason === 'reset' && row.first === undefined && row.probing) return otherwise(p, state, key, rest, stamp)
  if (reason === 'timeout' || reason === 'reset') {
    if (row.first === undefined && row.probing) return fail(state, key, rest, reason)
    state.asking.put(row.request.remote, key, rest)
    return [changed(state), none]
  }
  return fail(state, key, rest, reason)
}

/** Nothing came for long: what is missing is asked for, a few times. */
export const dueFetching = (p: Parameters, state: Robust, key: Token, row: Fetching, stamp: Stamp): Made => {
  const g = row.gathering
  if (g === undefined)
    return row.tries >= p.nonMaxRetransmit
      ? fail(state, key, row, 'timeout')
      : begin(p, state, key, { ...row, tries: row.tries + 1 }, undefined, stamp)
  if (isWaitingForSink(p, row, g) || g.tries >= p.nonMaxRetransmit) return fail(state, key, row, 'timeout')
  const effects: RobustEffect[] = []
  const tries = g.tries + 1
  const next = askFor(p, state, key, { ...row, gathering: { ...g, tries } }, overdue(g, p.maxPayloads), effects)
  state.asking.put(row.request.remote, key, { ...next, dueAt: stamp.now + patienceOf(p, tries) })
  return [changed(state), effects]
}

/** Ends the transfer: the application is told, and nothing of it stays below. */
export const fail = (state: Robust, exchange: Token, row: Fetching, reason: FailureReason): Made => {
  const { remote } = row.request
  const effects: RobustEffect[] = []
  over(state, exchange, row, effects)
  if (row.notified !== undefined) {
    state.watching.remove(remote, exchange)
    effects.push(down({ type: 'cancel', exchange, remote }))
  }
  return [changed(state), [...effects, up({ type: 'failed', exchange, remote, reason })]]
}
/** Removes the row and its exchanges. */
export const over = (state: Robust, key: Token, row: Fetching, effects: RobustEffect[]): void => {
  release(state, row, row.tokens, effects)
  state.asking.remove(row.request.remote, key)
}

const begin = (p: Parameters, state: Robust, key: Token, row: Fetching, token: Token | undefined, { now }: Stamp): Made => {
  const effects: RobustEffect[] = []
  const { options, payload } = row.request
  const first = withOptions(withoutBlocks(options), [qBlock2(row.from / sizeOf(row.szx), true, row.szx)])
  const below = { options: first, payload, confirmable: row.probing, ...(token === undefined ? {} : { token }) }
  const next = askBelow(state, key, row, below, keptTokens, effects)
  state.asking.put(row.request.remote, key, { ...next, dueAt: row.probing ? Infinity : now + patienceOf(p, row.tries) })
  return [changed(state), effects]
}
/** Exchanges kept beside the first: answers may come under any. */
const keptTokens = 4

/** Whether the peer does not know bursts: it says so, or it answers in its own way (RFC 9177 §4.1). */
export const isUnknowing = ({ code, options }: Response): boolean => code === responses.BadOption || has(options, numbers.Block2)

/** Asks in blocks one by one, and remembers that (RFC 7959). */
const otherwise = (p: Parameters, state: Robust, key: Token, row: Fetching, stamp: Stamp): Made => {
  const { request, stream } = row
  const effects: RobustEffect[] = []
  learn(p, state, request.remote, false, stamp)
  over(state, key, row, effects)
  return [changed(state), [...effects, down({ type: 'ask', exchange: key, request, stream })]]
}

/** The whole body in one message. */
const alone = (p: Parameters, state: Robust, key: Token, row: Fetching, response: Response, stamp: Stamp): Made => {
  if (row.from > 0) return fail(state, key, row, 'incomplete')
  if (!row.stream) return handUp(state, key, row, response)
  const { payload, options } = response
  const one = accept(gathering(anySzx, payload.length), p.maxPayloads, 0, payload)
  return advance(p, state, key, { ...row, first: response, etag: find(options, numbers.ETag)?.value, gathering: one }, [], stamp)
}
/** Larger than any message. */
const anySzx = 20

/** What is known of the body once a block of it has come; `undefined` when the block does not say how large it is, or begins elsewhere. */
const begun = ({ from, szx }: Fetching, block: Block, size: number | undefined): Gathering | undefined =>
  size === undefined || block.szx === reservedSzx || block.szx > szx || from % sizeOf(block.szx) !== 0 || !isNumberable(size, block.szx)
    ? undefined
    : gathering(block.szx, size, from / sizeOf(block.szx))

/** What is wrong with a block; all of one body have the same ETag and Size2 (RFC 9177 §4.4, §4.6). */
const wrongWith = (
  p: Parameters,
  { first, etag: former, stream }: Fetching,
  g: Gathering,
  { num, more, szx }: Block,
  { code, options, payload }: Response,
  etag: Uint8Array | undefined,
): FailureReason | undefined => {
  if (first !== undefined && (!same(etag, former) || uint(options, numbers.Size2) !== g.size)) return 'changed'
  if ((first !== undefined && code !== first.code) || szx !== g.szx || !fits(g, num, more, payload.length)) return 'incomplete'
  return !stream && g.size > p.bodyBytesMax ? 'too-large' : undefined
}

/** Hands over what is in its turn, and asks for what is to come: the missing blocks, or the next set. */
const advance = (p: Parameters, state: Robust, key: Token, row: Fetching, lost: readonly number[], { now }: Stamp): Made => {
  const effects: RobustEffect[] = []
  let next = handOver(p, key, row, effects)
  const g = next.gathering!
  if (g.next === blocksOf(g) && next.outstanding === 0) return finish(state, key, next, effects)
  if (lost.length > 0) {
    next = { ...next, gathering: { ...g, askedFor: Math.floor((g.held.at(-1)?.num ?? 0) / p.maxPayloads) } }
    next = askFor(p, state, key, next, lost, effects)
  } else if (isSetStored(p, next, g) && g.held.length === 0 && g.next > next.continued) {
    next = below(state, key, { ...next, continued: g.next }, [qBlock2(g.next, true, g.szx)], effects)
  }
  const waitMs = isWaitingForSink(p, next, g) ? p.transferTimeoutMs : patienceOf(p, g.tries)
  state.asking.put(row.request.remote, key, { ...next, dueAt: now + waitMs })
  return [changed(state), effects]
}

/** Blocks in their turn: assembled, or offered while there is room in the window. */
const handOver = (p: Parameters, key: Token, row: Fetching, effects: RobustEffect[]): Fetching => {
  const { request, stream, etag } = row
  let { gathering: g, pieces, outstanding } = row
  for (let one = ready(g!); one !== undefined && (!stream || outstanding < p.windowBlocks); one = ready(g)) {
    g = handed(g!)
    if (!stream) {
      pieces = append(pieces, one.bytes)
      continue
    }
    const { size, szx } = g
    const last = g.next === blocksOf(g)
    outstanding++
    effects.push(up({ type: 'offer', exchange: key, request, offset: one.num * sizeOf(szx), bytes: one.bytes, last, body: { size, etag } }))
  }
  return { ...row, gathering: g, pieces, outstanding }
}

/** A set is complete and stored: there is room for another. */
const isSetStored = (p: Parameters, { outstanding }: Fetching, g: Gathering): boolean =>
  outstanding === 0 && g.next < blocksOf(g) && g.next % p.maxPayloads === 0
/** It is the sink's turn, not the peer's. */
const isWaitingForSink = (p: Parameters, { outstanding }: Fetching, g: Gathering): boolean =>
  outstanding > 0 && (ready(g) !== undefined || g.next === blocksOf(g) || g.next % p.maxPayloads === 0)

const askFor = (p: Parameters, state: Robust, key: Token, row: Fetching, nums: readonly number[], effects: RobustEffect[]): Fetching =>
  below(state, key, row, optionsFor(nums, row.gathering!.szx, p.maxPayloads), effects)
const below = (state: Robust, key: Token, row: Fetching, blocks: ReturnType<typeof optionsFor>, effects: RobustEffect[]): Fetching =>
  askBelow(
    state,
    key,
    row,
    { options: withOptions(row.options, blocks), payload: row.request.payload, confirmable: false },
    keptTokens,
    effects,
  )

/** Everything has come. */
const finish = (state: Robust, key: Token, row: Fetching, said: readonly RobustEffect[]): Made => {
  const { first, stream, gathering: g, etag } = row
  const whole: Response = {
    code: first!.code,
    options: without(first!.options, numbers.QBlock2),
    payload: stream ? noBytes : join(row.pieces),
  }
  const [next, effects] = handUp(state, key, row, stream ? { ...whole, body: { size: g!.size, etag } } : whole)
  return [next, [...said, ...effects]]
}
const handUp = (state: Robust, exchange: Token, row: Fetching, response: Response): Made => {
  const effects: RobustEffect[] = []
  const { request, notified, etag } = row
  over(state, exchange, row, effects)
  const watching = notified === undefined ? undefined : state.watching.get(request.remote, exchange)
  if (watching !== undefined) {
    const { sequence, ahead } = notified!
    state.watching.put(request.remote, exchange, { ...watching, sequence, ahead: ahead ? etag : undefined, restarts: 0 })
  }
  return [changed(state), [...effects, up({ type: 'answered', exchange, request, response, last: watching === undefined })]]
}
