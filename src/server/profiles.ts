/** Profile IDs: short names for lists of Objects, so that a Register need not carry them (LwM2M Core 1.2.2 §6.2.1). */
import { Lwm2mError } from '../core/error.ts'
import { formatPath } from '../model/path.ts'
import { decodeInventory } from '../operation/listing.ts'
import type { Inventory, Listed } from '../operation/operation.ts'

/** A list and its name. */
export interface Profile {
  readonly id: string
  readonly objects: readonly Listed[]
}
/** Those that are known, the one used longest ago first. */
export type Profiles = readonly Profile[]

/** Those that are agreed beforehand, each as CoRE links. Throws `invalid` for what is none. */
export const profilesFrom = (agreed: Readonly<Record<string, string>>): Profiles =>
  Object.entries(agreed).map(([id, links]) => {
    const list = decodeInventory(new TextEncoder().encode(links))
    if (list === undefined) throw new Lwm2mError('invalid', `profile ${id}: a list such as </1/0>,</3/0> is needed`)
    return { id, objects: list.objects }
  })

/** The whole list that a Register or Update stands for; `undefined` when a Profile ID is not known here: 4.09. */
export const resolve = (profiles: Profiles, ids: readonly string[] | undefined, has: Inventory): Inventory | undefined => {
  if (ids === undefined) return has
  // There is no common way to compute one: it is learnt from a client that sends its list with it, as it must after 4.09.
  if (isTaught(profiles, ids, has)) return has
  const known = ids.map((id) => profiles.find((profile) => profile.id === id)?.objects)
  return known.every((objects) => objects !== undefined) ? { ...has, objects: merged([...known.flat(), ...has.objects]) } : undefined
}

/** What is known afterwards; the same when nothing was learnt. */
export const learn = (profiles: Profiles, ids: readonly string[] | undefined, has: Inventory, profilesMax: number): Profiles => {
  if (ids === undefined || !isTaught(profiles, ids, has) || profilesMax === 0) return profiles
  return [...profiles.slice(Math.max(0, profiles.length + 1 - profilesMax)), { id: ids[0]!, objects: has.objects }]
}

/** What is agreed now, and what was learnt before a restart, so many in all. */
export const beside = (agreed: Profiles, learnt: Profiles, profilesMax: number): Profiles => {
  const others = learnt.filter(({ id }) => !agreed.some((one) => one.id === id))
  return [...others.slice(Math.max(0, others.length + agreed.length - profilesMax)), ...agreed]
}

/** A single dynamic one, new here, with a list beside it. What `oma:` and `v:` stand for is agreed beforehand, never learnt. */
const isTaught = (profiles: Profiles, ids: readonly string[], { objects }: Inventory): boolean =>
  ids.length === 1 && /^\d/.test(ids[0]!) && objects.length > 0 && !profiles.some(({ id }) => id === ids[0])

const merged = (all: readonly Listed[]): readonly Listed[] => [...new Map(all.map((listed) => [formatPath(listed.path), listed])).values()]
