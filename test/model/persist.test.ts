/** What is kept over a restart, as octets and in two slots: it comes back as it was, and damage is seen. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { newestFirst, sealed, unsealed } from '../../src/client/persist/slots.ts'
import { fromOctets, toOctets } from '../../src/core/plain.ts'
import { Secret } from '../../src/core/secret.ts'
import { digests } from '../../src/simulation/digest.ts'
import { examine } from '../../src/testing/index.ts'

const leaf = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.double(),
  fc.constantFrom(Infinity, -Infinity, NaN, -0, 0),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 5 }),
  fc.constant(null),
)
const names = fc
  .oneof(fc.string({ maxLength: 4 }), fc.constantFrom('$octets', '$number', '$', '$$secret', 'dueAt'))
  .filter((name) => name !== '__proto__')
const plain: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie('any')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as unknown),
  ),
})).any

test('plain data comes back from its octets as it was', () => {
  examine('plain data', plain, (value) => expect(fromOctets(toOctets(value))).toEqual(value), { runs: 2_000 }, String)
})
test('a secret is in the octets, and comes back', () => {
  const back = fromOctets(toOctets({ key: new Secret(new Uint8Array([1, 255])) })) as { readonly key: Secret }
  expect([back.key.toString(), ...back.key.reveal()]).toEqual(['[secret]', 1, 255])
})
test('no octets throw', () => {
  examine('any octets', fc.uint8Array({ maxLength: 40 }), (octets) => void fromOctets(octets), { runs: 2_000 }, String)
})
test('a slot gives what was put in, and one octet that is wrong, or missing, is damage', () => {
  examine(
    'slots',
    fc.record({
      value: plain,
      generation: fc.nat(),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      by: fc.integer({ min: 1, max: 255 }),
      cut: fc.boolean(),
    }),
    ({ value, generation, at, by, cut }) => {
      const octets = sealed(digests, generation, value)
      expect(unsealed(digests, 'a', octets)).toEqual({ slot: 'a', generation, value })
      const place = Math.floor(octets.length * at)
      const wrong = cut ? octets.slice(0, place) : octets.map((octet, index) => (index === place ? octet ^ by : octet))
      expect(unsealed(digests, 'a', wrong)).toBe('damaged')
    },
    { runs: 1_000 },
    String,
  )
})
test('of two slots the newer counts; one that is empty or damaged does not', () => {
  const [one, two] = [
    { slot: 'a' as const, generation: 3, value: 1 },
    { slot: 'b' as const, generation: 10, value: 2 },
  ]
  expect(newestFirst([one, two])).toEqual([two, one])
  expect(newestFirst(['damaged', one, 'nothing'])).toEqual([one])
  expect(unsealed(digests, 'a', undefined)).toBe('nothing')
})
