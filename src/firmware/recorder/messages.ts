/** Retransmissions, silence and what is no message, from the message layer's turns (RFC 7252 §4.2). */
import type { Turn } from '../../core/journal.ts'
import { numberOf, recordOf, textOf, wordOf } from './known.ts'
import { changing, type Moment } from './moment.ts'
import type { Flight, Transfer } from './recording.ts'
import { noted } from './timeline.ts'

/** A turn of the machine `messages`. Only remotes of transfers under way are looked at. */
export const messagesTurned = (moment: Moment, { event, rows }: Turn): Moment => {
  const word = wordOf(event)
  const remote = textOf(word['remote'])
  const heard = recordOf(event)['type'] === 'up' && remote !== undefined
  let next = heard ? changing(moment, isTo(remote), (flight) => heardFrom(flight, word['type'] === 'malformed', moment.at)) : moment
  for (const { table, scope, row } of rows) {
    if (table !== 'outgoing') continue
    next = changing(next, isTo(scope), (flight) => outgoing(flight, row, next))
  }
  return next
}
const isTo =
  (remote: string) =>
  ({ transfer }: Flight): boolean =>
    transfer?.remote === remote

const heardFrom = (flight: Flight, malformed: boolean, at: number): Flight => {
  const transfer: Transfer = { ...flight.transfer!, heardAt: at }
  return malformed ? { ...flight, transfer, counts: { ...flight.counts, malformed: flight.counts.malformed + 1 } } : { ...flight, transfer }
}

/** The message that carries the block: sent, sent again, or acknowledged. */
const outgoing = (flight: Flight, row: unknown, { at, limits }: Moment): Flight => {
  const transfer = flight.transfer!
  if (transfer.again !== undefined) return flight // a burst is not acknowledged
  if (row === undefined)
    return transfer.unacknowledged === undefined ? flight : { ...flight, transfer: { ...transfer, unacknowledged: undefined } }
  const { message, retransmissions } = recordOf(row)
  if (!carries(recordOf(message), transfer)) return flight
  const count = numberOf(retransmissions) ?? 0
  const known = transfer.unacknowledged
  if (known === undefined || count === 0)
    return { ...flight, transfer: { ...transfer, unacknowledged: { sentAt: at, retransmissions: count } } }
  if (known.retransmissions === count) return flight
  const { counts } = flight
  const again: Flight = {
    ...flight,
    transfer: { ...transfer, unacknowledged: { ...known, retransmissions: count } },
    counts: { ...counts, retransmissions: counts.retransmissions + 1 },
  }
  return noted(again, { at, what: 'retransmission', offset: transfer.offset }, limits)
}
/** A request of ours for a block, or with one; the answer to a pushed block is none. */
const carries = (message: Readonly<Record<string, unknown>>, { how }: Transfer): boolean =>
  how !== 'receiving' && String(message['code']).startsWith('0.') && (message['purpose'] === 'block' || how === 'uploading')
