/** What a server makes of what it read, and how it chooses what it writes in (LwM2M Core §6.3, §7.4; RFC 8428 §4.5.3). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Node } from '../../../src/format/format.ts'
import { parsePath, type PathString } from '../../../src/model/path.ts'
import { formatsByNumber } from '../../../src/format/formats.ts'
import { registry } from '../../../src/objects/registry.ts'
import { contexts } from '../../../src/server/client/context.ts'
import { compositeOf, readingOf } from '../../../src/server/client/reading.ts'
import { createFormatFor, formatFor, listFormatFor, patchFormatFor, patchOf } from '../../../src/server/client/writing.ts'
import { examine, show } from '../../../src/testing/index.ts'
import { registrationOf } from './registration.ts'

const at = (text: PathString) => parsePath(text)!
const receivedAt = 1_700_000_000_000
const node = (text: PathString, value: number, time?: number): Node => ({ path: at(text), value, ...(time === undefined ? {} : { time }) })

describe('a reading', () => {
  test('has the newest value of each place, and all that came with a time, oldest first', () => {
    const nodes = [node('/3303/0/5700', 2, 1_600_000_060), node('/3303/0/5700', 1, 1_600_000_000), node('/3303/0/5700', 3, -10)]
    const { value, nodes: newest, samples } = readingOf(at('/3303/0/5700'), { nodes, receivedAt })
    expect(value).toBe(3)
    expect(newest).toHaveLength(1)
    expect(samples.map(({ value: one, time }) => [one, time])).toEqual([
      [1, 1_600_000_000],
      [2, 1_600_000_060],
      [3, receivedAt / 1000 - 10],
    ])
  })
  test('a value without a time is the newest', () => {
    const nodes = [node('/3303/0/5700', 9), node('/3303/0/5700', 1, 1_600_000_000)]
    expect(readingOf(at('/3303/0/5700'), { nodes, receivedAt })).toMatchObject({ value: 9, samples: [{ value: 1 }] })
  })
  test('without times is what came, untouched', () => {
    const nodes = [node('/3/0/9', 5)]
    expect(readingOf(at('/3/0'), { nodes, receivedAt })).toEqual({ path: '/3/0', nodes, value: undefined, samples: [] })
  })
  test('of a multiple Resource with nothing in it is an empty record, of a single one nothing', () => {
    expect(readingOf(at('/3/0/11'), { nodes: [], receivedAt }, true).value).toEqual({})
    expect(readingOf(at('/3/0/9'), { nodes: [], receivedAt }).value).toBeUndefined()
  })
  test('of several places has each by its path; what is not there is absent', () => {
    const nodes = [node('/3/0/9', 5), node('/3/0/11/0', 1), node('/3/0/11/2', 0)]
    const { values } = compositeOf(['/3/0/9', '/3/0/11', '/3/0/11/2', '/3/0/13', '/3/0'], { nodes, receivedAt }, () => undefined)
    expect(values).toEqual({ '/3/0/9': 5, '/3/0/11': { 0: 1, 2: 0 }, '/3/0/11/2': 0 })
  })
  test('loses no sample, and every time is absolute and in order', () => {
    const times = fc.oneof(fc.integer({ min: -1_000, max: 0 }), fc.integer({ min: 2 ** 28, max: 1_700_000_000 }))
    const nodes = fc.array(fc.tuple(fc.constantFrom<PathString>('/3/0/9', '/3/0/10'), fc.integer(), times).map((one) => node(...one)))
    examine(
      'samples',
      nodes,
      (given) => {
        const { samples, nodes: newest } = readingOf(at('/3/0'), { nodes: given, receivedAt })
        expect(samples).toHaveLength(given.length)
        expect(samples.every(({ time }, index) => time >= 2 ** 28 && (index === 0 || samples[index - 1]!.time <= time))).toBe(true)
        expect(newest).toHaveLength(new Set(given.map(({ path }) => path.resource)).size)
        for (const { path, time } of newest)
          expect(time).toBe(Math.max(...samples.filter((one) => one.path.resource === path.resource).map((one) => one.time)))
      },
      { runs: 1_000 },
      show,
    )
  })
})

describe('a format', () => {
  const named = (...contentFormats: readonly number[]) => registrationOf({ objects: [], contentFormats })
  const unnamed = (version: '1.0' | '1.1' | '1.2') => registrationOf({ objects: [] }, undefined, version)
  const two = [node('/3/0/9', 1), node('/3/0/10', 2)]
  test('for one value is text, for octets opaque, whatever the client names [LwM2M Core §7.4]', () => {
    expect(formatFor(at('/3/0/9'), [node('/3/0/9', 1)], named(112))).toBe(0)
    expect(formatFor(at('/5/0/0'), [{ path: at('/5/0/0'), value: new Uint8Array() }], named(112))).toBe(42)
  })
  test('for several is TLV in 1.0, else SenML CBOR or the first fitting one that the client names [LwM2M Core §7.4]', () => {
    expect(formatFor(at('/3/0'), two, unnamed('1.0'))).toBe(11542)
    expect(formatFor(at('/3/0'), two, unnamed('1.1'))).toBe(112)
    expect(formatFor(at('/3/0'), two, named(110, 11542))).toBe(110)
    expect(formatFor(at('/3/0'), two, named(11542))).toBe(11542)
    expect(formatFor(at('/3/0'), two, named(60))).toBe(112)
  })
  test('for a new Object Instance without a number is one that can say so [LwM2M Core §6.3.6]', () => {
    expect(createFormatFor(false, two, unnamed('1.1'))).toBe(11542)
    expect(createFormatFor(false, two, unnamed('1.2'))).toBe(11544)
    expect(createFormatFor(true, two, unnamed('1.2'))).toBe(112)
  })
  test('for a list of paths, and for what takes something away [LwM2M Core §6.3.8, §7.4.6]', () => {
    expect(listFormatFor(unnamed('1.1'))).toBe(112)
    expect(listFormatFor(named(320, 110))).toBe(110)
    expect(patchFormatFor(false, unnamed('1.2'))).toBe(112)
    expect(patchFormatFor(true, unnamed('1.2'))).toBe(322)
    expect(patchFormatFor(true, named(112, 320))).toBe(320)
  })
  test('a composite of values and of places that go', () => {
    expect(patchOf({ '/3/0': { 9: 5, 11: { 1: 3 } }, '/3/0/11/0': null })).toEqual({
      nodes: [node('/3/0/9', 5), { path: { ...at('/3/0'), resource: 11, resourceInstance: 1 }, value: 3 }],
      deleted: [at('/3/0/11/0')],
    })
  })
})

describe('the definitions of a client', () => {
  const has = (ver: string) => ({ objects: [{ path: { object: 5 }, attributes: { ver } }] })
  test('are those of the versions that it registered, found once for each list of Objects [LwM2M Core §7.2]', () => {
    const contextOf = contexts({ formats: formatsByNumber, definitions: registry })
    const old = registrationOf(has('1.0'))
    expect(contextOf(old).definitions.get(5)!.version).toBe('1.0')
    expect(contextOf(registrationOf(has('1.1'))).definitions.get(5)!.version).toBe('1.1')
    expect(contextOf(old)).toBe(contextOf({ ...old, updated: 5 }))
    expect(contextOf().definitions).toBe(registry)
  })
  test('may be found otherwise', () => {
    const contextOf = contexts({ formats: formatsByNumber, definitions: registry }, () => new Map())
    expect(contextOf(registrationOf(has('1.0'))).definitions.size).toBe(0)
  })
})
