/** A sink that notes how far it is, takes its time, and refuses what is too large or of another file before the first octet. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  ignoreElements,
  map,
  of,
  take,
  tap,
  throwError,
  type MonoTypeOperatorFunction,
  type Observable,
} from 'rxjs'
import { Lwm2mError } from '../../../core/error.ts'
import type { About, Sink } from '../../../core/ports.ts'
import type { Checksum } from '../checksum.ts'
import { misfit, notEnoughStorage, tooLarge, type Place } from '../file.ts'

/** What an intake stands on. */
export interface Intake {
  readonly sink: Sink
  /** What is stored of which file. */
  readonly place: Place
  readonly bytesMax: number
  /** Octets of the store that this download may use again. */
  readonly heldBytes: () => number
  readonly checksum: Checksum | undefined
  readonly opened: (offset: number, about: About) => void
  readonly stored: (bytes: number) => void
  /** Why our side refused, which the peer's side need not know. */
  readonly refused: (error: unknown) => void
  /** Keeps in mind how much of which file is sure to be stored. */
  readonly remember: ((place: Place) => Observable<unknown>) | undefined
  /** How long to wait after so many octets; absent, not at all. */
  readonly wait: ((bytes: number) => Observable<unknown>) | undefined
}

/** What is not written down is fetched again after a power cut: no more than this. */
const checkpointBytes = 1 << 18

/** Stores into the sink below. */
export const intake = (it: Intake): Sink => {
  const { sink, bytesMax, checksum, remember, wait } = it
  let about: About = {}
  let keptBytes = 0
  const refuse = (refusal: Lwm2mError) => {
    it.refused(refusal)
    return throwError(() => refusal)
  }
  const kept: MonoTypeOperatorFunction<unknown> = catchError((error: unknown) => refuse(ofStore(error)))
  const keep = (bytes: number): Observable<never> => {
    if (remember === undefined) return EMPTY
    keptBytes = bytes
    const kept$ = defer(() => remember({ bytes, total: about.size, etag: about.etag }))
    return concat(sink.sync?.() ?? EMPTY, kept$).pipe(ignoreElements())
  }
  const after = (bytes: number, offset: number): Observable<never> => {
    const end = offset + bytes
    const kept$ = remember !== undefined && end - keptBytes >= checkpointBytes ? keep(end) : EMPTY
    return wait === undefined ? kept$ : concat(kept$, wait(bytes).pipe(ignoreElements()))
  }
  const write = (bytes: Uint8Array, offset: number): Observable<unknown> => {
    const written$ = sink.write(bytes, offset).pipe(
      tap({
        complete: () => {
          checksum?.update(bytes, offset)
          it.stored(offset + bytes.length)
        },
      }),
    )
    return remember === undefined && wait === undefined
      ? written$
      : concat(
          written$,
          defer(() => after(bytes.length, offset)),
        )
  }
  return {
    open: (offset, told = {}) =>
      defer(() => roomFor(it, told)).pipe(
        concatMap((room) => {
          const wrong = misfit(it.place, offset, told, { bytesMax, room })
          if (wrong !== undefined) return refuse(wrong)
          about = { ...told, size: told.size ?? (offset > 0 ? it.place.total : undefined) }
          checksum?.open(offset)
          it.opened(offset, told)
          // The store first: what is remembered must never be more than what is stored.
          return concat(
            sink.open(offset, told),
            defer(() => keep(offset)),
          ).pipe(kept)
        }),
      ),
    write: (bytes, offset) =>
      offset + bytes.length > bytesMax
        ? defer(() => refuse(tooLarge(offset + bytes.length, bytesMax)))
        : defer(() => write(bytes, offset)).pipe(kept),
    close: () => defer(() => sink.close()).pipe(kept),
    abandon: () => sink.abandon(),
  }
}

/** Octets that the store can take for this file, what it has of it already among them. */
const roomFor = ({ sink, heldBytes }: Intake, { size }: About): Observable<number> =>
  size === undefined || sink.free === undefined
    ? of(Infinity)
    : sink.free().pipe(
        take(1),
        map((free) => free + heldBytes()),
      )

/** What the store cannot take is not for want of a limit of ours, but of room. */
const ofStore = (error: unknown): Lwm2mError => {
  if (!(error instanceof Lwm2mError)) return new Lwm2mError('sink', 'the store failed', { cause: error })
  return error.code === 'too-large' && typeof error.cause !== 'number'
    ? new Lwm2mError('too-large', error.message, { cause: notEnoughStorage })
    : error
}
