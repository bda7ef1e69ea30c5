/** `lwm2m-rx bootstrap-server FILE`: gives each client of the file its accounts and shows how far each of them is (LwM2M Core 1.2.2 §6.1). */
import { Command, InvalidArgumentError } from 'commander'
import { firstValueFrom, Subscription } from 'rxjs'
import { lwm2mBootstrapServer, type BootstrapEvent, type BootstrapServer } from '../bootstrap-server.ts'
import { fileBootstrap } from '../platform/bootstrap-file.ts'
import { showUnheard, unheardJson } from './unheard.ts'
import { fileCredentials } from '../platform/credentials.ts'
import { live } from '../platform/live.ts'
import { leave, onSignal } from './exit.ts'

interface Flags {
  readonly port: number
  readonly address: string
  readonly tcpPort?: number
  readonly coapsPort: number
  readonly credentials?: string
  readonly unsecured?: boolean
  readonly pack: boolean
  readonly discover: boolean
  readonly json?: boolean
  readonly check?: boolean
}

/** The command. */
export const bootstrapServerCommand = (): Command =>
  new Command('bootstrap-server')
    .description('A LwM2M bootstrap server: clients are given the accounts that a file has for them')
    .argument('<file>', 'configurations by endpoint client name, JSON')
    .option('--credentials <file>', 'identities and keys of clients; with it, it listens for coaps://')
    .option('--coaps-port <number>', 'UDP port for coaps://', port, 5784)
    .option('--unsecured', 'let clients without a key come too: whoever knows a name gets its keys')
    .option('-p, --port <number>', 'UDP port', port, 5783)
    .option('--tcp-port <number>', 'TCP port for coap+tcp:// (default: none)', port)
    .option('-a, --address <address>', 'address to listen at', '127.0.0.1')
    .option('--no-pack', 'make no Bootstrap-Packs')
    .option('--no-discover', 'do not ask what is there')
    .option('--check', 'only look whether the file can be meant')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', example)
    .action(serve)

const example = `
The file:
  {
    "device-1": {
      "servers": [{ "uri": "coaps://192.0.2.1", "shortServerId": 1, "identity": "device-1", "key": "hex:0123…", "lifetimeSeconds": 600 }]
    },
    "*": { "servers": [{ "uri": "coap://192.0.2.1", "shortServerId": 1 }] }
  }`

const serve = async (file: string, flags: Flags): Promise<void> => {
  const store = fileBootstrap(file)
  try {
    const names = await store.check()
    if (flags.check === true)
      return void process.stdout.write(`${file}: ${names.length} ${names.length === 1 ? 'configuration' : 'configurations'}\n`)
    await run(serverOf(store, flags), flags)
  } catch (error) {
    leave(error)
    if (error !== undefined) process.exit()
  }
}
const serverOf = (store: ReturnType<typeof fileBootstrap>, flags: Flags): BootstrapServer => {
  const { address, tcpPort, coapsPort, credentials, unsecured = false, pack, discover } = flags
  return lwm2mBootstrapServer(live(), {
    store,
    listen: { address, port: flags.port },
    ...(tcpPort === undefined ? {} : { tcp: { address, port: tcpPort } }),
    ...(credentials === undefined
      ? {}
      : { secure: { credentials: fileCredentials(credentials), listen: { address, port: coapsPort }, unsecured } }),
    pack,
    discover,
  })
}

const run = async (server: BootstrapServer, flags: Flags): Promise<void> => {
  const all = new Subscription()
  onSignal(() => {
    all.unsubscribe()
    return Promise.resolve()
  }, 200)
  await new Promise<void>((_, fail) => {
    all.add(server.event$.subscribe({ next: (event) => say(flags, showBootstrap(event), event), error: fail }))
    all.add(server.unheard$.subscribe((why) => say(flags, showUnheard(why), unheardJson('type', why))))
    const streets = [
      server.listening$,
      ...(flags.tcpPort === undefined ? [] : [server.listeningTcp$]),
      ...(flags.credentials === undefined ? [] : [server.listeningSecure$]),
    ]
    for (const listening$ of streets)
      firstValueFrom(listening$).then(
        ({ scheme, address, port: at }) =>
          say(flags, `listening at ${scheme}://${address}:${at}`, { type: 'listening', scheme, address, port: at }),
        fail,
      )
  })
}

/** One line of what happened. */
export const showBootstrap = (event: BootstrapEvent): string => {
  const { endpointClientName, remote } = event
  switch (event.type) {
    case 'begun':
      return `${endpointClientName} from ${remote}: begins`
    case 'stepped':
      return `${endpointClientName} [${event.done}/${event.total}] ${event.step.type} ${event.step.path}: ${event.code}`
    case 'again':
      return `${endpointClientName} ${event.step.type} ${event.step.path}: ${event.code}, again`
    case 'finished':
      return `${endpointClientName} is bootstrapped`
    case 'packed':
      return `${endpointClientName} from ${remote}: was sent all of it in a Bootstrap-Pack`
    case 'failed':
      return `${endpointClientName} is not bootstrapped: ${event.step.type} ${event.step.path} ${event.reason}${event.responseCode === undefined ? '' : `, ${event.responseCode}`}${event.detail === undefined ? '' : ` ${event.detail}`}${event.cause === undefined ? '' : `, ${event.cause}`}`
    case 'refused':
      return `${endpointClientName === '' ? '(no name)' : endpointClientName} from ${remote}: refused, ${event.code} ${event.why}`
  }
}

const say = ({ json }: Flags, line: string, object: object) =>
  process.stdout.write(json === true ? `${JSON.stringify(object)}\n` : `${line}\n`)

const port = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65535) throw new InvalidArgumentError('a port is 0-65535.')
  return value
}
