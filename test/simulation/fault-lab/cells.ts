/** The cells of the fault lab, as tests: every kind of fault, over these ways, from many seeds; the very image runs in the end, or the update is reported failed with the right Result, and `explain` names the fault (LwM2M Core §E.6). */
import { describe, expect, test } from 'vitest'
import { keptSeeds } from '../seeds.ts'
import { faults } from './faults.ts'
import { play, type Way } from './lab.ts'
import { verdict } from './verdict.ts'

/** More in a nightly run: FAULT_LAB_SEEDS=500, or `npm run fuzz -- --only faultLab`. */
const count = Number(process.env['FAULT_LAB_SEEDS'] ?? 50)

export const cells = (...ways: readonly Way[]): void => {
  const seeds = [...keptSeeds('fault-lab'), ...Array.from({ length: count }, (_, index) => index + 1)]
  const all = faults.flatMap((fault) => fault.ways.filter((way) => ways.includes(way)).map((way) => ({ fault, name: fault.name, way })))
  describe.each(all)('$name, $way', ({ fault, way }) => {
    const title = fault.ends === 'installed' ? 'ends with the very image, installed once' : 'is reported, and explained'
    test(`${title} [LwM2M Core §E.6]`, () => {
      for (const seed of seeds) {
        const wrong = verdict(fault, way, play(fault, way, seed))
        if (wrong !== undefined) expect.unreachable(`seed ${seed}: ${wrong}`)
      }
    })
  })
}
