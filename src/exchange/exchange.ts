/** Requests and responses, and the words in which the floors above the messages speak (RFC 7252 §5, RFC 7641). */
import type { LinkDown, LinkUp, Remote, Sink, Source } from '../core/ports.ts'
import type { Code } from '../message/code.ts'
import type { Purpose, Token } from '../message/message.ts'
import type { Option } from '../message/option.ts'

/** Unique with its remote. A string is the token of a request of ours; a number counts the requests of a peer. */
export type ExchangeId = Token | number

/** What is asked. Options ascend by number. */
export interface Request {
  readonly remote: Remote
  readonly code: Code
  readonly options: readonly Option[]
  /** The whole body, unless `body` says that it streams. */
  readonly payload: Uint8Array
  /** Sent as CON (true) or NON. */
  readonly confirmable: boolean
  readonly purpose: Purpose
  /** Of a peer's request to observe, or for a burst of blocks: its token. Of ours to observe: the token to go by. */
  readonly token?: Token
  /** The observation that it began outlived a restart: the exchange layer takes it up with the first notification. Of ours: it is not sent, but what is notified under its token is taken. */
  readonly outlived?: true
  /** With `outlived`: its notifications have numbers beyond this one (RFC 7641 §3.4). */
  readonly numberedFrom?: number
  /** The body streams: its blocks are asked for with `want`, or were handed over with `offer`. */
  readonly body?: StreamedBody
  /** Where the request's body comes from, instead of `payload`. Performed by the layer `bodies`, seen by no machine below it. */
  readonly source?: Source
  /** Where the response's body goes, instead of its `payload`. Performed by the layer `bodies`, seen by no machine below it. */
  readonly sink?: Sink
}
/** What is answered. */
export interface Response {
  readonly code: Code
  readonly options: readonly Option[]
  readonly payload: Uint8Array
  /** Of a notification: whether it must go as CON; absent, the exchange layer decides (RFC 7641 §4.5). */
  readonly confirmable?: boolean
  /** Of a notification: the messages that follow it at once, as NON, with its number (RFC 9177 §4.5). */
  readonly more?: readonly Response[]
  readonly body?: StreamedBody
  /** Where the body comes from, instead of `payload`. Performed by the layer `bodies`, seen by no machine below it. */
  readonly source?: Source
}
/** A body that is not held here: a row of numbers. */
export interface StreamedBody {
  readonly size?: number | undefined
  readonly etag?: Uint8Array | undefined
}

// ── down: what the floor above wants ─────────────────────────────────────────────────────────────────────────────────────────

/** Sends a request. With Observe 0 it is answered until cancelled. */
export interface Ask {
  readonly type: 'ask'
  readonly exchange: Token
  readonly request: Request
  /** The response's body is handed over block by block with `offer`. */
  readonly stream?: boolean
  /** Answered again and again until it is cancelled, none of the answers the `last`; an empty acknowledgement is one, with code 0.00 (RFC 9177 §6). With Observe: an answer in bursts that is not observed does not end it, either. */
  readonly many?: true
}
/** The answer is no longer wanted; an observation is deregistered, a late answer is rejected. With the number of a peer's request or observation: it is forgotten without a word, but for the acknowledgement that it is owed. */
export interface Cancel {
  readonly type: 'cancel'
  readonly exchange: ExchangeId
  readonly remote: Remote
}
/** Answers a peer's request. Not the `last`: notifications will follow. */
export interface Answer {
  readonly type: 'answer'
  readonly exchange: ExchangeId
  readonly request: Request
  readonly response: Response
  readonly last: boolean
  /** One more message under the token of a request that need not be open any more: it goes as NON (RFC 9177 §6). Not the `last`: one more of the latest notification, with its number (RFC 9177 §4.5). */
  readonly again?: true
}
export type ExchangeDown = Ask | Cancel | Answer | LinkDown

// ── up: what happened ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A peer asks. */
export interface Asked {
  readonly type: 'asked'
  readonly exchange: ExchangeId
  readonly request: Request
}
/** Our request was answered. Not the `last`: it is observed, more will come. */
export interface Answered {
  readonly type: 'answered'
  readonly exchange: Token
  readonly request: Request
  readonly response: Response
  readonly last: boolean
}
/** Our request will not be answered. */
export interface Failed {
  readonly type: 'failed'
  readonly exchange: Token
  readonly remote: Remote
  readonly reason: FailureReason
}
export type FailureReason =
  | 'timeout' // not acknowledged, or not answered in time
  | 'reset' // RST
  | 'refused' // a bound of ours
  | 'unreachable' // the transport could not deliver
  | 'aborted' // the link closed
  | 'bad-option' // the response has a critical option unknown to us (RFC 7252 §5.4.1)
  | 'incomplete' // blocks out of place (RFC 7959)
  | 'changed' // the representation changed between blocks
  | 'too-large' // beyond the limit of what is assembled
  | 'sink' // the sink or the source failed
/** A peer no longer wants (more of) the answer to its request. */
export interface Cancelled {
  readonly type: 'cancelled'
  readonly exchange: ExchangeId
  readonly remote: Remote
}
export type ExchangeUp = Asked | Answered | Failed | Cancelled | LinkUp
