/** Signals as messages, and what a connection tells the floors above (RFC 8323 §5). */
import { none } from '../core/machine.ts'
import type { LinkDown, LinkUp, Remote } from '../core/ports.ts'
import { down, up, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import { empty, type Code } from './code.ts'
import {
  noBytes,
  noOptions,
  type Malformed,
  type Message,
  type MessageDown,
  type MessageUp,
  type Outcome,
  type Submission,
} from './message.ts'
import type { Option } from './option.ts'

export type SignalsEvent = LayerEvent<Message | Malformed | LinkUp, MessageDown>
export type SignalsEffect = LayerEffect<Message | LinkDown, MessageUp>

/** Options of signals have numbers of their own (RFC 8323 §5.2): of CSM, of Ping and Pong, and of Abort. */
export const maxMessageSize = 2
export const blockWiseTransfer = 4
export const custody = 2
export const badCsmOption = 2

/** An RST, and an acknowledgement that carries nothing, mean nothing here. */
export const isMeaningless = (message: Message): boolean =>
  message.type === 'RST' || (message.code === empty && referenceOf(message) === '')
/** Of class 7. */
export const isSignal = (code: Code): boolean => code.charCodeAt(0) === 55
/** Under which name it is told what became of it; '' if nobody wants to know. */
export const referenceOf = (message: Message): Submission['reference'] => (message as Partial<Submission>).reference ?? ''
/** Says what became of a message, if anybody wants to know. */
export const told = (message: Message, outcome: Outcome): readonly SignalsEffect[] => {
  const reference = referenceOf(message)
  return reference === '' ? none : [settled(message.remote, reference, outcome)]
}
/** What became of what is known by that name. */
export const settled = (remote: Remote, reference: Submission['reference'], outcome: Outcome): SignalsEffect =>
  up({ type: 'settled', remote, reference, outcome })
/** A signal on its way to the peer. */
export const signal = (
  remote: Remote,
  code: Code,
  token: string,
  options: readonly Option[] = noOptions,
  payload: Uint8Array = noBytes,
): SignalsEffect => down({ type: 'NON', remote, messageId: 0, code, token, options, payload })
/** The words of an Abort. */
export const diagnosticOf = ({ payload }: Message): string => new TextDecoder().decode(payload.subarray(0, 200))
