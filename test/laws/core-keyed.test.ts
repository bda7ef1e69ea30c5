/** Rows as one machine: the laws, and what happens at the limit. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { single } from '../../src/core/part.ts'
import { laws } from '../../src/testing/index.ts'
import { bench, drive } from './bench.ts'
import { leases, type LeaseEvent } from './leases.ts'
import { check } from './tight.ts'

const names = fc.constantFrom('a', 'b', 'c', 'd')
const scopes = fc.constantFrom('x', 'y')
const events: fc.Arbitrary<LeaseEvent> = fc.oneof(
  fc.record({ type: fc.constant('renew' as const), who: names, forMs: fc.nat(300), of: scopes }),
  fc.record({ type: fc.constant('end' as const), token: names.map((name) => `token of ${name}`), of: scopes }),
  fc.constant<LeaseEvent>({ type: 'noise' }),
)
const bound = { octets: 500, flood: (index: number): LeaseEvent => ({ type: 'renew', who: `peer ${index}`, forMs: 1_000 }) }
check(laws(leases(3), { events, bound }))
check(laws(leases(3, 'refuse'), { events, bound }))

describe('a keyed machine', () => {
  test('lets a row be born, renewed, and expire at its own deadline', () => {
    const { scheduler, env, turns } = bench()
    const { post, effects } = drive(single(leases(10)), env)
    post({ type: 'renew', who: 'a', forMs: 100 })
    scheduler.flush(60)
    post({ type: 'renew', who: 'a', forMs: 100 })
    scheduler.flush(159)
    expect(effects).toEqual([])
    scheduler.flush(160)
    expect(effects).toEqual([{ type: 'expired', token: 'token of a' }])
    expect(turns.map(({ stamp: { now } }) => now)).toEqual([0, 60, 160])
  })
  test('finds a row by its alias, and passes on what is for no row', () => {
    const { env } = bench()
    const { post, effects } = drive(single(leases(10)), env)
    post({ type: 'renew', who: 'a', forMs: 100 })
    post({ type: 'end', token: 'token of a' })
    post({ type: 'end', token: 'token of a' })
    post({ type: 'noise' })
    expect(effects.map(({ type }) => type)).toEqual(['ended', 'passed'])
  })
  test('forgets the row with the nearest deadline when it is full, or refuses', () => {
    const { env, scheduler } = bench()
    const forgetful = drive(single(leases(2)), env)
    for (const [who, forMs] of [
      ['a', 300],
      ['b', 100],
      ['c', 200],
    ] as const)
      forgetful.post({ type: 'renew', who, forMs })
    scheduler.flush()
    expect(forgetful.effects.map(({ token }) => token)).toEqual(['token of c', 'token of a'])
    const refusing = drive(single(leases(2, 'refuse')), env)
    for (const who of ['a', 'b', 'c']) refusing.post({ type: 'renew', who, forMs: 100 })
    expect(refusing.effects).toEqual([{ type: 'refused' }])
  })
})
