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
export const isRefusal = (result: Plan | Refusal): result is Refusal => 'refused' in result

/** Checks changes, in order, each seeing those before it; nothing is done yet. The first refusal is the answer for all. */
export declare const plan: (model: Model, known: Definitions, changes: readonly Change[], author: Author) => Plan | Refusal
/** Does what was planned. */
export declare const commit: (model: Model, plan: Plan) => void
