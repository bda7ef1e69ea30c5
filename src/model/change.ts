/** Changes of the data model: checked against the definitions as a whole, then done as a whole (LwM2M Core §6.3.3-§6.3.8). */
import { resourceOf, type Definitions, type ObjectDefinition, type ResourceDefinition } from './definition.ts'
import type { Node } from './node.ts'
import { contains, depth, formatPath, type Path } from './path.ts'
import { instanceAt, instancesOf, type InstanceRow, type Model } from './state.ts'
import { fits, isValues, normal, within, type Value, type Values } from './value.ts'

/** One change. Nodes lie at or below the path. */
export type Change =
  /** Write (Replace): what is written takes the place of what was there (§6.3.3). */
  | { readonly type: 'replace'; readonly path: Path; readonly nodes: readonly Node[] }
  /** Write (Partial Update): what is written is added or updated, everything else stays (§6.3.3). */
  | { readonly type: 'update'; readonly path: Path; readonly nodes: readonly Node[] }
  /** Create: nodes of one Object Instance; `instance` absent: the one they name, or the lowest free (§6.3.6). */
  | { readonly type: 'create'; readonly object: number; readonly instance?: number; readonly nodes: readonly Node[] }
  /** Delete of an Object Instance or Resource Instance; the application and bootstrap may delete at any depth (§6.3.7). */
  | { readonly type: 'delete'; readonly path: Path }

/** Whose change it is: a server is held to the operations of each Resource, the application and bootstrap are not. */
export type Author = 'server' | 'bootstrap' | 'application'

export type RefusalReason =
  | 'not-found' // no such Object, Object Instance, Resource or Resource Instance: 4.04
  | 'not-allowed' // the operation is not one for this place: 4.05
  | 'not-writable' // a Resource that cannot be written: 4.05
  | 'type' // a value that the Resource cannot hold: 4.00
  | 'range' // a value outside the Resource's bounds: 4.00
  | 'instances' // one value for a multiple Resource, or Resource Instances of a single one: 4.00
  | 'outside' // a value whose place is not within the path, or no place for a value: 4.00
  | 'mandatory' // a mandatory Resource would be missing: 4.00
  | 'exists' // the Object Instance to create is there: 4.00
  | 'ambiguous' // several Object Instances to create at once: 4.00
  | 'full' // no room for one more Object Instance: 5.00
export interface Refusal {
  readonly refused: RefusalReason
  readonly code: '4.00' | '4.04' | '4.05' | '5.00'
  readonly path: Path
}
/** The response code of each reason. */
export const refusalCodes: Readonly<Record<RefusalReason, Refusal['code']>> = {
  'not-found': '4.04',
  'not-allowed': '4.05',
  'not-writable': '4.05',
  type: '4.00',
  range: '4.00',
  instances: '4.00',
  outside: '4.00',
  mandatory: '4.00',
  exists: '4.00',
  ambiguous: '4.00',
  full: '5.00',
}

/** A checked set of changes that has not been done yet. */
export interface Plan {
  readonly rows: readonly InstanceRow[]
  readonly removed: readonly { readonly object: number; readonly instance: number }[]
  /** What was written, as it will be read: Resources and Resource Instances. */
  readonly written: readonly Path[]
  readonly created: readonly Path[]
  readonly deleted: readonly Path[]
}
export const isRefusal = <Result extends object>(result: Result | Refusal): result is Refusal => 'refused' in result

/** Checks changes, in order, each seeing those before it; nothing is done yet. The first refusal is the answer for all. */
export const plan = (model: Model, known: Definitions, changes: readonly Change[], author: Author): Plan | Refusal => {
  const draft: Draft = { model, known, author, rows: new Map(), written: [], created: [], deleted: [] }
  for (const change of changes) {
    const refusal = apply(draft, change)
    if (refusal !== undefined) return refusal
  }
  const drafted = [...draft.rows.values()]
  return {
    rows: drafted.flatMap(({ row }) => row ?? []),
    removed: drafted.filter(({ row, object, instance }) => row === undefined && instanceAt(model, object, instance) !== undefined),
    written: draft.written,
    created: draft.created,
    deleted: draft.deleted,
  }
}

/** Does what was planned. The model must be as it was when the plan was made. */
export const commit = (model: Model, { rows, removed }: Plan): void => {
  for (const { object, instance } of removed) model.remove(String(object), instance)
  for (const row of rows) model.put(String(row.object), row.instance, row)
}

/** What a row would be; without `row` the Object Instance would be gone. */
interface Drafted {
  readonly object: number
  readonly instance: number
  readonly row: InstanceRow | undefined
}
interface Draft {
  readonly model: Model
  readonly known: Definitions
  readonly author: Author
  readonly rows: Map<string, Drafted>
  readonly written: Path[]
  readonly created: Path[]
  readonly deleted: Path[]
}
type Resources = Record<number, Value | Values>

const refuse = (refused: RefusalReason, path: Path): Refusal => ({ refused, code: refusalCodes[refused], path })

const rowAt = ({ model, rows }: Draft, object: number, instance: number): InstanceRow | undefined => {
  const drafted = rows.get(`${object}/${instance}`)
  return drafted === undefined ? instanceAt(model, object, instance) : drafted.row
}
const draftRow = ({ rows }: Draft, object: number, instance: number, resources: Resources | undefined) => {
  rows.set(`${object}/${instance}`, { object, instance, row: resources === undefined ? undefined : { object, instance, resources } })
}
const isFull = ({ model, rows }: Draft) => {
  let size = model.size
  for (const { row, object, instance } of rows.values())
    size += (row === undefined ? 0 : 1) - (instanceAt(model, object, instance) === undefined ? 0 : 1)
  return size >= model.shape.limit
}

const apply = (draft: Draft, change: Change): Refusal | undefined => {
  switch (change.type) {
    case 'replace':
    case 'update':
      return depth(change.path) < 2 ? writeMany(draft, change) : writeOne(draft, change)
    case 'create':
      return create(draft, change)
    case 'delete':
      return remove(draft, change.path)
  }
}

type Write = Extract<Change, { type: 'replace' | 'update' }>

/** Several Object Instances at once: a composite, or bootstrap. */
const writeMany = (draft: Draft, { type, path, nodes }: Write): Refusal | undefined => {
  if (path.object !== undefined && !draft.known.has(path.object)) return refuse('not-found', path)
  if (draft.author === 'server' && (depth(path) === 1 || type === 'replace')) return refuse('not-allowed', path)
  const stray = nodes.find((node) => depth(node.path) < 3 || !contains(path, node.path))
  if (stray !== undefined) return refuse('outside', stray.path)
  const composite = depth(path) === 0
  for (const [instance, grouped] of byInstance(nodes)) {
    const strange = composite ? grouped.find((node) => resourceOf(draft.known, node.path) === undefined) : undefined
    const refusal = strange === undefined ? writeOne(draft, { type, path: instance, nodes: grouped }) : refuse('not-found', strange.path)
    if (refusal !== undefined) return refusal
  }
  return undefined
}
const byInstance = (nodes: readonly Node[]): readonly (readonly [Path, readonly Node[]])[] => {
  const groups = new Map<string, [Path, Node[]]>()
  for (const node of nodes) {
    const path = { object: node.path.object, instance: node.path.instance }
    const group = groups.get(formatPath(path))
    if (group === undefined) groups.set(formatPath(path), [path, [node]])
    else group[1].push(node)
  }
  return [...groups.values()]
}

const writeOne = (draft: Draft, { type, path, nodes }: Write): Refusal | undefined => {
  const { object, instance } = path as Required<Path> & { object: number; instance: number }
  const definition = draft.known.get(object)
  if (definition === undefined) return refuse('not-found', path)
  const row = rowAt(draft, object, instance) ?? (draft.author === 'server' ? undefined : begin(draft, object, instance))
  if (row === undefined) return refuse('not-found', path)
  if (isRefusal(row)) return row
  const misplaced = depth(path) > 2 ? checkTarget(draft, row, type, path, nodes) : undefined
  if (misplaced !== undefined) return misplaced
  const resources = type === 'replace' ? cleared(draft, definition, row, path) : { ...row.resources }
  return write(draft, definition, path, nodes, resources, draft.author === 'server' && type === 'replace' && depth(path) === 2)
}

/** An Object Instance that comes to be. */
const begin = (draft: Draft, object: number, instance: number): InstanceRow | Refusal => {
  if (isFull(draft)) return refuse('full', { object, instance })
  draft.created.push({ object, instance })
  return { object, instance, resources: {} }
}

/** A request that names a Resource or Resource Instance must name one that is there to be written. */
const checkTarget = (draft: Draft, row: InstanceRow, type: Write['type'], path: Path, nodes: readonly Node[]): Refusal | undefined => {
  const definition = resourceOf(draft.known, path)
  if (definition === undefined) return refuse('not-found', path)
  if (!isWritable(draft, definition)) return refuse('not-writable', path)
  if (path.resourceInstance !== undefined) {
    if (!definition.multiple) return refuse('not-allowed', path)
    if (draft.author === 'server' && !holds(row, path)) return refuse('not-found', path)
  }
  return nodes.length === 0 && (type === 'update' || !definition.multiple || depth(path) === 4) ? refuse('outside', path) : undefined
}
const isWritable = ({ author }: Draft, { operations }: ResourceDefinition) =>
  author === 'server' ? operations.includes('W') : operations !== 'E'
const holds = ({ resources }: InstanceRow, { resource, resourceInstance }: Path) => {
  const held = resources[resource!]
  return held !== undefined && (resourceInstance === undefined || (isValues(held) && held[resourceInstance] !== undefined))
}

/** What stays when everything at the path that the author may write gives way. */
const cleared = (draft: Draft, { resources: defined }: ObjectDefinition, { resources }: InstanceRow, path: Path): Resources => {
  const left: Resources = { ...resources }
  if (depth(path) === 4) return left
  if (depth(path) === 3) return { ...left, ...(defined[path.resource!]!.multiple ? { [path.resource!]: {} } : {}) }
  for (const id of Object.keys(resources).map(Number)) if (isWritable(draft, defined[id]!)) delete left[id]
  return left
}

/** Puts the nodes into the Resources, and these into the draft. */
const write = (
  draft: Draft,
  definition: ObjectDefinition,
  path: Path,
  nodes: readonly Node[],
  resources: Resources,
  complete: boolean,
  creating = false,
): Refusal | undefined => {
  const { object, instance } = path as { object: number; instance: number }
  const opened = new Map<number, Record<number, Value>>()
  for (const node of nodes) {
    const { resource, resourceInstance } = node.path
    if (resource === undefined || !contains(path, node.path)) return refuse('outside', node.path)
    const known = definition.resources[resource]
    if (known === undefined) continue // what a device does not support is passed over (LwM2M Core §6.3.3)
    const reason = checkNode(known, node, creating ? known.operations !== 'E' : isWritable(draft, known))
    if (reason !== undefined) return refuse(reason, node.path)
    if (resourceInstance === undefined) resources[resource] = normal(node.value)
    else {
      const values = opened.get(resource) ?? { ...(resources[resource] as Values | undefined) }
      values[resourceInstance] = normal(node.value)
      opened.set(resource, values)
      resources[resource] = values
    }
    draft.written.push(node.path)
  }
  const missing = complete ? missingOf(definition, resources) : undefined
  if (missing !== undefined) return refuse('mandatory', { object, instance, resource: missing })
  for (const id of Object.keys(rowAt(draft, object, instance)?.resources ?? {}).map(Number))
    if (resources[id] === undefined) draft.deleted.push({ object, instance, resource: id })
  draftRow(draft, object, instance, resources)
  return undefined
}
const checkNode = ({ type, range, multiple }: ResourceDefinition, { path, value }: Node, writable: boolean): RefusalReason | undefined => {
  if (!writable || type === undefined) return 'not-writable'
  if (multiple !== (path.resourceInstance !== undefined)) return 'instances'
  if (!fits(type, value)) return 'type'
  return range === undefined || within(value, range) ? undefined : 'range'
}
/** A mandatory Resource that servers read and write, and that is not there. One that is only written holds nothing. */
const missingOf = ({ resources: defined }: ObjectDefinition, resources: Resources): number | undefined =>
  Object.keys(defined)
    .map(Number)
    .find((id) => defined[id]!.mandatory && defined[id]!.operations === 'RW' && resources[id] === undefined)

const create = (draft: Draft, change: Extract<Change, { type: 'create' }>): Refusal | undefined => {
  const { object, nodes } = change
  const definition = draft.known.get(object)
  if (definition === undefined) return refuse('not-found', { object })
  const named = new Set(nodes.map(({ path }) => path.instance))
  if (named.size > 1) return refuse('ambiguous', { object })
  const instance = change.instance ?? [...named][0] ?? lowestFree(draft, object)
  const there = rowAt(draft, object, instance) !== undefined
  if (!definition.multiple && (there || instance !== 0)) return refuse('not-allowed', { object, instance })
  if (there) return refuse('exists', { object, instance })
  const begun = begin(draft, object, instance)
  return isRefusal(begun) ? begun : write(draft, definition, { object, instance }, nodes, {}, draft.author === 'server', true)
}
/** The lowest Object Instance ID that is not taken. */
const lowestFree = (draft: Draft, object: number): number => {
  let instance = 0
  while (rowAt(draft, object, instance) !== undefined) instance++
  return instance
}

const remove = (draft: Draft, path: Path): Refusal | undefined => {
  const refusal = checkRemoval(draft, path)
  if (refusal !== undefined) return refusal
  const { object, instance, resource, resourceInstance } = path
  if (object === undefined || instance === undefined) {
    const objects = object === undefined ? [...draft.known.keys()] : [object]
    for (const each of objects) for (const id of idsOf(draft, each)) removeInstance(draft, each, id)
  } else if (resource === undefined) removeInstance(draft, object, instance)
  else {
    const resources: Resources = { ...rowAt(draft, object, instance)!.resources }
    if (resourceInstance === undefined) delete resources[resource]
    else delete (resources[resource] = { ...(resources[resource] as Values) } as Record<number, Value>)[resourceInstance]
    draft.deleted.push(path)
    draftRow(draft, object, instance, resources)
  }
  return undefined
}
const checkRemoval = (draft: Draft, path: Path): Refusal | undefined => {
  const { object, instance, resource } = path
  const server = draft.author === 'server'
  if (object === undefined || instance === undefined) return server ? refuse('not-allowed', path) : undefined
  const definition = draft.known.get(object)
  const row = rowAt(draft, object, instance)
  if (definition === undefined || row === undefined) return refuse('not-found', path)
  if (resource === undefined) return server && !definition.multiple ? refuse('not-allowed', path) : undefined
  const known = definition.resources[resource]
  if (known === undefined || !holds(row, path)) return refuse('not-found', path)
  return server && (depth(path) === 3 || !isWritable(draft, known)) ? refuse('not-allowed', path) : undefined
}
const idsOf = (draft: Draft, object: number): readonly number[] =>
  [
    ...new Set([
      ...instancesOf(draft.model, object),
      ...[...draft.rows.values()].filter((row) => row.object === object).map(({ instance }) => instance),
    ]),
  ].filter((instance) => rowAt(draft, object, instance) !== undefined)
const removeInstance = (draft: Draft, object: number, instance: number) => {
  draft.deleted.push({ object, instance })
  draftRow(draft, object, instance, undefined)
}
