/** `lwm2m-rx server`: shows who registers; a prompt reads, writes, executes, observes and updates firmware. */
import { createInterface } from 'node:readline'
import { Command, InvalidArgumentError } from 'commander'
import { firstValueFrom, lastValueFrom, Subject, Subscription, takeUntil, tap } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { PathString } from '../model/path.ts'
import { live } from '../platform/live.ts'
import { lwm2mServer, type CredentialStore, type Server } from '../server.ts'
import type { RegistrationEvent } from '../server/registration.ts'
import { storedRegistrations } from '../server/stored/pipeline.ts'
import { bar } from './bar.ts'
import { exitCodes, leave, onSignal } from './exit.ts'
import { imageOfFile } from './image.ts'
import { storeOf, withPsk, type PskFlags } from './psk.ts'
import { readValue, showReading } from './values.ts'

interface Flags extends PskFlags {
  readonly port: number
  readonly address: string
  readonly tcpPort?: number
  readonly coapsPort: number
  readonly credentials?: string
  readonly unsecured?: boolean
  readonly store?: string
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
    .option('--store <folder>', 'keep registrations there: they survive a restart')
    .option('--awake <seconds>', 'how long a client in queue mode listens after it was heard', seconds, 93)
    .option('--json', 'one JSON object a line, no prompt')
    .addHelpText('after', '\nCommands come from standard input too: echo "read device-1 /3/0" | lwm2m-rx server')
    .action(serve)

const serve = async (flags: Flags): Promise<void> => {
  const { address, tcpPort, coapsPort, unsecured = false } = flags
  const credentials = storeAsSaid(flags)
  if (credentials === undefined) return
  const secure = credentials === 'none' ? undefined : { credentials, listen: { address, port: coapsPort }, unsecured }
  const env = live(flags.store === undefined ? {} : { folder: flags.store })
  const server = lwm2mServer(env, {
    ...(flags.store === undefined ? {} : { store: storedRegistrations(env.storage) }),
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
  if (flags.json !== true) await prompt(server)
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

// ── the prompt ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Order {
  readonly usage: string
  readonly what: string
  readonly run: (server: Server, words: readonly string[]) => Promise<string>
}
/** Ends every observation and update begun at the prompt. */
const stop$ = new Subject<void>()

const orders: Readonly<Record<string, Order>> = {
  list: { usage: 'list', what: 'who is registered', run: list },
  read: {
    usage: 'read ENDPOINT PATH',
    what: 'the values at a path',
    run: async (server, [name, path]) => showReading(await firstValueFrom(client(server, name).read(at(path)))),
  },
  write: {
    usage: 'write ENDPOINT PATH VALUE',
    what: 'a new value',
    run: async (server, [name, path, ...value]) =>
      (await firstValueFrom(client(server, name).write(at(path), readValue(value.join(' '))))).code,
  },
  execute: {
    usage: 'execute ENDPOINT PATH',
    what: 'make a resource do its work',
    run: async (server, [name, path]) => (await firstValueFrom(client(server, name).execute(at(path)))).code,
  },
  discover: {
    usage: 'discover ENDPOINT PATH',
    what: 'what is there, with its attributes',
    run: async (server, [name, path]) => JSON.stringify(await firstValueFrom(client(server, name).discover(at(path)))),
  },
  observe: { usage: 'observe ENDPOINT PATH', what: 'the value now and whenever it changes, until `stop`', run: observe },
  update: {
    usage: 'update ENDPOINT FILE [push]',
    what: 'update the firmware; the client pulls it from here, or it is pushed',
    run: update,
  },
  stop: {
    usage: 'stop',
    what: 'end observations and updates',
    run: () => {
      stop$.next()
      return Promise.resolve('stopped')
    },
  },
}

const prompt = (server: Server): Promise<void> =>
  new Promise((done) => {
    const lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: process.stdin.isTTY,
      prompt: process.stdin.isTTY ? '> ' : '',
      completer: complete,
    })
    lines.prompt()
    lines.on('line', (line) => {
      const [word = '', ...words] = line.trim().split(/\s+/)
      if (word === 'quit' || word === 'exit') {
        lines.close()
        process.exit(exitCodes.done)
      }
      if (word === '') return lines.prompt()
      perform(server, word, words).then(
        (answer) => {
          process.stdout.write(`${answer}\n`)
          lines.prompt()
        },
        (error: unknown) => {
          process.stdout.write(`${error instanceof Lwm2mError ? `${error.message} [${error.code}]` : String(error)}\n`)
          lines.prompt()
        },
      )
    })
    lines.on('close', () => done())
  })

const perform = async (server: Server, word: string, words: readonly string[]): Promise<string> => {
  const order = orders[word]
  if (order !== undefined) return order.run(server, words)
  const known = [...Object.values(orders), { usage: 'quit', what: 'end' }]
    .map(({ usage, what }) => `  ${usage.padEnd(32)} ${what}`)
    .join('\n')
  return word === 'help' ? known : `${word}? \`help\` lists the commands`
}
const complete = (line: string): [string[], string] => [Object.keys(orders).filter((name) => name.startsWith(line)), line]

const client = (server: Server, name: string | undefined) => {
  if (name === undefined) throw new Lwm2mError('invalid', 'which endpoint?')
  return server.client(name)
}
const at = (path: string | undefined): PathString => {
  if (path?.startsWith('/') !== true) throw new Lwm2mError('invalid', 'a path is needed, such as /3/0/0')
  return path as PathString
}

async function list(server: Server): Promise<string> {
  const registered = await firstValueFrom(server.registered$)
  return registered.length === 0
    ? 'nobody is registered'
    : registered
        .map(
          ({ endpointClientName, remote, version, lifetimeSeconds, location }) =>
            `${endpointClientName}  ${remote}  LwM2M ${version}  lifetime ${lifetimeSeconds} s  /rd/${location}`,
        )
        .join('\n')
}
function observe(server: Server, [name, path]: readonly string[]): Promise<string> {
  client(server, name)
    .observe(at(path))
    .pipe(takeUntil(stop$))
    .subscribe({
      next: (reading) => process.stdout.write(`${name}: ${showReading(reading)}\n`),
      error: (error: unknown) => process.stdout.write(`${name}: observation of ${path} ended: ${String(error)}\n`),
    })
  return Promise.resolve(`observing ${path}`)
}
async function update(server: Server, [name, file, mode]: readonly string[]): Promise<string> {
  if (file === undefined) throw new Lwm2mError('invalid', 'which file?')
  const image = await imageOfFile(file)
  const progress = bar('firmware')
  try {
    await lastValueFrom(
      client(server, name)
        .updateFirmware(image, { mode: mode === 'push' ? 'push' : 'pull' })
        .pipe(
          tap(({ bytes, total }) => progress.set(bytes, total)),
          takeUntil(stop$),
        ),
      { defaultValue: undefined },
    )
  } finally {
    progress.stop()
  }
  return `updated ${name}: sha256:${image.sha256}`
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
