/** What was stored, as verifiers and installers see it: its octets, its size and its digest (LwM2M Core §E.6). */
import type { Observable } from 'rxjs'
import type { Sink, Source, Storage } from '../core/ports.ts'

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
  /** Of what is stored, in hex. */
  readonly sha256: string
}
