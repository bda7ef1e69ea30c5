/** The data model as machine state: one row for each Object Instance (LwM2M Core §7.1). */
import { Table } from '../core/table.ts'
import { resourceOf, type Definitions } from './definition.ts'
import type { Node } from './node.ts'
import type { Path } from './path.ts'
import { isValues, type Value, type Values } from './value.ts'

/** What an Object Instance holds. Rows are immutable. */
export interface InstanceRow {
  readonly object: number
  readonly instance: number
  readonly resources: Readonly<Record<number, Value | Values>>
}
/** Scope: the Object ID as a string; key: the Object Instance ID. */
export type Model = Table<InstanceRow>

/** An empty model of at most so many Object Instances. Those of Object 2 are found by what they control as well. */
export const model = (limit = 1024): Model => new Table<InstanceRow>({ name: 'instances', limit, alias: controlled })

/** Access Control (§E.3). */
export const controlObject = 2
/** The second name of the Instance of Object 2 that controls an Object Instance. */
export const controlAlias = (object: number, instance: number): string => `${object}/${instance}`
const controlled = ({ object, resources: { 0: target, 1: instance } }: InstanceRow): string | undefined =>
  object === controlObject && typeof target === 'number' && typeof instance === 'number' ? controlAlias(target, instance) : undefined

/** The row of an Object Instance. */
export const instanceAt = (model: Model, object: number, instance: number): InstanceRow | undefined => model.get(String(object), instance)

/** The IDs of an Object's Instances, ascending. */
export const instancesOf = (model: Model, object: number): readonly number[] =>
  [...model.in(String(object))].map(({ row }) => row.instance).sort((a, b) => a - b)

/** Everything at or below a path, in ascending order; `undefined` if nothing is there. An Object that is known but has no Instance is empty, not absent. */
export const nodesAt = (model: Model, known: Definitions, path: Path): readonly Node[] | undefined => {
  const { object, instance, resource } = path
  if (object === undefined) return [...known.keys()].sort(ascending).flatMap((id) => objectNodes(model, id))
  if (instance === undefined) return known.has(object) ? objectNodes(model, object) : undefined
  const row = instanceAt(model, object, instance)
  if (row === undefined) return undefined
  if (resource === undefined) return instanceNodes(row)
  const held = row.resources[resource]
  return held === undefined ? undefined : heldNodes(path, held)
}

/** Why a Read has no answer. */
export type ReadRefusal =
  | { readonly refused: 'not-found'; readonly code: '4.04' }
  | { readonly refused: 'not-readable'; readonly code: '4.05' }
  | { readonly refused: 'denied'; readonly code: '4.01' } // by access control

/** What a server reads at a path: of a larger place, what may be read of it (LwM2M Core §6.3.1). */
export const read = (model: Model, known: Definitions, path: Path): readonly Node[] | ReadRefusal => {
  if (path.resource !== undefined) {
    const operations = resourceOf(known, path)?.operations
    if (operations === undefined || instanceAt(model, path.object!, path.instance!) === undefined)
      return { refused: 'not-found', code: '4.04' }
    if (!operations.includes('R')) return { refused: 'not-readable', code: '4.05' }
  }
  const nodes = nodesAt(model, known, path)
  return nodes === undefined
    ? { refused: 'not-found', code: '4.04' }
    : nodes.filter((node) => resourceOf(known, node.path)?.operations.includes('R') === true)
}

const ascending = (a: number, b: number) => a - b
const objectNodes = (model: Model, object: number): readonly Node[] =>
  instancesOf(model, object).flatMap((instance) => instanceNodes(instanceAt(model, object, instance)!))
const instanceNodes = ({ object, instance, resources }: InstanceRow): readonly Node[] =>
  Object.keys(resources).flatMap((id) => heldNodes({ object, instance, resource: Number(id) }, resources[Number(id)]!) ?? [])
const heldNodes = (path: Path, held: Value | Values): readonly Node[] | undefined => {
  const { object, instance, resource, resourceInstance } = path
  if (!isValues(held)) return resourceInstance === undefined ? [{ path: { object, instance, resource }, value: held }] : undefined
  if (resourceInstance === undefined)
    return Object.keys(held).map((id) => ({ path: { object, instance, resource, resourceInstance: Number(id) }, value: held[Number(id)]! }))
  const value = held[resourceInstance]
  return value === undefined ? undefined : [{ path: { object, instance, resource, resourceInstance }, value }]
}
