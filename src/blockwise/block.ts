/** One block of a body: the value of the options Block1 and Block2 (RFC 7959 §2.2). */
import { find, options as numbers, uintBytes, uintOf, type Option } from '../message/option.ts'

/** Which block, whether more follow, and how large: 2^(szx + 4) octets. */
export interface Block {
  readonly num: number
  readonly more: boolean
  /** 0-6; 7 is reserved over UDP (RFC 7959 §2.2) and BERT elsewhere (RFC 8323 §6). */
  readonly szx: number
}

/** The exponent that is refused over UDP, and elsewhere means several blocks of 1,024 octets in one message (RFC 8323 §6). */
export const reservedSzx = 7
/** The highest block number: 20 bits. */
export const numMax: number = 2 ** 20 - 1

/** Octets of a block. */
export const sizeOf = (szx: number): number => (szx === reservedSzx ? 1024 : 16 << szx)

/** What a message carries of a body: one block, or as many of 1,024 octets as the peer takes. */
export interface BlockLimits {
  /** Octets, where the exponent is 7: a multiple of 1,024. */
  readonly bertBytes: number
}
/** Octets of a body in one message. */
export const payloadOf = ({ bertBytes }: BlockLimits, szx: number): number => (szx === reservedSzx ? bertBytes : sizeOf(szx))
/** The exponent of blocks, or of several in a message, of so many octets. */
export const exponentOf = (octets: number): number => (octets > 1024 ? reservedSzx : Math.log2(octets) - 4)

/** Where in the body the block begins. */
export const offsetOf = ({ num, szx }: Block): number => num * sizeOf(szx)

/** The largest exponent whose blocks are no larger than that many octets; 0 at least. */
export const szxOf = (octets: number): number => Math.max(0, Math.min(6, 27 - Math.clz32(octets)))

/** Whether any option of these could speak of blocks or sizes: what most messages are spared by. Options ascend. */
export const mayBlock = (options: readonly Option[]): boolean => options.length > 0 && options[options.length - 1]!.number >= numbers.Block2

/** The Block1 or Block2 of these options; `undefined` when there is none. */
export const blockOf = (options: readonly Option[], number: number): Block | undefined => {
  const option = find(options, number)
  if (option === undefined) return undefined
  const value = uintOf(option.value)
  return { num: Math.floor(value / 16), more: (value & 8) !== 0, szx: value & 7 }
}

/** The option that says which block of that exponent begins at the offset. */
export const blockOption = (number: number, offset: number, more: boolean, szx: number): Option => ({
  number,
  value: uintBytes((offset / sizeOf(szx)) * 16 + (more ? 8 : 0) + szx),
})

/** Whether the block can be numbered at all: bodies end at 2^20 blocks. */
export const isNumbered = (offset: number, szx: number): boolean => offset / sizeOf(szx) <= numMax

/** Whether a block's payload has the length that its option tells: a middle block is full, the last is no larger (RFC 7959 §2.2); of several in a message, all are (RFC 8323 §6). */
export const isWellSized = ({ more, szx }: Block, length: number): boolean => {
  if (szx === reservedSzx) return !more || (length > 0 && length % sizeOf(szx) === 0)
  return more ? length === sizeOf(szx) : length <= sizeOf(szx)
}
