/** Which records of an epoch were seen: a window that lets each through once (RFC 6347 §4.1.2.6). */

/** The newest sequence number seen, and the 64 up to it as bits; the newest is bit 0. Nothing seen: -1. */
export interface ReplayWindow {
  readonly newest: number
  readonly seen: bigint
}
export const windowBits = 64
export const nothingSeen: ReplayWindow = { newest: -1, seen: 0n }

/** Whether a record of this number may still be looked at: neither seen, nor older than the window. */
export const isFresh = ({ newest, seen }: ReplayWindow, sequence: number): boolean => {
  if (sequence > newest) return true
  const age = newest - sequence
  return age < windowBits && ((seen >> BigInt(age)) & 1n) === 0n
}

/** The window after an authentic record. */
export const saw = ({ newest, seen }: ReplayWindow, sequence: number): ReplayWindow => {
  if (sequence <= newest) return { newest, seen: seen | (1n << BigInt(newest - sequence)) }
  const step = sequence - newest
  return { newest: sequence, seen: step >= windowBits ? 1n : BigInt.asUintN(windowBits, (seen << BigInt(step)) | 1n) }
}
