/** Whether a device is registered, from its client's turns (LwM2M Core §6.2). */
import type { Turn } from '../../core/journal.ts'
import { isRegistered } from './device.ts'
import { recordOf, textOf } from './known.ts'
import { changing, type Moment } from './moment.ts'
import { noted } from './timeline.ts'

/** A turn of the machine `client`. */
export const accountsTurned = (moment: Moment, { rows }: Turn): Moment => {
  let { accounts } = moment.place
  for (const { table, key, row } of rows) {
    if (table !== 'accounts') continue
    const name = `account ${key}`
    const known = recordOf(row)
    if (row !== undefined && known['role'] !== 'server') continue
    const phase = row === undefined ? undefined : textOf(known['phase'])
    if (accounts[name] === phase) continue
    const others = Object.fromEntries(Object.entries(accounts).filter(([other]) => other !== name))
    accounts = phase === undefined || Object.keys(others).length >= moment.limits.accounts ? others : { ...others, [name]: phase }
  }
  if (accounts === moment.place.accounts) return moment
  const registered = Object.values(accounts).some(isRegistered)
  const there: Moment = { ...moment, place: { ...moment.place, accounts } }
  return changing(
    there,
    ({ side }) => side === 'device',
    (flight) =>
      flight.registered === registered
        ? flight
        : noted(
            { ...flight, registered },
            { at: there.at, what: 'registration', detail: registered ? 'registered' : Object.values(accounts).join(', ') },
            there.limits,
          ),
  )
}
