/** Which file is stored how far, and what may go on from there (RFC 7959 §2.4; RFC 9110 §13.1.5). */
import { Lwm2mError } from '../../core/error.ts'
import type { About } from '../../core/ports.ts'

/** How much of which file is stored. */
export interface Place {
  /** Octets stored, in order. */
  readonly bytes: number
  /** Of the whole file, as far as the peer told it. */
  readonly total: number | undefined
  /** Of the file whose octets are stored; without one they cannot be gone on with. */
  readonly etag: Uint8Array | undefined
}
export const nowhere: Place = { bytes: 0, total: undefined, etag: undefined }

/** Where the next attempt may begin: only a file with an entity tag can be gone on with; there is nothing behind its last octet. */
export const resumable = ({ bytes, total = Infinity, etag }: Place): number =>
  etag === undefined ? 0 : Math.max(0, Math.min(bytes, total - 1))

/** Room for a file. */
export interface Limits {
  /** Octets of a file at the most. */
  readonly bytesMax: number
  /** Octets that the store has room for, with what it has of the file already; `Infinity` when it does not say. */
  readonly room: number
}

/** Why a body that begins at an offset is not for this place: another file, or too large a one. */
export const misfit = ({ etag }: Pick<Place, 'etag'>, offset: number, about: About, { bytesMax, room }: Limits): Lwm2mError | undefined => {
  if (about.size !== undefined && about.size > bytesMax) return tooLarge(about.size, bytesMax)
  if (about.size !== undefined && about.size > room) return noSpace(about.size, room)
  return offset > 0 && !same(etag, about.etag) ? new Lwm2mError('changed', 'the file is another one now') : undefined
}
export const tooLarge = (size: number, bytesMax: number): Lwm2mError =>
  new Lwm2mError('too-large', `${size} octets or more, ${bytesMax} at the most`)
const noSpace = (size: number, room: number): Lwm2mError =>
  new Lwm2mError('too-large', `${size} octets, and the store has room for ${room}`, { cause: notEnoughStorage })
/** The Update Result that a server gets to see of it (LwM2M Core §E.6). */
export const notEnoughStorage = 2

/** Whether two entity tags are known and the same. */
export const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((octet, index) => octet === b[index])
