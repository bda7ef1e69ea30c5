/** An established association: the keys of both directions, sequence numbers, Connection IDs (RFC 6347 §4.1, RFC 9146). */
import type { Instant } from '../../core/machine.ts'
import type { Sent } from './flight.ts'
import type { Keys } from './protection.ts'
import type { ReplayWindow } from './replay.ts'

/** Both roles have the same. There is one epoch of it, for there is no renegotiation: 1. */
export interface Link {
  readonly write: Keys
  readonly read: Keys
  /** Of the next record that we send. */
  readonly sequence: number
  readonly window: ReplayWindow
  /** What the peer writes; empty or absent: nothing. */
  readonly ownCid: Uint8Array | undefined
  /** What we write. */
  readonly peerCid: Uint8Array | undefined
  /** Of the pre-shared key that both proved to have. */
  readonly identity: Uint8Array
  readonly sessionId: Uint8Array
  /** The last flight of the handshake, for a peer that did not get it. */
  readonly last: LastFlight | undefined
}
export interface LastFlight {
  readonly sent: readonly Sent[]
  /** Of the next record in the clear. */
  readonly sequence: number
  readonly forgetAt: Instant
}
