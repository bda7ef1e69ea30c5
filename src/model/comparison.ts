/** When two readings of a place are the same, and what number gt, lt and st look at (LwM2M Core §7.3.2). */
import type { Node } from './node.ts'
import type { Path } from './path.ts'
import { sameValue, type Value } from './value.ts'

/** How values are compared. */
export interface Comparison<T> {
  readonly same: (a: T, b: T) => boolean
  /** The number or truth that gt, lt, st and edge look at; `undefined`: they do not apply to this value, any change counts. */
  readonly scalar: (value: T) => number | boolean | undefined
}

/** Of single values. */
export const ofValues: Comparison<Value> = {
  same: sameValue,
  scalar: (value) =>
    typeof value === 'bigint' ? Number(value) : typeof value === 'number' || typeof value === 'boolean' ? value : undefined,
}

/** Of whatever lies at a path, as a Read gives it; a single value has its number. */
export const ofNodes: Comparison<readonly Node[]> = {
  same: (a, b) => sameNodes(a, b),
  scalar: (nodes) => (nodes.length === 1 ? ofValues.scalar(nodes[0]!.value) : undefined),
}

/** Whether two readings of a place are the same, value by value. */
export const sameNodes = (a: readonly Node[], b: readonly Node[]): boolean =>
  a.length === b.length && a.every((node, index) => samePath(node.path, b[index]!.path) && sameValue(node.value, b[index]!.value))
const samePath = (a: Path, b: Path): boolean =>
  a.object === b.object && a.instance === b.instance && a.resource === b.resource && a.resourceInstance === b.resourceInstance
