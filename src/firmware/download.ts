/** One download into a sink, over CoAP or HTTP, resumed where it was lost (RFC 7959 §2.4; RFC 9110 §14). */
import { concatMap, defer, dematerialize, EMPTY, materialize, mergeMap, Observable, of, retry, Subject, tap, throwError, timer, type SchedulerLike } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Http, HttpResponse, Sink } from '../core/ports.ts'
import type { Request, Response } from '../exchange/exchange.ts'
import { request } from '../exchange/request.ts'
import { isSuccess } from '../message/code.ts'
import { options, uint, uintOption, withOption } from '../message/option.ts'

/** How far a download is. */
export interface Progress {
  readonly bytes: number
  /** As far as the peer told it. */
  readonly total: number | undefined
  /** Times it was begun again after a loss. */
  readonly attempt: number
}

/** What a download needs. */
export interface DownloadOptions {
  readonly sink: Sink
  /** Asks over CoAP: the URI says whom. */
  readonly ask: (uri: string, request: Omit<Request, 'remote'>) => Observable<Response>
  readonly http: Http
  readonly scheduler: SchedulerLike
  /** Times it goes on after a loss without having got anything new. Default 5. */
  readonly retries?: number
  /** Before the first retry; doubled for each further one. Default 1,000. */
  readonly retryDelayMs?: number
  /** Block size exponent asked for. Default 6: 1,024 octets. */
  readonly szx?: number
  /** Octets at the most. Default: no limit but the sink's. */
  readonly bytesMax?: number
}

/** The schemes that can be downloaded here. */
export const downloadSchemes: readonly string[] = ['coap:', 'http:', 'https:']

/**
 * Emits the progress of each piece stored and completes when all of it is; unsubscribing abandons it.
 * After a loss it goes on behind the last octet stored if the ETag is the same, else from the start.
 * Errors: `invalid` (URI), `unsupported` (scheme), `response` (4.04, 404 …), `timeout`, `unreachable`, `changed`, `too-large`, `sink`.
 */
export const download = (uri: string, settings: DownloadOptions): Observable<Progress> =>
  defer(() => {
    const place: Place = { bytes: 0, total: undefined, etag: undefined, attempt: 0 }
    const piece$ = schemeOf(uri) === 'coap:' ? coap : http
    let lastBytes = -1
    let failures = 0
    return defer(() => {
      if (!downloadSchemes.includes(schemeOf(uri))) return throwError(() => new Lwm2mError('unsupported', `no download over ${schemeOf(uri)}`))
      return piece$(uri, place, settings)
    }).pipe(
      retry({
        delay: (error: unknown) => {
          failures = place.bytes > lastBytes ? 1 : failures + 1
          lastBytes = place.bytes
          if (!(error instanceof Lwm2mError) || !error.retryable || failures > (settings.retries ?? 5)) return throwError(() => error)
          place.attempt++
          return timer((settings.retryDelayMs ?? 1_000) * 2 ** (failures - 1), settings.scheduler)
        },
      }),
    )
  })

/** What one download knows from attempt to attempt. */
interface Place {
  bytes: number
  total: number | undefined
  etag: string | undefined
  attempt: number
}
const progress = ({ bytes, total, attempt }: Place): Progress => ({ bytes, total, attempt })

/** The sink, its progress noted; the first octets of a changed file begin it anew. */
const noted = (sink: Sink, place: Place, made: Subject<Progress>, bytesMax = Infinity): Sink => ({
  open: (offset, about) => {
    const etag = about?.etag === undefined ? undefined : hex(about.etag)
    if (offset > 0 && etag !== undefined && etag !== place.etag) {
      place.bytes = 0
      place.etag = undefined
      return throwError(() => new Lwm2mError('changed', 'the file changed: from the start'))
    }
    place.bytes = offset
    if (about?.size !== undefined) place.total = about.size
    if (etag !== undefined) place.etag = etag
    if (place.total !== undefined && place.total > bytesMax) return throwError(() => new Lwm2mError('too-large', `${place.total} octets, ${bytesMax} at the most`))
    return sink.open(offset, about)
  },
  write: (bytes, offset) =>
    offset + bytes.length > bytesMax
      ? throwError(() => new Lwm2mError('too-large', `more than ${bytesMax} octets`))
      : sink.write(bytes, offset).pipe(
          tap({
            complete: () => {
              place.bytes = offset + bytes.length
              made.next(progress(place))
            },
          }),
        ),
  close: sink.close,
  abandon: sink.abandon,
})

// ── CoAP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const coap = (uri: string, place: Place, { sink, ask, szx = 6, bytesMax }: DownloadOptions): Observable<Progress> =>
  defer(() => {
    const made = new Subject<Progress>()
    const from = place.bytes - (place.bytes % (16 << szx))
    const get = request('GET', uri, { purpose: 'block' })
    const block = uintOption(options.Block2, ((from >> (szx + 4)) << 4) | szx)
    const asked = ask(uri, { ...get, options: withOption(get.options, block), sink: noted(sink, place, made, bytesMax) }).pipe(
      mergeMap((response) => (isSuccess(response.code) ? coapDone(response, place) : throwError(() => notThere(uri, response.code)))),
    )
    return merged(made, asked)
  })

const coapDone = (response: Response, place: Place): Observable<Progress> => {
  place.total = response.body?.size ?? uint(response.options, options.Size2) ?? place.bytes
  return of(progress(place))
}

// ── HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const http = (uri: string, place: Place, { sink, http: port, bytesMax }: DownloadOptions): Observable<Progress> =>
  defer(() => {
    const made = new Subject<Progress>()
    const resume = place.bytes > 0 && place.etag !== undefined
    const headers: Record<string, string> = resume ? { range: `bytes=${place.bytes}-`, 'if-range': place.etag! } : {}
    return port.request({ url: uri, headers }).pipe(
      concatMap((response) => {
        const { status } = response
        if (status !== 200 && status !== 206) return throwError(() => notThere(uri, String(status)))
        const from = status === 206 ? place.bytes : 0
        place.etag = strong(response.headers['etag'])
        const length = Number(response.headers['content-length'])
        place.total = Number.isNaN(length) ? undefined : from + length
        const into = noted(sink, place, made, bytesMax)
        // The connection stays open until unsubscribed; the end of the body is the end of it.
        return merged(made, into.open(from, { size: place.total }).pipe(last(() => pieces(response, from, into, place)))).pipe(materialize())
      }),
      dematerialize(),
    )
  })

/** Piece after piece, each asked for when the one before is stored; the connection may not end early. */
const pieces = (response: HttpResponse, from: number, sink: Sink, place: Place): Observable<Progress> =>
  new Observable((observer) => {
    let offset = from
    let waiting = false
    let pulling = false
    const pull = () => {
      waiting = true
      if (pulling) return
      pulling = true
      while (waiting && !observer.closed) {
        waiting = false
        observer.add(response.next.subscribe({ next: take, error: (error: unknown) => observer.error(error) }))
      }
      pulling = false
    }
    const take = (bytes: Uint8Array | undefined) => {
      if (bytes === undefined) return end()
      const at = offset
      offset += bytes.length
      observer.add(sink.write(bytes, at).subscribe({ complete: pull, error: (error: unknown) => observer.error(asSink(error)) }))
    }
    const end = () => {
      if (place.total !== undefined && offset < place.total) return observer.error(new Lwm2mError('incomplete', `${offset} of ${place.total} octets`))
      observer.add(
        sink.close().subscribe({
          complete: () => {
            observer.next(progress(place))
            observer.complete()
          },
          error: (error: unknown) => observer.error(asSink(error)),
        }),
      )
    }
    pull()
  })

// ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The pieces noted by the sink, until the download itself ends. */
const merged = (made: Subject<Progress>, done$: Observable<Progress>): Observable<Progress> =>
  new Observable((observer) => {
    observer.add(made.subscribe((value) => observer.next(value)))
    observer.add(done$.subscribe(observer))
  })
/** Goes on when the Observable before has completed. */
const last =
  <T>(next: () => Observable<T>) =>
  (before$: Observable<unknown>): Observable<T> =>
    new Observable((observer) => {
      observer.add(
        before$.pipe(mergeMap(() => EMPTY)).subscribe({ error: (error: unknown) => observer.error(asSink(error)), complete: () => observer.add(next().subscribe(observer)) }),
      )
    })

const asSink = (error: unknown): unknown => (error instanceof Lwm2mError ? error : new Lwm2mError('sink', 'the store failed', { cause: error }))
const notThere = (uri: string, code: string) => new Lwm2mError('response', `${uri}: ${code}`, { responseCode: code, retryable: /^5/.test(code) })
const schemeOf = (uri: string): string => /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0].toLowerCase() ?? ''
const hex = (bytes: Uint8Array) => Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('')
/** A weak ETag cannot resume (RFC 9110 §13.1.5). */
const strong = (etag: string | undefined) => (etag === undefined || etag.startsWith('W/') ? undefined : etag)
