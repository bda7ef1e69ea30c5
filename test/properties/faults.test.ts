/** What a bad network may do to datagrams, and what it may not. */
import fc from 'fast-check'
import { from, map, mergeMap, of, Subject, timer, type MonoTypeOperatorFunction } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../src/core/dice.ts'
import type { Datagram, DatagramUp } from '../../src/core/ports.ts'
import { cable } from '../../src/datagram/cable.ts'
import { close, datagram } from '../../src/datagram/datagram.ts'
import {
  corrupt,
  delay,
  duplicate,
  faulty,
  lose,
  partition,
  reorder,
  suffer,
  type Faults,
  type Weather,
} from '../../src/datagram/faults.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'

const numbered = (count: number): Datagram[] => Array.from({ length: count }, (_, i) => datagram('a', Uint8Array.of(i >> 8, i & 255)))
const numberOf = ({ bytes }: Datagram) => (bytes[0]! << 8) | bytes[1]!
interface Heard {
  readonly at: number
  readonly word: Datagram
}
/** Sends one datagram every millisecond through the operator. */
const through = (count: number, make: (weather: Weather) => MonoTypeOperatorFunction<Datagram>, seed = 1): Heard[] => {
  const scheduler = virtualScheduler()
  const heard: Heard[] = []
  from(numbered(count))
    .pipe(
      mergeMap((word, index) => timer(index, scheduler).pipe(map(() => word))),
      make({ scheduler, random: seeded(seed) }),
    )
    .subscribe((word) => heard.push({ at: scheduler.now(), word }))
  scheduler.flush()
  return heard
}
const numbers = (heard: readonly Heard[]) => heard.map(({ word }) => numberOf(word))
const about = (actual: number, expected: number) => {
  expect(actual).toBeGreaterThan(expected * 0.8)
  expect(actual).toBeLessThan(expected * 1.2)
}

describe('each fault', () => {
  test('lose drops about its share and keeps the order of the rest', () => {
    const heard = numbers(through(5000, (weather) => lose(weather, 0.3)))
    about(heard.length, 3500)
    expect(heard).toEqual([...heard].sort((a, b) => a - b))
  })

  test('lose of certainty drops all, of nothing none', () => {
    expect(through(100, (weather) => lose(weather, 1))).toEqual([])
    expect(through(100, (weather) => lose(weather, 0)).length).toBe(100)
  })

  test('duplicate repeats about its share and loses none', () => {
    const heard = numbers(through(5000, (weather) => duplicate(weather, 0.2)))
    about(heard.length - 5000, 1000)
    expect(new Set(heard).size).toBe(5000)
  })

  test('reorder lets later ones overtake, loses none and repeats none', () => {
    const heard = numbers(through(2000, (weather) => reorder(weather, 0.1, 5)))
    const late = heard.filter((number, index) => index > 0 && number < heard[index - 1]!)
    about(late.length, 190)
    expect([...heard].sort((a, b) => a - b)).toEqual(numbers(through(2000, () => map((word) => word))))
  })

  test('delay holds each between its bounds, and reaches both', () => {
    const heard = through(3000, (weather) => delay(weather, 10, 20))
    const waits = heard.map(({ at, word }) => at - numberOf(word))
    expect(Math.min(...waits)).toBe(10)
    expect(Math.max(...waits)).toBe(20)
  })

  test('a constant delay keeps the order', () => {
    const heard = numbers(through(500, (weather) => delay(weather, 15)))
    expect(heard).toEqual(numbered(500).map(numberOf))
  })

  test('corrupt damages about its share, never the octets that were sent', () => {
    const sent = numbered(4000)
    const before = sent.map(({ bytes }) => [...bytes])
    const heard: Datagram[] = []
    from(sent)
      .pipe(corrupt({ scheduler: virtualScheduler(), random: seeded(3) }, 0.25))
      .subscribe((word) => heard.push(word))
    about(heard.filter(({ bytes }, i) => bytes.join() !== before[i]!.join()).length, 1000)
    expect(sent.map(({ bytes }) => [...bytes])).toEqual(before)
  })

  test('partition drops everything while it lasts', () => {
    const scheduler = virtualScheduler()
    const cut$ = new Subject<boolean>()
    const heard: number[] = []
    scheduler.schedule(() => cut$.next(true), 10)
    scheduler.schedule(() => cut$.next(false), 20)
    from(numbered(30))
      .pipe(
        mergeMap((word, index) => timer(index + 0.5, scheduler).pipe(map(() => word))),
        partition(cut$),
      )
      .subscribe((word) => heard.push(numberOf(word)))
    scheduler.flush()
    expect(heard).toEqual([...Array(9).keys(), ...Array.from({ length: 11 }, (_, i) => 19 + i)])
  })
})

describe('all faults together', () => {
  const faults: fc.Arbitrary<Faults> = fc.record({
    loss: fc.double({ min: 0, max: 1, noNaN: true }),
    duplication: fc.double({ min: 0, max: 1, noNaN: true }),
    reorder: fc.double({ min: 0, max: 1, noNaN: true }),
    corruption: fc.double({ min: 0, max: 1, noNaN: true }),
    minMs: fc.nat(50),
  })

  test('words about links pass at once, once and in order, whatever befalls the datagrams', () => {
    fc.assert(
      fc.property(faults, fc.integer(), fc.array(fc.boolean(), { maxLength: 40 }), (bad, seed, script) => {
        const scheduler = virtualScheduler()
        const heard: DatagramUp[] = []
        const words: DatagramUp[] = script.map((link, i) =>
          link ? { type: 'closed', remote: String(i), reason: 'lost' } : datagram('a', Uint8Array.of(i)),
        )
        from(words)
          .pipe(suffer({ scheduler, random: seeded(seed) }, bad))
          .subscribe((word) => heard.push(word))
        const links = words.filter(({ type }) => type === 'closed')
        expect(heard.filter(({ type }) => type === 'closed')).toEqual(links)
        scheduler.flush()
        expect(heard.filter(({ type }) => type === 'closed')).toEqual(links)
      }),
      { numRuns: 1000 },
    )
  })

  test('nothing is heard that was not sent, unless it was damaged, and none more than twice', () => {
    fc.assert(
      fc.property(faults, fc.integer(), (bad, seed) => {
        const heard = numbers(through(50, (weather) => suffer(weather, { ...bad, corruption: 0 }), seed))
        const times = new Map<number, number>()
        for (const number of heard) times.set(number, (times.get(number) ?? 0) + 1)
        for (const [number, count] of times) expect(number < 50 && count <= 2).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('one seed is one run, and another seed another', () => {
    const bad: Faults = { loss: 0.2, duplication: 0.2, reorder: 0.2, corruption: 0.2, minMs: 5, maxMs: 50 }
    const run = (seed: number) => through(300, (weather) => suffer(weather, bad), seed)
    expect(run(7)).toEqual(run(7))
    expect(run(7)).not.toEqual(run(8))
  })

  test('a faulty cable hurts both ways, each with its own luck, and answers every close', () => {
    const scheduler = virtualScheduler()
    const weather = { scheduler, random: seeded(11) }
    const ends = cable(weather)
    const heard: DatagramUp[] = []
    const echoed = new Subject<Datagram>()
    ends('b')(echoed).subscribe((up) => {
      if (up.type === 'datagram') echoed.next({ ...up, remote: 'a' })
    })
    of(...numbered(2000).map((word) => ({ ...word, remote: 'b' })), close('b'))
      .pipe(faulty(weather, { loss: 0.5 })(ends('a')))
      .subscribe((up) => heard.push(up))
    scheduler.flush()
    about(heard.filter(({ type }) => type === 'datagram').length, 500)
    expect(heard.filter(({ type }) => type === 'closed').length).toBe(1)
  })
})
