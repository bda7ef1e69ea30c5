/** What a proposal says of one Resource. */
import { depth, formatPath, parsePath, type PathString } from '../model/path.ts'
import type { Value, Values } from '../model/value.ts'
import type { Proposal } from '../operation/object.ts'

/** The value that a Resource would get: one, or those of its Resource Instances that are written; `undefined` when it is not written. */
export const valueAt = ({ change }: Proposal, place: PathString): Value | Values | undefined => {
  if (change.type === 'delete' || depth(parsePath(place)!) !== 3) return undefined
  const written: Record<number, Value> = {}
  for (const { path, value } of change.nodes) {
    const { object, instance, resource, resourceInstance } = path
    if (formatPath({ object, instance, resource }) !== place) continue
    if (resourceInstance === undefined) return value
    written[resourceInstance] = value
  }
  return written
}
