/** The words between operations and what stands on them: perform and respond down, requested and performed up (LwM2M Transport §6.4). */
import type { LinkDown, LinkUp, Remote, Sink } from '../core/ports.ts'
import type { Answered, Ask, Cancel, Cancelled, ExchangeId, Failed, Request } from '../exchange/exchange.ts'
import type { Code } from '../message/code.ts'
import type { Token } from '../message/message.ts'
import type { ObjectDefinition } from '../model/definition.ts'
import type { Operation, Outcome, Version } from './operation.ts'

/** Down: performs an operation at the peer; answered by `performed` (of Observe many times) or `failed`. */
export interface Perform {
  readonly type: 'perform'
  /** Sixteen hexadecimal digits, unique: the token. */
  readonly exchange: Token
  readonly remote: Remote
  readonly operation: Operation
  /** Of Read: where the value's octets go, instead of `nodes`. */
  readonly sink?: Sink
}
/** Down: answers a peer's operation, or notifies its observation. Not the `last`: notifications follow. */
export interface Respond {
  readonly type: 'respond'
  readonly exchange: ExchangeId
  /** As `requested` gave it. */
  readonly request: Request
  readonly operation: Operation
  readonly outcome: Outcome
  readonly last: boolean
  /** Decides the preferred format: TLV for 1.0, SenML CBOR later. Default 1.1. */
  readonly version?: Version
  /** Of a notification: whether it must go as CON. */
  readonly confirmable?: boolean
}
/** Up: a peer asks for an operation; answered with `respond`. */
export interface Requested {
  readonly type: 'requested'
  readonly exchange: ExchangeId
  readonly remote: Remote
  readonly operation: Operation
  readonly request: Request
  /** The path came without the alternate path that this client has: only a bootstrap server addresses it so; anybody else is answered 4.04. */
  readonly outside?: true
}
/** Up: what the answer to a peer's operation came to, on its way out: said of observations, and where it is not what was meant. */
export interface Responded {
  readonly type: 'responded'
  readonly exchange: ExchangeId
  readonly remote: Remote
  readonly operation: Operation
  readonly code: Code
  /** The outcome's code, where that could not be said in the format that was asked for: `code` was answered instead. */
  readonly meant?: Code
  /** What the values travel in. */
  readonly contentFormat?: number
  /** No notification follows: neither was one promised, nor did this one fail. */
  readonly last: boolean
}
/** Up: our operation was answered. */
export interface Performed {
  readonly type: 'performed'
  readonly exchange: Token
  readonly remote: Remote
  readonly operation: Operation
  readonly outcome: Outcome
  readonly last: boolean
}
/** Down: from now on an Object has this definition; without one nobody knows it any more. */
export interface Define {
  readonly type: 'define'
  readonly object: number
  readonly definition?: ObjectDefinition
}
/** Requests that are no operations (a download) pass through with their answers. */
export type OperationDown = Perform | Cancel | Respond | Define | Ask | LinkDown
export type OperationUp = Requested | Responded | Performed | Failed | Cancelled | Answered | LinkUp
