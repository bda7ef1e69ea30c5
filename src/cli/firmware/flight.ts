/** The flight recorder of a command: it listens from the beginning, explains when something goes wrong, and writes the recording where it was told to. */
import { writeFileSync } from 'node:fs'
import { filter, interval, map, type Observable, type Subscription } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import { journal, type Journal } from '../../core/journal.ts'
import { explain } from '../../firmware/explain/explain.ts'
import { recordingToJson } from '../../firmware/explain/json.ts'
import { showFlight } from '../../firmware/explain/text.ts'
import { recorder } from '../../firmware/recorder/recorder.ts'
import type { Flight, Recording } from '../../firmware/recorder/recording.ts'
import { plain } from '../escape.ts'

/** One command's recorder. */
export interface FlightRecorder {
  readonly journal: Journal
  /** Listens, until what it gives is called: a journal that nobody reads costs nothing. */
  readonly listen: () => () => void
  /** The last flight, of that client where several are. */
  readonly flight: (client?: string) => Flight | undefined
  /** What `explain` says of it now, in one line; `undefined` when there is nothing to say. */
  readonly explained: (client?: string) => string | undefined
  /** The whole of it, for a terminal: time line and all. */
  readonly text: (client?: string) => string | undefined
  /** Writes everything as JSON. Error: `sink`. */
  readonly save: (file: string) => void
}

/** A recorder; `listening`: from the beginning. */
export const flightRecorder = (listening: boolean = true): FlightRecorder => {
  const turns = journal()
  let listeners = 0
  let following: Subscription | undefined
  const { initial, record } = recorder()
  let recording: Recording = initial
  const listen = () => {
    if (listeners++ === 0) following = turns.turn$.subscribe((turn) => (recording = record(recording, turn)))
    return () => {
      if (--listeners === 0) following?.unsubscribe()
    }
  }
  if (listening) listen()
  const flight = (client?: string) => recording.flights.filter((one) => client === undefined || one.client === client).at(-1)
  const now = (one: Flight) => (one.outcome === 'open' ? Date.now() : undefined)
  return {
    journal: turns,
    listen,
    flight,
    explained: (client) => {
      const one = flight(client)
      if (one === undefined) return undefined
      const { cause, sentence } = explain(one, now(one))
      return `${plain(sentence)} [${cause}]`
    },
    text: (client) => {
      const one = flight(client)
      return one === undefined ? undefined : showFlight(one, now(one)).split('\n').map(plain).join('\n')
    },
    save: (file) => {
      try {
        writeFileSync(file, `${recordingToJson(recording, Date.now())}\n`)
      } catch (error) {
        throw new Lwm2mError('sink', `cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`)
      }
    },
  }
}

/** What is the matter, every half minute while something is. */
export const complaints = (recorder: FlightRecorder, client?: string): Observable<string> =>
  interval(30_000).pipe(
    map(() => recorder.explained(client) ?? ''),
    filter((text) => text !== '' && !text.endsWith('[none]')),
  )

/** Says on stderr what happened, and saves what was asked for. */
export const closeRecorder = (
  recorder: FlightRecorder,
  failed: boolean,
  { record, client }: { readonly record?: string; readonly client?: string },
): void => {
  if (failed) {
    const text = recorder.text(client)
    if (text !== undefined) process.stderr.write(`${text}\n`)
  }
  if (record === undefined) return
  recorder.save(record)
  process.stderr.write(`recorded in ${record}; \`lwm2m-rx firmware explain ${record}\` shows it\n`)
}
