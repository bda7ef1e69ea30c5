/** A client at hand: what an application holds of it (LwM2M Core 1.2.2 §6). */
import type { Observable } from 'rxjs'
import type { ObjectDefinition } from '../../model/definition.ts'
import type { Node } from '../../model/node.ts'
import type { PathString } from '../../model/path.ts'
import type { ClientObject } from '../../operation/object.ts'
import type { ClientState } from '../client-state.ts'
import type { Resources } from '../objects.ts'
import type { SentNotice } from '../sending.ts'
import type { AccountNotice, ApplicationCommand, Notice } from '../word.ts'

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
