/** SenML JSON, SenML-ETCH JSON and OMA JSON: what the standards write, what they forbid, and what other implementations send. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeBase64Url, encodeBase64Url } from '../../src/format/base64.ts'
import { isFault, type Format, type FormatContext, type FormatFault, type Node } from '../../src/format/format.ts'
import { formatOf } from '../../src/format/formats.ts'
import { json } from '../../src/format/json.ts'
import { senmlEtchJson } from '../../src/format/senml-etch-json.ts'
import { decodeJsonRecords, encodeJsonRecords, senmlJson } from '../../src/format/senml-json.ts'
import { decodeUtf8, encodeUtf8 } from '../../src/format/utf8.ts'
import { formatPath, parsePath } from '../../src/model/path.ts'
import { typeOf as typeIn } from '../../src/model/definition.ts'
import type { ResourceType } from '../../src/model/value.ts'
import { registry } from '../../src/objects/registry.ts'

/** Types of the engine's Objects, and of Resources that are named here. */
const at = (path: string, types: Readonly<Record<string, ResourceType>> = {}): FormatContext => ({
  path: parsePath(path)!,
  typeOf: (place) => types[formatPath(place)] ?? typeIn(registry)(place),
  isMultiple: () => undefined,
})
const octets = (text: string) => encodeUtf8(text)
const values = (nodes: readonly Node[] | FormatFault) => {
  if (isFault(nodes)) throw new Error(`${nodes.fault}: ${nodes.detail}`)
  return Object.fromEntries(nodes.map(({ path, value, time }) => [formatPath(path) + (time === undefined ? '' : `@${time}`), value]))
}
const written = (bytes: Uint8Array | FormatFault) => (isFault(bytes) ? bytes : decodeUtf8(bytes))
const again = (format: Format, text: string, context: FormatContext) => {
  const nodes = format.decode(octets(text), context)
  return isFault(nodes) ? nodes : written(format.encode(nodes, context))
}

describe('SenML JSON', () => {
  const device =
    '[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"9","v":100},{"n":"13","v":1367491215},{"n":"14","vs":"+02:00"}]'
  it('reads and writes a Device [LwM2M Core §7.4.4]', () => {
    expect(values(senmlJson.decode(octets(device), at('/3/0')))).toEqual({
      '/3/0/0': 'Open Mobile Alliance',
      '/3/0/6/0': 1,
      '/3/0/6/1': 5,
      '/3/0/9': 100,
      '/3/0/13': 1367491215,
      '/3/0/14': '+02:00',
    })
    expect(again(senmlJson, device, at('/3/0'))).toBe(device)
  })
  it('has a label for each kind of value [LwM2M Core §7.4.4]', () => {
    const all =
      '[{"bn":"/9/0/","n":"0","vs":"\\"\\\\\\n"},{"n":"1","v":-9223372036854775808},{"n":"2","v":18446744073709551615},{"n":"3","v":0.1},{"n":"4","vb":true},{"n":"5","vd":"-_8"},{"n":"6","v":1367491215},{"n":"7","vlo":"65535:65535"},{"n":"8","vs":"</3>"}]'
    const types = ['string', 'integer', 'unsigned', 'float', 'boolean', 'opaque', 'time', 'objlnk', 'corelnk'] as const
    const context = at('/9/0', Object.fromEntries(types.map((type, id) => [`/9/0/${id}`, type])))
    expect(values(senmlJson.decode(octets(all), context))).toEqual({
      '/9/0/0': '"\\\n',
      '/9/0/1': -(2n ** 63n),
      '/9/0/2': 2n ** 64n - 1n,
      '/9/0/3': 0.1,
      '/9/0/4': true,
      '/9/0/5': Uint8Array.of(0xfb, 0xff),
      '/9/0/6': 1367491215,
      '/9/0/7': { object: 65535, instance: 65535 },
      '/9/0/8': '</3>',
    })
    expect(again(senmlJson, all, context)).toBe(all)
  })
  it.each(['"-_8"', '"+/8"', '"-_8="', '"+/8="'])('takes octets as %s', (vd) => {
    expect(values(senmlJson.decode(octets(`[{"n":"/5/0/0","vd":${vd}}]`), at('/5/0')))).toEqual({ '/5/0/0': Uint8Array.of(0xfb, 0xff) })
  })
  it('counts times from a base, and writes a history so', () => {
    const history = '[{"bn":"/3303/0/5700","bt":1700000000,"v":20.5},{"t":-60,"v":20.25},{"t":-120.5,"v":20}]'
    expect(values(senmlJson.decode(octets(history), at('/3303/0/5700')))).toEqual({
      '/3303/0/5700@1700000000': 20.5,
      '/3303/0/5700@1699999940': 20.25,
      '/3303/0/5700@1699999879.5': 20,
    })
    expect(again(senmlJson, history, at('/3303/0/5700'))).toBe(history)
  })
  it('gives whole numbers to whole Resources, however they are written', () => {
    expect(values(senmlJson.decode(octets('[{"n":"/3/0/9","v":1e2}]'), at('/3')))).toEqual({ '/3/0/9': 100 })
    expect(values(senmlJson.decode(octets('[{"n":"/3/0/13","v":1367491215.0}]'), at('/3')))).toEqual({ '/3/0/13': 1367491215 })
  })
  it('names places, with and without a base', () => {
    expect(senmlJson.decodePaths!(octets('[{"n":"/3/0/0"},{"bn":"/3/0/","n":"9"},{"n":"14"},{"bn":"/1/0"}]'), at('/'))).toEqual(
      ['/3/0/0', '/3/0/9', '/3/0/14', '/1/0'].map(parsePath),
    )
    expect(
      written(
        senmlJson.encodePaths!(
          ['/3/0/0', '/1'].map((path) => parsePath(path)!),
          at('/'),
        ),
      ),
    ).toBe('[{"n":"/3/0/0"},{"n":"/1"}]')
    expect(senmlJson.decodePaths!(octets('[{"n":"/3/0/9","v":1}]'), at('/'))).toMatchObject({ fault: 'malformed' })
  })
  it('carries the alternate path in its names [LwM2M Transport §6.4.1]', () => {
    const context = { ...at('/3/0'), root: '/lwm2m' }
    const named = '[{"bn":"/lwm2m/3/0/","n":"9","v":100}]'
    expect(values(senmlJson.decode(octets(named), context))).toEqual({ '/3/0/9': 100 })
    expect(again(senmlJson, named, context)).toBe(named)
  })
  it('deletes nothing', () => {
    expect(senmlJson.decodePatch!(octets('[{"n":"/3/0/6/1","v":null}]'), at('/'))).toMatchObject({ fault: 'malformed' })
    expect(senmlJson.encodePatch!({ nodes: [], deleted: [parsePath('/3/0/6/1')!] }, at('/'))).toMatchObject({ fault: 'unsupported' })
  })
  it('passes over labels that it does not know [RFC 8428 §4.4]', () => {
    expect(values(senmlJson.decode(octets('[{"bver":10,"n":"/3/0/9","u":"%","v":100,"x":{"y":[1]}}]'), at('/3')))).toEqual({
      '/3/0/9': 100,
    })
  })
  it.each([
    ['{}', 'malformed', 'a pack that is no array'],
    ['[1]', 'malformed', 'a record that is no object'],
    ['[{}]', 'path', 'a record without a name'],
    ['[{"n":"/3/0/9"}]', 'malformed', 'a record without a value'],
    ['[{"n":"/3/0/9","v":1,"vs":"1"}]', 'malformed', 'two values'],
    ['[{"n":"/3/0/9","v":"1"}]', 'malformed', 'a number that is text'],
    ['[{"n":"/3/0/9","v":1e999}]', 'malformed', 'a number that is none'],
    ['[{"n":"/3/0/9","v":1.5}]', 'type', 'a fraction for an integer'],
    ['[{"n":"/3/0/9","vs":"1"}]', 'type', 'a text for an integer'],
    ['[{"n":"/3/0/9","v":9223372036854775808}]', 'type', 'an integer of 65 bits'],
    ['[{"n":"/3/0/9","v":1},{"n":"/3/0/9","v":2}]', 'duplicate', 'a place twice'],
    ['[{"n":"/3/0/9","v":1,"v":2}]', 'malformed', 'a label twice'],
    ['[{"n":"/4/0/9","v":1}]', 'path', 'a place outside the request'],
    ['[{"n":"3/0/9","v":1}]', 'path', 'a name that is no path'],
    ['[{"n":"/3/0","v":1}]', 'path', 'a value for an Object Instance'],
    ['[{"n":"/3/0/6/1","v":null}]', 'malformed', 'a value that is null'],
    ['[{"bver":11,"n":"/3/0/9","v":1}]', 'malformed', 'a later version of SenML'],
    ['[{"n":"/3/0/9","v":1,"x_":1}]', 'malformed', 'an unknown label that must be understood'],
    ['[{"n":"/3/0/9","v":1}]]', 'malformed', 'octets after the pack'],
    ['[{"n":"/5/0/0","vd":"A"}]', 'malformed', 'octets that are none'],
    ['[{"n":"/5/0/0","vlo":"1"}]', 'malformed', 'a link that is none'],
    ['[{"n":"/3/0/0","vs":"\\ud800"}]', 'malformed', 'half of a surrogate pair'],
    [`[{"n":"/3/0/9","x":${'['.repeat(9)}${']'.repeat(9)},"v":1}]`, 'malformed', 'arrays nested too deeply'],
  ])('refuses %s (%s): %s', (text, reason) => {
    expect(senmlJson.decode(octets(text), at(text.includes('/5/') ? '/5' : '/3'))).toMatchObject({ fault: reason })
  })
  it('says where JSON is wrong', () => {
    expect(senmlJson.decode(octets('[{"n":"/3/0/9","v":01}]'), at('/3'))).toEqual({ fault: 'malformed', detail: 'JSON: syntax at 20' })
  })
})

type Pack = readonly Readonly<Record<string, unknown>>[]
const packs = JSON.parse(readFileSync(new URL('../vectors/senml-rfc8428.json', import.meta.url), 'utf8')) as readonly {
  name: string
  pack: Pack
}[]
const ours: ReadonlySet<string> = new Set(['bn', 'bt', 'bver', 'n', 't', 'v', 'vs', 'vb', 'vd'])
const known = (pack: Pack): Pack => pack.map((record) => Object.fromEntries(Object.entries(record).filter(([label]) => ours.has(label))))

describe('packs of RFC 8428', () => {
  it.each(packs)('$name is read, and written with the same meaning [RFC 8428 §5.1]', ({ pack }) => {
    const records = decodeJsonRecords(octets(JSON.stringify(pack)))
    if (isFault(records)) throw new Error(records.detail)
    const plain = known(pack)
    expect(records).toHaveLength(plain.length)
    if (records.some(({ baseValue, baseVersion }) => baseValue !== undefined || baseVersion !== undefined)) return
    const round = encodeJsonRecords(records)
    if (isFault(round)) throw new Error(round.detail)
    expect(JSON.parse(decodeUtf8(round)!)).toEqual(plain)
  })
})

describe('SenML-ETCH JSON', () => {
  it('asks for places [RFC 8790 §3.1]', () => {
    expect(senmlEtchJson.decodePaths!(octets('[{"bn":"/3/0/","n":"0"},{"n":"9"},{"bn":"/1/0/1"}]'), at('/'))).toEqual(
      ['/3/0/0', '/3/0/9', '/1/0/1'].map(parsePath),
    )
  })
  it.each(['[]', '[{"n":"/3/0/9","v":1}]', '[{"n":"/3/0/9","x":1}]', '[{"n":"/3/0/9","vs":""}]'])(
    'refuses %s where places are asked for [RFC 8790 §3.1]',
    (text) => expect(senmlEtchJson.decodePaths!(octets(text), at('/'))).toMatchObject({ fault: 'malformed' }),
  )
  it('changes and deletes, both ways [RFC 8790 §3.2]', () => {
    const patch = '[{"bn":"/3/0/","n":"14","vs":"+02:00"},{"n":"6/1","v":null}]'
    const read = senmlEtchJson.decodePatch!(octets(patch), at('/'))
    expect(read).toEqual({ nodes: [{ path: parsePath('/3/0/14'), value: '+02:00' }], deleted: [parsePath('/3/0/6/1')] })
    expect(written(senmlEtchJson.encodePatch!(read as Exclude<typeof read, FormatFault>, at('/')))).toBe(patch)
  })
  it('passes over unknown labels of a patch [RFC 8790 §5]', () => {
    expect(senmlEtchJson.decodePatch!(octets('[{"n":"/3/0/14","vs":"","x":1}]'), at('/'))).toMatchObject({ deleted: [] })
  })
  it.each([
    ['[{"n":"/3/0/14","v":null}]', 'path', 'a Resource that goes'],
    ['[{"n":"/3/0/6/1","v":null},{"n":"/3/0/6/1","v":1}]', 'duplicate', 'a place that goes and is written'],
    ['[{"n":"/3/0/6/1","v":null},{"n":"/3/0/6/1","v":null}]', 'duplicate', 'a place that goes twice'],
    ['[{"n":"/3/0/6/1","vs":null}]', 'malformed', 'a text that is null'],
    ['[{"n":"/3/0/6/1"}]', 'malformed', 'a record without a value'],
  ])('refuses %s (%s): %s', (text, reason) => expect(senmlEtchJson.decodePatch!(octets(text), at('/'))).toMatchObject({ fault: reason }))
})

describe('OMA JSON', () => {
  const device = '{"bn":"/3/0/","e":[{"n":"0","sv":"Open Mobile Alliance"},{"n":"6/0","v":1},{"n":"9","v":100},{"n":"13","v":1367491215}]}'
  it('reads and writes a Device [LwM2M 1.0.2 §6.4.4]', () => {
    expect(values(json.decode(octets(device), at('/3/0')))).toEqual({
      '/3/0/0': 'Open Mobile Alliance',
      '/3/0/6/0': 1,
      '/3/0/9': 100,
      '/3/0/13': 1367491215,
    })
    expect(again(json, device, at('/3/0'))).toBe(device)
  })
  it('has a label for each kind of value [LwM2M 1.0.2 §6.4.4]', () => {
    const all =
      '{"bn":"/9/0/","e":[{"n":"0","sv":"x"},{"n":"1","v":-9223372036854775808},{"n":"2","v":18446744073709551615},{"n":"3","v":-0},{"n":"4","bv":false},{"n":"5","sv":"+/8="},{"n":"6","v":-1},{"n":"7","ov":"66:0"}]}'
    const types = ['string', 'integer', 'unsigned', 'float', 'boolean', 'opaque', 'time', 'objlnk'] as const
    const context = at('/9/0', Object.fromEntries(types.map((type, id) => [`/9/0/${id}`, type])))
    expect(values(json.decode(octets(all), context))).toMatchObject({
      '/9/0/1': -(2n ** 63n),
      '/9/0/3': -0,
      '/9/0/5': Uint8Array.of(0xfb, 0xff),
    })
    expect(again(json, all, context)).toBe(all)
  })
  it.each([
    ['/3/0', '{"e":[{"n":"9","v":100}]}'],
    ['/3', '{"e":[{"n":"0/9","v":100}]}'],
    ['/3/0/9', '{"e":[{"n":"","v":100}]}'],
    ['/3/0/9', '{"e":[{"v":100}]}'],
    ['/3/0', '{"e":[{"n":"/3/0/9","v":100}]}'],
    ['/3/0', '{"bn":"","e":[{"n":"9","v":100}]}'],
    ['/3/0', '{"bn":"/3/0","e":[{"n":"/9","v":100}]}'],
    ['/3/0/9', '{"bn":"/3/0/9","e":[{"v":100}]}'],
    ['/3/0/9', '{"bn":"/","e":[{"n":"3/0/9","v":100}]}'],
  ])('for %s takes %s', (path, text) => expect(values(json.decode(octets(text), at(path)))).toEqual({ '/3/0/9': 100 }))
  it('counts times from its base', () => {
    const history = '{"bn":"/3303/0/5700","bt":1700000000,"e":[{"v":20.5},{"v":20,"t":-60}]}'
    expect(values(json.decode(octets(history), at('/3303/0')))).toEqual({ '/3303/0/5700@1700000000': 20.5, '/3303/0/5700@1699999940': 20 })
    expect(again(json, history, at('/3303/0/5700'))).toBe(history)
  })
  it.each([
    ['[]', 'malformed', 'an array'],
    ['{"bn":"/3/0/"}', 'malformed', 'no entries'],
    ['{"bn":3,"e":[]}', 'malformed', 'a base name that is a number'],
    ['{"bt":"1","e":[]}', 'malformed', 'a base time that is a text'],
    ['{"e":[1]}', 'malformed', 'an entry that is no object'],
    ['{"e":[{"n":"9"}]}', 'malformed', 'an entry without a value'],
    ['{"e":[{"n":"9","v":1,"sv":"1"}]}', 'malformed', 'two values'],
    ['{"e":[{"n":"9","sv":"1"}]}', 'type', 'a text for an integer'],
    ['{"e":[{"n":"9","v":1.5}]}', 'type', 'a fraction for an integer'],
    ['{"e":[{"n":"0","v":1}]}', 'type', 'a number for a text'],
    ['{"e":[{"n":"x","v":1}]}', 'path', 'a name that is no path'],
    ['{"bn":"/4/0/","e":[{"n":"9","v":1}]}', 'path', 'a place outside the request'],
    ['{"e":[{"n":"9","v":1},{"n":"9","v":1}]}', 'duplicate', 'a place twice'],
  ])('refuses %s (%s): %s', (text, reason) => expect(json.decode(octets(text), at('/3/0'))).toMatchObject({ fault: reason }))
})

it.each([senmlJson, senmlEtchJson, json])('$name has no words for NaN, the infinities, and times that are none', (format) => {
  const path = parsePath('/3303/0/5700')!
  for (const value of [NaN, Infinity, -Infinity])
    expect(format.encode([{ path, value }], at('/3303'))).toMatchObject({ fault: 'unsupported' })
  expect(isFault(format.encode([{ path, value: 1, time: NaN }], at('/3303')))).toBe(true)
})

it('the numbers of old are the same formats, and an answer says the number that was asked for', () => {
  for (const [old, registered] of [
    [1541, 0],
    [1542, 11542],
    [1543, 11543],
    [1544, 42],
  ] as const) {
    expect(formatOf(old)!.contentFormat).toBe(old)
    expect(formatOf(old)!.decode).toBe(formatOf(registered)!.decode)
  }
})

it('base64 in its two alphabets [RFC 4648 §5]', () => {
  expect(encodeBase64Url(Uint8Array.of(0xfb, 0xff))).toBe('-_8')
  expect(decodeBase64Url('-_8=')).toEqual(Uint8Array.of(0xfb, 0xff))
  for (const wrong of ['-_9', '-', '-_8==', '- _8', '-_8\n']) expect(decodeBase64Url(wrong)).toBeUndefined()
})

describe('a megabyte of JSON that means harm is read or refused in bounded time', () => {
  const times = (count: number, item: (index: number) => string) => Array.from({ length: count }, (_, index) => item(index)).join(',')
  const base = '/1'.repeat(200_000)
  it.each<[string, string]>([
    ['empty records', times(340_000, () => '{}')],
    ['a base name that every record builds on', `{"bn":"${base}"},${times(30_000, () => '{"n":"1","v":1}')}`],
    ['sums that grow', `{"bn":"/1/0/","bv":9e18},${times(30_000, (index) => `{"n":"${index}","v":9e18}`)}`],
    ['labels without an end', `{"n":"/1/0/1","v":1,${times(80_000, (index) => `"x${index}":1`)}}`],
    ['a name of a million letters', `{"n":"/${'1'.repeat(1_000_000)}","v":1}`],
    ['numbers of a thousand digits', times(1_000, () => '9'.repeat(1_000))],
  ])('%s', (_name, records) => {
    for (const [format, text] of [
      [senmlJson, `[${records}]`],
      [senmlEtchJson, `[${records}]`],
      [json, `{"e":[${records}]}`],
    ] as const) {
      const begun = performance.now()
      const result = format.decode(octets(text), { ...at('/'), typeOf: () => undefined })
      expect(performance.now() - begun).toBeLessThan(3_000)
      if (isFault(result)) expect(result.detail.length).toBeLessThanOrEqual(200)
    }
  })
})
