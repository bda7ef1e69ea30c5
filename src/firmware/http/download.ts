/** One attempt to download over HTTP: the file, or the rest of it if it is still the same (RFC 9110 §13.1.5, §14). */
import { concatMap, defer, of, take, throwError, timeout, type MonoTypeOperatorFunction, type Observable, type SchedulerLike } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import type { Http, HttpResponse, Sink } from '../../core/ports.ts'
import { afterwards, thenGive, untilFalse } from '../image/pipeline.ts'
import { shown } from '../uri.ts'
import { beginOf, elsewhereOf, failureOf, sizeOf, tagOf } from './response.ts'

/** What an attempt needs. */
export interface HttpSettings {
  readonly http: Pick<Http, 'request'>
  readonly scheduler: SchedulerLike
  /** How long the server may say nothing. */
  readonly idleMs: number
}

/** Where the file is instead. */
export interface Elsewhere {
  readonly location: string
  readonly status: number
}
/** Which part of which file. */
export interface Part {
  readonly offset: number
  readonly etag: Uint8Array | undefined
}

/**
 * Emits once: `undefined` when the file is stored, or where it is instead. The connection lasts until then.
 * Errors: `response`, `changed`, `incomplete`, `timeout`, `unreachable`.
 */
export const overHttp = (
  url: string,
  { offset: from, etag }: Part,
  sink: Sink,
  { http, scheduler, idleMs }: HttpSettings,
): Observable<Elsewhere | undefined> =>
  defer(() => {
    const tag = etag === undefined ? '' : new TextDecoder().decode(etag)
    const headers: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-`, 'if-range': tag }
    const lively: Lively = (value$) => value$.pipe(notSilentFor(idleMs, scheduler, url))
    return http.request({ url, headers, redirect: 'manual' }).pipe(
      lively,
      concatMap((response) => {
        const elsewhere = elsewhereOf(response)
        if (elsewhere !== undefined) return of(elsewhere)
        const begin = beginOf(response, from)
        return begin === undefined ? throwError(() => failureOf(url, response, from)) : stored(response, begin, sink, lively)
      }),
      take(1), // the connection ends with the body
    )
  })

/** Piece after piece, each taken when the one before is stored; an end that comes early is none. */
const stored = (response: HttpResponse, from: number, sink: Sink, lively: Lively): Observable<undefined> => {
  const size = sizeOf(response, from)
  const etag = tagOf(response)
  let offset = from
  const piece$ = defer(() => response.next).pipe(
    lively,
    take(1),
    concatMap((bytes) => {
      if (bytes === undefined) return of(false)
      const at = offset
      offset += bytes.length
      return thenGive(sink.write(bytes, at), true)
    }),
  )
  const whole$ = untilFalse(piece$).pipe(
    concatMap(() =>
      size === undefined || offset === size
        ? thenGive(sink.close(), undefined)
        : throwError(() => new Lwm2mError('incomplete', `${offset} of ${size} octets came`)),
    ),
  )
  return afterwards(sink.open(from, { size, ...(etag === undefined ? {} : { etag }) }), () => whole$)
}

/** The next value must come in time, the first one too. */
type Lively = <Value>(value$: Observable<Value>) => Observable<Value>
const notSilentFor = <Value>(idleMs: number, scheduler: SchedulerLike, url: string): MonoTypeOperatorFunction<Value> =>
  timeout({
    first: idleMs,
    scheduler,
    with: () => throwError(() => new Lwm2mError('timeout', `${shown(url)} said nothing for ${idleMs / 1000} s`)),
  })
