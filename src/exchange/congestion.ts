/** One peer: its message IDs and its share of the line (RFC 7252 §4.4, §4.7). */
import { roll } from '../core/dice.ts'
import type { Instant, Stamp } from '../core/machine.ts'
import type { Purpose, Submission } from '../message/message.ts'
import { exchangeLifetimeMs, type Parameters } from './parameters.ts'

export interface Peer {
  readonly nextMessageId: number
  /** Confirmable messages under way. */
  readonly outstanding: number
  /** Those that wait for it, oldest first. */
  readonly waiting: readonly Submission[]
  /** The purpose that had the last turn. */
  readonly lastTurn: Purpose | undefined
  /** When nothing has to be known of the peer any more. */
  readonly expiresAt: Instant
}

/** A peer never written to, or forgotten since: its message IDs begin anywhere (RFC 7252 §4.4). */
export const newPeer = (p: Parameters, { now, dice }: Stamp): Peer => ({
  nextMessageId: roll(dice, 'message ID') & 0xffff,
  outstanding: 0,
  waiting: [],
  lastTurn: undefined,
  expiresAt: now + 2 * exchangeLifetimeMs(p),
})

/** Whether a confirmable message must wait. */
export const isBusy = (p: Parameters, { outstanding }: Peer): boolean => outstanding >= p.nstart

/** One more message numbered `nextMessageId` leaves. The expiry moves in strides, so that most messages leave it alone. */
export const sent = (p: Parameters, peer: Peer, now: Instant, messageId: number, confirmable: boolean): Peer => ({
  nextMessageId: (messageId + 1) & 0xffff,
  outstanding: confirmable ? peer.outstanding + 1 : peer.outstanding,
  waiting: peer.waiting,
  lastTurn: peer.lastTurn,
  expiresAt: peer.expiresAt - now < exchangeLifetimeMs(p) ? now + 2 * exchangeLifetimeMs(p) : peer.expiresAt,
})

/** The message whose turn it is: the oldest of another purpose than the last one's, else the oldest. */
export const nextTurn = ({ waiting, lastTurn }: Peer): Submission | undefined => waiting.find(({ purpose }) => purpose !== lastTurn) ?? waiting[0]
