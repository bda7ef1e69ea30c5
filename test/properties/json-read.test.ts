/** The strict reader of JSON against `JSON.parse`: the same values where both take it, exact numbers, and refusals with their place. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFlawed, isJsonNumber, isJsonObject, numberOf, readJson, type FlawedJson, type Json } from '../../src/format/json-read.ts'
import { encodeUtf8 } from '../../src/format/utf8.ts'

const runs = { numRuns: 2000 }
const read = (text: string, limits = { maxDepth: 100 }): Json | FlawedJson => readJson(encodeUtf8(text), limits)
/** What `JSON.parse` would have made of it. */
const plain = (json: Json): unknown => {
  if (isJsonNumber(json)) return Number(json.digits)
  if (isJsonObject(json)) return Object.fromEntries([...json].map(([name, item]) => [name, plain(item)]))
  return Array.isArray(json) ? (json as readonly Json[]).map(plain) : json
}
const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

describe('what both take', () => {
  it('is the same value [RFC 8259 §2]', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 2 }), (text, spaces) => {
        const spaced = JSON.stringify(JSON.parse(text), undefined, spaces)
        fc.pre(!spaced.includes('__proto__'))
        const found = read(spaced)
        expect(isFlawed(found) ? found : plain(found)).toEqual(JSON.parse(spaced))
      }),
      runs,
    )
  })
  it('is decided alike, whatever is changed in it', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', '\n', '\u0000', ' ', 'n'),
    )
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
        let changed = text
        for (const [at, letter] of changes)
          changed = changed.slice(0, at % (changed.length + 1)) + letter + changed.slice((at % (changed.length + 1)) + 1)
        fc.pre(!changed.includes('__proto__') && !/\\u[dD][89a-fA-F]/.test(changed))
        const found = read(changed)
        if (isFlawed(found) && found.flaw === 'duplicate') return
        expect(isFlawed(found)).toBe(parsed(changed) === undefined)
        if (!isFlawed(found)) expect(plain(found)).toEqual(parsed(changed)!.value)
      }),
      runs,
    )
  })
})

describe('numbers', () => {
  const number = (text: string) => numberOf(read(text) as never)
  it('keep 64 bits, however they are written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.constantFrom('', '.0', '.000', 'e0', 'E+0'), (value, end) => {
        expect(BigInt(number(`${value}${end}`)!)).toBe(value)
      }),
      runs,
    )
    expect(number('1.8446744073709551615e19')).toBe(18446744073709551615n)
    expect(number('922337203685477580700e-2')).toBe(9223372036854775807n)
    expect(number('90071992547409930')).toBe(90071992547409930n)
  })
  it('are the nearest double otherwise', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const found = number(Object.is(value, -0) ? '-0' : String(value))
        expect(Object.is(Number(found), value)).toBe(true)
      }),
      runs,
    )
    expect(number('18446744073709551616')).toBe(2 ** 64)
    expect(number('1e400')).toBeUndefined()
    expect(number('-0')).toBe(-0)
  })
})

describe('what is refused', () => {
  it.each<[string, string, number, string]>([
    ['', 'syntax', 0, 'nothing'],
    ['[1,]', 'syntax', 3, 'a comma before the end'],
    ['[01]', 'syntax', 2, 'a zero before digits'],
    ['[.5]', 'syntax', 1, 'no digit before the point'],
    ['[+1]', 'syntax', 1, 'a plus'],
    ['[NaN]', 'syntax', 1, 'what is no number'],
    ['{n:1}', 'syntax', 1, 'a bare name'],
    ["['a']", 'syntax', 1, 'single quotes'],
    ['["a\nb"]', 'syntax', 1, 'a line break in a text'],
    ['["\\x41"]', 'syntax', 1, 'an unknown escape'],
    ['["abc', 'syntax', 1, 'an open text'],
    ['["é", 1', 'syntax', 8, 'an open array'],
    ['[1] // why', 'trailing', 4, 'a comment'],
    ['[1] [2]', 'trailing', 4, 'two values'],
    ['\ufeff[1]', 'syntax', 0, 'a byte order mark'],
    ['{"n":1,"n":2}', 'duplicate', 7, 'a name twice'],
    ['{"n":1,"\\u006e":2}', 'duplicate', 7, 'a name twice, once in disguise'],
    ['["\\ud800"]', 'utf-8', 1, 'half of a surrogate pair'],
    ['[[[[[]]]]]', 'depth', 4, 'five arrays'],
    [`[${'1'.repeat(500)}]`, 'syntax', 1, 'five hundred digits'],
  ])('%j: %s at %i (%s)', (text, flaw, offsetBytes) => {
    expect(readJson(encodeUtf8(text))).toEqual({ flaw, offsetBytes })
  })
  it('octets that are no UTF-8, and more of them than are taken', () => {
    expect(readJson(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ flaw: 'utf-8', offsetBytes: 0 })
    expect(readJson(encodeUtf8('"12345"'), { maxBytes: 6 })).toEqual({ flaw: 'size', offsetBytes: 6 })
  })
  it('is refused in a time that grows with its length alone', () => {
    const long = [
      '['.repeat(500_000),
      `"${'\\'.repeat(900_000)}`,
      `[${'0,'.repeat(500_000)}`,
      `{${'"a":{'.repeat(150_000)}`,
      ' '.repeat(1_000_000),
    ]
    const begun = performance.now()
    for (const text of long) expect(isFlawed(read(text, { maxDepth: 500 }))).toBe(true)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
