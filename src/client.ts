/** A LwM2M client: from octets to a device in one pipe (LwM2M Core 1.2.2 §6). One page. */
import {
  concat,
  concatMap,
  filter,
  ignoreElements,
  map,
  merge,
  Observable,
  of,
  pipe,
  share,
  startWith,
  Subject,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs'
import type { AccessOptions } from './client/access-options.ts'
import { clientStateOf, type ClientState } from './client/client-state.ts'
import { configure, type AccountOptions } from './client/configuration.ts'
import type { Resources } from './client/objects.ts'
import type { ClientObject } from './operation/object.ts'
import type { PersistOptions } from './client/persist/options.ts'
import { remembering, type Memory } from './client/persist/pipeline.ts'
import { client as clientLayer } from './client/pipeline.ts'
import type { Configuration, LifecycleOptions, Limits } from './client/state.ts'
import type { SendCommand, SentNotice } from './client/sending.ts'
import type { AccountNotice, ApplicationCommand, Notice } from './client/word.ts'
import { coap, parametersOf } from './coap.ts'
import type { Duplex } from './core/duplex.ts'
import type { Environment } from './core/environment.ts'
import { Lwm2mError } from './core/error.ts'
import { hushed } from './core/hushed.ts'
import type { Sink, SocketOptions } from './core/ports.ts'
import type { Credentials, DtlsOptions, Psk } from './datagram/dtls/options.ts'
import type { Request } from './exchange/exchange.ts'
import type { Parameters } from './exchange/parameters.ts'
import { formats, formatsByNumber } from './format/formats.ts'
import type { SignalParameters } from './message/signals.ts'
import type { Version } from './operation/operation.ts'
import type { Node } from './model/node.ts'
import { parsePath, type PathString } from './model/path.ts'
import type { ObjectDefinition } from './model/definition.ts'
import type { OperationContext } from './operation/operation.ts'
import { operations } from './operation/pipeline.ts'
import { shapeOf } from './operation/shape.ts'

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
  const {
    endpointClientName,
    objects,
    socket = {},
    dtls,
    signals = {},
    parameters = {},
    limits = {},
    version,
    queueMode,
    lifecycle,
    access,
    alternatePath,
    profileId,
    profileObjects,
    persist,
  } = options
  const accounts = accountsOf(options)
  const described = configure({
    endpointClientName,
    accounts,
    objects,
    contentFormats,
    parameters: parametersOf({ parameters }),
    limits,
    ...(version === undefined ? {} : { version }),
    ...(queueMode === undefined ? {} : { queueMode }),
    ...(lifecycle === undefined ? {} : { lifecycle }),
    schemes: ['coap', ...(env.transports.tcp === undefined ? [] : ['coap+tcp']), ...(isSecured(env, accounts) ? ['coaps'] : [])],
    ...(access === undefined ? {} : { access }),
    ...(alternatePath === undefined ? {} : { alternatePath }),
    ...(profileId === undefined
      ? {}
      : { profile: { id: profileId, ...(profileObjects === undefined ? {} : { objects: profileObjects }) } }),
  })
  const it: Configuration = persist === undefined ? described : { ...described, persists: true }
  const quiet = isBootstrapped(accounts) ? { ...env, journal: hushed(env.journal) } : env // keys travel in bodies
  const streetWith = (memory?: Memory): Duplex<ApplicationCommand, Notice> => {
    const { own, take: takeCredentials } = credentials()
    const security = isSecured(env, accounts) ? { dtls: { ...dtls, ...memory?.sessions, credentials: { own } } } : {}
    const street = pipe(
      operations(quiet, contextOf(it)), //                                             request   <-> LwM2M operation         LwM2M Transport §6
      clientLayer(quiet, it, objects, memory), //                                      operation <-> lifecycle and model     LwM2M Core §6
    )(coap(quiet, { socket, ...security, signals, parameters, sinkFor: sinkFor(objects, alternatePath) })) // octets    <-> request and response    RFC 7252, 7641, 7959
    const notices: Duplex<ApplicationCommand, Notice> = (command$) => street(command$).pipe(filter((notice) => !takeCredentials(notice)))
    return memory === undefined
      ? notices
      : pipe(
          notices,
          concatMap((notice) => (notice.type === 'stopped' ? concat(memory.flush, of(notice)) : of(notice))),
        )
  }
  return persist === undefined ? streetWith() : remembering(env, it, persist, streetWith)
}

/** A client at hand. It runs while `notice$`, `state$` or `run$` is subscribed; all of them share one run, and complete after `stop`. */
export interface Client {
  /** What happens. */
  readonly notice$: Observable<Notice>
  /** Where each account is, why, and what it plans: now, and after each change. */
  readonly state$: Observable<readonly AccountNotice[]>
  /** The whole client: its state, which account decides it, and the nearest plan; now, and after each change. */
  readonly lifecycle$: Observable<ClientState>
  /** Emits nothing: for those who only want it to run. */
  readonly run$: Observable<never>
  /**
   * Sends values that nobody asked for: places as they are now, or values, each perhaps with its time. Emits what became of it at each server that is
   * meant, and completes; it waits while a server cannot be reached. Unsubscribing takes back what has not been answered (LwM2M Core §6.4.6).
   */
  readonly send: (what: PathString | readonly PathString[] | readonly Node[], options?: SendOptions) => Observable<SendOutcome>
  /**
   * There is an Object from now on: its streams are subscribed, and servers are told with an Update. A notice says `refused` when a value does not fit,
   * and `command-refused` when it is there already. Unheard while the client does not run; a new run begins with the `objects` of the options.
   */
  readonly add: (object: ClientObject) => void
  /** It goes with all of its Object Instances: streams are unsubscribed, observers are told 4.04. */
  readonly remove: (object: number) => void
  /** One more Object Instance of an Object that was brought. */
  readonly addInstance: <const Definition extends ObjectDefinition>(
    definition: Definition,
    instance: number,
    resources: Resources<Definition>,
  ) => void
  readonly removeInstance: (object: number, instance: number) => void
  /** Unheard while it does not run. */
  readonly command: (command: ApplicationCommand) => void
  /** De-registers, waits for the answers at most so long (default 5 s), and ends the run. */
  readonly stop: (withinMs?: number) => Observable<never>
}

/** How to send. */
export interface SendOptions {
  /** Default: every server. */
  readonly account?: number
  /** Default: true. */
  readonly confirmable?: boolean
  /** SenML CBOR (112, the default), SenML JSON (110) or, without times, LwM2M CBOR (11544). */
  readonly format?: number
}
/** What became of a Send at one server. */
export type SendOutcome = Pick<SentNotice, 'account' | 'result' | 'code' | 'path'>

const sendCommand = (send: string, what: PathString | readonly PathString[] | readonly Node[], options: SendOptions): SendCommand => {
  const all: readonly (PathString | Node)[] = typeof what === 'string' ? [what] : what
  const texts = all.filter((one) => typeof one === 'string')
  const paths = texts.map((text) => {
    const path = parsePath(text)
    if (path === undefined) throw new Lwm2mError('invalid', `${text} is no path`)
    return path
  })
  return { type: 'send', send, paths, nodes: all.filter((one) => typeof one !== 'string'), ...options }
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
export const client = (env: Environment, options: ClientOptions): Client => {
  const command$ = new Subject<ApplicationCommand>()
  const forced$ = new Subject<void>()
  const states = new Map<number, AccountNotice>()
  let running = false
  let sends = 0
  const street = lwm2mClient(env, options)
  const alone$ = new Observable<Notice>((observer) => {
    running = true
    states.clear()
    observer.add(() => (running = false))
    observer.add(street(command$).subscribe(observer))
  })
  const notice$ = alone$.pipe(
    tap((notice) => {
      if (notice.type !== 'account') return
      if (notice.reason === 'removed') states.delete(notice.account)
      else states.set(notice.account, notice)
    }),
    takeWhile(({ type }) => type !== 'stopped', true),
    takeUntil(forced$),
    share(),
  )
  const account$ = notice$.pipe(filter(({ type }) => type === 'account'))
  const state$ = account$.pipe(
    startWith(undefined),
    map(() => [...states.values()]),
    filter((accounts) => accounts.length > 0),
  )
  return {
    notice$,
    state$,
    lifecycle$: state$.pipe(map(clientStateOf)),
    run$: notice$.pipe(ignoreElements()),
    add: (object) => command$.next({ type: 'add', object }),
    remove: (object) => command$.next({ type: 'remove', object }),
    addInstance: ({ id: object }, instance, resources) => command$.next({ type: 'add-instance', object, instance, resources }),
    removeInstance: (object, instance) => command$.next({ type: 'remove-instance', object, instance }),
    command: (command) => command$.next(command),
    send: (what, sendOptions = {}) =>
      new Observable((observer) => {
        const send = `send ${++sends}`
        if (!running) {
          observer.next({ account: sendOptions.account ?? -1, result: 'aborted' })
          return observer.complete()
        }
        const command = sendCommand(send, what, sendOptions)
        let count = 0
        observer.add(() => command$.next({ type: 'unsend', send }))
        observer.add(
          notice$.subscribe({
            next: (notice) => {
              if (notice.type !== 'sent' || notice.send !== send) return
              const { account, result, code, path } = notice
              observer.next({ account, result, ...(code === undefined ? {} : { code }), ...(path === undefined ? {} : { path }) })
              if (++count === notice.of) observer.complete()
            },
            complete: () => observer.complete(),
            error: (error: unknown) => observer.error(error),
          }),
        )
        command$.next(command)
        return
      }),
    stop: (withinMs = 5_000) =>
      new Observable((observer) => {
        if (!running) return observer.complete()
        const late$ = timer(withinMs, env.scheduler).pipe(tap(() => forced$.next()))
        observer.add(
          merge(notice$, late$)
            .pipe(
              filter((what) => what === 0 || what.type === 'stopped'),
              take(1),
              ignoreElements(),
            )
            .subscribe(observer),
        )
        command$.next({ type: 'stop' })
        return
      }),
  }
}

const accountsOf = ({ servers }: ClientOptions): readonly AccountOptions[] =>
  (Array.isArray(servers) ? (servers as readonly (string | AccountOptions)[]) : [servers as string | AccountOptions]).map((server) =>
    typeof server === 'string' ? { uri: server } : server,
  )

/** DTLS where an account has a key, or bootstrap may bring one. */
const isSecured = ({ crypto }: Environment, accounts: readonly AccountOptions[]) =>
  accounts.some(({ psk }) => psk !== undefined) || (isBootstrapped(accounts) && crypto.ciphers !== undefined)
/** Without accounts of its own a client waits to be provisioned. */
const isBootstrapped = (accounts: readonly AccountOptions[]) =>
  accounts.length === 0 || accounts.some(({ bootstrap }) => bootstrap === true)

/** Who we are to each server: the client says it before it opens a link, so that keys which bootstrap brings count at once. Nobody comes by himself, and no key leaves its account. */
const credentials = () => {
  const known = new Map<number, Psk>()
  const own: Credentials['own'] = ({ account }) => of(account === undefined ? undefined : known.get(account))
  const take = (notice: Notice): boolean => {
    if (notice.type !== 'credentials') return false
    if (notice.psk === undefined) known.delete(notice.account)
    else known.set(notice.account, notice.psk)
    return true
  }
  return { own, take }
}

/** Those that can carry more than one value. OMA JSON is for peers of LwM2M 1.0, to whom none are named (LwM2M Core §7.5). */
const contextOf = ({ definitions, alternatePath }: Configuration): OperationContext => ({
  formats: formatsByNumber,
  definitions,
  ...(alternatePath === undefined ? {} : { root: alternatePath }),
})
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
