/** Why a download came to nothing: a closed list, whatever was behind it (RFC 7252 §5.9; RFC 9110 §15). */
import { Lwm2mError, type ErrorCode, type ErrorDetails } from '../../core/error.ts'
import { notEnoughStorage } from './file.ts'

/** Why a download failed, once everything that could be tried was tried. */
export type DownloadReason =
  | 'uri' // what was asked for is no URI, or a setting cannot be meant
  | 'scheme' // the scheme of the URI is not spoken here, or there is no key for it
  | 'not-found' // the server has no such file: 4.04, 404, 410
  | 'forbidden' // the server does not give it to us: 4.01, 4.03, 401, 403
  | 'rejected' // the server answered with another error that will not pass
  | 'server-error' // the server went on answering with errors that may pass: 5.xx, 4.29, 408, 429
  | 'redirect' // redirected too often, from https to http, or to what is no HTTP
  | 'unreachable' // no way there: no route, name not found, connection refused
  | 'untrusted' // the server did not prove who it is: its certificate is not trusted, not valid now, or for another name
  | 'timeout' // the server was silent
  | 'broken' // the connection broke again and again, or what came was no (whole) file
  | 'changed' // the file changed while it was downloaded, more often than once
  | 'too-large' // larger than the limit that was set
  | 'no-space' // larger than what the store has room for
  | 'store' // the store failed
  | 'checksum' // what is stored is not what it should be

/** The one error of `download`. `code` and `retryable` are as of any error here; `reason` says which of the ways of a download to fail it was. */
export class DownloadError extends Lwm2mError {
  readonly reason: DownloadReason
  /** Octets that are stored; where a later download may go on. */
  readonly bytes: number
  constructor(reason: DownloadReason, bytes: number, { code, message, ...details }: Failure) {
    super(code, message, details)
    this.reason = reason
    this.bytes = bytes
  }
}

/** What a failure is as plain data: how an attempt tells the machine of it, and the machine the application. */
export interface Failure extends ErrorDetails {
  readonly code: ErrorCode
  readonly message: string
}

/** The failure behind an error. What is none of ours was a store that failed. */
export const failureOf = (error: unknown): Failure => {
  if (!(error instanceof Lwm2mError)) return { code: 'sink', message: 'the store failed', cause: error, retryable: false }
  const { code, message, cause, hint, retryable, responseCode, retryAfterMs } = error
  return {
    code,
    message,
    retryable,
    ...(cause === undefined ? {} : { cause }),
    ...(hint === undefined ? {} : { hint }),
    ...(responseCode === undefined ? {} : { responseCode }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** Which of the ways to fail it was. */
export const reasonOf = ({ code, responseCode, retryable, cause }: Failure): DownloadReason => {
  if (code === 'response') return ofResponse(responseCode ?? '', retryable === true)
  return code === 'too-large' && cause === notEnoughStorage ? 'no-space' : (reasons[code] ?? 'broken')
}

const reasons: Readonly<Partial<Record<ErrorCode, DownloadReason>>> = {
  invalid: 'uri',
  unsupported: 'scheme',
  unreachable: 'unreachable',
  untrusted: 'untrusted',
  timeout: 'timeout',
  changed: 'changed',
  'too-large': 'too-large',
  sink: 'store',
  firmware: 'checksum',
}
const ofResponse = (code: string, passes: boolean): DownloadReason => {
  if (notFound.has(code)) return 'not-found'
  if (forbidden.has(code)) return 'forbidden'
  if (code.startsWith('3')) return 'redirect'
  return passes ? 'server-error' : 'rejected'
}
const notFound: ReadonlySet<string> = new Set(['4.04', '404', '410'])
const forbidden: ReadonlySet<string> = new Set(['4.01', '4.03', '401', '403'])
