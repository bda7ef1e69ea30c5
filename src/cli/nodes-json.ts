/** Values in their places as JSON and back: `{ path, type, value, time }`, whole numbers exactly, octets as base64, links as `object:instance`. */
import { Lwm2mError } from '../core/error.ts'
import { decodeBase64Url, encodeBase64 } from '../format/base64.ts'
import type { Node, Patch } from '../format/format.ts'
import { isFlawed, isJsonNumber, isJsonObject, numberOf, readJson, type Json } from '../format/json-read.ts'
import { writeNumber, writeObject, writeString } from '../format/json-write.ts'
import { formatText, parseText } from '../format/text.ts'
import { formatPath, parsePath, type Path } from '../model/path.ts'
import { isLink, type ResourceType, type Value } from '../model/value.ts'
import { plain } from './escape.ts'

/** What to write: values, places that go, places alone, and the types that were said. */
export interface Given extends Patch {
  readonly paths: readonly Path[]
  readonly types: ReadonlyMap<string, ResourceType>
}

/** All resource types. */
export const resourceTypes: readonly ResourceType[] = [
  'string',
  'integer',
  'unsigned',
  'float',
  'boolean',
  'opaque',
  'time',
  'objlnk',
  'corelnk',
]
export const isResourceType = (text: string): text is ResourceType => (resourceTypes as readonly string[]).includes(text)

/** One item a line. */
export const writeNodes = ({ nodes, deleted }: Patch, typeOf: (path: Path) => ResourceType | undefined): string =>
  lines([
    ...nodes.map((node) => writeNode(node, typeOf(node.path))),
    ...deleted.map((path) =>
      writeObject([
        ['path', writeString(formatPath(path))],
        ['deleted', 'true'],
      ]),
    ),
  ])
/** An array, an item a line; what would move a terminal is escaped, which is the same to JSON. */
export const lines = (items: readonly string[]): string =>
  items.length === 0 ? '[]' : `[\n${items.map((item) => `  ${plain(item)}`).join(',\n')}\n]`

const writeNode = ({ path, value, time }: Node, type: ResourceType | undefined): string =>
  writeObject([
    ['path', writeString(formatPath(path))],
    ['type', writeString(type ?? kindOf(value))],
    ['value', writeValue(value)],
    ...(time === undefined ? [] : [['time', writeNumber(time) ?? 'null'] as const]),
  ])
const writeValue = (value: Value): string => {
  if (typeof value === 'number' || typeof value === 'bigint') return writeNumber(value) ?? writeString(String(value))
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return writeString(value)
  return writeString(isLink(value) ? formatText(value)! : encodeBase64(value))
}
const kindOf = (value: Value): ResourceType => {
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value as 'string' | 'boolean'
  if (typeof value === 'bigint') return value < 0n || value < 2n ** 63n ? 'integer' : 'unsigned'
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'integer' : 'float'
  return isLink(value) ? 'objlnk' : 'opaque'
}

/** What JSON of the same shape says; an item may be a path alone. Error: `invalid`. */
export const readNodes = (bytes: Uint8Array, typeOf: (path: Path) => ResourceType | undefined): Given => {
  const read = readJson(bytes, { maxBytes: 1 << 26 })
  if (isFlawed(read)) throw new Lwm2mError('invalid', `that is no JSON: ${read.flaw} at ${read.offsetBytes}`)
  const items = Array.isArray(read) ? (read as readonly Json[]) : [read]
  const nodes: Node[] = []
  const deleted: Path[] = []
  const paths: Path[] = []
  const types = new Map<string, ResourceType>()
  for (const item of items) {
    const written = isJsonObject(item) ? item.get('path') : item
    const path = typeof written === 'string' ? parsePath(written) : undefined
    if (path === undefined) throw new Lwm2mError('invalid', 'an item needs a path', { hint: '{"path":"/3/0/9","value":100}' })
    if (!isJsonObject(item) || (!item.has('value') && item.get('deleted') !== true)) paths.push(path)
    else if (item.get('deleted') === true) deleted.push(path)
    else nodes.push(readNode(path, item, types, typeOf))
  }
  return { nodes, deleted, paths, types }
}
const readNode = (
  path: Path,
  item: ReadonlyMap<string, Json>,
  types: Map<string, ResourceType>,
  typeOf: (path: Path) => ResourceType | undefined,
): Node => {
  const said = item.get('type')
  if (said !== undefined && (typeof said !== 'string' || !isResourceType(said)))
    throw new Lwm2mError('invalid', `${formatPath(path)}: a type is one of ${resourceTypes.join(', ')}`)
  if (said !== undefined) types.set(formatPath(path), said)
  const type = said ?? typeOf(path)
  const value = valueFrom(item.get('value')!, type)
  const time = item.get('time')
  const at = isJsonNumber(time) ? numberOf(time) : undefined
  if (value === undefined) throw new Lwm2mError('invalid', `${formatPath(path)} is no ${type ?? 'value'}`)
  if (time !== undefined && at === undefined) throw new Lwm2mError('invalid', `${formatPath(path)}: a time is a number`)
  return at === undefined ? { path, value } : { path, value, time: Number(at) }
}
const valueFrom = (json: Json, type: ResourceType | undefined): Value | undefined => {
  if (isJsonNumber(json)) {
    const value = numberOf(json)
    return type === 'float' && value !== undefined ? Number(value) : value
  }
  if (typeof json !== 'string') return typeof json === 'boolean' ? json : undefined
  if (type === 'opaque') return decodeBase64Url(json)
  if (type === 'float' && /^(NaN|-?Infinity)$/.test(json)) return Number(json)
  return type === undefined ? json : parseText(type, json)
}
