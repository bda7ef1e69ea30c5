/** A store in trouble: slow, full after so many octets, failing at the n-th write, or torn by a power cut in the midst of one. */
import { concat, defer, ignoreElements, throwError, timer, type Observable, type SchedulerLike } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Sink, Storage } from '../core/ports.ts'
import { memory, type Stored } from './storage.ts'

/** What is wrong with a store. What is absent is not. */
export interface StorageTroubles {
  /** Octets it holds at the most, all together. */
  readonly limitBytes?: number
  /** Writes to a body that fail, by their index; counted over the lives of the node. */
  readonly fails?: (index: number) => boolean
  /** How long a write to a body takes. */
  readonly writeMs?: number
  readonly scheduler?: SchedulerLike
  /** Writes to a body are done in halves, with this between them: a power cut in between leaves the first half. */
  readonly tornMs?: number
}

/** For `NodeOptions.storage`. */
export const troubledStorage = (troubles: StorageTroubles): ((stored: Stored) => Storage) => {
  let index = 0
  return (stored) => {
    const storage = memory(stored, troubles.limitBytes ?? Infinity)
    return { ...storage, sink: (name) => troubled(storage.sink(name), troubles, () => index++) }
  }
}

const troubled = (sink: Sink, { fails, writeMs = 0, tornMs = 0, scheduler }: StorageTroubles, count: () => number): Sink => ({
  ...sink,
  write: (bytes, offset) =>
    defer(() => {
      if (fails?.(count()) === true) return throwError(() => new Lwm2mError('sink', 'the flash does not take it'))
      if (scheduler === undefined || writeMs + tornMs === 0) return sink.write(bytes, offset)
      const half = bytes.length >> 1
      const parts =
        tornMs === 0
          ? [sink.write(bytes, offset)]
          : [sink.write(bytes.subarray(0, half), offset), passing(tornMs, scheduler), sink.write(bytes.subarray(half), offset + half)]
      return concat(passing(writeMs, scheduler), ...parts)
    }),
})
const passing = (ms: number, scheduler: SchedulerLike): Observable<never> => timer(ms, scheduler).pipe(ignoreElements())
