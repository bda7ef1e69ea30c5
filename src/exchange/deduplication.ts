/** A message seen before is answered as before and not delivered again (RFC 7252 §4.5). */
import type { Instant } from '../core/machine.ts'
import { Table } from '../core/table.ts'
import { isRequest, methods, responses } from '../message/code.ts'
import type { Message } from '../message/message.ts'
import { exchangeLifetimeMs, nonLifetimeMs, type Parameters } from './parameters.ts'

/** One message taken in, and what was said to it. */
export interface Seen {
  readonly token: string
  readonly reply: Message | undefined
  readonly expiresAt: Instant
}

/** What a peer sent lately, by message ID: what may be computed again if need be, and what must be performed once. */
export interface Memory {
  readonly seen: Table<Seen>
  readonly performed: Table<Seen>
}

export const memory = (p: Parameters): Memory => ({
  seen: new Table({ name: 'seen', limit: p.seenMax, deadline: ({ expiresAt }) => expiresAt }),
  performed: new Table({ name: 'performed', limit: p.performedMax, deadline: ({ expiresAt }) => expiresAt }),
})

/** The row of this very message: a reused message ID has another token. */
export const recall = ({ seen, performed }: Memory, { remote, messageId, token }: Message): Seen | undefined => {
  const row = seen.get(remote, messageId) ?? performed.get(remote, messageId)
  return row?.token === token ? row : undefined
}

/** Remembers a new message; `false` when it must be refused because it may not be performed twice and there is no room to remember it. */
export const remember = (p: Parameters, { seen, performed }: Memory, message: Message, now: Instant): boolean => {
  const { type, remote, messageId, token } = message
  const row: Seen = { token, reply: undefined, expiresAt: now + (type === 'CON' ? exchangeLifetimeMs(p) : nonLifetimeMs(p)) }
  if (isRepeatable(message)) {
    if (performed.get(remote, messageId) !== undefined) performed.remove(remote, messageId)
    recollect(p, seen, remote, messageId, row)
    return true
  }
  const known = performed.get(remote, messageId) !== undefined
  if (!known && (performed.full || performed.count(remote) >= p.performedPerPeerMax)) return false
  seen.remove(remote, messageId)
  performed.put(remote, messageId, row)
  return true
}

/** Keeps the answer for the duplicates to come. */
export const answerKept = (p: Parameters, { seen, performed }: Memory, reply: Message): void => {
  const { remote, messageId } = reply
  const row = seen.get(remote, messageId)
  if (row !== undefined) return seen.put(remote, messageId, { token: row.token, reply, expiresAt: row.expiresAt })
  const once = performed.get(remote, messageId)
  if (once === undefined) return
  const kept: Seen = { token: once.token, reply, expiresAt: once.expiresAt }
  if (reply.code !== responses.Continue) return performed.put(remote, messageId, kept)
  performed.remove(remote, messageId) // the next block supersedes it: the transfer can say it again
  recollect(p, seen, remote, messageId, kept)
}

/** When something is to be forgotten. */
export const forgetAt = ({ seen, performed }: Memory): Instant => Math.min(seen.deadline(), performed.deadline())

/** Forgets what has expired. */
export const forget = ({ seen, performed }: Memory, now: Instant): void => {
  for (const table of [seen, performed]) for (let row = table.due(now); row !== undefined; row = table.due(now)) table.remove(row.scope, row.key)
}

/** Puts a row that may be let go early; the peer's oldest makes room. */
const recollect = (p: Parameters, seen: Table<Seen>, remote: string, messageId: number, row: Seen) => {
  if (seen.get(remote, messageId) !== undefined) seen.remove(remote, messageId)
  else if (seen.count(remote) >= p.seenPerPeerMax) seen.remove(remote, seen.oldest(remote)!.key)
  else if (seen.full) {
    const nearest = seen.first()!
    seen.remove(nearest.scope, nearest.key)
  }
  seen.put(remote, messageId, row)
}

/** May be computed again (RFC 7252 §4.5: idempotent, and cheap enough): GET, FETCH, and everything that is no request. */
const isRepeatable = ({ code }: Message) => code === methods.GET || code === methods.FETCH || !isRequest(code)
