/** What the standards demand of payloads, a sentence each, where a vector alone would not say why. */
import { describe, expect, it } from 'vitest'
import type { FormatContext } from '../../src/format/format.ts'
import { cbor } from '../../src/format/cbor.ts'
import { lwm2mCbor } from '../../src/format/lwm2m-cbor.ts'
import { senmlCbor } from '../../src/format/senml-cbor.ts'
import { senmlEtchCbor } from '../../src/format/senml-etch-cbor.ts'
import { senmlEtchJson } from '../../src/format/senml-etch-json.ts'
import { senmlJson } from '../../src/format/senml-json.ts'
import { isMultiple, typeOf } from '../../src/model/definition.ts'
import { formatPath, parsePath, type Path } from '../../src/model/path.ts'
import { registry } from '../../src/objects/registry.ts'

const at = (path: string, more: Partial<FormatContext> = {}): FormatContext => ({
  path: parsePath(path)!,
  typeOf: typeOf(registry),
  isMultiple: isMultiple(registry),
  ...more,
})
const octets = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (bytes: Uint8Array | object) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : JSON.stringify(bytes))
const json = (text: string) => new TextEncoder().encode(text)
const names = (paths: readonly Path[] | object | undefined) => (Array.isArray(paths) ? (paths as Path[]).map(formatPath) : paths)
const etch = [
  { format: senmlEtchJson, pack: (text: string) => json(text) },
  { format: senmlJson, pack: (text: string) => json(text) },
]

describe('fetch packs', () => {
  it('name at least one place [RFC 8790 §3.1]', () => {
    for (const { format, pack } of etch) expect(format.decodePaths!(pack('[]'), at('/'))).toMatchObject({ fault: 'malformed' })
    expect(senmlEtchCbor.decodePaths!(octets('80'), at('/'))).toMatchObject({ fault: 'malformed' })
  })
  it('with any other field than names and units are refused whole [RFC 8790 §3.1]', () => {
    for (const field of ['"v":1', '"vs":"a"', '"vb":true', '"x":1'])
      expect(senmlEtchJson.decodePaths!(json(`[{"n":"/3/0/9"},{"n":"/3/0/13",${field}}]`), at('/'))).toMatchObject({ fault: 'malformed' })
    for (const field of ['0201', '0361' + '41', '04f5', '186301'])
      expect(senmlEtchCbor.decodePaths!(octets(`82a100662f332f302f39a200662f332f302f30${field}`), at('/'))).toMatchObject({
        fault: 'malformed',
      })
  })
  it('carry each place once, however often they name it [RFC 8790 §3.1]', () => {
    expect(names(senmlEtchJson.decodePaths!(json('[{"bn":"/3/0/","n":"9"},{"n":"9"},{"bn":"/","n":"3/0/9"}]'), at('/')))).toEqual([
      '/3/0/9',
    ])
  })
})

describe('patch packs', () => {
  const good = '{"n":"/1/0/1","v":60}'
  it('change nothing if one record is wrong [RFC 8790 §3.2]', () => {
    for (const bad of [
      '{"n":"/1/0/2"}',
      '{"n":"/1/0/2","v":1,"vs":"a"}',
      '{"n":"/1/0","v":1}',
      '{"n":"/3/0/9","v":null}',
      '{"n":"/1/0/2","vs":"a"}',
    ])
      expect(senmlEtchJson.decodePatch!(json(`[${good},${bad}]`), at('/'))).toHaveProperty('fault')
  })
  it('ignore fields that they do not know [RFC 8790 §5]', () => {
    expect(senmlEtchJson.decodePatch!(json('[{"n":"/1/0/1","v":60,"s2":1}]'), at('/'))).toMatchObject({
      nodes: [{ value: 60 }],
      deleted: [],
    })
  })
  it('delete Resource Instances and nothing else [LwM2M Core §7.5.6]', () => {
    const gone = senmlEtchJson.decodePatch!(json(`[${good},{"n":"/3/0/6/1","v":null}]`), at('/'))
    expect(gone).toMatchObject({ nodes: [{ value: 60 }], deleted: [{ object: 3, instance: 0, resource: 6, resourceInstance: 1 }] })
    for (const name of ['/', '/3', '/3/0', '/3/0/6'])
      expect(senmlEtchJson.decodePatch!(json(`[{"n":"${name}","v":null}]`), at('/'))).toMatchObject({ fault: 'path' })
  })
  it('delete nothing where they are no SenML-ETCH [LwM2M Core §7.5.6]', () => {
    expect(senmlJson.decodePatch!(json('[{"n":"/3/0/6/1","v":null}]'), at('/'))).toMatchObject({ fault: 'malformed' })
    expect(senmlCbor.decodePatch!(octets('81a200682f332f302f362f3102f6'), at('/'))).toMatchObject({ fault: 'malformed' })
    expect(lwm2mCbor.decodePatch!(octets('a1840300060' + '1f6'), at('/'))).toMatchObject({ fault: 'type' })
  })
})

describe('names', () => {
  it('have the alternate path in values, places and patches [LwM2M Transport §6.4.1]', () => {
    const context = at('/', { root: '/lwm2m' })
    const path = parsePath('/3/0/9')!
    for (const bytes of [
      senmlCbor.encode([{ path, value: 1 }], context),
      senmlCbor.encodePaths!([path], context),
      senmlEtchCbor.encodePatch!({ nodes: [{ path, value: 1 }], deleted: [] }, context),
    ])
      expect(hex(bytes)).toContain(Buffer.from('/lwm2m/3/0/9').toString('hex'))
    expect(hex(lwm2mCbor.encode([{ path, value: 1 }], context))).toBe('a18303000901')
  })
  it('of a later version of SenML are not guessed at [RFC 8428 §4.4]', () => {
    expect(senmlJson.decode(json('[{"bver":11,"n":"/3/0/9","v":1}]'), at('/3/0'))).toMatchObject({ fault: 'malformed' })
  })
})

describe('LwM2M CBOR', () => {
  it('has maps and keys of definite and indefinite length, in any nesting [LwM2M Core §7.5.4]', () => {
    const layouts = ['a1830300091864', 'a103a100a1091864', 'bf9f0300ffbf091864ffff', 'a18103a1820009' + '1864', 'bf03bf820009' + '1864ffff']
    for (const layout of layouts)
      expect(lwm2mCbor.decode(octets(layout), at('/3/0')), layout).toEqual([{ path: parsePath('/3/0/9'), value: 100 }])
  })
  it('begins at the Object ID whatever was asked for [LwM2M Core §7.5.4]', () => {
    for (const path of ['/', '/3', '/3/0', '/3/0/9'])
      expect(hex(lwm2mCbor.encode([{ path: parsePath('/3/0/9')!, value: 100 }], at(path)))).toBe('a1830300091864')
  })
  it('says with 65535 that an Object Instance has no ID yet, in a Create only [LwM2M Core §7.5.4]', () => {
    const written = octets('a18319' + '0ce7' + '19ffff19' + '1645' + '6143')
    expect(lwm2mCbor.decode(written, at('/3303'))).toMatchObject([{ path: { object: 3303, instance: 65535, resource: 5701 }, value: 'C' }])
    for (const path of ['/', '/3303/0', '/3303/0/5701']) expect(lwm2mCbor.decode(written, at(path))).toMatchObject({ fault: 'path' })
  })
})

describe('CBOR', () => {
  it('is for single Resources and Resource Instances only [LwM2M Core §7.5.3]', () => {
    for (const path of ['/', '/3', '/3/0', '/3/0/6']) expect(cbor.decode(octets('01'), at(path))).toMatchObject({ fault: 'path' })
    const nodes = [0, 1].map((resourceInstance) => ({ path: { object: 3, instance: 0, resource: 6, resourceInstance }, value: 1 }))
    expect(cbor.encode(nodes, at('/3/0/6'))).toMatchObject({ fault: 'unsupported' })
  })
})
