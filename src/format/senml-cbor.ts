/** SenML CBOR: packs of records with small integers for labels (RFC 8428 §6; LwM2M Core §7.4.4). */
import { isLink, type ResourceType, type Value } from '../model/value.ts'
import { readCbor } from './cbor-read.ts'
import { writeValue } from './cbor-value.ts'
import { cborWriter, type CborWriter } from './cbor-write.ts'
import { contentFormats, fault, isFault, type Format, type FormatFault } from './format.ts'
import { checked } from './nodes.ts'
import { nodesOf, parseLink, pathRecordsOf, pathsOf, recordsOf, type SenmlRecord } from './senml.ts'

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
    return isFault(sound) ? sound : encodeRecords(recordsOf(nodes, context), (index) => context.typeOf(nodes[index]!.path))
  },
  decodePaths: (bytes, context) => {
    const records = decodeRecords(bytes)
    return isFault(records) ? records : pathsOf(records, context)
  },
  encodePaths: (paths, context) => {
    const records = pathRecordsOf(paths, context)
    return isFault(records) ? records : encodeRecords(records)
  },
  // a write of several values; only SenML-ETCH can delete
  decodePatch: (bytes, context) => {
    const nodes = senmlCbor.decode(bytes, context)
    return isFault(nodes) ? nodes : { nodes, deleted: [] }
  },
  encodePatch: ({ nodes, deleted }, context) =>
    deleted.length === 0 ? senmlCbor.encode(nodes, context) : fault('unsupported', 'senml-cbor deletes nothing'),
}

/** The records of a pack, as they are written. */
export const decodeRecords = (bytes: Uint8Array): readonly SenmlRecord[] | FormatFault => {
  const read = readCbor(bytes, { depth: 4 })
  if (isFault(read)) return read
  if (!Array.isArray(read.item)) return fault('malformed', 'a pack is an array of records')
  const records: SenmlRecord[] = []
  for (const item of read.item as unknown[]) {
    const record = item instanceof Map ? readRecord(item) : fault('malformed', 'a record is a map')
    if (isFault(record)) return record
    records.push(record)
  }
  return records
}

/** A record in the making. */
type Draft = { -readonly [Field in keyof SenmlRecord]: SenmlRecord[Field] }

const readRecord = (map: ReadonlyMap<unknown, unknown>): SenmlRecord | FormatFault => {
  const record: Draft = { baseName: undefined, baseTime: undefined, name: undefined, time: undefined, value: undefined }
  let valued = false
  for (const [label, item] of map) {
    if (isValueLabel(label)) {
      if (valued) return fault('malformed', 'a record has one value')
      valued = true
      record.value = valueUnder(label, item)
      if (record.value === undefined) return fault('malformed', `label ${label} holds something else`)
    } else {
      const read = readField(record, label, item)
      if (read === undefined && typeof label === 'string' && label.endsWith('_')) return fault('malformed', `${label} must be understood`)
      if (read === undefined) record.unknown ??= String(label) // what is not known is passed over (RFC 8428 §4.4)
      if (read === false) return fault('malformed', `label ${String(label)} holds something else`)
    }
  }
  return record
}

type ValueLabel = 2 | 3 | 4 | 8 | 'vlo'
const isValueLabel = (label: unknown): label is ValueLabel => label === 2 || label === 3 || label === 4 || label === 8 || label === 'vlo'
const valueUnder = (label: ValueLabel, item: unknown): Value | null | undefined => {
  if (label === 2) return isNumber(item) || item === null ? item : undefined
  if (label === 4) return typeof item === 'boolean' ? item : undefined
  if (label === 8) return item instanceof Uint8Array ? new Uint8Array(item) : undefined
  if (typeof item !== 'string') return undefined
  return label === 3 ? item : parseLink(item)
}
const isNumber = (item: unknown): item is number | bigint => typeof item === 'number' || typeof item === 'bigint'

/** Puts a field into the record; `false` when the item cannot be one, `undefined` when the label is not known. */
const readField = (record: Draft, label: unknown, item: unknown): boolean | undefined => {
  switch (label) {
    case 0:
    case -2:
      if (typeof item !== 'string') return false
      record[label === 0 ? 'name' : 'baseName'] = item
      return true
    case 6:
    case -3: {
      const seconds = isNumber(item) ? Number(item) : NaN
      if (!Number.isFinite(seconds)) return false
      record[label === 6 ? 'time' : 'baseTime'] = seconds
      return true
    }
    case -5:
      record.baseValue = isNumber(item) ? item : undefined
      return isNumber(item)
    case -1:
      record.baseVersion = isNumber(item) ? Number(item) : undefined
      return isNumber(item)
    case 1:
    case -4: // units
      return typeof item === 'string'
    default:
      return undefined
  }
}

/** The octets of a pack; the type of each record's Resource says which numbers are floats. */
export const encodeRecords = (
  records: readonly SenmlRecord[],
  typeAt: (index: number) => ResourceType | undefined = () => undefined,
): Uint8Array => {
  const writer = cborWriter(64 + 16 * records.length)
  writer.array(records.length)
  for (let index = 0; index < records.length; index++) writeRecord(writer, records[index]!, typeAt(index))
  return writer.bytes()
}

const writeRecord = (writer: CborWriter, record: SenmlRecord, type: ResourceType | undefined) => {
  const { baseName, baseTime, name, time, value } = record
  writer.map(count(baseName) + count(baseTime) + count(name) + count(time) + count(value))
  if (baseName !== undefined) writeField(writer, -2, baseName)
  if (baseTime !== undefined) writeField(writer, -3, baseTime)
  if (name !== undefined) writeField(writer, 0, name)
  if (value !== undefined) writeLabelled(writer, value, type)
  if (time !== undefined) writeField(writer, 6, time)
}
const count = (field: unknown) => (field === undefined ? 0 : 1)
const writeField = (writer: CborWriter, label: number, value: string | number) => {
  writer.integer(label)
  if (typeof value === 'string') writer.text(value)
  else writer.number(value)
}
const writeLabelled = (writer: CborWriter, value: Value | null, type: ResourceType | undefined) => {
  if (value === null) {
    writer.integer(2)
    writer.null()
    return
  }
  if (typeof value === 'object' && isLink(value)) writer.text('vlo')
  else writer.integer(labelOf(value))
  writeValue(writer, value, type)
}
const labelOf = (value: Value): number => {
  if (typeof value === 'string') return 3
  if (typeof value === 'boolean') return 4
  return value instanceof Uint8Array ? 8 : 2
}
