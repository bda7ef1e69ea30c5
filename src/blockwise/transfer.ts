/** Bodies on their way, one row each: four kinds, by who sends the body and who asked (RFC 7959 §2, §3). */
import { roll } from '../core/dice.ts'
import type { Instant, Stamp, Step } from '../core/machine.ts'
import { down, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import { Table } from '../core/table.ts'
import type { Answer, ExchangeDown, ExchangeId, ExchangeUp, Request, Response } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { methods, type Code } from '../message/code.ts'
import { noBytes, noOptions, type Token } from '../message/message.ts'
import { options as numbers, type Option } from '../message/option.ts'
import type { TransferDown, TransferUp } from './body.ts'
import type { Pieces } from './pieces.ts'

/** A request of ours whose body goes out in blocks (Block1). */
export interface Uploading {
  readonly type: 'uploading'
  /** As the application asked it. */
  readonly request: Request
  /** The options of every block but Block1 and Size1. */
  readonly options: readonly Option[]
  /** The exchange of the block under way; '' while the application reads the next piece. */
  readonly lower: Token
  readonly szx: number
  /** The block under way, or wanted. */
  readonly offset: number
  readonly count: number
  readonly final: boolean
  /** Octets of the body, if known. */
  readonly size: number | undefined
  /** The response's body streams. */
  readonly stream: boolean
  /** How often it began anew because the peer had lost blocks. */
  readonly restarts: number
  readonly dueAt: Instant
}

/** A request of ours whose response's body comes in blocks (Block2). */
export interface Downloading {
  readonly type: 'downloading'
  readonly request: Request
  /** The options of every further block's request but Block2. */
  readonly options: readonly Option[]
  /** The payload of every further block's request. */
  readonly payload: Uint8Array
  /** The exchange of the block under way; '' while none is. */
  readonly lower: Token
  readonly szx: number
  /** The first block's response: what the rest is measured by. */
  readonly first: Response | undefined
  readonly etag: Uint8Array | undefined
  /** As far as the peer told it. */
  readonly size: number | undefined
  /** Where the next block must begin. */
  readonly offset: number
  readonly pieces: Pieces
  readonly stream: boolean
  /** Blocks offered and not yet taken. */
  readonly outstanding: number
  /** The last block has come. */
  readonly ended: boolean
  /** It is the body of a notification: the exchange goes on. */
  readonly observed: boolean
  readonly restarts: number
  readonly dueAt: Instant
}
export type Asking = Uploading | Downloading

/** A peer's request that waits for our answer, about the octets at the offset. */
export interface Waiting {
  readonly exchange: ExchangeId
  readonly request: Request
  readonly offset: number
  readonly count: number
  /** Not the last: notifications will follow. */
  readonly last: boolean
}

/** A request of a peer whose body comes in blocks (Block1). */
export interface Receiving {
  /** The first block's exchange: the name of the body. */
  readonly exchange: ExchangeId
  readonly pieces: Pieces
  /** Where the next block must begin. */
  readonly offset: number
  /** As far as the peer told it. */
  readonly size: number | undefined
  readonly stream: boolean
  /** Blocks offered and not yet taken. */
  readonly outstanding: number
  /** Blocks that are answered once they are taken. */
  readonly waiting: readonly Waiting[]
  /** The last block has come. */
  readonly ended: boolean
  /** What the next block is answered with: the sink refused one that had been answered. */
  readonly refused: Code | undefined
  readonly dueAt: Instant
  /** The first block had If-None-Match, which further ones never have (RFC 7959 §2.10). */
  readonly ifNoneMatch: boolean
}

/** A response of ours whose body goes out in blocks (Block2), as the peer asks for them. */
export interface Serving {
  /** The exchange that was answered with it: the name of a streaming body. */
  readonly exchange: ExchangeId
  /** With the whole payload, or with `body`. */
  readonly response: Response
  /** Octets of the body, if known. */
  readonly size: number | undefined
  readonly stream: boolean
  /** Blocks asked for and not yet supplied. */
  readonly waiting: readonly Waiting[]
  readonly dueAt: Instant
}

/** Everything on its way. Octets held are counted: a bound for all of them. */
export interface Transfers {
  /** By the application's exchange; alias: the exchange of the block under way. */
  readonly asking: Table<Asking>
  /** By what is asked, `bodyKey`; alias: the name of the body. */
  readonly receiving: Table<Receiving>
  /** By what is asked, `bodyKey`; alias: the name of the body. */
  readonly serving: Table<Serving>
  /** By remote, of peers that said what they take: the block size exponent, or the octets of several blocks (RFC 8323 §5.3, §6). */
  readonly sizes: Table<number>
  /** Octets in pieces of `receiving` and payloads of `serving`. */
  readonly heldBytes: number
}
export type TransfersEvent = LayerEvent<ExchangeUp, TransferDown>
export type TransfersEffect = LayerEffect<ExchangeDown, TransferUp>
export type Made = Step<Transfers, TransfersEffect>

/** What the transfers can be told. */
export interface TransfersOptions {
  /** Whether the body of this request of a peer is handed over block by block. Absent: none. */
  readonly streams?: ((request: Request) => boolean) | undefined
}

export const noTransfers = (p: Parameters): Transfers => ({
  asking: new Table<Asking>({
    name: 'asking',
    limit: p.transfersMax,
    deadline: ({ dueAt }) => dueAt,
    alias: ({ lower }) => (lower === '' ? undefined : lower),
  }),
  receiving: new Table<Receiving>({
    name: 'receiving',
    limit: p.transfersMax,
    deadline: ({ dueAt }) => dueAt,
    alias: ({ exchange }) => exchange,
  }),
  serving: new Table<Serving>({
    name: 'serving',
    limit: p.transfersMax,
    deadline: ({ dueAt }) => dueAt,
    alias: ({ exchange }) => exchange,
  }),
  sizes: new Table<number>({ name: 'sizes', limit: p.peersMax }),
  heldBytes: 0,
})

/** Tables were edited in place: a new reference says so. */
export const changed = (state: Transfers, moreBytes = 0): Transfers => ({
  asking: state.asking,
  receiving: state.receiving,
  serving: state.serving,
  sizes: state.sizes,
  heldBytes: state.heldBytes + moreBytes,
})

/** The most octets held for peers at once. */
export const heldBytesMax = ({ bodyBytesMax }: Parameters): number => 64 * bodyBytesMax
/** The most bodies that one peer may have us keep. */
export const perPeerMax = ({ transfersMax }: Parameters): number => Math.max(16, transfersMax >> 3)

/** The answer to one block. */
export const answerBlock = (
  exchange: ExchangeId,
  request: Request,
  code: Code,
  options: readonly Option[] = noOptions,
  payload: Uint8Array = noBytes,
): TransfersEffect => {
  const answer: Answer = { type: 'answer', exchange, request, response: { code, options, payload }, last: true }
  return down(answer)
}

/** A token of six random octets: each block is asked for under its own, so that a late answer is never taken for another's. */
export const freshToken = ({ dice }: Stamp): Token => {
  const low = roll(dice, 'token')
  return fours[roll(dice, 'token, high') & 0xffff]! + fours[low >>> 16]! + fours[low & 0xffff]!
}
const fours: readonly string[] = Array.from({ length: 0x10000 }, (_, value) => value.toString(16).padStart(4, '0'))

/** What is asked, blocks and sizes aside: requests of one peer with equal keys are about the same body (RFC 7959 §2.5; RFC 9175 §3.3). */
export const bodyKey = (
  { code, options, payload }: Pick<Request, 'code' | 'options' | 'payload'>,
  ignored: readonly number[],
  withPayload: boolean = code === methods.FETCH,
): string => {
  let key: string = code
  for (let i = 0; i < options.length; i++) {
    const { number, value } = options[i]!
    if (!ignored.includes(number)) key += `|${number}:${latin(value)}`
  }
  return withPayload ? `${key}|${latin(payload)}` : key
}
/** Options that differ from block to block of a request's body, or that only the first block has (RFC 7959 §2.10). */
export const notOfRequestBody: readonly number[] = [numbers.IfNoneMatch, numbers.Block2, numbers.Block1, numbers.Size2, numbers.Size1]
/** Options that differ from block to block of a response's body, or that only the first request has. */
export const notOfResponseBody: readonly number[] = [
  numbers.ETag,
  numbers.Observe,
  numbers.ContentFormat,
  numbers.Block2,
  numbers.Block1,
  numbers.Size2,
  numbers.Size1,
]

const latin = (bytes: Uint8Array): string => {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!)
  return text
}
