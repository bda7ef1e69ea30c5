/** The power of the device is cut at every turn of an update: the very image runs in the end, and it was installed to its end once (LwM2M Core §E.6). */
import { describe, expect, test } from 'vitest'
import { keptSeeds } from '../seeds.ts'
import { play, type Fault, type Way } from './lab.ts'

/** More in a nightly run: FAULT_LAB_SEEDS=500 makes ten. */
const count = Math.max(1, Math.round(Number(process.env['FAULT_LAB_SEEDS'] ?? 50) / 50))

describe('a power cut at any turn of an update', () => {
  const sizes: Readonly<Record<Way, number>> = {
    'pull-coap': 2_500,
    'push-coap': 2_500,
    'pull-coaps': 2_500,
    'push-coaps': 2_500,
    'pull-tcp': 100_000,
    'push-tcp': 100_000,
    'pull-burst': 15_000,
    'push-burst': 15_000,
    'pull-http': 40_000,
  }
  const ways = Object.keys(sizes) as Way[]
  const fault: Fault = { name: 'power cut', ways, ends: 'installed', orders: 6 }
  test.each(ways)('of %s ends with the very image, installed to its end exactly once [LwM2M Core §E.6]', (way) => {
    const octets = sizes[way]
    for (const seed of keptSeeds('fault-lab-cuts').concat(Array.from({ length: count }, (_, index) => index + 1))) {
      const { turns } = play(fault, way, seed, { octets })
      expect(turns).toBeGreaterThan(30)
      for (let cutAt = 1; cutAt <= turns; cutAt++) {
        const outcome = play(fault, way, seed, { cutAt, octets })
        const { wanted, running, installed, completed, device, text } = outcome
        const told = `${way}, seed ${seed}, cut at turn ${cutAt} of ${turns}: ${JSON.stringify({ ...outcome, text: undefined, causes: [...outcome.causes] })}\n${text}`
        expect(
          installed.every((digest) => digest === wanted),
          told,
        ).toBe(true)
        expect(running, told).toBe(wanted)
        expect(completed, told).toBe(1)
        expect(installed.length, told).toBeLessThanOrEqual(2)
        expect(device?.cause, told).toBe('none')
      }
    }
  })
})
