/** What is known of an update and survives a restart: the Resources of Object 5 (LwM2M Core §E.6, Object 5 v1.2). */

/** Resource 5/0/3. */
export const updateStates = { idle: 0, downloading: 1, downloaded: 2, updating: 3 } as const
export type UpdateState = 0 | 1 | 2 | 3

/** Resource 5/0/5. */
export const updateResults = {
  initial: 0,
  success: 1,
  notEnoughStorage: 2,
  outOfMemory: 3,
  connectionLost: 4,
  integrityFailure: 5,
  unsupportedType: 6,
  invalidUri: 7,
  updateFailed: 8,
  unsupportedProtocol: 9,
  cancelled: 10,
  deferred: 11,
} as const
export type UpdateResult = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11
/** Results that say what failed. */
export type FailureResult = 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/** What a server sets beside the package: Resources 5/0/11, 5/0/13 and 5/0/14. */
export interface UpdateSettings {
  /** 0 critical, 1 mandatory, 2 optional. */
  readonly severity: 0 | 1 | 2
  /** How long an update may be deferred, in seconds; 0: it may not. */
  readonly deferPeriodS: number
  /** What was downloaded is installed without a further word. */
  readonly automatic: boolean
}

/** What is known of the update. Survives a restart. */
export interface Update extends UpdateSettings {
  readonly state: UpdateState
  readonly result: UpdateResult
  /** Resource 5/0/1. */
  readonly uri: string
  /** Counts downloads and installations, so that what an abandoned one reports is not taken for the present one's. */
  readonly attempt: number
  readonly delivery: 'pull' | 'push' | undefined
  /** Resources 5/0/6 and 5/0/7, once downloaded. */
  readonly name: string
  readonly version: string
  /** When State changed last, in seconds since 1970 UTC; 0: never. Resource 5/0/12. */
  readonly changedUtcS: number
  /** When the server ordered the update that has not ended yet, in milliseconds since 1970 UTC: what its deferral is counted from. */
  readonly orderedUtcMs: number | undefined
  /** What the Result does not say: one sentence, for people. */
  readonly why: string
}

/** Nothing was ever downloaded. */
export const idle: Update = {
  state: 0,
  result: 0,
  uri: '',
  attempt: 0,
  delivery: undefined,
  name: '',
  version: '',
  severity: 1,
  deferPeriodS: 0,
  automatic: false,
  changedUtcS: 0,
  orderedUtcMs: undefined,
  why: '',
}

/** Back in Idle: what belonged to the package is forgotten, what the server set stays. */
export const emptied = { uri: '', delivery: undefined, name: '', version: '', orderedUtcMs: undefined } as const
