/** Layers stack: bracketing does not matter, fused is as piped, teardown reaches everything. */
import * as fc from 'fast-check'
import { NEVER, Observable, of, Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { layer, translate } from '../../src/core/duplex.ts'
import { chance } from '../../src/core/dice.ts'
import { none, type Machine } from '../../src/core/machine.ts'
import { single } from '../../src/core/part.ts'
import { down, up, type LayerEffect, type LayerEvent } from '../../src/core/stack.ts'
import { layerLaws } from '../../src/testing/index.ts'
import { bench } from './bench.ts'
import { check } from './tight.ts'

type Event = LayerEvent<number, number>
type Effect = LayerEffect<number, number>
interface Held {
  readonly values: readonly number[]
  readonly dueAt: number
}
/** Holds what goes down for a while of its own, hands up at once, and answers some of what comes up by itself. */
const holding = (name: string, heldMs: number): Machine<Held, Event, Effect> => ({
  name,
  initial: { values: [], dueAt: Infinity },
  deadline: ({ dueAt }) => dueAt,
  step: (state, event, { now, dice }) => {
    switch (event.type) {
      case 'up':
        return [state, event.value % 3 === 0 ? [down(event.value + 1), up(event.value)] : [up(event.value)]]
      case 'down': {
        const dueAt = Math.min(state.dueAt, now + heldMs + Math.floor(chance(dice, 'wait') * 5))
        return [{ values: [...state.values, event.value], dueAt }, event.value % 5 === 0 ? [up(-event.value)] : none]
      }
      case 'tick':
        return now < state.dueAt ? [state, none] : [{ values: [], dueAt: Infinity }, state.values.map(down)]
    }
  },
})
// Deadlines lie ahead: where one is there already, which of two machines works first at that instant is not promised.
const parts = [single(holding('a', 10)), single(holding('b', 1)), single(holding('c', 7))]
const events = fc.tuple(fc.boolean(), fc.nat(30)).map(([climbs, value]): Event => (climbs ? up(value) : down(value)))
check(layerLaws(parts, { name: 'three layers', events }))

describe('a layer', () => {
  test('ends when the street below ends, and lets go of both sides when it is unsubscribed', () => {
    const { env, scheduler } = bench()
    const received$ = new Subject<number>()
    const submitted$ = new Subject<number>()
    const transmitted: number[] = []
    let torn = 0
    const below = (sent$: Observable<number>) =>
      new Observable<number>((observer) => {
        observer.add(sent$.subscribe((value) => transmitted.push(value)))
        observer.add(received$.subscribe(observer))
        return () => torn++
      })
    let completed = 0
    const street = layer(single(holding('a', 10)), env)(below)
    street(submitted$).subscribe({ complete: () => completed++ })
    received$.complete()
    expect([completed, torn, submitted$.observed]).toEqual([1, 1, false])

    const again$ = new Subject<number>()
    const subscription = layer(
      single(holding('a', 10)),
      env,
    )((sent$) => new Observable((observer) => observer.add(sent$.subscribe((value) => transmitted.push(value)))))(again$).subscribe()
    again$.next(1)
    subscription.unsubscribe()
    scheduler.flush()
    expect(transmitted).toEqual([])
    expect(again$.observed).toBe(false)
  })
  test('goes on when nothing more is submitted', () => {
    const { env, scheduler } = bench()
    const transmitted: number[] = []
    let completed = 0
    const below = (sent$: Observable<number>) =>
      new Observable<number>((observer) => observer.add(sent$.subscribe((value) => transmitted.push(value))))
    layer(single(holding('a', 10)), env)(below)(of(1, 2)).subscribe({ complete: () => completed++ })
    scheduler.flush()
    expect(transmitted).toEqual([1, 2])
    expect(completed).toBe(0)
  })
  test('passes on the error of either side', () => {
    const { env } = bench()
    const submitted$ = new Subject<number>()
    const errors: unknown[] = []
    layer(single(holding('a', 10)), env)(() => NEVER)(submitted$).subscribe({ error: (error: unknown) => errors.push(error) })
    submitted$.error('planted')
    expect(errors).toEqual(['planted'])
  })
  test('without state is an operator each way', () => {
    const doubled = translate<number, number, number, number>(
      (value$) => new Observable((observer) => value$.subscribe((value) => observer.next(value * 2))),
      (value$) => new Observable((observer) => value$.subscribe((value) => observer.next(value + 1))),
    )
    const got: number[] = []
    doubled((sent$) => sent$)(of(1, 2)).subscribe((value) => got.push(value))
    expect(got).toEqual([3, 5])
  })
})
