/** A throw ends the row that it happened in, not its neighbours; in tests and simulations it ends the run. */
import { describe, expect, test } from 'vitest'
import { single } from '../../src/core/part.ts'
import { bench, drive } from './bench.ts'
import { leases } from './leases.ts'

describe('a throw in a row', () => {
  test('ends that row and says so, and the neighbours go on', () => {
    const { env, scheduler, turns } = bench({ strict: false })
    const { post, effects, bugs } = drive(single(leases(5)), env)
    post({ type: 'renew', who: 'a', forMs: 100 })
    post({ type: 'renew', who: 'b', forMs: 100 })
    post({ type: 'break', who: 'a' })
    scheduler.flush()
    expect(effects).toEqual([{ type: 'broken' }, { type: 'expired', token: 'token of b' }])
    expect(bugs).toEqual([])
    expect(turns[2]).toMatchObject({ fault: { message: 'planted' }, rows: [{ key: 'a', row: undefined }] })
  })
  test('is the error of the run where faults are strict, and nothing comes after it', () => {
    const { env, scheduler } = bench({ strict: true })
    const { post, effects, bugs } = drive(single(leases(5)), env)
    post({ type: 'renew', who: 'b', forMs: 100 })
    post({ type: 'break', who: 'a' })
    post({ type: 'end', token: 'token of b' })
    scheduler.flush()
    expect(effects).toEqual([])
    expect(bugs).toMatchObject([{ message: 'planted' }])
  })
  test('is the error of the run where the machine has no answer to it', () => {
    const { env } = bench({ strict: false })
    const { name, initial, step, deadline } = leases(5)
    const { post, bugs } = drive(single({ name, initial, step, deadline }), env)
    post({ type: 'break', who: 'a' })
    expect(bugs).toHaveLength(1)
  })
})
