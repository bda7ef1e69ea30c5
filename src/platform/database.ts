/** A folder as a database: LevelDB, every batch synchronised (docs/decisions/database.md). */
import { mkdir } from 'node:fs/promises'
import type { ClassicLevel } from 'classic-level'
import { Observable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Database, Entry, EntryChange } from '../core/ports.ts'
import { promised } from './promised.ts'
import { codeOf } from './trouble.ts'

/** How a damaged database is met. */
export interface DatabaseOptions {
  /** Damaged files are mended when they are opened: what can still be read is kept, and `repaired` hears why. Default: everything fails with `corrupt`. */
  readonly repair?: boolean
  readonly repaired?: (why: Lwm2mError) => void
}
type Level = ClassicLevel<Uint8Array, Uint8Array>

/**
 * The database in that folder; made, and opened, when something is first asked of it. Errors with `corrupt` when its files are damaged, `invalid`
 * (retryable) while another process has it, `too-large` when the disk is full, else with `sink`.
 */
export const database = (folder: string, options: DatabaseOptions = {}): Database => {
  const reason = (error: unknown): never => {
    throw reasonOf(folder, error)
  }
  let opened: Promise<Level> | undefined
  let closed: Promise<unknown> = Promise.resolve()
  const level = (): Promise<Level> => {
    const opening = (opened ??= closed.then(() => open(folder, options)))
    opening.catch(() => opened === opening && (opened = undefined))
    return opening
  }
  const shut = (): Promise<unknown> => {
    const closing = opened
    opened = undefined
    if (closing !== undefined) closed = closing.then((db) => db.close()).catch(() => undefined)
    return closed
  }
  // What failed to write once writes nothing more until it is opened anew.
  const { write, settled } = gathered(level, (error) => shut().then(() => reason(error)))
  return {
    get: (key) => promised(() => level().then((db) => db.get(octetsOf(key)).catch(reason))),
    entries: (prefix) => scanned(level, prefix, reason),
    write: (changes) => promised(() => write(changes)),
    close: promised(() => settled().then(shut)),
  }
}

const open = async (folder: string, { repair = false, repaired }: DatabaseOptions): Promise<Level> => {
  // It may hold what is nobody else's.
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // Not before it is needed: it is native code.
  const { ClassicLevel } = await import('classic-level')
  const opened = async (): Promise<Level> => {
    const db = new ClassicLevel<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
    await db.open()
    return db
  }
  try {
    return await opened()
  } catch (error) {
    const why = reasonOf(folder, error)
    if (why.code !== 'corrupt' || !repair) throw why
    await ClassicLevel.repair(folder)
    repaired?.(why)
    return await opened()
  }
}

/** Batches that come while one is written go together in the next: the disk is asked once for all of them. */
const gathered = (level: () => Promise<Level>, failed: (error: unknown) => Promise<never>) => {
  let open: { readonly changes: EntryChange[]; readonly done: Promise<void> } | undefined
  let last: Promise<unknown> = Promise.resolve()
  const begin = () => {
    const changes: EntryChange[] = []
    const done = last
      .catch(() => undefined)
      .then(level)
      .finally(() => (open = undefined))
      .then((db) => db.batch(changes.map(operationOf), { sync: true }).catch(failed))
    last = done
    return { changes, done }
  }
  const write = (changes: readonly EntryChange[]): Promise<void> => {
    const batch = (open ??= begin())
    for (const change of changes) batch.changes.push(change)
    return batch.done
  }
  return { write, settled: () => last.catch(() => undefined) }
}
const operationOf = ({ key, value }: EntryChange) =>
  value === undefined ? { type: 'del' as const, key: octetsOf(key) } : { type: 'put' as const, key: octetsOf(key), value }

/** Piece by piece, as long as somebody listens. */
const scanned = (level: () => Promise<Level>, prefix: string, reason: (error: unknown) => never): Observable<Entry> =>
  new Observable((observer) => {
    const scan = async (): Promise<void> => {
      const iterator = (await level()).iterator(rangeOf(prefix))
      try {
        for (let some = await iterator.nextv(piece); some.length > 0 && !observer.closed; some = await iterator.nextv(piece))
          for (const [key, value] of some) observer.next({ key: textOf(key), value })
      } finally {
        await iterator.close()
      }
    }
    const scanning = promised(() => scan().catch(reason))
    observer.add(scanning.subscribe({ error: (error: unknown) => observer.error(error), complete: () => observer.complete() }))
  })
const piece = 500

/** From the prefix up to the first key beyond it: the last octet of UTF-8 is never 255. */
const rangeOf = (prefix: string) => {
  const from = octetsOf(prefix)
  if (from.length === 0) return {}
  const beyond = from.slice()
  beyond[beyond.length - 1]! += 1
  return { gte: from, lt: beyond }
}
const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (octets: Uint8Array): string => new TextDecoder().decode(octets)

const reasonOf = (folder: string, error: unknown): Lwm2mError => {
  if (error instanceof Lwm2mError) return error
  const { cause = error } = error as Error
  const words = cause instanceof Error ? cause.message : ''
  switch (codeOf(cause)) {
    case 'LEVEL_CORRUPTION':
      return new Lwm2mError('corrupt', `the database in ${folder} is damaged: ${words}`, {
        cause,
        hint: 'mend it with `repair` (on the command line `--repair`), which keeps what can still be read, or take the folder away to begin anew',
      })
    case 'LEVEL_LOCKED':
      return new Lwm2mError('invalid', `the database in ${folder} is in use`, {
        cause,
        hint: 'another process has it, or another database() of this one: one at a time',
        retryable: true,
      })
    default:
      return /No space left|quota/i.test(words)
        ? new Lwm2mError('too-large', 'the store is full', { cause })
        : new Lwm2mError('sink', `the database in ${folder} failed: ${words}`, { cause })
  }
}
