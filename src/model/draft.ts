/** What the data model would be after some changes, beside the model as it is (LwM2M Core §6.3). */
import type { Definitions, ResourceDefinition } from './definition.ts'
import type { Path } from './path.ts'
import { refuse, type Refusal } from './refusal.ts'
import { instanceAt, instancesOf, type InstanceRow, type Model } from './state.ts'
import { isValues, type Value, type Values } from './value.ts'

/** Whose change it is: a server is held to the operations of each Resource, the application and bootstrap are not. */
export type Author = 'server' | 'bootstrap' | 'application'

/** What a row would be; without `row` the Object Instance would be gone. */
export interface Drafted {
  readonly object: number
  readonly instance: number
  readonly row: InstanceRow | undefined
}
/** Belongs to one `plan`, which fills it. */
export interface Draft {
  readonly model: Model
  readonly known: Definitions
  readonly author: Author
  readonly rows: Map<string, Drafted>
  readonly written: Path[]
  readonly created: Path[]
  readonly deleted: Path[]
}
/** The Resources of a row while they are being changed. */
export type Resources = Record<number, Value | Values>

/** The row as it would be. */
export const rowAt = ({ model, rows }: Pick<Draft, 'model' | 'rows'>, object: number, instance: number): InstanceRow | undefined => {
  const drafted = rows.get(`${object}/${instance}`)
  return drafted === undefined ? instanceAt(model, object, instance) : drafted.row
}

/** The row will hold these Resources; without them it will be gone. */
export const draftRow = ({ rows }: Draft, object: number, instance: number, resources: Resources | undefined): void => {
  rows.set(`${object}/${instance}`, { object, instance, row: resources === undefined ? undefined : { object, instance, resources } })
}

/** The Object Instances that there would be. */
export const draftedInstances = (draft: Draft, object: number): readonly number[] => {
  const drafted = [...draft.rows.values()].filter((row) => row.object === object).map(({ instance }) => instance)
  return [...new Set([...instancesOf(draft.model, object), ...drafted])].filter((instance) => rowAt(draft, object, instance) !== undefined)
}

/** An Object Instance that comes to be, if there is room. */
export const begin = (draft: Draft, object: number, instance: number): InstanceRow | Refusal => {
  const refusal = room(draft, object, instance)
  if (refusal !== undefined) return refusal
  draft.created.push({ object, instance })
  draftRow(draft, object, instance, {})
  return { object, instance, resources: {} }
}
/** Why there can be no more Object Instances. */
export const room = (draft: Draft, object: number, instance: number): Refusal | undefined =>
  isFull(draft) ? refuse('full', { object, instance }) : undefined
const isFull = ({ model, rows }: Draft): boolean => {
  let size = model.size
  for (const { row, object, instance } of rows.values())
    size += (row === undefined ? 0 : 1) - (instanceAt(model, object, instance) === undefined ? 0 : 1)
  return size >= model.shape.limit
}

/** Whether the author may write a Resource. What executes holds nothing. */
export const isWritable = ({ author }: Draft, { operations }: ResourceDefinition): boolean =>
  author === 'server' ? operations.includes('W') : operations !== 'E'

/** Whether the row has the Resource, or the Resource Instance, of a path. */
export const holds = ({ resources }: InstanceRow, { resource, resourceInstance }: Path): boolean => {
  const held = resources[resource!]
  return held !== undefined && (resourceInstance === undefined || (isValues(held) && held[resourceInstance] !== undefined))
}

/** The same without some of its IDs. */
export const without = <Held>(held: Readonly<Record<number, Held>>, gone: (id: number) => boolean): Record<number, Held> =>
  Object.fromEntries(Object.entries(held).filter(([id]) => !gone(Number(id))))

/** The lowest Object Instance ID that is not taken. */
export const lowestFree = (draft: Pick<Draft, 'model' | 'rows'>, object: number): number => {
  let instance = 0
  while (rowAt(draft, object, instance) !== undefined) instance++
  return instance
}
