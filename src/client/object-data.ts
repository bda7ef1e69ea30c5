/** What is data of an application's Object: the Resources that it has, which of its paths have functions, and constants (LwM2M Core §7). */
import type { Change } from '../model/change.ts'
import { supporting, type ObjectDefinition } from '../model/definition.ts'
import type { Node } from '../model/node.ts'
import { formatPath, type Path, type PathString } from '../model/path.ts'
import { isValues, type Value, type Values } from '../model/value.ts'
import type { ClientObject, Instance } from '../operation/object.ts'
import type { Offering } from './offer.ts'
import { feedOf, type Feed } from './resource.ts'

/** Every Resource that an application feeds, with its path. */
export const feeds = (objects: readonly ClientObject[]): readonly { readonly path: Path; readonly feed: Feed }[] =>
  objects.flatMap(({ definition: { id: object }, instances }) =>
    Object.entries(instances).flatMap(([instance, resources]) =>
      Object.entries(resources).map(([resource, fed]) => ({
        path: { object, instance: Number(instance), resource: Number(resource) },
        feed: feedOf(fed),
      })),
    ),
  )

/** A device has the Resources that it feeds: others are 4.04. An Object without Instances at first may get any. */
export const supported = ({ definition, instances }: ClientObject): ObjectDefinition => {
  const rows = Object.values(instances)
  if (definition.id <= 1 || rows.length === 0) return definition
  return supporting(
    definition,
    rows
      .flatMap((row) => Object.keys(row).map(Number))
      .concat(
        Object.keys(definition.resources)
          .map(Number)
          .filter((id) => definition.resources[id]!.operations === 'W'),
      ),
  )
}

/** What an Object of an application offers, as data. */
export const offeringOf = (object: ClientObject): Offering => ({
  definition: supported(object),
  onDemand: placesWith(object, ({ read }) => read !== undefined),
  consulted: [...placesWith(object, ({ write }) => write !== undefined), ...itself(object, object.accept)],
  executable: [...placesWith(object, ({ execute }) => execute !== undefined), ...itself(object, object.execute)],
})
const placesWith = (object: ClientObject, has: (feed: Feed) => boolean): readonly PathString[] =>
  feeds([object])
    .filter(({ feed }) => has(feed))
    .map(({ path }) => formatPath(path))
const itself = ({ definition: { id } }: ClientObject, has: unknown): readonly PathString[] => (has === undefined ? [] : [`/${id}`])

/** An Object Instance comes to be, with the constants that its application gives. */
export const creationOf = (object: number, instance: number, resources: Instance): Change => ({
  type: 'create',
  object,
  instance,
  nodes: constantsOf({ object, instance }, resources),
})

const constantsOf = (path: Path, resources: Instance): readonly Node[] =>
  Object.entries(resources).flatMap(([id, fed]) => {
    const { value } = feedOf(fed)
    return value === undefined ? [] : nodesOf({ ...path, resource: Number(id) }, value)
  })
/** What a Resource holds, as nodes: one, or one for each Resource Instance. */
export const nodesOf = (path: Path, held: Value | Values): readonly Node[] =>
  isValues(held)
    ? Object.entries(held).map(([id, value]) => ({ path: { ...path, resourceInstance: Number(id) }, value }))
    : [{ path, value: held }]
