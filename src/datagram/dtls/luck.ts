/** Octets nobody can guess, out of the dice of one step (RFC 5869 §2.3, with the dice for a key). */
import type { Dice } from '../../core/dice.ts'
import type { Ciphers } from '../../core/ports.ts'
import { ascii, concat, uint } from './octets.ts'

/** So many octets, independent for each label. */
export const drawn = (ciphers: Ciphers, dice: Dice, label: string, length: number): Uint8Array => {
  const key = concat(...dice.map((number) => uint(number, 4)))
  const blocks: Uint8Array[] = []
  for (let block = 0; block * 32 < length; block++) blocks.push(ciphers.hmac('sha256', key, concat(ascii(label), uint(block, 4))))
  return concat(...blocks).slice(0, length)
}
