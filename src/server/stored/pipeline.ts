/** Registrations in the storage that every platform has: a few blobs, written as a whole, many changes at once (LwM2M Core 1.2.2 §6.2). */
import { concatMap, from, map, mergeMap, Observable, reduce, type Subscriber } from 'rxjs'
import type { Storage } from '../../core/ports.ts'
import { decodeKept, encodeKept, type KeptRegistration, type RegistrationStore } from '../store.ts'

/** One blob: what is in it, and who waits until it is written. */
interface Shard {
  readonly name: string
  readonly rows: Map<string, KeptRegistration>
  waiting: Subscriber<unknown>[]
  writing: boolean
}

/** A store for some ten thousand clients; `shards` blobs share them, so that a change does not write all. Changes that come while a blob is written wait for its next writing, together. */
export const storedRegistrations = (storage: Storage, shards = 64): RegistrationStore => {
  const all = Array.from({ length: shards }, (_, at): Shard => ({
    name: `registrations-${at}`,
    rows: new Map(),
    waiting: [],
    writing: false,
  }))
  const shardOf = (endpointClientName: string): Shard => all[hash(endpointClientName) % shards]!
  const changed = (endpointClientName: string, change: (rows: Shard['rows']) => void): Observable<unknown> =>
    new Observable((observer) => {
      const shard = shardOf(endpointClientName)
      change(shard.rows)
      shard.waiting.push(observer)
      if (!shard.writing) write(storage, shard)
    })
  return {
    load: from(all).pipe(
      // One after the other: there are few.
      concatMap((shard) => storage.read(shard.name).pipe(map((bytes) => filled(shard, decodeKept(bytes))))),
      mergeMap((kept) => kept, 1),
      reduce((kept: readonly KeptRegistration[], one) => [...kept, one], []),
    ),
    keep: (registration) => changed(registration.endpointClientName, (rows) => rows.set(registration.endpointClientName, registration)),
    drop: (endpointClientName) => changed(endpointClientName, (rows) => rows.delete(endpointClientName)),
  }
}

const filled = ({ rows }: Shard, kept: readonly KeptRegistration[]): readonly KeptRegistration[] => {
  rows.clear()
  for (const one of kept) rows.set(one.endpointClientName, one)
  return kept
}

const write = (storage: Storage, shard: Shard): void => {
  const waiting = shard.waiting
  shard.waiting = []
  shard.writing = true
  const done = (tell: (observer: Subscriber<unknown>) => void) => {
    shard.writing = false
    for (const observer of waiting) tell(observer)
    if (shard.waiting.length > 0 && !shard.writing) write(storage, shard)
  }
  storage.write(shard.name, encodeKept(shard.rows.values())).subscribe({
    complete: () => done((observer) => observer.complete()),
    error: (error: unknown) => done((observer) => observer.error(error)),
  })
}

/** FNV-1a. */
const hash = (text: string): number => {
  let mixed = 0x811c9dc5
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193)
  return mixed >>> 0
}
