/** What is at a path, as a type: `/3/0/9` of the Device is a number (LwM2M Core §7.1). */
import type { Each, Held, ObjectDefinition, ResourceDefinition } from './definition.ts'
import type { Value, Values } from './value.ts'

/** Definitions as a type, by Object ID: `{ readonly 3: typeof device }`. */
export type KnownDefinitions = Readonly<Record<number, ObjectDefinition>>

/**
 * The type of what is at a path: of a Resource what it holds, of a Resource Instance one value, of larger places no single value (`undefined`).
 * Where the path is not written out, or its Object or Resource is not among `Known`, it can be anything. Executables are `never`.
 */
export type ValueAt<At extends string, Known> = At extends `/${infer Object extends number}/${number}/${infer Resource extends number}`
  ? HeldBy<Definition<Known, Object, Resource>>
  : At extends `/${infer Object extends number}/${number}/${infer Resource extends number}/${number}`
    ? EachOf<Definition<Known, Object, Resource>>
    : At extends '/' | `/${number}` | `/${number}/${number}`
      ? undefined
      : Anything

/** What an unknown place may hold. */
export type Anything = Value | Values | undefined

type HeldBy<Known> = Known extends ResourceDefinition ? Held<Known> : Anything
type EachOf<Known> = Known extends ResourceDefinition ? Each<Known> : Anything
/** The Resource's definition, or `undefined`. An `Object` that is any number is none of those known. */
type Definition<Known, Object, Resource> = Object extends keyof Known
  ? Known[Object] extends { readonly resources: infer Resources }
    ? Resource extends keyof Resources
      ? Resources[Resource]
      : undefined
    : undefined
  : undefined
