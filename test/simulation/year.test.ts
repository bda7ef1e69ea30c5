/** A device's year, from twenty seeds, and from fifty where `CI` is set; a thousand: `npm run simulate -- --year --seeds 1000`. */
import { describe, expect, test } from 'vitest'
import { keptSeeds } from './seeds.ts'
import { fateOf } from './year/fate.ts'
import { judge } from './year/verdict.ts'

/** A year is a second of work. */
const { CI: ci } = process.env
const fives = Array.from({ length: ci === undefined ? 4 : 10 }, (_, five) => [1, 2, 3, 4, 5].map((index) => 5 * five + index))

describe('a year with an outage each day, servers that restart, new addresses and no power', () => {
  test.each([...fives, keptSeeds('year')].filter((seeds) => seeds.length > 0).map((seeds) => [seeds.join(', '), seeds] as const))(
    'seeds %s: registered in time, one Register at a time, no more said than need be',
    (_, seeds) => {
      for (const seed of seeds) {
        const { flaws, looks, outages, registers, longestBackSeconds, way, restarts } = judge(fateOf(seed))
        expect(flaws, `seed ${seed}`).toEqual([])
        // It was looked at, and there was something to come back from.
        expect(outages).toBeGreaterThan(400)
        expect(looks).toBeGreaterThan(200)
        expect(registers).toBeGreaterThan(20)
        expect(way === 'gives-up' ? restarts : longestBackSeconds).toBeGreaterThan(0)
      }
    },
    240_000,
  )

  test('there is a year of each kind among the first ten', () => {
    const kinds = Array.from({ length: 10 }, (_, seed) => fateOf(seed + 1))
    expect(new Set(kinds.map(({ way }) => way)).size).toBe(3)
    expect(new Set(kinds.map(({ scheme }) => scheme)).size).toBe(3)
    expect(new Set(kinds.map(({ queueMode }) => queueMode)).size).toBe(2)
    expect(new Set(kinds.flatMap(({ spells }) => spells.map(({ trouble }) => trouble))).size).toBe(5)
  })

  test('the same seed is the same year', () => {
    expect(judge(fateOf(7, 20))).toEqual(judge(fateOf(7, 20)))
  })

  test('a promise that is not kept is seen: a device that comes back within ten seconds', () => {
    expect(judge(fateOf(13, 60), 10_000).flaws.length).toBeGreaterThan(5)
  }, 240_000)
})
