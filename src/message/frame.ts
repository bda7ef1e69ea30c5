/** A message on a reliable transport: its length instead of a type and a message ID (RFC 8323 §3.2, §3.3). */
import type { Datagram } from '../core/ports.ts'
import { codes } from './code.ts'
import { decode } from './decode.ts'
import { encode } from './encode.ts'
import type { Malformed, Message } from './message.ts'

/** What the first octets of a frame say. Lengths are in octets. */
export interface FrameHead {
  /** Of Len, TKL, extended length and code. */
  readonly headBytes: number
  readonly tokenLength: number
  /** Of the whole frame. */
  readonly frameBytes: number
}

/** What these octets begin; `undefined` while they are too few to say. */
export const frameHead = (bytes: Uint8Array): FrameHead | undefined => {
  if (bytes.length === 0) return undefined
  const nibble = bytes[0]! >> 4
  const tokenLength = bytes[0]! & 15
  const extended = nibble < 13 ? 0 : 1 << (nibble - 13)
  if (bytes.length < 1 + extended) return undefined
  let length = nibble < 13 ? nibble : 0
  for (let i = 1; i <= extended; i++) length = length * 256 + bytes[i]!
  if (nibble >= 13) length += bases[nibble - 13]!
  const headBytes = 2 + extended
  return { headBytes, tokenLength, frameBytes: headBytes + tokenLength + length }
}
/** What an extended length of one, two or four octets counts from. */
const bases = [13, 269, 65_805] as const

/** The message in one whole frame, as a NON with message ID 0; or what is wrong with it. Its values alias nothing that was given. */
export const decodeFrame = (remote: string, frame: Uint8Array, { headBytes, tokenLength }: FrameHead): Message | Malformed => {
  const octet = frame[headBytes - 1]!
  const isSignal = octet >> 5 === 7
  // From the token on, a frame is a datagram's message: it is given that header, and signals pass as a method.
  const bytes = new Uint8Array(frame.length - headBytes + 4)
  bytes[0] = 0x50 | tokenLength
  bytes[1] = isSignal ? 1 : octet
  bytes.set(frame.subarray(headBytes), 4)
  if (octet === 0) return decode({ type: 'datagram', remote, bytes: Uint8Array.of(0x50, 0, 0, 0) })
  const message = decode({ type: 'datagram', remote, bytes })
  return isSignal && message.type !== 'malformed' ? { ...message, code: codes[octet]! } : message
}

/** The frame of a message; its type and message ID are left out. */
export const encodeFrame = (message: Message): Datagram => {
  const { bytes } = encode({ ...message, type: 'NON', messageId: 0 })
  const tokenLength = bytes[0]! & 15
  const length = bytes.length - 4 - tokenLength
  const extended = length < 13 ? 0 : length < 269 ? 1 : length < 65_805 ? 2 : 4
  const frame = new Uint8Array(bytes.length - 2 + extended)
  const nibble = extended === 0 ? length : extended === 4 ? 15 : 12 + extended
  frame[0] = (nibble << 4) | tokenLength
  let rest = extended === 0 ? 0 : length - bases[nibble - 13]!
  for (let i = extended; i > 0; i--, rest = Math.floor(rest / 256)) frame[i] = rest & 255
  frame[1 + extended] = bytes[1]!
  frame.set(bytes.subarray(4), 2 + extended)
  return { type: 'datagram', remote: message.remote, bytes: frame }
}

/** How long the frame of a message is, without making it. */
export const frameLength = ({ token, options, payload }: Pick<Message, 'token' | 'options' | 'payload'>): number => {
  let length = payload.length === 0 ? 0 : 1 + payload.length
  let number = 0
  for (const option of options) {
    length += 1 + extendedBytes(option.number - number) + extendedBytes(option.value.length) + option.value.length
    number = option.number
  }
  const extended = length < 13 ? 0 : length < 269 ? 1 : length < 65_805 ? 2 : 4
  return 2 + extended + token.length / 2 + length
}
const extendedBytes = (value: number): number => (value < 13 ? 0 : value < 269 ? 1 : 2)
