/** Which of two notifications is the newer (RFC 7641 §3.4). */
import type { Instant } from '../core/machine.ts'

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
