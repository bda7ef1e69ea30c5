/** TLV against the table of the specification, written down a second time. */
import { describe, expect, it, test } from 'vitest'
import type { FormatContext } from '../../src/format/format.ts'
import { tlv } from '../../src/format/tlv.ts'
import type { Path } from '../../src/model/path.ts'
import type { ResourceType, Value } from '../../src/model/value.ts'

const context = (path: Path, type: ResourceType | 'unknown' = 'opaque', multiple = false): FormatContext => ({
  path,
  typeOf: () => (type === 'unknown' ? undefined : type),
  isMultiple: () => multiple,
})
const hex = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString('hex')
const octets = (written: string) => new Uint8Array(Buffer.from(written.replaceAll(' ', ''), 'hex'))
const instance = { object: 65534, instance: 0 }

/** [ID, length, the octets before the value] of a Resource. */
const heads = [
  [0, 0, 'c0 00'],
  [255, 7, 'c7 ff'],
  [0, 8, 'c8 00 08'],
  [255, 255, 'c8 ff ff'],
  [255, 256, 'd0 ff 0100'],
  [0, 65_535, 'd0 00 ffff'],
  [0, 65_536, 'd8 00 010000'],
  [256, 0, 'e0 0100'],
  [256, 7, 'e7 0100'],
  [65_534, 8, 'e8 fffe 08'],
  [256, 255, 'e8 0100 ff'],
  [65_534, 256, 'f0 fffe 0100'],
  [256, 65_536, 'f8 0100 010000'],
] as const

describe('a type octet', () => {
  it.each(heads)('says ID %i and %i octets as the table does [LwM2M Core §7.5.5]', (resource, length, head) => {
    const value = new Uint8Array(length).fill(0xab)
    const nodes = [{ path: { ...instance, resource }, value }]
    const bytes = tlv.encode(nodes, context(instance))
    expect(hex(bytes)).toBe(head.replaceAll(' ', '') + hex(value))
    expect(tlv.decode(bytes as Uint8Array, context(instance))).toEqual(nodes)
  })
  it.each([
    ['c1 05 41', 'the shortest of all'],
    ['c8 05 01 41', 'a length of one octet'],
    ['d0 05 0001 41', 'a length of two octets'],
    ['d8 05 000001 41', 'a length of three octets'],
    ['e1 0005 41', 'an ID of two octets'],
    ['f8 0005 000001 41', 'both as long as they can be'],
    ['cf 05 01 41', 'length bits where there is a length: they mean nothing'],
    ['ff 0005 000001 41', 'the same, everything long'],
  ])('in %s is understood: %s [LwM2M Core §7.5.5]', (written) => {
    expect(tlv.decode(octets(written), context(instance))).toEqual([{ path: { ...instance, resource: 5 }, value: octets('41') }])
  })
  it('begins a Resource Instance with 01, a multiple Resource with 10, an Object Instance with 00 [LwM2M Core §7.5.5]', () => {
    const path = { ...instance, resource: 300, resourceInstance: 65_534 }
    const nodes = [{ path, value: octets('41') }]
    expect(hex(tlv.encode(nodes, context({ object: 65534 }, 'opaque', true)))).toBe('0700a4012c61fffe41')
    expect(hex(tlv.encode(nodes, context(instance, 'opaque', true)))).toBe('a4012c61fffe41')
    expect(hex(tlv.encode(nodes, context(path, 'opaque', true)))).toBe('61fffe41')
  })
})

test.each<[ResourceType | 'unknown', Value, string]>([
  ['integer', 127, '7f'],
  ['integer', -128, '80'],
  ['integer', 128, '0080'],
  ['integer', -129, 'ff7f'],
  ['integer', 32_768, '00008000'],
  ['integer', -(2 ** 31), '80000000'],
  ['integer', 2 ** 31, '0000000080000000'],
  ['integer', -(2n ** 63n), '8000000000000000'],
  ['unsigned', 128, '80'],
  ['unsigned', 255, 'ff'],
  ['unsigned', 256, '0100'],
  ['unsigned', 2 ** 32 - 1, 'ffffffff'],
  ['unsigned', 2 ** 32, '0000000100000000'],
  ['unsigned', 2n ** 64n - 1n, 'ffffffffffffffff'],
  ['time', -1, 'ff'],
  ['float', 1, '3f800000'],
  ['float', 0.1, '3fb999999999999a'],
  ['boolean', true, '01'],
  ['boolean', false, '00'],
  ['objlnk', { object: 65_535, instance: 65_535 }, 'ffffffff'],
  ['objlnk', { object: 1, instance: 258 }, '00010102'],
  ['string', '', ''],
  ['string', 'é', 'c3a9'],
  ['corelnk', '</3>', '3c2f333e'],
  ['float', 1e300, '7e37e43c8800759c'],
  ['unknown', 1e300, '7e37e43c8800759c'],
  ['unknown', 2n ** 64n - 1n, 'ffffffffffffffff'],
])('%s %s is %s [LwM2M Core §C]', (type, value, written) => {
  const nodes = [{ path: { ...instance, resource: 1 }, value }]
  const bytes = tlv.encode(nodes, context(instance, type)) as Uint8Array
  expect(hex(bytes.subarray(bytes.length - written.length / 2))).toBe(written)
  expect(bytes).toHaveLength(written.length / 2 + (written.length / 2 < 8 ? 2 : 3))
  if (type !== 'unknown') expect(tlv.decode(bytes, context(instance, type))).toEqual(nodes)
})

describe('a payload for an Object', () => {
  const object = { object: 65534 }
  it('names its Object Instances, empty ones too', () => {
    expect(tlv.instancesIn!(octets('00 05 02 07 c000'), context(object))).toEqual([5, 7])
    expect(tlv.decode(octets('00 05'), context(object))).toEqual([])
    expect(tlv.instancesIn!(octets('c000'), context(object))).toEqual([])
    expect(tlv.instancesIn!(octets('00'), context(object))).toMatchObject({ fault: 'malformed' })
  })
  it('has the Resources alone where the Object Instance is still to be numbered, both ways [LwM2M Core §6.3.6]', () => {
    const unnumbered = [{ path: { ...object, instance: 65_535, resource: 1 }, value: octets('41') }]
    expect(hex(tlv.encode(unnumbered, context(object)))).toBe('c10141')
    expect(tlv.decode(octets('c10141'), { ...context(object), instance: 65_535 })).toEqual(unnumbered)
  })
})

test.each([
  ['c10141 c209', 'the entry at 3 is cut short'],
  ['08 00 05 c10141 c209', 'the entry at 6 is cut short'],
  ['c10141 c10441', '/65534/0/4: the 1 octets at 5 are no boolean'],
])('%s: %s', (written, detail) => {
  const types: FormatContext = { ...context({ object: 65534 }), typeOf: ({ resource }) => (resource === 4 ? 'boolean' : 'opaque') }
  expect(tlv.decode(octets(written), types)).toMatchObject({ detail })
})
