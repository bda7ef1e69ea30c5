/** What a server's update of one client says: its phase, and what it heard (LwM2M Core §E.6). */
import type { Turn } from '../../core/journal.ts'
import { plain } from './device.ts'
import { numberOf, recordOf, textOf } from './known.ts'
import { begun, changing, type Moment } from './moment.ts'
import type { Flight } from './recording.ts'
import { ended, moved, noted } from './timeline.ts'

/** A turn of the machine `firmware-update`. */
export const serverTurned = (moment: Moment, { event, state, effects }: Turn): Moment => {
  const known = recordOf(state)
  const of = recordOf(known['of'])
  const client = textOf(of['endpointClientName'])
  const mine = (flight: Flight) => flight.side === 'server' && flight.client === client
  const there = recordOf(event)['type'] === 'begin' ? begin(moment, known, of, mine) : moment
  return changing(there, mine, (flight) => became(flight, known, effects, there))
}

const begin = (
  moment: Moment,
  known: Readonly<Record<string, unknown>>,
  of: Readonly<Record<string, unknown>>,
  mine: (flight: Flight) => boolean,
): Moment =>
  begun(
    changing(moment, mine, (flight) => ended(flight, 'failed', moment.at, moment.limits, 'given up')),
    'server',
    {
      client: textOf(of['endpointClientName']),
      remote: textOf(of['remote']),
      delivery: of['mode'] === 'push' ? 'push' : 'pull',
      uri: textOf(of['protocol']) ?? '',
      total: numberOf(known['total']),
      registered: true,
    },
  )

const became = (flight: Flight, known: Readonly<Record<string, unknown>>, effects: readonly unknown[], { at, limits }: Moment): Flight => {
  const began = flight.timeline.length === 0
  const first = began
    ? noted(flight, { at, what: 'began', detail: `${flight.delivery ?? ''} to ${flight.client ?? 'a client'}` }, limits)
    : flight
  const phase = textOf(known['phase'])
  const state = numberOf(known['state'])
  const result = numberOf(known['result'])
  const further = moved(first, numberOf(known['bytes']) ?? 0, at, limits)
  if (!began && phase === further.phase && state === further.state && result === further.result) return further
  const detail = `${phase ?? ''}${state === undefined ? '' : `, State ${state}`}${result === undefined ? '' : `, Result ${result}`}`
  const next: Flight = { ...further, phase, state, result, ...(phase === further.phase ? {} : { phaseAt: at }) }
  const told = noted(next, { at, what: 'phase', offset: next.bytes, detail }, limits)
  if (phase === 'updated') return ended(told, 'succeeded', at, limits)
  if (phase !== 'failed') return told
  const why = effects.map(recordOf).find(({ type }) => type === 'fail')
  return ended({ ...told, why: plain(textOf(why?.['message']) ?? ''), phase: flight.phase }, 'failed', at, limits)
}
