/** What Discover answers: what there is, with its attributes (LwM2M Core §6.3.2). */
import { responses } from '../message/code.ts'
import { inherited, pairsOf, type Attributes } from '../model/attributes.ts'
import { depth, formatPath, type Path } from '../model/path.ts'
import { instanceAt, instancesOf } from '../model/state.ts'
import { isValues } from '../model/value.ts'
import type { Discover, Listed, Outcome } from '../operation/operation.ts'
import { defaultsOf, levelsAt } from './reporting-attributes.ts'
import { toldVersion } from './inventory.ts'
import { exists } from './places.ts'
import type { Work } from './work.ts'

/**
 * The path itself with the attributes in force there, and below it each place with its own, as deep as asked: 2 levels below an Object, else 1. Who
 * asks for a depth (LwM2M 1.2) sees the Server Object's default periods too where nothing nearer is in force.
 */
export const discover = (work: Work, account: number, { path, depth: asked }: Discover): Outcome => {
  if (!exists(work, path)) return { code: responses.NotFound }
  const levels = asked ?? (depth(path) === 1 ? 2 : 1)
  const own = (place: Path): Attributes => work.state.attributes.get(String(account), formatPath(place)) ?? {}
  const below = placesBelow(work, path, levels).map((place) => listed(work, account, place, own(place)))
  const inForce = inherited(levelsAt(work, account, path), asked === undefined ? {} : defaultsOf(work, account))
  return { code: responses.Content, listed: [listed(work, account, path, inForce), ...below] }
}

const listed = ({ it, state: { model, accounts } }: Work, account: number, path: Path, attributes: Attributes): Listed => {
  const { object, instance, resource } = path
  const version = depth(path) === 1 ? it.definitions.get(object!)?.version : undefined
  const ver = version === undefined ? undefined : toldVersion(object!, version, accounts.get('', account)?.version ?? '1.2')
  const held = depth(path) === 3 ? instanceAt(model, object!, instance!)?.resources[resource!] : undefined
  return {
    path,
    attributes: {
      ...(ver === undefined ? {} : { ver }),
      ...(held !== undefined && isValues(held) ? { dim: Object.keys(held).length } : {}),
      ...Object.fromEntries(pairsOf(attributes)),
    },
  }
}

const placesBelow = (work: Work, path: Path, levels: number): readonly Path[] =>
  levels === 0 ? [] : childrenOf(work, path).flatMap((child) => [child, ...placesBelow(work, child, levels - 1)])

/** One level down: Object Instances, Resources (held, written or executed), Resource Instances. */
const childrenOf = (work: Work, path: Path): readonly Path[] => {
  const { model } = work.state
  const { object, instance, resource } = path
  if (instance === undefined) return instancesOf(model, object!).map((id) => ({ object, instance: id }))
  if (resource === undefined)
    return Object.keys(work.it.definitions.get(object!)?.resources ?? {})
      .map((id) => ({ object, instance, resource: Number(id) }))
      .filter((place) => exists(work, place))
  const held = instanceAt(model, object!, instance)?.resources[resource]
  if (path.resourceInstance !== undefined || held === undefined || !isValues(held)) return []
  return Object.keys(held).map((id) => ({ object, instance, resource, resourceInstance: Number(id) }))
}
