/** The flight recorder: a fold over the turns of a device, a server or both that keeps what matters of every firmware update (LwM2M Core §E.6). */
import type { Turn } from '../../core/journal.ts'
import { accountsTurned } from './accounts.ts'
import { downloadTurned } from './download.ts'
import { deviceTurned } from './device.ts'
import { messagesTurned } from './messages.ts'
import { noRecording, recorderLimits, type Flight, type Place, type RecorderLimits, type Recording } from './recording.ts'
import { registrationsTurned } from './registrations.ts'
import { serverTurned } from './server.ts'
import { transfersTurned } from './transfers.ts'
import type { Moment } from './moment.ts'

/** A recorder: what it begins with, and what it knows after one more turn. Pure; the same reference when nothing was learnt. */
export interface Recorder {
  readonly initial: Recording
  readonly record: (recording: Recording, turn: Turn) => Recording
}

/** Who reads which machine's turns. */
const readers: ReadonlyMap<string, (moment: Moment, turn: Turn) => Moment> = new Map(
  Object.entries({
    update: deviceTurned,
    'firmware-update': serverTurned,
    download: downloadTurned,
    transfers: transfersTurned,
    robust: transfersTurned,
    messages: messagesTurned,
    client: accountsTurned,
    registrations: registrationsTurned,
  }),
)

/** A recorder within these bounds. Machines that it does not know are passed over. */
export const recorder = (limits: Partial<RecorderLimits> = {}): Recorder => {
  const all = { ...recorderLimits, ...limits }
  return { initial: noRecording, record: (recording, turn) => record(recording, turn, all) }
}

const record = (recording: Recording, turn: Turn, limits: RecorderLimits): Recording => {
  const read = readers.get(turn.machine)
  if (read === undefined) return recording
  const { node = '', stamp } = turn
  const known = recording.places[node]
  if (known === undefined && Object.keys(recording.places).length >= limits.places) return recording
  const place = placeAt(known, stamp.now, stamp.wall)
  const rebooted = known !== undefined && place.originMs !== known.originMs
  const before: Moment = { node, at: place.lastAt, place, flights: recording.flights, forgotten: recording.forgotten, limits }
  const after = read(rebooted ? restarted(before) : before, turn)
  // What happened elsewhere on the node is no news but that time passes.
  if (after === before && known !== undefined && place.lastAt - known.lastAt < 1_000) return recording
  return { version: 1, places: { ...recording.places, [node]: after.place }, flights: after.flights, forgotten: after.forgotten }
}

/**
 * The node's clock began anew if it runs backwards by more than machines side by side do: another life. What a machine does late bears the
 * instant of its cause, so that a little is nothing. A time line never runs backwards.
 */
const placeAt = (known: Place | undefined, now: number, wall: number): Place => {
  if (known === undefined) return { originMs: wall - now, lastAt: wall, accounts: {}, stray: undefined }
  const at = known.originMs + now
  if (at > known.lastAt) return { ...known, lastAt: at }
  if (at >= known.lastAt - latenessMs) return known
  const begun = Math.max(wall, known.lastAt)
  return { originMs: begun - now, lastAt: begun, accounts: {}, stray: undefined }
}
const latenessMs = 1_000

/** Another life of the node: what was under way in the one before is not any more. */
const restarted = (moment: Moment): Moment => ({
  ...moment,
  flights: moment.flights.map((flight) => (flight.node === moment.node && flight.outcome === 'open' ? reborn(flight, moment) : flight)),
})
const reborn = (flight: Flight, { at, limits }: Moment): Flight => {
  const { counts } = flight
  const entry = { at, what: 'rebooted' as const, offset: flight.bytes }
  const timeline = flight.timeline.length < limits.entries ? [...flight.timeline, entry] : flight.timeline
  return { ...flight, transfer: undefined, registered: undefined, counts: { ...counts, reboots: counts.reboots + 1 }, timeline }
}
