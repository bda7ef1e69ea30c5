/** What a download says of itself, over whatever protocol: how far it is, why an attempt was lost (RFC 7959 §2.4; RFC 9110 §14). */
import type { Turn } from '../../core/journal.ts'
import { plain } from './device.ts'
import { hexOf, namedIn, numberOf, recordOf, textOf } from './known.ts'
import { begun, changing, openAt, type Moment } from './moment.ts'
import type { Flight, TroubleKind } from './recording.ts'
import { ended, moved, noted, troubled } from './timeline.ts'

/** A turn of the machine `download`. */
export const downloadTurned = (moment: Moment, turn: Turn): Moment => {
  const state = recordOf(turn.state)
  const uri = plain(textOf(state['uri']) ?? '')
  const isMine = (flight: Flight) =>
    flight.side !== 'server' && flight.delivery === 'pull' && flight.uri === uri && flight.state !== 2 && flight.state !== 3
  const there =
    openAt(moment, isMine) !== undefined
      ? moment
      : begun(moment, 'download', { delivery: 'pull', uri, timeline: [{ at: moment.at, what: 'began', detail: uri }] })
  const mine = openAt(there, isMine)!.id
  return changing(
    there,
    ({ id }) => id === mine,
    (flight) => became(flight, state, turn, there),
  )
}

const became = (flight: Flight, state: Readonly<Record<string, unknown>>, { event, effects }: Turn, moment: Moment): Flight => {
  const { at, limits } = moment
  const place = recordOf(state['place'])
  const total = numberOf(place['total']) ?? flight.total
  const etag = hexOf(place['etag']) ?? flight.etag
  const known = total === flight.total && etag === flight.etag ? flight : { ...flight, total, etag }
  const told = heard(known, recordOf(event), moment)
  const further = told.transfer === undefined ? moved(told, numberOf(place['bytes']) ?? 0, at, limits) : told
  if (flight.side !== 'download') return further
  const last = effects.map(recordOf).find(({ type }) => type === 'succeed' || type === 'fail')
  if (last === undefined) return further
  return last['type'] === 'succeed'
    ? ended(further, 'succeeded', at, limits)
    : ended(
        { ...further, why: plain(textOf(recordOf(last['failure'])['message']) ?? '') },
        'failed',
        at,
        limits,
        textOf(last['reason']) ?? 'failed',
      )
}

const heard = (flight: Flight, event: Readonly<Record<string, unknown>>, { at, limits }: Moment): Flight => {
  switch (event['type']) {
    case 'opened':
      return opened(flight, numberOf(event['offset']) ?? 0, at, limits)
    case 'failed':
    case 'unverified':
      return lost(flight, recordOf(event['failure']), at, limits)
    default:
      return flight
  }
}

/** A body begins over HTTP; over CoAP the blocks have said so. */
const opened = (flight: Flight, offset: number, at: number, limits: Moment['limits']): Flight => {
  if (flight.transfer !== undefined) return flight
  const again = flight.timeline.some(({ what }) => what === 'transfer')
  const { counts } = flight
  const resumptions = counts.resumptions + (again && offset > 0 ? 1 : 0)
  const restarts = counts.restarts + (again && offset === 0 ? 1 : 0)
  return noted({ ...flight, bytes: offset, counts: { ...counts, resumptions, restarts } }, { at, what: 'transfer', offset }, limits)
}

/** An attempt is lost. What the block-wise layer said of it in the same instant says more. */
const lost = (flight: Flight, failure: Readonly<Record<string, unknown>>, at: number, limits: Moment['limits']): Flight => {
  const code = textOf(failure['code']) ?? ''
  const kind = namedIn(kinds, code) ?? 'malformed'
  const own = kind === 'store' || kind === 'too-large' || kind === 'changed'
  const told = flight.trouble !== undefined && at - flight.trouble.at <= sameMs
  if (told && !own) return flight
  const response = textOf(failure['responseCode'])
  const retryAfterMs = numberOf(failure['retryAfterMs'])
  const trouble = {
    kind,
    at,
    offset: flight.transfer?.offset ?? flight.bytes,
    retransmissions: flight.transfer?.unacknowledged?.retransmissions ?? 0,
    ...(kind === 'answered' && response !== undefined ? { code: response } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
  return told ? { ...flight, trouble } : troubled(flight, trouble, limits)
}
/** What the floors say of one loss takes no longer. */
const sameMs = 100

const kinds: Readonly<Record<string, TroubleKind>> = {
  response: 'answered',
  timeout: 'silent',
  unreachable: 'unreachable',
  untrusted: 'untrusted',
  aborted: 'link-closed',
  incomplete: 'short-body',
  changed: 'changed',
  'too-large': 'too-large',
  sink: 'store',
  reset: 'rejected',
  refused: 'bound',
  firmware: 'damaged',
}
