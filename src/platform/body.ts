/** A file as a body: where one goes, and where one comes from. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { defer, of, type Observable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Sink, Source } from '../core/ports.ts'
import { promised } from './promised.ts'

/** A body in a file that grows; its folder is made when there is none. What was there beyond the offset of `open` is cut off. */
export const fileSink = (path: string): Sink => {
  let file: FileHandle | undefined
  const shut = async () => {
    const closing = file
    file = undefined
    await closing?.close()
  }
  return {
    open: (offset) =>
      promised(async () => {
        await shut()
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
      promised(async () => {
        if (file === undefined) throw new Lwm2mError('sink', 'not open')
        for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
      }),
    close: () =>
      promised(async () => {
        await file?.sync()
        await shut()
      }),
    abandon: () => promised(shut),
  }
}

/** What the file holds now: its size and ETag do not change when it does. Errors with `sink` when it cannot be read. One value. */
export const fileSource = (path: string): Observable<Source> => promised(() => sourceNow(path))

/** The same for those that know promises. Reads go by pieces of 64 KiB, of which the last is kept: a server reads a block at a time. */
export const sourceNow = async (path: string): Promise<Source> => {
  const { size, mtimeMs } = await stat(path)
  let kept: { readonly at: number; readonly bytes: Uint8Array } = { at: 0, bytes: new Uint8Array(0) }
  const within = (offset: number, end: number) =>
    offset >= kept.at && end <= kept.at + kept.bytes.length ? kept.bytes.subarray(offset - kept.at, end - kept.at) : undefined
  return {
    size,
    etag: createHash('sha256').update(`${size} ${mtimeMs}`).digest().subarray(0, 8),
    read: (offset, count) =>
      defer(() => {
        const end = Math.min(size, offset + count)
        const known = within(offset, end)
        if (known !== undefined || end <= offset) return of(known ?? kept.bytes.subarray(0, 0))
        return promised(async () => {
          kept = { at: offset, bytes: await readAt(path, offset, Math.max(end - offset, Math.min(piece, size - offset))) }
          return kept.bytes.subarray(0, end - offset)
        })
      }),
  }
}
const piece = 1 << 16

const readAt = async (path: string, offset: number, count: number): Promise<Uint8Array> => {
  const file = await open(path, 'r')
  try {
    const bytes = new Uint8Array(count)
    let done = 0
    for (let read = -1; read !== 0 && done < count; done += read)
      ({ bytesRead: read } = await file.read(bytes, done, count - done, offset + done))
    return bytes.subarray(0, done)
  } finally {
    await file.close()
  }
}
