/** CoAP messages as values (RFC 7252 §3). */
import type { LinkDown, LinkUp, Remote } from '../core/ports.ts'
import type { Code } from './code.ts'
import type { Option } from './option.ts'

export type MessageType = 'CON' | 'NON' | 'ACK' | 'RST'

/** In hex, so that it is a key and can be read in a log. */
export type Token = string

/** One message. Options ascend by number; repeated ones keep their order. */
export interface Message {
  readonly type: MessageType
  readonly remote: Remote
  /** 0-65535; `unnumbered` until the layer that owns the numbers has given one. */
  readonly messageId: number
  readonly code: Code
  readonly token: Token
  readonly options: readonly Option[]
  readonly payload: Uint8Array
}
export const unnumbered = -1

/** What a peer sent that is no message, and why (RFC 7252 §3, §4.2, §4.3). */
export interface Malformed {
  readonly type: 'malformed'
  readonly remote: Remote
  readonly reason: MalformedReason
  /** It came as a CON whose message ID can be read, so it is answered with RST. */
  readonly confirmable: boolean
  readonly messageId: number
}
export type MalformedReason =
  | 'short' // fewer than four octets
  | 'version' // not 1: ignored in silence
  | 'token' // longer than 8, or cut short
  | 'empty' // code 0.00 with more than a header
  | 'class' // a reserved code class
  | 'option' // cut short, a reserved nibble, or a number above 65535
  | 'marker' // a payload marker without payload
  | 'length' // on a stream: longer than we take (RFC 8323 §5.3.1)
  | 'slow' // on a stream: begun, and not finished in time

/** Who waits for what while NSTART holds messages back: each purpose takes its turn. */
export type Purpose = 'request' | 'response' | 'notification' | 'block' | 'registration' | 'burst' // one of several non-confirmable messages at once, whose pace is the block-wise floor's (RFC 9177 §7.2)

/** A message handed to the message layer: it says what became of it under `reference`. */
export interface Submission extends Message {
  /** Unique with its remote; '' if nobody wants to know. */
  readonly reference: string | number
  readonly purpose: Purpose
}
/** No longer wanted: not sent (again). */
export interface Forget {
  readonly type: 'forget'
  readonly remote: Remote
  readonly reference: string | number
}
/** What became of a submission that was not answered in its acknowledgement. */
export interface Settled {
  readonly type: 'settled'
  readonly remote: Remote
  readonly reference: string | number
  readonly outcome: Outcome
}
export type Outcome =
  | 'acknowledged' // an empty ACK
  | 'reset' // an RST
  | 'gave-up' // every retransmission went unanswered
  | 'refused' // a bound of ours
  | 'aborted' // its link was closed
  | 'undeliverable' // the transport cannot take it
  | 'exhausted' // no message ID older than EXCHANGE_LIFETIME is left, and `messageIdReuse` is 'new-port'

export type MessageDown = Message | Submission | Forget | LinkDown
export type MessageUp = Message | Settled | LinkUp

export const noBytes: Uint8Array = new Uint8Array(0)
export const noOptions: readonly Option[] = []

/** The empty acknowledgement of a message (RFC 7252 §4.2). */
export const acknowledgement = ({ remote, messageId }: Pick<Message, 'remote' | 'messageId'>): Message =>
  emptyMessage('ACK', remote, messageId)
/** The rejection of a message (RFC 7252 §4.2, §4.3). */
export const rejection = ({ remote, messageId }: Pick<Message, 'remote' | 'messageId'>): Message => emptyMessage('RST', remote, messageId)

const emptyMessage = (type: MessageType, remote: Remote, messageId: number): Message => ({
  type,
  remote,
  messageId,
  code: '0.00',
  token: '',
  options: noOptions,
  payload: noBytes,
})
