/** `lwm2m-rx firmware push ENDPOINT FILE`: a small server that waits for one device and updates it (docs/firmware.md). */
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  concatMap,
  filter,
  ignoreElements,
  lastValueFrom,
  merge,
  Subject,
  take,
  takeUntil,
  takeWhile,
  tap,
  throwError,
  timeout,
  type Observable,
} from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import { lasting } from '../../firmware/explain/numbers.ts'
import { live } from '../../platform/live.ts'
import { lwm2mServer, type CredentialStore, type Server } from '../../server.ts'
import type { Progress } from '../../server/firmware/update.ts'
import { bar, octets } from '../bar.ts'
import { plain } from '../escape.ts'
import { exitCodes, leave, onSignal } from '../exit.ts'
import { imageOfFile } from '../image.ts'
import { storeOf, withPsk, type PskFlags } from '../psk.ts'
import { closeRecorder, complaints, flightRecorder, type FlightRecorder } from './flight.ts'

interface Flags extends PskFlags {
  readonly pull?: boolean
  readonly protocol: 'coap' | 'http'
  readonly port: number
  readonly coapsPort: number
  readonly address: string
  readonly credentials?: string
  readonly wait: number
  readonly stall: number
  readonly record?: string
  readonly json?: boolean
  readonly progress: boolean
}

/** The command. */
export const pushCommand = (): Command =>
  withPsk(new Command('push'), "the device's")
    .description('Wait for a device to register, update it, and say how it went')
    .argument('<endpoint>', 'the endpoint client name of the device')
    .argument('<file>', 'the image or signed package')
    .option('--pull', 'let the device download it from here: usually the better choice')
    .addOption(new Option('--protocol <protocol>', 'how it downloads').choices(['coap', 'http']).default('coap'))
    .option('-p, --port <number>', 'UDP port', port, 5683)
    .option('-a, --address <address>', 'address to listen at', '127.0.0.1')
    .option('--credentials <file>', 'identities and keys of clients, for coaps://')
    .option('--coaps-port <number>', 'UDP port for coaps://', port, 5684)
    .option('--wait <seconds>', 'for the device to register', seconds, 300)
    .option('--stall <seconds>', 'give up when nothing happens for so long', seconds, 900)
    .option('--record <file>', 'write the flight recording there, as JSON')
    .option('--json', 'one JSON object a line: progress and the end')
    .option('--no-progress', 'no progress bar')
    .addHelpText('after', examples)
    .action(run)

const examples = `
Examples:
  $ lwm2m-rx firmware push device-1 v2.bin --pull
  $ lwm2m-rx firmware push device-1 v2.bin --credentials keys.json --record flight.json
  $ lwm2m-rx client --server coap://127.0.0.1 --endpoint device-1      # a device to try it with
Exit codes: 0 updated, 1 failed (with the reason), 2 usage, 130 interrupted`

const run = async (endpoint: string, file: string, flags: Flags): Promise<void> => {
  const recorder = flightRecorder()
  const stop$ = new Subject<void>()
  onSignal(() => {
    stop$.next()
    return Promise.resolve().then(() => closeRecorder(recorder, true, { ...flags, client: endpoint }))
  })
  const progress = bar('firmware', flags.progress && flags.json !== true && process.stderr.isTTY)
  const complaining = complaints(recorder, endpoint).subscribe((explanation) => {
    if (flags.json === true) say(flags, '', { event: 'explanation', explanation })
    else process.stderr.write(`${explanation}\n`)
  })
  let failed = true
  try {
    const image = await imageOfFile(file)
    const server = lwm2mServer(live({ journal: recorder.journal }), listening(flags))
    const began = performance.now()
    const updated$ = updating(server, endpoint, image, flags, recorder, progress.set).pipe(takeUntil(stop$))
    const last = await lastValueFrom(updated$, { defaultValue: undefined })
    if (last?.phase !== 'updated') return
    failed = false
    progress.stop()
    summary(endpoint, image, performance.now() - began, recorder, flags)
  } catch (error) {
    progress.stop()
    say(flags, '', {
      event: 'failed',
      code: error instanceof Lwm2mError ? error.code : 'unexpected',
      explanation: recorder.explained(endpoint),
    })
    leave(error)
    if (error instanceof Lwm2mError && error.code === 'invalid') process.exitCode = exitCodes.usage
  } finally {
    complaining.unsubscribe()
    progress.stop()
    closing(() => closeRecorder(recorder, failed && flags.json !== true, { ...flags, client: endpoint }))
  }
}

const listening = (flags: Flags): Parameters<typeof lwm2mServer>[1] => {
  const { address, port: number, coapsPort } = flags
  const credentials: CredentialStore | undefined = storeOf(flags)
  return {
    listen: { address, port: number },
    ...(credentials === undefined ? {} : { secure: { credentials, listen: { address, port: coapsPort }, unsecured: false } }),
  }
}

/** Listens, waits, updates; the last value is that of the update's end. */
const updating = (
  server: Server,
  endpoint: string,
  image: Awaited<ReturnType<typeof imageOfFile>>,
  flags: Flags,
  recorder: FlightRecorder,
  set: (bytes: number, total: number | undefined) => void,
): Observable<Progress> => {
  const device = server.client(endpoint)
  const { pull, protocol, wait, stall } = flags
  const said$ = server.listening$.pipe(
    tap(({ scheme, address, port: number }) =>
      say(flags, `listening at ${scheme}://${address}:${number}, waiting for ${endpoint}`, {
        event: 'listening',
        scheme,
        address,
        port: number,
      }),
    ),
    ignoreElements(),
  )
  const there$ = device.registration$.pipe(
    filter((registration) => registration !== undefined),
    take(1),
    timeout({ first: wait * 1_000, with: () => throwError(() => absent(endpoint, wait)) }),
    tap(({ remote }) => say(flags, `${endpoint} registered from ${plain(remote)}`, { event: 'registered', endpoint, remote })),
    concatMap(() => device.updateFirmware(image, { mode: pull === true ? 'pull' : 'push', protocol, stallMs: stall * 1_000 })),
    tap((now) => report(now, endpoint, flags, recorder, set)),
  )
  return merge(said$, server.registrations$.pipe(ignoreElements()), there$).pipe(takeWhile(({ phase }) => phase !== 'updated', true))
}
const absent = (endpoint: string, wait: number): Lwm2mError =>
  new Lwm2mError('not-registered', `${endpoint} did not register within ${wait} s`, {
    hint: 'is the name right, and does it reach this address? --address, --wait',
  })

const report = (
  { phase, state, result, bytes, total, rate }: Progress,
  endpoint: string,
  flags: Flags,
  recorder: FlightRecorder,
  set: (bytes: number, total: number | undefined) => void,
): void => {
  if (flags.json !== true) return set(bytes, total)
  say(flags, '', { event: 'progress', phase, state, result, bytes, total, rate, explanation: recorder.explained(endpoint) })
}

const summary = (
  endpoint: string,
  { sha256, size }: { readonly sha256: string; readonly size: number },
  ms: number,
  recorder: FlightRecorder,
  flags: Flags,
): void => {
  say(flags, `updated ${endpoint}: ${octets(size)} in ${lasting(ms)}, sha256:${sha256}\n${recorder.explained(endpoint) ?? ''}`, {
    event: 'updated',
    endpoint,
    bytes: size,
    sha256,
    ms: Math.round(ms),
    counts: recorder.flight(endpoint)?.counts,
  })
}

const say = ({ json }: Flags, line: string, object: object): void => {
  if (json === true) process.stdout.write(`${JSON.stringify(object)}\n`)
  else if (line !== '') process.stdout.write(`${line}\n`)
}
const closing = (close: () => void): void => {
  try {
    close()
  } catch (error) {
    leave(error)
  }
}
const port = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65535) throw new InvalidArgumentError('a port is 0-65535.')
  return value
}
const seconds = (text: string): number => {
  const value = Number(text)
  if (!(value > 0 && value <= 86_400)) throw new InvalidArgumentError('seconds are 1-86400.')
  return value
}
