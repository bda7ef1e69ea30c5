/** One download into a sink, over CoAP or HTTP, resumed where it was lost (RFC 7959 §2.4; RFC 9110 §14). */
import { catchError, defer, Observable, retry, throwError, timer, type SchedulerLike } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Http, Sink } from '../core/ports.ts'
import { overCoap, type AskUri } from './coap/download.ts'
import { overHttp } from './http/download.ts'
import { intake } from './intake/pipeline.ts'
import { beginning, progressOf, retryAfterMs, type Place, type Progress } from './place.ts'
import { downloadSchemes, schemeOf, shown } from './uri.ts'

export type { Progress } from './place.ts'
export { downloadSchemes } from './uri.ts'

/** How patient a download is. */
export interface DownloadPatience {
  /** Times it goes on after a loss without having got anything new. Default 5. */
  readonly retries?: number
  /** Before the first retry; doubled for each further one. Default 1,000. */
  readonly retryDelayMs?: number
  /** How long an HTTP server may say nothing. Default 30,000. CoAP has its own times. */
  readonly idleMs?: number
  /** Block size exponent asked for over CoAP. Default 6: 1,024 octets. */
  readonly szx?: number
  /** Octets at the most. Default: no limit but the sink's. */
  readonly bytesMax?: number
}

/** What a download needs. */
export interface DownloadOptions extends DownloadPatience {
  readonly sink: Sink
  /** Asks over CoAP: the URI says whom. */
  readonly ask: AskUri
  readonly http: Http
  readonly scheduler: SchedulerLike
}

/**
 * Emits the progress of each piece stored and completes when all of it is; unsubscribing abandons it.
 * After a loss it goes on behind the last octet stored if the file has the ETag that it had, else from the start.
 * Errors: `invalid` (URI), `unsupported` (scheme), `response` (4.04, 404 …), `timeout`, `unreachable`, `incomplete`, `changed` (again and again), `too-large`, `sink`.
 */
export const download = (uri: string, settings: DownloadOptions): Observable<Progress> =>
  defer(() => {
    const place = beginning()
    return attempt(uri, place, settings).pipe(
      retry({
        delay: (error: unknown) => {
          const delayMs = retryAfterMs(place, error, settings)
          return delayMs === undefined ? throwError(() => error) : timer(delayMs, settings.scheduler)
        },
      }),
    )
  })

/** What was refused on our side is the reason, whatever the floors below made of it. */
const attempt = (uri: string, place: Place, settings: DownloadOptions): Observable<Progress> =>
  noting(uri, place, settings).pipe(catchError((error: unknown) => throwError(() => place.refusal ?? error)))

const noting = (uri: string, place: Place, settings: DownloadOptions): Observable<Progress> =>
  new Observable<Progress>((observer) => {
    place.refusal = undefined
    const { bytesMax = Infinity, szx = 6, idleMs = 30_000 } = settings
    const sink = intake(settings.sink, place, bytesMax, () => observer.next(progressOf(place)))
    const stored$ = over(uri, place, sink, { ...settings, szx, idleMs })
    observer.add(stored$.subscribe({ error: (error: unknown) => observer.error(error), complete: () => observer.complete() }))
  })

const over = (uri: string, place: Place, sink: Sink, settings: DownloadOptions & { readonly szx: number; readonly idleMs: number }) => {
  switch (schemeOf(uri)) {
    case 'coap':
    case 'coaps':
    case 'coap+tcp':
      return overCoap(uri, place, sink, settings.ask, settings.szx)
    case 'http':
    case 'https':
      return overHttp(uri, place, sink, settings)
    default:
      return throwError(() => new Lwm2mError('unsupported', `no download from ${shown(uri)}: ${downloadSchemes.join(', ')} are spoken`))
  }
}
