/** Writes into a flight: lines of its time line, within a bound; troubles, progress, pauses and its end. */
import type { Entry, Flight, RecorderLimits, Trouble } from './recording.ts'

/** Adds a line. Equal ones in a row are one, counted; where there is no room the middle goes, never the beginning. */
export const noted = (flight: Flight, entry: Entry, { entries }: RecorderLimits): Flight => {
  const { timeline } = flight
  const last = timeline.at(-1)
  if (last !== undefined && joins(last, entry))
    return { ...flight, timeline: [...timeline.slice(0, -1), { ...entry, times: (last.times ?? 1) + 1 }] }
  if (timeline.length < entries) return { ...flight, timeline: [...timeline, entry] }
  const kept = entries >> 2
  return { ...flight, timeline: [...timeline.slice(0, kept), ...timeline.slice(kept + 1), entry], dropped: flight.dropped + 1 }
}
const joins = (last: Entry, entry: Entry): boolean =>
  last.what === entry.what &&
  last.offset === entry.offset &&
  (entry.what === 'retransmission' || (entry.what === 'trouble' && last.detail === entry.detail))

/** Octets that are there now. More of them clear the trouble; a tenth of the image is a line; a pause before them is a stall. */
export const moved = (flight: Flight, bytes: number, at: number, limits: RecorderLimits): Flight => {
  if (bytes <= flight.bytes) return flight
  const { total = 0 } = flight
  const pausedMs = at - Math.max(flight.movedAt, flight.phaseAt)
  const stalled = pausedMs >= limits.stallMs
  const tenth = Math.floor((bytes * 10) / Math.max(1, total))
  let next: Flight = { ...flight, bytes, movedAt: at, trouble: undefined }
  if (stalled) {
    const detail = `${Math.round(pausedMs / 1000)} s${flight.trouble === undefined ? '' : `, ${flight.trouble.code ?? flight.trouble.kind}`}`
    const { counts } = next
    next = noted(
      { ...next, counts: { ...counts, stalls: counts.stalls + 1, stalledMs: counts.stalledMs + pausedMs } },
      { at, what: 'stall', offset: flight.bytes, detail },
      limits,
    )
  }
  return total > 0 && tenth > Math.floor((flight.bytes * 10) / total)
    ? noted(next, { at, what: 'progress', offset: bytes, detail: `${tenth * 10} %` }, limits)
    : next
}

/** Something went wrong. */
export const troubled = (flight: Flight, trouble: Trouble, limits: RecorderLimits): Flight =>
  noted(
    { ...flight, trouble, counts: { ...flight.counts, troubles: flight.counts.troubles + 1 } },
    {
      at: trouble.at,
      what: 'trouble',
      offset: trouble.offset,
      detail: trouble.code === undefined ? trouble.kind : `answered ${trouble.code}`,
    },
    limits,
  )

/** It is over. */
export const ended = (
  flight: Flight,
  outcome: 'succeeded' | 'failed',
  at: number,
  limits: RecorderLimits,
  detail: string = outcome,
): Flight =>
  flight.outcome === 'open'
    ? noted({ ...flight, outcome, endedAt: at, transfer: undefined }, { at, what: 'ended', detail }, limits)
    : flight
