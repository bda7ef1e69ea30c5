/** What an application says of its firmware (LwM2M Core §E.6). */
import type { Observable } from 'rxjs'
import type { Crypto } from '../core/ports.ts'
import type { ExecuteArguments } from '../operation/operation.ts'
import type { DownloadPatience, Steering } from './download.ts'
import type { FirmwareImage, FirmwareStore } from './image.ts'
import type { Installation, Verification } from './outcome.ts'
import type { UpdateSettings } from './update/known.ts'

/** What a verifier may borrow. */
export interface VerifierWorld {
  readonly crypto: Crypto
}
/** An update that a server has ordered, put before somebody who may let it wait. */
export interface UpdateOrder {
  readonly severity: UpdateSettings['severity']
  readonly name: string
  readonly version: string
  /** Of the Execute of 5/0/2; none after a restart, or where 5/0/14 stands for it. The standard gives them no meaning. */
  readonly arguments: ExecuteArguments
  /** From then on nobody is asked: milliseconds since 1970 UTC. */
  readonly untilUtcMs: number
}

/** What every update needs: where the package goes, how it is installed, how it is let go of. */
export interface FirmwareBasics {
  /** Version of Object 5. 1.0 has neither Cancel nor deferral, 1.2 has Automatic Upgrade at Download. Default: 1.1. */
  readonly objectVersion?: '1.0' | '1.1' | '1.2'
  /** Where the package goes; see `storedIn`. */
  readonly store: FirmwareStore
  /** Checks what was stored, and again after a restart; its first value decides, completing verifies, an error refuses (5, or the Update Result that is its `cause`). */
  readonly verify?: (image: FirmwareImage, world: VerifierWorld) => Observable<Verification>
  /** Installs the package: its first value decides, completing succeeds (result 1), an error fails (8, or the Update Result that is its `cause`). */
  readonly install: (image: FirmwareImage, order: Pick<UpdateOrder, 'severity' | 'arguments'>) => Observable<Installation>
  /** Asked after a restart in the midst of an installation, and answered like `install`. The package may be gone by then. Absent: it has failed. */
  readonly installed?: (image: FirmwareImage | undefined) => Observable<Installation>
  /**
   * Asked before an installation that may be deferred; completing agrees. Until then the update waits: State 2, Result 11, at the longest
   * for the Maximum Defer Period (5/0/13). An error refuses it: 8, or the Update Result that is its `cause`. Not with version 1.0.
   */
  readonly approve?: (order: UpdateOrder) => Observable<unknown>
  /** The Maximum Defer Period until a server writes another, in seconds. Default: 86,400 with `approve`, else 0: nothing is deferred. */
  readonly deferPeriodS?: number
  /** Lets go of what was stored: the update was reset, failed, or is done. */
  readonly reset: () => Observable<unknown>
  /** Resources 5/0/6 and 5/0/7, once downloaded, unless `verify` says them; at most 255 octets. */
  readonly name?: string | ((image: FirmwareImage) => string)
  readonly version?: string | ((image: FirmwareImage) => string)
  /** Octets of a package at the most. Default: no limit but the store's. */
  readonly bytesMax?: number
  /** Between the answer to the Execute and `install`, so that the answer and State 3 get out before a reboot. Default 500. */
  readonly installDelayMs?: number
}
/** How packages are pulled, and over what. */
export interface FirmwareDownload extends Omit<DownloadPatience, 'bytesMax'> {
  /** coap, coaps and coap+tcp, as far as `transports` has them. Default: true. */
  readonly coap?: boolean
  /** http and https. Default: true. */
  readonly http?: boolean
  /** The application lets a download rest, and go on; nothing else: only a server begins or ends one. */
  readonly steer$?: Observable<Steering>
}
/** The transports under CoAP that a package may be pulled over. */
export type FirmwareTransport = 'udp' | 'dtls' | 'tcp'
/** The server may name a URI. */
export interface FirmwarePulled {
  readonly delivery?: 'pull' | 'both'
  /** Asked before a download begins; an error refuses it: `Lwm2mError.cause` may be an Update Result, else 7. */
  readonly accept?: (uri: string) => Observable<unknown>
  /** `false`: packages are only pushed. */
  readonly download?: FirmwareDownload | false
  /** Default: all that the platform has; dtls where an account has keys for the place that the URI names. */
  readonly transports?: readonly FirmwareTransport[]
}
/** The server writes the package; it may name no URI. */
export interface FirmwarePushed {
  readonly delivery: 'push'
  readonly accept?: never
  readonly download?: false
  readonly transports?: never
}
/** How a package may come is `delivery`; default: both ways. */
export type FirmwareOptions = FirmwareBasics & (FirmwarePulled | FirmwarePushed)
