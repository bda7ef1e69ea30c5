/** What a client keeps of information reporting: observations, what waits while a server cannot be reached, and Sends (LwM2M Core §6.4). */
import type { Instant } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import { Table } from '../core/table.ts'
import type { ExchangeId, Request } from '../exchange/exchange.ts'
import type { Token } from '../message/message.ts'
import type { Attributes } from '../model/attributes.ts'
import type { Node } from '../model/node.ts'
import type { RuleState } from '../model/notification-rule.ts'
import type { Path } from '../model/path.ts'
import type { Observe, ObserveComposite, Version } from '../operation/operation.ts'
import type { Virtual } from './virtual.ts'

/** Bounds on it. */
export interface ReportingLimits {
  readonly observationsMax: number
  /** Paths of all observations together; a composite one has several. */
  readonly observedPathsMax: number
  readonly attributesMax: number
  /** Notifications kept while servers cannot be reached: in all, and for one account. The oldest go. */
  readonly storedMax: number
  readonly storedPerAccountMax: number
  /** Sends that wait, in all, and the values of one. */
  readonly sendsMax: number
  readonly sendValuesMax: number
  /** Instances of Object 22 that are watched. */
  readonly virtualsMax: number
}
export const defaultReportingLimits: ReportingLimits = {
  observationsMax: 1_000,
  observedPathsMax: 2_000,
  attributesMax: 1_000,
  storedMax: 1_000,
  storedPerAccountMax: 500,
  sendsMax: 64,
  sendValuesMax: 4_096,
  virtualsMax: 16,
}

/** One observation, of one path or (composite) of several. Scope: the remote; key: the exchange. */
export interface Observation {
  readonly account: number
  readonly remote: Remote
  readonly exchange: ExchangeId
  readonly paths: readonly Path[]
  readonly request: Request
  readonly operation: Observe | ObserveComposite
  readonly version: Version
  /** What its notifications travel in, once that is known. */
  readonly format: number | undefined
  /** What was sent, what waits for pmin, and what is newest. */
  readonly rule: RuleState<readonly Node[]>
  /** What was reported of the time in which the server could not be reached, until the next notification: it may be rejected. */
  readonly history: { readonly nodes: readonly Node[]; readonly sentAt: Instant } | undefined
  /** What is read on demand is being read for it. */
  readonly gathering: boolean
  /** When it was last looked at, and whether that is to be done again once epmin has passed. */
  readonly evaluatedAt: Instant
  readonly postponed: boolean
  readonly dueAt: Instant
}
/** Where observations are looked for. Scope: an observed path, or above it `/3/*`; key: remote and exchange. */
export interface Observer {
  readonly remote: Remote
  readonly exchange: ExchangeId
}
/** A notification that could not be sent. Scope: the remote; key: a number that grows. */
export interface Stored {
  readonly exchange: ExchangeId
  readonly storedAt: Instant
  readonly nodes: readonly Node[]
  /** Not a value: what was observed went. */
  readonly gone: boolean
}
/** A Send that waits, or is under way. Scope: the remote; key: its number; alias: its exchange. */
export interface Sending {
  readonly id: number
  /** The application's own name for it. */
  readonly send: string
  readonly account: number
  /** For how many servers it is meant. */
  readonly of: number
  /** The registration in which it was made; '' before the first. */
  readonly location: string
  /** Places to be read, and what is to be sent beside them. */
  readonly paths: readonly Path[]
  readonly nodes: readonly Node[]
  /** What is read on demand is being read for it. */
  readonly gathering: boolean
  /** When the values without a time of their own were taken. */
  readonly takenAt: Instant
  readonly confirmable: boolean
  readonly format: number | undefined
  /** '' while it waits. */
  readonly exchange: Token
  readonly dueAt: Instant
}

/** The part of the client's state that is about reporting. */
export interface ReportingState {
  readonly observations: Table<Observation>
  readonly observers: Table<Observer>
  readonly stored: Table<Stored>
  readonly sends: Table<Sending>
  /** Virtual observations (Object 22), by Object Instance. */
  readonly virtuals: Table<Virtual>
  /** Scope: the account; key: the path. */
  readonly attributes: Table<Attributes>
}

const dueAt = (row: { readonly dueAt: Instant }): Instant => row.dueAt

/** Nothing observed, nothing stored, nothing sent. */
export const nothingReported = (limits: ReportingLimits): ReportingState => ({
  observations: new Table<Observation>({ name: 'observations', limit: limits.observationsMax, deadline: dueAt }),
  // Each path is found by itself and by the levels above it.
  observers: new Table<Observer>({ name: 'observers', limit: limits.observedPathsMax * 4 }),
  stored: new Table<Stored>({ name: 'stored', limit: limits.storedMax }),
  sends: new Table<Sending>({
    name: 'sends',
    limit: limits.sendsMax,
    deadline: dueAt,
    alias: ({ exchange }) => (exchange === '' ? undefined : exchange),
  }),
  virtuals: new Table<Virtual>({ name: 'virtuals', limit: limits.virtualsMax, deadline: dueAt }),
  attributes: new Table<Attributes>({ name: 'attributes', limit: limits.attributesMax }),
})
