/** Objects that come and go while the client runs (LwM2M Core §6.2.2: an Update tells servers which there are). */
import { isRefusal } from '../model/change.ts'
import { formatPath } from '../model/path.ts'
import { change } from './commit.ts'
import { offering, type Offer } from './offer.ts'
import type { Command } from './word.ts'
import { send, tell, type Work } from './work.ts'

/** The Object is offered, and the changes are made in it; when they cannot be, nothing has happened. */
export const offer = (work: Work, { offering: offered, changes }: Extract<Command, { type: 'offer' }>): void => {
  const { it, offers } = work
  const object = offered.definition.id
  put(work, { object, offering: offered })
  const result = change(work, changes, 'application')
  if (isRefusal(result)) {
    work.it = it
    work.offers = offers
    return tell(work, { type: 'refused', path: formatPath(result.path), offered: object, refusal: result })
  }
  told(work, object, it.definitions.get(object)?.version !== offered.definition.version)
}

/** The Object goes, with everything in it. Who observes it is told that it is not there. */
export const withdraw = (work: Work, object: number): void => {
  if (!work.it.definitions.has(object)) return
  change(work, [{ type: 'delete', path: { object } }], 'application')
  put(work, { object })
  told(work, object, true)
}

const put = (work: Work, offer: Offer): void => {
  work.offers = [...work.offers.filter(({ object }) => object !== offer.object), offer]
  work.it = offering(work.first, work.offers)
}

/** The floor below decodes by it, servers are told when the Object is not what it was to them, and observations of all of it are looked at again. */
const told = (work: Work, object: number, isNews: boolean): void => {
  const definition = work.it.definitions.get(object)
  send(work, { type: 'define', object, ...(definition === undefined ? {} : { definition }) })
  if (isNews) work.inventory++
  work.touched = true
  work.changed.push({ object })
}
