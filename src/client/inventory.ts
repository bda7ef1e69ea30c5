/** The Objects and Object Instances that a client registers (LwM2M Core §6.2.1). */
import type { Path } from '../model/path.ts'
import type { Definitions } from '../model/definition.ts'
import { instancesOf, type Model } from '../model/state.ts'
import { defaultVersion } from '../objects/resolution.ts'
import type { Inventory, Listed, Version } from '../operation/operation.ts'
import type { Work } from './work.ts'

/** Never registered: Security, OSCORE and COSE hold keys. */
const secretive: ReadonlySet<number> = new Set([0, 21, 23])

/** Whether a server hears that it comes or goes. */
export const isListed = ({ object }: Path): boolean => object === undefined || !secretive.has(object)

/** What a client has. An Object is listed by itself when it has no Object Instances, or a version to tell. */
export const inventory = ({ it, state: { model } }: Pick<Work, 'it' | 'state'>, version: Version): Inventory => {
  const { contentFormats, alternatePath: root } = it
  const objects = listedOf(model, it.definitions, version)
  return {
    ...(root === undefined ? {} : { root }),
    ...(contentFormats === undefined || version === '1.0' ? {} : { contentFormats }),
    objects,
  }
}
/** The same, to be compared: what a server was told is not news after a restart. */
export const listing = ({ it, state: { model } }: Pick<Work, 'it' | 'state'>): string =>
  JSON.stringify(listedOf(model, it.definitions, '1.2'))
const listedOf = (model: Model, definitions: Definitions, enabler: Version): readonly Listed[] => {
  const objects: Listed[] = []
  for (const { id, version } of [...definitions.values()].sort((a, b) => a.id - b.id)) {
    if (secretive.has(id)) continue
    const instances = instancesOf(model, id)
    const ver = toldVersion(id, version, enabler)
    if (ver !== undefined || instances.length === 0) objects.push({ path: { object: id }, attributes: ver === undefined ? {} : { ver } })
    for (const instance of instances) objects.push({ path: { object: id, instance }, attributes: {} })
  }
  return objects
}

/**
 * What is said of an Object's version: nothing where it goes without saying, as it is the one of the enabler that was registered (LwM2M Core §7.2.2). Our
 * Server Object is always that: a server that knows an older one would take a newer for a stranger.
 */
export const toldVersion = (object: number, version: string, enabler: Version): string | undefined =>
  object === serverObject || version === defaultVersion(object, enabler) ? undefined : version
const serverObject = 1

/** What Register says of what a client has: all of it, or a Profile ID and what that does not stand for (LwM2M Core 1.2 §6.2.1). */
export const introduction = (
  work: Pick<Work, 'it' | 'state'>,
  version: Version,
  listsAll: boolean,
): { readonly has: Inventory; readonly profiles?: readonly string[] } => {
  const { profile, alternatePath: root } = work.it
  const all = inventory(work, version)
  if (profile === undefined || version !== '1.2' || listsAll) return { has: all }
  const objects = all.objects.filter(({ path }) => profile.objects !== undefined && !profile.objects.includes(path.object!))
  return { has: { ...(root === undefined ? {} : { root }), objects }, profiles: [profile.id] }
}
