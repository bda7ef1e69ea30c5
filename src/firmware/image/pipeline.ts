/** The stored package read again, piece by piece: its digest is of what is stored, whatever way it came. */
import { concat, concatMap, defer, ignoreElements, map, Observable, of, take, tap, throwError } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import type { Crypto, Source } from '../../core/ports.ts'
import type { FirmwareImage, FirmwareStore } from '../image.ts'

/** The package in the store. Errors: `sink` when there is none, or it cannot be read. */
export const imageIn = ({ source }: FirmwareStore, crypto: Crypto): Observable<FirmwareImage> =>
  source.pipe(
    take(1),
    concatMap((stored) =>
      stored === undefined
        ? throwError(() => new Lwm2mError('sink', 'nothing is stored'))
        : digested(stored, crypto).pipe(map(({ sha256, size }) => ({ source: stored, size, sha256 }))),
    ),
  )

/** The SHA-256 of a source in hex, read in pieces of 64 KiB. */
export const digest = (source: Source, crypto: Crypto): Observable<string> => digested(source, crypto).pipe(map(({ sha256 }) => sha256))

const digested = (source: Source, crypto: Crypto): Observable<{ readonly sha256: string; readonly size: number }> =>
  summed(source, Infinity, crypto).pipe(map(({ sum, size }) => ({ sha256: hex(sum), size })))

/** The SHA-256 of the first octets of a source. Errors: `incomplete`, when there are fewer. */
export const digestOf = (source: Source, bytes: number, crypto: Crypto): Observable<Uint8Array> =>
  summed(source, bytes, crypto).pipe(
    map(({ sum, size }) => {
      if (size < bytes) throw new Lwm2mError('incomplete', `${size} of ${bytes} octets are there`)
      return sum
    }),
  )

const summed = (source: Source, bytes: number, crypto: Crypto): Observable<{ readonly sum: Uint8Array; readonly size: number }> =>
  defer(() => {
    const hash = crypto.hash('sha256')
    let size = 0
    const piece$ = defer(() => source.read(size, Math.min(pieceBytes, bytes - size))).pipe(
      take(1),
      tap((piece) => {
        hash.update(piece)
        size += piece.length
      }),
      map((piece) => piece.length === pieceBytes),
    )
    return untilFalse(piece$).pipe(map(() => ({ sum: hash.digest(), size })))
  })
const pieceBytes = 1 << 16

/**
 * Does it again and again as long as it says `true`, one at a time; emits once, at the end. Work that is done at once costs no stack,
 * unlike `repeat` and `expand`.
 */
export const untilFalse = (work$: Observable<boolean>): Observable<void> =>
  new Observable((observer) => {
    let working = false
    let wanted = false
    const go = () => {
      wanted = true
      if (working) return
      working = true
      while (wanted && !observer.closed) {
        wanted = false
        let again: boolean | undefined
        observer.add(
          work$.subscribe({
            next: (said) => (again = said),
            error: (error: unknown) => observer.error(error),
            complete: () => (again === true ? go() : end()),
          }),
        )
      }
      working = false
    }
    const end = () => {
      observer.next()
      observer.complete()
    }
    go()
  })

/** What comes after the first has completed; its values do not matter. */
export const afterwards = <Result>(first$: Observable<unknown>, next: () => Observable<Result>): Observable<Result> =>
  concat(first$.pipe(ignoreElements()), defer(next))

/** Emits the value once the Observable has completed. */
export const thenGive = <Value>(first$: Observable<unknown>, value: Value): Observable<Value> => afterwards(first$, () => of(value))

const hex = (bytes: Uint8Array) => Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('')
