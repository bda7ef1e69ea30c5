/** The two tables in which requests and responses find each other, and what both kinds of row have in common (RFC 7252 §5.3). */
import { none, type Instant, type Step } from '../core/machine.ts'
import { down, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import type { Table } from '../core/table.ts'
import { acknowledgement, rejection, type Message, type MessageDown, type MessageUp } from '../message/message.ts'
import type { ExchangeDown, ExchangeUp, Request } from './exchange.ts'

/** One request of ours until its answer: or, observed, its answers. */
export interface Asking {
  readonly request: Request
  readonly dueAt: Instant
  /** Once a notification came: its sequence number and when. */
  readonly observed: { readonly sequence: number; readonly receivedAt: Instant } | undefined
}

/** One request of a peer until it is answered: or, observed, while it is notified. */
export interface Answering {
  readonly message: Message
  readonly request: Request
  /** Answered in its acknowledgement no more: an empty one has gone. */
  readonly acknowledged: boolean
  readonly dueAt: Instant
  /** Once it is an observation: the number of its last notification. */
  readonly sequence: number | undefined
}

/** What we asked and what we were asked. */
export interface Exchanges {
  /** By token. */
  readonly asking: Table<Asking>
  /** By the number of the peer's request; alias: its token. */
  readonly answering: Table<Answering>
  /** Counts the requests of peers. */
  readonly nextExchange: number
}
export type ExchangesEvent = LayerEvent<MessageUp, ExchangeDown>
export type ExchangesEffect = LayerEffect<MessageDown, ExchangeUp>
export type Made = Step<Exchanges, ExchangesEffect>

/** Tables were edited in place: a new reference says so. */
export const changed = (state: Exchanges): Exchanges => ({ asking: state.asking, answering: state.answering, nextExchange: state.nextExchange })

/** The answer to a message that belongs to no exchange: a CON is rejected, everything else ignored (RFC 7252 §4.2, §4.3). */
export const strange = (state: Exchanges, message: Message): Made => [state, message.type === 'CON' || message.type === 'NON' ? [down(rejection(message))] : none]

/** What a CON is owed once it is understood. */
export const acknowledged = (message: Message): readonly ExchangesEffect[] => (message.type === 'CON' ? [down(acknowledgement(message))] : none)
