/** Which blocks a request names in its Q-Block2 options (RFC 9177 §4.4). */
import { options as numbers, uintOf, type Option } from '../../message/option.ts'
import { blockOption, numMax, reservedSzx, sizeOf, type Block } from '../block.ts'

/** What a peer wants of a body. */
export interface Question {
  readonly szx: number
  /** The whole of it, from its first block. */
  readonly whole: boolean
  /** Blocks, ascending; those of the next set when it goes on. */
  readonly nums: readonly number[]
  /** All blocks up to that one have come: the set that begins there may go. */
  readonly continues: number | undefined
}

/** What is asked; `undefined` for what no request may ask: numbers that do not ascend, sizes that differ or are reserved. */
export const questionOf = (all: readonly Option[], setBlocks: number): Question | undefined => {
  const blocks = all.filter(({ number }) => number === numbers.QBlock2).map(({ value }) => blockOf(uintOf(value)))
  const first = blocks[0]
  if (first === undefined || first.szx === reservedSzx) return undefined
  const nums: number[] = []
  for (let i = 0; i < blocks.length; i++) {
    const { num, more, szx } = blocks[i]!
    if (szx !== first.szx || (i > 0 && num <= blocks[i - 1]!.num)) return undefined
    const end = more ? (Math.floor(num / setBlocks) + 1) * setBlocks : num + 1
    for (let one = Math.max(num, (nums.at(-1) ?? -1) + 1); one < end && nums.length < setBlocks; one++) nums.push(one)
  }
  const alone = blocks.length === 1 && first.more
  return {
    szx: first.szx,
    whole: alone && first.num === 0,
    nums,
    continues: alone && first.num > 0 && first.num % setBlocks === 0 ? first.num : undefined,
  }
}
const blockOf = (value: number): Block => ({ num: Math.floor(value / 16), more: (value & 8) !== 0, szx: value & 7 })

/** The options that ask for these blocks; the rest of a set is one option with the M bit (RFC 9177 §4.4). */
export const optionsFor = (nums: readonly number[], szx: number, setBlocks: number): readonly Option[] => {
  const first = nums[0]!
  const isRest = nums.length > 1 && first > 0 && nums.at(-1) === first + nums.length - 1 && nums.length === setBlocks - (first % setBlocks)
  if (isRest) return [qBlock2(first, true, szx)]
  return nums.map((num) => qBlock2(num, false, szx))
}

export const qBlock2 = (num: number, more: boolean, szx: number): Option => blockOption(numbers.QBlock2, num * sizeOf(szx), more, szx)
export const qBlock1 = (num: number, more: boolean, szx: number): Option => blockOption(numbers.QBlock1, num * sizeOf(szx), more, szx)

/** Whether a body of so many octets can be numbered in such blocks. */
export const isNumberable = (size: number, szx: number): boolean => Math.ceil(size / sizeOf(szx)) - 1 <= numMax
