/** SenML JSON: packs of records with names for labels (RFC 8428 §5; LwM2M Core §7.4.4). */
import { isLink, type Value } from '../model/value.ts'
import { decodeBase64Url, encodeBase64Url } from './base64.ts'
import { contentFormats, fault, isFault, type Format, type FormatFault, type Patch } from './format.ts'
import { isFlawed, isJsonNumber, isJsonObject, numberOf, readJson, type Json } from './json-read.ts'
import { writeArray, writeNumber, writeObject, writeString } from './json-write.ts'
import { checked } from './nodes.ts'
import { nodesOf, parseLink, pathRecordsOf, pathsOf, recordsOf, type SenmlRecord } from './senml.ts'
import { formatText } from './text.ts'
import { encodeUtf8 } from './utf8.ts'

/** Content-Format 110. What is deleted has no words here: that is SenML-ETCH. */
export const senmlJson: Format = {
  contentFormat: contentFormats.senmlJson,
  name: 'senml-json',
  structured: true,
  decode: (bytes, context) => {
    const records = decodeJsonRecords(bytes)
    return isFault(records) ? records : nodesOf(records, context)
  },
  encode: (nodes, context) => {
    const sound = checked(nodes, context)
    return isFault(sound) ? sound : encodeJsonRecords(recordsOf(nodes, context))
  },
  decodePaths: (bytes, context) => {
    const records = decodeJsonRecords(bytes)
    return isFault(records) ? records : pathsOf(records, context)
  },
  encodePaths: (paths, context) => {
    const records = pathRecordsOf(paths, context)
    return isFault(records) ? records : encodeJsonRecords(records)
  },
  decodePatch: (bytes, context) => {
    const nodes = senmlJson.decode(bytes, context)
    return isFault(nodes) ? nodes : { nodes, deleted: [] }
  },
  encodePatch: ({ nodes, deleted }: Patch, context) =>
    deleted.length === 0 ? senmlJson.encode(nodes, context) : fault('unsupported', 'SenML deletes nothing: SenML-ETCH does'),
}

/** The records of a pack, as they are written. */
export const decodeJsonRecords = (bytes: Uint8Array): readonly SenmlRecord[] | FormatFault => {
  const pack = readJson(bytes)
  if (isFlawed(pack)) return fault('malformed', `JSON: ${pack.flaw} at ${pack.offsetBytes}`)
  if (!Array.isArray(pack)) return fault('malformed', 'a pack is an array of records')
  const records: SenmlRecord[] = []
  for (const item of pack as readonly Json[]) {
    const record = isJsonObject(item) ? readRecord(item) : fault('malformed', 'a record is an object')
    if (isFault(record)) return record
    records.push(record)
  }
  return records
}

const readRecord = (members: ReadonlyMap<string, Json>): SenmlRecord | FormatFault => {
  let record: SenmlRecord = {}
  for (const [label, item] of members) {
    const read = fields.get(label)
    if (read === undefined) {
      if (label.endsWith('_')) return fault('malformed', `${JSON.stringify(label)} must be understood`)
      record = { unknown: label, ...record } // passed over, but not where places are asked for (RFC 8428 §4.4, RFC 8790 §3.1)
      continue
    }
    const field = read(item)
    if (field === undefined) return fault('malformed', `label ${label} holds something else`)
    if (field.value !== undefined && record.value !== undefined) return fault('malformed', 'a record has one value')
    record = { ...record, ...field }
  }
  return record
}

type Reader = (item: Json) => SenmlRecord | undefined
const readNumber = (item: Json): number | bigint | undefined => (isJsonNumber(item) ? numberOf(item) : undefined)
const number =
  (field: 'baseTime' | 'baseVersion' | 'time'): Reader =>
  (item) => {
    const read = readNumber(item)
    return read === undefined ? undefined : { [field]: Number(read) }
  }
const text =
  (field: 'baseName' | 'name' | 'value'): Reader =>
  (item) =>
    typeof item === 'string' ? { [field]: item } : undefined
const value = (read: Value | undefined): SenmlRecord | undefined => (read === undefined ? undefined : { value: read })

/** Resources have their units from their definitions. */
const unit: Reader = (item) => (typeof item === 'string' ? {} : undefined)

const fields: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['bver', number('baseVersion')],
  ['bn', text('baseName')],
  ['bt', number('baseTime')],
  [
    'bv',
    (item) => {
      const read = readNumber(item)
      return read === undefined ? undefined : { baseValue: read }
    },
  ],
  ['n', text('name')],
  ['u', unit],
  ['bu', unit],
  ['t', number('time')],
  ['v', (item) => (item === null ? { value: null } : value(readNumber(item)))],
  ['vs', text('value')],
  ['vb', (item) => (typeof item === 'boolean' ? { value: item } : undefined)],
  ['vd', (item) => (typeof item === 'string' ? value(decodeBase64Url(item)) : undefined)],
  ['vlo', (item) => (typeof item === 'string' ? value(parseLink(item)) : undefined)],
])

/** The octets of a pack; `unsupported` for a number that JSON cannot say. */
export const encodeJsonRecords = (records: readonly SenmlRecord[]): Uint8Array | FormatFault => {
  const items: string[] = []
  for (const record of records) {
    const members = membersOf(record)
    const missing = members.find(([, written]) => written === undefined)
    if (missing !== undefined)
      return fault('unsupported', `JSON has no such number: ${missing[0]} of ${record.name ?? record.baseName ?? ''}`)
    items.push(writeObject(members as readonly (readonly [string, string])[]))
  }
  return encodeUtf8(writeArray(items))
}
type Member = readonly [label: string, written: string | undefined]
const membersOf = ({ baseName, baseTime, name, time, value: held }: SenmlRecord): readonly Member[] => [
  ...(baseName === undefined ? [] : [['bn', writeString(baseName)] as const]),
  ...(baseTime === undefined ? [] : [['bt', writeNumber(baseTime)] as const]),
  ...(name === undefined ? [] : [['n', writeString(name)] as const]),
  ...(time === undefined ? [] : [['t', writeNumber(time)] as const]),
  ...(held === undefined ? [] : [held === null ? (['v', 'null'] as const) : writeValue(held)]),
]
const writeValue = (held: Value): Member => {
  if (typeof held === 'string') return ['vs', writeString(held)]
  if (typeof held === 'boolean') return ['vb', String(held)]
  if (typeof held === 'object') return isLink(held) ? ['vlo', writeString(formatText(held)!)] : ['vd', writeString(encodeBase64Url(held))]
  return ['v', writeNumber(held)]
}
