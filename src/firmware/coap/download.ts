/** One attempt to download over CoAP: block by block into the sink, from where the last one was lost (RFC 7959 §2.4). */
import { concatMap, defer, of, throwError, type Observable } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import type { Sink } from '../../core/ports.ts'
import type { Request, Response } from '../../exchange/exchange.ts'
import { isReliableScheme } from '../../exchange/matching.ts'
import { request } from '../../exchange/request.ts'
import { responses } from '../../message/code.ts'
import { options, uint, uintOption, withOption } from '../../message/option.ts'
import { resumable, type Place } from '../place.ts'
import { shown } from '../uri.ts'

/** Asks a CoAP server; the URI says whom. */
export type AskUri = (uri: string, request: Omit<Request, 'remote'>) => Observable<Response>

/** Completes when the file is stored. Errors: `response` for whatever is not 2.05, and those of the exchange and the transfer. */
export const overCoap = (uri: string, place: Place, sink: Sink, ask: AskUri, szx: number): Observable<unknown> =>
  defer(() => {
    const get = request('GET', uri, { purpose: 'block' })
    const num = Math.floor(resumable(place) / (16 << szx))
    // A stream's peer says itself how many blocks a message carries (RFC 8323 §6), if it is not told how large they are.
    if (num === 0 && szx === 6 && isReliableScheme(uri)) return ask(uri, { ...get, sink })
    const block = uintOption(options.Block2, num * 16 + szx)
    return ask(uri, { ...get, options: withOption(get.options, block), sink })
  }).pipe(concatMap((response) => (response.code === responses.Content ? of(response) : throwError(() => refused(uri, response)))))

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
