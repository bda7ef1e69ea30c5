/** The journal: every decision once, in order, rows instead of tables; nothing at all while nobody listens. */
import { describe, expect, test } from 'vitest'
import { journal, named } from '../../src/core/journal.ts'
import type { Turn } from '../../src/core/journal.ts'
import { single } from '../../src/core/part.ts'
import { replaysAlike } from '../../src/testing/index.ts'
import { bench, drive } from './bench.ts'
import { leases } from './leases.ts'

describe('the journal', () => {
  test('is not written, nor is anything built for it, while nobody listens', () => {
    const { env } = bench({ observed: false })
    let written = 0
    const machine = leases(5)
    const { post } = drive(single(machine), { ...env, journal: { observed: false, write: () => written++ } })
    for (let i = 0; i < 100; i++) post({ type: 'renew', who: 'a', forMs: 100 })
    expect(written).toBe(0)
  })
  test('begins when somebody subscribes and ends with the last one, in the midst of a run', () => {
    const { env } = bench()
    const live = journal()
    const { post } = drive(single(leases(5)), { ...env, journal: named(live, 'n1') })
    post({ type: 'renew', who: 'a', forMs: 100 })
    const turns: Turn[] = []
    const listening = live.turn$.subscribe((turn) => turns.push(turn))
    post({ type: 'renew', who: 'b', forMs: 100 })
    listening.unsubscribe()
    post({ type: 'renew', who: 'c', forMs: 100 })
    expect(live.observed).toBe(false)
    expect(turns).toHaveLength(1)
    expect(turns[0]).toMatchObject({ node: 'n1', machine: 'leases', event: { who: 'b' }, rows: [{ table: 'leases', key: 'b' }] })
  })
  test('publishes the rows that changed and what is small, never a table', () => {
    const { env, turns } = bench()
    const { post } = drive(single(leases(5)), env)
    post({ type: 'renew', who: 'a', forMs: 100 })
    post({ type: 'noise' })
    expect(turns.map(({ rows }) => rows.length)).toEqual([1, 0])
    expect(turns[0]!.state).toEqual({ shared: 1 })
  })
  test('is a recording: replaying it makes the same turns', () => {
    const { env, scheduler, turns } = bench()
    const { post } = drive(single(leases(2)), env)
    for (const who of ['a', 'b', 'c']) post({ type: 'renew', who, forMs: 100 })
    scheduler.flush()
    expect(turns.length).toBeGreaterThan(4)
    replaysAlike(leases(2), turns)
    const forged = turns.map((turn, index) => (index === 3 ? { ...turn, effects: [{ type: 'ended' }] } : turn))
    expect(() => replaysAlike(leases(2), forged)).toThrow(/turn 3 of leases replays otherwise: effects/)
  })
  test('has no dice of a machine that keeps them to itself', () => {
    const { env, turns } = bench()
    const { post } = drive(single({ ...leases(2), secretive: true }), env)
    post({ type: 'renew', who: 'a', forMs: 100 })
    expect(turns[0]!.stamp.dice).toEqual([])
  })
})
