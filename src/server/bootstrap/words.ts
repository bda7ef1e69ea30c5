/** The words in which bootstrapping is told of and asked for (LwM2M Core 1.2.2 §6.1). */
import type { ErrorCode } from '../../core/error.ts'
import type { Instant } from '../../core/machine.ts'
import type { Remote } from '../../core/ports.ts'
import type { Code } from '../../message/code.ts'
import type { PathString } from '../../model/path.ts'
import type { BootstrapOperation, Outcome } from '../../operation/operation.ts'

/** Names the request that an answer is for. */
export type Ticket = number

/** What is done at a client, one at a time. It never holds a value. */
export interface StepWord {
  readonly type: 'discover' | 'delete' | 'write' | 'finish'
  readonly path: PathString
}

/** Why a bootstrap came to nothing. */
export type BootstrapFailure =
  | 'refused' // the client answered a step with an error: `responseCode`
  | 'inconsistent' // Bootstrap-Finish was answered 4.06: what it has now is no configuration
  | 'unanswered' // no answer after every retransmission, or the link is gone: `cause`
  | 'superseded' // the client asked anew meanwhile
  | 'too-long' // beyond `sessionMaxMs`
  | 'invalid' // the configuration has no form on the wire

interface Told {
  readonly endpointClientName: string
  readonly remote: Remote
}
/** What becomes of bootstrapping. No event holds a value that was written. */
export type BootstrapEvent =
  /** The configuration is there, the steps begin. */
  | (Told & { readonly type: 'begun'; readonly by: 'client' | 'server'; readonly pct?: number })
  /** One step was done: the `done`th of `total`. */
  | (Told & { readonly type: 'stepped'; readonly step: StepWord; readonly code: Code; readonly done: number; readonly total: number })
  /** The step is tried again: in another format, or after a while. */
  | (Told & { readonly type: 'again'; readonly step: StepWord; readonly code: Code; readonly resumesAt: Instant })
  /** Bootstrap-Finish was answered 2.04. */
  | (Told & { readonly type: 'finished' })
  /** The Bootstrap-Pack was sent; whether the client took it shows when it registers. */
  | (Told & { readonly type: 'packed' })
  | (Told & {
      readonly type: 'failed'
      readonly reason: BootstrapFailure
      readonly step: StepWord
      readonly responseCode?: Code
      /** What the client said of it. */
      readonly detail?: string
      readonly cause?: ErrorCode
    })
  /** A request was answered with an error, and why. */
  | (Told & { readonly type: 'refused'; readonly code: Code; readonly why: string })

/** A client asks. */
export interface BootstrapAsked extends Told {
  readonly type: 'asked'
  readonly ticket: Ticket
  readonly operation: BootstrapOperation
}
/** The application has it begin at a client whose link is known (Server Initiated Bootstrap, LwM2M Core 1.0 §5.2.2.4). */
export interface BootstrapOrdered extends Told {
  readonly type: 'ordered'
}
/** Answer to `look-up`. Without `steps` the plan comes with the answer to Discover. */
export interface BootstrapConfigured {
  readonly type: 'configured'
  readonly endpointClientName: string
  readonly session: number
  readonly found: 'yes' | 'no' | 'failed'
  readonly pack?: boolean
  readonly steps?: readonly StepWord[]
}
/** A step was answered. */
export interface BootstrapAnswered {
  readonly type: 'answered'
  readonly endpointClientName: string
  readonly session: number
  readonly code: Code
  readonly maxAgeSeconds?: number
  /** Of an error: the client's words. */
  readonly detail?: string
  /** Of Discover: the plan, and the client's version. */
  readonly steps?: readonly StepWord[]
  readonly version?: string
}
/** A step was not answered, or could not be asked. */
export interface BootstrapUnanswered {
  readonly type: 'unanswered'
  readonly endpointClientName: string
  readonly session: number
  readonly cause: ErrorCode
}
export type SessionEvent = BootstrapAsked | BootstrapOrdered | BootstrapConfigured | BootstrapAnswered | BootstrapUnanswered

/** What the machine wants. */
export type SessionEffect =
  | { readonly type: 'reply'; readonly ticket: Ticket; readonly outcome: Outcome; readonly session?: number }
  | { readonly type: 'look-up'; readonly endpointClientName: string; readonly session: number; readonly operation?: BootstrapOperation }
  | {
      readonly type: 'perform'
      readonly endpointClientName: string
      readonly remote: Remote
      readonly session: number
      readonly step: StepWord
      /** Which step of the plan. */
      readonly at: number
      readonly format: number
    }
  | { readonly type: 'forget'; readonly session: number }
  | { readonly type: 'tell'; readonly event: BootstrapEvent }
