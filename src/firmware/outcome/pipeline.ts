/** What an application's verification or installation came to, as an event of the update (LwM2M Core §E.6). */
import { catchError, concatMap, defaultIfEmpty, defer, EMPTY, map, of, take, type Observable } from 'rxjs'
import type { FirmwareImage } from '../image.ts'
import type { FirmwareOptions, VerifierWorld } from '../options.ts'
import { failedBy, refusedBy, type Installation, type Verification } from '../outcome.ts'
import { whyOf } from '../result.ts'
import { updateResults, type UpdateEvent } from '../update.ts'

/** Verifies what is stored; a store that cannot be read holds no good package. */
export const verification = (
  image$: Observable<FirmwareImage>,
  options: FirmwareOptions,
  world: VerifierWorld,
  attempt: number,
): Observable<UpdateEvent> =>
  image$.pipe(
    concatMap((image) =>
      defer(() => options.verify?.(image, { crypto: world.crypto }) ?? EMPTY).pipe(
        take(1),
        defaultIfEmpty<Verification, Verification>({ outcome: 'verified' }),
        map((said) => verdict(said, image, options, attempt)),
      ),
    ),
    catchError((error: unknown) => of(verdict(refusedBy(error), undefined, options, attempt))),
  )
const verdict = (said: Verification, image: FirmwareImage | undefined, options: FirmwareOptions, attempt: number): UpdateEvent => {
  if (said.outcome === 'refused' || image === undefined) {
    const { result, why = '' } = said as Extract<Verification, { outcome: 'refused' }>
    return { type: 'verification-failed', attempt, result, why }
  }
  const { name = named(options.name, image), version = named(options.version, image) } = said
  return { type: 'verified', attempt, name: short(name), version: short(version) }
}
const named = (what: FirmwareOptions['name'], image: FirmwareImage): string => (typeof what === 'function' ? what(image) : (what ?? ''))
/** At most 255 octets of UTF-8, whole characters (the range of 5/0/6 and 5/0/7). */
const short = (text: string): string => {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= 255) return text
  let end = 255
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return new TextDecoder().decode(bytes.subarray(0, end))
}

/** Installs, or asks whether it was installed. A package that is required and cannot be read any more is none. */
export const installation = (
  image$: Observable<FirmwareImage>,
  install: (image: FirmwareImage | undefined) => Observable<Installation>,
  attempt: number,
  need: 'required' | 'optional',
): Observable<UpdateEvent> => {
  const read$: Observable<Read> = image$.pipe(
    map((image): Read => ({ image })),
    catchError((error: unknown) => of<Read>(need === 'required' ? { lost: whyOf(error) } : { image: undefined })),
  )
  return read$.pipe(
    concatMap((read) =>
      'lost' in read
        ? of<UpdateEvent>({ type: 'verification-failed', attempt, result: updateResults.integrityFailure, why: read.lost })
        : ended(install, read.image, attempt),
    ),
  )
}
type Read = { readonly image: FirmwareImage | undefined } | { readonly lost: string }

const ended = (
  install: (image: FirmwareImage | undefined) => Observable<Installation>,
  image: FirmwareImage | undefined,
  attempt: number,
): Observable<UpdateEvent> =>
  defer(() => install(image)).pipe(
    take(1),
    defaultIfEmpty<Installation, Installation>({ outcome: 'installed' }),
    catchError((error: unknown) => of(failedBy(error))),
    map((said) => report(said, image !== undefined, attempt)),
  )
const report = (said: Installation, isThere: boolean, attempt: number): UpdateEvent => {
  switch (said.outcome) {
    case 'installed':
      return { type: 'installed', attempt }
    case 'failed': {
      const { result = updateResults.updateFailed, why = '' } = said
      // Without the package there is nothing that could be tried again.
      return isThere ? { type: 'installation-failed', attempt, result, why } : { type: 'verification-failed', attempt, result, why }
    }
    case 'deferred':
      return { type: 'installation-postponed', attempt, ...(said.why === undefined ? {} : { why: said.why }) }
  }
}
