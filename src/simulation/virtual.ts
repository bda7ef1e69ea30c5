/** Virtual time: a scheduler whose clock jumps from one deadline to the next. */
import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs'
import { heap, type Entry } from '../core/heap.ts'

interface Job extends Entry { readonly work: () => void }

export interface VirtualScheduler extends SchedulerLike {
  /** Runs everything due up to and including `until`, in the order of its instants, then of its scheduling. */
  readonly flush: (until?: number) => void
}

export const virtualScheduler = (): VirtualScheduler => {
  const jobs = heap<Job>()
  let time = 0
  let order = 0
  const schedule = <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription => {
    const action = new Subscription() as SchedulerAction<T>
    let job: Job | undefined
    action.schedule = (next?: T, wait = 0): Subscription => {
      if (action.closed) return action
      if (job !== undefined) jobs.remove(job)
      job = { at: time + Math.max(0, Math.ceil(wait)), order: order++, place: -1, work: () => { work.call(action, next) } }
      jobs.put(job)
      return action
    }
    action.add(() => { if (job !== undefined) jobs.remove(job) })
    return action.schedule(state, delay)
  }
  const flush = (until = Infinity) => {
    for (let job = jobs.first(); job !== undefined && job.at <= until; job = jobs.first()) {
      jobs.remove(job)
      time = job.at
      job.work()
    }
    if (until !== Infinity) time = Math.max(time, until)
  }
  return { now: () => time, schedule, flush }
}
