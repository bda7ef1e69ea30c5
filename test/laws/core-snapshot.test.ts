/** What survives a power cut, and what the clocks did meanwhile. */
import { describe, expect, test } from 'vitest'
import { copy, restore, snapshot } from '../../src/core/snapshot.ts'
import { tick, type Stamp } from '../../src/core/machine.ts'
import { isPlain } from '../../src/testing/index.ts'
import { leases } from './leases.ts'

const machine = leases(5)
const at = (now: number, wall: number): Stamp => ({ now, wall, dice: [0] })
const began = () => {
  let state = copy(machine.initial)
  for (const [who, forMs] of [
    ['a', 1_000],
    ['b', 5_000],
  ] as const)
    state = machine.step(state, { type: 'renew', who, forMs }, at(10_000, 1_000_000))[0]
  return state
}
const saved = () => snapshot(machine, began(), at(10_500, 1_000_500))

describe('a snapshot', () => {
  test('is plain data, and shares nothing with the state that goes on', () => {
    const state = began()
    const taken = snapshot(machine, state, at(10_000, 1_000_000))
    const text = JSON.stringify(taken)
    expect(isPlain(taken)).toBe(true)
    machine.step(state, { type: 'end', token: 'token of a' }, at(10_000, 1_000_000))
    expect(JSON.stringify(taken)).toBe(text)
    expect(machine.initial.rows.size).toBe(0)
  })
  test('restored after a while has lost that much of its time, whatever the monotonic clock says now', () => {
    const state = restore(machine, saved(), at(77, 1_002_500)) // two seconds later, on a machine just started
    expect(machine.deadline(state)).toBe(77 - 1_500) // a was due 1.5 s ago
    const [next, effects] = machine.step(state, tick, at(77, 1_002_500))
    expect(effects).toEqual([{ type: 'expired', token: 'token of a' }])
    expect(machine.deadline(next)).toBe(77 + 2_500)
  })
  test('restored with a clock gone backwards has everything due', () => {
    const state = restore(machine, saved(), at(20, 900_000))
    expect(machine.deadline(state)).toBeLessThanOrEqual(20)
    const [next] = machine.step(state, tick, at(20, 900_000))
    expect(machine.deadline(next)).toBeLessThanOrEqual(20)
  })
  test('keeps Infinity, the order of equal deadlines and the aliases', () => {
    let state = copy(machine.initial)
    for (const who of ['b', 'a', 'c']) state = machine.step(state, { type: 'renew', who, forMs: who === 'c' ? Infinity : 10 }, at(0, 0))[0]
    const twin = restore(machine, snapshot(machine, state, at(0, 0)), at(0, 0))
    expect(twin.rows.byAge().map(({ key }) => key)).toEqual(['b', 'a', 'c'])
    expect(machine.step(twin, tick, at(10, 10))[1]).toEqual([{ type: 'expired', token: 'token of b' }])
    expect(machine.step(twin, { type: 'end', token: 'token of c' }, at(10, 10))[1]).toHaveLength(1)
  })
})
