/** When to try again after a Register that failed (LwM2M Core §6.2.1.2; Server Object Resources 17-20). */
import { chance } from '../core/dice.ts'
import type { LifecycleOptions } from './configuration.ts'
import { numberAt, type Work } from './work.ts'

/** What the Server Object says, or the specification's defaults. */
export interface RetryRule {
  /** Attempts in a sequence. */
  readonly count: number
  /** The first wait; it doubles with each attempt. */
  readonly timerSeconds: number
  readonly sequenceDelaySeconds: number
  readonly sequenceCount: number
}

/** A sequence delay of 2^32 - 1 means that there is no next sequence. */
const never = 2 ** 32 - 1

/** What is out of range counts as not there. */
export const retryRule = (work: Pick<Work, 'state'>, server: number): RetryRule => ({
  count: atLeast(1, numberAt(work, 1, server, 17)) ?? 5,
  timerSeconds: atLeast(0, numberAt(work, 1, server, 18)) ?? 60,
  sequenceDelaySeconds: atLeast(0, numberAt(work, 1, server, 19)) ?? 86_400,
  sequenceCount: atLeast(1, numberAt(work, 1, server, 20)) ?? 1,
})
/** What goes for the bootstrap server: one sequence. */
export const bootstrapRule = ({ bootstrapRetryCount, bootstrapRetryTimerSeconds }: LifecycleOptions): RetryRule => ({
  count: bootstrapRetryCount,
  timerSeconds: bootstrapRetryTimerSeconds,
  sequenceDelaySeconds: never,
  sequenceCount: 1,
})
const atLeast = (min: number, value: number | undefined) => (value !== undefined && value >= min ? value : undefined)

/** What follows a failure: another attempt after a while, in this sequence or the next; or nothing more. */
export interface Retry {
  readonly attempts: number
  readonly sequences: number
  readonly waitMs: number
}

export const retry = (
  { attempts, sequences }: { readonly attempts: number; readonly sequences: number },
  { count, timerSeconds, sequenceDelaySeconds, sequenceCount }: RetryRule,
  { stamp, it }: Pick<Work, 'stamp' | 'it'>,
): Retry | 'exhausted' => {
  if (attempts + 1 < count) {
    const waitMs = Math.min(timerSeconds * 1000 * 2 ** Math.min(attempts, 32), it.limits.retryWaitMaxMs)
    return { attempts: attempts + 1, sequences, waitMs: jittered(waitMs, chance(stamp.dice, 'retry')) }
  }
  if (sequences + 1 >= sequenceCount || sequenceDelaySeconds >= never) return 'exhausted'
  return { attempts: 0, sequences: sequences + 1, waitMs: jittered(sequenceDelaySeconds * 1000, chance(stamp.dice, 'retry')) }
}

/** Up to a tenth more, so that a fleet that lost its server together does not come back together. */
const jittered = (waitMs: number, luck: number) => Math.round(waitMs * (1 + luck / 10))
