/** The tables in which requests and responses find each other, and what both directions have in common (RFC 7252 §5.3). */
import { none, type Instant, type Step } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import { down, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import { Table } from '../core/table.ts'
import { methods } from '../message/code.ts'
import {
  acknowledgement,
  rejection,
  unnumbered,
  type Message,
  type MessageDown,
  type MessageUp,
  type Purpose,
  type Submission,
} from '../message/message.ts'
import { has, options, uint, without } from '../message/option.ts'
import type { ExchangeDown, ExchangeUp, Request, Response } from './exchange.ts'
import type { Notified } from './observing.ts'
import type { Parameters } from './parameters.ts'

/** One request of ours until its answer: or, observed, its answers. */
export interface Asking {
  readonly request: Request
  /** When its answer is overdue; observed, when it is asked for again. */
  readonly dueAt: Instant
  /** The request itself is under way: not yet acknowledged, rejected or answered. */
  readonly pending: boolean
  /** Cancelled, and only kept until the peer has answered that. */
  readonly parting: boolean
  /** Once a notification came: its sequence number and when. */
  readonly observed: Notified | undefined
  /** Answered until it is cancelled. */
  readonly many?: true
}

/** One request of a peer until it is answered. */
export interface Answering {
  readonly message: Message
  readonly request: Request
  /** Answered in its acknowledgement no more: an empty one has gone. */
  readonly acknowledged: boolean
  /** When it is acknowledged without an answer; after that, when it is given up. */
  readonly dueAt: Instant
}

/** One observer of a resource of ours. */
export interface Observing {
  readonly token: string
  readonly request: Request
  /** A confirmable notification is under way; a newer one supersedes it. */
  readonly confirming: boolean
  /** When the peer last showed that it is there. */
  readonly confirmedAt: Instant
  /** The newest representation. */
  readonly latest: Response
  /** The number of the notification that went last. */
  readonly sequence: number
  /** Messages of the newest notification that go once its first is acknowledged: only one is outstanding (RFC 7641 §4.5.1). */
  readonly rest?: readonly Response[]
  /** When it may go; `Infinity`: it has gone. */
  readonly dueAt: Instant
}

/** When the next unanswered NON notification may go to a peer. */
export interface Pace {
  readonly freeAt: Instant
}

/** What we asked, what we were asked, and who observes us. */
export interface Exchanges {
  /** By token. */
  readonly asking: Table<Asking>
  /** By the number of the peer's request. */
  readonly answering: Table<Answering>
  /** By the number of the peer's request; alias: its token. */
  readonly observing: Table<Observing>
  /** By remote. */
  readonly paces: Table<Pace>
  /** Links that we opened to a reliable transport, by remote. */
  readonly reliable: Table<true>
  /** Links that we opened so that observations outlive them, by remote. */
  readonly keeping: Table<true>
  /** Counts the requests of peers. */
  readonly nextExchange: number
  /** Counts notifications: one row of numbers for all observations, so that it never falls back within one (RFC 7641 §4.4). */
  readonly sequence: number
}
export type ExchangesEvent = LayerEvent<MessageUp, ExchangeDown>
export type ExchangesEffect = LayerEffect<MessageDown, ExchangeUp>
export type Made = Step<Exchanges, ExchangesEffect>

/** Nothing asked, nothing answered. */
export const noExchanges = (p: Parameters): Exchanges => ({
  asking: new Table<Asking>({ name: 'asking', limit: p.exchangesMax, deadline: dueAtOf }),
  answering: new Table<Answering>({ name: 'answering', limit: p.exchangesMax, deadline: dueAtOf }),
  observing: new Table<Observing>({ name: 'observing', limit: p.observationsMax, deadline: dueAtOf, alias: ({ token }) => token }),
  paces: new Table<Pace>({ name: 'paces', limit: p.peersMax, deadline: ({ freeAt }) => freeAt }),
  reliable: new Table<true>({ name: 'reliable', limit: p.peersMax }),
  keeping: new Table<true>({ name: 'keeping', limit: p.peersMax }),
  nextExchange: 1,
  sequence: 0,
})
const dueAtOf = ({ dueAt }: { readonly dueAt: Instant }) => dueAt

/** Tables were edited in place: a new reference says so. */
export const changed = (state: Exchanges, nextExchange: number = state.nextExchange, sequence: number = state.sequence): Exchanges => ({
  asking: state.asking,
  answering: state.answering,
  observing: state.observing,
  paces: state.paces,
  reliable: state.reliable,
  keeping: state.keeping,
  nextExchange,
  sequence,
})

/** Whether the request would be notified of changes: Observe is 0, and the method is one that can be observed (RFC 7641 §2, RFC 8132 §2.4). */
export const observes = ({ code, options: all }: Request): boolean =>
  (code === methods.GET || code === methods.FETCH) && uint(all, options.Observe) === 0

/** Whether the street to the peer keeps order and loses nothing: no freshness, no acknowledgements, no pace (RFC 8323 §7). */
export const isReliable = ({ reliable }: Exchanges, remote: Remote): boolean =>
  isReliableScheme(remote) || reliable.get('', remote) !== undefined
export const isReliableScheme = (uri: string): boolean => uri.startsWith('coap+tcp:') || uri.startsWith('coaps+tcp:')

/** The answer to a response that belongs to no request: it is rejected; an ACK is ignored in silence (RFC 7252 §4.2, §4.3, §5.3.2). */
export const strange = (state: Exchanges, message: Message): Made => [state, rejected(message)]

/** What a message is told that cannot be understood (RFC 7252 §4.2, §4.3). */
export const rejected = (message: Message): readonly ExchangesEffect[] =>
  message.type === 'CON' || message.type === 'NON' ? [down(rejection(message))] : none

/** What a CON is owed once it is understood. */
export const acknowledged = (message: Message): readonly ExchangesEffect[] =>
  message.type === 'CON' ? [down(acknowledgement(message))] : none

/** A message of our own; `reference` is '' when nobody waits to hear what became of it. */
export const submission = (
  type: 'CON' | 'NON',
  token: string,
  { remote }: { readonly remote: Remote },
  { code, options: all, payload }: Pick<Response, 'code' | 'options' | 'payload'>,
  reference: string | number,
  purpose: Purpose,
): Submission => ({ type, remote, messageId: unnumbered, code, token, options: all, payload, reference, purpose })

/** The response in the acknowledgement of its request (RFC 7252 §5.2.1). */
export const piggybacked = ({ remote, messageId, token }: Message, { code, options: all, payload }: Response): Message => ({
  type: 'ACK',
  remote,
  messageId,
  code,
  token,
  options: all,
  payload,
})

/** What is answered is no notification (RFC 7641 §4.2). */
export const withoutObserve = (response: Response): Response =>
  has(response.options, options.Observe) ? { ...response, options: without(response.options, options.Observe) } : response
