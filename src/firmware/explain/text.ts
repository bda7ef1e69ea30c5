/** An update as text: its explanation, its numbers and its time line, for a terminal or a bug report. */
import type { Entry, Flight } from '../recorder/recording.ts'
import { explain, lastAt } from './explain.ts'
import { count, lasting } from './numbers.ts'

/** Lines joined by newlines; `at` as for `explain`. */
export const showFlight = (flight: Flight, at: number = lastAt(flight)): string => {
  const { cause, sentence, hint } = explain(flight, at)
  const { beganAt, timeline, dropped } = flight
  const kept = timeline.length - dropped > 0 && dropped > 0 ? timeline.length >> 2 : timeline.length
  return [
    `${titleOf(flight)}: ${sentence} [${cause}]`,
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
    `  began ${new Date(beganAt).toISOString()}, ${flight.outcome === 'open' ? 'under way for' : `${flight.outcome} after`} ${lasting(at - beganAt)}; ${numbers(flight)}`,
    ...timeline.slice(0, kept).map((entry) => line(entry, beganAt)),
    ...(dropped === 0 ? [] : [`  ${''.padStart(10)}  … ${count(dropped)} more …`]),
    ...timeline.slice(kept).map((entry) => line(entry, beganAt)),
  ].join('\n')
}

const titleOf = ({ node, side, client, delivery, uri }: Flight): string =>
  [
    node,
    side === 'server'
      ? `${delivery ?? 'update'} to ${client ?? 'a client'}`
      : side === 'download'
        ? `download ${uri}`
        : `${delivery ?? 'update'} ${uri}`,
  ]
    .filter((part) => part !== '')
    .join(' ')
    .trim()

const numbers = ({ bytes, total, etag, counts }: Flight): string =>
  [
    `${count(bytes)}${total === undefined ? '' : ` of ${count(total)}`} octets`,
    ...(etag === undefined ? [] : [`ETag ${etag}`]),
    ...(Object.entries(counts) as readonly (readonly [string, number])[]).flatMap(([name, value]) =>
      value === 0 ? [] : [name === 'stalledMs' ? `stalled for ${lasting(value)}` : `${count(value)} ${name}`],
    ),
  ].join(', ')

const line = ({ at, what, offset, detail, times }: Entry, beganAt: number): string =>
  [
    `  ${((at - beganAt) / 1000).toFixed(3).padStart(10)}  ${what.padEnd(14)}`,
    ...(offset === undefined || offset === 0 ? [] : [`at octet ${count(offset)}`]),
    ...(detail === undefined || detail === '' ? [] : [detail]),
    ...(times === undefined ? [] : [`${times} times`]),
  ]
    .join(' ')
    .trimEnd()
