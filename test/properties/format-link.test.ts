/** Laws and examples of CoRE link format (RFC 6690). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFault } from '../../src/format/format.ts'
import { attributeOf, decodeLinks, encodeLinks, formatLinks, parseLinks, type Link, type LinkAttribute } from '../../src/format/link.ts'

const runs = { numRuns: 1000 }
const target = fc.string({ unit: fc.constantFrom(...Array.from('abc/?#=&;,:%20._~')), maxLength: 30 })
const attributeName = fc.constantFrom('rt', 'if', 'ct', 'ver', 'pmin', 'dim', 'title', 'title*', 'obs', 'x-y')
const attribute = fc
  .tuple(attributeName, fc.option(fc.string({ unit: 'binary', maxLength: 20 }), { nil: undefined }))
  .map(([name, value]): LinkAttribute => (value === undefined ? [name] : [name, value]))
const links = fc.array(fc.record<Link>({ target, attributes: fc.array(attribute, { maxLength: 4 }) }, { noNullPrototype: true }), {
  maxLength: 6,
})

describe('link format', () => {
  it('parses what it formats', () => {
    fc.assert(
      fc.property(links, (all) => {
        expect(decodeLinks(encodeLinks(all))).toEqual(all)
      }),
      runs,
    )
  })
  it('never throws, and formats what it took so that it is taken again', () => {
    const nearly = fc.tuple(links, fc.nat(), fc.string({ maxLength: 2 })).map(([all, at, noise]) => {
      const written = formatLinks(all)
      const cut = at % (written.length + 1)
      return written.slice(0, cut) + noise + written.slice(cut + 1)
    })
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearly), (written) => {
        const parsed = parseLinks(written)
        if (!isFault(parsed)) expect(parseLinks(formatLinks(parsed))).toEqual(parsed)
      }),
      runs,
    )
  })
  it('never throws on any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void decodeLinks(bytes)),
      runs,
    )
  })
  it.each([
    '</sensors>;ct=40',
    '</sensors/temp>;rt="temperature-c";if="sensor",</sensors/light>;rt="light-lux";if="sensor"',
    '</sensors>;ct=40;title="Sensor Index",<http://www.example.com/sensors/t123>;anchor="/sensors/temp";rel="describedby",</t>;anchor="/sensors/temp";rel="alternate"',
    '</firmware/v2.1>;rt="firmware";sz=262144',
    '</>;rt="oma.lwm2m";ct="60 110 112 11542 11544",</1>;ver=1.1,</1/0>,</3/0>',
    '</3/0>;pmin=10;pmax=60,</3/0/6>;dim=8;pmin=10;pmax=60,</3/0/9>;obs',
    '<>',
    '',
  ])('keeps %s as it is [RFC 6690 §5]', (written) => {
    const parsed = parseLinks(written)
    if (isFault(parsed)) throw new Error(parsed.detail)
    expect(formatLinks(parsed)).toBe(written)
  })
  it('takes the values that others quote or do not', () => {
    expect(parseLinks('</1>;ver="1.0",</2>;rt=core.s;x="a\\"b,<c>;"')).toEqual([
      { target: '/1', attributes: [['ver', '1.0']] },
      {
        target: '/2',
        attributes: [
          ['rt', 'core.s'],
          ['x', 'a"b,<c>;'],
        ],
      },
    ])
  })
  it.each([
    '</1',
    '/1>',
    '</1>;',
    '</1>;=1',
    '</1>;a=',
    '</1>;a="b',
    '</1>,',
    ',</1>',
    '</1></2>',
    '</1>x</2>',
    '</1> ,</2>',
    '</ 1>',
    '</1>;a b',
    '</1>;ver="1"x',
  ])('refuses %s [RFC 6690 §2]', (written) => {
    expect(parseLinks(written)).toMatchObject({ fault: 'malformed' })
  })
  it('finds an attribute', () => {
    const [link] = parseLinks('</1>;ver=1.1;obs') as readonly Link[]
    expect([attributeOf(link!, 'ver'), attributeOf(link!, 'obs'), attributeOf(link!, 'ct')]).toEqual(['1.1', '', undefined])
  })
})
