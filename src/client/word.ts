/** The words between the client's machine and what stands on it: commands and the application's answers down, notices and questions up. */
import type { Instant } from '../core/machine.ts'
import type { Answered, Ask, Cancel, Failed } from '../exchange/exchange.ts'
import type { LinkDown, LinkUp } from '../core/ports.ts'
import type { Code } from '../message/code.ts'
import type { Change, Refusal } from '../model/change.ts'
import type { Path, PathString } from '../model/path.ts'
import type { Value, Values } from '../model/value.ts'
import type { ExecuteArguments, OperationType } from '../operation/operation.ts'
import type { Proposal } from '../operation/object.ts'
import type { Reason } from './reason.ts'
import type { Phase } from './state.ts'

// ── down ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What an application can order. Without `account` it is meant for all. */
export type Command =
  /** De-registers and ends. */
  | { readonly type: 'stop' }
  /** An Update now. */
  | { readonly type: 'update'; readonly account?: number }
  /** Registers anew, whatever failed before. */
  | { readonly type: 'register'; readonly account?: number }
  /** Changes the data model, as a whole or not at all. */
  | { readonly type: 'change'; readonly changes: readonly Change[] }

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
export type ClientDown = Command | Fed | Decided | Ask | Cancel | LinkDown

// ── up ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where an account is, why, and what it plans. */
export interface AccountNotice {
  readonly type: 'account'
  readonly account: number
  readonly state: Phase
  readonly reason: Reason
  /** A response code, or what the transport said; '' when there is nothing to say. */
  readonly detail: string
  readonly version: string
  /** The Location-Path of the registration: `rd/5a3f`. */
  readonly location: string
  readonly next?: { readonly action: 'register' | 'update'; readonly dueAt: Instant }
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
/** What an application may want to know. */
export type Notice = AccountNotice | OperationNotice | RefusalNotice | FaultNotice | Written | StoppedNotice | LinkUp

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
export type ClientUp = Notice | Question | Abandon | Answered | Failed
