/** A request that failed, or an error response, as the error that applications see (RFC 7252 §5.9.2, §5.9.3). */
import { Lwm2mError, type ErrorCode } from '../core/error.ts'
import { responses } from '../message/code.ts'
import { has, options } from '../message/option.ts'
import type { Failed, FailureReason, Request, Response } from './exchange.ts'
import { maxAgeOf } from './observing.ts'
import { methodOf, uriOf } from './request.ts'

/** Code `response`, with the peer's code and diagnostic message. 4.29 and 5.03 may be tried again, after Max-Age (RFC 8516 §3, RFC 7252 §5.9.3.4). */
export const responseError = (request: Request, response: Response): Lwm2mError => {
  const { code } = response
  const said = diagnosticOf(response)
  const retryable = code === responses.TooManyRequests || code === responses.ServiceUnavailable
  return new Lwm2mError('response', `${methodOf(request)} ${uriOf(request)} was answered ${code}${said === undefined ? '' : `: ${said}`}`, {
    responseCode: code,
    retryable,
    ...(retryable ? { hint: `try again in ${maxAgeOf(response.options)} s`, retryAfterMs: maxAgeOf(response.options) * 1000 } : {}),
  })
}

/** The diagnostic payload (RFC 7252 §5.5.2): text, where no Content-Format says otherwise. */
export const diagnosticOf = ({ options: all, payload }: Response): string | undefined =>
  payload.length === 0 || has(all, options.ContentFormat) ? undefined : text.decode(payload)
const text = new TextDecoder()

/** A request that was not answered: its code follows from the reason. */
export const failureError = ({ remote, reason }: Pick<Failed, 'remote' | 'reason'>): Lwm2mError =>
  new Lwm2mError(codeOf[reason], `request to ${remote} failed: ${reason}`)

const codeOf: Readonly<Record<FailureReason, ErrorCode>> = {
  timeout: 'timeout',
  reset: 'reset',
  refused: 'refused',
  unreachable: 'unreachable',
  aborted: 'aborted',
  'bad-option': 'malformed',
  incomplete: 'incomplete',
  changed: 'changed',
  'too-large': 'too-large',
  sink: 'sink',
}
