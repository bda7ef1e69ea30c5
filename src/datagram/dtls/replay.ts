/** Which records of an epoch were seen: a window that lets each through once (RFC 6347 §4.1.2.6). */

/** The newest sequence number seen, and the 64 up to it as bits, the newest bit 0 of `low`. Nothing seen: -1. */
export interface ReplayWindow {
  readonly newest: number
  /** Ages 0 to 31. */
  readonly low: number
  /** Ages 32 to 63. */
  readonly high: number
}
export const windowBits = 64
export const nothingSeen: ReplayWindow = { newest: -1, low: 0, high: 0 }

/** Whether a record of this number may still be looked at: neither seen, nor older than the window. */
export const isFresh = ({ newest, low, high }: ReplayWindow, sequence: number): boolean => {
  if (sequence > newest) return true
  const age = newest - sequence
  return age < windowBits && (((age < 32 ? low : high) >>> (age & 31)) & 1) === 0
}

/** The window after an authentic record that was fresh. */
export const saw = ({ newest, low, high }: ReplayWindow, sequence: number): ReplayWindow => {
  const age = newest - sequence
  if (age >= 32) return { newest, low, high: (high | (1 << (age & 31))) >>> 0 }
  if (age >= 0) return { newest, low: (low | (1 << age)) >>> 0, high }
  const step = -age
  if (step >= windowBits) return { newest: sequence, low: 1, high: 0 }
  if (step >= 32) return { newest: sequence, low: 1, high: step === 32 ? low : (low << (step - 32)) >>> 0 }
  return { newest: sequence, low: ((low << step) | 1) >>> 0, high: ((high << step) | (low >>> (32 - step))) >>> 0 }
}
