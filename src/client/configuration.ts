/** What does not change while a client runs: who it is, what it offers, how it lives and what it bears (LwM2M Core §6, §7). */
import type { Secret } from '../core/secret.ts'
import type { Parameters } from '../exchange/parameters.ts'
import type { AccessRules } from '../model/access-rules.ts'
import type { Definitions } from '../model/definition.ts'
import type { PathString } from '../model/path.ts'
import type { InstanceRow } from '../model/state.ts'
import type { Version } from '../operation/operation.ts'
import { defaultReportingLimits, type ReportingLimits } from './reporting-rows.ts'

/** A client as its machine sees it: data, and which paths the application has functions for. */
export interface Configuration {
  readonly endpointClientName: string
  /** The accounts at first, by Security Object Instance. */
  readonly accounts: readonly AccountConfiguration[]
  /** The secret keys at first, by Security Object Instance: they are never in the model. */
  readonly keys: readonly (readonly [account: number, key: Secret])[]
  /** For accounts that bootstrap writes. */
  readonly version: Version
  readonly queueMode: boolean
  readonly lifecycle: LifecycleOptions
  /** LwM2M 1.2: a Profile ID that stands for the Objects of a list, or for all of them (LwM2M Core §6.2.1). */
  readonly profile?: Profile
  /** URI schemes that there are transports for. */
  readonly schemes: readonly string[]
  readonly definitions: Definitions
  /** The Object Instances at first, Security and Server included. */
  readonly instances: readonly InstanceRow[]
  /** Resources that are read when somebody asks. */
  readonly onDemand: ReadonlySet<PathString>
  /** Objects and Resources whose application is asked before a Write is committed. */
  readonly consulted: ReadonlySet<PathString>
  /** Who may do what to what the application brings; absent: every server everything (LwM2M Core §8). */
  readonly access?: AccessRules
  /** Objects and Resources whose application executes. */
  readonly executable: ReadonlySet<PathString>
  /** Named in Register; absent: nothing is said. */
  readonly contentFormats?: readonly number[]
  /** Where the data model hangs, if not at `/`. */
  readonly alternatePath?: string
  readonly parameters: Parameters
  readonly limits: Limits
  /** The state is stored: answers that promise something wait for it. */
  readonly persists?: true
}
/** One server to register with. */
export interface AccountConfiguration {
  readonly uri: string
  /** The newest version to offer. */
  readonly version: Version
  /** Absent: as the client. */
  readonly queueMode?: boolean
}
/** A name for a list of Objects that the server knows already. */
export interface Profile {
  /** `6:27354b9a` (RFC 6920 suite and hash), `oma:x` or `v:x`. */
  readonly id: string
  /** Object IDs; absent: all. */
  readonly objects?: readonly number[]
}
/** How a client lives, where no Resource says so. */
export interface LifecycleOptions {
  /** Queue mode: how long a server may talk to us after the last exchange; default MAX_TRANSMIT_WAIT (LwM2M Core §6.5). */
  readonly awakeMs: number
  /** A 1.2 client asks for all of its bootstrap information at once, first (LwM2M Core §6.1.7.7). */
  readonly bootstrapPack: boolean
  /** Attempts to bootstrap before the client gives up, and the wait after the first one that failed; it doubles. */
  readonly bootstrapRetryCount: number
  readonly bootstrapRetryTimerSeconds: number
  /** LwM2M 1.0: a bootstrap server may begin by itself during the hold-off time. */
  readonly serverInitiatedBootstrap: boolean
}
/** Bounds on what servers can make a client keep, and how long it waits for its application. */
export interface Limits extends ReportingLimits {
  readonly instancesMax: number
  /** Reads, Writes and Executes that wait for the application. */
  readonly transactionsMax: number
  /** Resources that one Read gathers. */
  readonly gatheredMax: number
  readonly applicationTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly retryWaitMaxMs: number
  readonly accountsMax: number
}
export const defaultLimits: Limits = {
  ...defaultReportingLimits,
  instancesMax: 1_024,
  transactionsMax: 16,
  gatheredMax: 256,
  applicationTimeoutMs: 30_000,
  connectTimeoutMs: 30_000,
  retryWaitMaxMs: 86_400_000,
  accountsMax: 64,
}
