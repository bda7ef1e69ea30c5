/** A firmware image from a file, or made on the spot: its octets are computed from their place, so that a wrong one is located. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { catchError, firstValueFrom, of, throwError, type Observable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Source } from '../core/ports.ts'
import { fileSource } from '../platform/body.ts'
import type { Image } from '../server/image/image.ts'

/** The file as an image, never held whole. */
export const imageOfFile = async (path: string): Promise<Image & { readonly sha256: string }> => {
  const source = await firstValueFrom(readable(path))
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return { name: basename(path), source, size: source.size ?? 0, sha256: hash.digest('hex') }
}

/** The file as a source; error: `invalid`, with its name and why. */
export const readable = (path: string): Observable<Source> =>
  fileSource(path).pipe(
    catchError((error: unknown) =>
      throwError(() => new Lwm2mError('invalid', `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)),
    ),
  )

/** An image of so many octets that nobody had to store. */
export const madeImage = (size: number): Image & { readonly sha256: string } => {
  const hash = createHash('sha256')
  for (let offset = 0; offset < size; offset += 1 << 16) hash.update(made(offset, Math.min(1 << 16, size - offset)))
  const source: Source = { size, etag: undefined, read: (offset, count) => of(made(offset, Math.max(0, Math.min(count, size - offset)))) }
  return { name: 'made', source, size, sha256: hash.digest('hex') }
}
const made = (offset: number, count: number): Uint8Array => {
  const bytes = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const at = offset + i
    bytes[i] = (Math.imul(at >> 8, 0x9e3779b1) >>> 24) ^ (at & 255)
  }
  return bytes
}
