/** A folder as the store: one file per name, replaced as a whole. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { catchError, defer, from, of, throwError, type Observable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Sink, Source, Storage } from '../core/ports.ts'
import { codeOf } from './trouble.ts'

/** Names may be any text of up to 80 octets. A write is in a temporary file, synchronised and renamed: the old or the new, never half. */
export const files = (folder: string): Storage => {
  const inTurn = turns()
  const path = (name: string, kind: 'value' | 'body') => join(folder, `${fileName(name)}.${kind}`)
  return {
    read: (name) => promised(() => orNothing(readFile(path(name, 'value')).then((buffer): Uint8Array => buffer))),
    write: (name, bytes) => promised(() => inTurn(name, () => replace(folder, path(name, 'value'), bytes))),
    remove: (name) =>
      promised(() =>
        inTurn(name, async () => {
          await rm(path(name, 'value'), { force: true })
          await rm(path(name, 'body'), { force: true })
        }),
      ),
    sink: (name) => fileSink(folder, () => path(name, 'body')),
    source: (name) => promised(() => orNothing(fileSource(path(name, 'body')))),
  }
}

/** The name as a file may bear it: what is not a letter, digit, `-`, `_` or inner dot is written `%xx`; equal only for equal names. */
export const fileName = (name: string): string => {
  const encoded = Array.from(new TextEncoder().encode(name), (octet, at) => {
    const char = String.fromCharCode(octet)
    return /[A-Za-z0-9_-]/.test(char) || (char === '.' && at > 0) ? char : `%${octet.toString(16).padStart(2, '0')}`
  })
  if (encoded.length === 0 || encoded.length > 80) throw new Lwm2mError('invalid', `no name for a file: ${name.slice(0, 80)}`)
  return encoded.join('')
}

/** A body in a file that grows. */
const fileSink = (folder: string, path: () => string): Sink => {
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
        await mkdir(folder, { recursive: true })
        file = await open(path(), constants.O_RDWR | constants.O_CREAT)
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

/** What the file holds now. Reads go by pieces of 64 KiB, of which the last is kept: a server reads a block at a time. */
const fileSource = async (path: string): Promise<Source> => {
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

/** The temporary file is one per name, so that what a crash leaves behind is overwritten. */
const replace = async (folder: string, path: string, bytes: Uint8Array): Promise<void> => {
  await mkdir(folder, { recursive: true })
  const temporary = `${path}.new`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await synchronise(folder)
}
/** A renaming is durable when its folder is; not every platform can open one. */
const synchronise = async (folder: string): Promise<void> => {
  const directory = await open(folder, 'r').catch(() => undefined)
  await directory?.sync().catch(() => undefined)
  await directory?.close()
}

/** Works on the same name one after the other, in the order in which they were asked. */
const turns = (): (<Value>(name: string, work: () => Promise<Value>) => Promise<Value>) => {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).catch(() => undefined).then(work)
    last.set(name, turn)
    const forget = () => {
      if (last.get(name) === turn) last.delete(name)
    }
    turn.then(forget, forget)
    return turn
  }
}

const orNothing = <Value>(found: Promise<Value>): Promise<Value | undefined> =>
  found.catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })

const promised = <Value>(work: () => Promise<Value>): Observable<Value> =>
  defer(() => from(work())).pipe(
    catchError((error: unknown) => throwError(() => (error instanceof Lwm2mError ? error : storeError(error)))),
  )
const storeError = (cause: unknown): Lwm2mError =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause))
    ? new Lwm2mError('too-large', 'the store is full', { cause })
    : new Lwm2mError('sink', `the store failed: ${codeOf(cause)}`, { cause })
