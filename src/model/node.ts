/** One value with its place in the data model: what formats carry and operations move (LwM2M Core §7.1). */
import type { Path } from './path.ts'
import type { Value } from './value.ts'

/** One value with its place. A multiple Resource is one node for each Resource Instance. */
export interface Node {
  readonly path: Path
  readonly value: Value
  /** Seconds since 1970, where the value has a time of its own; below 2^28 (and negative) it is relative to the moment of receipt (RFC 8428 §4.5.3). */
  readonly time?: number
}
