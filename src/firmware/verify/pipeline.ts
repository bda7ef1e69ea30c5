/** The ready-made verifier: a package is installed when a trusted key has signed it, for this device, and not before today (docs/firmware.md). */
import { concatMap, defer, map, of, take, throwError, type Observable } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import type { Source } from '../../core/ports.ts'
import type { FirmwareImage } from '../image.ts'
import { digestOf } from '../image/pipeline.ts'
import type { FirmwareOptions } from '../options.ts'
import type { Verification } from '../outcome.ts'
import { keyOfPem } from '../signed/key.ts'
import { keyFor, messageOf, trailerBytesMax, trailerIn, type NoTrailer, type Trailer } from '../signed/trailer.ts'
import { updateResults } from '../update.ts'

/** Whom the device trusts, and with what. */
export interface SignedOptions {
  /** Public keys in PEM: one of them must have signed the package. Several: keys can be changed over time. */
  readonly keys: readonly string[]
  /** What the package must be for; absent: whatever the key has signed. */
  readonly name?: string
  /** A package with a lower security version is refused, however well signed: nobody goes back to a hole that was closed. Default 0. */
  readonly securityVersion?: number | (() => number)
}

/** `verify` of `firmware`: Result 6 for what is unsigned or for another device, 5 for what is not what was signed. The crypto must have `signatures`. */
export const signedBy =
  ({ keys, name, securityVersion = 0 }: SignedOptions): NonNullable<FirmwareOptions['verify']> =>
  ({ source, size }, { crypto }) =>
    defer(() => {
      const { signatures } = crypto
      if (signatures === undefined) return throwError(() => new Lwm2mError('unsupported', 'the crypto has no signatures'))
      const trusted = keys.map((pem) => keyOfPem(pem, crypto))
      return trailerAt(source, size).pipe(
        concatMap((trailer): Observable<Verification> => {
          if (typeof trailer === 'string') return of(refused(trailer === 'wrong-size' ? 5 : 6, reasons[trailer]))
          const key = keyFor(trailer, trusted)
          if (key === undefined) return of(refused(5, 'signed with a key that is not trusted'))
          return digestOf(source, trailer.size, crypto).pipe(
            map((sha256) =>
              signatures.verify(key.algorithm, key.spki, messageOf(trailer.claimed, sha256), trailer.signature)
                ? claimed(trailer, name, typeof securityVersion === 'function' ? securityVersion() : securityVersion)
                : refused(5, 'the signature does not hold: the package is not what was signed'),
            ),
          )
        }),
      )
    })
const reasons: Readonly<Record<NoTrailer, string>> = {
  unsigned: 'the package is not signed',
  'unknown-format': 'the package is signed in a way that is not known here',
  'wrong-size': 'octets are missing from the package, or were added',
}
const refused = (result: 5 | 6, why: string): Verification => ({ outcome: 'refused', result, why })
/** What the key has signed is believed; whether it is wanted here comes after. */
const claimed = ({ name, version, securityVersion }: Trailer, wanted: string | undefined, least: number): Verification => {
  if (wanted !== undefined && name !== wanted)
    return refused(updateResults.unsupportedType, `the package is for ${name}, not for ${wanted}`)
  if (securityVersion < least) return refused(updateResults.unsupportedType, `security version ${securityVersion} is below ${least}`)
  return { outcome: 'verified', name, version }
}

/** The image alone, without its trailer: what an installer writes. What is not signed is given whole. */
export const payloadOf = ({ source, size }: Pick<FirmwareImage, 'source' | 'size'>): Observable<Source> =>
  trailerAt(source, size).pipe(map((trailer) => (typeof trailer === 'string' ? source : shortened(source, trailer.size))))
const shortened = ({ etag, read }: Source, size: number): Source => ({
  size,
  etag,
  read: (offset, count) => (offset >= size ? of(new Uint8Array(0)) : read(offset, Math.min(count, size - offset))),
})

/** The trailer of a package. */
export const trailerAt = ({ read }: Source, size: number): Observable<Trailer | NoTrailer> => {
  const from = Math.max(0, size - trailerBytesMax)
  return read(from, size - from).pipe(
    take(1),
    map((last) => trailerIn(last, size)),
  )
}
