/** Who may do what when several servers share a client: the Access Control Object (Object 2), evaluated (LwM2M Core §8, §E.3). */
import type { Definitions } from './definition.ts'
import type { Path } from './path.ts'
import { controlAlias, controlObject, type InstanceRow, type Model } from './state.ts'
import { isValues, type Value, type Values } from './value.ts'

/** Read (and Observe, Write-Attributes), Write, Execute, Delete, Create: the bits of an access right. */
export const rightBits = { R: 1, W: 2, E: 4, D: 8, C: 16 } as const
export type Right = keyof typeof rightBits
/** Every bit. */
export const fullAccess = 31
/** What the creator of an Object Instance gets on it: everything that can be done to an Object Instance. */
export const creatorAccess = 15

/** Owner of what is managed in bootstrap alone; as Object Instance ID: the right to create in an Object. */
export const unowned = 65535
export const creating = 65535
/** The Resource Instance of the ACL that counts for every server without one of its own. */
export const everybody = 0

/** What an Instance of Object 2 says of one Object Instance. */
export interface Control {
  /** The Object Instance ID of the Instance of Object 2 itself. */
  readonly control: number
  readonly object: number
  readonly instance: number
  /** Access rights by Short Server ID. */
  readonly acl: Readonly<Record<number, number>>
  /** A Short Server ID. */
  readonly owner: number | undefined
}

/** A row of Object 2, read. */
export const controlOf = ({ instance: control, resources }: InstanceRow): Control => ({
  control,
  object: numberOf(resources[0]) ?? -1,
  instance: numberOf(resources[1]) ?? -1,
  acl: aclOf(resources[2]),
  owner: numberOf(resources[3]),
})
const numberOf = (held: Value | Values | undefined): number | undefined => (typeof held === 'number' ? held : undefined)
const aclOf = (held: Value | Values | undefined): Readonly<Record<number, number>> =>
  held === undefined || !isValues(held) ? {} : Object.fromEntries(Object.entries(held).map(([id, bits]) => [id, numberOf(bits) ?? 0]))

/** The row of Object 2 as which a control is kept. */
export const rowOfControl = ({ control, object, instance, acl, owner }: Control): InstanceRow => ({
  object: controlObject,
  instance: control,
  resources: { 0: object, 1: instance, 2: acl, ...(owner === undefined ? {} : { 3: owner }) },
})

/** What is said of an Object Instance, or (65535) of creating in an Object. */
export const controlAt = (model: Model, object: number, instance: number): Control | undefined => {
  const placed = model.aliased(String(controlObject), controlAlias(object, instance))
  return placed === undefined ? undefined : controlOf(placed.row)
}

/** The access right of a server: the owner's without an entry of its own is full; then its own entry, then everybody's, then none (§8.2.1). */
export const rightsOf = (control: Control | undefined, shortServerId: number): number => {
  if (control === undefined) return 0
  const own = control.acl[shortServerId]
  if (own !== undefined) return own
  return control.owner === shortServerId ? fullAccess : (control.acl[everybody] ?? 0)
}

/** Access control counts once the client has Object 2 and more than one server account; otherwise the only server may do everything (§8). */
export const isInForce = (model: Model, known: Definitions): boolean => known.has(controlObject) && model.count('1') > 1

/** Whether a server may do what needs the right to an Object Instance; with `C`, create one in the Object (§8.2.2, §8.2.3). */
export const may = (
  model: Model,
  known: Definitions,
  shortServerId: number | undefined,
  right: Right,
  { object, instance = creating }: Pick<Path, 'object' | 'instance'>,
): boolean => {
  if (!isInForce(model, known)) return true
  if (shortServerId === undefined || object === undefined) return false
  if (object === controlObject) return mayControl(model, shortServerId, right, instance)
  return (rightsOf(controlAt(model, object, right === 'C' ? creating : instance), shortServerId) & rightBits[right]) !== 0
}

/** Object 2 itself: everybody may look, its owner may write an Instance, and nobody makes or deletes one (§8.1.2.2). */
const mayControl = (model: Model, shortServerId: number, right: Right, instance: number): boolean => {
  if (right === 'R') return true
  const row = model.get(String(controlObject), instance)
  return right === 'W' && row !== undefined && controlOf(row).owner === shortServerId
}
