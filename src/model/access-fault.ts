/** What contradicts itself in Object 2 when bootstrap has written it (LwM2M Core §8.1.2.2). */
import { controlOf, creating, everybody, unowned } from './access.ts'
import type { Definitions } from './definition.ts'
import { controlAlias, controlObject, instanceAt, instancesOf, type Model } from './state.ts'

/** In words; `undefined`: nothing does. Entries of servers that are gone are none: they go. */
export const accessFault = (model: Model, known: Definitions): string | undefined => {
  const seen = new Set<string>()
  for (const id of known.has(controlObject) ? instancesOf(model, controlObject) : []) {
    const { object, instance, owner } = controlOf(instanceAt(model, controlObject, id)!)
    const place = controlAlias(object, instance)
    if (owner === undefined || owner === everybody || owner > unowned) return `/2/${id} has no owner`
    if (seen.has(place)) return `two Instances of Object 2 are for /${place}`
    if (instance !== creating && instanceAt(model, object, instance) === undefined) return `/2/${id} is for /${place}, which is not there`
    seen.add(place)
  }
  return undefined
}
