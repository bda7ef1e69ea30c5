/** A message seen before is answered as before and not delivered again (RFC 7252 §4.5). */
import type { Instant, Key } from '../core/machine.ts'
import { Table } from '../core/table.ts'
import { empty, isRequest, methods, responses } from '../message/code.ts'
import type { Message } from '../message/message.ts'
import { has, options } from '../message/option.ts'
import { exchangeLifetimeMs, nonLifetimeMs, type Parameters } from './parameters.ts'

/** One message taken in, and what was said to it. */
export interface Seen {
  readonly token: string
  readonly reply: Message | undefined
  /** What the reply weighs, if it weighs anything: see `octetsOf`. */
  readonly octets: number
  readonly expiresAt: Instant
}

/** The octets of the answers kept for one peer. */
export interface Kept {
  readonly seen: number
  readonly performed: number
}

/** What a peer sent lately, by message ID: what may be computed again if need be, and what must be performed once. */
export interface Memory {
  readonly seen: Table<Seen>
  readonly performed: Table<Seen>
  /** Of those: the ones whose message ID was used again meanwhile, by message ID and token. */
  readonly reused: Table<Seen>
  readonly kept: Table<Kept>
}

export const memory = (p: Parameters): Memory => ({
  seen: new Table({ name: 'seen', limit: p.seenMax, deadline: ({ expiresAt }) => expiresAt }),
  performed: new Table({ name: 'performed', limit: p.performedMax, deadline: ({ expiresAt }) => expiresAt }),
  reused: new Table({ name: 'reused', limit: p.performedMax, deadline: ({ expiresAt }) => expiresAt }),
  kept: new Table({ name: 'kept', limit: p.seenMax + 2 * p.performedMax }),
})

/** The row of this very message: a reused message ID has another token. */
export const recall = ({ seen, performed, reused }: Memory, { remote, messageId, token }: Message): Seen | undefined => {
  const row = seen.get(remote, messageId)
  if (row !== undefined && row.token === token) return row
  const once = performed.get(remote, messageId)
  if (once !== undefined && once.token === token) return once
  return reused.size === 0 ? undefined : reused.get(remote, older(messageId, token))
}

/** Remembers a new message; `false` when it must be refused because it may not be performed twice and there is no room to remember it. */
export const remember = (p: Parameters, state: Memory, message: Message, now: Instant): boolean => {
  const { type, remote, messageId, token } = message
  const row: Seen = { token, reply: undefined, octets: 0, expiresAt: now + (type === 'CON' ? exchangeLifetimeMs(p) : nonLifetimeMs(p)) }
  if (isRepeatable(message)) {
    recollect(p, state, remote, messageId, row)
    return true
  }
  const { performed, reused, kept } = state
  if (performed.full || reused.full || performed.count(remote) + reused.count(remote) >= p.performedPerPeerMax) return false
  if (kept.size > 0 && (kept.get('', remote)?.performed ?? 0) >= p.performedBytesPerPeerMax) return false
  const former = performed.get(remote, messageId)
  if (former !== undefined) reused.put(remote, older(messageId, former.token), former)
  performed.put(remote, messageId, row)
  return true
}

/** Notes that a message was refused: its duplicates hear the same. */
export const refusalKept = (p: Parameters, state: Memory, { remote, messageId, token }: Message, reply: Message, now: Instant): void =>
  recollect(p, state, remote, messageId, { token, reply, octets: 0, expiresAt: now + exchangeLifetimeMs(p) })

/** Keeps the answer for the duplicates to come. An answer 2.31 need not be kept to the end: the transfer can say it again (RFC 7959 §2.9.1). */
export const answerKept = (p: Parameters, state: Memory, reply: Message): void => {
  const { seen } = state
  const { remote, messageId } = reply
  const octets = octetsOf(reply)
  const row = seen.get(remote, messageId)
  if (row !== undefined && isFor(reply, row)) {
    if (octets > p.seenBytesPerPeerMax) return forgetOne(state, seen, remote, messageId, row)
    seen.put(remote, messageId, { token: row.token, reply, octets, expiresAt: row.expiresAt })
    if (octets > 0) weigh(p, state, remote, messageId, octets)
    return
  }
  let table = state.performed
  let key: Key = messageId
  let once = table.get(remote, key)
  if ((once === undefined || !isFor(reply, once)) && state.reused.size > 0) {
    table = state.reused
    key = older(messageId, reply.token)
    once = table.get(remote, key)
  }
  if (once === undefined || !isFor(reply, once)) return
  const kept: Seen = { token: once.token, reply, octets, expiresAt: once.expiresAt }
  if (reply.code !== responses.Continue) {
    table.put(remote, key, kept)
    if (octets > 0) account(state, remote, 0, octets)
    return
  }
  table.remove(remote, key)
  if (octets > p.seenBytesPerPeerMax) return
  recollect(p, state, remote, messageId, kept)
  if (octets > 0) weigh(p, state, remote, messageId, octets)
}

/** When something is to be forgotten. */
export const forgetAt = ({ seen, performed, reused }: Memory): Instant => Math.min(seen.deadline(), performed.deadline(), reused.deadline())

/** Forgets what has expired; whether there was anything. */
export const forgetExpired = (state: Memory, now: Instant): boolean => {
  let any = false
  for (const table of [state.seen, state.performed, state.reused]) any = forgetDue(state, table, now) || any
  return any
}
const forgetDue = (state: Memory, table: Table<Seen>, now: Instant): boolean => {
  let any = false
  for (let at = table.due(now); at !== undefined; at = table.due(now)) {
    forgetOne(state, table, at.scope, at.key, at.row)
    any = true
  }
  return any
}

/** Forgets everything that came from the remote: it is another endpoint now. */
export const forgetRemote = (state: Memory, remote: string): void => {
  for (const table of [state.seen, state.performed, state.reused]) for (const { key } of [...table.in(remote)]) table.remove(remote, key)
  state.kept.remove('', remote)
}

/** Forgets one message. */
export const forgetMessage = (state: Memory, { remote, messageId }: Pick<Message, 'remote' | 'messageId'>): void => {
  for (const table of [state.seen, state.performed]) {
    const row = table.get(remote, messageId)
    if (row !== undefined) forgetOne(state, table, remote, messageId, row)
  }
}

/** Puts a row that may be let go early; the peer's oldest make room, several at once because finding the oldest costs. */
const recollect = (p: Parameters, state: Memory, remote: string, messageId: number, row: Seen) => {
  const { seen } = state
  const former = seen.get(remote, messageId)
  if (former !== undefined) forgetOne(state, seen, remote, messageId, former)
  else if (seen.count(remote) >= p.seenPerPeerMax) letGo(state, remote, Math.ceil(p.seenPerPeerMax / 16))
  else if (seen.full) {
    const nearest = seen.first()!
    forgetOne(state, seen, nearest.scope, nearest.key, nearest.row)
  }
  seen.put(remote, messageId, row)
}
const letGo = (state: Memory, remote: string, count: number) => {
  let left = count
  for (const { key, row } of state.seen.in(remote)) {
    forgetOne(state, state.seen, remote, key, row)
    if (--left === 0) return
  }
}

/** Counts an answer; beyond the peer's bound the oldest are let go, down to three quarters of it. */
const weigh = (p: Parameters, state: Memory, remote: string, messageId: number, octets: number) => {
  let total = account(state, remote, octets, 0)
  if (total <= p.seenBytesPerPeerMax) return
  for (const { key, row } of state.seen.in(remote)) {
    if (row.octets === 0 || key === messageId) continue
    total -= row.octets
    forgetOne(state, state.seen, remote, key, row)
    if (total <= p.seenBytesPerPeerMax * 0.75) return
  }
}
const forgetOne = (state: Memory, table: Table<Seen>, remote: string, key: Key, { octets }: Seen) => {
  table.remove(remote, key)
  if (octets > 0) account(state, remote, table === state.seen ? -octets : 0, table === state.seen ? 0 : -octets)
}
const account = ({ kept }: Memory, remote: string, seen: number, performed: number): number => {
  const row = kept.get('', remote)
  const next: Kept = { seen: (row?.seen ?? 0) + seen, performed: (row?.performed ?? 0) + performed }
  if (next.seen + next.performed <= 0) kept.remove('', remote)
  else kept.put('', remote, next)
  return next.seen
}

/** Small answers are bounded by their number and weigh nothing. */
const octetsOf = ({ payload, options }: Message): number => {
  let octets = payload.length
  for (let i = 0; i < options.length; i++) octets += options[i]!.value.length + 3
  return octets <= 64 ? 0 : octets
}

/** Whether the reply answers the message of this row. */
const isFor = (reply: Message, row: Seen) => row.reply === undefined && (reply.code === empty || reply.token === row.token)

/** Where a request stays that must be remembered although its message ID was used again. */
const older = (messageId: number, token: string): Key => `${messageId} ${token}`

/** May be computed again (RFC 7252 §4.5: idempotent, and cheap enough): GET, FETCH, everything that is no request, and blocks that are told apart by their Request-Tag (RFC 9177 §4.3). */
const isRepeatable = ({ code, options: all }: Message) =>
  code === methods.GET || code === methods.FETCH || !isRequest(code) || (has(all, options.QBlock1) && has(all, options.RequestTag))
