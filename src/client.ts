/** A LwM2M client: from octets to a device in one pipe (LwM2M Core 1.2.2 §6). One page. */
import { concat, concatMap, filter, of, pipe } from 'rxjs'
import type { AccessOptions } from './client/access-options.ts'
import { accountsOf, bootstraps, speaksDtls, type AccountOptions } from './client/account-options.ts'
import type { Configuration, LifecycleOptions, Limits } from './client/configuration.ts'
import { configure, type ClientDescription } from './client/configure.ts'
import { credentials } from './client/credentials/pipeline.ts'
import type { Client } from './client/face/client.ts'
import { face } from './client/face/pipeline.ts'
import type { PersistOptions } from './client/persist/options.ts'
import { remembering, type Memory } from './client/persist/pipeline.ts'
import { client as clientLayer } from './client/pipeline.ts'
import type { ApplicationCommand, Notice } from './client/word.ts'
import { coap, parametersOf } from './coap.ts'
import type { Duplex } from './core/duplex.ts'
import type { Environment } from './core/environment.ts'
import { hushed } from './core/hushed.ts'
import type { Sink, SocketOptions } from './core/ports.ts'
import type { DtlsOptions } from './datagram/dtls/options.ts'
import type { Request } from './exchange/exchange.ts'
import type { Parameters } from './exchange/parameters.ts'
import { formats, formatsByNumber } from './format/formats.ts'
import type { SignalParameters } from './message/signals.ts'
import type { ClientObject } from './operation/object.ts'
import type { OperationContext } from './operation/context.ts'
import type { Version } from './operation/operation.ts'
import { operations } from './operation/pipeline.ts'
import { shapeOf } from './operation/shape.ts'

export type { Client, SendOptions, SendOutcome } from './client/face/client.ts'

/** What a client can be told. */
export interface ClientOptions {
  readonly endpointClientName: string
  /** The servers to register with: `coap://host:port`, `coap+tcp://host:port`, or more of it, such as the key for `coaps://host:port`. One may be a bootstrap server. */
  readonly servers: string | AccountOptions | readonly (string | AccountOptions)[]
  /** Everything but the Security and the Server Object, which are made from `servers`. */
  readonly objects: readonly ClientObject[]
  readonly socket?: SocketOptions
  /** How DTLS with `coaps://` servers behaves; the keys are those of the accounts. */
  readonly dtls?: Partial<Omit<DtlsOptions, 'credentials'>>
  /** Settings and bounds of connections to `coap+tcp://` servers. */
  readonly signals?: Partial<SignalParameters>
  readonly parameters?: Partial<Parameters>
  readonly limits?: Partial<Limits>
  /** The newest version to offer to servers that say nothing of their own, those that bootstrap tells of among them. Default: 1.2. */
  readonly version?: Version
  /** Default: false. Servers that say something of their own have it. */
  readonly queueMode?: boolean
  /** Where the data model hangs, if not at `/`: segments without a number, as `/lwm2m` (LwM2M Transport §6.4.1). */
  readonly alternatePath?: string
  /** Awake time of queue mode, how bootstrap goes. */
  readonly lifecycle?: Partial<LifecycleOptions>
  /** LwM2M 1.2: a Profile ID (`6:27354b9a`, `oma:name`, `v:name`) says in Register what Objects there are; a server that does not know it is told of them. */
  readonly profileId?: string
  /** The Objects that it stands for; the others are listed. Default: all. */
  readonly profileObjects?: readonly number[]
  /** Who may do what, where there are several servers. Absent: every server may do everything, and there is no Access Control Object (docs/access-control.md). */
  readonly access?: AccessOptions
  /** What servers changed, registrations, observations and keys survive restarts and power cuts; `{}`: in the storage of the environment (docs/persistence.md). Absent: nothing does. */
  readonly persist?: PersistOptions
}

/** The whole client as a street: commands go in, notices come out. It runs while subscribed. Throws an `Lwm2mError` with `invalid` for options that cannot be meant. */
export const lwm2mClient = (env: Environment, options: ClientOptions): Duplex<ApplicationCommand, Notice> => {
  const { objects, socket = {}, dtls, signals = {}, alternatePath, persist } = options
  const accounts = accountsOf(options.servers)
  const isSecured = speaksDtls(accounts, env.crypto)
  const it = configure({
    ...options,
    ...profileOf(options),
    accounts,
    contentFormats,
    parameters: parametersOf(options),
    schemes: ['coap', ...(env.transports.tcp === undefined ? [] : ['coap+tcp']), ...(isSecured ? ['coaps'] : [])],
    persists: persist !== undefined,
  })
  const quiet = bootstraps(accounts) ? { ...env, journal: hushed(env.journal) } : env // keys travel in bodies
  const streetWith = (memory?: Memory): Duplex<ApplicationCommand, Notice> => {
    const keys = credentials()
    const security = isSecured ? { dtls: { ...dtls, ...memory?.sessions, credentials: { own: keys.own } } } : {}
    const { parameters } = it
    const street = pipe(
      operations(quiet, contextOf(it)), //                                             request   <-> LwM2M operation         LwM2M Transport §6
      clientLayer(quiet, it, objects, memory), //                                      operation <-> lifecycle and model     LwM2M Core §6
    )(coap(quiet, { socket, ...security, signals, parameters, sinkFor: sinkFor(objects, alternatePath) })) // octets    <-> request and response    RFC 7252, 7641, 7959
    const notices: Duplex<ApplicationCommand, Notice> = (command$) => street(command$).pipe(filter((notice) => !keys.take(notice)))
    return memory === undefined
      ? notices
      : pipe(
          notices,
          concatMap((notice) => (notice.type === 'stopped' ? concat(memory.flush, of(notice)) : of(notice))),
        )
  }
  return persist === undefined ? streetWith() : remembering(env, it, persist, streetWith)
}

/**
 * A client:
 *
 *     const device = client(env, {
 *       endpointClientName: 'urn:dev:ops:1234-thermometer-1',
 *       servers: 'coap://localhost:5683',
 *       objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }), instances(temperature, { 0: { 5700: celsius$, 5701: 'Cel' } })],
 *     })
 *     device.state$.subscribe(([account]) => console.log(account.state, account.reason))
 */
export const client = (env: Environment, options: ClientOptions): Client => face(lwm2mClient(env, options), env.scheduler)

const profileOf = ({ profileId, profileObjects }: ClientOptions): Pick<ClientDescription, 'profile'> =>
  profileId === undefined ? {} : { profile: { id: profileId, ...(profileObjects === undefined ? {} : { objects: profileObjects }) } }

const contextOf = ({ definitions, alternatePath }: Configuration): OperationContext => ({
  formats: formatsByNumber,
  definitions,
  ...(alternatePath === undefined ? {} : { root: alternatePath }),
})
/** Those that can carry more than one value. OMA JSON is for peers of LwM2M 1.0, to whom none are named (LwM2M Core §7.5). */
const contentFormats: readonly number[] = formats
  .filter(({ structured, name }) => structured && name !== 'json')
  .map(({ contentFormat }) => contentFormat)

/** Where the octets of a server's Write go: the Object says. Strangers' go nowhere. */
const sinkFor =
  (objects: readonly ClientObject[], alternatePath: string | undefined) =>
  (request: Request): Sink | undefined => {
    if (!request.remote.startsWith('account ')) return undefined
    const { path } = shapeOf(request, alternatePath)
    return path?.resource === undefined
      ? undefined
      : objects.find(({ definition }) => definition.id === path.object)?.sinkFor?.(path, request)
  }
