/** What there is at a path of this client, and who has a say in it. */
import type { Change } from '../model/change.ts'
import { resourceOf } from '../model/definition.ts'
import { contains, formatPath, parsePath, type Path, type PathString } from '../model/path.ts'
import { instanceAt } from '../model/state.ts'
import { isValues } from '../model/value.ts'
import type { Work } from './work.ts'

/** Security, OSCORE and COSE are for bootstrap alone: a server is answered 4.01 (LwM2M Core §6.3). */
export const isForbidden = ({ object }: Path): boolean => object === 0 || object === 21 || object === 23

/** Whether an Object, Object Instance, Resource or Resource Instance is there. What can only be written or executed holds nothing and is there all the same. */
export const exists = ({ it, state: { model } }: Pick<Work, 'it' | 'state'>, path: Path): boolean => {
  const { object, instance, resource, resourceInstance } = path
  if (object === undefined) return true
  if (instance === undefined) return it.definitions.has(object)
  const row = instanceAt(model, object, instance)
  if (row === undefined) return false
  if (resource === undefined) return true
  const definition = resourceOf(it.definitions, path)
  if (definition === undefined) return false
  const held = row.resources[resource]
  if (resourceInstance !== undefined) return held !== undefined && isValues(held) && held[resourceInstance] !== undefined
  return held !== undefined || !definition.operations.includes('R') || it.onDemand.has(formatPath(path))
}

/** The Resources of an existing Object Instance that are read when somebody asks, at or around a path. */
export const onDemandAt = (work: Pick<Work, 'it' | 'state'>, path: Path): readonly PathString[] => {
  if (work.it.onDemand.size === 0) return none
  const found: PathString[] = []
  for (const text of work.it.onDemand) {
    const place = parsePath(text)!
    if ((contains(path, place) || contains(place, path)) && instanceAt(work.state.model, place.object!, place.instance!) !== undefined)
      found.push(text)
  }
  return found
}
const none: readonly never[] = []

/** The Object, and the Resources that get a value, whose application wants to be asked about a change. */
export const consultedBy = ({ it: { consulted } }: Pick<Work, 'it'>, change: Change): readonly PathString[] => {
  if (consulted.size === 0) return none
  const asked = new Set<PathString>()
  const object: PathString = `/${change.type === 'create' ? change.object : change.path.object}`
  if (consulted.has(object)) asked.add(object)
  for (const path of valuesOf(change)) {
    const place = formatPath({ object: path.object, instance: path.instance, resource: path.resource })
    if (consulted.has(place)) asked.add(place)
  }
  return [...asked]
}
/** A multiple Resource that is emptied is written as well. */
const valuesOf = (change: Change): readonly Path[] => {
  if (change.type === 'delete') return none
  const written = change.nodes.map(({ path }) => path)
  return change.type === 'replace' && change.nodes.length === 0 && change.path.resource !== undefined ? [change.path] : written
}

/** Which function executes a path: the Resource's own, or the Object's. */
export const executedBy = ({ it: { executable } }: Pick<Work, 'it'>, path: Path): PathString | undefined =>
  [formatPath(path), formatPath({ object: path.object })].find((place) => executable.has(place))
