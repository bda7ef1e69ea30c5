/** What an application says of a package: how its verification and its installation ended (LwM2M Core §E.6, Resource 5/0/5). */
import { resultOf, whyOf } from './result.ts'
import type { FailureResult } from './update/known.ts'

/** How a verification ended. One that completes without a value has verified the package. */
export type Verification =
  /** `name` and `version` are Resources 5/0/6 and 5/0/7: at most 255 octets of each are kept. */
  | { readonly outcome: 'verified'; readonly name?: string; readonly version?: string }
  /** 5 (integrity) and 6 (no package for this device) are usual. */
  | { readonly outcome: 'refused'; readonly result: FailureResult; readonly why?: string }

/** How an installation ended. One that completes without a value has succeeded. */
export type Installation =
  | { readonly outcome: 'installed' }
  /** Back to State 2 with the Result; with 5 and 6 the package is let go of. */
  | { readonly outcome: 'failed'; readonly result?: FailureResult; readonly why?: string }
  /** Not now: State 2, Result 11; it is begun again when the Maximum Defer Period is over. Where that is 0 it has failed. */
  | { readonly outcome: 'deferred'; readonly why?: string }

/** An error of a verification, as its outcome: 5, unless its cause is an Update Result. */
export const refusedBy = (error: unknown): Verification => ({ outcome: 'refused', result: resultOf(error, 5), why: whyOf(error) })
/** An error of an installation, as its outcome: 8, unless its cause is an Update Result. */
export const failedBy = (error: unknown): Installation => ({ outcome: 'failed', result: resultOf(error, 8), why: whyOf(error) })
