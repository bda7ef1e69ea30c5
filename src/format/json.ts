/** OMA JSON: a base and entries below it, for peers of LwM2M 1.0 (LwM2M 1.0.2 §6.4.4; Core 1.2.2 §7.5.6.1). */
import { formatPath } from '../model/path.ts'
import { isLink, type ResourceType, type Value } from '../model/value.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { contentFormats, fault, isFault, type Format, type FormatContext, type FormatFault, type Node } from './format.ts'
import { isFlawed, isJsonNumber, isJsonObject, numberOf, readJson, type Json } from './json-read.ts'
import { writeArray, writeNumber, writeObject, writeString } from './json-write.ts'
import { checked, placeNamed } from './nodes.ts'
import { recordsOf, type SenmlRecord } from './senml.ts'
import { formatText, parseText } from './text.ts'
import { encodeUtf8 } from './utf8.ts'

/** Content-Format 11543. Opaque values travel as base64, links as `object:instance`; what carries no base name counts from the path of the request. */
export const json: Format = {
  contentFormat: contentFormats.json,
  name: 'json',
  structured: true,
  decode: (bytes, context) => {
    const document = readDocument(bytes)
    if (isFault(document)) return document
    const nodes: Node[] = []
    for (const entry of document.entries) {
      const node = readEntry(entry, document, context)
      if (isFault(node)) return node
      nodes.push(node)
    }
    return checked(nodes, context)
  },
  encode: (nodes, context) => {
    const sound = checked(nodes, context)
    if (isFault(sound)) return sound
    const { path, typeOf, isMultiple } = context
    const records = recordsOf(nodes, { path, typeOf, isMultiple }) // LwM2M 1.0 has no alternate paths in names
    const entries: string[] = []
    for (const record of records) {
      const entry = writeEntry(record)
      if (typeof entry !== 'string') return entry
      entries.push(entry)
    }
    return encodeUtf8(writeDocument(records[0], formatPath(context.path), entries))
  },
}

// ── decoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Members = ReadonlyMap<string, Json>
interface Document {
  readonly baseName: string | undefined
  readonly baseTime: number | undefined
  readonly entries: readonly Members[]
}

const readDocument = (bytes: Uint8Array): Document | FormatFault => {
  const read = readJson(bytes)
  if (isFlawed(read)) return fault('malformed', `JSON: ${read.flaw} at ${read.offsetBytes}`)
  if (!isJsonObject(read)) return fault('malformed', 'a payload is an object')
  const baseName = read.get('bn')
  const baseTime = readTime(read.get('bt'))
  const entries = read.get('e')
  if (baseName !== undefined && typeof baseName !== 'string') return fault('malformed', 'bn is no text')
  if (isFault(baseTime)) return baseTime
  if (!Array.isArray(entries)) return fault('malformed', 'e is no array')
  return entries.every(isJsonObject) ? { baseName, baseTime: baseTime.seconds, entries } : fault('malformed', 'an entry is an object')
}
const readTime = (item: Json | undefined): { readonly seconds: number | undefined } | FormatFault => {
  if (item === undefined) return { seconds: undefined }
  const seconds = isJsonNumber(item) ? numberOf(item) : undefined
  return seconds === undefined ? fault('malformed', 'a time is no number') : { seconds: Number(seconds) }
}

const readEntry = (entry: Members, { baseName, baseTime }: Document, context: FormatContext): Node | FormatFault => {
  const written = entry.get('n') ?? ''
  if (typeof written !== 'string') return fault('malformed', 'n is no text')
  const name = wholeName(written, baseName, context)
  const path = placeNamed(name, context)
  if (path === undefined || name === '') return fault('path', `${JSON.stringify(name)} is no path`)
  const time = readTime(entry.get('t'))
  if (isFault(time)) return time
  const value = readValue(entry, context.typeOf(path), name)
  if (isFault(value)) return value
  if (time.seconds === undefined && baseTime === undefined) return { path, ...value }
  return { path, ...value, time: (baseTime ?? 0) + (time.seconds ?? 0) }
}
/** Names are what follows the base name; without one, whole, or what follows the path of the request. */
const wholeName = (name: string, baseName: string | undefined, { path }: FormatContext): string => {
  if (baseName !== undefined && baseName !== '') return baseName + name
  return name.startsWith('/') ? name : name === '' ? formatPath(path) : `${formatPath(path).replace(/\/$/, '')}/${name}`
}

/** The types that each label carries; the first is meant where the type is not known. */
const labels: Readonly<Record<string, readonly ResourceType[]>> = {
  v: ['float', 'integer', 'unsigned', 'time'],
  sv: ['string', 'corelnk', 'opaque', 'objlnk'],
  bv: ['boolean'],
  ov: ['objlnk'],
}
const readValue = (entry: Members, type: ResourceType | undefined, name: string): { readonly value: Value } | FormatFault => {
  const found = Object.keys(labels).filter((label) => entry.has(label))
  const [label] = found
  if (label === undefined || found.length > 1) return fault('malformed', `${name} has ${found.length} values`)
  const item = entry.get(label)!
  const carried = labels[label]!
  if (type !== undefined && !carried.includes(type)) return fault('type', `${name} is no ${type}: ${label}`)
  const value = valueOf(item, label, type ?? carried[0]!, type !== undefined)
  return value === undefined ? fault('type', `${name} is no ${type ?? carried[0]}`) : { value }
}
const valueOf = (item: Json, label: string, type: ResourceType, known: boolean): Value | undefined => {
  if (label === 'v') {
    const value = isJsonNumber(item) ? numberOf(item) : undefined
    return value === undefined || !known ? value : type === 'float' ? Number(value) : Object.is(value, -0) ? 0 : value
  }
  if (label === 'bv') return typeof item === 'boolean' ? item : undefined
  if (typeof item !== 'string') return undefined
  return type === 'opaque' ? decodeBase64(item) : parseText(type, item)
}

// ── encoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const writeDocument = (first: SenmlRecord | undefined, path: string, entries: readonly string[]): string => {
  const { baseName = path, baseTime } = first ?? {}
  const base = baseTime === undefined ? [] : [['bt', writeNumber(baseTime)!] as const]
  return writeObject([['bn', writeString(baseName)], ...base, ['e', writeArray(entries)]])
}
const writeEntry = ({ baseName, name, value, time, baseTime }: SenmlRecord): string | FormatFault => {
  const written = writeValue(value!)
  const at = time === undefined ? undefined : writeNumber(time)
  if (written === undefined || (time !== undefined && at === undefined) || !Number.isFinite(baseTime ?? 0))
    return fault('unsupported', `JSON has no such number: ${name ?? baseName ?? ''}`)
  return writeObject([
    ...(name === undefined ? [] : [['n', writeString(name)] as const]),
    written,
    ...(at === undefined ? [] : [['t', at] as const]),
  ])
}
const writeValue = (value: Value): readonly [label: string, written: string] | undefined => {
  if (typeof value === 'string') return ['sv', writeString(value)]
  if (typeof value === 'boolean') return ['bv', String(value)]
  if (value instanceof Uint8Array) return ['sv', writeString(encodeBase64(value))]
  if (typeof value === 'object') return isLink(value) ? ['ov', writeString(formatText(value)!)] : undefined
  const number = writeNumber(value)
  return number === undefined ? undefined : ['v', number]
}
