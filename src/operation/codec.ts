/** What each operation's file exports: both directions of the request, both directions of the answer (LwM2M Transport §6.4). */
import type { Response } from '../exchange/exchange.ts'
import { noBytes, noOptions } from '../message/message.ts'
import type { OperationContext } from './context.ts'
import type { Operation, Outcome, Version } from './operation.ts'
import type { Encoded, Shape, Wrong } from './shape.ts'

/** How an answer is wanted. */
export interface Wish {
  /** Decides the preferred format. */
  readonly version: Version
}

/** One operation on the wire. `recognises` is asked in the order of the list in operations.ts; none of these throws. */
export interface OperationCodec<O extends Operation = Operation> {
  readonly type: O['type']
  /** Whether a request with this shape means this operation, even if it is then wrong in detail. */
  recognises(shape: Shape): boolean
  decode(shape: Shape, context: OperationContext): O | Wrong
  encode(operation: O, context: OperationContext): Encoded | Wrong
  /** The answer of a success; errors are the same for all. */
  encodeOutcome(outcome: Outcome, operation: O, wish: Wish, context: OperationContext): Response | Wrong
  decodeOutcome(response: Response, operation: O, context: OperationContext): Outcome
}

/** An answer that is its code. */
export const bare = ({ code }: Outcome): Response => ({ code, options: noOptions, payload: noBytes })
export const codeAlone = ({ code }: Response): Outcome => ({ code })
