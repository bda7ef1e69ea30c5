/** A LwM2M client: from octets to a device in one pipe (LwM2M Core 1.2.2 §6). One page. */
import {
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
import { configure, identityOf, type AccountOptions } from './client/configuration.ts'
import type { ClientObject } from './operation/object.ts'
import { client as clientLayer } from './client/pipeline.ts'
import type { Limits } from './client/state.ts'
import type { AccountNotice, Command, Notice } from './client/word.ts'
import { coap, parametersOf, type CoapOptions } from './coap.ts'
import type { Duplex } from './core/duplex.ts'
import type { Environment } from './core/environment.ts'
import type { Sink, SocketOptions } from './core/ports.ts'
import type { Credentials, DtlsOptions } from './datagram/dtls/options.ts'
import type { Request } from './exchange/exchange.ts'
import type { Parameters } from './exchange/parameters.ts'
import { formats } from './format/formats.ts'
import type { SignalParameters } from './message/signals.ts'
import { operations } from './operation/pipeline.ts'
import { shapeOf } from './operation/shape.ts'

/** What a client can be told. */
export interface ClientOptions {
  readonly endpointClientName: string
  /** The servers to register with: `coap://host:port`, `coap+tcp://host:port`, or more of it, such as the key for `coaps://host:port`. */
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
  /** Who may do what, where there are several servers. Absent: every server may do everything, and there is no Access Control Object (docs/access-control.md). */
  readonly access?: AccessOptions
}

/** The whole client as a street: commands go in, notices come out. It runs while subscribed. Throws an `Lwm2mError` with `invalid` for options that cannot be meant. */
export const lwm2mClient = (env: Environment, options: ClientOptions): Duplex<Command, Notice> => {
  const { endpointClientName, objects, socket = {}, dtls, signals = {}, parameters = {}, limits = {}, access } = options
  const accounts = accountsOf(options)
  const it = configure({
    endpointClientName,
    accounts,
    objects,
    contentFormats,
    parameters: parametersOf({ parameters }),
    limits,
    ...(access === undefined ? {} : { access }),
  })
  return pipe(
    operations(env, { formats: byNumber, definitions: it.definitions }), // request   <-> LwM2M operation         LwM2M Transport §6
    clientLayer(env, it, objects), //                                       operation <-> lifecycle and model     LwM2M Core §6
  )(coap(env, { socket, ...secured(accounts, dtls), signals, parameters, sinkFor: sinkFor(objects) })) //         octets    <-> request and response    RFC 7252, 7641, 7959
}

/** A client at hand. It runs while `notice$`, `state$` or `run$` is subscribed; all of them share one run, and complete after `stop`. */
export interface Client {
  /** What happens. */
  readonly notice$: Observable<Notice>
  /** Where each account is, why, and what it plans: now, and after each change. */
  readonly state$: Observable<readonly AccountNotice[]>
  /** Emits nothing: for those who only want it to run. */
  readonly run$: Observable<never>
  /** Unheard while it does not run. */
  readonly command: (command: Command) => void
  /** De-registers, waits for the answers at most so long (default 5 s), and ends the run. */
  readonly stop: (withinMs?: number) => Observable<never>
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
  const command$ = new Subject<Command>()
  const forced$ = new Subject<void>()
  const states = new Map<number, AccountNotice>()
  let running = false
  const street = lwm2mClient(env, options)
  const alone$ = new Observable<Notice>((observer) => {
    running = true
    states.clear()
    observer.add(() => (running = false))
    observer.add(street(command$).subscribe(observer))
  })
  const notice$ = alone$.pipe(
    tap((notice) => {
      if (notice.type === 'account') states.set(notice.account, notice)
    }),
    takeWhile(({ type }) => type !== 'stopped', true),
    takeUntil(forced$),
    share(),
  )
  const account$ = notice$.pipe(filter(({ type }) => type === 'account'))
  return {
    notice$,
    state$: account$.pipe(
      startWith(undefined),
      map(() => [...states.values()]),
      filter((accounts) => accounts.length > 0),
    ),
    run$: notice$.pipe(ignoreElements()),
    command: (command) => command$.next(command),
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

/** DTLS only where an account has a key: nobody comes by himself, and no key leaves its account. */
const secured = (accounts: readonly AccountOptions[], options: ClientOptions['dtls']): Pick<CoapOptions, 'dtls'> => {
  if (accounts.every(({ psk }) => psk === undefined)) return {}
  const own: Credentials['own'] = ({ account }) => {
    const psk = account === undefined ? undefined : accounts[account]?.psk
    return of(psk === undefined ? undefined : { identity: identityOf(psk), key: psk.key })
  }
  return { dtls: { ...options, credentials: { own } } }
}

const byNumber: ReadonlyMap<number, (typeof formats)[number]> = new Map(formats.map((format) => [format.contentFormat, format]))
/** Those that can carry more than one value. */
const contentFormats: readonly number[] = formats.filter(({ structured }) => structured).map(({ contentFormat }) => contentFormat)

/** Where the octets of a server's Write go: the Object says. Strangers' go nowhere. */
const sinkFor =
  (objects: readonly ClientObject[]) =>
  (request: Request): Sink | undefined => {
    if (!request.remote.startsWith('account ')) return undefined
    const { path } = shapeOf(request)
    return path?.resource === undefined
      ? undefined
      : objects.find(({ definition }) => definition.id === path.object)?.sinkFor?.(path, request)
  }
