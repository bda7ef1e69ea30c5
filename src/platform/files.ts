/** A folder as the store: one file per name, replaced as a whole. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Lwm2mError } from '../core/error.ts'
import type { Storage } from '../core/ports.ts'
import { fileSink, sourceNow } from './body.ts'
import { promised } from './promised.ts'
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
    sink: (name) => fileSink(path(name, 'body')),
    source: (name) => promised(() => orNothing(sourceNow(path(name, 'body')))),
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
