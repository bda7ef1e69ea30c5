/** A server, a device and the network between them in virtual time: what each case of the OMA Enabler Test Specification stands on. */
import { concatMap, merge, NEVER, Observable, of, Subject, switchMap, tap, timer, type Subscription } from 'rxjs'
import { lwm2mBootstrapServer, type BootstrapConfiguration, type BootstrapEvent } from '../../src/bootstrap-server.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { client, type Client, type ClientOptions } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import type { AccountNotice, Notice } from '../../src/client/word.ts'
import type { Environment } from '../../src/core/environment.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import type { ClientObject } from '../../src/operation/object.ts'
import { coapEndpoint } from '../../src/coap.ts'
import type { Handler } from '../../src/exchange/ask.ts'
import { request } from '../../src/exchange/request.ts'
import { responses } from '../../src/message/code.ts'
import type { PathString } from '../../src/model/path.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { lwm2mServer, type RegisteredClient, type RegistrationEvent, type Server, type ServerOptions } from '../../src/server.ts'
import { world, type World } from '../../src/simulation/world.ts'
import { tapped, type Crossing } from './wire.ts'

/** What the Device Object of Configuration C.1 has: manufacturer, model, serial number, firmware version, one error code, U; it can reboot. */
export const c1Device = (more: Partial<Parameters<typeof deviceObject>[0]> = {}): ClientObject =>
  deviceObject({
    manufacturer: 'Open Mobile Alliance',
    modelNumber: 'Lightweight M2M Client',
    serialNumber: '345000123',
    firmwareVersion: '1.0',
    reboot: () => NEVER,
    ...more,
  })

export interface RigOptions {
  /** Objects that need the world or the device's environment. */
  readonly objectsIn?: (made: World, env: Environment) => readonly ClientObject[]
  readonly objects?: readonly ClientObject[]
  /** More of the account, or several: default one account with the server of the rig. */
  readonly account?: Partial<Extract<ClientOptions['servers'], { readonly uri: string }>>
  readonly client?: Partial<ClientOptions>
  readonly server?: Partial<ServerOptions>
  /** A bootstrap server that gives this, or does this; the client has an account with it, and no other unless `account` names one. */
  readonly bootstrap?: BootstrapConfiguration | BootstrapScript
  /** The device stands behind a translator of addresses. */
  readonly nat?: boolean
  /** How many servers there are; the client has an account with each. */
  readonly servers?: number
}

/** What a bootstrap server made by hand asks of the client, once that has asked for it. */
export type BootstrapScript = (ask: BootstrapAsk) => Observable<unknown>
export type BootstrapAsk = (
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  path: string,
  payload?: Uint8Array,
  format?: number,
) => Observable<Response>

/** What an operation of the server came to. */
export interface Done<Value> {
  readonly values: readonly Value[]
  readonly error: unknown
  /** The response code of the refusal, if it was one. */
  readonly code: string | undefined
  /** The request and the response as they crossed. */
  readonly request: Crossing | undefined
  readonly response: Crossing | undefined
}
/** A stream that is being watched. */
export interface Watched<Value> {
  readonly values: readonly { readonly atMs: number; readonly value: Value }[]
  readonly errors: readonly unknown[]
  readonly stop: () => void
}

/** One server of the rig. */
export interface ServerSide {
  readonly server: Server
  readonly address: string
  /** The device, as this server knows it. */
  readonly device: RegisteredClient
  readonly events: readonly RegistrationEvent[]
  /** Every message that crossed here, oldest first. */
  readonly wire: readonly Crossing[]
  /** Does it, and lets some time pass; default 1 s. */
  readonly do: <Value>(work: (device: RegisteredClient) => Observable<Value>, withinMs?: number) => Done<Value>
  readonly watch: <Value>(work: (device: RegisteredClient) => Observable<Value>) => Watched<Value>
  /** The Register requests that came. */
  readonly registers: () => readonly Crossing[]
  /** The Update requests that came. */
  readonly updates: () => readonly Crossing[]
}
export interface Rig extends ServerSide {
  /** What crossed at the bootstrap server. */
  readonly bootstrapWire: readonly Crossing[]
  readonly bootstrapEvents: readonly BootstrapEvent[]
  readonly world: World
  readonly client: Client
  readonly servers: readonly ServerSide[]
  readonly notices: readonly Notice[]
  readonly account: (index?: number) => AccountNotice
  readonly pass: (seconds: number) => void
  /** Serves octets on a host of their own; gives the URI. */
  readonly serveFile: (path: PathString, bytes: Uint8Array) => string
  /** Cuts that host off after a while. */
  readonly cutFileAfter: (ms: number) => void
  /** Another outer address, and an Update from there. */
  readonly move: () => void
  /** A request to the first server from a stranger's address. */
  readonly spoof: (method: 'DELETE' | 'POST', path: PathString) => void
  /** Power off after a while, and on again a second later. */
  readonly rebootAfter: (ms: number) => void
}

const filesAddress = '10.9.1.1'
const isRequest = (code: string) => code.startsWith('0.') && code !== '0.00'
const isResponse = (code: string) => /^[245]/.test(code) && code !== '2.31'
export const endpointClientName = 'urn:oma:ets'

/** The rig after its first second: the client is registered wherever it can be. */
export const rig = ({
  objects = [c1Device()],
  objectsIn = () => objects,
  account = {},
  servers = 1,
  nat = false,
  bootstrap,
  ...more
}: RigOptions = {}): Rig => {
  const made = world(1, { log: false, crypto, faults: { minMs: 5, maxMs: 5 } })
  const sides = Array.from({ length: servers }, (_, index) => serverSide(made, index, more.server))
  const bootstrapWire: Crossing[] = []
  const bootstrapEvents: BootstrapEvent[] = []
  if (bootstrap !== undefined) bootstrapSide(made, bootstrap, bootstrapWire, bootstrapEvents)
  const notices: Notice[] = []
  let current: Client | undefined
  const node = made.node('device', nat ? { nat: {} } : {})
  node.start((env) => {
    const own = sides.map((_, index) => ({ uri: `coap://server${index}`, ...account }))
    const bootstrapAccount = { uri: 'coap://bootstrap:5783', bootstrap: true }
    const accounts = bootstrap === undefined ? own : account.uri === undefined ? [bootstrapAccount] : [...own, bootstrapAccount]
    current = client(env, { endpointClientName, servers: accounts, objects: objectsIn(made, env), ...more.client })
    return new Observable((observer) =>
      current!.notice$.subscribe({ next: (notice) => notices.push(notice), error: (e: unknown) => observer.error(e) }),
    )
  })
  const pass = (seconds: number) => made.run(made.now() + seconds * 1000)
  pass(1)
  return {
    ...sides[0]!,
    world: made,
    servers: sides,
    bootstrapWire,
    bootstrapEvents,
    notices,
    get client() {
      return current!
    },
    account: (index = 0) =>
      notices.filter((notice): notice is AccountNotice => notice.type === 'account' && notice.account === index).at(-1)!,
    pass,
    serveFile: (path, bytes) => {
      const whole: Handler = () => of({ code: responses.Content, options: [], payload: bytes })
      made
        .node('files', { address: filesAddress })
        .start((env) => coapEndpoint(env, { socket: { listen: { port: 5683 } }, handler: whole }).up$)
      return `coap://files${path}`
    },
    cutFileAfter: (ms) => made.at(made.now() + ms, () => made.network.cut(true, filesAddress)),
    move: () => {
      node.host.nat?.rebind()
      current?.command({ type: 'update' })
    },
    spoof: (method, path) => {
      made
        .node('stranger')
        .start((env) => coapEndpoint(env, { socket: { listen: { port: 0 } } }).ask(request(method, `coap://${sides[0]!.address}${path}`)))
    },
    rebootAfter: (ms) => {
      made.at(made.now() + ms, () => node.crash())
      made.at(made.now() + ms + 1_000, () => node.restart())
    },
  }
}

/** A bootstrap server on a host of its own. */
const bootstrapSide = (made: World, given: BootstrapConfiguration | BootstrapScript, wire: Crossing[], events: BootstrapEvent[]): void => {
  const address = '10.9.2.1'
  made.node('bootstrap', { address }).start((plain) => {
    const env = tapped(plain, (crossing) => wire.push(crossing))
    const listen = { address, port: 5783 }
    if (typeof given === 'function') return scripted(env, listen, given)
    const { event$ } = lwm2mBootstrapServer(env, { listen, store: { configurationOf: () => of(given) } })
    return event$.pipe(tap((event) => events.push(event)))
  })
}
/** Answers Bootstrap-Request with 2.04, and then does what the script says. */
const scripted = (
  env: Environment,
  listen: { readonly address: string; readonly port: number },
  script: BootstrapScript,
): Observable<unknown> => {
  const asked$ = new Subject<string>()
  const endpoint = coapEndpoint(env, {
    socket: { listen },
    handler: ({ remote }) => of({ code: responses.Changed, options: [], payload: new Uint8Array() }).pipe(tap(() => asked$.next(remote))),
  })
  const ask =
    (remote: string): BootstrapAsk =>
    (method, path, payload, format) =>
      endpoint.ask(
        request(
          method,
          remote,
          { ...(payload === undefined ? {} : { payload }), ...(format === undefined ? {} : { contentFormat: format }) },
          path,
        ),
      )
  // After the answer, which must be there first.
  return merge(endpoint.up$, asked$.pipe(switchMap((remote) => timer(1, env.scheduler).pipe(concatMap(() => script(ask(remote)))))))
}

const serverSide = (made: World, index: number, options: Partial<ServerOptions> = {}): ServerSide => {
  const wire: Crossing[] = []
  const events: RegistrationEvent[] = []
  let server: Server | undefined
  const node = made.node(`server${index}`, { address: `10.9.0.${index + 1}` })
  let environment: Environment | undefined
  node.start((env) => {
    environment = tapped(env, (crossing) => wire.push(crossing))
    server = lwm2mServer(environment, { listen: { address: node.address, port: 5683 }, ...options })
    return new Observable((observer) =>
      server!.registrations$.subscribe({ next: (event) => events.push(event), error: (e: unknown) => observer.error(e) }),
    )
  })
  const device = server!.client(endpointClientName)
  const done = <Value>(work: (device: RegisteredClient) => Observable<Value>, withinMs = 1_000): Done<Value> => {
    const from = wire.length
    const values: Value[] = []
    const outcome: { error?: unknown } = {}
    const subscription = work(device).subscribe({ next: (value) => values.push(value), error: (error: unknown) => (outcome.error = error) })
    made.run(made.now() + withinMs)
    subscription.unsubscribe()
    const crossed = wire.slice(from)
    const request = crossed.find(({ way, message }) => way === 'out' && isRequest(message.code))
    // Each block may have a token of its own: the answer is the last one to this path.
    const asked = crossed.filter(({ way, message, path }) => way === 'out' && isRequest(message.code) && path === request?.path)
    const tokens = new Set(asked.map(({ message }) => message.token))
    const response = crossed
      .filter(({ way, message, observe }) => way === 'in' && isResponse(message.code) && observe === undefined && tokens.has(message.token))
      .at(-1)
    const { error } = outcome
    return { values, error, code: error instanceof Lwm2mError ? error.responseCode : undefined, request, response }
  }
  const watch = <Value>(work: (device: RegisteredClient) => Observable<Value>): Watched<Value> => {
    const values: { atMs: number; value: Value }[] = []
    const errors: unknown[] = []
    const subscription: Subscription = work(device).subscribe({
      next: (value) => values.push({ atMs: made.now(), value }),
      error: (error: unknown) => errors.push(error),
    })
    return { values, errors, stop: () => subscription.unsubscribe() }
  }
  const came = (isIt: (path: string) => boolean) =>
    wire.filter(({ way, message, path }) => way === 'in' && message.code === '0.02' && isIt(path))
  return {
    server: server!,
    address: node.address,
    device,
    events,
    wire,
    do: done,
    watch,
    registers: () => came((path) => path === '/rd'),
    updates: () => came((path) => path.startsWith('/rd/')),
  }
}
