/** The words between the client's machine and what stands on it: commands and the application's answers down, notices and questions up. */
import type { Instant } from '../core/machine.ts'
import type { Answered, Ask, Cancel, Failed } from '../exchange/exchange.ts'
import type { LinkDown, LinkUp } from '../core/ports.ts'
import type { Code } from '../message/code.ts'
import type { Change, Refusal } from '../model/change.ts'
import type { Secret } from '../core/secret.ts'
import type { Node } from '../model/node.ts'
import type { Path, PathString } from '../model/path.ts'
import type { Value, Values } from '../model/value.ts'
import type { ExecuteArguments, OperationType } from '../operation/operation.ts'
import type { ClientObject, Instance, Proposal } from '../operation/object.ts'
import type { Offering } from './offer.ts'
import type { Persist, Persisted } from './persist/promise.ts'
import type { Reason } from './reason.ts'
import type { SendCommand, SentNotice, UnsendCommand } from './sending.ts'
import type { Phase } from './state.ts'

// ── down ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What an application can order. Without `account` it is meant for all. */
export type Command =
  /** De-registers (unless told not to) and ends. */
  | { readonly type: 'stop'; readonly deregister?: boolean }
  /** An Update now. */
  | { readonly type: 'update'; readonly account?: number }
  /** Registers anew, whatever failed before. */
  | { readonly type: 'register'; readonly account?: number }
  /** Begins from the beginning, whatever failed before: the way out of failure. */
  | { readonly type: 'restart' }
  /** Asks the bootstrap server for accounts. */
  | { readonly type: 'bootstrap' }
  /** De-registers and leaves a server alone, for so many seconds or until `enable`. */
  | { readonly type: 'disable'; readonly account?: number; readonly seconds?: number }
  /** Ends that. What the server itself disabled stays so until its time is over. */
  | { readonly type: 'enable'; readonly account?: number }
  /** There is no network: links are closed, registrations stay. `U`, `T`, or absent: all transports. */
  | { readonly type: 'offline'; readonly transport?: string }
  | { readonly type: 'online'; readonly transport?: string }
  /** Factory bootstrap: the Instances of the Objects named here take the place of what was there, if they make sense together. */
  | { readonly type: 'provision'; readonly nodes: readonly Node[] }
  /** Changes the data model, as a whole or not at all. */
  | { readonly type: 'change'; readonly changes: readonly Change[] }
  /** There is an Object from now on, or there is more or less of it: with these changes, as a whole or not at all. */
  | { readonly type: 'offer'; readonly offering: Offering; readonly changes: readonly Change[] }
  /** There is an Object no more, with all of its Object Instances. */
  | { readonly type: 'withdraw'; readonly object: number }
  | SendCommand
  | UnsendCommand

/** What an application can order that only its side of the client knows: functions and streams. */
export type HostedCommand =
  /** There is an Object from now on. */
  | { readonly type: 'add'; readonly object: ClientObject }
  /** It goes, and everything in it; its streams are unsubscribed. */
  | { readonly type: 'remove'; readonly object: number }
  /** One more Object Instance of an Object that the application brought. */
  | { readonly type: 'add-instance'; readonly object: number; readonly instance: number; readonly resources: Instance }
  | { readonly type: 'remove-instance'; readonly object: number; readonly instance: number }
export type ApplicationCommand = Command | HostedCommand

/** An Observable of the application has a new value for a Resource; `undefined`: it failed, there is none. */
export interface Fed {
  readonly type: 'fed'
  readonly path: Path
  readonly value: Value | Values | undefined
}
/** The application's answer to a question about a path. */
export interface Decided {
  readonly type: 'decided'
  readonly transaction: number
  readonly path: PathString
  /** 2.xx: yes. */
  readonly code: Code
  /** The answer to `want`. */
  readonly value?: Value | Values
}
/** Words that are no business of the client's pass to the floors below: a download's links and requests. */
export type ClientDown = Command | Fed | Decided | Persisted | Ask | Cancel | LinkDown

// ── up ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where an account is, why, and what it plans. */
export interface AccountNotice {
  readonly type: 'account'
  /** The Security Object Instance. */
  readonly account: number
  readonly role: 'server' | 'bootstrap'
  /** LwM2M Server URI (/0/x/0). */
  readonly uri: string
  /** The Server Object Instance; -1 for the bootstrap server. */
  readonly server: number
  readonly state: Phase
  readonly reason: Reason
  /** A response code, or what the transport said; '' when there is nothing to say. */
  readonly detail: string
  readonly version: string
  /** The Location-Path of the registration: `rd/5a3f`. */
  readonly location: string
  /** What is done next, when (monotonic), and which attempt of how many it is. */
  readonly next?: { readonly action: PlannedAction; readonly dueAt: Instant; readonly attempt?: number; readonly of?: number }
}
export type PlannedAction = 'register' | 'update' | 'bootstrap' | 'forget'
/** A command that is not for this moment. */
export interface CommandRefused {
  readonly type: 'command-refused'
  readonly command: ApplicationCommand['type']
  readonly account?: number
  readonly reason: CommandRefusal
  /** What is wrong with what was to be provisioned. */
  readonly detail?: string
}
export type CommandRefusal =
  | 'no-account' // there is none of this number
  | 'no-bootstrap-server' // no account is one
  | 'not-registered' // there is no registration to update
  | 'bootstrapping' // the accounts are being written
  | 'stopping' // the client ends
  | 'reserved' // Objects 0-2, 21 and 23 are made from what the client began with
  | 'there' // the application brought the Object, or the Object Instance, already
  | 'not-there' // it did not
  | 'inconsistent' // what is to be provisioned makes no account
/** Who we are to a server, before a link to it is opened. It ends where credentials are looked up. */
export interface CredentialsNotice {
  readonly type: 'credentials'
  readonly account: number
  /** Absent: nobody. */
  readonly psk?: { readonly identity: Uint8Array; readonly key: Secret }
}
/** A server did something here. */
export interface OperationNotice {
  readonly type: 'operation'
  readonly account: number
  readonly operation: OperationType | 'notify'
  readonly path: PathString
  readonly code: Code
}
/** The application's own change was refused: a value does not fit. */
export interface RefusalNotice {
  readonly type: 'refused'
  readonly path: PathString
  /** The Object that cannot be offered because of it. */
  readonly offered?: number
  readonly refusal: Refusal
}
/** A stream of the application failed; what it fed is gone. */
export interface FaultNotice {
  readonly type: 'fault'
  readonly path: PathString
  readonly error: unknown
}
/** Every account has ended after `stop`. */
export interface StoppedNotice {
  readonly type: 'stopped'
}
/** What became of what is kept over restarts. */
export interface StoreNotice {
  readonly type: 'store'
  readonly what: StoreEvent
  /** What the store said, or what is wrong. */
  readonly detail: string
  /** With `restored`: what servers had written into the application's Objects. */
  readonly nodes?: readonly Node[]
}
export type StoreEvent =
  | 'restored' // the client goes on where it was
  | 'empty' // nothing was stored, or nothing that can be used
  | 'damaged' // something stored is not what was written: the one before it counts, or nothing does
  | 'unreadable' // the store did not give what was stored
  | 'reconfigured' // the accounts of the options are others than then: only what servers wrote elsewhere is taken
  | 'not-stored' // a write failed; it is tried again
  | 'stored' // it succeeded again
/** What an application may want to know. */
export type Notice =
  | AccountNotice
  | OperationNotice
  | RefusalNotice
  | CommandRefused
  | CredentialsNotice
  | FaultNotice
  | Written
  | StoppedNotice
  | SentNotice
  | StoreNotice
  | LinkUp

/** Reads the Resource. */
export interface Want {
  readonly type: 'want'
  readonly transaction: number
  readonly path: PathString
}
/** May this be committed? */
export interface Consult {
  readonly type: 'consult'
  readonly transaction: number
  readonly path: PathString
  readonly proposal: Proposal
}
/** Does the work of an executable Resource. */
export interface Invoke {
  readonly type: 'invoke'
  readonly transaction: number
  /** Whose function is meant: the Resource's own, or the Object's. */
  readonly path: PathString
  /** The Resource. */
  readonly target: PathString
  readonly account: number
  readonly arguments: ExecuteArguments
}
/** The answer is no longer waited for. */
export interface Abandon {
  readonly type: 'abandon'
  readonly transaction: number
}
/** It was committed. */
export interface Written {
  readonly type: 'written'
  readonly proposal: Proposal
}
export type Question = Want | Consult | Invoke
export type ClientUp = Notice | Question | Abandon | Persist | Answered | Failed
