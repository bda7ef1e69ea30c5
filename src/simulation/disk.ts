/** A store as a real one can be: it takes its time, tears what it writes when the power goes, and gets full. */
import { Observable, of, throwError, type SchedulerLike } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Storage } from '../core/ports.ts'
import { memory, type Stored } from './storage.ts'

/** How it is. */
export interface DiskOptions {
  readonly scheduler: SchedulerLike
  readonly writeMs: () => number
  /** How much of what is being written is there while it is being written: 0 is the old value, 1 all of it. */
  readonly torn?: () => number
  readonly isFull?: () => boolean
}

/** Values only; bodies are as in memory. While a write is under way its name holds a part of the new value; power that goes then leaves it so. */
export const disk = (stored: Stored, { scheduler, writeMs, torn = () => 0, isFull = () => false }: DiskOptions): Storage => ({
  ...memory(stored),
  write: (name, bytes) => {
    if (isFull()) return throwError(() => new Lwm2mError('too-large', 'the store is full'))
    return new Observable((observer) => {
      const whole = bytes.slice()
      const share = torn()
      if (share > 0) stored.values.set(name, whole.slice(0, Math.floor(whole.length * share)))
      scheduler.schedule(() => {
        stored.values.set(name, whole)
        observer.complete()
      }, writeMs())
    })
  },
  read: (name) => of(stored.values.get(name)?.slice()),
})
