/** What an Object is, as data (LwM2M Core §7, and the registry's XML). */
import type { ResourceType } from './value.ts'

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
  /** Inclusive bounds of a number, or of the length of a string or opaque value. */
  readonly range?: { readonly min?: number; readonly max?: number }
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
