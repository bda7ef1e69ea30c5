/** What was stored, as verifiers and installers see it: its octets, its size and its digest, computed from the store. */
import { concatMap, defer, map, Observable, throwError } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Crypto, Sink, Source, Storage } from '../core/ports.ts'

/** Where a package goes, and where it is read from again. */
export interface FirmwareStore {
  readonly sink: Sink
  /** What is stored now. */
  readonly source: Observable<Source | undefined>
}

/** The package in a storage, under a name. */
export const storedIn = (storage: Storage, name = 'firmware'): FirmwareStore => ({ sink: storage.sink(name), source: storage.source(name) })

/** A package that is wholly stored. */
export interface FirmwareImage {
  readonly source: Source
  /** Octets. */
  readonly size: number
  /** Hex. */
  readonly sha256: string
}

/** The package in the store: its digest is of what is stored, whatever way it came. Error: `sink` when there is none. */
export const imageIn = ({ source }: FirmwareStore, crypto: Crypto): Observable<FirmwareImage> =>
  source.pipe(
    concatMap((stored) => (stored === undefined ? throwError(() => new Lwm2mError('sink', 'nothing is stored')) : digest(stored, crypto).pipe(map((sha256) => ({ source: stored, size: stored.size ?? 0, sha256 }))))),
  )

/** The SHA-256 of a source, read piece by piece. */
export const digest = (source: Source, crypto: Crypto): Observable<string> =>
  defer(() => {
    const hash = crypto.hash('sha256')
    return new Observable<string>((observer) => {
      let offset = 0
      let reading = false
      let again = false
      const read = () => {
        again = true
        if (reading) return
        reading = true
        while (again && !observer.closed) {
          again = false
          observer.add(source.read(offset, pieceBytes).subscribe({ next: take, error: (error: unknown) => observer.error(error) }))
        }
        reading = false
      }
      const take = (bytes: Uint8Array) => {
        hash.update(bytes)
        offset += bytes.length
        if (bytes.length === pieceBytes) return read()
        observer.next(Array.from(hash.digest(), (octet) => octet.toString(16).padStart(2, '0')).join(''))
        observer.complete()
      }
      read()
    })
  })
const pieceBytes = 1 << 16

