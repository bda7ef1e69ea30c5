/** Luck: equal for equal dice, independent for each label, forked by name. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chance, roll, seeded } from '../../src/core/dice.ts'

describe('dice', () => {
  test('give each label a number of its own, the same each time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffffffff), { minLength: 8, maxLength: 8 }), fc.string(), fc.string(), (dice, one, other) => {
        expect(roll(dice, one)).toBe(roll([...dice], one))
        expect(chance(dice, one)).toBeGreaterThanOrEqual(0)
        expect(chance(dice, one)).toBeLessThan(1)
        if (one !== other) expect(roll(dice, one)).not.toBe(roll(dice, other))
      }),
      { numRuns: 1_000, seed: 1 },
    )
  })
  test('are uncorrelated between labels and even in their range', () => {
    const random = seeded(4)
    let both = 0
    const buckets = new Array<number>(16).fill(0)
    const n = 20_000
    for (let i = 0; i < n; i++) {
      const dice = random.dice()
      buckets[roll(dice, 'back-off') >>> 28]!++
      if (chance(dice, 'back-off') < 0.5 === chance(dice, 'message ID') < 0.5) both++
    }
    expect(Math.abs(both / n - 0.5)).toBeLessThan(0.02)
    for (const count of buckets) expect(Math.abs(count / (n / 16) - 1)).toBeLessThan(0.15)
  })
  test('fork by name, so that what one consumer draws never shifts another', () => {
    const one = seeded(9)
    one.uint32()
    one.dice()
    expect(one.fork('link').dice()).toEqual(seeded(9).fork('link').dice())
    expect(seeded(9).fork('link').uint32()).not.toBe(seeded(9).fork('node').uint32())
    expect(seeded(9).fork('link').uint32()).not.toBe(seeded(10).fork('link').uint32())
  })
  test('loaded with one number give it to every label', () => {
    expect(chance([0x80000000], 'anything')).toBe(0.5)
  })
})
