/** What an Object is, as data (LwM2M Core §7, and the registry's XML). */
import type { Path } from './path.ts'
import type { Bounds, ResourceType, ValueOf } from './value.ts'

/** What a server may do with a Resource; `` is for bootstrap only. */
export type Operations = 'R' | 'W' | 'RW' | 'E' | ''

export interface ResourceDefinition {
  readonly name: string
  readonly operations: Operations
  /** Several Resource Instances. */
  readonly multiple: boolean
  readonly mandatory: boolean
  /** Executables have none. */
  readonly type?: ResourceType
  readonly units?: string
  /** Of a number, or of the length of a string or opaque value in octets. */
  readonly range?: Bounds
}
export interface ObjectDefinition {
  readonly id: number
  readonly name: string
  /** `1.0` need not be said in Register. */
  readonly version: string
  /** Several Object Instances; otherwise the only one is 0. */
  readonly multiple: boolean
  readonly mandatory: boolean
  readonly resources: Readonly<Record<number, ResourceDefinition>>
}

/** Definitions by Object ID: what formats and machines look types up in. */
export type Definitions = ReadonlyMap<number, ObjectDefinition>

/** The definition itself, its literal types kept, so that `InstanceValues` knows the type of each Resource. */
export const defineObject = <const Definition extends ObjectDefinition>(definition: Definition): Definition => definition

/** The same Object with only these Resources: what a device really supports. Mandatory ones stay. */
export const supporting = (definition: ObjectDefinition, resources: readonly number[]): ObjectDefinition => ({
  ...definition,
  resources: Object.fromEntries(
    Object.entries(definition.resources).filter(([id, { mandatory }]) => mandatory || resources.includes(Number(id))),
  ),
})

/** What one version of an Object has other than the next: Resources that are not there, and those that are new or not the same. */
export interface Revision {
  readonly without?: readonly number[]
  readonly resources?: Readonly<Record<number, ResourceDefinition>>
  readonly multiple?: boolean
}
/** Another version of the same Object, said by its differences. */
export const revised = (
  definition: ObjectDefinition,
  version: string,
  { without = [], resources = {}, multiple = definition.multiple }: Revision,
): ObjectDefinition => {
  const kept = Object.entries(definition.resources).filter(([id]) => !without.includes(Number(id)))
  return { ...definition, version, multiple, resources: { ...Object.fromEntries(kept), ...resources } }
}

/** Definitions by Object ID. */
export const definitions = (objects: readonly ObjectDefinition[]): Definitions => new Map(objects.map((object) => [object.id, object]))

/** The definition of the Resource that a path names or lies in. */
export const resourceOf = (known: Definitions, { object, resource }: Path): ResourceDefinition | undefined =>
  object === undefined || resource === undefined ? undefined : known.get(object)?.resources[resource]

/** What formats ask: the type of the value at a path. */
export const typeOf =
  (known: Definitions) =>
  (path: Path): ResourceType | undefined =>
    resourceOf(known, path)?.type

/** What formats ask: whether the Resource has Resource Instances. */
export const isMultiple =
  (known: Definitions) =>
  (path: Path): boolean | undefined =>
    resourceOf(known, path)?.multiple

/** What a Resource holds, as a type. Executables hold nothing. */
export type Held<Definition extends ResourceDefinition> = Definition extends { readonly type: ResourceType }
  ? Definition extends { readonly multiple: true }
    ? Readonly<Record<number, Each<Definition>>>
    : Each<Definition>
  : never
/** What a Resource that holds something holds in each Resource Instance. Whole numbers with bounds are never as large as a `bigint`. */
export type Each<Definition extends ResourceDefinition> = Definition extends { readonly type: infer Type extends ResourceType }
  ? Type extends 'integer' | 'unsigned'
    ? Definition extends { readonly range: { readonly max: number } | { readonly oneOf: readonly number[] } }
      ? number
      : ValueOf<Type>
    : ValueOf<Type>
  : never

type Resources<Definition extends ObjectDefinition> = Definition['resources']
/** The IDs of the Resources that hold something. */
export type ResourceId<Definition extends ObjectDefinition> = {
  [Id in keyof Resources<Definition>]: Resources<Definition>[Id] extends { readonly type: ResourceType } ? Id : never
}[keyof Resources<Definition>] &
  number
/** The IDs of the Resources that can be executed. */
export type ExecutableId<Definition extends ObjectDefinition> = {
  [Id in keyof Resources<Definition>]: Resources<Definition>[Id] extends { readonly operations: 'E' } ? Id : never
}[keyof Resources<Definition>] &
  number

/** What an Object Instance can hold: each Resource's value by its ID, of the type that its definition says. */
export type InstanceValues<Definition extends ObjectDefinition> = {
  readonly [Id in ResourceId<Definition>]?: Held<Resources<Definition>[Id]>
}
