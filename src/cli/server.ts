/** `lwm2m-rx server`: shows who registers; a prompt reads, writes, executes, observes and updates firmware. */
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { firstValueFrom, Subscription } from 'rxjs'
import { formatPath } from '../model/path.ts'
import { database } from '../platform/database.ts'
import { live } from '../platform/live.ts'
import { lwm2mServer, type CredentialStore } from '../server.ts'
import type { RegistrationEvent } from '../server/registration.ts'
import type { ServerStore } from '../server/store.ts'
import { databaseStore } from '../server/stored/database/pipeline.ts'
import { plain } from './escape.ts'
import { leave, onSignal } from './exit.ts'
import { flightRecorder } from './firmware/flight.ts'
import { prompt, promptHelp } from './prompt.ts'
import { showUnheard, unheardJson } from './unheard.ts'
import { storeOf, withPsk, type PskFlags } from './psk.ts'
import { showReading, showValue } from './values.ts'

interface Flags extends PskFlags {
  readonly port: number
  readonly address: string
  readonly tcpPort?: number
  readonly coapsPort: number
  readonly credentials?: string
  readonly unsecured?: boolean
  readonly store?: string
  readonly repair?: boolean
  readonly awake: number
  readonly json?: boolean
}

/** The command. */
export const serverCommand = (): Command =>
  withPsk(new Command('server'), "a client's")
    .description('A LwM2M server: shows registrations, asks clients by a prompt (`help` lists what it knows)')
    .option('--credentials <file>', 'identities and keys of clients; with it, or with a key, it listens for coaps://')
    .option('--coaps-port <number>', 'UDP port for coaps://', port, 5684)
    .option('--unsecured', 'let clients without a key register too')
    .option('-p, --port <number>', 'UDP port', port, 5683)
    .option('--tcp-port <number>', 'TCP port for coap+tcp:// (default: none)', port)
    .option('-a, --address <address>', 'address to listen at', '127.0.0.1')
    .option('--store <folder>', 'a database there: registrations, observations and commands survive a restart')
    .option('--repair', 'mend that database first if it is damaged: what can be read of it is kept')
    .option('--awake <seconds>', 'how long a client in queue mode listens after it was heard', seconds, 93)
    .option('--json', 'one JSON object a line, no prompt')
    .addHelpText('after', promptHelp)
    .action(serve)

const serve = async (flags: Flags): Promise<void> => {
  const { address, tcpPort, coapsPort, unsecured = false } = flags
  const credentials = storeAsSaid(flags)
  if (credentials === undefined) return
  const secure =
    credentials === 'none'
      ? undefined
      : { credentials, listen: { address, port: coapsPort }, unsecured, keepSessions: flags.store !== undefined }
  const recorder = flightRecorder(false)
  const env = live({ journal: recorder.journal, ...(flags.store === undefined ? {} : { folder: flags.store }) })
  const server = lwm2mServer(env, {
    ...(flags.store === undefined ? {} : { store: storeIn(flags.store, flags) }),
    queue: { awakeMs: flags.awake * 1_000 },
    listen: { address, port: flags.port },
    ...(tcpPort === undefined ? {} : { tcp: { address, port: tcpPort } }),
    ...(secure === undefined ? {} : { secure }),
  })
  const all = new Subscription()
  const fail = (error: unknown) => {
    leave(error)
    all.unsubscribe()
    process.exit()
  }
  all.add(
    server.registrations$.subscribe({
      next: (event) =>
        say(flags, showRegistration(event), {
          event: event.type,
          endpoint: event.registration.endpointClientName,
          remote: event.registration.remote,
        }),
      error: fail,
    }),
  )
  all.add(
    server.sends$.subscribe(({ endpointClientName, nodes }) =>
      say(flags, `${endpointClientName} sends ${showReading({ nodes }).replaceAll('\n', ', ')}`, {
        event: 'send',
        endpoint: endpointClientName,
        nodes: nodes.map(({ path, value, time }) => ({ path: formatPath(path), value: showValue(value), time })),
      }),
    ),
  )
  all.add(server.unheard$.subscribe((why) => say(flags, showUnheard(why), unheardJson('event', why))))
  onSignal(() => {
    all.unsubscribe()
    return Promise.resolve()
  }, 200)
  try {
    const streets = [
      server.listening$,
      ...(tcpPort === undefined ? [] : [server.listeningTcp$]),
      ...(secure === undefined ? [] : [server.listeningSecure$]),
    ]
    for (const listening$ of streets) {
      const { scheme, address, port } = await firstValueFrom(listening$)
      say(flags, `listening at ${scheme}://${address}:${port}`, { event: 'listening', scheme, address, port })
    }
  } catch (error) {
    return fail(error)
  }
  if (flags.json !== true) await prompt(server, recorder)
}

/** The database in that folder; damage is said, and passed over. */
const storeIn = (folder: string, { repair = false }: Flags): ServerStore => {
  const warn = (line: string) => process.stderr.write(`${line}\n`)
  const repaired = ({ message }: Error) => warn(`mended: ${message}`)
  return databaseStore(database(join(folder, 'database'), { repair, repaired }), {
    damaged: (key) => warn(`damaged, and passed over: ${plain(key)}`),
  })
}

/** Whom the server knows; `undefined`, said and with its exit code, when that cannot be meant. */
const storeAsSaid = (flags: Flags): CredentialStore | 'none' | undefined => {
  try {
    return storeOf(flags) ?? 'none'
  } catch (error) {
    leave(error)
    return undefined
  }
}

const showRegistration = ({
  type,
  registration: { endpointClientName, remote, version, lifetimeSeconds, has },
}: RegistrationEvent): string =>
  `${type.padEnd(12)} ${endpointClientName} from ${remote}, LwM2M ${version}, lifetime ${lifetimeSeconds} s${type === 'registered' ? `, ${has.objects.length} objects` : ''}`

const say = ({ json }: Flags, line: string, object: object) =>
  process.stdout.write(json === true ? `${JSON.stringify(object)}\n` : `${line}\n`)

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
