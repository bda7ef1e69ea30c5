/** What the device's own update machine says: State, Update Result, and what it orders (LwM2M Core §E.6). */
import type { Turn } from '../../core/journal.ts'
import { numberOf, recordOf, textOf } from './known.ts'
import { begun, changing, openAt, type Moment } from './moment.ts'
import type { Flight } from './recording.ts'
import { ended, noted } from './timeline.ts'

/** A turn of the machine `update`. */
export const deviceTurned = (moment: Moment, { event, state }: Turn): Moment => {
  const update = recordOf(recordOf(state)['update'])
  const now = { state: numberOf(update['state']), result: numberOf(update['result']) }
  if (now.state === undefined || now.result === undefined) return moment
  const open = openAt(moment, isDevice)
  const begins = now.state !== 0 || refusals.has(textOf(recordOf(event)['type']) ?? '')
  if (open === undefined && (!begins || isKnown(moment, now))) return moment
  const there = open === undefined ? begin(moment, update) : moment
  return changing(there, isDevice, (flight) => became(flight, update, now as Known, there))
}
interface Known {
  readonly state: number
  readonly result: number
}
const isDevice = ({ side }: Flight) => side === 'device'
/** In Idle, only an order that is refused at once is an update. */
const refusals: ReadonlySet<string> = new Set(['wrote-uri'])
/** Downloaded and told already: an installation that failed may be ordered again. */
const isKnown = ({ node, flights }: Moment, now: { readonly state: number | undefined; readonly result: number | undefined }): boolean => {
  const last = flights.filter((flight) => flight.node === node && isDevice(flight)).at(-1)
  return last !== undefined && now.state === 2 && now.result !== 0 && last.state === now.state && last.result === now.result
}

const begin = (moment: Moment, update: Readonly<Record<string, unknown>>): Moment => {
  const delivery = update['delivery'] === 'push' ? 'push' : 'pull'
  const { stray, accounts } = moment.place
  const pushed = delivery === 'push' && stray !== undefined ? { transfer: stray } : {}
  const registered = Object.values(accounts).length === 0 ? undefined : Object.values(accounts).some(isRegistered)
  const made = begun(moment, 'device', { delivery, uri: plain(textOf(update['uri']) ?? ''), registered, ...pushed })
  return { ...made, place: stray === undefined ? made.place : { ...made.place, stray: undefined } }
}
/** Of what an account is doing, what means that the server knows the device. */
export const isRegistered = (phase: string): boolean => phase === 'registered' || phase === 'updating'

/** A URI, or a sentence with URIs in it, without their credentials, queries and fragments: those may be secrets. */
export const plain = (text: string): string => text.replace(/([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#\s]*@)?([^?#\s]*)([?#]\S*)?/gi, '$1$2')

const became = (flight: Flight, update: Readonly<Record<string, unknown>>, now: Known, { at, limits }: Moment): Flight => {
  const began = flight.timeline.length === 0
  const first = began ? noted(flight, { at, what: 'began', detail: `${flight.delivery ?? ''} ${flight.uri}`.trim() }, limits) : flight
  if (!began && first.state === now.state && first.result === now.result) return first
  const delivery = update['delivery'] === 'push' ? 'push' : update['delivery'] === 'pull' ? 'pull' : first.delivery
  const moved: Flight = {
    ...first,
    delivery,
    state: now.state,
    result: now.result,
    why: plain(textOf(update['why']) ?? ''),
    phaseAt: at,
    transfer: now.state === 1 ? first.transfer : undefined,
    ...(now.state >= 2 && first.total !== undefined ? { bytes: first.total } : {}),
  }
  const said = noted(moved, { at, what: 'state', offset: moved.bytes, detail: `State ${now.state}, Result ${now.result}` }, limits)
  return isOver(now) ? ended(said, now.result === 1 ? 'succeeded' : 'failed', at, limits, `Result ${now.result}`) : said
}
/** Idle again, or an installation that failed: the package is there, but nothing will happen by itself. */
const isOver = ({ state, result }: Known): boolean => state === 0 || (state === 2 && result >= 2 && result !== 11)
