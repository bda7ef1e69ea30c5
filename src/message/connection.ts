/** One connection to a peer over a reliable transport, and what it can be told (RFC 8323 §5). */
import { none, type Instant } from '../core/machine.ts'
import type { ClosedReason, Remote } from '../core/ports.ts'
import type { Message, Submission, Token } from './message.ts'

/** What a connection can be told. */
export interface SignalParameters {
  /** The longest message we take, said in our CSM (RFC 8323 §5.3.1). */
  readonly maxMessageBytes: number
  readonly maxConnections: number
  /** Messages that wait for a connection to open. */
  readonly waitingMax: number
  /** How long a peer that released the connection is still answered (RFC 8323 §5.5), and how long one that asks for custody waits at most (§5.4.1). */
  readonly releaseMs: number
  /** How long a message may take from its first octet to its last. */
  readonly messageMs: number
  /** How long a peer may take to say its settings. */
  readonly settingsMs: number
  /** A connection in which nothing came for so long is pinged, by who accepted it a quarter later, so that one ping does for both; `Infinity`: never. */
  readonly idleMs: number
  /** How long the answer to that may take. */
  readonly pongMs: number
}
export const defaultSignals: SignalParameters = {
  maxMessageBytes: 1 << 16,
  maxConnections: 10_000,
  waitingMax: 64,
  releaseMs: 2_000,
  messageMs: 60_000,
  settingsMs: 20_000,
  idleMs: 3_600_000,
  pongMs: 60_000,
}

/** One connection. */
export interface Connection {
  readonly remote: Remote
  readonly phase: 'opening' | 'open' | 'ending'
  /** The peer opened it. */
  readonly accepted: boolean
  /** What waits for it to open. */
  readonly waiting: readonly Message[]
  /** The peer's CSM has come. */
  readonly heard: boolean
  /** The longest message that the peer takes. */
  readonly peerMaxBytes: number
  /** The peer said that it knows blocks (RFC 8323 §5.3.2). */
  readonly blockWise: boolean
  /** Pings without a pong yet, by token. */
  readonly pings: readonly { readonly token: string; readonly reference: Submission['reference'] }[]
  readonly nextPing: number
  /** Released: when it is closed. */
  readonly closeAt: Instant
  /** The peer's requests that we have not answered, and ours that it has not. */
  readonly owed: readonly Token[]
  readonly awaited: readonly Token[]
  /** There were too many of those to keep: nobody knows any more. */
  readonly uncounted: boolean
  /** The peer's pings that ask for custody: answered when nothing is owed, at the latest then. */
  readonly custodies: readonly { readonly token: Token; readonly dueAt: Instant }[]
  /** When something came, give or take; before anything did, when it opened. */
  readonly heardAt: Instant
  /** When it was pinged because it was idle. */
  readonly probedAt: Instant
  /** Why it ends, if that is not that we were asked. */
  readonly ended: { readonly reason: ClosedReason; readonly detail: string } | undefined
}

/** The longest message that everybody takes, and that is sent before a CSM says more (RFC 8323 §5.3.1). */
export const baseMaxBytes = 1_152

/** At most so many pings wait for their pong, and so many of the peer's for custody. */
export const pingsMax = 16

/** A connection that is asked for. */
export const opening = (remote: Remote): Connection => ({
  remote,
  phase: 'opening',
  accepted: false,
  waiting: none,
  heard: false,
  blockWise: false,
  peerMaxBytes: baseMaxBytes,
  pings: none,
  nextPing: 0,
  closeAt: Infinity,
  owed: none,
  awaited: none,
  uncounted: false,
  custodies: none,
  heardAt: Infinity,
  probedAt: Infinity,
  ended: undefined,
})

/** A ping that somebody above asked for; the others are our own. */
export const isAsked = ({ reference }: Connection['pings'][number]): boolean => reference !== ''

/** When it next has work of its own: only what is open has. */
export const dueAt = (p: SignalParameters, { phase, accepted, closeAt, custodies, heard, heardAt, probedAt }: Connection): Instant =>
  phase !== 'open'
    ? Infinity
    : Math.min(
        closeAt,
        custodies[0]?.dueAt ?? Infinity,
        probedAt < Infinity ? probedAt + p.pongMs : heardAt + (!heard ? p.settingsMs : accepted ? p.idleMs * 1.25 : p.idleMs),
      )
