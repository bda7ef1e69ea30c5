/** The rules about options (RFC 7252 §5.4, §5.10; the RFCs in the table). */
import { describe, expect, test } from 'vitest'
import {
  acceptable,
  definitionOf,
  isCritical,
  isUnsafe,
  opaqueOption,
  optionDefinitions,
  optionDiagnostic,
  optionFault,
  options,
  stringOption,
  uintBytes,
  uintOf,
  uintOption,
  unacceptable,
  withOption,
  without,
  type Option,
} from '../../src/message/option.ts'

const path = stringOption(options.UriPath, '3')
const of = (number: number, length: number): Option => ({ number, value: new Uint8Array(length) })

describe('options that cannot be accepted', () => {
  test('what we know is accepted', () => {
    expect(unacceptable([])).toBeUndefined()
    expect(unacceptable([path, path, uintOption(options.Accept, 11542), uintOption(options.Block1, 6)])).toBeUndefined()
  })
  test('an unrecognized critical option is not: 4.02 [RFC 7252 §5.4.1]', () => {
    expect(optionFault([path, of(65_001, 1)])).toEqual({ option: 65_001, reason: 'unknown', code: '4.02' })
    expect(unacceptable([of(21, 1)])).toBe(21)
  })
  test('an unrecognized elective option is ignored in silence [RFC 7252 §5.4.1]', () => {
    expect(unacceptable([of(65_000, 1), of(0, 0), of(128, 3)])).toBeUndefined()
  })
  test('a critical option whose length is out of bounds counts as unrecognized [RFC 7252 §5.4.3]', () => {
    for (const { number, minLength, maxLength } of optionDefinitions.filter(
      (one) => isCritical(one.number) && ![9, 35, 39].includes(one.number),
    )) {
      expect(unacceptable([of(number, maxLength + 1)]), `${number}`).toBe(number)
      expect(unacceptable([of(number, maxLength)]), `${number}`).toBeUndefined()
      expect(unacceptable([of(number, minLength)]), `${number}`).toBeUndefined()
      if (minLength > 0) expect(unacceptable([of(number, minLength - 1)]), `${number}`).toBe(number)
    }
    expect(optionFault([of(options.Accept, 3)])?.reason).toBe('length')
  })
  test('a second occurrence of a critical option that is not repeatable counts as unrecognized [RFC 7252 §5.4.5]', () => {
    for (const { number, maxLength, repeatable } of optionDefinitions.filter(
      (one) => isCritical(one.number) && ![9, 35, 39].includes(one.number),
    ))
      expect(unacceptable([of(number, maxLength), of(number, maxLength)]), `${number}`).toBe(repeatable ? undefined : number)
    expect(optionFault([of(options.Accept, 1), of(options.Accept, 1)])?.reason).toBe('repeated')
  })
  test('we are no proxy: Proxy-Uri and Proxy-Scheme are answered 5.05 [RFC 7252 §5.10.2]', () => {
    expect(optionFault([stringOption(options.ProxyUri, 'coap://example.com')])).toEqual({ option: 35, reason: 'proxy', code: '5.05' })
    expect(optionFault([stringOption(options.ProxyScheme, 'http')])).toEqual({ option: 39, reason: 'proxy', code: '5.05' })
  })
  test('OSCORE is not accepted where no layer took it away: what it protects must not be taken for plain [RFC 8613 §2]', () => {
    expect(unacceptable([opaqueOption(options.Oscore, Uint8Array.of(9))])).toBe(9)
  })
  test('the diagnostic payload says which option it was [RFC 7252 §5.5.2]', () => {
    const said = (all: readonly Option[]) => optionDiagnostic(optionFault(all)!)
    expect(said([of(65_001, 1)])).toBe('critical option 65001 is not supported')
    expect(said([of(17, 3)])).toBe('option 17 (Accept) has a wrong length')
    expect(said([of(17, 1), of(17, 1)])).toBe('option 17 (Accept) is not repeatable')
    expect(said([of(35, 4)])).toBe('option 35 (Proxy-Uri): not a proxy')
  })
})

describe('options that are to be ignored', () => {
  test('an elective option whose length is out of bounds is ignored [RFC 7252 §5.4.3]', () => {
    expect(acceptable([of(options.ETag, 0), of(options.ETag, 8), of(options.ETag, 9), of(options.Observe, 4)])).toEqual([
      of(options.ETag, 8),
    ])
  })
  test('each occurrence too many of an elective option is ignored [RFC 7252 §5.4.5]', () => {
    expect(acceptable([uintOption(6, 0), uintOption(6, 1), uintOption(6, 2), path])).toEqual([uintOption(6, 0), path])
  })
  test('what is in order is left as it is, and what is unknown is left to whom it may concern', () => {
    const all = [uintOption(6, 0), path, of(65_000, 300)]
    expect(acceptable(all)).toBe(all)
  })
})

describe('the table', () => {
  test('has every option of the RFCs we claim, by number, ascending', () => {
    expect(Object.values(options)).toEqual(optionDefinitions.map(({ number }) => number))
    for (const definition of optionDefinitions) expect(definitionOf(definition.number)).toBe(definition)
    expect(definitionOf(2)).toBeUndefined()
    expect(definitionOf(65_000)).toBeUndefined()
  })
  test('critical and unsafe are read off the number [RFC 7252 §5.4.6]', () => {
    const named = (test: (number: number) => boolean) => optionDefinitions.filter(({ number }) => test(number)).map(({ name }) => name)
    expect(named(isCritical)).toEqual([
      'If-Match',
      'Uri-Host',
      'If-None-Match',
      'Uri-Port',
      'OSCORE',
      'Uri-Path',
      'Uri-Query',
      'Accept',
      'Q-Block1',
      'Block2',
      'Block1',
      'Q-Block2',
      'Proxy-Uri',
      'Proxy-Scheme',
    ])
    expect(named(isUnsafe)).toEqual([
      'Uri-Host',
      'Observe',
      'Uri-Port',
      'Uri-Path',
      'Max-Age',
      'Uri-Query',
      'Q-Block1',
      'Block2',
      'Block1',
      'Q-Block2',
      'Proxy-Uri',
      'Proxy-Scheme',
      'No-Response',
    ])
  })
})

describe('values', () => {
  test('an unsigned integer takes as few octets as it needs, 0 takes none [RFC 7252 §3.2]', () => {
    for (const [value, hex] of [
      [0, ''],
      [1, '01'],
      [255, 'ff'],
      [256, '0100'],
      [65_535, 'ffff'],
      [65_536, '010000'],
      [0xffffff, 'ffffff'],
      [0x1000000, '01000000'],
      [0xffffffff, 'ffffffff'],
    ] as const) {
      expect(Buffer.from(uintBytes(value)).toString('hex')).toBe(hex)
      expect(uintOf(uintBytes(value))).toBe(value)
    }
  })
  test('leading zeros are read [RFC 7252 §3.2]', () => {
    expect(uintOf(Uint8Array.of(0, 0, 1))).toBe(1)
  })
  test('an option is put in its place, instead of those of its number', () => {
    expect(withOption([path], uintOption(6, 1))).toEqual([uintOption(6, 1), path])
    expect(withOption([uintOption(6, 0), path], uintOption(6, 1))).toEqual([uintOption(6, 1), path])
    expect(withOption([path], uintOption(17, 1))).toEqual([path, uintOption(17, 1)])
    expect(without([uintOption(6, 0), path], 6)).toEqual([path])
  })
})
