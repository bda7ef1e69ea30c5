/** Create: a new Object Instance (LwM2M Core §6.3.6). */
import type { CreateChange } from './change.ts'
import { begin, draftRow, lowestFree, rowAt, type Draft, type Resources } from './draft.ts'
import { fill } from './fill.ts'
import { isRefusal, refuse, type Refusal } from './refusal.ts'

/** Puts the new Object Instance into the draft. What a server can only read it cannot give a value: such values are passed over, the device has its own. */
export const create = (draft: Draft, change: CreateChange): Refusal | undefined => {
  const { object } = change
  const definition = draft.known.get(object)
  if (definition === undefined) return refuse('not-found', { object })
  const named = new Set(change.nodes.map(({ path }) => path.instance))
  const nodes =
    draft.author === 'server' ? change.nodes.filter(({ path }) => definition.resources[path.resource!]?.operations !== 'R') : change.nodes
  if (named.size > 1) return refuse('ambiguous', { object })
  const instance = change.instance ?? [...named][0] ?? lowestFree(draft, object)
  const there = rowAt(draft, object, instance) !== undefined
  if (!definition.multiple && (there || instance !== 0)) return refuse('not-allowed', { object, instance })
  if (there) return refuse('exists', { object, instance })
  const row = begin(draft, object, instance)
  if (isRefusal(row)) return row
  const resources: Resources = {}
  const refusal = fill(definition, { object, instance }, nodes, resources, {
    complete: draft.author === 'server',
    writable: ({ operations }) => operations !== 'E' && (operations !== '' || draft.author !== 'server'),
  })
  if (refusal !== undefined) return refusal
  draft.written.push(...nodes.filter(({ path }) => definition.resources[path.resource!] !== undefined).map(({ path }) => path))
  draftRow(draft, object, instance, resources)
  return undefined
}
