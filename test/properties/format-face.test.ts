/** `lwm2m-rx/format` as a user has it: typed values in, typed values out, and every fault a value. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decode,
  decodePatch,
  decodePaths,
  encode,
  encodePatch,
  encodePaths,
  formats,
  isFault,
  type PayloadNode,
} from '../../src/format/index.ts'
import { formatPath } from '../../src/model/path.ts'
import { objects, registry } from '../../src/objects/registry.ts'
import { instanceSample, valueSample } from './format-arbitraries.ts'

const hex = (bytes: Uint8Array | object) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : JSON.stringify(bytes))
const octets = (written: string) => new Uint8Array(Buffer.from(written, 'hex'))

describe.each(formats.map(({ contentFormat, name, structured }) => ({ contentFormat, name, structured })))(
  '$name',
  ({ contentFormat, structured }) => {
    it('gives back what it was given, with its types', () => {
      fc.assert(
        fc.property(structured ? instanceSample : valueSample, ({ nodes, context }) => {
          const given = nodes.map(({ path, value }): PayloadNode => ({ path: formatPath(path), type: context.typeOf(path)!, value }))
          const model = [definitionOf(given)]
          const bytes = encode(contentFormat, given, { path: context.path })
          if (isFault(bytes)) expect(bytes.fault).toBe('unsupported')
          else expect(decode(contentFormat, bytes, { path: context.path, model })).toEqual(given)
        }),
        { numRuns: 1000 },
      )
    })
    it('answers whatever it is asked', () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 60 }),
          fc.constantFrom('/', '/3', '/3/0', '/3/0/9', '/3/0/6/0', '3', '/x', '/65536') as fc.Arbitrary<'/'>,
          (bytes, path) => {
            for (const result of [
              decode(contentFormat, bytes, { path, model: registry }),
              decodePaths(contentFormat, bytes, { path }),
              decodePatch(contentFormat, bytes, { path }),
            ])
              if (isFault(result)) expect(result.detail).not.toBe('')
          },
        ),
        { numRuns: 1000 },
      )
    })
  },
)
/** What a model would say of these nodes. */
const definitionOf = (nodes: readonly PayloadNode[]) => {
  const ids = nodes.map(({ path }) => path.slice(1).split('/').map(Number))
  return {
    id: ids[0]?.[0] ?? 0,
    name: 'Sample',
    version: '1.0',
    multiple: true,
    mandatory: false,
    resources: Object.fromEntries(
      nodes.map(({ type }, index) => [
        ids[index]![2]!,
        { name: 'Resource', operations: 'RW' as const, multiple: ids[index]!.length === 4, mandatory: false, type },
      ]),
    ),
  }
}

describe('lwm2m-rx/format', () => {
  it('takes definitions as a map or a list, and types from the octets where there are none', () => {
    const bytes = octets('a1820300a2091864' + '0d1a5182428f')
    const known = [
      { path: '/3/0/9', type: 'integer', value: 100 },
      { path: '/3/0/13', type: 'time', value: 1367491215 },
    ]
    expect(decode(11544, bytes, { path: '/3/0', model: registry })).toEqual(known)
    expect(decode(11544, bytes, { path: '/3/0', model: objects })).toEqual(known)
    expect(decode(11544, bytes)).toEqual(known.map((node) => ({ ...node, type: 'integer' })))
  })
  it('writes the type that a node has, over that of the model', () => {
    expect(hex(encode(60, [{ path: '/9/0/1', type: 'float', value: 3 }], { path: '/9/0/1' }))).toBe('f94200')
    expect(hex(encode(60, [{ path: '/9/0/1', value: 3 }], { path: '/9/0/1' }))).toBe('03')
    expect(encode(60, [{ path: '/9/0/1', type: 'boolean', value: 3 }], { path: '/9/0/1' })).toMatchObject({ fault: 'type' })
  })
  it('reads and writes places and patches', () => {
    const asked = encodePaths(112, ['/3/0', '/1/0/1']) as Uint8Array
    expect(decodePaths(112, asked)).toEqual(['/3/0', '/1/0/1'])
    const patch = { nodes: [{ path: '/1/0/1', type: 'integer', value: 60 }], deleted: ['/3/0/6/1'] } as const
    expect(decodePatch(322, encodePatch(322, patch) as Uint8Array)).toEqual(patch)
    expect(encodePatch(112, patch)).toMatchObject({ fault: 'unsupported' })
    expect(decodePaths(11544, asked)).toMatchObject({ fault: 'unsupported' })
  })
  it('says which fault it is', () => {
    expect(decode(40, octets(''))).toMatchObject({ fault: 'content-format' })
    expect(decode(112, octets('80'), { path: 'x' as '/' })).toEqual({ fault: 'path', detail: 'x is no path' })
    expect(encode(112, [{ path: '/3' + '/0/99999', value: 1 } as { path: '/'; value: number }])).toMatchObject({ fault: 'path' })
    expect(decode(112, octets('8'))).toMatchObject({ fault: 'malformed' })
    expect(decode(112, octets('81a221662f332f302f390263616263'), { model: registry })).toMatchObject({ fault: 'malformed' })
    expect(decode(112, octets('81a221662f332f302f390363616263'), { model: registry })).toMatchObject({ fault: 'type' })
    expect(decode(112, octets('82a221662f332f302f390201a10202'), { model: registry })).toMatchObject({ fault: 'duplicate' })
    expect(encode(11542, [{ path: '/3/0/9', value: 1, time: 5 }], { path: '/3/0' })).toMatchObject({ fault: 'unsupported' })
  })
})
