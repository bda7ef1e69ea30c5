/** How fast a download is, measured by the second, and how long it will take. */
import type { Instant } from '../../core/machine.ts'

/** What is measured. */
export interface Rate {
  /** Octets a second; 0 before the first second is over. */
  readonly bytesPerSecond: number
  readonly sinceAt: Instant
  readonly sinceBytes: number
}

/** Measuring begins, at an offset. The rate of before is kept until there is a better one. */
export const measuring = (bytesPerSecond: number, now: Instant, bytes: number): Rate => ({
  bytesPerSecond,
  sinceAt: now,
  sinceBytes: bytes,
})

/** So many octets are stored now: after each second the new rate counts for half. */
export const measured = (rate: Rate, now: Instant, bytes: number): Rate => {
  const elapsedMs = now - rate.sinceAt
  if (elapsedMs < 1_000) return rate
  const fresh = (Math.max(0, bytes - rate.sinceBytes) * 1_000) / elapsedMs
  return measuring(rate.bytesPerSecond === 0 ? fresh : (rate.bytesPerSecond + fresh) / 2, now, bytes)
}

/** How long the rest will take; `undefined` when the size or the rate is not known. */
export const remainingMs = ({ bytesPerSecond }: Rate, bytes: number, total: number | undefined): number | undefined =>
  total === undefined || bytesPerSecond <= 0 ? undefined : Math.ceil((Math.max(0, total - bytes) * 1_000) / bytesPerSecond)
