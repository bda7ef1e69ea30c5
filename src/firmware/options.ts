/** What an application says of its firmware (LwM2M Core §E.6). */
import type { Observable } from 'rxjs'
import type { DownloadPatience } from './download.ts'
import type { FirmwareImage, FirmwareStore } from './image.ts'

/** What every update needs: where the package goes, how it is installed, how it is let go of. */
export interface FirmwareBasics {
  /** Where the package goes; see `storedIn`. */
  readonly store: FirmwareStore
  /** Checks what was stored; an error refuses it: `Lwm2mError.cause` may be an Update Result, else 5 (integrity). */
  readonly verify?: (image: FirmwareImage) => Observable<unknown>
  /** Installs the package. Completes: success (result 1). An error: State 2 again; `Lwm2mError.cause` may be an Update Result, else 8. */
  readonly install: (image: FirmwareImage) => Observable<unknown>
  /** Asked after a restart in the midst of an installation: completes if it succeeded; an error is as one of `install`. Absent: it has failed. */
  readonly installed?: (image: FirmwareImage) => Observable<unknown>
  /** Lets go of what was stored: the update was reset, failed, or is done. */
  readonly reset: () => Observable<unknown>
  /** Resources 5/0/6 and 5/0/7, once downloaded; at most 255 characters. */
  readonly name?: string | ((image: FirmwareImage) => string)
  readonly version?: string | ((image: FirmwareImage) => string)
  /** Octets of a package at the most. Default: no limit but the store's. */
  readonly bytesMax?: number
  /** Between the answer to the Execute and `install`, so that the answer and State 3 get out before a reboot. Default 500. */
  readonly installDelayMs?: number
}
/** The server may name a URI. */
export interface FirmwarePulled {
  readonly delivery?: 'pull' | 'both'
  /** Asked before a download begins; an error refuses it: `Lwm2mError.cause` may be an Update Result, else 7. */
  readonly accept?: (uri: string) => Observable<unknown>
  readonly download?: Omit<DownloadPatience, 'bytesMax'>
}
/** The server writes the package; it may name no URI. */
export interface FirmwarePushed {
  readonly delivery: 'push'
  readonly accept?: never
  readonly download?: never
}
/** How a package may come is `delivery`; default: both ways. */
export type FirmwareOptions = FirmwareBasics & (FirmwarePulled | FirmwarePushed)
