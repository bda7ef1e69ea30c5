/** A LwM2M bootstrap server: clients come and are given their accounts (LwM2M Core 1.2.2 §6.1). One page. */
import { filter, map, merge, Observable, of, takeWhile, tap } from 'rxjs'
import { coapEndpoint } from './coap.ts'
import type { Environment } from './core/environment.ts'
import { hushed } from './core/hushed.ts'
import type { Remote } from './core/ports.ts'
import type { Handler } from './exchange/ask.ts'
import type { Parameters } from './exchange/parameters.ts'
import { formatsByNumber } from './format/formats.ts'
import { responses } from './message/code.ts'
import { options as optionNumbers, strings } from './message/option.ts'
import type { SignalParameters } from './message/signals.ts'
import { registry } from './objects/registry.ts'
import type { OperationContext } from './operation/context.ts'
import type { Unheard } from './datagram/dtls/unheard.ts'
import { secureSocket, tcpSocket, type ListenOptions, type SecureServerOptions, type TcpServerOptions } from './server/listen.ts'
import { listening, listeningByScheme, type ListeningStreams } from './server/listening/pipeline.ts'
import { openWith } from './server/open/pipeline.ts'
import { explained } from './server/unheard/pipeline.ts'
import type { BootstrapStore } from './server/bootstrap/configuration.ts'
import { bootstrapper } from './server/bootstrap/pipeline.ts'
import { defaultBootstrapLimits, type BootstrapLimits } from './server/bootstrap/sessions.ts'
import type { BootstrapEvent } from './server/bootstrap/words.ts'
import { identities } from './server/credentials/pipeline.ts'
import { refusal } from './server/pipeline.ts'

export type {
  AccessControl,
  BootstrapConfiguration,
  BootstrapStore,
  Given,
  GivenTree,
  ServerAccount,
} from './server/bootstrap/configuration.ts'
export type { BootstrapLimits } from './server/bootstrap/sessions.ts'
export type { BootstrapEvent, BootstrapFailure, StepWord } from './server/bootstrap/words.ts'

/** What a bootstrap server can be told. */
export interface BootstrapServerOptions {
  /** What each client is given. */
  readonly store: BootstrapStore
  /** Where it listens. Default: port 5783 at every address, that a server may have 5683; port 0 takes any. */
  readonly listen?: ListenOptions
  /** Where it listens for `coap+tcp://`. Absent: nowhere. */
  readonly tcp?: TcpServerOptions
  /** Where it listens for `coaps://` (default: port 5784), and whose keys it knows. Absent: nowhere. An identity is given its own endpoint's configuration only. */
  readonly secure?: SecureServerOptions
  readonly signals?: Partial<SignalParameters>
  readonly parameters?: Partial<Parameters>
  readonly limits?: Partial<BootstrapLimits>
  readonly context?: Partial<OperationContext>
  /** Whether it begins with Bootstrap-Discover, which tells the bootstrap account's number. Default true. */
  readonly discover?: boolean
  /** Whether it makes Bootstrap-Packs for clients of LwM2M 1.2. Default true; else they are answered 5.01 and ask the other way. */
  readonly pack?: boolean
}

/** A bootstrap server. It is open while anything of it is subscribed. */
export interface BootstrapServer extends ListeningStreams {
  /** Every step of every client. Never a value that was written. */
  readonly event$: Observable<BootstrapEvent>
  /** What came by `coaps://` and was dropped, and why. Bounded, whatever comes; `explainUnheard` makes a line of it. */
  readonly unheard$: Observable<Unheard>
  /** Endpoint client names, each when its Bootstrap-Finish was accepted or its Bootstrap-Pack was sent. */
  readonly bootstrapped$: Observable<string>
  /** Begins without being asked, at a client whose link is open (LwM2M 1.0); its events, until it is over. A failure is an event, not an error. */
  readonly bootstrap: (endpointClientName: string, remote: Remote) => Observable<BootstrapEvent>
}

/** A bootstrap server from the same floors as the server. Nothing happens until something is subscribed. */
export const lwm2mBootstrapServer = (env: Environment, options: BootstrapServerOptions): BootstrapServer => {
  const { store, listen = { port: 5783 }, tcp, secure, signals = {}, parameters = {}, limits, discover = true, pack = true } = options
  const context: OperationContext = { formats: formatsByNumber, definitions: registry, ...options.context }
  const known = secure === undefined ? undefined : identities(secure.credentials, secure.unsecured === true)
  const structured = [...context.formats.values()].filter((format) => format.structured && writable.has(format.contentFormat))
  const bootstrapping = bootstrapper({
    env,
    ask: (request) => below.ask(request),
    context,
    store,
    rules: { ...defaultBootstrapLimits, ...limits, formats: structured.map(({ contentFormat }) => contentFormat), pack },
    discover,
    whose: known?.whose,
  })
  const unheard = explained(() => undefined)
  const rooms: Readonly<Record<string, Handler>> = { bs: bootstrapping.handler, bspack: bootstrapping.handler }
  // Keys travel over these links: their octets stay out of the journal.
  const below = coapEndpoint(
    { ...env, journal: hushed(env.journal) },
    {
      socket: { listen },
      ...(tcp === undefined ? {} : { tcp: tcpSocket(tcp) }),
      ...(secure === undefined ? {} : { dtls: unheard.with(secureSocket(secure, listen.address, 5784)) }),
      signals,
      parameters,
      handler: (request) => rooms[strings(request.options, optionNumbers.UriPath)[0] ?? '']?.(request) ?? nothing(),
    },
  )
  const listening$ = below.up$.pipe(
    tap((up) => known?.note(up)),
    listening,
  )
  const whileOpen = openWith(merge(listening$, bootstrapping.event$))
  const { event$ } = bootstrapping
  return {
    ...listeningByScheme(listening$, whileOpen),
    event$: whileOpen(event$),
    unheard$: whileOpen(unheard.unheard$),
    bootstrapped$: whileOpen(
      event$.pipe(
        filter(({ type }) => type === 'finished' || type === 'packed'),
        map(({ endpointClientName }) => endpointClientName),
      ),
    ),
    bootstrap: (endpointClientName, remote) =>
      new Observable((observer) => {
        const mine$ = event$.pipe(filter((event) => event.endpointClientName === endpointClientName))
        observer.add(whileOpen(mine$.pipe(takeWhile(({ type }) => !over.has(type), true))).subscribe(observer))
        if (!observer.closed) bootstrapping.order(endpointClientName, remote)
      }),
  }
}
const over: ReadonlySet<BootstrapEvent['type']> = new Set<BootstrapEvent['type']>(['finished', 'failed', 'refused'])
const nothing = () => of(refusal(responses.NotFound, 'there is nothing'))
/** What a Bootstrap-Write may be in (LwM2M Core §6.1.7.5). */
const writable: ReadonlySet<number> = new Set([11542, 110, 112, 11544])
