/** What is kept over a restart, as octets and in two slots: it comes back as it was, and damage is seen. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { throwError } from 'rxjs'
import { configure } from '../../src/client/configure.ts'
import { load, placesOf, type Loaded } from '../../src/client/persist/load/pipeline.ts'
import { newestFirst, sealed, unsealed } from '../../src/client/persist/slots.ts'
import { fromOctets, toOctets } from '../../src/core/plain.ts'
import { Secret } from '../../src/core/secret.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { world } from '../../src/simulation/world.ts'
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
test('what is stored after a store could not be read is newer than what may be in it', () => {
  const { env } = world(1).node('device')
  const away = { read: () => throwError(() => new Error('away')), write: () => [], remove: () => [] }
  const it = configure({ endpointClientName: 'dev', accounts: [{ uri: 'coap://a' }], objects: [], parameters: defaultParameters })
  const all: Loaded[] = []
  load(env, it, placesOf(env, { storage: away as never })).subscribe((one) => all.push(one))
  expect(all).toHaveLength(1)
  expect(all[0]!.nextGeneration).toBeGreaterThan(env.wall() - 1)
  expect(all[0]!.notices.map(({ what }) => what)).toEqual(['unreadable', 'unreadable', 'empty'])
})
