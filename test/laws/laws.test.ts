/** The laws can be broken: each planted bug turns its own law red. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Keyed } from '../../src/core/keyed.ts'
import { none, type Machine } from '../../src/core/machine.ts'
import { single } from '../../src/core/part.ts'
import { up, type LayerEffect, type LayerEvent } from '../../src/core/stack.ts'
import { layerLaws, laws } from '../../src/testing/index.ts'
import { leases, type Lease, type LeaseEffect, type LeaseEvent } from './leases.ts'

type Leases = Machine<Keyed<Lease, number>, LeaseEvent, LeaseEffect>
const events: fc.Arbitrary<LeaseEvent> = fc.oneof(
  fc.record({ type: fc.constant('renew' as const), who: fc.constantFrom('a', 'b', 'c'), forMs: fc.nat(300) }),
  fc.record({ type: fc.constant('end' as const), token: fc.constantFrom('token of a', 'token of b') }),
)
const flood = (index: number): LeaseEvent => ({ type: 'renew', who: `${index}`, forMs: 1_000 })
const broken = (law: string, change: (sound: Leases) => Partial<Leases>, message: RegExp) =>
  test(`a machine with ${law} is found out`, () => {
    const sound = leases(3)
    const failures = laws({ ...sound, ...change(sound) }, { events, bound: { octets: 500, flood }, seed: 7 }).flatMap(({ check }) => {
      try {
        check()
        return []
      } catch (error) {
        return [(error as Error).message]
      }
    })
    expect(failures.join('\n')).toMatch(message)
    expect(failures.join('\n')).toMatch(/seed 7, path "[\d:]+"\nreplay: LWM2M_RX_REPLAY=7:[\d:]+ npx vitest run test\/laws\/laws\.test\.ts/)
  })
let calls = 0

describe('laws', () => {
  broken(
    'ticks that say something early',
    (sound) => ({
      step: (state, event, stamp) =>
        event.type === 'tick' && sound.deadline(state) > stamp.now ? [state, [{ type: 'expired' }]] : sound.step(state, event, stamp),
    }),
    /tick at \d+, before (\d+|Infinity), said/,
  )
  broken(
    'ticks that make a new state early',
    (sound) => ({
      step: (state, event, stamp) =>
        event.type === 'tick' && sound.deadline(state) > stamp.now ? [{ ...state }, none] : sound.step(state, event, stamp),
    }),
    /gave a new state/,
  )
  broken(
    'ticks that change a row early',
    (sound) => ({
      step: (state, event, stamp) => {
        if (event.type === 'tick' && sound.deadline(state) > stamp.now && state.rows.size > 0)
          state.rows.put('', 'z', { dueAt: Infinity, token: '', renewals: 0 })
        return sound.step(state, event, stamp)
      },
    }),
    /an early tick differs/,
  )
  broken(
    'a tick without progress',
    (sound) => ({ step: (state, event, stamp) => (event.type === 'tick' ? [state, none] : sound.step(state, event, stamp)) }),
    /changed nothing, and the deadline is still|still due at/,
  )
  broken(
    'luck of its own',
    (sound) => ({
      step: (state, event, stamp) =>
        event.type === 'renew' ? [state, [{ type: 'passed', token: `${calls++}` }]] : sound.step(state, event, stamp),
    }),
    /effects of a second step differ/,
  )
  broken(
    'an edited event',
    (sound) => ({
      step: (state, event, stamp) => {
        if (event.type === 'renew') (event as { forMs: number }).forMs = 0
        return sound.step(state, event, stamp)
      },
    }),
    /read only|not extensible|Cannot assign/,
  )
  broken(
    'an edited row',
    (sound) => ({
      step: (state, event, stamp) => {
        for (const { row } of state.rows.all()) (row as { renewals: number }).renewals++
        return sound.step(state, event, stamp)
      },
    }),
    /read only|Cannot assign/,
  )
  broken(
    'memory beside its state',
    (sound) => {
      const hidden = new WeakMap<object, number>()
      return {
        step: (state, event, stamp) => {
          const count = (hidden.get(state.rows) ?? 0) + 1
          hidden.set(state.rows, count)
          return count > 2 && event.type === 'renew' ? [state, none] : sound.step(state, event, stamp)
        },
      }
    },
    /restored|second step/,
  )
  broken(
    'an instant that a restoration does not see',
    (sound) => ({
      initial: { ...sound.initial, shared: 0 },
      step: (state, event, stamp) => {
        const [next, effects] = sound.step(state, event, stamp)
        return next === state ? [next, effects] : [{ ...next, shared: stamp.now }, effects]
      },
    }),
    /the restored state in the end differs at \.shared/,
  )
  broken(
    'a throw',
    (sound) => ({
      step: (state, event, stamp) => {
        if (event.type === 'end' && state.rows.size > 1) throw new Error('planted')
        return sound.step(state, event, stamp)
      },
    }),
    /nothing throws, whatever comes: planted/,
  )
  test('a state that grows with its peers is found out', () => {
    const [law] = laws(leases(20_000), { events, bound: { octets: 500, flood }, seed: 7 }).slice(-1)
    expect(() => law!.check()).toThrow(/holds \d+ octets, more than 500/)
  })
})

describe('laws of layers', () => {
  const clock = (periodMs: number): Machine<number, LayerEvent<number, number>, LayerEffect<number, number>> => ({
    name: 'clock',
    initial: Infinity,
    deadline: (at) => at,
    step: (at, event, { now }) =>
      event.type === 'tick' ? [at + periodMs, [up(1)]] : event.type === 'up' ? [now + periodMs, none] : [at, none],
  })
  test('a layer that never falls silent is found out', () => {
    const [law] = layerLaws([single(clock(3_600_000))], { name: 'clock', events: fc.nat(3).map(up), quietMs: 86_400_000, runs: 20 })
    expect(() => law!.check()).toThrow(/still at work after/)
  })
  test('layers that see who is above them are found out', () => {
    let built = 0
    const nosy = () => ({
      ...clock(1),
      step: (at: number, event: LayerEvent<number, number> | { readonly type: 'tick' }) =>
        [at, event.type === 'tick' ? none : [up(built++ % 3)]] as const,
    })
    const [law] = layerLaws([single(nosy()), single(clock(5))], {
      name: 'nosy',
      events: fc.nat(3).map((value) => ({ type: 'down' as const, value })),
      runs: 50,
      quietMs: 1_000,
    })
    const through = layerLaws(
      [
        single({ ...nosy(), name: 'lower' }),
        single({ ...clock(5), step: (at: number, event) => [at, event.type === 'tick' ? none : [event]] }),
      ],
      { name: 'nosy', events: fc.nat(3).map(up), runs: 50, quietMs: 1_000 },
    )
    expect(law).toBeDefined()
    expect(() => through[0]!.check()).toThrow(/delivered differ/)
  })
})
