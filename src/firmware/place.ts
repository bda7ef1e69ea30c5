/** How far one download is, from attempt to attempt, and what may go on where it was lost (RFC 7959 §2.4; RFC 9110 §13.1.5). */
import { Lwm2mError } from '../core/error.ts'
import type { About } from '../core/ports.ts'

/** How far a download is. */
export interface Progress {
  readonly bytes: number
  /** As far as the peer told it. */
  readonly total: number | undefined
  /** Times it was begun again after a loss. */
  readonly attempt: number
}

/** What one download knows. Edited in place by the attempts, one at a time. */
export interface Place {
  /** Octets stored, in order. */
  bytes: number
  total: number | undefined
  /** Of the file whose octets are stored; without one they cannot be gone on with. */
  etag: Uint8Array | undefined
  attempt: number
  /** Why our side refused, which the peer's side need not know. */
  refusal: unknown
  /** The farthest that an attempt got; losses without anything new since; files that changed under way. */
  bestBytes: number
  failures: number
  restarts: number
}
export const beginning = (): Place => ({
  bytes: 0,
  total: undefined,
  etag: undefined,
  attempt: 0,
  refusal: undefined,
  bestBytes: -1,
  failures: 0,
  restarts: 0,
})

export const progressOf = ({ bytes, total, attempt }: Place): Progress => ({ bytes, total, attempt })

/** Where the next attempt may begin: only a file with an entity tag can be gone on with; there is nothing behind its last octet. */
export const resumable = ({ bytes, total = Infinity, etag }: Place): number =>
  etag === undefined ? 0 : Math.max(0, Math.min(bytes, total - 1))

/** Why a body that begins at an offset is not for this place. */
export const misfit = ({ etag }: Place, offset: number, about: About, bytesMax: number): Lwm2mError | undefined => {
  if (about.size !== undefined && about.size > bytesMax) return tooLarge(about.size, bytesMax)
  return offset > 0 && !same(etag, about.etag) ? new Lwm2mError('changed', 'the file is another one now') : undefined
}
export const tooLarge = (size: number, bytesMax: number): Lwm2mError =>
  new Lwm2mError('too-large', `${size} octets or more, ${bytesMax} at the most`)

/** How long to wait before the next attempt; `undefined`: there is none. A changed file begins anew. */
export const retryAfterMs = (
  place: Place,
  error: unknown,
  { retries = 5, retryDelayMs = 1_000 }: { readonly retries?: number; readonly retryDelayMs?: number },
): number | undefined => {
  if (!(error instanceof Lwm2mError) || !error.retryable) return undefined
  if (error.code === 'changed') {
    if (++place.restarts > restartsMax) return undefined
    place.bytes = 0
    place.bestBytes = 0
    place.etag = undefined
  }
  place.failures = place.bytes > place.bestBytes ? 1 : place.failures + 1
  place.bestBytes = Math.max(place.bestBytes, place.bytes)
  if (place.failures > retries) return undefined
  place.attempt++
  return Math.min(longestMs, Math.max(error.retryAfterMs ?? 0, retryDelayMs * 2 ** (place.failures - 1)))
}
/** A file that changes more often while it is downloaded is none. */
const restartsMax = 3
const longestMs = 300_000

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((octet, index) => octet === b[index])
