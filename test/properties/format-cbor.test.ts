/** cborg in strict mode as witness: every CBOR that we write, and every CBOR that we take, is that for others too. */
import { decode as witness } from 'cborg'
import { Encoder } from 'cbor-x'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCbor } from '../../src/format/cbor-read.ts'
import { scanCbor, type CborEdit } from '../../src/format/cbor-scan.ts'
import { dateNumber, decimalFraction } from '../../src/format/cbor-tag.ts'
import { cbor } from '../../src/format/cbor.ts'
import { isFault } from '../../src/format/format.ts'
import { lwm2mCbor } from '../../src/format/lwm2m-cbor.ts'
import { senmlCbor } from '../../src/format/senml-cbor.ts'
import { senmlEtchCbor } from '../../src/format/senml-etch-cbor.ts'
import { whole } from '../../src/model/value.ts'
import { instanceSample, objectSample, valueSample } from './format-arbitraries.ts'

const runs = { numRuns: 1000 }
const shape = { depth: 5, arrayKeys: true }
/** What cborg has for our item: numbers that are safe as numbers, as ours. */
const normal = (item: unknown): unknown => {
  if (typeof item === 'bigint') return whole(item)
  if (Array.isArray(item)) return item.map(normal)
  if (item instanceof Map) return new Map([...item].map(([key, value]) => [normal(key), normal(value)]))
  return item instanceof Uint8Array ? new Uint8Array(item) : item
}
const strict = { strict: true, useMaps: true, rejectDuplicateMapKeys: true, allowIndefinite: false }

describe.each([cbor, senmlCbor, senmlEtchCbor, lwm2mCbor])('$name', (format) => {
  it('writes what cborg takes in strict mode, and reads the same in it [RFC 8949 §4.1]', () => {
    const samples = format.structured ? fc.oneof(instanceSample, objectSample, valueSample) : valueSample
    fc.assert(
      fc.property(samples, ({ nodes, context }) => {
        const bytes = format.encode(nodes, context)
        if (isFault(bytes)) throw new Error(bytes.detail)
        const read = readCbor(bytes, shape)
        expect(isFault(read) ? read : normal(read.item)).toEqual(normal(witness(bytes, strict)))
      }),
      runs,
    )
  })
})

describe('CBOR that we take', () => {
  const encoder = new Encoder({
    useRecords: false,
    tagUint8Array: false,
    variableMapSize: true,
    useTag259ForMaps: false,
  } as ConstructorParameters<typeof Encoder>[0])
  const { item } = fc.letrec<{ item: unknown; leaf: unknown; map: unknown }>((tie) => ({
    leaf: fc.oneof(
      fc.integer(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.uint8Array({ maxLength: 30 }),
    ),
    map: fc
      .array(fc.tuple(fc.oneof(fc.integer({ min: -30, max: 30 }), fc.string({ maxLength: 3 })), tie('item')), { maxLength: 4 })
      .map((all) => new Map(all)),
    item: fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie('leaf'), fc.array(tie('item'), { maxLength: 4 }), tie('map')),
  }))
  const agrees = (bytes: Uint8Array) => {
    const edits: CborEdit[] = []
    if (scanCbor(bytes, shape, edits) !== undefined) return 'refused'
    if (edits.length > 0) return 'edited'
    const read = readCbor(bytes, shape)
    // long forms and indefinite lengths are no preferred serialisation, but sound
    const seen: unknown = witness(bytes, { ...strict, strict: false, allowIndefinite: true, rejectDuplicateMapKeys: false })
    expect(isFault(read) ? read : normal(read.item)).toEqual(normal(seen))
    return 'taken'
  }
  it('is the same for cborg', () => {
    const taken = { refused: 0, edited: 0, taken: 0 }
    fc.assert(
      fc.property(item, (value) => {
        taken[agrees(new Uint8Array(encoder.encode(value)))]++
      }),
      runs,
    )
    expect(taken.taken).toBeGreaterThan(runs.numRuns / 2)
  })
  it('is the same for cborg, or refused, when octets were changed', () => {
    fc.assert(
      fc.property(item, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }), (value, changes) => {
        const bytes = new Uint8Array(encoder.encode(value))
        for (const [at, octet] of changes) bytes[at % bytes.length] = octet
        agrees(bytes)
      }),
      { numRuns: 5000 },
    )
  })
  it('is the same for cborg, or refused, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => void agrees(bytes)),
      { numRuns: 5000 },
    )
  })
  it('is one text, however many its pieces [RFC 8949 §3.2.3]', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 5 }), (parts) => {
        const pieces = parts.flatMap((part) => [...new Uint8Array(encoder.encode(part))])
        expect(readCbor(Uint8Array.of(0x7f, ...pieces, 0xff), shape)).toEqual({ item: parts.join('') })
      }),
      runs,
    )
  })
  it('keeps the byte order mark of a text', () => {
    for (const length of [0, 1, 20, 30, 70, 300]) {
      const text = `\uFEFF${'ü'.repeat(length)}`
      expect(readCbor(new Uint8Array(encoder.encode([text])), shape)).toEqual({ item: [text] })
    }
  })
})

describe('tags', () => {
  it('reads every date as its seconds [RFC 8949 §3.4.1]', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
        expect(dateNumber(date.toISOString())).toBeCloseTo(date.getTime() / 1000, 3)
      }),
      runs,
    )
    for (const none of [
      '2013-02-30T00:00:00Z',
      '2013-13-01T00:00:00Z',
      '2013-01-01T24:00:00Z',
      '2013-01-01T00:00:60Z',
      '2013-01-01',
      '',
      '2013-01-01T00:00:00',
      '2013-01-01T00:00:00+24:00',
    ])
      expect(dateNumber(none)).toBeUndefined()
    expect(dateNumber('1969-12-31T23:59:59.5Z')).toBe(-0.5)
    expect(dateNumber('1970-01-01T00:00:00-01:30')).toBe(5400)
    expect(dateNumber('2000-02-29T00:00:00+00:00')).toBe(951782400)
  })
  it('reads decimal fractions as the nearest number, whole ones exactly [RFC 8949 §3.4.4]', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), fc.integer({ min: -400, max: 19 }), (mantissa, exponent) => {
        const value = decimalFraction(mantissa, BigInt(exponent))
        if (exponent < 0) expect(value).toBe(Number(`${mantissa}e${exponent}`))
        else expect(BigInt(value!)).toBe(mantissa * 10n ** BigInt(exponent))
      }),
      runs,
    )
    expect(decimalFraction(1n, 999999999999n)).toBeUndefined()
  })
})
