/** The one error that applications see. */

/** Why something failed. Closed: docs/errors.md has a row for each, and each has a test that produces it. */
export type ErrorCode =
  // the exchange (RFC 7252)
  | 'timeout' // no answer after every retransmission, or none in time
  | 'reset' // the peer answered with RST
  | 'refused' // a bound of ours: too many exchanges, rows, or waiting commands
  | 'cancelled' // the asker went away, or the exchange was superseded
  | 'aborted' // the link or the registration it belonged to ended
  | 'unreachable' // the transport could not deliver: no route, name not found, connection refused
  | 'untrusted' // the peer did not prove who it is: its certificate is not trusted, not valid now, or for another name
  | 'malformed' // what arrived could not be understood
  | 'response' // the peer answered with an error code (4.xx, 5.xx): `responseCode` says which
  // the transfer (RFC 7959)
  | 'incomplete' // blocks missing, repeated wrongly or out of place
  | 'changed' // the representation changed while it was read
  | 'too-large' // beyond the limit of the assembly, the sink or the store
  | 'sink' // the sink or the source of a body failed, or the store
  | 'corrupt' // what was stored is damaged: `hint` says how to go on
  // LwM2M
  | 'invalid' // the arguments cannot be meant: a path, a value, a URI, a configuration
  | 'unsupported' // valid, but nothing here does it
  | 'not-registered' // no such client at the server, or the client is not registered
  | 'expired' // a client in queue mode did not wake in time
  | 'firmware' // the update ended with a Result other than 1: `cause` says which
  | 'stopped' // the engine was stopped

/** What is said beside the code. */
export interface ErrorDetails {
  readonly cause?: unknown
  /** What may help. */
  readonly hint?: string
  /** Whether the same call may succeed later. Default: whether the code is of that kind. */
  readonly retryable?: boolean
  /** With `response`: the peer's code, as `c.dd`. */
  readonly responseCode?: string
  /** When the peer said how long to wait before another attempt. */
  readonly retryAfterMs?: number
}

const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'timeout',
  'expired',
  'refused',
  'aborted',
  'unreachable',
  'incomplete',
  'changed',
])

/** `code` says what happened, `hint` what may help, `retryable` whether to try again. */
export class Lwm2mError extends Error {
  override readonly name = 'Lwm2mError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly retryable: boolean
  readonly responseCode: string | undefined
  readonly retryAfterMs: number | undefined
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.retryable = details.retryable ?? retryable.has(code)
    this.responseCode = details.responseCode
    this.retryAfterMs = details.retryAfterMs
  }
}
