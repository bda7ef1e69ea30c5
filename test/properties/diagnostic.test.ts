/** Diagnostic notation against the examples of RFC 8949 and another decoder; text from strangers on a terminal. */
import { readFileSync } from 'node:fs'
import { decode } from 'cborg'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diagnose } from '../../src/cli/diagnostic.ts'
import { plain, quoted } from '../../src/cli/escape.ts'
import { halfOf } from '../../src/format/cbor-write.ts'

const octets = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const items = JSON.parse(readFileSync(new URL('../vectors/cbor-appendix-a.json', import.meta.url), 'utf8')) as readonly {
  hex: string
  decoded?: unknown
  diagnostic?: string
}[]

describe('diagnostic notation', () => {
  // a bignum is shown as what it is: octets with a tag; f818 was legal in RFC 7049 only
  it.each(items.filter(({ diagnostic, hex }) => diagnostic !== undefined && !/^(c[23]|f818)/.test(hex)))(
    '$hex is $diagnostic [RFC 8949 §A]',
    ({ hex, diagnostic }) => expect(diagnose(octets(hex))).toBe(diagnostic),
  )
  it.each(items.filter(({ decoded, hex }) => decoded !== undefined && !/^(c|5f|7f|9f|bf|1b|3b|f9|fa|fb)/.test(hex)))(
    '$hex reads as JSON does [RFC 8949 §8]',
    ({ hex, decoded }) => {
      const notation = diagnose(octets(hex)) as string
      const json = notation.replaceAll('[_ ', '[').replaceAll('{_ ', '{')
      if (!/[{:] ?-?\d+: |^\{\d/.test(json)) expect(JSON.parse(json)).toEqual(decoded)
    },
  )
  it.each([
    ['c249010000000000000000', "2(h'010000000000000000')"],
    ['c074323031332d30332d32315432303a30343a30305a', '0("2013-03-21T20:04:00Z")'],
    ['5f42010243030405ff', "(_ h'0102', h'030405')"],
    ['7f657374726561646d696e67ff', '(_ "strea", "ming")'],
    ['9fff', '[_ ]'],
    ['bf61610161629f0203ffff', '{_ "a": 1, "b": [_ 2, 3]}'],
    ['a2206161030f', '{-1: "a", 3: 15}'],
    ['f0', 'simple(16)'],
    ['f8ff', 'simple(255)'],
    ['f97e00', 'NaN'],
    ['fb3ff199999999999a', '1.1'],
    ['fb7e37e43c8800759c', '1.0e+300'],
    ['f93c00', '1.0'],
    ['0102', '1, 2'],
    ['61e2', { flaw: 'text that is no UTF-8', offsetBytes: 1 }],
    ['', { flaw: 'there is nothing', offsetBytes: 0 }],
    ['8201', { flaw: 'it ends before its items do', offsetBytes: 1 }],
    ['820102ff', { flaw: 'a break that ends nothing', offsetBytes: 3 }],
    ['a10001ff', { flaw: 'a break that ends nothing', offsetBytes: 3 }],
    ['1900', { flaw: 'it ends inside a head', offsetBytes: 0 }],
    ['4401', { flaw: 'it ends inside a string', offsetBytes: 1 }],
    ['9b7fffffffffffffff00', { flaw: 'it ends before its items do', offsetBytes: 9 }],
    ['5f6161ff', { flaw: 'a string in pieces of another kind', offsetBytes: 1 }],
    ['1c', { flaw: 'a reserved head', offsetBytes: 0 }],
    ['f818', { flaw: 'a simple value of two octets that needs one', offsetBytes: 0 }],
  ])('%s: %j', (hex, expected) => expect(diagnose(octets(hex))).toEqual(expected))
  it('shows every half-precision float as the number that it is', () => {
    for (let bits = 0; bits < 0x10000; bits += 7) {
      const shown = diagnose(Uint8Array.of(0xf9, bits >> 8, bits & 255)) as string
      expect(halfOf(Number(shown))).toBe(Number.isNaN(Number(shown)) ? 0x7e00 : bits)
    }
  })
  it('never throws, and takes whatever another decoder takes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const shown = diagnose(bytes)
        const decoded = (() => {
          try {
            return { value: decode(bytes, { useMaps: true }) as unknown }
          } catch {
            return undefined
          }
        })()
        // the other one puts a mark where text is no UTF-8
        if (decoded !== undefined && typeof shown !== 'string') expect(shown.flaw).toBe('text that is no UTF-8')
      }),
      { numRuns: 5000 },
    )
  })
  it('is bounded: ten thousand arrays in one another are a flaw, not the end of the stack', () => {
    expect(diagnose(new Uint8Array(10_000).fill(0x81))).toMatchObject({ flaw: 'nested too deeply' })
    expect(diagnose(new Uint8Array(10_000).fill(0xc1))).toMatchObject({ flaw: 'nested too deeply' })
  })
})

describe('text on a terminal', () => {
  it.each([
    ['\u001b[31mred', '"\\u001b[31mred"'],
    ['a\nb\t"c"\\', '"a\\nb\\t\\"c\\"\\\\"'],
    ['\u009b31m', '"\\u009b31m"'],
    ['abc\u202egnp.exe', '"abc\\u202egnp.exe"'],
    ['Grüße, 世界 🙂', '"Grüße, 世界 🙂"'],
    ['\u{e0041}', '"\\udb40\\udc41"'],
  ])('%j is shown as %s', (text, shown) => expect(quoted(text)).toBe(shown))
  it('has no control characters left, and means the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = quoted(text)
        expect(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(shown)).toBe(false)
        expect(JSON.parse(shown)).toBe(text)
        expect(/\p{Cc}/u.test(plain(text))).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })
})
