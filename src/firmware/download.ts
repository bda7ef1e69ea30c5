/** One download into a sink, over CoAP or HTTP, resumed where it was lost (RFC 7959 §2.4; RFC 9110 §14). */
import { catchError, concatMap, defer, EMPTY, filter, forkJoin, map, merge, Observable, of, switchMap, take, throwError } from 'rxjs'
import { seeded } from '../core/dice.ts'
import type { Surroundings } from '../core/environment.ts'
import { silent } from '../core/journal.ts'
import type { Crypto, Http, Sink, Source, Storage } from '../core/ports.ts'
import { run } from '../core/run.ts'
import type { AskUri } from './coap/download.ts'
import { attempt, type Desk } from './download/attempt/pipeline.ts'
import { checksum, type Checksum } from './download/checksum.ts'
import type { Place } from './download/file.ts'
import { hoursFault, type Hours } from './download/hours.ts'
import { recall, remember } from './download/memory.ts'
import { pull } from './download/pull.ts'
import { DownloadError, failureOf } from './download/reason.ts'
import { parted } from './download/redirection.ts'
import type { Progress, PullEffect, PullEvent, Steering } from './download/words.ts'
import { digest } from './image/pipeline.ts'

export type { Hours } from './download/hours.ts'
export { DownloadError, type DownloadReason } from './download/reason.ts'
export type { DownloadPhase, Progress, Steering } from './download/words.ts'
export { downloadSchemes } from './uri.ts'

/** How patient a download is, and how modest. */
export interface DownloadPatience {
  /** Times it goes on after a loss without having got anything new. Default 5. */
  readonly retries?: number
  /** Before the first retry; doubled for each further one. Default 1,000. A server's Max-Age or Retry-After counts when it is longer. */
  readonly retryDelayMs?: number
  /** How long an HTTP server may say nothing. Default 30,000. CoAP has its own times. */
  readonly idleMs?: number
  /** Block size exponent asked for over CoAP. Default 6: 1,024 octets, and over `coap+tcp` as much as a message may carry. */
  readonly szx?: number
  /** Octets at the most. Default: no limit but the sink's. */
  readonly bytesMax?: number
  /** Redirections followed over HTTP. Default 5. Never from https to http, and credentials go to their own server only. */
  readonly redirectsMax?: number
  /** Octets a second at the most, 64 or more. Default: as fast as it goes. */
  readonly bytesPerSecond?: number
  /** The hours of the day in which the network may be used. Default: always. */
  readonly hours?: Hours
}

/** What outlives the process: which file the octets in the store are of. */
export interface DownloadMemory {
  readonly read: () => Observable<Uint8Array | undefined>
  readonly write: (bytes: Uint8Array) => Observable<unknown>
  readonly remove: () => Observable<unknown>
}
/** The memory of a download in a storage, under a name of its own: not that of its sink. */
export const memoryIn = (storage: Pick<Storage, 'read' | 'write' | 'remove'>, name: string): DownloadMemory => ({
  read: () => storage.read(name),
  write: (bytes) => storage.write(name, bytes),
  remove: () => storage.remove(name),
})

/** What a download needs; an `Environment` has the most of it: `{ ...env, ...storedIn(env.storage), ask }`. */
export interface DownloadOptions extends DownloadPatience, Partial<Omit<Surroundings, 'scheduler'>> {
  readonly sink: Sink
  /** What the sink has stored: there a download goes on after a restart, and there its digest is read after a resumption. */
  readonly source?: Observable<Source | undefined>
  /** Asks over CoAP: the URI says whom. */
  readonly ask: AskUri
  readonly http: Pick<Http, 'request'>
  readonly scheduler: Surroundings['scheduler']
  readonly crypto?: Crypto
  /** With it a download that was interrupted by the end of its process goes on where it was. */
  readonly memory?: DownloadMemory
  /** What the file has to be, in hex; or `true`: the last value says what it is. Needs `crypto`, and `source` for what is resumed. */
  readonly sha256?: string | true
  /** Said by the application while it goes on. */
  readonly steer$?: Observable<Steering>
}

/**
 * Emits the progress of each piece stored and of each change of its phase, and completes when all is stored; unsubscribing cancels it, and what
 * is stored stays. After a loss it goes on behind the last octet stored if the file has the ETag that it had, else from the start, once.
 * Fails with a `DownloadError`, whose `reason` says why.
 */
export const download = (uri: string, options: DownloadOptions): Observable<Progress> =>
  defer(() => {
    const fault = faultOf(options)
    if (fault !== undefined) return throwError(() => new DownloadError('uri', 0, { code: 'invalid', message: fault, retryable: false }))
    const { uri: plain, userinfo } = parted(uri)
    const { retries = 5, retryDelayMs = 1_000, redirectsMax = 5, hours, sha256, steer$ = EMPTY } = options
    const found = { bytes: 0 }
    const desk = deskOf(plain, userinfo, options, found)
    const machine = pull(plain, {
      retries,
      retryDelayMs,
      redirectsMax,
      hours,
      sha256: typeof sha256 === 'string' ? sha256.toLowerCase() : sha256,
    })
    const { scheduler, wall = () => scheduler.now(), random = seeded(0), journal = silent, strict = false } = options
    const begin$ = recalled(plain, options, found).pipe(map((place): PullEvent => ({ type: 'begin', found: place })))
    const steering$ = steer$.pipe(map((type): PullEvent => ({ type })))
    return merge(begin$, steering$).pipe(
      run(machine, { scheduler, wall, random, journal, strict }, { perform: performing(desk, options) }),
      told(options),
    )
  })

const faultOf = ({ hours, wall, bytesPerSecond = Infinity, szx = 6, sha256, crypto }: DownloadOptions): string | undefined => {
  if (hours !== undefined && wall === undefined) return 'hours need a clock on the wall: wall'
  if (!(bytesPerSecond >= 64)) return `${bytesPerSecond} octets a second are too few: 64 or more`
  if (!(Number.isInteger(szx) && szx >= 0 && szx <= 6)) return `no block size exponent: ${szx}`
  if (sha256 !== undefined && crypto === undefined) return 'sha256 needs crypto'
  if (typeof sha256 === 'string' && !/^[0-9a-f]{64}$/i.test(sha256)) return 'sha256 is 64 hex digits'
  return hoursFault(hours)
}

const deskOf = (uri: string, userinfo: string, options: DownloadOptions, found: { readonly bytes: number }): Desk => {
  const { sink, ask, http, scheduler, szx = 6, idleMs = 30_000, bytesMax = Infinity, bytesPerSecond = Infinity, memory } = options
  return {
    sink,
    ask,
    http,
    scheduler,
    szx,
    idleMs,
    bytesMax,
    bytesPerSecond,
    userinfo,
    checksum: checksumOf(options),
    heldBytes: () => found.bytes,
    remember: memory === undefined ? undefined : (place) => memory.write(remember({ uri, ...place })),
  }
}
const checksumOf = ({ crypto, sha256, source }: DownloadOptions): Checksum | undefined =>
  sha256 === undefined || crypto === undefined ? undefined : checksum(() => crypto.hash('sha256'), source === undefined)

/** What of this very file is stored. Where writes are not durable at once, only what was written down is. */
const recalled = (uri: string, { memory, source, sink }: DownloadOptions, found: { bytes: number }): Observable<Place | undefined> => {
  const size$: Observable<number | undefined> =
    source === undefined
      ? of(undefined)
      : source.pipe(
          take(1),
          map((stored) => stored?.size ?? 0),
        )
  const known$: Observable<Place | undefined> =
    memory === undefined
      ? of(undefined)
      : memory.read().pipe(
          take(1),
          map((bytes) => recall(bytes, uri)),
        )
  const none$ = of(undefined)
  return forkJoin([size$.pipe(catchError(() => none$)), known$.pipe(catchError(() => none$))]).pipe(
    map(([size, known]): Place | undefined => {
      found.bytes = size ?? known?.bytes ?? 0
      if (known === undefined) return undefined
      const sure = sink.sync === undefined ? Infinity : known.bytes
      return { ...known, bytes: Math.min(sure, size ?? known.bytes) }
    }),
  )
}

/** An attempt or a verification ends where the next one begins. */
const performing =
  (desk: Desk, options: DownloadOptions) =>
  (effect$: Observable<PullEffect>): Observable<PullEvent> =>
    effect$.pipe(
      filter(({ type }) => type === 'fetch' || type === 'halt' || type === 'verify'),
      // The latest only.
      switchMap((effect) => (effect.type === 'fetch' ? attempt(effect, desk) : effect.type === 'verify' ? verify(desk, options) : EMPTY)),
    )

/** The digest of what is stored: as it streamed past, or read again where it did not. */
const verify = ({ checksum: streamed }: Desk, { crypto, source }: DownloadOptions): Observable<PullEvent> =>
  defer(() => {
    const seen = streamed?.digest()
    if (seen !== undefined) return of(seen)
    if (source === undefined || crypto === undefined) return throwError(() => unreadable)
    return source.pipe(
      take(1),
      concatMap((stored) => (stored === undefined ? throwError(() => unreadable) : digest(stored, crypto))),
    )
  }).pipe(
    map((sha256): PullEvent => ({ type: 'verified', sha256 })),
    catchError((error: unknown) => of<PullEvent>({ type: 'unverified', failure: failureOf(error) })),
  )
const unreadable = new Error('what is stored cannot be read again: source')

/** Progress for whoever watches; in the end what was remembered is let go of. */
const told =
  ({ memory }: DownloadOptions) =>
  (turn$: Observable<{ readonly effects: readonly PullEffect[] }>): Observable<Progress> =>
    new Observable((observer) => {
      const forget = (then: () => void) => observer.add((memory?.remove() ?? EMPTY).subscribe({ error: then, complete: then }))
      const tell = (effect: PullEffect) => {
        if (effect.type === 'report') observer.next(effect.progress)
        else if (effect.type === 'succeed') forget(() => observer.complete())
        else if (effect.type === 'fail') {
          const { reason, bytes, failure } = effect
          const fail = () => observer.error(new DownloadError(reason, bytes, failure))
          if (effect.forget) forget(fail)
          else fail()
        }
      }
      observer.add(turn$.subscribe({ next: ({ effects }) => effects.forEach(tell), error: (error: unknown) => observer.error(error) }))
    })
