/** A file as a body: where one goes, and where one comes from. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, stat, statfs, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { defer, EMPTY, of, type Observable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Sink, Source } from '../core/ports.ts'
import { promised } from './promised.ts'
import { codeOf } from './trouble.ts'

/**
 * A body in a file that grows; its folder is made when there is none. What was there beyond the offset of `open` is cut off. Small pieces are
 * gathered: they are in the file after `sync`, `close` or `abandon`.
 */
export const fileSink = (path: string): Sink => {
  let file: FileHandle | undefined
  const gathered = new Uint8Array(piece)
  let gatheredAt = 0
  let gatheredBytes = 0
  // A write that nobody waits for any more is over when its file is closed: before the next one is opened.
  let shutting: Promise<unknown> = Promise.resolve()
  const shut = async () => {
    const closing = file
    file = undefined
    if (closing !== undefined) shutting = shutting.then(() => flush(closing).finally(() => closing.close()))
    await shutting
  }
  const flush = async (to: FileHandle): Promise<void> => {
    const bytes = gathered.subarray(0, gatheredBytes)
    gatheredBytes = 0
    await writeAll(to, bytes, gatheredAt)
  }
  /** Whether the piece found room behind those before it. */
  const gather = (bytes: Uint8Array, offset: number): boolean => {
    if (gatheredBytes === 0) gatheredAt = offset
    if (file === undefined || offset !== gatheredAt + gatheredBytes || gatheredBytes + bytes.length > piece) return false
    gathered.set(bytes, gatheredBytes)
    gatheredBytes += bytes.length
    return true
  }
  return {
    open: (offset) =>
      promised(async () => {
        await shut().catch(() => undefined)
        shutting = Promise.resolve()
        gatheredBytes = 0
        await mkdir(dirname(path), { recursive: true })
        file = await open(path, constants.O_RDWR | constants.O_CREAT)
        const { size } = await file.stat()
        if (size < offset) {
          await shut()
          throw new Lwm2mError('sink', `cannot go on at ${offset}: ${size} octets are stored`)
        }
        await file.truncate(offset)
      }),
    write: (bytes, offset) =>
      defer(() => {
        if (gather(bytes, offset)) return EMPTY
        return promised(async () => {
          if (file === undefined) throw new Lwm2mError('sink', 'not open')
          await flush(file)
          if (!gather(bytes, offset)) await writeAll(file, bytes, offset)
        })
      }),
    sync: () =>
      promised(async () => {
        if (file === undefined) return
        await flush(file)
        await file.datasync()
      }),
    free: () => promised(() => freeBytes(dirname(path))),
    close: () =>
      promised(async () => {
        if (file !== undefined) await flush(file)
        await file?.sync()
        await shut()
      }),
    abandon: () => promised(shut),
  }
}

const writeAll = async (file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> => {
  for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
}

/** Octets that the disk has room for; the folder may not be there yet. */
const freeBytes = async (folder: string): Promise<number> => {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    const above = dirname(folder)
    if (codeOf(error) !== 'ENOENT' || above === folder) throw error
    return freeBytes(above)
  }
}

/** What the file holds now: its size and ETag do not change when it does. Errors with `sink` when it cannot be read. One value. */
export const fileSource = (path: string): Observable<Source> => promised(() => sourceNow(path))

/**
 * The same for those that know promises. Reads go by pieces of 64 KiB, of which the latest are kept, so that many may read block by block
 * at once. A file that is changed meanwhile is another one: it is read no more, and nobody gets a mixture of both.
 */
export const sourceNow = async (path: string): Promise<Source> => {
  const { size, mtimeMs } = await stat(path)
  const pieces = new Map<number, Promise<Uint8Array>>()
  const known = new Map<number, Uint8Array>()
  const pieceAt = (index: number): Promise<Uint8Array> => {
    const reading = pieces.get(index) ?? readAt(path, index * piece, Math.min(piece, size - index * piece), { size, mtimeMs })
    pieces.delete(index)
    pieces.set(index, reading) // the latest is the last
    if (pieces.size > piecesMax) forget(pieces.keys().next().value!)
    return reading.then(
      (bytes) => {
        if (pieces.get(index) === reading) known.set(index, bytes)
        return bytes
      },
      (error: unknown) => {
        forget(index)
        throw error
      },
    )
  }
  const forget = (index: number) => {
    pieces.delete(index)
    known.delete(index)
  }
  const joined = async (offset: number, end: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(end - offset)
    for (let at = offset; at < end; at += piece - (at % piece)) {
      const index = Math.floor(at / piece)
      const from = at - index * piece
      bytes.set((await pieceAt(index)).subarray(from, from + end - at), at - offset)
    }
    return bytes
  }
  return {
    size,
    etag: createHash('sha256').update(`${size} ${mtimeMs}`).digest().subarray(0, 8),
    read: (offset, count) =>
      defer(() => {
        const end = Math.min(size, offset + count)
        if (end <= offset) return of(new Uint8Array(0))
        const index = Math.floor(offset / piece)
        const at = index * piece
        const held = known.get(index)
        if (held !== undefined && end <= at + held.length) return of(held.subarray(offset - at, end - at))
        return promised(() => joined(offset, end))
      }),
  }
}
const piece = 1 << 16
const piecesMax = 32

const readAt = async (
  path: string,
  offset: number,
  count: number,
  expected: { readonly size: number; readonly mtimeMs: number },
): Promise<Uint8Array> => {
  const file = await open(path, 'r')
  try {
    const { size, mtimeMs } = await file.stat()
    if (size !== expected.size || mtimeMs !== expected.mtimeMs) throw new Lwm2mError('sink', 'the file was changed while it was read')
    const bytes = new Uint8Array(count)
    let done = 0
    for (let read = -1; read !== 0 && done < count; done += read)
      ({ bytesRead: read } = await file.read(bytes, done, count - done, offset + done))
    return bytes.subarray(0, done)
  } finally {
    await file.close()
  }
}
