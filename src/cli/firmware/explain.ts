/** `lwm2m-rx firmware explain FILE`: why each update of a recording is, or was, where it is (docs/flight-recorder.md). */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { Lwm2mError } from '../../core/error.ts'
import { explain } from '../../firmware/explain/explain.ts'
import { placeAt, recordingFromJson } from '../../firmware/explain/json.ts'
import { showFlight } from '../../firmware/explain/text.ts'
import { plain } from '../escape.ts'
import { exitCodes, leave } from '../exit.ts'

/** The command. */
export const explainCommand = (): Command =>
  new Command('explain')
    .description('Why each update of a recording is where it is; exit code 1 when one failed or hangs')
    .argument('<file>', 'what `--record` wrote; `-`: standard input')
    .option('--json', 'one JSON object a line: id, client, outcome, cause, sentence, hint')
    .addHelpText('after', examples)
    .action(run)

const examples = `
Examples:
  $ lwm2m-rx firmware pull coap://127.0.0.1/image.bin --record flight.json
  $ lwm2m-rx firmware explain flight.json
Exit codes: 0 nothing is wrong, 1 an update failed or hangs, 2 usage or no recording`

const run = (file: string, { json }: { readonly json?: boolean }): void => {
  try {
    const recording = recordingFromJson(textOf(file))
    if (typeof recording === 'string') throw new Lwm2mError('invalid', `${file} is no recording of updates: ${recording}`)
    for (const flight of recording.flights) {
      const at = flight.outcome === 'open' ? placeAt(recording, flight) : undefined
      const explanation = explain(flight, at)
      const { id, client, outcome } = flight
      process.stdout.write(
        json === true ? `${JSON.stringify({ id, client, outcome, ...explanation })}\n` : `${shown(showFlight(flight, at))}\n`,
      )
      if (explanation.cause !== 'none') process.exitCode = exitCodes.failed
    }
    if (recording.flights.length === 0) process.stderr.write('no update was recorded\n')
  } catch (error) {
    leave(error)
    process.exitCode = exitCodes.usage
  }
}
/** What a device said is not for a terminal to obey. */
const shown = (text: string): string => text.split('\n').map(plain).join('\n')

const textOf = (file: string): string => {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new Lwm2mError('invalid', `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
