/** One attempt of a download: from one place, over one protocol, into the store. */
import { concatMap, defer, EMPTY, Observable, of, throwError, timer, type SchedulerLike } from 'rxjs'
import { Lwm2mError } from '../../../core/error.ts'
import type { Http, Sink } from '../../../core/ports.ts'
import { overCoap, type AskUri } from '../../coap/download.ts'
import { overHttp, type Elsewhere } from '../../http/download.ts'
import { downloadSchemes, schemeOf, shown } from '../../uri.ts'
import type { Checksum } from '../checksum.ts'
import type { Place } from '../file.ts'
import { intake, type Intake } from '../intake/pipeline.ts'
import { paced } from '../pace.ts'
import { failureOf } from '../reason.ts'
import { joined } from '../redirection.ts'
import type { PullEffect, PullEvent } from '../words.ts'

/** What all attempts of one download share. */
export interface Desk {
  readonly sink: Sink
  readonly ask: AskUri
  readonly http: Pick<Http, 'request'>
  readonly scheduler: SchedulerLike
  readonly szx: number
  readonly idleMs: number
  readonly bytesMax: number
  readonly bytesPerSecond: number
  /** What the URI has of credentials, with the `@`; not for the machine, whose turns are published. */
  readonly userinfo: string
  readonly checksum: Checksum | undefined
  readonly heldBytes: () => number
  readonly remember: ((place: Place) => Observable<unknown>) | undefined
}

type Fetch = PullEffect & { readonly type: 'fetch' }

/** Tells how it goes; unsubscribing ends it, and what is stored stays. */
export const attempt = (order: Fetch, desk: Desk): Observable<PullEvent> =>
  new Observable<PullEvent>((observer) => {
    const { attempt: id, place } = order
    let refusal: unknown
    let open = false
    const sink = intake({
      ...desk,
      place,
      opened: (offset, { size, etag }) => {
        open = true
        observer.next({ type: 'opened', attempt: id, offset, total: size, etag })
      },
      stored: (bytes) => observer.next({ type: 'stored', attempt: id, bytes }),
      refused: (error) => (refusal = error),
      wait: waiting(desk),
    } satisfies Intake)
    const end = (event: PullEvent) => {
      observer.next(event)
      observer.complete()
    }
    observer.add(() => {
      // Whoever asks over CoAP does so, too; twice does no harm.
      if (open) sink.abandon().subscribe({ error: () => {} })
    })
    observer.add(
      over(order, sink, desk).subscribe({
        next: (elsewhere) => {
          open &&= elsewhere !== undefined
          end(elsewhere === undefined ? { type: 'ended', attempt: id } : { type: 'redirected', attempt: id, ...elsewhere })
        },
        // What was refused on our side is the reason, whatever the floors below made of it.
        error: (error: unknown) => end({ type: 'failed', attempt: id, failure: failureOf(refusal ?? error) }),
      }),
    )
  })

/** Emits once: stored, or elsewhere. */
const over = ({ uri, own, offset, place }: Fetch, sink: Sink, desk: Desk): Observable<Elsewhere | undefined> => {
  switch (schemeOf(uri)) {
    case 'coap':
    case 'coaps':
    case 'coap+tcp':
      return overCoap(uri, offset, sink, { ...desk, bert: desk.bytesPerSecond >= bertBytesPerSecond }).pipe(concatMap(() => of(undefined)))
    case 'http':
    case 'https':
      return overHttp(own ? joined(uri, desk.userinfo) : uri, { offset, etag: place.etag }, sink, desk)
    default:
      return throwError(() => new Lwm2mError('unsupported', `no download from ${shown(uri)}: ${downloadSchemes.join(', ')} are spoken`))
  }
}
/** A peer that waits long for its next request gives up: slow downloads take one block at a time. */
const bertBytesPerSecond = 8_192

/** Takes its time after each piece, where there is a limit. */
const waiting = ({ bytesPerSecond, scheduler }: Desk): Intake['wait'] => {
  if (bytesPerSecond === Infinity) return undefined
  let readyAt = 0
  return (bytes) =>
    defer(() => {
      readyAt = paced(readyAt, scheduler.now(), bytes, bytesPerSecond)
      const ms = Math.floor(readyAt - scheduler.now())
      return ms <= 0 ? EMPTY : timer(ms, scheduler)
    })
}
