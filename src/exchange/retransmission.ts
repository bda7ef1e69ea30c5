/** One message waiting for its acknowledgement, or for its rejection (RFC 7252 §4.2, §4.3). */
import { chance } from '../core/dice.ts'
import type { Instant, Stamp } from '../core/machine.ts'
import { Table } from '../core/table.ts'
import type { Submission } from '../message/message.ts'
import { nonLifetimeMs, type Parameters } from './parameters.ts'

/** A message under way. A NON whose sender wants to hear of an RST waits too, but is never sent again. */
export interface Outgoing {
  readonly message: Submission
  readonly timeoutMs: number
  readonly dueAt: Instant
  readonly retransmissions: number
  /** Takes the message's place at the next transmission (RFC 7641 §4.5.2). */
  readonly newer: Submission | undefined
}

/** Confirmable messages under way, by message ID; alias: the reference. */
export const outgoingTable = (p: Parameters): Table<Outgoing> =>
  new Table({ name: 'outgoing', limit: p.outgoingMax, deadline: ({ dueAt }) => dueAt, alias: referenceOf })
/** Non-confirmable messages that may yet be rejected, by message ID; alias: the reference. When it is full the oldest make room. */
export const unconfirmedTable = (p: Parameters): Table<Outgoing> =>
  new Table({ name: 'unconfirmed', limit: p.outgoingMax, deadline: ({ dueAt }) => dueAt, alias: referenceOf })
const referenceOf = ({ message: { reference } }: Outgoing) => (reference === '' ? undefined : reference)

/** The first transmission: its time-out is anywhere between ACK_TIMEOUT and ACK_TIMEOUT * ACK_RANDOM_FACTOR. */
export const begin = (p: Parameters, message: Submission, { now, dice }: Stamp): Outgoing => {
  if (message.type === 'NON') return { message, timeoutMs: 0, dueAt: now + nonLifetimeMs(p), retransmissions: 0, newer: undefined }
  const timeoutMs = Math.round(p.ackTimeoutMs * (1 + (p.ackRandomFactor - 1) * chance(dice, 'back-off')))
  return { message, timeoutMs, dueAt: now + timeoutMs, retransmissions: 0, newer: undefined }
}

/** The next transmission, its time-out doubled; `undefined` when there was the last. */
export const again = (p: Parameters, { message, timeoutMs, retransmissions, newer }: Outgoing, now: Instant): Outgoing | undefined =>
  message.type === 'NON' || retransmissions >= p.maxRetransmit
    ? undefined
    : { message, timeoutMs: timeoutMs * 2, dueAt: now + timeoutMs * 2, retransmissions: retransmissions + 1, newer }
