/** The words in which streaming bodies pass between the transfers and the application (RFC 7959; one block is one word). */
import type { Remote } from '../core/ports.ts'
import type { ExchangeDown, ExchangeId, ExchangeUp, Request, StreamedBody } from '../exchange/exchange.ts'
import type { Code } from '../message/code.ts'

/** Up: a block of an incoming body, in order and without gaps. It is answered with `taken` or `refused`; until then the peer waits. */
export interface Offer {
  readonly type: 'offer'
  /** The same for all blocks of one body. */
  readonly exchange: ExchangeId
  /** The request whose body it is, or whose response's. */
  readonly request: Request
  readonly offset: number
  readonly bytes: Uint8Array
  readonly last: boolean
  /** Size and ETag as far as the peer told them. */
  readonly body: StreamedBody
}
/** Up: a piece of an outgoing body is needed; answered with `supplied` or `refused`. */
export interface Want {
  readonly type: 'want'
  readonly exchange: ExchangeId
  readonly remote: Remote
  readonly offset: number
  readonly count: number
}
/** Up: no more of the body is offered or wanted: the peer went silent, started over or asked for something else; or, of a response, has it all. */
export interface Abandoned {
  readonly type: 'abandoned'
  readonly exchange: ExchangeId
  readonly remote: Remote
}
/** Down: the offered block is stored. */
export interface Taken {
  readonly type: 'taken'
  readonly exchange: ExchangeId
  readonly remote: Remote
  readonly offset: number
}
/** Down: the offered block cannot be stored, or the wanted piece not be read. */
export interface Refused {
  readonly type: 'refused'
  readonly exchange: ExchangeId
  readonly remote: Remote
  readonly reason: 'too-large' | 'sink' | 'busy'
  /** Of a peer's request: the code of its answer, where the sink's error has a `responseCode`; absent, 4.13, 5.00 or 5.03 by the reason. */
  readonly code?: Code
}
/** Down: the wanted piece; fewer octets than `count` only at the end. */
export interface Supplied {
  readonly type: 'supplied'
  readonly exchange: ExchangeId
  readonly remote: Remote
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Requests and responses with whole or streaming bodies. */
export type TransferDown = ExchangeDown | Taken | Refused | Supplied
export type TransferUp = ExchangeUp | Offer | Want | Abandoned
