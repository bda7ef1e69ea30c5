/** The one alarm of a run: what is due goes first, and no timer is asked for more than it can wait. */
import type { SchedulerAction, SchedulerLike, Subscription } from 'rxjs'
import { expect, test } from 'vitest'
import { single } from '../../src/core/part.ts'
import { bench, drive } from './bench.ts'
import { leases } from './leases.ts'

test('what is due goes before an event of the same instant, also when that comes before the alarm rings', () => {
  const { env, scheduler } = bench()
  // Scheduled before there is an alarm: at 100 ms it runs first.
  scheduler.schedule(() => post({ type: 'renew', who: 'a', forMs: 100 }), 100)
  const { post, effects } = drive(single(leases(5)), env)
  post({ type: 'renew', who: 'a', forMs: 100 })
  scheduler.flush(100)
  expect(effects).toEqual([{ type: 'expired', token: 'token of a' }])
})

test('an alarm is never set further ahead than 2^31 - 1 ms: on every platform a longer one would ring at once', () => {
  const { env, scheduler } = bench()
  const waits: number[] = []
  const watched: SchedulerLike = {
    now: scheduler.now,
    schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription => {
      waits.push(delay ?? 0)
      return scheduler.schedule(work, delay ?? 0, state as T)
    },
  }
  const { post, effects } = drive(single(leases(5)), { ...env, scheduler: watched })
  post({ type: 'renew', who: 'a', forMs: 2 ** 31 + 5_000 })
  scheduler.flush(2 ** 31 + 5_000)
  expect(effects).toHaveLength(1)
  expect(waits).toEqual([2 ** 31 - 1, 5_001])
})
