/** The body of a peer's request, received in bursts: Q-Block1 (RFC 9177 §4.3, §7.2). */
import { none, type Stamp } from '../../core/machine.ts'
import { down, up } from '../../core/stack.ts'
import type { Placed } from '../../core/table.ts'
import type { Answer, Asked, Request, Response } from '../../exchange/exchange.ts'
import type { Parameters } from '../../exchange/parameters.ts'
import { isSuccess, methods, responses, type Code } from '../../message/code.ts'
import { noBytes, noOptions } from '../../message/message.ts'
import { has, options as numbers, uint, uintOption, without, type Option } from '../../message/option.ts'
import { blockOf, reservedSzx, sizeOf } from '../block.ts'
import type { Refused } from '../body.ts'
import { append, join, noPieces } from '../pieces.ts'
import { answerBlock, bodyKey, heldBytesMax, notOfRequestBody, perPeerMax, type TransfersOptions } from '../transfer.ts'
import { burst, said } from './bursting.ts'
import { accept, blocksOf, fits, gathering, handed, overdue, overtaken, ready, type Gathering } from './gathering.ts'
import { encodeMissing, missingBlocksFormat } from './missing.ts'
import { isNumberable } from './question.ts'
import { changed, patienceOf, type Made, type Robust, type RobustEffect, type Taking } from './rows.ts'

/** A block of a peer's body came. Its exchange is over at once: what is said later goes under its token. */
export const blockCame = (p: Parameters, state: Robust, asked: Asked, streams: TransfersOptions['streams'], stamp: Stamp): Made => {
  const { exchange, request } = asked
  const { remote, options, payload } = request
  const block = blockOf(options, numbers.QBlock1)!
  const size = uint(options, numbers.Size1)
  const refuse = (code: Code, more: readonly Option[] = []): Made => [state, [answerBlock(exchange, request, code, more)]]
  if (size === undefined || !has(options, numbers.RequestTag) || block.szx === reservedSzx || !isNumberable(size, block.szx))
    return refuse(responses.BadRequest)
  const key = bodyKey(request, ignored, false)
  const known = state.taking.get(remote, key)
  const body = known?.gathering ?? gathering(block.szx, size)
  if (body.size !== size || body.szx !== block.szx || !fits(body, block.num, block.more, payload.length))
    return refuse(responses.BadRequest)
  const stream = known?.stream ?? streams?.(plain(request)) ?? false
  if (!stream && size > p.bodyBytesMax) return refuse(responses.RequestEntityTooLarge, [uintOption(numbers.Size1, p.bodyBytesMax)])
  if ((known === undefined && !hasRoom(p, state, remote)) || (!stream && state.heldBytes + payload.length > heldBytesMax(p)))
    return refuse(responses.ServiceUnavailable)
  const latest: Request = { ...request, payload: noBytes }
  const row: Taking =
    known === undefined ? { ...fresh(asked, body, stream), latest, dueAt: stamp.now + patienceOf(p, 0) } : { ...known, latest }
  // Of a streaming body nothing is held that would have to be counted off.
  const [, over] = known === undefined && block.num === 0 && stream ? begunAnew(state, request) : [state, none]
  const effects: RobustEffect[] = [...over, down({ type: 'cancel', exchange, remote })]
  if (row.done) return again(state, key, row, effects)
  const next = accept(body, p.maxPayloads, block.num, payload)
  if (next === undefined) return repeated(p, state, key, row, effects)
  return advance(p, state, key, { ...row, gathering: next }, overtaken(next, p.maxPayloads, block.num), effects, stamp)
}

/** The sink stored a block. */
export const storedOf = (p: Parameters, state: Robust, { key, row }: Placed<Taking>, stamp: Stamp): Made =>
  row.outstanding === 0 || row.done ? [state, none] : advance(p, state, key, { ...row, outstanding: row.outstanding - 1 }, [], [], stamp)

/** The sink did not: the peer is told, now and whenever it sends more. */
export const unstoredOf = (
  p: Parameters,
  state: Robust,
  { key, row }: Placed<Taking>,
  { reason, code = refusals[reason] }: Refused,
  { now }: Stamp,
): Made => {
  if (row.done) return [state, none]
  const response: Response = { code, options: noOptions, payload: noBytes }
  state.taking.put(row.latest.remote, key, { ...emptied(row), done: true, response, dueAt: now + p.transferTimeoutMs })
  return [changed(state, -heldBy(row)), [said(row.latest, response, undefined)]]
}
const refusals: Readonly<Record<Refused['reason'], Code>> = {
  'too-large': responses.RequestEntityTooLarge,
  sink: responses.InternalServerError,
  busy: responses.ServiceUnavailable,
}

/** The application answered the whole: under the token of the latest block, in bursts if it must be. */
export const answeredWhole = (p: Parameters, state: Robust, { key, row }: Placed<Taking>, { response }: Answer, stamp: Stamp): Made => {
  const { latest } = row
  const { remote } = latest
  const szx = Math.min(p.szx, row.gathering.szx)
  if (isSuccess(response.code) && (response.body !== undefined || response.payload.length > sizeOf(szx))) {
    state.taking.put(remote, key, { ...row, response: undefined })
    const answer: Answer = { type: 'answer', exchange: row.exchange, request: latest, response, last: true, again: true }
    return burst(p, state, answer, { szx, whole: true, nums: [], continues: undefined }, stamp)
  }
  state.taking.put(remote, key, { ...row, response })
  return [changed(state), [said(latest, response, undefined)]]
}

/** Nothing came for long: what is missing is asked for, a few times (RFC 9177 §7.2). */
export const dueTaking = (p: Parameters, state: Robust, { scope, key, row }: Placed<Taking>, { now }: Stamp): Made => {
  const { gathering: g } = row
  if (row.done || isWaitingForSink(p, row) || g.tries >= p.nonMaxRetransmit) return abandon(state, { scope, key, row })
  const tries = g.tries + 1
  state.taking.put(scope, key, { ...row, gathering: { ...g, tries }, dueAt: now + patienceOf(p, tries) })
  return [changed(state), [incomplete(row, overdue(g, p.maxPayloads))]]
}

/** Nobody goes on with it. */
export const abandon = (state: Robust, { scope: remote, key, row }: Placed<Taking>): Made => {
  state.taking.remove(remote, key)
  return [changed(state, -heldBy(row)), row.stream && !row.done ? [up({ type: 'abandoned', exchange: row.exchange, remote })] : none]
}

/** The peer begins to PUT the same anew, block by block or under another Request-Tag: what it began before is over. */
export const begunAnew = (state: Robust, { remote, code, options }: Request): Made => {
  if (state.taking.size === 0 || code !== methods.PUT) return [state, none]
  const place = placeKey({ code, options })
  const old = [...state.taking.in(remote)].filter(({ row }) => row.stream && !row.done && placeKey(row.latest) === place)
  let next = state
  const effects = old.flatMap((at) => {
    const [after, said] = abandon(next, at)
    next = after
    return said
  })
  return [next, effects]
}
const placeKey = ({ code, options }: Pick<Request, 'code' | 'options'>): string =>
  bodyKey({ code, options, payload: noBytes }, [...ignored, numbers.RequestTag], false)

const ignored: readonly number[] = [...notOfRequestBody, numbers.QBlock1, numbers.QBlock2]

/** Room for one more body: if need be that of one which is done with. */
const hasRoom = (p: Parameters, { taking }: Robust, remote: string): boolean => {
  if (taking.count(remote) < perPeerMax(p) && !taking.full) return true
  for (const { key, row } of taking.in(remote))
    if (row.done) {
      taking.remove(remote, key)
      return true
    }
  return false
}

const fresh = ({ exchange, request }: Asked, g: Gathering, stream: boolean): Taking => ({
  exchange,
  gathering: g,
  pieces: noPieces,
  stream,
  outstanding: 0,
  latest: request,
  done: false,
  response: undefined,
  dueAt: 0,
})

/** Octets that the row has of the application's body, counted. */
const heldBy = ({ stream, done, gathering: g }: Taking): number => {
  let octets = stream || done ? 0 : Math.min(g.size, g.next * sizeOf(g.szx))
  if (!stream && !done) for (const { bytes } of g.held) octets += bytes.length
  return octets
}
const emptied = (row: Taking): Taking => ({ ...row, pieces: noPieces, gathering: { ...row.gathering, held: [] } })

/** The body was complete before: its answer is said again, if there is one (RFC 9177 §4.3). */
const again = (state: Robust, key: string, row: Taking, effects: RobustEffect[]): Made => {
  state.taking.put(row.latest.remote, key, row)
  if (row.response !== undefined) effects.push(said(row.latest, row.response, undefined))
  return [changed(state), effects]
}

/** A block that came before is answered as if it had not: when it was the last of what was asked for, the peer is told to go on. */
const repeated = (p: Parameters, state: Robust, key: string, row: Taking, effects: RobustEffect[]): Made => {
  state.taking.put(row.latest.remote, key, row)
  if (isSetStored(p, row)) effects.push(goOn(row))
  return [changed(state), effects]
}

/** Hands over what is in its turn, and says what is due: that all has come, that a set has, or what is missing. */
const advance = (
  p: Parameters,
  state: Robust,
  key: string | number,
  row: Taking,
  lost: readonly number[],
  effects: RobustEffect[],
  { now }: Stamp,
): Made => {
  const { remote } = row.latest
  const before = state.taking.get(remote, key)
  let next = handOver(p, row, effects)
  const g = next.gathering
  if (g.next === blocksOf(g) && next.outstanding === 0) {
    effects.push(up({ type: 'asked', exchange: next.exchange, request: wholeOf(next) }))
    state.taking.put(remote, key, { ...emptied(next), done: true, dueAt: now + p.transferTimeoutMs })
    return [changed(state, before === undefined ? 0 : -heldBy(before)), effects]
  }
  if (lost.length > 0) {
    effects.push(incomplete(next, lost))
    next = { ...next, gathering: { ...g, askedFor: Math.floor((g.held.at(-1)?.num ?? 0) / p.maxPayloads) } }
  } else if (isSetStored(p, next)) effects.push(goOn(next))
  state.taking.put(remote, key, { ...next, dueAt: now + (isWaitingForSink(p, next) ? p.transferTimeoutMs : patienceOf(p, g.tries)) })
  return [changed(state, heldBy(next) - (before === undefined ? 0 : heldBy(before))), effects]
}

/** Blocks in their turn: assembled, or offered while there is room in the window. */
const handOver = (p: Parameters, row: Taking, effects: RobustEffect[]): Taking => {
  const { exchange, latest: request, stream } = row
  let { gathering: g, pieces, outstanding } = row
  for (let one = ready(g); one !== undefined && (!stream || outstanding < p.windowBlocks); one = ready(g)) {
    g = handed(g)
    if (!stream) {
      pieces = append(pieces, one.bytes)
      continue
    }
    outstanding++
    const { num, bytes } = one
    const last = g.next === blocksOf(g)
    const offset = num * sizeOf(g.szx)
    effects.push(up({ type: 'offer', exchange, request: plain(request), offset, bytes, last, body: { size: g.size, etag: undefined } }))
  }
  return { ...row, gathering: g, pieces, outstanding }
}
const plain = (request: Request): Request => ({ ...request, options: without(request.options, numbers.QBlock1, numbers.QBlock2) })
const wholeOf = ({ latest, stream, pieces, gathering: { size } }: Taking): Request =>
  stream ? { ...plain(latest), body: { size, etag: undefined } } : { ...plain(latest), payload: join(pieces) }

/** A set is complete and stored, and more are to come. */
const isSetStored = (p: Parameters, { outstanding, gathering: g }: Taking): boolean =>
  outstanding === 0 && g.held.length === 0 && g.next > 0 && g.next < blocksOf(g) && g.next % p.maxPayloads === 0
/** It is the sink's turn, not the peer's. */
const isWaitingForSink = (p: Parameters, { outstanding, gathering: g }: Taking): boolean =>
  outstanding > 0 && (ready(g) !== undefined || g.next === blocksOf(g) || g.next % p.maxPayloads === 0)

/** Numbers that fit in one message (RFC 9177 §5). */
const missingMax = 200

const goOn = ({ latest }: Taking): RobustEffect =>
  said(latest, { code: responses.Continue, options: noOptions, payload: noBytes }, undefined)
const incomplete = ({ latest }: Taking, nums: readonly number[]): RobustEffect =>
  said(
    latest,
    {
      code: responses.RequestEntityIncomplete,
      options: [uintOption(numbers.ContentFormat, missingBlocksFormat)],
      payload: encodeMissing(nums.slice(0, missingMax)),
    },
    undefined,
  )
