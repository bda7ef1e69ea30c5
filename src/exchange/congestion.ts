/** How much goes to one peer at once (RFC 7252 §4.7). */
import { roll } from '../core/dice.ts'
import type { Instant, Stamp } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import { Table } from '../core/table.ts'
import { isRequest } from '../message/code.ts'
import type { Message, Submission } from '../message/message.ts'
import { emptyLine, type Line } from './line.ts'
import { blocksAfter, type Numbering } from './numbering.ts'
import { exchangeLifetimeMs, type Parameters } from './parameters.ts'

/** One peer that we write to: its message IDs, and the line before its door. */
export interface Peer extends Numbering {
  readonly line: Line
  /** When a message ID is free again, if somebody waits for it. */
  readonly freeAt: Instant
  /** When nothing has to be known of the peer any more. */
  readonly expiresAt: Instant
}

export const peersTable = (p: Parameters): Table<Peer> =>
  new Table({ name: 'peers', limit: p.peersMax, deadline: ({ freeAt, expiresAt }) => Math.min(freeAt, expiresAt) })

/** A peer never written to, or forgotten since: its message IDs begin anywhere (RFC 7252 §4.4). */
export const newPeer = (p: Parameters, { now, dice }: Stamp): Peer => {
  const nextMessageId = roll(dice, 'message ID') & 0xffff
  return {
    nextMessageId,
    firstMessageId: nextMessageId,
    blocks: [],
    line: emptyLine,
    freeAt: Infinity,
    expiresAt: now + 2 * exchangeLifetimeMs(p),
  }
}

/** One more message leaves under this message ID. The expiry moves in strides, so that most messages leave it alone. */
export const sent = (p: Parameters, peer: Peer, messageId: number, now: Instant): Peer => ({
  nextMessageId: (messageId + 1) & 0xffff,
  firstMessageId: peer.firstMessageId,
  blocks: blocksAfter(p, peer, messageId, now),
  line: peer.line,
  freeAt: peer.freeAt,
  expiresAt: peer.expiresAt - now < exchangeLifetimeMs(p) ? now + 2 * exchangeLifetimeMs(p) : peer.expiresAt,
})

/** Non-confirmable requests since we last heard from the peer. When `dueAt` has come, no answer is expected any more, and PROBING_RATE is kept. */
export interface Probe {
  readonly unanswered: number
  readonly dueAt: Instant
}
export const probesTable = (p: Parameters): Table<Probe> => new Table({ name: 'probes', limit: p.peersMax, deadline: ({ dueAt }) => dueAt })

/** Whether the message asks a peer that may not be there, without the care that a CON takes. */
export const isProbe = ({ type, code, purpose }: Submission): boolean => type === 'NON' && purpose !== 'burst' && isRequest(code)

/** Whether another one must wait, for the peer or for its time. */
export const isSilent = (p: Parameters, probes: Table<Probe>, remote: Remote): boolean =>
  probes.size > 0 && (probes.get('', remote)?.unanswered ?? 0) >= p.nstart

/** Notes one more. So many silent peers that the table is full are not counted. */
export const probed = (p: Parameters, probes: Table<Probe>, message: Submission, now: Instant): void => {
  const former = probes.get('', message.remote)
  if (former === undefined && probes.full) return
  const durationMs = Math.ceil((octetsOf(message) * 1000) / p.probingRate)
  probes.put('', message.remote, { unanswered: (former?.unanswered ?? 0) + 1, dueAt: Math.max(now, former?.dueAt ?? now) + durationMs })
}

/** How large the datagram will be, within an octet or two for each option. */
export const octetsOf = ({ token, options, payload }: Message): number => {
  let octets = 4 + token.length / 2 + (payload.length === 0 ? 0 : payload.length + 1)
  for (let i = 0; i < options.length; i++) octets += 1 + options[i]!.value.length
  return octets
}
