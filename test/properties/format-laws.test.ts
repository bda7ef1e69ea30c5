/** More laws of the content formats: times, lists of places, patches, and octets that mean harm. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFault, type Format, type FormatContext, type Patch } from '../../src/format/format.ts'
import { formats } from '../../src/format/formats.ts'
import { depth, formatPath, type Path } from '../../src/model/path.ts'
import { instanceSample, objectSample, resourceSample, type Sample } from './format-arbitraries.ts'

const runs = { numRuns: 1000 }
const everything: FormatContext = { path: {}, typeOf: () => undefined, isMultiple: () => undefined }
const id = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 65534 }))
const pathOf = (ids: readonly number[]): Path => ({ object: ids[0], instance: ids[1], resource: ids[2], resourceInstance: ids[3] })
const path: fc.Arbitrary<Path> = fc.array(id, { maxLength: 4 }).map(pathOf)
const place = fc.constantFrom<Partial<FormatContext>>({}, { root: '/lwm2m' }, { prefix: 'd01' }, { root: '/a/b', prefix: 'd02' })
const names = (paths: readonly Path[]) => paths.map(formatPath)

const second = fc.oneof(
  fc.integer({ min: -(2 ** 28), max: 2 ** 32 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((time) => !Object.is(time, -0)),
  fc.integer({ min: 16e11, max: 17e11 }).map((ms) => ms / 1000),
)
const timed: fc.Arbitrary<Sample> = fc
  .tuple(fc.oneof(instanceSample, objectSample, resourceSample), fc.array(second, { minLength: 20, maxLength: 20 }), fc.boolean())
  .map(([{ nodes, context }, times, all]) => ({
    nodes: nodes.map((node, index) => (all || index % 3 > 0 ? { ...node, time: times[index % 20]! } : node)),
    context,
  }))

describe.each(formats.filter(({ structured }) => structured))('times in $name', (format) => {
  it('come back as they were, or are refused', () => {
    fc.assert(
      fc.property(timed, place, ({ nodes, context }, where) => {
        const written = format.encode(nodes, { ...context, ...where })
        if (isFault(written)) expect(written.fault).toBe('unsupported')
        else expect(format.decode(written, { ...context, ...where })).toEqual(nodes)
      }),
      runs,
    )
  })
})

describe.each(formats.filter(({ decodePaths }) => decodePaths !== undefined))('places in $name', (format) => {
  const places = fc.uniqueArray(path, { selector: formatPath, minLength: 1, maxLength: 12 })
  it('come back as they were', () => {
    fc.assert(
      fc.property(places, place, (paths, where) => {
        const written = format.encodePaths!(paths, { ...everything, ...where })
        if (isFault(written)) throw new Error(written.detail)
        const read = format.decodePaths!(written, { ...everything, ...where })
        expect(isFault(read) ? read : names(read)).toEqual(names(paths))
      }),
      runs,
    )
  })
  it('are places or a fault, whatever the octets', () => {
    fc.assert(
      fc.property(places, fc.nat(), fc.nat(), fc.nat(255), (paths, cut, at, octet) => {
        const bytes = new Uint8Array(format.encodePaths!(paths, everything) as Uint8Array)
        bytes[at % bytes.length] = octet
        for (const some of [bytes, bytes.subarray(0, cut % bytes.length)]) {
          const read = format.decodePaths!(some, everything)
          if (isFault(read)) expect(read.detail).not.toBe('')
          else expect(new Set(names(read)).size).toBe(read.length)
        }
      }),
      runs,
    )
  })
  it('are one at least', () => expect(format.encodePaths!([], everything)).toMatchObject({ fault: 'unsupported' }))
})

describe.each(formats.filter(({ decodePatch }) => decodePatch !== undefined))('patches in $name', (format) => {
  const patch = fc
    .tuple(fc.oneof(instanceSample, objectSample), fc.array(fc.tuple(id, id, id, id), { maxLength: 4 }), place)
    .map(([{ nodes, context }, gone, where]) => {
      const written = new Set(nodes.map((node) => formatPath(node.path)))
      const deleted = [...new Map(gone.map((ids) => [formatPath(pathOf(ids)), pathOf(ids)]))]
      return {
        patch: { nodes, deleted: deleted.flatMap(([name, at]) => (written.has(name) ? [] : [at])) } satisfies Patch,
        context: { ...context, ...where, path: {} },
      }
    })
  it('come back as they were, or are refused', () => {
    fc.assert(
      fc.property(patch, ({ patch: { nodes, deleted }, context }) => {
        const bytes = format.encodePatch!({ nodes, deleted }, context)
        if (isFault(bytes)) expect(bytes.fault).toBe('unsupported')
        else expect(format.decodePatch!(bytes, context)).toEqual({ nodes, deleted })
      }),
      runs,
    )
  })
  it('are patches or a fault, whatever the octets', () => {
    fc.assert(
      fc.property(patch, fc.nat(), fc.nat(), fc.nat(255), ({ patch: sample, context }, cut, at, octet) => {
        const bytes = format.encodePatch!(sample, context)
        if (isFault(bytes)) return
        const changed = new Uint8Array(bytes)
        changed[at % changed.length] = octet
        for (const some of [changed, changed.subarray(0, cut % changed.length)]) {
          const read = format.decodePatch!(some, context)
          if (isFault(read)) expect(read.detail).not.toBe('')
          else for (const gone of read.deleted) expect(depth(gone)).toBe(4)
        }
      }),
      runs,
    )
  })
})

/** 64 KiB and more that are cheap to send and ought to be cheap to refuse. */
const size = 1 << 16
const octets = (...parts: readonly (readonly number[] | string)[]) => {
  const all = parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : Uint8Array.from(part)))
  return Uint8Array.from(all.flatMap((part) => [...part]))
}
const filled = (head: readonly number[], octet: number) => {
  const bytes = new Uint8Array(size).fill(octet)
  bytes.set(head)
  return bytes
}
const repeated = (unit: string, count = size / unit.length) => new TextEncoder().encode(unit.repeat(count))
const hostile: Readonly<Record<string, Uint8Array>> = {
  'arrays in arrays': filled([], 0x81),
  'arrays without end in arrays': filled([], 0x9f),
  'maps in maps': filled([], 0xa1),
  'tags on tags': filled([], 0xc1),
  'an array that promises 2^64-1 items': octets([0x9b, 255, 255, 255, 255, 255, 255, 255, 255]),
  'octets that promise 2^63': octets([0x5b, 128, 0, 0, 0, 0, 0, 0, 0]),
  'an array of nothing': filled([0x9a, 0, 0, 0xff, 0xf0], 0xf6),
  'a map of one key': filled([0xbf], 0x00),
  'a bignum of 64 KiB': filled([0xc2, 0x5a, 0, 0, 0xff, 0xf9], 0xff),
  'a text in pieces of nothing': filled([0x7f], 0x60),
  'a decimal fraction of an immense exponent': octets([
    0x81, 0xa2, 0x00, 0x61, 0x2f, 0x02, 0xc4, 0x82, 0x1b, 127, 255, 255, 255, 255, 255, 255, 255, 0x01,
  ]),
  breaks: filled([], 0xff),
  brackets: repeated('['),
  braces: repeated('{"a":'),
  'a number of 64 KiB': octets('[{"n":"/3/0/9","v":', [...repeated('9')], '}]'),
  'an immense exponent': octets('[{"n":"/3/0/9","v":1e999999999}]'),
  'a name of 64 KiB': octets('[{"n":"', [...repeated('/1')], '","v":1}]'),
  'records of one base': octets('[{"bn":"/3/0/"}', [...repeated(',{"n":"9","v":1}', 4000)], ']'),
  'a string without end': octets('[{"n":"', [...repeated('\\u0061')]),
  'Object Instances in Object Instances': filled([], 0x08),
  blanks: repeated(' '),
}
describe.each(formats)('$name', (format: Format) => {
  it.each(Object.keys(hostile))('refuses %s in bounded time and memory', (name) => {
    const bytes = hostile[name]!
    for (const at of [{}, { object: 3 }, { object: 3, instance: 0, resource: 9 }]) {
      const startedAt = performance.now()
      const before = process.memoryUsage().heapUsed
      const context = { ...everything, path: at, typeOf: () => 'integer' as const }
      for (const decode of [format.decode, format.decodePaths, format.decodePatch]) {
        const read = decode?.(bytes, context)
        if (read !== undefined && isFault(read)) expect(read.detail.length).toBeLessThanOrEqual(200)
      }
      // a hundred times what it takes; quadratic work would be minutes
      expect(performance.now() - startedAt).toBeLessThan(2000)
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 << 20)
    }
  })
})
