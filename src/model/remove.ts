/** Delete: of an Object Instance or a Resource Instance; for the application and bootstrap, of anything (LwM2M Core §6.3.7, §6.1.7). */
import { draftedInstances, draftRow, holds, isWritable, rowAt, without, type Draft, type Resources } from './draft.ts'
import { depth, type Path } from './path.ts'
import { refuse, type Refusal } from './refusal.ts'
import type { Values } from './value.ts'

/** Takes what lies at the path out of the draft. */
export const remove = (draft: Draft, path: Path): Refusal | undefined => {
  const { object, instance, resource } = path
  if (object === undefined || instance === undefined)
    return draft.author === 'server' ? refuse('not-allowed', path) : removeMany(draft, object)
  const refusal = check(draft, object, instance, path)
  if (refusal !== undefined) return refusal
  draft.deleted.push(path)
  draftRow(draft, object, instance, resource === undefined ? undefined : left(rowAt(draft, object, instance)!.resources, path))
  return undefined
}

const removeMany = (draft: Draft, only: number | undefined): undefined => {
  for (const object of only === undefined ? draft.known.keys() : [only])
    for (const instance of draftedInstances(draft, object)) {
      draft.deleted.push({ object, instance })
      draftRow(draft, object, instance, undefined)
    }
  return undefined
}

const check = (draft: Draft, object: number, instance: number, path: Path): Refusal | undefined => {
  const definition = draft.known.get(object)
  const row = rowAt(draft, object, instance)
  const server = draft.author === 'server'
  if (definition === undefined || row === undefined) return refuse('not-found', path)
  if (path.resource === undefined) return server && !definition.multiple ? refuse('not-allowed', path) : undefined
  const resource = definition.resources[path.resource]
  if (resource === undefined || !holds(row, path)) return refuse('not-found', path)
  return server && (depth(path) === 3 || !isWritable(draft, resource)) ? refuse('not-allowed', path) : undefined
}

const left = (resources: Readonly<Resources>, { resource, resourceInstance }: Path): Resources =>
  resourceInstance === undefined
    ? without(resources, (id) => id === resource)
    : { ...resources, [resource!]: without(resources[resource!] as Values, (id) => id === resourceInstance) }
