/** The loop: order, alarms, faults, the end. */
import { concatMap, delay, of, Subject, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { none, type Machine } from '../../src/core/machine.ts'
import { single } from '../../src/core/part.ts'
import { attend, run } from '../../src/core/run.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { bench, drive } from './bench.ts'
import { leases } from './leases.ts'

const echo: Machine<number, number, string> = {
  name: 'echo',
  initial: 0,
  deadline: () => Infinity,
  step: (state, event) => (typeof event === 'number' ? [state + 1, [`${event} first`, `${event} second`]] : [state, none]),
}
/** Its step throws, or its tick does nothing. */
const broken = (step: Machine<number, string, never>['step']): Machine<number, string, never> => ({
  name: 'broken',
  initial: 0,
  step,
  deadline: (state) => (state === 1 ? 5 : Infinity),
})

describe('run', () => {
  test('lets an event that comes while one is in hand wait its turn', () => {
    const { env } = bench()
    const seen: string[] = []
    const { post } = attend(
      single(echo),
      env,
      (effect) => {
        seen.push(effect)
        if (effect === '1 first') post(2)
      },
      () => undefined,
    )
    post(1)
    expect(seen).toEqual(['1 first', '1 second', '2 first', '2 second'])
  })
  test('bounds the events that wait, answers one too many, and notes it in the journal', () => {
    const { env, turns } = bench()
    const seen: string[] = []
    const mailbox = { limit: 2, overflow: (event: number) => (event === 9 ? ('take' as const) : [`${event} refused`]) }
    const { post } = attend(
      single(echo, { mailbox }),
      env,
      (effect) => {
        seen.push(effect)
        if (effect === '1 first') for (const event of [2, 3, 4, 9]) post(event)
      },
      () => undefined,
    )
    post(1)
    expect(seen).toEqual(['1 first', '4 refused', '1 second', '2 first', '2 second', '3 first', '3 second', '9 first', '9 second'])
    expect(turns.filter(({ fault }) => fault === 'overflow').map(({ event }) => event)).toEqual([4])
  })
  test('does what is due before an event of the same instant', () => {
    const { env, scheduler } = bench()
    const { post, effects } = drive(single(leases(5)), env)
    post({ type: 'renew', who: 'a', forMs: 100 })
    scheduler.schedule(() => post({ type: 'renew', who: 'a', forMs: 100 }), 100)
    scheduler.flush(100)
    expect(effects).toEqual([{ type: 'expired', token: 'token of a' }])
  })
  test('meets a deadline further away than a timer can be set', () => {
    const { env, scheduler, turns } = bench()
    const farMs = 2 ** 31 + 5_000
    const { post, effects } = drive(single(leases(5)), env)
    post({ type: 'renew', who: 'a', forMs: farMs })
    scheduler.flush(farMs - 1)
    expect(effects).toEqual([])
    scheduler.flush(farMs)
    expect(effects).toHaveLength(1)
    expect(turns).toHaveLength(2) // the alarm on the way was no turn
  })
  test('makes a throw, or a due tick that does nothing, the error of the stream, and lets go of its source', () => {
    for (const step of [() => fail(), (_: number, event: unknown) => [event === 'go' ? 1 : 1, none] as const] as const) {
      const { env, scheduler } = bench()
      const event$ = new Subject<string>()
      const errors: unknown[] = []
      event$.pipe(run(broken(step), env)).subscribe({ error: (error: unknown) => errors.push(error) })
      event$.next('go')
      scheduler.flush(10)
      expect(errors).toHaveLength(1)
      expect(event$.observed).toBe(false)
    }
  })
  test('publishes each turn before its effects are performed, and takes their answers as events', () => {
    const { env, scheduler } = bench()
    const event$ = new Subject<number>()
    const log: string[] = []
    const perform = (effect$: Observable<string>) => effect$.pipe(concatMap((effect) => of(effect.length).pipe(delay(10, scheduler))))
    event$
      .pipe(run({ ...echo, step: (state, event) => (event === 1 ? [state + 1, ['go']] : [state + 1, none]) }, env, { perform }))
      .subscribe(({ event, effects }) => log.push(`${JSON.stringify(event)} ${effects.length}`))
    event$.next(1)
    expect(log).toEqual(['1 1'])
    scheduler.flush(10)
    expect(log).toEqual(['1 1', '2 0'])
  })
  test('emits nothing after unsubscription, and gives its alarm back', () => {
    const scheduler = virtualScheduler()
    const { env } = bench()
    let fired = 0
    const event$ = new Subject<never>()
    const machine: Machine<number, never, string> = {
      name: 'clock',
      initial: 100,
      deadline: (at) => at,
      step: (at) => [at + 100, ['tick']],
    }
    const subscription = event$.pipe(run(machine, { ...env, scheduler })).subscribe(() => fired++)
    scheduler.flush(250)
    subscription.unsubscribe()
    scheduler.flush(10_000)
    expect(fired).toBe(2)
    expect(event$.observed).toBe(false)
  })
  test('begins each run at the initial state, whatever another one did to its tables', () => {
    const { env, scheduler } = bench()
    const machine = leases(1, 'refuse')
    const one = drive(single(machine), env)
    one.post({ type: 'renew', who: 'a', forMs: 100 })
    const other = drive(single(machine), env)
    other.post({ type: 'renew', who: 'b', forMs: 100 })
    scheduler.flush()
    expect(other.effects).toEqual([{ type: 'expired', token: 'token of b' }])
  })
})

const fail = (): never => {
  throw new Error('planted')
}
