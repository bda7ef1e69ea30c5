/** Whether the client of an update is registered, and from where, from its server's turns (LwM2M Core §6.2). */
import type { Turn } from '../../core/journal.ts'
import { recordOf, textOf } from './known.ts'
import { changing, type Moment } from './moment.ts'
import type { Flight } from './recording.ts'
import { noted } from './timeline.ts'

/** A turn of the machine `registrations`. */
export const registrationsTurned = (moment: Moment, { rows }: Turn): Moment => {
  let next = moment
  for (const { table, key, row } of rows) {
    if (table !== 'registrations' || typeof key !== 'string') continue
    const remote = row === undefined ? undefined : textOf(recordOf(recordOf(row)['registration'])['remote'])
    next = changing(
      next,
      ({ side, client }) => side === 'server' && key === `=${client}`,
      (flight) => registered(flight, remote, next),
    )
  }
  return next
}

const registered = (flight: Flight, remote: string | undefined, { at, limits }: Moment): Flight => {
  if (remote === undefined) return noted({ ...flight, registered: false }, { at, what: 'registration', detail: 'not registered' }, limits)
  if (flight.registered === true && flight.remote === remote) return flight
  const known: Flight = { ...flight, registered: true, remote }
  return flight.remote === remote
    ? noted(known, { at, what: 'registration', detail: 'registered' }, limits)
    : noted(known, { at, what: 'address', detail: remote }, limits)
}
