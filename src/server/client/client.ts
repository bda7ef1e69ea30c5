/** What can be asked of a registered client, and what it answers (LwM2M Core 1.2.2 §6.3, §6.4). */
import type { Observable } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import { isSuccess } from '../../message/code.ts'
import { formatPath, type PathString } from '../../model/path.ts'
import type { ValueAtPath } from '../../objects/known.ts'
import type { AttributeChanges, ExecuteArguments, Listed, ManagementOperation, Outcome } from '../../operation/operation.ts'
import type { Progress, UpdateTimes } from '../firmware/words.ts'
import type { Image } from '../image/image.ts'
import type { Registration } from '../registration.ts'
import type { SentValues } from '../reporting/sent.ts'
import type { CompositeReading, Reading } from './reading.ts'
import type { CompositeContent, Content, ContentAt } from './writing.ts'

export type { CompositeReading, Reading, TimedNode } from './reading.ts'
export type { CompositeContent, Content, ContentAt, ContentTree } from './writing.ts'

export interface ReadOptions {
  /** The content format wanted; absent, the client chooses. */
  readonly accept?: number
}
export interface CompositeReadOptions extends ReadOptions {
  /** The content format of the list of paths; absent, one that the client names, or SenML CBOR. */
  readonly format?: number
}
export interface ObserveOptions extends ReadOptions {
  /** LwM2M 1.2: attributes of this observation alone. */
  readonly attributes?: AttributeChanges
  /** Observes again when the client registers anew or from another address, and when nothing was heard of it over two Updates: it may have let go of it. Default true. */
  readonly reestablish?: boolean
  /** When the client de-registers or its lifetime ends: waits for it to come back (the default), or completes. */
  readonly whenGone?: 'wait' | 'complete'
}
export interface CompositeObserveOptions extends ObserveOptions, CompositeReadOptions {}
export interface WriteOptions {
  /** `replace` (the default) takes away what is not mentioned, `partial` leaves it. */
  readonly mode?: 'replace' | 'partial'
  /** The content format; absent, one that the client names, or that its version knows. */
  readonly format?: number
}
export interface FirmwareOptions extends Partial<UpdateTimes> {
  /** `pull` (the default): the client downloads the image from here; `push`: it is written to the client. */
  readonly mode?: 'pull' | 'push'
  /** How the client pulls. Default `coap`. */
  readonly protocol?: 'coap' | 'http'
}

/**
 * A client by its endpoint client name. Everything is a cold Observable: subscribing asks, unsubscribing cancels; where the client is, is looked up then.
 * A path that is written out tells TypeScript what is there: `read('/3/0/9')` gives a number.
 * Errors are `Lwm2mError`s: `not-registered`, `invalid` (the arguments), `response` (the client refuses: `responseCode`), `malformed`, and those of the exchange.
 */
export interface RegisteredClient {
  readonly endpointClientName: string
  /** The registration now, and after each change; `undefined` while there is none. */
  readonly registration$: Observable<Registration | undefined>
  /** Whether it listens, now and after each change: false while it is not registered, or sleeps in queue mode (LwM2M Transport §6.5). */
  readonly awake$: Observable<boolean>
  readonly read: <const At extends PathString>(path: At, options?: ReadOptions) => Observable<Reading<ValueAtPath<At>>>
  /** Emits the value now and whenever the client notifies. */
  readonly observe: <const At extends PathString>(path: At, options?: ObserveOptions) => Observable<Reading<ValueAtPath<At>>>
  /** LwM2M 1.1: several places in one request; what is not there is left out. */
  readonly readComposite: <const At extends PathString>(
    paths: readonly At[],
    options?: CompositeReadOptions,
  ) => Observable<CompositeReading<At>>
  /** LwM2M 1.1: several places as one observation: each notification carries all of them. */
  readonly observeComposite: <const At extends PathString>(
    paths: readonly At[],
    options?: CompositeObserveOptions,
  ) => Observable<CompositeReading<At>>
  /** LwM2M 1.1: values of any Objects, all of them or none; `null` takes a Resource Instance away (1.2). */
  readonly writeComposite: (content: CompositeContent, options?: Pick<WriteOptions, 'format'>) => Observable<Outcome>
  /** What is there, with its attributes; LwM2M 1.2: so many levels below the path, 0-3. */
  readonly discover: (path: PathString, options?: { readonly depth?: number }) => Observable<readonly Listed[]>
  readonly write: <const At extends PathString>(path: At, content: ContentAt<At>, options?: WriteOptions) => Observable<Outcome>
  /** At any level: Object, Object Instance, Resource or Resource Instance; `undefined` takes an attribute away. */
  readonly writeAttributes: (path: PathString, attributes: AttributeChanges) => Observable<Outcome>
  readonly execute: (path: PathString, args?: ExecuteArguments) => Observable<Outcome>
  /** A new Object Instance of `/object`, or `/object/instance` to number it here; emits its path. */
  readonly create: (path: PathString, content: Content, options?: Pick<WriteOptions, 'format'>) => Observable<PathString>
  /** An Object Instance, or (LwM2M 1.1) a Resource Instance. */
  readonly delete: (path: PathString) => Observable<Outcome>
  /** LwM2M 1.1: what the client sends of its own accord; it may have to be unmuted first (`/1/x/23`). */
  readonly send$: Observable<SentValues>
  /** Updates the firmware; completes with Result 1 and errors with `firmware`, the Result as its cause. Unsubscribing ends the watching and the serving. */
  readonly updateFirmware: (image: Image, options?: FirmwareOptions) => Observable<Progress>
}

/** Why an outcome is no success; `undefined` when it is one. */
export const errorOf = ({ code, diagnostic, fault }: Outcome, operation: ManagementOperation): Lwm2mError | undefined => {
  if (isSuccess(code) && fault === undefined) return undefined
  const said = diagnostic === undefined ? '' : `: ${diagnostic}`
  if (fault !== undefined) return new Lwm2mError('malformed', `${nameOf(operation)}: ${fault.detail}`, { cause: fault })
  return new Lwm2mError('response', `${nameOf(operation)} is answered ${code}${said}`, {
    responseCode: code,
    retryable: code === '5.03' || code === '4.29',
  })
}
/** An operation and what it is about, for a human. */
export const nameOf = (operation: ManagementOperation): string => {
  if ('path' in operation) return `${operation.type} ${formatPath(operation.path)}`
  return 'paths' in operation ? `${operation.type} ${someOf(operation.paths.map(formatPath))}` : operation.type
}
const someOf = (paths: readonly PathString[]): string =>
  paths.length <= 4 ? paths.join(' ') : `${paths.slice(0, 3).join(' ')} and ${paths.length - 3} more`
