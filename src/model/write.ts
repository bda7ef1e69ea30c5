/** Write, replacing or updating: of one Object Instance or below, or of several at once (LwM2M Core §6.3.3). */
import type { WriteChange } from './change.ts'
import { resourceOf, type ObjectDefinition } from './definition.ts'
import { begin, draftRow, holds, isWritable, rowAt, without, type Draft, type Resources } from './draft.ts'
import { fill } from './fill.ts'
import type { Node } from './node.ts'
import { contains, depth, formatPath, type Path } from './path.ts'
import { isRefusal, refuse, type Refusal } from './refusal.ts'
import type { InstanceRow } from './state.ts'

/** Puts what is written into the draft. A server writes only what is there; for the others an Object Instance comes to be. */
export const write = (draft: Draft, change: WriteChange): Refusal | undefined =>
  depth(change.path) < 2 ? writeMany(draft, change) : writeOne(draft, change)

/** Several Object Instances: a composite (at the root), or bootstrap. */
const writeMany = (draft: Draft, { type, path, nodes }: WriteChange): Refusal | undefined => {
  if (path.object !== undefined && !draft.known.has(path.object)) return refuse('not-found', path)
  if (draft.author === 'server' && (depth(path) === 1 || type === 'replace')) return refuse('not-allowed', path)
  const stray = nodes.find((node) => depth(node.path) < 3 || !contains(path, node.path))
  if (stray !== undefined) return refuse('outside', stray.path)
  const unknown = depth(path) === 0 ? nodes.find((node) => resourceOf(draft.known, node.path) === undefined) : undefined
  if (unknown !== undefined) return refuse('not-found', unknown.path)
  for (const each of byInstance(nodes)) {
    const refusal = writeOne(draft, { type, ...each })
    if (refusal !== undefined) return refusal
  }
  return undefined
}
const byInstance = (nodes: readonly Node[]): readonly { readonly path: Path; readonly nodes: readonly Node[] }[] => {
  const groups = new Map<string, { readonly path: Path; readonly nodes: Node[] }>()
  for (const node of nodes) {
    const path = { object: node.path.object, instance: node.path.instance }
    const group = groups.get(formatPath(path))
    if (group === undefined) groups.set(formatPath(path), { path, nodes: [node] })
    else group.nodes.push(node)
  }
  return [...groups.values()]
}

const writeOne = (draft: Draft, change: WriteChange): Refusal | undefined => {
  const { type, path, nodes } = change
  const object = path.object!
  const instance = path.instance!
  const definition = draft.known.get(object)
  if (definition === undefined) return refuse('not-found', path)
  const row = rowAt(draft, object, instance) ?? (draft.author === 'server' ? refuse('not-found', path) : begin(draft, object, instance))
  if (isRefusal(row)) return row
  const misplaced = depth(path) > 2 ? checkTarget(draft, row, change) : undefined
  if (misplaced !== undefined) return misplaced
  const resources = type === 'replace' ? cleared(draft, definition, row, path) : { ...row.resources }
  const complete = draft.author === 'server' && type === 'replace' && depth(path) === 2
  const refusal = fill(definition, path, nodes, resources, { complete, writable: (resource) => isWritable(draft, resource) })
  if (refusal !== undefined) return refusal
  draft.written.push(...nodes.filter((node) => definition.resources[node.path.resource!] !== undefined).map((node) => node.path))
  draft.deleted.push(...lost(row, resources))
  draftRow(draft, object, instance, resources)
  return undefined
}

/** A request that names a Resource or Resource Instance must name one that is there to be written, and have a value for it. */
const checkTarget = (draft: Draft, row: InstanceRow, { type, path, nodes }: WriteChange): Refusal | undefined => {
  const definition = resourceOf(draft.known, path)
  if (definition === undefined) return refuse('not-found', path)
  if (!isWritable(draft, definition)) return refuse('not-writable', path)
  if (path.resourceInstance !== undefined) {
    if (!definition.multiple) return refuse('not-allowed', path)
    if (draft.author === 'server' && !holds(row, path)) return refuse('not-found', path)
  }
  const mayBeEmpty = definition.multiple && type === 'replace' && depth(path) === 3
  return nodes.length === 0 && !mayBeEmpty ? refuse('outside', path) : undefined
}

/** What stays when everything at the path that the author may write gives way. */
const cleared = (draft: Draft, { resources: defined }: ObjectDefinition, { resources }: InstanceRow, path: Path): Resources => {
  if (depth(path) === 2) return without(resources, (id) => isWritable(draft, defined[id]!))
  return depth(path) === 3 && defined[path.resource!]!.multiple ? { ...resources, [path.resource!]: {} } : { ...resources }
}
/** The Resources that are no longer there. */
const lost = ({ object, instance, resources: before }: InstanceRow, after: Resources): readonly Path[] =>
  Object.keys(before)
    .map(Number)
    .filter((resource) => after[resource] === undefined)
    .map((resource) => ({ object, instance, resource }))
