/** URIs to options and back (RFC 7252 §6.4, §6.5). */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { targetOf, uriOf } from '../../src/exchange/request.ts'
import { options, stringOption, type Option } from '../../src/message/option.ts'

const runs = { numRuns: 2_000, seed: Number(process.env['SEED'] ?? 3986) }
const word = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => new TextEncoder().encode(text).length <= 255)
const remote = fc.oneof(
  fc
    .tuple(fc.constantFrom('coap', 'coaps', 'coap+tcp'), fc.ipV4(), fc.integer({ min: 1, max: 65_535 }))
    .map(([scheme, host, port]) => `${scheme}://${host}:${port}`),
  fc.constantFrom('coap://[2001:db8::1]:5683', 'coaps://[fe80::1]:7'),
)

test(`the URI of a request means the same remote and the same options (seed ${runs.seed}) [RFC 7252 §6.4, §6.5]`, () => {
  fc.assert(
    fc.property(remote, fc.array(word, { maxLength: 5 }), fc.array(word, { maxLength: 4 }), (to, path, query) => {
      fc.pre(!path.includes('.') && !path.includes('..')) // never a Uri-Path
      fc.pre(!(path.length === 1 && path[0] === '')) // a lone empty segment has no URI of its own
      fc.pre(!path.some((text) => text === '.' || text === '..')) // no Uri-Path may be one (RFC 7252 §5.10.1)
      const all: readonly Option[] = [
        ...path.map((text) => stringOption(options.UriPath, text)),
        ...query.map((text) => stringOption(options.UriQuery, text)),
      ]
      expect(targetOf(uriOf({ remote: to, options: all }))).toEqual({ remote: to, options: all })
    }),
    runs,
  )
})

test(`any text is taken apart or refused, never thrown at (seed ${runs.seed}) [RFC 7252 §6.4]`, () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `coap://${rest}`),
        fc.webUrl().map((url) => url.replace(/^https?/, 'coap')),
      ),
      (text) => {
        const target = targetOf(text)
        if (target !== undefined) for (const { value } of target.options) expect(value.length).toBeLessThanOrEqual(255)
      },
    ),
    runs,
  )
})
