/** Entries of a server's database: read back as they were written, and damage is seen. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEntry, encodeEntry } from '../../../src/server/stored/entry.ts'
import { isCommand, isObservation, isProfile, isRegistration } from '../../../src/server/stored/shape.ts'
import { examine } from '../../../src/testing/index.ts'

const names = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('$octets', '$', '$$x', '$integer', '$number'))
const { plain } = fc.letrec((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    ...[fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.bigInt(), fc.constant(null), fc.uint8Array({ maxLength: 5 })],
    fc.array(tie('plain'), { maxLength: 3 }),
    fc.dictionary(names, tie('plain'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))

test('plain data comes back as it was: octets, big integers, numbers that JSON does not know, and names that mean something here', () => {
  examine('entries', plain, (value) => expect(decodeEntry(encodeEntry(value))).toEqual(value), { runs: 2_000 }, String)
})
test('whatever is changed in an entry is seen', () => {
  const damage = fc.record({ value: plain, at: fc.nat(), bit: fc.nat(7), cut: fc.boolean() })
  examine(
    'damage',
    damage,
    ({ value, at, bit, cut }) => {
      const octets = encodeEntry(value)
      const harmed = cut ? octets.slice(0, at % octets.length) : octets.slice()
      if (!cut) harmed[at % harmed.length]! ^= 1 << bit
      expect(decodeEntry(harmed)).toBeUndefined()
    },
    { runs: 2_000 },
    String,
  )
})
test('what another program wrote is neither taken for something else nor a throw', () => {
  examine(
    'strangers',
    fc.oneof(plain, fc.anything()),
    (value) => {
      for (const is of [isRegistration, isProfile, isObservation, isCommand]) expect(is(value)).toBe(false)
    },
    { runs: 1_000 },
    String,
  )
  examine('octets', fc.uint8Array({ maxLength: 40 }), (octets) => expect(decodeEntry(octets)).toBeUndefined(), { runs: 1_000 }, String)
})
