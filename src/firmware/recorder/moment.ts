/** One turn's moment: where, when, and the flights that it may change. */
import { noCounts, type Flight, type Place, type RecorderLimits, type Side } from './recording.ts'

export interface Moment {
  readonly node: string
  /** UTC milliseconds. */
  readonly at: number
  readonly place: Place
  readonly flights: readonly Flight[]
  readonly forgotten: number
  readonly limits: RecorderLimits
}

/** The flights of this node that are open and fit, each changed. The same moment when none does. */
export const changing = (moment: Moment, fits: (flight: Flight) => boolean, change: (flight: Flight) => Flight): Moment => {
  let changed = false
  const flights = moment.flights.map((flight) => {
    if (flight.outcome !== 'open' || flight.node !== moment.node || !fits(flight)) return flight
    const next = change(flight)
    changed ||= next !== flight
    return next
  })
  return changed ? { ...moment, flights } : moment
}

/** The open flight of this node that fits; the last one begun. */
export const openAt = ({ node, flights }: Moment, fits: (flight: Flight) => boolean): Flight | undefined => {
  for (let i = flights.length - 1; i >= 0; i--) {
    const flight = flights[i]!
    if (flight.outcome === 'open' && flight.node === node && fits(flight)) return flight
  }
  return undefined
}

/** One more flight; the oldest that is over makes room, or else the oldest. */
export const begun = (moment: Moment, side: Side, known: Partial<Flight>): Moment => {
  const { node, at, flights, forgotten, limits } = moment
  const flight: Flight = {
    ...blank,
    side,
    node,
    id: `${node}#${flights.length + forgotten + 1}`,
    beganAt: at,
    phaseAt: at,
    movedAt: at,
    ...known,
  }
  const full = flights.length >= limits.flights
  const over = full
    ? Math.max(
        0,
        flights.findIndex(({ outcome }) => outcome !== 'open'),
      )
    : -1
  const kept = full ? flights.filter((_, index) => index !== over) : flights
  return { ...moment, flights: [...kept, flight], forgotten: forgotten + (full ? 1 : 0) }
}

const blank: Flight = {
  id: '',
  node: '',
  side: 'device',
  client: undefined,
  remote: undefined,
  delivery: undefined,
  uri: '',
  beganAt: 0,
  endedAt: undefined,
  outcome: 'open',
  phase: undefined,
  state: undefined,
  result: undefined,
  why: '',
  phaseAt: 0,
  bytes: 0,
  total: undefined,
  movedAt: 0,
  etag: undefined,
  registered: undefined,
  transfer: undefined,
  trouble: undefined,
  counts: noCounts,
  timeline: [],
  dropped: 0,
}
