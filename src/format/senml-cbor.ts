/** SenML CBOR: packs of records with small integers for labels (RFC 8428 §6; LwM2M Core §7.4.4). */
import { Decoder } from 'cbor-x/decode'
import { isLink, type ResourceType, type Value } from '../model/value.ts'
import { scanCbor } from './cbor-scan.ts'
import { cborWriter, type CborWriter } from './cbor-write.ts'
import { contentFormats, fault, isFault, type Format, type FormatContext, type FormatFault, type Node } from './format.ts'
import { checked } from './nodes.ts'
import { nameIn, nodesOf, parseLink, type SenmlRecord } from './senml.ts'
import { formatText } from './text.ts'

/** Content-Format 112. Answers carry one base name, the path of the request. */
export const senmlCbor: Format = {
  contentFormat: contentFormats.senmlCbor,
  name: 'senml-cbor',
  structured: true,
  decode: (bytes, context) => {
    const records = decodeRecords(bytes)
    return isFault(records) ? records : nodesOf(records, context)
  },
  encode: (nodes, context) => {
    const sound = checked(nodes, context)
    if (isFault(sound)) return sound
    const writer = cborWriter()
    writer.array(nodes.length)
    for (const [index, node] of nodes.entries()) writeRecord(writer, node, context, index === 0)
    return writer.bytes()
  },
}

const decoder = new Decoder({ useRecords: false, mapsAsObjects: false })

/** The records of a pack, as they are written. */
export const decodeRecords = (bytes: Uint8Array): readonly SenmlRecord[] | FormatFault => {
  const flaw = scanCbor(bytes, 4)
  if (flaw !== undefined) return fault('malformed', `CBOR: ${flaw}`)
  const pack: unknown = decoder.decode(bytes)
  if (!Array.isArray(pack)) return fault('malformed', 'a pack is an array of records')
  const records: SenmlRecord[] = []
  for (const item of pack) {
    const record = item instanceof Map ? readRecord(item) : fault('malformed', 'a record is a map')
    if (isFault(record)) return record
    records.push(record)
  }
  return records
}

const readRecord = (map: ReadonlyMap<unknown, unknown>): SenmlRecord | FormatFault => {
  let record: SenmlRecord = {}
  for (const [label, item] of map) {
    const read = fields.get(label)
    if (read === undefined) {
      if (typeof label === 'string' && label.endsWith('_')) return fault('malformed', `${label} must be understood`)
      continue // what is not known is passed over (RFC 8428 §4.4)
    }
    const field = read(item)
    if (field === undefined) return fault('malformed', `label ${String(label)} holds something else`)
    if (field.value !== undefined && record.value !== undefined) return fault('malformed', 'a record has one value')
    record = { ...record, ...field }
  }
  return record
}

type Reader = (item: unknown) => SenmlRecord | undefined
const seconds = (item: unknown): number | undefined => {
  const time = typeof item === 'bigint' ? Number(item) : item
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined
}
const fields: ReadonlyMap<unknown, Reader> = new Map<unknown, Reader>([
  [-1, (item) => (typeof item === 'number' ? { baseVersion: item } : undefined)],
  [-2, (item) => (typeof item === 'string' ? { baseName: item } : undefined)],
  [-3, (item) => (seconds(item) === undefined ? undefined : { baseTime: seconds(item)! })],
  [-5, (item) => (typeof item === 'number' || typeof item === 'bigint' ? { baseValue: item } : undefined)],
  [0, (item) => (typeof item === 'string' ? { name: item } : undefined)],
  [2, (item) => (typeof item === 'number' || typeof item === 'bigint' ? { value: item } : undefined)],
  [3, (item) => (typeof item === 'string' ? { value: item } : undefined)],
  [4, (item) => (typeof item === 'boolean' ? { value: item } : undefined)],
  [6, (item) => (seconds(item) === undefined ? undefined : { time: seconds(item)! })],
  [8, (item) => (item instanceof Uint8Array ? { value: new Uint8Array(item) } : undefined)],
  ['vlo', readLink],
])
function readLink(item: unknown): SenmlRecord | undefined {
  const link = typeof item === 'string' ? parseLink(item) : undefined
  return link === undefined ? undefined : { value: link }
}

const writeRecord = (writer: CborWriter, { path, value, time }: Node, context: FormatContext, first: boolean) => {
  const { base, name } = nameIn(context.path, path)
  writer.map((first ? 1 : 0) + (name === '' ? 0 : 1) + 1 + (time === undefined ? 0 : 1))
  if (first) {
    writer.integer(-2)
    writer.text(base)
  }
  if (name !== '') {
    writer.integer(0)
    writer.text(name)
  }
  writeValue(writer, value, context.typeOf(path))
  if (time === undefined) return
  writer.integer(6)
  writeNumber(writer, time)
}
const writeValue = (writer: CborWriter, value: Value, type: ResourceType | undefined) => {
  if (typeof value === 'number' || typeof value === 'bigint') {
    writer.integer(2)
    if (type === 'float') writer.float(Number(value))
    else writeNumber(writer, value)
  } else if (typeof value === 'string') {
    writer.integer(3)
    writer.text(value)
  } else if (typeof value === 'boolean') {
    writer.integer(4)
    writer.boolean(value)
  } else if (isLink(value)) {
    writer.text('vlo')
    writer.text(formatText(value)!)
  } else {
    writer.integer(8)
    writer.octets(value)
  }
}
const writeNumber = (writer: CborWriter, value: number | bigint) =>
  typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0)) ? writer.integer(value) : writer.float(value)
