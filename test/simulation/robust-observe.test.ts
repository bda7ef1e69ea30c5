/** A large Resource observed over a slow and lossy path, its notifications in bursts of blocks (RFC 9177 §4.5; LwM2M Core §6.4.4). */
import { BehaviorSubject } from 'rxjs'
import { expect, test } from 'vitest'
import { defineObject, instances } from '../../src/index.ts'
import { c1Device, rig } from '../conformance/rig.ts'

const profile = defineObject({
  id: 32_770,
  name: 'Load profile',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: { 0: { name: 'Samples', operations: 'R', multiple: false, mandatory: true, type: 'opaque' } },
})
const samples = (seed: number) => Uint8Array.from({ length: 20 * 1024 }, (_, index) => ((index + seed) * 2_654_435_761) >>> 24)
const robust = { parameters: { robustBlocks: 'auto' } } as const
const qBlock2 = 31

test.each([0, 0.02, 0.1])('with a loss of %f every value that is handed over was one, whole; the last one arrives', (loss) => {
  const value$ = new BehaviorSubject(samples(0))
  const it = rig({ objectsIn: () => [c1Device(), instances(profile, { 0: { 0: value$ } })], client: robust, server: robust })
  it.world.network.faults({ minMs: 50, maxMs: 50, loss })
  const from = it.wire.length
  const seen = it.watch((device) => device.observe('/32770/0/0'))
  for (let change = 1; change <= 10; change++) {
    it.pass(30)
    value$.next(samples(change))
  }
  it.pass(300)
  expect(seen.errors).toEqual([])
  const values = seen.values.map(({ value }) => Array.from({ length: 11 }, (_, seed) => seed).find((seed) => same(value, samples(seed))))
  expect(values).not.toContain(undefined)
  expect(values).toEqual([...values].sort((a, b) => a! - b!))
  expect(values.at(-1)).toBe(10)
  // Block by block it is 20 round trips, 2 s, without any loss.
  if (loss === 0) for (const { atMs } of seen.values.slice(1)) expect(atMs % 30_000).toBeLessThan(1_300)
  const crossed = it.wire.slice(from)
  expect(crossed.filter(({ message }) => message.options.some(({ number }) => number === qBlock2)).length).toBeGreaterThan(100)
})

/** The octets anywhere in what was handed over. */
const octetsIn = (value: unknown): Uint8Array | undefined => {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'object' || value === null) return undefined
  return [...(value instanceof Map ? value.values() : Object.values(value))].map(octetsIn).find((one) => one !== undefined)
}
const same = (value: unknown, bytes: Uint8Array) => Buffer.compare(octetsIn(value) ?? new Uint8Array(0), bytes) === 0
