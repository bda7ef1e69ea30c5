/** Bodies on their way in bursts, one row each: four kinds, by who sends the body and who asked (RFC 9177 §4.3, §4.4). */
import { chance } from '../../core/dice.ts'
import type { Instant, Stamp, Step } from '../../core/machine.ts'
import type { LayerEffect, LayerEvent } from '../../core/stack.ts'
import { Table } from '../../core/table.ts'
import type { ExchangeId, Request, Response } from '../../exchange/exchange.ts'
import type { Parameters } from '../../exchange/parameters.ts'
import type { Token } from '../../message/message.ts'
import type { Option } from '../../message/option.ts'
import type { TransferDown, TransferUp } from '../body.ts'
import type { Pieces } from '../pieces.ts'
import type { Gathering } from './gathering.ts'

/** Blocks that follow one another: from the first up to, and without, the last. */
export interface Run {
  readonly from: number
  readonly to: number
}

/** A request of ours whose response's body comes in bursts (Q-Block2). */
export interface Fetching {
  readonly type: 'fetching'
  /** As the application asked it. */
  readonly request: Request
  readonly stream: boolean
  /** The options of every further request but Q-Block2. */
  readonly options: readonly Option[]
  /** The exchanges below: that of the first request, and the latest. An observation's own is not among them. */
  readonly tokens: readonly Token[]
  /** Requests below so far. */
  readonly requests: number
  readonly tokenBase: string
  /** Of a notification's body: its number, and whether it is newer than that: it came in the place of what was missing of another. */
  readonly notified?: Notified
  /** The first request finds out whether the peer knows; if not, it is asked otherwise. */
  readonly probing: boolean
  readonly szx: number
  /** Where the application wants the body to begin. */
  readonly from: number
  /** The first response: what the rest is measured by. */
  readonly first: Response | undefined
  readonly etag: Uint8Array | undefined
  readonly gathering: Gathering | undefined
  /** The set that the peer was last told to go on with. */
  readonly continued: number
  readonly tries: number
  readonly pieces: Pieces
  /** Blocks offered and not yet taken. */
  readonly outstanding: number
  readonly dueAt: Instant
}

/** Which notification a body is of. */
export interface Notified {
  readonly sequence: number
  readonly ahead: boolean
}

/** An observation of ours that is answered in bursts, if need be (Q-Block2 with Observe). */
export interface Watching {
  /** As the application asked it. */
  readonly request: Request
  /** Something came. */
  readonly answered: boolean
  /** The notification whose body was handed over last. */
  readonly sequence: number | undefined
  /** The ETag of a body that was handed over ahead of its notification: that one brings nothing new. */
  readonly ahead: Uint8Array | undefined
  /** How often a body was begun anew since one was handed over. */
  readonly restarts: number
}

/** A request of ours whose body goes out in bursts (Q-Block1). */
export interface Putting {
  readonly type: 'putting'
  readonly request: Request
  /** The response's body is handed over block by block. */
  readonly stream: boolean
  /** The options of every block but Q-Block1. */
  readonly options: readonly Option[]
  readonly tokens: readonly Token[]
  readonly requests: number
  readonly tokenBase: string
  readonly probing: boolean
  readonly szx: number
  readonly size: number
  /** Every block before this one has been sent, or is wanted of the application. */
  readonly sentTo: number
  /** Pieces wanted of the application, in order. */
  readonly wanted: readonly Run[]
  /** NON_TIMEOUT_RANDOM: the same between all sets of a body. */
  readonly paceMs: number
  readonly tries: number
  /** The furthest that the peer has come, as far as it says what it misses, and how often it came no further. */
  readonly lostFrom: number
  readonly lostTimes: number
  readonly dueAt: Instant
}
export type Asking = Fetching | Putting

/** An exchange below: whose it is, and which block it carried. */
export interface Lower {
  readonly key: Token
  readonly num: number
}

/** A request of a peer whose body comes in bursts (Q-Block1). */
export interface Taking {
  /** The first block's exchange: the name of the body. */
  readonly exchange: ExchangeId
  readonly gathering: Gathering
  readonly pieces: Pieces
  readonly stream: boolean
  readonly outstanding: number
  /** The latest block's request, without its payload: answers go under its token. */
  readonly latest: Request
  /** The application has the request, or the request is refused. */
  readonly done: boolean
  /** The answer to the whole, said again when a block comes again. */
  readonly response: Response | undefined
  readonly dueAt: Instant
}

/** Blocks wanted of a Source, to be sent under this request. */
export interface Wanted extends Run {
  readonly request: Request
  /** The exchange that the first of them answers; absent, none does. */
  readonly exchange?: ExchangeId
  /** Part of a notification: with its number. */
  readonly notified?: true
}
/** A response of ours whose body goes out in bursts (Q-Block2). */
export interface Bursting {
  /** The exchange that was answered with it: the name of a streaming body. */
  readonly exchange: ExchangeId
  /** The request under whose token set follows set. */
  readonly request: Request
  /** With ETag and Size2; with the whole payload, or with `body`. */
  readonly response: Response
  readonly size: number
  readonly szx: number
  readonly stream: boolean
  /** A notification: what goes unasked, or when the peer says to go on, has its number (RFC 9177 §4.5). */
  readonly notified: boolean
  readonly wanted: readonly Wanted[]
  readonly sentTo: number
  readonly paceMs: number
  /** Sets sent since the peer was last heard. */
  readonly unheard: number
  readonly dueAt: Instant
}

/** Whether a peer knows bursts. */
export interface Known {
  readonly knows: boolean
  readonly forgottenAt: Instant
}

/** Everything on its way in bursts. Octets held are counted: a bound for all of them. */
export interface Robust {
  /** By the application's exchange. */
  readonly asking: Table<Asking>
  /** By the application's exchange, which is the token of the observation. */
  readonly watching: Table<Watching>
  /** By the token of the exchange below. */
  readonly lowers: Table<Lower>
  /** By what is asked and Request-Tag; alias: the name of the body. */
  readonly taking: Table<Taking>
  /** By what is asked; alias: the name of the body. */
  readonly bursting: Table<Bursting>
  /** By remote. */
  readonly peers: Table<Known>
  /** Links that we opened to a reliable transport, by remote. */
  readonly reliable: Table<true>
  /** Octets in pieces and held blocks of `taking`, and payloads of `bursting`. */
  readonly heldBytes: number
}
export type RobustEvent = LayerEvent<TransferUp, TransferDown>
export type RobustEffect = LayerEffect<TransferDown, TransferUp>
export type Made = Step<Robust, RobustEffect>

export const noBursts = (p: Parameters): Robust => ({
  asking: new Table<Asking>({ name: 'asking', limit: p.transfersMax, deadline: dueAtOf }),
  watching: new Table<Watching>({ name: 'watching', limit: p.exchangesMax }),
  lowers: new Table<Lower>({ name: 'lowers', limit: p.transfersMax * (3 * p.maxPayloads + 8) }),
  taking: new Table<Taking>({ name: 'taking', limit: p.transfersMax, deadline: dueAtOf, alias: ({ exchange }) => exchange }),
  bursting: new Table<Bursting>({ name: 'bursting', limit: p.transfersMax, deadline: dueAtOf, alias: ({ exchange }) => exchange }),
  peers: new Table<Known>({ name: 'peers', limit: p.peersMax, deadline: ({ forgottenAt }) => forgottenAt }),
  reliable: new Table<true>({ name: 'reliable', limit: p.peersMax }),
  heldBytes: 0,
})
const dueAtOf = ({ dueAt }: { readonly dueAt: Instant }) => dueAt

/** Tables were edited in place: a new reference says so. */
export const changed = (state: Robust, moreBytes = 0): Robust => ({
  asking: state.asking,
  watching: state.watching,
  lowers: state.lowers,
  taking: state.taking,
  bursting: state.bursting,
  peers: state.peers,
  reliable: state.reliable,
  heldBytes: state.heldBytes + moreBytes,
})

/** NON_TIMEOUT_RANDOM: between NON_TIMEOUT and ACK_RANDOM_FACTOR times that (RFC 9177 §7.2). */
export const paceOf = (p: Parameters, { dice }: Stamp): number =>
  Math.round(p.nonTimeoutMs * (1 + (p.ackRandomFactor - 1) * chance(dice, 'NON_TIMEOUT_RANDOM')))
/** How long missing blocks are waited for before they are asked for once more (RFC 9177 §7.2). */
export const patienceOf = (p: Parameters, tries: number): number => p.nonReceiveTimeoutMs * 2 ** tries
