/** One attempt to download over CoAP: block by block into the sink, from where the last one was lost (RFC 7959 §2.4). */
import { concatMap, defer, of, throwError, type Observable } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import type { Sink } from '../../core/ports.ts'
import type { Request, Response } from '../../exchange/exchange.ts'
import { isReliableScheme } from '../../exchange/matching.ts'
import { request } from '../../exchange/request.ts'
import { responses } from '../../message/code.ts'
import { options, uint, uintOption, withOption } from '../../message/option.ts'
import { shown } from '../uri.ts'

/** Asks a CoAP server; the URI says whom. */
export type AskUri = (uri: string, request: Omit<Request, 'remote'>) => Observable<Response>

/** What an attempt needs. */
export interface CoapSettings {
  readonly ask: AskUri
  /** Block size exponent asked for. */
  readonly szx: number
  /** A stream's peer may put as many blocks into a message as it likes (RFC 8323 §6). */
  readonly bert: boolean
}

/**
 * Completes when the file is stored, from the block on in which the offset is. The size is asked for, so that a file that is too large is
 * known before its first octet (RFC 7959 §4). Errors: `response` for whatever is not 2.05, and those of the exchange and the transfer.
 */
export const overCoap = (uri: string, offset: number, sink: Sink, { ask, szx, bert }: CoapSettings): Observable<unknown> =>
  defer(() => {
    const get = request('GET', uri, { purpose: 'block', options: [uintOption(options.Size2, 0)] })
    const num = Math.floor(offset / (16 << szx))
    // A stream's peer says itself how many blocks a message carries, if it is not told how large they are.
    const many = szx === 6 && bert && isReliableScheme(uri)
    if (num === 0 && many) return ask(uri, { ...get, sink })
    const block = uintOption(options.Block2, num * 16 + (many ? bertSzx : szx))
    return ask(uri, { ...get, options: withOption(get.options, block), sink })
  }).pipe(concatMap((response) => (response.code === responses.Content ? of(response) : throwError(() => refused(uri, response)))))

/** Several blocks of 1,024 octets in a message (RFC 8323 §6). */
const bertSzx = 7

/** Server errors, and 4.29, pass (RFC 7252 §5.9.3; RFC 8516). */
const refused = (uri: string, { code, options: all }: Response): Lwm2mError => {
  const retryable = code.startsWith('5') || code === responses.TooManyRequests
  const maxAge = retryable ? uint(all, options.MaxAge) : undefined
  return new Lwm2mError('response', `GET ${shown(uri)} was answered ${code}`, {
    responseCode: code,
    retryable,
    ...(maxAge === undefined ? {} : { retryAfterMs: maxAge * 1000 }),
  })
}
