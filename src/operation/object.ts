/** What a client's Object is made of: the seam on which devices, sensors and the firmware update stand (LwM2M Core §7). */
import type { Observable } from 'rxjs'
import type { Environment } from '../core/environment.ts'
import type { Sink } from '../core/ports.ts'
import type { Request, Response, StreamedBody } from '../exchange/exchange.ts'
import type { Change } from '../model/change.ts'
import type { ObjectDefinition } from '../model/definition.ts'
import type { Path } from '../model/path.ts'
import type { Value, Values } from '../model/value.ts'
import type { ExecuteArguments } from './operation.ts'

/**
 * One Object at a client. Only `definition` and `instances` are needed; the rest is for Objects that do more than hold values.
 *
 * A write goes: checked against the definition -> `accept` (an error is the answer, nothing has changed) -> committed -> `written` -> 2.04.
 * What can only be written (`W`) is handed to `accept` and not kept. Errors: an `Lwm2mError` with `responseCode` answers with that code, any other with 5.00.
 */
export interface ClientObject {
  readonly definition: ObjectDefinition
  /** The Object Instances there are at first, each Resource fed as it likes. */
  readonly instances: Readonly<Record<number, Instance>>
  /** Subscribed while the client runs; each value is a set of changes that is made at once, as the application's (it may change what a server cannot). */
  readonly run?: (world: ObjectWorld) => Observable<readonly Change[]>
  /** Asked before a server's Write, Create or Delete in this Object is committed; of a composite once for each Object Instance that it writes, all of which must agree. Completes: it may be. */
  readonly accept?: (proposal: Proposal) => Observable<unknown>
  /** Told after it was committed, before it is answered. */
  readonly written?: (proposal: Proposal) => void
  /** Executes a Resource that has no function of its own. Completes: 2.04. */
  readonly execute?: (path: Path, given: ExecuteArguments, account: number) => Observable<unknown>
  /** Where the octets of a Write that comes in blocks go; `undefined`: it is assembled in memory. Once the sink is closed, `accept` sees a proposal with `streamed`. */
  readonly sinkFor?: (path: Path, request: Request) => Sink | undefined
}

/** What a server wants to change. */
export interface Proposal {
  /** The account whose server it is. */
  readonly account: number
  readonly change: Change
  /** The value went to the sink; the change carries none. */
  readonly streamed?: StreamedBody
}

/** What an Object may borrow while it runs. */
export interface ObjectWorld {
  readonly env: Environment
  /** Asks any CoAP server, on a link of its own that is opened for this request and closed after it; the body may go to `sink`. Unsubscribing cancels. */
  readonly ask: (uri: string, request: Omit<Request, 'remote'>) => Observable<Response>
  /** The keys of the accounts, which `ask` uses at the places that they are for; absent: there are none. */
  readonly keys?: Keys
}
/** What secured links of one's own could be made with. */
export interface Keys {
  /** Whether any account has some; now, and whenever that changes. */
  readonly areThere$: Observable<boolean>
  /** Whether some are for the place that a URI names. */
  readonly areFor: (uri: string) => boolean
}

/** The Resources of one Object Instance, by ID. */
export type Instance = Readonly<Record<number, Resource>>
/** How one Resource is fed: a constant, a stream (until its first value there is none: 4.04; one that fails takes its value along), or functions. */
export type Resource = Value | Values | Observable<Value | Values> | ReadOnDemand | Writable | ExecuteFunction

/** Read when somebody asks: the first value is the answer. An error, no value, or none in time is 5.03. Observed, it is read again at each pmax. */
export interface ReadOnDemand {
  readonly read: () => Observable<Value | Values>
}
/** Asked before a server's Write of this Resource is committed: completes to accept; an error is the answer. */
export interface Writable {
  readonly write: (value: Value | Values, account: number) => Observable<unknown>
  /** What it holds at first, or over time. */
  readonly value?: Value | Values | Observable<Value | Values>
}
/** What Execute does. Completes: 2.04. */
export type ExecuteFunction = (given: ExecuteArguments, account: number) => Observable<unknown>
