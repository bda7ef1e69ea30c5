/** Virtual time: a scheduler whose clock jumps from one deadline to the next. */
import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs'
import { assert } from '../core/assert.ts'
import { heap, type Entry } from '../core/heap.ts'

/** A scheduler for any RxJS operator. Delays are whole milliseconds, rounded up; what is due at the same instant runs in the order in which it was scheduled. */
export interface VirtualScheduler extends SchedulerLike {
  /** Runs everything due up to and including `until`, then sets the clock there. Without `until`: until nothing is left, which a repeating timer never allows. */
  readonly flush: (until?: number) => void
  /** The same, but lets promises settle before time moves on. */
  readonly settle: (until?: number) => Promise<void>
  /** When the next work is due; `Infinity` when there is none. */
  readonly nextAt: () => number
  /** Schedules what nobody will cancel, for a third of the cost: datagrams on their way. */
  readonly post: (work: () => void, delayMs: number) => void
}

interface Job extends Entry {
  readonly work: () => void
}

/** More work than this at one instant is a loop that would never end: a bug. */
const instantLimit = 10_000_000

/** The clock begins at `start` milliseconds. */
export const virtualScheduler = (start = 0): VirtualScheduler => {
  const jobs = heap<Job>()
  let time = start
  let order = 0
  let running = false

  const schedule = <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription => {
    const action = new Subscription() as SchedulerAction<T>
    let job: Job | undefined
    action.schedule = (next?: T, wait = 0): Subscription => {
      if (action.closed) return action
      if (job !== undefined) jobs.remove(job)
      job = { at: time + Math.max(0, Math.ceil(wait)), order: order++, place: -1, work: () => work.call(action, next) }
      if (job.at !== Infinity) jobs.put(job)
      return action
    }
    action.add(() => {
      if (job !== undefined) jobs.remove(job)
    })
    return action.schedule(state, delay)
  }
  const post = (work: () => void, delayMs: number) => jobs.put({ at: time + delayMs, order: order++, place: -1, work })
  const nextAt = () => jobs.first()?.at ?? Infinity
  /** Runs what is due at the next instant, and what that schedules for the same instant. */
  const instant = () => {
    time = Math.max(time, nextAt())
    let count = 0
    for (let job = jobs.first(); job !== undefined && job.at <= time; job = jobs.first()) {
      assert(count++ < instantLimit, `work without end at ${time} ms`)
      jobs.remove(job)
      job.work()
    }
  }
  const guarded = (work: () => void) => {
    assert(!running, 'the clock is moved by what it runs')
    running = true
    try {
      work()
    } finally {
      running = false
    }
  }
  const arrive = (until: number) => {
    if (until !== Infinity) time = Math.max(time, until)
  }
  return {
    now: () => time,
    schedule,
    post,
    nextAt,
    flush: (until = Infinity) => {
      guarded(() => {
        while (nextAt() <= until && nextAt() !== Infinity) instant()
      })
      arrive(until)
    },
    settle: async (until = Infinity) => {
      await microtasks()
      while (nextAt() <= until && nextAt() !== Infinity) {
        guarded(instant)
        await microtasks()
      }
      arrive(until)
    },
  }
}

/** Resolves when every promise that can settle without time or I/O has done so: a macrotask runs after all of them. */
const microtasks = (): Promise<void> =>
  new Promise((resolve) => {
    // eslint-disable-next-line no-restricted-globals -- no time passes here; this is the edge between promises and virtual time
    setImmediate(resolve)
  })
