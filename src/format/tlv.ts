/** OMA TLV: values in their places as nested type-length-value entries (LwM2M Core §7.4.5). */
import { depth, formatPath, type Path } from '../model/path.ts'
import { contentFormats, fault, isFault, type Format, type FormatContext, type FormatFault, type Node } from './format.ts'
import { checked } from './nodes.ts'
import { decodeTlvValue, encodeTlvValue } from './tlv-value.ts'

/** Content-Format 11542. A payload for an Object holds Object Instances, or the Resources of `context.instance`; one for anything below holds what lies below. */
export const tlv: Format = {
  contentFormat: contentFormats.tlv,
  name: 'tlv',
  structured: true,
  decode: (bytes, context) => {
    if (depth(context.path) === 0) return fault('path', 'TLV begins below an Object')
    const entries = readEntries(bytes)
    if (isFault(entries)) return entries
    const nodes: Node[] = []
    for (const entry of entries) {
      const wrong = place(entry, start(context), context, nodes)
      if (wrong !== undefined) return wrong
    }
    return checked(nodes, context)
  },
  instancesIn: (bytes, { path }) => {
    const entries = readEntries(bytes)
    if (isFault(entries)) return entries
    return depth(path) === 1 ? entries.filter(({ kind }) => kind === kinds.objectInstance).map(({ id }) => id) : []
  },
  encode: (nodes, context) => {
    if (depth(context.path) === 0) return fault('unsupported', 'TLV begins below an Object')
    const timed = nodes.find(({ time }) => time !== undefined)
    if (timed !== undefined) return fault('unsupported', 'TLV has no times')
    const sound = checked(nodes, context)
    return isFault(sound) ? sound : encodeLevel(nodes, depth(context.path), context)
  },
}

/** The two top bits of an entry's type. */
const kinds = { objectInstance: 0, resourceInstance: 1, multipleResource: 2, resource: 3 } as const
type Kind = (typeof kinds)[keyof typeof kinds]

interface Entry {
  readonly kind: Kind
  readonly id: number
  readonly value: Uint8Array
  /** Where the value begins, from the beginning of the payload. */
  readonly offsetBytes: number
}

// ── decoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The entries of one level; everything must be used up. Where the length has octets of its own, the bits for it in the type mean nothing. */
const readEntries = (bytes: Uint8Array, offsetBytes = 0): readonly Entry[] | FormatFault => {
  const entries: Entry[] = []
  let at = 0
  while (at < bytes.length) {
    const begun = at
    const type = bytes[at++]!
    const idSize = (type & 0x20) === 0 ? 1 : 2
    const lengthSize = (type >> 3) & 3
    const id = readNumber(bytes, at, idSize)
    const length = lengthSize === 0 ? type & 7 : readNumber(bytes, at + idSize, lengthSize)
    at += idSize + lengthSize
    if (id === undefined || length === undefined || at + length > bytes.length)
      return fault('malformed', `the entry at ${offsetBytes + begun} is cut short`)
    entries.push({ kind: (type >> 6) as Kind, id, value: bytes.subarray(at, at + length), offsetBytes: offsetBytes + at })
    at += length
  }
  return entries
}
const readNumber = (bytes: Uint8Array, at: number, size: number): number | undefined => {
  if (at + size > bytes.length) return undefined
  let value = 0
  for (let index = at; index < at + size; index++) value = value * 256 + bytes[index]!
  return value
}

/** Where entries of the top level lie: at least in an Object Instance, but not yet in a Resource that they name themselves. */
const start = ({ path: { object, instance } }: FormatContext): Path => ({ object, instance })

/** Puts the values of an entry and of what it holds into their places. */
const place = (entry: Entry, within: Path, context: FormatContext, nodes: Node[]): FormatFault | undefined => {
  const { kind, id } = entry
  const { object, instance = context.instance ?? 0, resource } = within
  if (id > 65534) return fault('path', `${id} is no ID`)
  switch (kind) {
    case kinds.objectInstance:
      if (resource !== undefined || (within.instance !== undefined && within.instance !== id))
        return fault('path', `Object Instance ${id} is out of place`)
      return placeAll(entry, { object, instance: id }, kinds.resource, context, nodes)
    case kinds.multipleResource:
      return placeAll(entry, { object, instance, resource: id }, kinds.resourceInstance, context, nodes)
    case kinds.resource:
      return placeValue(entry, { object, instance, resource: id }, context, nodes)
    case kinds.resourceInstance: {
      const holder = resource ?? context.path.resource
      if (holder === undefined) return fault('path', `Resource Instance ${id} is in no Resource`)
      return placeValue(entry, { object, instance, resource: holder, resourceInstance: id }, context, nodes)
    }
  }
}
/** An Object Instance holds Resources of either kind, a multiple Resource holds Resource Instances. */
const placeAll = (
  { value, offsetBytes }: Entry,
  within: Path,
  holds: Kind,
  context: FormatContext,
  nodes: Node[],
): FormatFault | undefined => {
  const entries = readEntries(value, offsetBytes)
  if (isFault(entries)) return entries
  for (const entry of entries) {
    const kind = entry.kind === kinds.multipleResource ? kinds.resource : entry.kind
    const wrong =
      kind === holds ? place(entry, within, context, nodes) : fault('malformed', `an entry is nested wrongly before ${entry.offsetBytes}`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
const placeValue = (entry: Entry, path: Path, context: FormatContext, nodes: Node[]): FormatFault | undefined => {
  const type = context.typeOf(path) ?? 'opaque'
  const value = decodeTlvValue(type, entry.value)
  if (value === undefined)
    return fault('type', `${formatPath(path)}: the ${entry.value.length} octets at ${entry.offsetBytes} are no ${type}`)
  nodes.push({ path, value })
  return undefined
}

// ── encoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The entries of what lies below a place of this depth; of a Resource (Instance), the entry itself. */
const encodeLevel = (nodes: readonly Node[], deep: number, context: FormatContext): Uint8Array | FormatFault => {
  if (deep === 4) return join(nodes.map((node) => encodeValue(kinds.resourceInstance, node.path.resourceInstance, node, context)))
  if (deep >= 2) return join(groups(nodes, 'resource').map(([id, group]) => encodeResource(id, group, context)))
  return join(groups(nodes, 'instance').map(([id, group]) => encodeInstance(id, encodeLevel(group, 2, context))))
}
/** The Resources of an Object Instance; those of one that has no ID yet stand alone (Create). */
const encodeInstance = (id: number, resources: Uint8Array | FormatFault) =>
  id === unnumbered ? resources : wrap(kinds.objectInstance, id, resources)
/** What stands for an ID that is still to be chosen. */
const unnumbered = 65535

const encodeResource = (id: number, nodes: readonly Node[], context: FormatContext): Uint8Array | FormatFault => {
  if (nodes[0]!.path.resourceInstance !== undefined) return wrap(kinds.multipleResource, id, encodeLevel(nodes, 4, context))
  return nodes.length === 1 ? encodeValue(kinds.resource, id, nodes[0]!, context) : fault('duplicate', `Resource ${id} comes twice`)
}
const encodeValue = (kind: Kind, id: number | undefined, { path, value }: Node, { typeOf }: FormatContext): Uint8Array | FormatFault => {
  if (id === undefined) return fault('path', 'a single value among Resource Instances')
  const bytes = encodeTlvValue(typeOf(path), value)
  return bytes === undefined ? fault('type', `no ${typeOf(path)}`) : wrap(kind, id, bytes)
}

/** Nodes by the ID at one level, in the order in which they come. */
const groups = (nodes: readonly Node[], level: 'instance' | 'resource'): readonly (readonly [number, readonly Node[]])[] => {
  const found = new Map<number, Node[]>()
  for (const node of nodes) {
    const id = node.path[level] ?? 0
    const group = found.get(id)
    if (group === undefined) found.set(id, [node])
    else group.push(node)
  }
  return [...found]
}

/** An entry around its octets: one octet of ID where it fits, the shortest length. */
const wrap = (kind: Kind, id: number, value: Uint8Array | FormatFault): Uint8Array | FormatFault => {
  if (isFault(value)) return value
  const { length } = value
  const lengthSize = length < 8 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3
  if (length >= 0x1000000) return fault('unsupported', 'longer than an entry can say')
  const wide = id > 255
  const head = [(kind << 6) | (wide ? 0x20 : 0) | (lengthSize << 3) | (lengthSize === 0 ? length : 0), ...(wide ? [id >> 8] : []), id & 255]
  for (let shift = (lengthSize - 1) * 8; shift >= 0; shift -= 8) head.push((length >> shift) & 255)
  return join([Uint8Array.from(head), value])
}
const join = (pieces: readonly (Uint8Array | FormatFault)[]): Uint8Array | FormatFault => {
  let length = 0
  for (const piece of pieces) {
    if (isFault(piece)) return piece
    length += piece.length
  }
  const joined = new Uint8Array(length)
  let at = 0
  for (const piece of pieces as readonly Uint8Array[]) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}
