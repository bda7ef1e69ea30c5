/** Octets that others wrote down: the specification's TLV examples, the test enabler's sets, SenML packs, CBOR. */
import { readFileSync } from 'node:fs'
import { Decoder } from 'cbor-x/decode'
import { describe, expect, it } from 'vitest'
import { scanCbor } from '../../src/format/cbor-scan.ts'
import { cborWriter, halfOf } from '../../src/format/cbor-write.ts'
import { isFault, type FormatContext, type Node } from '../../src/format/format.ts'
import { opaque } from '../../src/format/opaque.ts'
import { decodeRecords, senmlCbor } from '../../src/format/senml-cbor.ts'
import { resolve, type SenmlRecord } from '../../src/format/senml.ts'
import { parseText, text } from '../../src/format/text.ts'
import { tlv } from '../../src/format/tlv.ts'
import { isMultiple, typeOf } from '../../src/model/definition.ts'
import { formatPath, parsePath } from '../../src/model/path.ts'
import type { ResourceType, Value } from '../../src/model/value.ts'
import { registry } from '../../src/objects/registry.ts'

const load = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const octets = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const encodedHex = (bytes: Uint8Array | object): string => (bytes instanceof Uint8Array ? hex(bytes) : JSON.stringify(bytes))

const at = (path: string, types: Readonly<Record<string, ResourceType>> = {}): FormatContext => ({
  path: parsePath(path)!,
  typeOf: (place) => types[String(place.resource)] ?? typeOf(registry)(place),
  isMultiple: isMultiple(registry),
})
const values = (nodes: readonly Node[] | object): Record<string, Value> => {
  if (!Array.isArray(nodes)) throw new Error(JSON.stringify(nodes))
  return Object.fromEntries((nodes as Node[]).map(({ path, value }) => [formatPath(path), value]))
}

const payloads = load('./lwm2m-payloads.json') as readonly { name: string; hex: string; value?: Record<string, unknown>; path?: string }[]
const payload = (name: string) => octets(payloads.find((each) => each.name === name)!.hex)

const deviceValues = {
  '/3/0/0': 'Open Mobile Alliance',
  '/3/0/1': 'Lightweight M2M Client',
  '/3/0/2': '345000123',
  '/3/0/3': '1.0',
  '/3/0/6/0': 1,
  '/3/0/6/1': 5,
  '/3/0/7/0': 3800,
  '/3/0/7/1': 5000,
  '/3/0/8/0': 125,
  '/3/0/8/1': 900,
  '/3/0/9': 100,
  '/3/0/10': 15,
  '/3/0/11/0': 0,
  '/3/0/13': 1367491215,
  '/3/0/14': '+02:00',
  '/3/0/16': 'U',
}

describe('TLV examples of the specification', () => {
  const named = 'ENCODED_DEVICE_WITHOUT_INSTANCE'
  it.each(['/3', '/3/0'])('reads the Device without its Object Instance for %s [LwM2M Core §7.4.5]', (path) => {
    expect(values(tlv.decode(payload(named), at(path)))).toEqual(
      expect.objectContaining({ '/3/0/0': 'Open Mobile Alliance', '/3/0/13': 1367491215, '/3/0/16': 'U' }),
    )
  })
  it('reads the Device within its Object Instance [LwM2M Core §7.4.5]', () => {
    const whole = values(tlv.decode(payload('ENCODED_DEVICE_WITH_INSTANCE'), at('/3')))
    expect(whole).toEqual(values(tlv.decode(payload(named), at('/3/0'))))
    expect(whole['/3/0/1']).toBe('Lightweight M2M Client')
    expect(values(tlv.decode(payload('ENCODED_DEVICE_WITH_INSTANCE'), at('/3/0')))).toEqual(whole)
  })
  it.each([
    ['ENCODED_DEVICE_WITHOUT_INSTANCE', '/3/0'],
    ['ENCODED_DEVICE_WITH_INSTANCE', '/3'],
    ['ENCODED_SERVER', '/1'],
    ['ETS int-651 set', '/3/0'],
  ])('writes %s with the same octets', (name, path) => {
    const nodes = tlv.decode(payload(name), at(path))
    if (isFault(nodes)) throw new Error(nodes.detail)
    expect(encodedHex(tlv.encode(nodes, at(path)))).toBe(hex(payload(name)))
  })
  it('reads two Object Instances with Resource Instances', () => {
    const acl: FormatContext = { path: { object: 2 }, typeOf: () => 'integer', isMultiple: ({ resource }) => resource === 2 }
    expect(values(tlv.decode(payload('ENCODED_ACL'), acl))).toEqual({
      ...{ '/2/0/0': 1, '/2/0/1': 0, '/2/0/2/127': 7, '/2/0/3': 127 },
      ...{ '/2/2/0': 3, '/2/2/1': 0, '/2/2/2/127': 7, '/2/2/2/310': 1, '/2/2/3': 127 },
    })
  })
  it('reads the Server with its lifetime of a day', () => {
    expect(values(tlv.decode(payload('ENCODED_SERVER'), at('/1')))).toEqual({ '/1/0/0': 1, '/1/0/1': 86400, '/1/0/6': true, '/1/0/7': 'U' })
  })
  it('reads Object links, one null', () => {
    expect(values(tlv.decode(payload('ENCODED_OBJ65'), at('/65/0', { 0: 'objlnk', 1: 'string', 2: 'integer' })))).toEqual({
      '/65/0/0/0': { object: 66, instance: 0 },
      '/65/0/0/1': { object: 66, instance: 1 },
      '/65/0/1': '8613800755500',
      '/65/0/2': 0x12345678,
    })
    expect(values(tlv.decode(payload('ENCODED_OBJ66'), at('/66', { 0: 'string', 1: 'string', 2: 'objlnk' })))).toMatchObject({
      '/66/0/2': { object: 67, instance: 0 },
      '/66/1/2': { object: 65535, instance: 65535 },
    })
  })
  it('reads links as the text that they are', () => {
    expect(values(tlv.decode(payload('ENCODED_OBJ3442'), at('/3442', { 180: 'corelnk' })))['/3442/0/180']).toMatch(
      /^<\/>;rt="oma.lwm2m";ct="60 110/,
    )
  })
  it.each(payloads.filter(({ name }) => /^ETS int-(215|651)/.test(name)))('reads $name', ({ hex: written, path, value }) => {
    const expected = Object.fromEntries(Object.entries(value!).map(([id, each]) => [`${path}/${id}`, each]))
    expect(values(tlv.decode(octets(written), at(path!)))).toEqual(expected)
  })
})

describe('TLV', () => {
  it.each([
    ['c1', 'malformed', 'an entry without an ID'],
    ['c209', 'malformed', 'an entry without its octets'],
    ['c20964', 'malformed', 'an entry cut short by one octet'],
    ['c80002' + '41', 'malformed', 'a length of one octet, one octet short'],
    ['e101', 'malformed', 'half an ID'],
    ['d8000001' + '41' + '00', 'malformed', 'a length of three octets, beyond the end'],
    ['8304' + 'c10001', 'malformed', 'a Resource within a Resource'],
    ['c30901' + '0203', 'type', 'an integer of three octets'],
    ['c009', 'type', 'an integer of none'],
    ['c60d' + '000000000001', 'type', 'a time of six octets'],
    ['c80d08' + '7fffffffffffffff', 'type', 'a time beyond what is safe'],
    ['c20041ff', 'type', 'text that is no UTF-8'],
    ['c10141' + 'c10142', 'duplicate', 'a Resource twice'],
    ['0301c10164', 'path', 'another Object Instance'],
    ['e1ffff41', 'path', 'a Resource that cannot be'],
    ['410005', 'path', 'a Resource Instance of nothing'],
  ])('refuses %s (%s): %s', (written, reason) => {
    expect(tlv.decode(octets(written), at('/3/0'))).toMatchObject({ fault: reason })
  })
  it('reads the Resource Instances of the Resource that was asked for, wrapped or bare', () => {
    for (const written of ['860b410001410105', '8606410001410105', '410001410105']) {
      const context = at(written.startsWith('860b') ? '/3/0/11' : '/3/0/6')
      expect(values(tlv.decode(octets(written), context))).toEqual({
        [`${formatPath(context.path)}/0`]: 1,
        [`${formatPath(context.path)}/1`]: 5,
      })
    }
  })
  it('puts Resources without an Object Instance into the one that Create chose', () => {
    expect(values(tlv.decode(octets('c10141'), { ...at('/3303', { 1: 'string' }), instance: 7 }))).toEqual({ '/3303/7/1': 'A' })
  })
  it('says nothing of the root, and has no times', () => {
    expect(tlv.decode(octets(''), at('/'))).toMatchObject({ fault: 'path' })
    expect(tlv.encode([], at('/'))).toMatchObject({ fault: 'unsupported' })
    expect(tlv.encode([{ path: parsePath('/3/0/9')!, value: 1, time: 5 }], at('/3/0'))).toMatchObject({ fault: 'unsupported' })
  })
})

describe('SenML CBOR', () => {
  it('reads the Device as another server does [LwM2M Core §7.4.4]', () => {
    expect(values(senmlCbor.decode(payload('Leshan senml cbor device'), at('/3/0')))).toEqual(deviceValues)
  })
  it('writes the Device with the same octets as another server', () => {
    const nodes = senmlCbor.decode(payload('Leshan senml cbor device'), at('/3/0'))
    if (isFault(nodes)) throw new Error(nodes.detail)
    expect(encodedHex(senmlCbor.encode(nodes, at('/3/0')))).toBe(hex(payload('Leshan senml cbor device')))
  })
  it('reads and writes a set of several Objects', () => {
    const set = senmlCbor.decode(payload('ETS int-257 set'), at('/'))
    expect(values(set)).toEqual({ '/1/0/2': 101, '/1/0/6': true, '/3/0/13': 0 })
    expect(encodedHex(senmlCbor.encode(set as readonly Node[], at('/')))).toBe(hex(payload('ETS int-257 set')))
  })
  it('reads octets, and numbers in half precision', () => {
    expect(values(senmlCbor.decode(payload('opaque senml cbor'), at('/0')))).toEqual({ '/0/0/3': octets('abcdef') })
    expect(values(senmlCbor.decode(payload('half float senml cbor'), at('/3442')))).toEqual({ '/3442/0/130': 300 })
  })
  it('refuses octets that are sometimes shown as SenML CBOR, with a reason', () => {
    const written = 'a4831867985642028200183b0f7b76'
    expect(senmlCbor.decode(octets(written), at('/'))).toEqual({ fault: 'malformed', detail: 'CBOR: key' })
  })
  it.each([
    ['8100', 'malformed', 'a record that is no map'],
    ['a0', 'malformed', 'a pack that is no array'],
    ['81a0', 'path', 'a record without a name'],
    ['81a120662f332f302f30', 'malformed', 'a base version that is text'],
    ['81a121662f332f302f30', 'malformed', 'a record without a value'],
    ['81a321662f332f302f3003614104f5', 'malformed', 'two values'],
    ['82a221662f332f302f30036141a1036142', 'duplicate', 'a place twice'],
    ['81a221662f332f302f300201', 'type', 'a number for a text'],
    ['81a221662f332f302f3902f93e00', 'type', 'a fraction for an integer'],
    ['81a221662f312f302f310201', 'path', 'a place outside the request'],
    ['81a221642f332f300201', 'path', 'a value for an Object Instance'],
    ['81a3200b21662f332f302f30036141', 'malformed', 'a later version of SenML'],
    ['81a321662f332f302f3003614162785f00', 'malformed', 'an unknown label that must be understood'],
  ])('refuses %s (%s): %s', (written, reason) => {
    expect(senmlCbor.decode(octets(written), at('/3/0'))).toMatchObject({ fault: reason })
  })
  it('passes over labels that it does not know [RFC 8428 §4.4]', () => {
    expect(values(senmlCbor.decode(octets('81a421662f332f302f30036141016143186301'), at('/3/0')))).toEqual({ '/3/0/0': 'A' })
  })
  it('takes arrays and maps of indefinite length, as some devices send them', () => {
    expect(values(senmlCbor.decode(octets('9fbf21662f332f302f30036141ffff'), at('/3/0')))).toEqual({ '/3/0/0': 'A' })
  })
})

type Json = Readonly<Record<string, string & number & boolean>>
const packs = load('./senml-rfc8428.json') as readonly {
  name: string
  pack: readonly Json[]
  resolved?: readonly Json[]
  cbor_hex?: string
}[]
const record = (json: Json): SenmlRecord => {
  const fields = {
    baseName: json['bn'],
    baseTime: json['bt'],
    baseValue: json['bv'],
    baseVersion: json['bver'],
    name: json['n'],
    time: json['t'],
  }
  const value = ['v', 'vs', 'vb', 'vd'].map((label) => json[label]).find((each) => each !== undefined)
  return Object.fromEntries(Object.entries({ ...fields, value }).filter(([, each]) => each !== undefined))
}

describe('SenML packs of RFC 8428 §5', () => {
  const written = packs.filter(
    ({ pack, resolved }) => resolved !== undefined && pack.some((each) => each['t'] !== undefined || each['bt'] !== undefined),
  )
  it.each(written)('resolves $name [RFC 8428 §4.6]', ({ pack, resolved }) => {
    const found = resolve(pack.map(record))
    if (isFault(found)) throw new Error(found.detail)
    expect(found.map(({ name }) => name)).toEqual(resolved!.map((each) => each['n']))
    expect(found.map(({ value }) => value)).toEqual(resolved!.map((each) => record(each).value))
    // times below 2^28 count from the receipt, which only the examples know
    for (const [index, { time }] of found.entries())
      if (time !== undefined && time >= 2 ** 28) expect(time).toBeCloseTo(resolved![index]!['t']!, 3)
  })
  it.each(packs.filter(({ cbor_hex: cbor }) => cbor !== undefined))('reads $name from CBOR [RFC 8428 §6]', ({ pack, cbor_hex: cbor }) => {
    expect(decodeRecords(octets(cbor!))).toEqual(pack.map(record))
  })
})

const items = load('./cbor-appendix-a.json') as readonly { hex: string; decoded?: unknown; diagnostic?: string }[]

const shape = { depth: 4 }

describe('CBOR of RFC 8949 Appendix A', () => {
  const flawed: Readonly<Record<string, string>> = {
    c2: 'tag',
    c3: 'tag',
    d: 'tag',
    f0: 'reserved',
    f8: 'reserved',
  }
  it.each(items)('scans $hex', ({ hex: written }) => {
    expect(scanCbor(octets(written), shape)).toBe(flawed[written.slice(0, 2)] ?? flawed[written.slice(0, 1)])
  })
  it.each(items.filter(({ hex: written }) => /^f[9ab]/.test(written)))(
    'writes the number of $hex in its shortest form [RFC 8949 §4.1]',
    ({ hex: written, decoded, diagnostic }) => {
      const writer = cborWriter()
      writer.float(typeof decoded === 'number' ? decoded : Number(diagnostic))
      const shortest: Readonly<Record<string, string>> = { Infinity: 'f97c00', '-Infinity': 'f9fc00', NaN: 'f97e00' }
      expect(hex(writer.bytes())).toBe(shortest[diagnostic ?? ''] ?? written)
    },
  )
  it.each(items.filter(({ hex: written }) => /^[013]/.test(written)))(
    'writes the integer of $hex in its shortest form',
    ({ hex: written }) => {
      const writer = cborWriter()
      const head = octets(written)
      const digits = written.length === 2 ? BigInt(head[0]! & 31) : BigInt(`0x${written.slice(2)}`)
      writer.integer(head[0]! >> 5 === 1 ? -1n - digits : digits)
      expect(hex(writer.bytes())).toBe(written)
    },
  )
  it('finds every half-precision float, and its bits', () => {
    const view = new DataView(new ArrayBuffer(3))
    const decoder = new Decoder({ useRecords: false })
    for (let bits = 0; bits < 0x10000; bits++) {
      view.setUint8(0, 0xf9)
      view.setUint16(1, bits)
      const value = decoder.decode(new Uint8Array(view.buffer)) as number
      expect(halfOf(value)).toBe(Number.isNaN(value) ? 0x7e00 : bits)
    }
  })
  it.each([
    ['short', '8201'],
    ['short', '19ff'],
    ['short', '6261'],
    ['short', '9a00ffffff00'],
    ['short', '9f01'],
    ['depth', '818181818100'],
    ['break', 'ff'],
    ['break', '81ff'],
    ['duplicate', 'a201020103'],
    ['duplicate', 'a20102180103'],
    ['duplicate', 'a2616101616102'],
    ['key', 'a18001'],
    ['utf-8', '61ff'],
    ['trailing', '0000'],
    ['reserved', '1c'],
    ['reserved', '1f'],
    ['reserved', 'f814'],
    ['indefinite', '7f4161ff'],
    ['indefinite', '5f5f4161ffff'],
    ['indefinite', 'a17f6161ff00'],
    ['utf-8', '7f61c361a9ff'],
    ['tag', 'c24101'],
    ['tag', 'c1f5'],
    ['tag', 'c063616263'],
    ['tag', 'c4822061'],
    ['duplicate', 'a200011800f5'],
    ['duplicate', 'a22001380001'],
  ])('says %s of %s', (flaw, written) => expect(scanCbor(octets(written), shape)).toBe(flaw))
})

describe('text', () => {
  it.each<[ResourceType, string, Value]>([
    ['integer', '-9223372036854775808', -(2n ** 63n)],
    ['unsigned', '18446744073709551615', 2n ** 64n - 1n],
    ['integer', '9007199254740991', 9007199254740991],
    ['float', '-12.5', -12.5],
    ['float', '0.00000000006667', 6.667e-11],
    ['float', '-123000000000000000000000', -1.23e23],
    ['boolean', '1', true],
    ['boolean', '0', false],
    ['time', '1476186613', 1476186613],
    ['objlnk', '10:3', { object: 10, instance: 3 }],
    ['opaque', 'AQIDBA==', octets('01020304')],
    ['string', 'Grüße', 'Grüße'],
  ])('reads and writes %s %s [LwM2M Core §C]', (type, written, value) => {
    const context = at('/9/0/1', { 1: type })
    expect(text.decode(new TextEncoder().encode(written), context)).toEqual([{ path: context.path, value }])
    expect(new TextDecoder().decode(text.encode([{ path: context.path, value }], context) as Uint8Array)).toBe(written)
  })
  it.each<[ResourceType, string]>([
    ['integer', ''],
    ['integer', '1.0'],
    ['integer', '9223372036854775808'],
    ['unsigned', '-1'],
    ['float', 'NaN'],
    ['float', '1e999'],
    ['float', '.'],
    ['boolean', 'true'],
    ['boolean', '2'],
    ['objlnk', '1:65536'],
    ['objlnk', '1'],
    ['opaque', 'A'],
    ['opaque', 'AR=='],
    ['opaque', 'AQ='],
    ['opaque', 'A Q='],
    ['time', '1.5'],
  ])('refuses %s %j', (type, written) => expect(parseText(type, written)).toBeUndefined())
  it('refuses a place that holds more than one value', () => {
    expect(text.decode(new Uint8Array(), at('/3/0'))).toMatchObject({ fault: 'path' })
    expect(text.decode(octets('30'), at('/3/0/11'))).toMatchObject({ fault: 'path' })
    expect(text.decode(octets('ff'), at('/3/0/0'))).toMatchObject({ fault: 'malformed' })
  })
})

describe('opaque', () => {
  it('is for Resources of octets', () => {
    expect(opaque.decode(octets('0102'), at('/5/0/0'))).toEqual([{ path: parsePath('/5/0/0'), value: octets('0102') }])
    expect(opaque.decode(octets('0102'), at('/5/0/1'))).toMatchObject({ fault: 'type' })
  })
})
