/** Payloads that we write, read by tshark's dissectors of TLV, CBOR and JSON: the same places, the same values. */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { contentFormats, isFault, type Format, type Node } from '../../src/format/format.ts'
import { json } from '../../src/format/json.ts'
import { lwm2mCbor } from '../../src/format/lwm2m-cbor.ts'
import { senmlCbor } from '../../src/format/senml-cbor.ts'
import { senmlEtchJson } from '../../src/format/senml-etch-json.ts'
import { senmlJson } from '../../src/format/senml-json.ts'
import { tlv } from '../../src/format/tlv.ts'
import { encode } from '../../src/message/encode.ts'
import { options, uintOption } from '../../src/message/option.ts'
import { formatPath, type Path } from '../../src/model/path.ts'
import { isLink, whole, type ResourceType, type Value } from '../../src/model/value.ts'
import { folder } from './peer.ts'
import { dissect, type Dissected } from './tshark.ts'

const room = folder()
afterAll(() => room.remove())
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const about = `seed ${seed}`

// ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const id = fc.oneof(fc.nat(20), fc.nat(65_534))
const letters = fc.string({ unit: fc.constantFrom('a', 'Z', '0', ' ', '/', 'é', '世'), minLength: 1, maxLength: 40 })
const valueOf: Readonly<Record<ResourceType, fc.Arbitrary<Value>>> = {
  string: letters,
  corelnk: letters,
  integer: fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((value) => whole(BigInt(value))),
  unsigned: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((value) => whole(BigInt(value))),
  // tshark rounds to 15 digits, which the largest doubles do not survive
  float: fc
    .oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.double({ noNaN: true, min: -1e300, max: 1e300 }))
    .map((value) => value + 0),
  boolean: fc.boolean(),
  opaque: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  time: fc.integer(),
  objlnk: fc.record({ object: fc.nat(65_535), instance: fc.nat(65_535) }),
}
interface Sample {
  readonly path: Path
  readonly nodes: readonly (Node & { readonly type: ResourceType })[]
}
const resource = (path: Path): fc.Arbitrary<Sample['nodes']> =>
  fc.constantFrom(...(Object.keys(valueOf) as ResourceType[])).chain((type) =>
    fc.oneof(
      valueOf[type].map((value) => [{ path, value, type }]),
      fc
        .uniqueArray(fc.tuple(id, valueOf[type]), { selector: ([each]) => each, minLength: 1, maxLength: 3 })
        .map((all) => all.map(([resourceInstance, value]) => ({ path: { ...path, resourceInstance }, value, type }))),
    ),
  )
const sample: fc.Arbitrary<Sample> = fc
  .tuple(id, id, fc.uniqueArray(id, { minLength: 1, maxLength: 5 }))
  .chain(([object, instance, ids]) =>
    fc
      .tuple(...ids.map((each) => resource({ object, instance, resource: each })))
      .map((all) => ({ path: { object, instance }, nodes: all.flat() })),
  )
const samples = fc.sample(sample, { seed, numRuns: 150 })

/** The payloads under the number of a format that tshark dissects. */
const dissected = async (format: Format, contentFormat: number): Promise<readonly Dissected[]> => {
  const datagrams = samples.map(({ path, nodes }, messageId) => {
    const types = new Map(nodes.map((node) => [formatPath({ ...node.path, resourceInstance: undefined }), node.type]))
    const payload = format.encode(nodes, {
      path,
      typeOf: (at) => types.get(formatPath({ ...at, resourceInstance: undefined })),
      isMultiple: () => undefined,
    })
    if (isFault(payload)) throw new Error(payload.detail)
    const all = [uintOption(options.ContentFormat, contentFormat)]
    return encode({
      type: 'NON',
      remote: 'coap://192.0.2.1:5683',
      messageId,
      code: '2.05',
      token: messageId.toString(16).padStart(4, '0'),
      options: all,
      payload,
    }).bytes
  })
  const found = await dissect(datagrams, room.path)
  expect(
    found.filter(({ all }) => all.includes('_ws.malformed')),
    about,
  ).toEqual([])
  return found.map(({ all }) => JSON.parse(all) as Dissected)
}

const many = (item: unknown): readonly Dissected[] =>
  item === undefined ? [] : Array.isArray(item) ? (item as Dissected[]) : [item as Dissected]
const texts = (item: unknown, name: string): readonly string[] => many(item).map((each) => String(each[name]))
const octetsIn = (hex: unknown): Buffer => Buffer.from(((hex ?? '') as string).replaceAll(':', ''), 'hex')

// ── TLV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A value from the octets that tshark found, and its own reading of whole numbers. */
const fromTlv = (leaf: Dissected, type: ResourceType): unknown => {
  const octets = octetsIn(leaf['lwm2mtlv.value'])
  switch (type) {
    case 'integer':
    case 'time':
      return whole(BigInt(leaf['lwm2mtlv.value.integer'] as string))
    case 'unsigned':
      return whole(BigInt(leaf['lwm2mtlv.value.unsigned_integer'] as string))
    case 'float':
      return octets.length === 4 ? octets.readFloatBE() : octets.readDoubleBE()
    case 'boolean':
      return octets.equals(Buffer.of(1))
    case 'objlnk':
      return { object: octets.readUInt16BE(0), instance: octets.readUInt16BE(2) }
    case 'opaque':
      return new Uint8Array(octets)
    default:
      return octets.toString()
  }
}
const idOf = (entry: Dissected): number => Number((entry['lwm2mtlv.header'] as Dissected)['lwm2mtlv.identifier'])

test('TLV: every value in its place [LwM2M Core §7.5.5]', async () => {
  const found = await dissected(tlv, contentFormats.tlv)
  for (const [index, { nodes }] of samples.entries()) {
    const root = found[index]!['lwm2mtlv'] as Dissected
    const leaves = new Map<string, Dissected>()
    for (const entry of many(root['lwm2mtlv.resource'])) leaves.set(`${idOf(entry)}`, entry)
    for (const entry of many(root['lwm2mtlv.resource_array']))
      for (const inner of many(entry['lwm2mtlv.resource_instance'])) leaves.set(`${idOf(entry)}/${idOf(inner)}`, inner)
    const read = nodes.map(({ path, type }) => {
      const leaf = leaves.get(path.resourceInstance === undefined ? `${path.resource}` : `${path.resource}/${path.resourceInstance}`)
      return leaf === undefined ? undefined : fromTlv(leaf, type)
    })
    expect(read, about).toEqual(nodes.map(({ value }) => value))
    expect(leaves.size, about).toBe(nodes.length)
  }
})

// ── CBOR ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is left of a record when its strings of base and name are taken: its value, if tshark shows it as we meant it. */
const cborValue = (record: Dissected, strings: readonly string[], value: Value, type: ResourceType): unknown => {
  if (typeof value === 'string') return strings.at(-1)
  if (isLink(value)) return { object: Number(strings.at(-1)!.split(':')[0]), instance: Number(strings.at(-1)!.split(':')[1]) }
  if (value instanceof Uint8Array) return new Uint8Array(octetsIn(texts(record['cbor.item.bytestring'], 'cbor.type.bytestring').at(-1)))
  if (typeof value === 'boolean' || type === 'float') return value // their fields are named by the width: see below
  if (value >= 0) return whole(BigInt(texts(record['cbor.item.unsigned_integer'], 'cbor.type.uint').at(-1)!))
  const shown = BigInt(texts(record['cbor.item.negative_integer'], 'cbor.type.nint').at(-1)!)
  return whole(shown < 0n ? shown : -1n - shown) // it shows the argument of a short one, the value of a long one
}

test('SenML CBOR: every name and value in its record [RFC 8428 §6]', async () => {
  const found = await dissected(senmlCbor, contentFormats.senmlCbor)
  for (const [index, { nodes }] of samples.entries()) {
    const pack = (found[index]!['cbor'] as Dissected)['cbor.item.array'] as Dissected
    const records = many(pack['cbor.item.map'])
    expect(records, about).toHaveLength(nodes.length)
    let base = ''
    for (const [at, { path, value, type }] of nodes.entries()) {
      const strings = texts(records[at]!['cbor.item.textstring'], 'cbor.type.textstring')
      const own = typeof value === 'string' ? 1 : isLink(value) ? 2 : 0
      const names = strings.slice(0, strings.length - own)
      if (at === 0) base = names[0]!
      expect(base + (at === 0 ? (names[1] ?? '') : (names[0] ?? '')), about).toBe(formatPath(path))
      expect(cborValue(records[at]!, strings, value, type), about).toEqual(value)
      if (type === 'float') expect(floatsIn(records[at]!).some(near(value as number)), `${about}: ${value as number}`).toBe(true)
    }
  }
})
const floatsIn = (record: Dissected): readonly number[] =>
  Object.entries(flat(record)).flatMap(([name, shown]) => (name.startsWith('cbor.type.float') ? [Number(shown)] : []))
/** It prints floats with few digits. */
const near = (value: number) => (shown: number) => Math.abs(shown - value) <= Math.abs(value) * 1e-5 + 1e-300
const flat = (tree: Dissected): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(tree).flatMap(([name, item]) =>
      typeof item === 'object' && item !== null ? Object.entries(flat(item as Dissected)) : [[name, item]],
    ),
  )

test('LwM2M CBOR is CBOR, whole and with nothing behind it [RFC 8949 §3]', async () => {
  const found = await dissected(lwm2mCbor, contentFormats.cbor)
  for (const [index, { nodes }] of samples.entries()) {
    const shown = JSON.stringify(found[index]!['cbor'])
    for (const { value } of nodes) {
      if (typeof value === 'string') expect(shown, about).toContain(JSON.stringify(value))
      if (isLink(value)) expect(shown, about).toContain(`"${value.object}:${value.instance}"`)
      if (value instanceof Uint8Array)
        expect(shown, about).toContain(
          `"${Buffer.from(value)
            .toString('hex')
            .replace(/..(?=.)/g, '$&:')}"`,
        )
    }
  }
})

// ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An object as tshark shows it: each member's text. */
const membersOf = (object: Dissected): Readonly<Record<string, string>> =>
  Object.fromEntries(
    many(object['json.member_tree']).map((member) => [
      String(member['json.key']),
      (member['json.value.string'] ?? member['json.value.number'] ?? ('json.value.true' in member ? 'true' : 'false')) as string,
    ]),
  )
const fromJson = (written: string | undefined, { value, type }: Sample['nodes'][number], base64: BufferEncoding): unknown => {
  if (written === undefined) return undefined
  if (type === 'float') return Number(written)
  if (typeof value === 'number' || typeof value === 'bigint') return whole(BigInt(written))
  if (typeof value === 'boolean') return written === 'true'
  if (value instanceof Uint8Array) return new Uint8Array(Buffer.from(written, base64))
  return isLink(value) ? { object: Number(written.split(':')[0]), instance: Number(written.split(':')[1]) } : written
}
const labelOf = (value: Value, [number, text, truth, octets, link]: readonly string[]): string =>
  typeof value === 'string'
    ? text!
    : typeof value === 'boolean'
      ? truth!
      : value instanceof Uint8Array
        ? octets!
        : isLink(value)
          ? link!
          : number!

describe.each([
  { format: senmlJson, contentFormat: contentFormats.senmlJson, labels: ['v', 'vs', 'vb', 'vd', 'vlo'], base64: 'base64url' as const },
  { format: senmlEtchJson, contentFormat: contentFormats.senmlJson, labels: ['v', 'vs', 'vb', 'vd', 'vlo'], base64: 'base64url' as const },
  { format: json, contentFormat: contentFormats.json, labels: ['v', 'sv', 'bv', 'sv', 'ov'], base64: 'base64' as const },
])('$format.name', ({ format, contentFormat, labels, base64 }) => {
  test('every name and value in its record, whole numbers exactly', async () => {
    const found = await dissected(format, contentFormat)
    for (const [index, { nodes }] of samples.entries()) {
      const root = found[index]!['json'] as Dissected
      const isPack = root['json.array'] !== undefined
      const document = isPack ? undefined : (root['json.object'] as Dissected)
      const array = isPack
        ? root['json.array']
        : many(document!['json.member_tree']).find((member) => member['json.key'] === 'e')!['json.array']
      const records = many((array as Dissected)['json.object']).map(membersOf)
      const base = (document === undefined ? records[0]! : membersOf(document))['bn']!
      expect(
        records.map(({ n = '' }) => base + n),
        about,
      ).toEqual(nodes.map(({ path }) => formatPath(path)))
      expect(
        records.map((record, at) => fromJson(record[labelOf(nodes[at]!.value, labels)], nodes[at]!, base64)),
        about,
      ).toEqual(nodes.map(({ value }) => value))
    }
  })
})
