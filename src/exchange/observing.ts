/** Which of two notifications is the newer, and how long to wait for the next (RFC 7641 §3.3, §3.4). */
import { chance } from '../core/dice.ts'
import type { Instant, Stamp } from '../core/machine.ts'
import { options, uint, type Option } from '../message/option.ts'

/** A notification's sequence number, 24 bits, and when it came. */
export interface Notified {
  readonly sequence: number
  readonly receivedAt: Instant
}

/** Whether `incoming` is newer than `latest`: by its number, or because 128 seconds have passed (RFC 7641 §3.4). */
export const isFresher = (latest: Notified, incoming: Notified): boolean => {
  const v1 = latest.sequence
  const v2 = incoming.sequence
  return (v1 < v2 && v2 - v1 < 2 ** 23) || (v1 > v2 && v1 - v2 > 2 ** 23) || incoming.receivedAt > latest.receivedAt + 128_000
}

/** How long a response is fresh where it does not say, in seconds (RFC 7252 §5.10.5). */
export const defaultMaxAge = 60

/** For how many seconds a response with these options is fresh. */
export const maxAgeOf = (all: readonly Option[]): number => uint(all, options.MaxAge) ?? defaultMaxAge

/** When to register again if nothing is heard: once the representation is stale, and 5 to 15 seconds later (RFC 7641 §3.3.1). */
export const renewAt = (all: readonly Option[], { now, dice }: Stamp): Instant =>
  now + maxAgeOf(all) * 1000 + 5_000 + Math.floor(10_000 * chance(dice, 'renewal'))
