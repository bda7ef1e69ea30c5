/** Virtual time drives RxJS as the live scheduler does, only faster. */
import {
  auditTime,
  bufferTime,
  concat,
  debounceTime,
  delay,
  firstValueFrom,
  interval,
  map,
  merge,
  NEVER,
  of,
  retry,
  skip,
  take,
  throwError,
  timeout,
  timer,
} from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { virtualScheduler, type VirtualScheduler } from '../../src/simulation/virtual.ts'

const log = (scheduler: VirtualScheduler) => {
  const lines: string[] = []
  return { lines, at: (what: unknown) => lines.push(`${scheduler.now()} ${String(what)}`) }
}

describe('virtual time', () => {
  test('a timer rings once, an interval until it is unsubscribed', () => {
    const scheduler = virtualScheduler()
    const { lines, at } = log(scheduler)
    timer(30, scheduler).subscribe(() => at('timer'))
    interval(20, scheduler)
      .pipe(take(3))
      .subscribe((count) => at(`interval ${count}`))
    timer(5, 25, scheduler)
      .pipe(take(3))
      .subscribe((count) => at(`both ${count}`))
    scheduler.flush()
    expect(lines).toEqual(['5 both 0', '20 interval 0', '30 timer', '30 both 1', '40 interval 1', '55 both 2', '60 interval 2'])
    expect(scheduler.nextAt()).toBe(Infinity)
  })

  test('delay, debounceTime, auditTime, bufferTime, timeout and retry keep its time', () => {
    const scheduler = virtualScheduler()
    const { lines, at } = log(scheduler)
    of('x')
      .pipe(delay(7, scheduler))
      .subscribe((x) => at(`delay ${x}`))
    const burst$ = merge(of(1), timer(3, scheduler).pipe(map(() => 2)), timer(100, scheduler).pipe(map(() => 3)))
    burst$.pipe(debounceTime(10, scheduler)).subscribe((x) => at(`debounce ${x}`))
    burst$.pipe(auditTime(10, scheduler)).subscribe((x) => at(`audit ${x}`))
    burst$.pipe(bufferTime(50, null, Infinity, scheduler), take(2)).subscribe((x) => at(`buffer ${x.join()}`))
    NEVER.pipe(timeout({ first: 40, scheduler })).subscribe({ error: () => at('timeout') })
    throwError(() => 0)
      .pipe(retry({ count: 2, delay: () => timer(15, scheduler) }))
      .subscribe({ error: () => at('retried') })
    scheduler.flush()
    // What ends while it waits hands over what it has: debounce at 100.
    expect(lines).toEqual([
      '7 delay x',
      '10 audit 2',
      '13 debounce 2',
      '30 retried',
      '40 timeout',
      '50 buffer 1,2',
      '100 debounce 3',
      '100 buffer 3',
      '110 audit 3',
    ])
  })

  test('what is due at one instant runs in the order in which it was scheduled', () => {
    const scheduler = virtualScheduler()
    const { lines, at } = log(scheduler)
    timer(10, scheduler).subscribe(() => at('first'))
    concat(timer(4, scheduler), timer(6, scheduler))
      .pipe(skip(1))
      .subscribe(() => at('third'))
    timer(10, scheduler).subscribe(() => {
      at('second')
      scheduler.schedule(() => at('fourth'))
    })
    scheduler.flush()
    expect(lines).toEqual(['10 first', '10 second', '10 third', '10 fourth'])
  })

  test('a flush stops at its instant, which is included, and the clock stands there', () => {
    const scheduler = virtualScheduler(1000)
    const { lines, at } = log(scheduler)
    interval(10, scheduler).subscribe(at)
    scheduler.flush(1025)
    expect(lines).toEqual(['1010 0', '1020 1'])
    expect(scheduler.now()).toBe(1025)
    scheduler.flush(1030)
    expect(lines.at(-1)).toBe('1030 2')
    expect(scheduler.nextAt()).toBe(1040)
  })

  test('what is unsubscribed never runs, also within its own instant', () => {
    const scheduler = virtualScheduler()
    const { lines, at } = log(scheduler)
    const victim = timer(10, scheduler)
    timer(10, scheduler).subscribe(() => second.unsubscribe())
    const second = victim.subscribe(() => at('never'))
    const third = victim.subscribe(() => at('never'))
    third.unsubscribe()
    scheduler.flush()
    expect(lines).toEqual([])
  })

  test('a delay of a fraction is rounded up, a negative one is none, and an endless one never comes', () => {
    const scheduler = virtualScheduler()
    const { lines, at } = log(scheduler)
    scheduler.schedule(() => at('fraction'), 0.1)
    scheduler.schedule(() => at('negative'), -5)
    scheduler.schedule(() => at('never'), Infinity)
    scheduler.flush()
    expect(lines).toEqual(['0 negative', '1 fraction'])
    expect(scheduler.now()).toBe(1)
  })

  test('moving the clock from within is a bug, and the clock survives a throw', () => {
    const scheduler = virtualScheduler()
    const { lines, at } = log(scheduler)
    scheduler.schedule(() => scheduler.flush(), 1)
    scheduler.schedule(() => at('after'), 2)
    expect(() => scheduler.flush()).toThrow('the clock is moved')
    scheduler.flush()
    expect(lines).toEqual(['2 after'])
  })

  test('settle lets promises run at the instant that woke them, however long their chain', async () => {
    const scheduler = virtualScheduler()
    const { lines, at } = log(scheduler)
    const sleep = (ms: number) => firstValueFrom(timer(ms, scheduler))
    const chain = async () => {
      for (let round = 0; round < 3; round++) {
        await sleep(10)
        for (let i = 0; i < 50; i++) await Promise.resolve()
        at(`promise ${round}`)
      }
    }
    void chain()
    concat(timer(15, scheduler), timer(10, scheduler)).subscribe(() => at('timer'))
    await scheduler.settle()
    expect(lines).toEqual(['10 promise 0', '15 timer', '20 promise 1', '25 timer', '30 promise 2'])
  })

  test('settle and flush give the same run where there are no promises', async () => {
    const runs = [virtualScheduler(), virtualScheduler()].map((scheduler) => {
      const { lines, at } = log(scheduler)
      for (const ms of [5, 3, 5, 8]) timer(ms, ms, scheduler).pipe(take(4)).subscribe(at)
      return { scheduler, lines }
    })
    runs[0]!.scheduler.flush(100)
    await runs[1]!.scheduler.settle(100)
    expect(runs[1]!.lines).toEqual(runs[0]!.lines)
    expect(runs[1]!.scheduler.now()).toBe(100)
  })

  test('any timers ring in the order of their instants, as in the scheduler of RxJS', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 20 })), { maxLength: 30 }), (timers) => {
        const ours = virtualScheduler()
        const theirs = new TestScheduler(() => undefined)
        theirs.maxFrames = Infinity
        const rings = (scheduler: VirtualScheduler | TestScheduler) => {
          const heard: string[] = []
          timers.forEach(([at, every], name) =>
            timer(at, every, scheduler)
              .pipe(take(3))
              .subscribe((count) => heard.push(`${scheduler.now()} ${name} ${count}`)),
          )
          scheduler.flush()
          return heard
        }
        // RxJS orders equal instants by the sequence of actions, not of schedulings: compared as sets per instant.
        const sorted = (heard: readonly string[]) => heard.map((line) => line.padStart(20)).sort()
        const heard = rings(ours)
        expect(sorted(heard)).toEqual(sorted(rings(theirs)))
        expect(heard.map(Number.parseFloat)).toEqual(heard.map(Number.parseFloat).sort((a, b) => a - b))
      }),
      { numRuns: 1000 },
    )
  })
})
