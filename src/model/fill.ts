/** Values into the Resources of one Object Instance, each checked against its definition (LwM2M Core §7.1, §C). */
import type { ObjectDefinition, ResourceDefinition } from './definition.ts'
import type { Resources } from './draft.ts'
import type { Node } from './node.ts'
import { contains, type Path } from './path.ts'
import { refuse, type Refusal, type RefusalReason } from './refusal.ts'
import { fits, normal, within, type Value, type Values } from './value.ts'

/** What is asked of the result. */
export interface Demands {
  /** Every mandatory Resource that servers read and write must be there in the end. */
  readonly complete: boolean
  readonly writable: (resource: ResourceDefinition) => boolean
}

/** Puts the nodes, at or below the path, into `resources`. What a device does not support is passed over (LwM2M Core §6.3.3). */
export const fill = (
  definition: ObjectDefinition,
  path: Path,
  nodes: readonly Node[],
  resources: Resources,
  { complete, writable }: Demands,
): Refusal | undefined => {
  const opened = new Map<number, Record<number, Value>>()
  for (const node of nodes) {
    const { resource, resourceInstance } = node.path
    if (resource === undefined || !contains(path, node.path)) return refuse('outside', node.path)
    const known = definition.resources[resource]
    if (known === undefined) continue
    const reason = checkNode(known, node, writable(known))
    if (reason !== undefined) return refuse(reason, node.path)
    if (known.operations === 'W') continue // what can only be written acts, and holds nothing
    if (resourceInstance === undefined) resources[resource] = normal(node.value)
    else openedAt(opened, resources, resource)[resourceInstance] = normal(node.value)
  }
  const missing = complete ? missingOf(definition, resources) : undefined
  return missing === undefined ? undefined : refuse('mandatory', { object: path.object, instance: path.instance, resource: missing })
}

/** The values of a multiple Resource as a copy to write into, made once. */
const openedAt = (opened: Map<number, Record<number, Value>>, resources: Resources, resource: number): Record<number, Value> => {
  const open = opened.get(resource)
  if (open !== undefined) return open
  const values: Record<number, Value> = { ...(resources[resource] as Values | undefined) }
  opened.set(resource, values)
  return (resources[resource] = values)
}

const checkNode = ({ type, range, multiple }: ResourceDefinition, { path, value }: Node, writable: boolean): RefusalReason | undefined => {
  if (!writable || type === undefined) return 'not-writable'
  if (multiple !== (path.resourceInstance !== undefined)) return 'instances'
  if (!fits(type, value)) return 'type'
  return range === undefined || within(value, range) ? undefined : 'range'
}

/** A mandatory Resource that servers read and write, and that is not there. One that is only written holds nothing. */
const missingOf = ({ resources: defined }: ObjectDefinition, resources: Resources): number | undefined =>
  Object.keys(defined)
    .map(Number)
    .find((id) => defined[id]!.mandatory && defined[id]!.operations === 'RW' && resources[id] === undefined)
