/** LwM2M CBOR: maps of IDs in maps of IDs, down to the values (LwM2M Core 1.2.2 §7.5.4). */
import { contains, depth, formatPath, type Path } from '../model/path.ts'
import { readCbor } from './cbor-read.ts'
import { valueOf, writeValue } from './cbor-value.ts'
import { cborWriter, type CborWriter } from './cbor-write.ts'
import { contentFormats, fault, isFault, type Format, type FormatContext, type FormatFault, type Node } from './format.ts'
import { checked } from './nodes.ts'

/**
 * Content-Format 11544. Keys begin at the Object ID, whatever was asked for; several IDs may be one key, an array.
 * It has no times, no deletions, and no lists of places.
 */
export const lwm2mCbor: Format = {
  contentFormat: contentFormats.lwm2mCbor,
  name: 'lwm2m-cbor',
  structured: true,
  decode: (bytes, context) => {
    // a map for the prefix, and one for each of the four IDs
    const read = readCbor(bytes, { depth: 5, arrayKeys: true })
    if (isFault(read)) return read
    if (!(read.item instanceof Map)) return fault('malformed', 'a payload is a map')
    const nodes: Node[] = []
    return readMap(read.item, [], nodes, context) ?? checked(nodes, context)
  },
  encode: (nodes, context) => {
    const sound = checked(nodes, context)
    if (isFault(sound)) return sound
    if (nodes.some(({ time }) => time !== undefined)) return fault('unsupported', 'lwm2m-cbor has no times')
    const writer = cborWriter()
    const objects = groupedBy(nodes, 0)
    writer.map(objects.size)
    for (const group of objects.values()) writeObject(writer, group, context)
    return writer.bytes()
  },
  decodePatch: (bytes, context) => {
    const nodes = lwm2mCbor.decode(bytes, context)
    return isFault(nodes) ? nodes : { nodes, deleted: [] }
  },
  encodePatch: ({ nodes, deleted }, context) =>
    deleted.length === 0 ? lwm2mCbor.encode(nodes, context) : fault('unsupported', 'lwm2m-cbor deletes nothing'),
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a key says so far: the end device of a gateway, if any, then IDs from the Object on. */
type Keys = readonly (string | number)[]

const readMap = (map: ReadonlyMap<unknown, unknown>, outer: Keys, nodes: Node[], context: FormatContext): FormatFault | undefined => {
  for (const [key, item] of map) {
    const keys = extended(outer, key)
    const path = keys === undefined ? undefined : placeOf(keys, context)
    if (keys === undefined || path === undefined) return fault('path', `${shown([...outer, ...[key].flat()])} is no path`)
    const wrong = item instanceof Map ? readMap(item, keys, nodes, context) : readLeaf(item, path, nodes, context)
    if (wrong !== undefined) return wrong
    if (item instanceof Map && item.size === 0 && !isAkin(path, context.path)) return fault('path', `${formatPath(path)} was not asked for`)
  }
  return undefined
}
const extended = (outer: Keys, key: unknown): Keys | undefined => {
  const inner: readonly unknown[] = Array.isArray(key) ? key : [key]
  if (inner.length === 0) return undefined
  return inner.every((part) => typeof part === 'string' || typeof part === 'number') ? [...outer, ...inner] : undefined
}
const shown = (parts: readonly unknown[]) => parts.map(String).join('/')

const readLeaf = (item: unknown, path: Path, nodes: Node[], { typeOf }: FormatContext): FormatFault | undefined => {
  if (depth(path) < 3) return fault('path', `${formatPath(path)} is no place for a value`)
  const type = typeOf(path)
  const value = valueOf(item, type)
  if (value === undefined) return fault('type', `${formatPath(path)} is no ${type ?? 'value'}`)
  nodes.push({ path, value })
  return undefined
}

/** The place that keys name: no text but the end device's, below an Object 65535 for the Object Instance that Create makes, and nothing deeper than a Resource Instance. */
const placeOf = (keys: Keys, { path, prefix, root }: FormatContext): Path | undefined => {
  const named = typeof keys[0] === 'string'
  if (named && keys[0] !== prefix && `/${keys[0]}` !== root) return undefined
  if (!named && prefix !== undefined) return undefined
  const ids = named ? keys.slice(1) : keys
  if (ids.length > 4 || !ids.every((id, level) => isId(id, level === 1 && depth(path) === 1 ? 65535 : 65534))) return undefined
  const [object, instance, resource, resourceInstance] = ids as readonly number[]
  return { object, instance, resource, resourceInstance }
}
const isId = (id: string | number, max: number) => typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= max
const isAkin = (a: Path, b: Path) => contains(a, b) || contains(b, a)

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const idAt = ({ object, instance, resource, resourceInstance }: Path, level: number): number | undefined =>
  level === 0 ? object : level === 1 ? instance : level === 2 ? resource : level === 3 ? resourceInstance : undefined

/** The nodes by their ID at a level, in the order in which the IDs come first. */
const groupedBy = (nodes: readonly Node[], level: number): ReadonlyMap<number, readonly Node[]> => {
  const groups = new Map<number, Node[]>()
  for (const node of nodes) {
    const id = idAt(node.path, level)!
    const group = groups.get(id)
    if (group === undefined) groups.set(id, [node])
    else group.push(node)
  }
  return groups
}

/** One key down to where the places part, then a map for each level. */
const writeObject = (writer: CborWriter, nodes: readonly Node[], context: FormatContext) => {
  const first = nodes[0]!.path
  let level = 1
  while (idAt(first, level) !== undefined && nodes.every(({ path }) => idAt(path, level) === idAt(first, level))) level++
  const parts = level + (context.prefix === undefined ? 0 : 1)
  if (parts > 1) writer.array(parts)
  if (context.prefix !== undefined) writer.text(context.prefix)
  for (let at = 0; at < level; at++) writer.integer(idAt(first, at)!)
  writeBelow(writer, nodes, level, context)
}
const writeBelow = (writer: CborWriter, nodes: readonly Node[], level: number, context: FormatContext): void => {
  const [{ path, value }] = nodes as readonly [Node]
  if (idAt(path, level) === undefined) return writeValue(writer, value, context.typeOf(path))
  const groups = groupedBy(nodes, level)
  writer.map(groups.size)
  for (const [id, group] of groups) {
    writer.integer(id)
    writeBelow(writer, group, level + 1, context)
  }
}
