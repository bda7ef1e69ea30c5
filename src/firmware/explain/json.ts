/** A recording as JSON, and back: one object with `version` 1, described in docs/flight-recorder.md. */
import { noCounts, type Flight, type Recording } from '../recorder/recording.ts'
import { explain, type Explanation } from './explain.ts'

/** A recording with the explanation of each flight as it stood when it was written; what is not known is not there. */
export const recordingToJson = (recording: Recording, at?: number): string =>
  JSON.stringify({
    ...recording,
    flights: recording.flights.map((flight) => ({
      ...flight,
      explanation: explain(flight, flight.outcome === 'open' ? (at ?? placeAt(recording, flight)) : undefined),
    })),
  })

/** When the node of a flight was last heard of: what an open flight is explained by. */
export const placeAt = ({ places }: Recording, { node }: Flight): number | undefined => places[node]?.lastAt

/** A flight of a file, with what was said of it then. */
export interface RecordedFlight extends Flight {
  readonly explanation?: Explanation
}
/** Why a text is no recording. */
export type RecordingFault = 'no JSON' | 'no recording' | 'another version'

/** The recording, or why there is none. Flights that lack what every flight has are no flights. */
export const recordingFromJson = (text: string): (Recording & { readonly flights: readonly RecordedFlight[] }) | RecordingFault => {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return 'no JSON'
  }
  if (!isRecord(found) || !Array.isArray(found['flights'])) return 'no recording'
  if (found['version'] !== 1) return 'another version'
  const flights = found['flights'].map(flightOf)
  if (flights.includes(undefined)) return 'no recording'
  const { places, forgotten } = found
  return {
    version: 1,
    places: isRecord(places) ? (places as Recording['places']) : {},
    flights: flights as readonly RecordedFlight[],
    forgotten: typeof forgotten === 'number' ? forgotten : 0,
  }
}

/** JSON has no `undefined`: absent is unknown. */
const flightOf = (found: unknown): RecordedFlight | undefined => {
  if (!isRecord(found)) return undefined
  const { id, beganAt, movedAt, phaseAt, bytes, timeline, outcome, side } = found
  const numbers = [beganAt, movedAt, phaseAt, bytes].every((value) => typeof value === 'number' && Number.isFinite(value))
  if (typeof id !== 'string' || !numbers || !isTimeline(timeline)) return undefined
  if (!['open', 'succeeded', 'failed'].includes(String(outcome)) || !['device', 'server', 'download'].includes(String(side)))
    return undefined
  const counts = isRecord(found['counts']) ? found['counts'] : {}
  return { why: '', uri: '', node: '', dropped: 0, ...found, counts: { ...noCounts, ...counts } } as unknown as RecordedFlight
}
const isTimeline = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => isRecord(entry) && typeof entry['at'] === 'number' && typeof entry['what'] === 'string')
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
