/** Tokens: eight random octets each (RFC 7252 §5.3.1). */
import type { Random } from '../core/dice.ts'
import type { Token } from '../message/message.ts'

/** Sixteen hex digits. Built from ready-made fours they stay flat strings, which are quicker as keys. */
export const token = (random: Random): Token => {
  const high = random.uint32()
  const low = random.uint32()
  return fours[high >>> 16]! + fours[high & 0xffff]! + fours[low >>> 16]! + fours[low & 0xffff]!
}
const fours: readonly string[] = Array.from({ length: 0x10000 }, (_, value) => value.toString(16).padStart(4, '0'))
