/** `lwm2m-rx/format`: payloads as values in their places, and back, in every content format; nothing here throws (LwM2M Core §7.4). */
import { isMultiple, typeOf, type Definitions, type ObjectDefinition } from '../model/definition.ts'
import { formatPath, parsePath, type Path, type PathString } from '../model/path.ts'
import type { ResourceType, Value } from '../model/value.ts'
import { fault, type Format, type FormatContext, type FormatFault, type Node } from './format.ts'
import { formatOf, formats as all } from './formats.ts'
import { typeOfValue } from './nodes.ts'

export { contentFormats, type Format, type FormatContext } from './format.ts'
export { decodeLinks, encodeLinks, formatLinks, parseLinks, type Link } from './link.ts'
export { defineObject, definitions, type Definitions, type ObjectDefinition, type ResourceDefinition } from '../model/definition.ts'
export type { PathString } from '../model/path.ts'
export type { ObjectLink, ResourceType, Value } from '../model/value.ts'

/** What octets cannot say by themselves. */
export interface PayloadOptions {
  /** The path of the request. Default `/`: what composites and Send have. */
  readonly path?: PathString | Path
  /** What is known of the Objects. Without it types come from the octets, and text, opaque and TLV have little to go by. */
  readonly model?: Definitions | Iterable<ObjectDefinition>
  /** The alternate path that names carry, without a slash at the end (LwM2M Transport §6.4.1). */
  readonly root?: string
  /** The end device behind a gateway that names and keys carry (LwM2M Gateway 1.1 §9). */
  readonly prefix?: string
}
/** One value: where it is, what it is, and when it was, in seconds since 1970 (below 2^28: from now, RFC 8428 §4.5.3). */
export interface PayloadNode {
  readonly path: PathString
  readonly type: ResourceType
  readonly value: Value
  readonly time?: number
}
/** What to write: a type that is not given is the model's, or the value's own (a whole number is an integer). */
export interface NewNode extends Omit<PayloadNode, 'type' | 'path'> {
  readonly path: PathString | Path
  readonly type?: ResourceType
}
/** New values, and Resource Instances that go. */
export interface PayloadPatch<OneNode = PayloadNode, OnePath = PathString> {
  readonly nodes: readonly OneNode[]
  readonly deleted: readonly OnePath[]
}
/** Why it is no payload of the format, or cannot be written in it. The reasons of `FormatFault`, and `content-format`: no values travel under that number. */
export interface PayloadFault {
  readonly fault: FormatFault['fault'] | 'content-format'
  readonly detail: string
}
export const isFault = <Result extends object>(result: Result | PayloadFault): result is PayloadFault => 'fault' in result

/** The formats of values by name: their numbers, whether they carry more than one value, and whether they can say places alone and patches. */
export const formats: readonly Format[] = all

/**
 * The values of a payload, in the order in which it says them.
 * @example
 * decode(112, bytes, { path: '/3/0', model })
 */
export const decode = (contentFormat: number, bytes: Uint8Array, options: PayloadOptions = {}): readonly PayloadNode[] | PayloadFault => {
  const using = prepared(contentFormat, options)
  if (isFault(using)) return using
  const nodes = using.format.decode(bytes, using.context)
  return isFault(nodes) ? nodes : nodes.map((node) => shown(node, using.context))
}

/**
 * The payload that says these values.
 * @example
 * encode(112, [{ path: '/3303/0/5700', type: 'float', value: 21.5 }], { path: '/3303/0' })
 */
export const encode = (contentFormat: number, nodes: readonly NewNode[], options: PayloadOptions = {}): Uint8Array | PayloadFault => {
  const using = prepared(contentFormat, options, nodes)
  if (isFault(using)) return using
  const placed = nodesOf(nodes)
  return isFault(placed) ? placed : using.format.encode(placed, using.context)
}

/** The places that the payload of Read-Composite or Observe-Composite asks for. */
export const decodePaths = (
  contentFormat: number,
  bytes: Uint8Array,
  options: PayloadOptions = {},
): readonly PathString[] | PayloadFault => {
  const using = prepared(contentFormat, options)
  if (isFault(using)) return using
  const paths = using.format.decodePaths?.(bytes, using.context) ?? unsaid(using.format, 'lists of places')
  return isFault(paths) ? paths : paths.map(formatPath)
}

/** The payload of Read-Composite or Observe-Composite. */
export const encodePaths = (
  contentFormat: number,
  paths: readonly (PathString | Path)[],
  options: PayloadOptions = {},
): Uint8Array | PayloadFault => {
  const using = prepared(contentFormat, options)
  if (isFault(using)) return using
  const places = pathsOf(paths)
  if (isFault(places)) return places
  return using.format.encodePaths?.(places, using.context) ?? unsaid(using.format, 'lists of places')
}

/** What the payload of Write-Composite changes: values, and (SenML-ETCH) Resource Instances that go. */
export const decodePatch = (contentFormat: number, bytes: Uint8Array, options: PayloadOptions = {}): PayloadPatch | PayloadFault => {
  const using = prepared(contentFormat, options)
  if (isFault(using)) return using
  const patch = using.format.decodePatch?.(bytes, using.context) ?? unsaid(using.format, 'patches')
  if (isFault(patch)) return patch
  return { nodes: patch.nodes.map((node) => shown(node, using.context)), deleted: patch.deleted.map(formatPath) }
}

/** The payload of Write-Composite. */
export const encodePatch = (
  contentFormat: number,
  { nodes, deleted }: PayloadPatch<NewNode, PathString | Path>,
  options: PayloadOptions = {},
): Uint8Array | PayloadFault => {
  const using = prepared(contentFormat, options, nodes)
  if (isFault(using)) return using
  const placed = nodesOf(nodes)
  if (isFault(placed)) return placed
  const gone = pathsOf(deleted)
  if (isFault(gone)) return gone
  return using.format.encodePatch?.({ nodes: placed, deleted: gone }, using.context) ?? unsaid(using.format, 'patches')
}

// ── what formats are told ────────────────────────────────────────────────────────────────────────────────────────────────────

interface Prepared {
  readonly format: Format
  readonly context: FormatContext
}
const prepared = (contentFormat: number, options: PayloadOptions, nodes: readonly NewNode[] = []): Prepared | PayloadFault => {
  const format = formatOf(contentFormat)
  if (format === undefined) return { fault: 'content-format', detail: `no values travel in content format ${contentFormat}` }
  const path = pathOf(options.path ?? '/')
  if (isFault(path)) return path
  const { root, prefix } = options
  const known = definitionsOf(options.model)
  const own = new Map(nodes.flatMap(({ path: at, type }) => (type === undefined ? [] : [[textOf(at), type] as const])))
  const ofModel = typeOf(known)
  const context: FormatContext = {
    path,
    typeOf: own.size === 0 ? ofModel : (at) => own.get(formatPath(at)) ?? ofModel(at),
    isMultiple: isMultiple(known),
    ...(root === undefined ? {} : { root }),
    ...(prefix === undefined ? {} : { prefix }),
  }
  return { format, context }
}
const definitionsOf = (model: PayloadOptions['model'] = []): Definitions =>
  isDefinitions(model) ? model : new Map([...model].map((object) => [object.id, object]))
const isDefinitions = (model: Definitions | Iterable<ObjectDefinition>): model is Definitions => model instanceof Map

const unsaid = ({ name }: Format, what: string): PayloadFault => fault('unsupported', `${name} has no ${what}`)
const textOf = (path: PathString | Path): string => (typeof path === 'string' ? path : formatPath(path))
const pathOf = (path: PathString | Path): Path | PayloadFault =>
  typeof path === 'string' ? (parsePath(path) ?? fault('path', `${path} is no path`)) : path
const pathsOf = (paths: readonly (PathString | Path)[]): readonly Path[] | PayloadFault => {
  const places = paths.map(pathOf)
  return places.find(isFault) ?? (places as readonly Path[])
}
const nodesOf = (nodes: readonly NewNode[]): readonly Node[] | PayloadFault => {
  const places = pathsOf(nodes.map(({ path }) => path))
  if (isFault(places)) return places
  return nodes.map(({ value, time }, index) => ({ path: places[index]!, value, ...(time === undefined ? {} : { time }) }))
}
const shown = ({ path, value, time }: Node, { typeOf: known }: FormatContext): PayloadNode => ({
  path: formatPath(path),
  type: known(path) ?? typeOfValue(value),
  value,
  ...(time === undefined ? {} : { time }),
})
