/** A LwM2M server: registrations, clients as streams, firmware (LwM2M Core 1.2.2 §6). One page. */
import { defer, EMPTY, map, merge, of, startWith, switchMap, tap, type Observable } from 'rxjs'
import { coapEndpoint, type CoapOptions } from './coap.ts'
import type { Environment } from './core/environment.ts'
import type { Handler } from './exchange/ask.ts'
import type { Answered, Asked, ExchangeUp } from './exchange/exchange.ts'
import type { Parameters } from './exchange/parameters.ts'
import { formatsByNumber } from './format/formats.ts'
import { responses } from './message/code.ts'
import { options as optionNumbers, strings } from './message/option.ts'
import type { SignalParameters } from './message/signals.ts'
import { registry } from './objects/registry.ts'
import type { OperationContext } from './operation/context.ts'
import type { RegisteredClient } from './server/client/client.ts'
import { contexts, type DefinitionsFor } from './server/client/context.ts'
import { clients, type Clients } from './server/clients.ts'
import { identities } from './server/credentials/pipeline.ts'
import { secureSocket, tcpSocket, type ListenOptions, type SecureServerOptions, type TcpServerOptions } from './server/listen.ts'
import { listening, listeningByScheme, type ListeningStreams } from './server/listening/pipeline.ts'
import { openWith } from './server/open/pipeline.ts'
import { shelf, type ShelfOptions } from './server/image/pipeline.ts'
import { comers, refusal, registrar } from './server/pipeline.ts'
import { profilesFrom } from './server/profiles.ts'
import { queue } from './server/queue/pipeline.ts'
import { defaultQueueLimits, type QueueLimits } from './server/queue/queue.ts'
import type { Refusal, Registration, RegistrationEvent } from './server/registration.ts'
import { defaultLimits, type RegistrationLimits } from './server/registrations.ts'
import { commands, type CommandOptions } from './server/commands/pipeline.ts'
import { defaultCommandLimits, type Command, type CommandLimits, type KeptCommand, type SettledCommand } from './server/commands/command.ts'
import { observations } from './server/observations/pipeline.ts'
import { sessions, type Sessions } from './server/sessions/pipeline.ts'
import { prepared } from './server/stored/prepared/pipeline.ts'
import type { ServerStore } from './server/store.ts'
import { reports } from './server/reporting/pipeline.ts'
import type { SentValues } from './server/reporting/sent.ts'
import { explained, type Explained, type UnheardClient } from './server/unheard/pipeline.ts'

export type {
  CompositeObserveOptions,
  CompositeReadOptions,
  FirmwareOptions,
  ObserveOptions,
  ReadOptions,
  RegisteredClient,
  WriteOptions,
} from './server/client/client.ts'
export type { ClientHow } from './server/clients.ts'
export type { DefinitionsFor } from './server/client/context.ts'
export type { CompositeReading, Reading, TimedNode } from './server/client/reading.ts'
export type { CompositeContent, Content, ContentAt, ContentTree } from './server/client/writing.ts'
export type { Phase, Progress } from './server/firmware/update.ts'
export type { Credential, CredentialStore } from './server/credentials/credential.ts'
export type { SecureServerOptions } from './server/listen.ts'
export type { Advertised } from './server/image/address.ts'
export type { Image } from './server/image/image.ts'
export type { Refusal, Registration, RegistrationEvent } from './server/registration.ts'
export type { QueueLimits } from './server/queue/queue.ts'
export type { RegistrationLimits } from './server/registrations.ts'
export type { CommandOptions } from './server/commands/pipeline.ts'
export type { Command, CommandLimits, KeptCommand, SettledCommand } from './server/commands/command.ts'
export type { KeptObservation } from './server/observations/kept.ts'
export { databaseStore, type DatabaseStoreOptions } from './server/stored/database/pipeline.ts'
export type { Keeping, KeptRegistration, KeptSession, RegistrationStore, ServerStore } from './server/store.ts'
export { storedRegistrations } from './server/stored/pipeline.ts'
export type { SentValues } from './server/reporting/sent.ts'
export type { UnheardClient } from './server/unheard/pipeline.ts'

/** What a server can be told. */
export interface ServerOptions extends ShelfOptions {
  /** Where it listens. Default: port 5683 at every address; port 0 takes any. */
  readonly listen?: ListenOptions
  /** Where it listens for `coap+tcp://`. Absent: nowhere. */
  readonly tcp?: TcpServerOptions
  /** Where it listens for `coaps://`, and whose keys it knows. Absent: nowhere. */
  readonly secure?: SecureServerOptions
  /** Settings and bounds of connections. */
  readonly signals?: Partial<SignalParameters>
  readonly parameters?: Partial<Parameters>
  readonly limits?: Partial<RegistrationLimits>
  /** Where registrations and all else survive a restart; then a Register is answered only when it is kept: `databaseStore(env.database)`. Absent: nowhere. */
  readonly store?: ServerStore
  /** LwM2M 1.2: lists of Objects by the Profile IDs that stand for them, `{ 'oma:x': '</1/0>,</3/0>' }`. Dynamic ones are also learnt. */
  readonly profiles?: Readonly<Record<string, string>>
  /** How long clients in queue mode listen, and how much may wait for them how long. */
  readonly queue?: Partial<QueueLimits>
  /** How many commands are kept, and how long. */
  readonly commands?: Partial<CommandLimits>
  /** Content formats and object definitions; default: all that come with the engine. */
  readonly context?: Partial<OperationContext>
  /** The definitions that a client goes by; default: those of `context`, in the versions that the client registered. */
  readonly definitionsFor?: DefinitionsFor
  /** Answers what is neither `/rd` nor `/dp` nor `/fw`; absent: 4.04. */
  readonly handler?: Handler
}

/** A LwM2M server. It is open while anything of it is subscribed: registrations live as long. */
export interface Server extends ListeningStreams {
  /** What becomes of registrations. */
  readonly registrations$: Observable<RegistrationEvent>
  /** Register, Update and De-register that were refused, and what may explain it. */
  readonly refused$: Observable<Refusal>
  /** What came by `coaps://` and was dropped, and why: clients that think they are heard. Bounded, whatever comes; `explainUnheard` makes a line of it. */
  readonly unheard$: Observable<UnheardClient>
  /** Who is registered, now and after each change. */
  readonly registered$: Observable<readonly Registration[]>
  /** Those who are registered, then whoever comes: not again when it merely registers anew. */
  readonly client$: Observable<RegisteredClient>
  /** What clients send of their own accord (LwM2M Core §6.4.6). */
  readonly sends$: Observable<SentValues>
  /** Keeps a command until its client has done it, over sleep, silence and, with a store, restarts of the server; emits it once it is kept. */
  readonly submit: (endpointClientName: string, command: Command, options?: CommandOptions) => Observable<KeptCommand>
  /** Takes a command back; one that is on its way may be done nevertheless. */
  readonly withdraw: (id: string) => Observable<never>
  /** What clients are still to do, in the order in which they will: of one of them, or of all. */
  readonly waiting: (endpointClientName?: string) => readonly KeptCommand[]
  /** What became of commands. One whose answer was lost with the server's power is done again. */
  readonly settled$: Observable<SettledCommand>
  /** A client by its endpoint client name, whether it is registered yet or not. */
  readonly client: Clients
}

/** A server from the same floors as the client. Nothing happens until something is subscribed; then it is one socket for all. */
export const lwm2mServer = (env: Environment, options: ServerOptions = {}): Server => {
  const { listen = { port: 5683 }, secure, handler = nothing } = options
  const context: OperationContext = { formats: formatsByNumber, definitions: registry, ...options.context }
  const contextOf = contexts(context, options.definitionsFor)
  const known = secure === undefined ? undefined : identities(secure.credentials, secure.unsecured === true)
  const { ready$, store } = prepared(options.store)
  const registrars = registrar(env, {
    context,
    limits: { ...defaultLimits, ...options.limits },
    whose: known?.whose,
    store,
    profiles: profilesFrom(options.profiles ?? {}),
  })
  const kept = secure?.keepSessions === true && store?.sessions !== undefined ? sessions(env, store.sessions, registrars.event$) : undefined
  const unheard = explained(registrars.at)
  const remembered$ = kept === undefined ? ready$ : ready$.pipe(switchMap(() => kept.ready$))
  const below = coapEndpoint(env, {
    ...streetOf(options, listen, unheard, kept),
    handler: (request) => rooms[strings(request.options, optionNumbers.UriPath)[0] ?? '']?.(request) ?? handler(request),
  })
  const listening$ = remembered$.pipe(
    switchMap(() => below.up$),
    tap((up) => {
      known?.note(up)
      if (isSign(up)) queueing.note(up.request.remote)
    }),
    listening,
  )
  const restored = (registration: Registration): RegistrationEvent => ({ type: 'restored', registration })
  const queueing = queue({
    ...{ env, ask: below.ask, find: registrars.find, at: registrars.at },
    registration$: defer(() => merge(registrars.list().map(restored), registrars.event$)),
    limits: { ...defaultQueueLimits, ...options.queue },
  })
  const observing =
    store?.observations === undefined
      ? undefined
      : observations({
          ...{ random: env.random, ask: below.ask, store: store.observations },
          ...{ registration$: registrars.event$, find: registrars.find },
        })
  const ordering = commands({
    ...{ env, store: store?.commands, watch: registrars.watch },
    limits: { ...defaultCommandLimits, ...options.commands },
    client: (name, how) => client(name, how),
  })
  const images = shelf(env, listening$, { http: { ...listen, port: 0 }, ...options })
  const reporting = reports({ wall: env.wall, at: registrars.at, contextOf })
  const rooms: Readonly<Record<string, Handler>> = { rd: registrars.handler, dp: reporting.handler, fw: images.handler }
  // What is remembered first: then it listens.
  const works$ = merge(registrars.event$, observing?.run$ ?? EMPTY, queueing.run$, ordering.run$, listening$)
  const whileOpen = openWith(remembered$.pipe(switchMap(() => works$)))
  const client = clients({
    ...{ env, wall: env.wall, contextOf, ask: below.ask, watch: registrars.watch, find: registrars.find },
    ...{ queueing, observing, offer: images.offer, sentBy: reporting.of, whileOpen },
  })
  return {
    ...listeningByScheme(listening$, whileOpen),
    registrations$: whileOpen(registrars.event$),
    refused$: whileOpen(registrars.refused$),
    unheard$: whileOpen(unheard.unheard$),
    registered$: whileOpen(registrars.event$.pipe(startWith(undefined), map(registrars.list))),
    client$: whileOpen(
      defer(() => merge(registrars.list(), registrars.event$.pipe(comers))).pipe(
        map(({ endpointClientName }) => client(endpointClientName)),
      ),
    ),
    sends$: whileOpen(reporting.sent$),
    submit: (name, command, how) => whileOpen(ordering.submit(name, command, how)),
    withdraw: (id) => whileOpen(ordering.withdraw(id)),
    waiting: ordering.waiting,
    settled$: whileOpen(ordering.settled$),
    client,
  }
}
/** Where it listens, with whose keys, and how CoAP behaves. */
const streetOf = (
  { tcp, secure, signals = {}, parameters = {} }: ServerOptions,
  listen: ListenOptions,
  unheard: Explained,
  kept: Sessions | undefined,
): Omit<CoapOptions, 'handler'> => {
  const secured = secure === undefined ? undefined : unheard.with(secureSocket(secure, listen.address, 5684))
  return {
    socket: { listen },
    ...(tcp === undefined ? {} : { tcp: tcpSocket(tcp) }),
    ...(secured === undefined ? {} : { dtls: kept?.with(secured) ?? secured }),
    signals,
    parameters: { renewObservations: false, ...parameters }, // a client may have nothing to say, or sleep, for much longer than Max-Age
  }
}
/** Of life: a Register or Update shows as an event of the registrations, once it is answered. */
const isSign = (up: ExchangeUp): up is Asked | Answered =>
  up.type === 'answered' || (up.type === 'asked' && strings(up.request.options, optionNumbers.UriPath)[0] !== 'rd')
const nothing: Handler = () => of(refusal(responses.NotFound, 'there is nothing'))
