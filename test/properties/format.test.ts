/** Laws of the content formats: round trip, truncation, mutation, and that nothing ever throws. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFault, type Format, type FormatContext } from '../../src/format/format.ts'
import { formats } from '../../src/format/formats.ts'
import { opaque } from '../../src/format/opaque.ts'
import { formatText } from '../../src/format/text.ts'
import { instanceSample, objectSample, resourceSample, valueSample, type Sample } from './format-arbitraries.ts'

const runs = { numRuns: 1000 }
const structuredSample = fc.oneof(instanceSample, objectSample, resourceSample, valueSample)
const samplesOf = (format: Format): fc.Arbitrary<Sample> => (format.structured ? structuredSample : valueSample)
/** What a format says it cannot carry; everything else must come back. */
const carries = (format: Format, { nodes }: Sample) =>
  format === opaque
    ? nodes[0]!.value instanceof Uint8Array
    : (format.structured && !format.name.includes('json')) || nodes.every(({ value }) => formatText(value) !== undefined)
const encoded = (format: Format, { nodes, context }: Sample): Uint8Array => {
  const bytes = format.encode(nodes, context)
  if (isFault(bytes)) throw new Error(bytes.detail)
  return bytes
}
const path = (context: FormatContext) => JSON.stringify(context.path)
/** A decoder's answer is a value: nodes within the request, or a fault with words. */
const answers = (format: Format, bytes: Uint8Array, context: FormatContext) => {
  const result = format.decode(bytes, context)
  if (isFault(result)) expect(result.detail, path(context)).not.toBe('')
  else for (const node of result) expect(node.path.resource).toBeTypeOf('number')
}

describe.each(formats)('$name', (format) => {
  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(samplesOf(format), (sample) => {
        fc.pre(carries(format, sample))
        expect(format.decode(encoded(format, sample), sample.context)).toEqual(sample.nodes)
      }),
      runs,
    )
  })
  it('keeps what it decoded apart from the datagram', () => {
    fc.assert(
      fc.property(samplesOf(format), (sample) => {
        fc.pre(carries(format, sample))
        const bytes = new Uint8Array(encoded(format, sample))
        const nodes = format.decode(bytes, sample.context)
        bytes.fill(0xff)
        expect(nodes).toEqual(sample.nodes)
      }),
      runs,
    )
  })
  it('says unsupported for what it cannot carry', () => {
    fc.assert(
      fc.property(samplesOf(format), (sample) => {
        if (!carries(format, sample)) expect(format.encode(sample.nodes, sample.context)).toMatchObject({ fault: 'unsupported' })
      }),
      runs,
    )
  })
  it('never throws on any octets', () => {
    fc.assert(
      fc.property(samplesOf(format), fc.uint8Array({ maxLength: 200 }), ({ context }, bytes) => answers(format, bytes, context)),
      runs,
    )
  })
  it('never throws on octets that were changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(samplesOf(format), changes, (sample, changed) => {
        fc.pre(carries(format, sample))
        const bytes = new Uint8Array(encoded(format, sample))
        if (bytes.length > 0) for (const [at, octet] of changed) bytes[at % bytes.length] = octet
        answers(format, bytes, sample.context)
      }),
      runs,
    )
  })
  it('takes a truncation for what it is, or refuses it', () => {
    fc.assert(
      fc.property(samplesOf(format), fc.nat(), (sample, cut) => {
        fc.pre(carries(format, sample))
        const bytes = encoded(format, sample)
        const result = format.decode(bytes.subarray(0, bytes.length === 0 ? 0 : cut % bytes.length), sample.context)
        // what is accepted can be written again, and is then read as the same
        if (!isFault(result) && result.length > 0)
          expect(format.decode(encoded(format, { ...sample, nodes: result }), sample.context)).toEqual(result)
      }),
      runs,
    )
  })
})
