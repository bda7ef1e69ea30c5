/** A database in memory, and one whose disk takes its time. */
import { defer, EMPTY, from, Observable, of, type SchedulerLike } from 'rxjs'
import type { Database, Entry, EntryChange } from '../core/ports.ts'

/** What a database holds, by key; survives whatever happens to it. */
export type Entries = Map<string, Uint8Array>

/** Every batch is there at once. */
export const memoryDatabase = (entries: Entries = new Map()): Database => ({
  get: (key) => defer(() => of(entries.get(key)?.slice())),
  entries: (prefix) => defer(() => from(sorted(entries, prefix))),
  write: (changes) =>
    defer(() => {
      apply(entries, changes)
      return EMPTY
    }),
  close: EMPTY,
})

/** How a disk behaves. */
export interface Disk {
  readonly scheduler: SchedulerLike
  /** How long the next batch takes. */
  readonly writeMs: () => number
  /** Whether the next batch is on the disk before it is said: a power cut between the two leaves what nobody was promised. */
  readonly early?: () => boolean
}
/** Batches take their time, one after the other, and those that come meanwhile go together, as on a real disk; what is under way when the scheduler stops is on it or not. */
export const slowDatabase = (entries: Entries, { scheduler, writeMs, early = () => false }: Disk): Database => {
  let waiting: { readonly changes: readonly EntryChange[]; readonly done: () => void }[] = []
  let busy = false
  const next = () => {
    const batch = waiting
    waiting = []
    busy = batch.length > 0
    if (!busy) return
    const changes = batch.flatMap((one) => one.changes)
    const before = early()
    if (before) apply(entries, changes)
    scheduler.schedule(() => {
      if (!before) apply(entries, changes)
      for (const { done } of batch) done()
      next()
    }, writeMs())
  }
  return {
    ...memoryDatabase(entries),
    write: (changes) =>
      new Observable((observer) => {
        waiting.push({ changes: changes.map(copied), done: () => observer.complete() })
        if (!busy) next()
      }),
    close: EMPTY,
  }
}

const apply = (entries: Entries, changes: readonly EntryChange[]): void => {
  for (const { key, value } of changes)
    if (value === undefined) entries.delete(key)
    else entries.set(key, value.slice())
}
const copied = ({ key, value }: EntryChange): EntryChange => ({ key, value: value?.slice() })

const sorted = (entries: Entries, prefix: string): readonly Entry[] =>
  [...entries]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => ({ key, value: value.slice(), octets: new TextEncoder().encode(key) }))
    .sort((one, other) => compared(one.octets, other.octets))
    .map(({ key, value }) => ({ key, value }))
const compared = (one: Uint8Array, other: Uint8Array): number => {
  const at = one.findIndex((octet, index) => octet !== other[index])
  return at < 0 ? one.length - other.length : other[at] === undefined ? 1 : one[at]! - other[at]
}
