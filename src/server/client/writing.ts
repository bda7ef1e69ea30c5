/** What is to be written at a registered client, and in which format its version takes it (LwM2M Core 1.2.2 §6.3.3, §7.4). */
import { Lwm2mError } from '../../core/error.ts'
import { contentFormats, type Node } from '../../format/format.ts'
import { depth, formatPath, parsePath, type Path, type PathString } from '../../model/path.ts'
import type { Value } from '../../model/value.ts'
import type { ValueAtPath } from '../../objects/known.ts'
import type { WriteComposite } from '../../operation/operation.ts'
import type { Registration } from '../registration.ts'

/** Values to be written: one value, or those of the next level by ID, as deep as need be; or nodes. */
export type Content = Value | ContentTree | readonly Node[]
export interface ContentTree {
  readonly [id: number]: Value | ContentTree
}
/** What can be written at a path: of a Resource that is known, values of its type. */
export type ContentAt<At extends PathString> = [ValueAtPath<At>] extends [never]
  ? Content
  : undefined extends ValueAtPath<At>
    ? Content
    : ValueAtPath<At> | readonly Node[]
/** What is written at several paths at once; `null` takes a Resource Instance away. */
export type CompositeContent = Readonly<Record<PathString, Content | null>>

/** The path of a text, or an `invalid` error. */
export const pathFrom = (text: PathString): Path => {
  const path = parsePath(text)
  if (path === undefined)
    throw new Lwm2mError('invalid', `${text} is no path`, { hint: 'a path is /Object/Instance/Resource/Resource Instance, IDs 0-65534' })
  return path
}

/** The nodes of values to be written below a path. */
export const nodesOf = (path: Path, content: Content): readonly Node[] => {
  if (isNodes(content)) return content
  return isTree(content) ? below(path, content) : [{ path, value: content }]
}
/** What a Write-Composite of these values is. */
export const patchOf = (content: CompositeContent): Pick<WriteComposite, 'nodes' | 'deleted'> => {
  const entries = Object.entries(content).map(([text, value]) => [pathFrom(text as PathString), value] as const)
  const deleted = entries.flatMap(([path, value]) => (value === null ? [path] : []))
  const nodes = entries.flatMap(([path, value]) => (value === null ? [] : nodesOf(path, value)))
  return { nodes, ...(deleted.length === 0 ? {} : { deleted }) }
}
const isNodes = (content: Content): content is readonly Node[] => Array.isArray(content)
const isTree = (content: Value | ContentTree): content is ContentTree =>
  typeof content === 'object' && !(content instanceof Uint8Array) && !('object' in content)
const below = (path: Path, tree: ContentTree): readonly Node[] =>
  Object.entries(tree as Readonly<Record<string, Value | ContentTree>>).flatMap(([id, content]) => {
    const inner = deeper(path, Number(id))
    return isTree(content) ? below(inner, content) : [{ path: inner, value: content }]
  })
const deeper = (path: Path, id: number): Path => {
  const names = ['object', 'instance', 'resource', 'resourceInstance'] as const
  const name = names[depth(path)]
  if (name === undefined || !Number.isInteger(id)) throw new Lwm2mError('invalid', `there is nothing below ${formatPath(path)}`)
  return { ...path, [name]: id }
}

// ── formats ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Speaker = Pick<Registration, 'version' | 'has'>
const { text, opaque, senmlCbor, senmlJson, senmlEtchCbor, senmlEtchJson, lwm2mCbor, tlv } = contentFormats

/** A content format for values to be written: of those that the client names, or one that every client of its version knows (LwM2M Core §7.4). */
export const formatFor = (path: Path, nodes: readonly Node[], client: Speaker): number => {
  const [only] = nodes
  if (nodes.length === 1 && only !== undefined && depth(path) >= 3 && depth(only.path) === depth(path))
    return only.value instanceof Uint8Array ? opaque : text
  return client.version === '1.0' ? tlv : spoken(client, [senmlCbor, lwm2mCbor, senmlJson, tlv])
}
/** A content format for a new Object Instance: only TLV and LwM2M CBOR can leave its number to the client (LwM2M Core §6.3.6). */
export const createFormatFor = (numbered: boolean, nodes: readonly Node[], client: Speaker): number => {
  if (numbered) return formatFor({}, nodes, client)
  return client.version === '1.2' ? spoken(client, [lwm2mCbor, tlv]) : tlv
}
/** A content format for a list of paths (LwM2M Core §6.3.8). */
export const listFormatFor = (client: Speaker): number => spoken(client, [senmlCbor, senmlEtchCbor, senmlJson, senmlEtchJson])
/** A content format for a Write-Composite: only SenML-ETCH takes anything away (LwM2M Core §7.4.6). */
export const patchFormatFor = (deletes: boolean, client: Speaker): number =>
  spoken(client, deletes ? [senmlEtchCbor, senmlEtchJson] : [senmlCbor, senmlEtchCbor, senmlJson, senmlEtchJson, lwm2mCbor])

/** The first of these that the client names in Register; it need not name any: then the first. */
const spoken = ({ has }: Speaker, wanted: readonly [number, ...number[]]): number =>
  wanted.find((format) => has.contentFormats?.includes(format)) ?? wanted[0]
