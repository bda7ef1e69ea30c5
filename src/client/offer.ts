/** What an application offers beyond what its client began with: an Object, and which of its paths have functions (LwM2M Core §6.2.2, §7). */
import type { ObjectDefinition } from '../model/definition.ts'
import { parsePath, type PathString } from '../model/path.ts'
import type { Configuration } from './configuration.ts'

/** An Object with the paths that its application has functions for. */
export interface Offering {
  readonly definition: ObjectDefinition
  readonly onDemand: readonly PathString[]
  readonly consulted: readonly PathString[]
  readonly executable: readonly PathString[]
}
/** Without an offering the Object was withdrawn. */
export interface Offer {
  readonly object: number
  readonly offering?: Offering
}

/** The configuration with what was offered since; made once for each change. */
export const offering = (it: Configuration, offers: readonly Offer[]): Configuration => {
  if (offers.length === 0) return it
  const known = made.get(offers)
  if (known?.from === it) return known.configuration
  const configuration = offers.reduce(withOffer, it)
  made.set(offers, { from: it, configuration })
  return configuration
}
/** A list of offers is never changed: what follows from it is remembered as long as it. */
const made = new WeakMap<readonly Offer[], { readonly from: Configuration; readonly configuration: Configuration }>()

const withOffer = (it: Configuration, { object, offering }: Offer): Configuration => {
  const definitions = new Map(it.definitions)
  if (offering === undefined) definitions.delete(object)
  else definitions.set(object, offering.definition)
  const paths = (known: ReadonlySet<PathString>, more: readonly PathString[] = []): ReadonlySet<PathString> =>
    new Set([...[...known].filter((path) => parsePath(path)?.object !== object), ...more])
  return {
    ...it,
    definitions,
    onDemand: paths(it.onDemand, offering?.onDemand),
    consulted: paths(it.consulted, offering?.consulted),
    executable: paths(it.executable, offering?.executable),
  }
}
