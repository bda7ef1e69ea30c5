/** A message to octets, on coap-packet: it writes the options, header, token and payload are put around them (RFC 7252 §3). */
import { generate } from 'coap-packet'
import { assert } from '../core/assert.ts'
import type { Datagram } from '../core/ports.ts'
import { asBuffer } from './buffer.ts'
import { octetOf } from './code.ts'
import type { Message, MessageType } from './message.ts'
import type { Option } from './option.ts'

/**
 * The octets. Nothing of the message is changed. Token, payload and message ID do not pass through coap-packet: to write a payload it makes
 * a string of it, and it would number and sort the message in place. An empty message is its header, whatever else it carries (RFC 7252 §4.1).
 * Throws for what is no message: a code, message ID, token or option that has no place in the format.
 */
export const encode = ({ remote, type, messageId, code, token, options, payload }: Message): Datagram => {
  const octet = octetOf(code)
  assert(octet !== undefined, 'a code is c.dd')
  assert(messageId >= 0 && messageId <= 0xffff, 'a message that leaves has a message ID')
  const tokenLength = octet === 0 ? 0 : token.length >> 1
  assert(tokenLength <= 8 && (token.length & 1) === 0, 'a token is at most eight octets in hex')
  const head = octet === 0 || options.length === 0 ? nothing : optionBytes(options)
  const payloadLength = octet === 0 ? 0 : payload.length
  const optionsEnd = 4 + tokenLength + head.length
  const bytes = Buffer.allocUnsafe(payloadLength === 0 ? optionsEnd : optionsEnd + 1 + payloadLength)
  bytes[0] = 0x40 | (typeBits[type] << 4) | tokenLength
  bytes[1] = octet
  bytes[2] = messageId >> 8
  bytes[3] = messageId & 255
  for (let i = 0; i < tokenLength; i++) bytes[4 + i] = (nibble(token, 2 * i) << 4) | nibble(token, 2 * i + 1)
  for (let i = 0; i < head.length; i++) bytes[4 + tokenLength + i] = head[i]!
  if (payloadLength > 0) {
    bytes[optionsEnd] = 0xff
    bytes.set(payload, optionsEnd + 1)
  }
  return { type: 'datagram', remote, bytes }
}
const typeBits: Readonly<Record<MessageType, number>> = { CON: 0, NON: 1, ACK: 2, RST: 3 }
const nothing = new Uint8Array(0)
const nibble = (hex: string, index: number): number => {
  const character = hex.charCodeAt(index)
  return character < 58 ? character - 48 : (character | 32) - 87
}

/** The options as they stand on the wire. Writing them costs ten times what looking them up does, and a peer's messages resemble each other. */
const optionBytes = (options: readonly Option[]): Uint8Array => {
  let hash = options.length
  for (let i = 0; i < options.length; i++) {
    const { number, value } = options[i]!
    hash = Math.imul(hash ^ number, 0x01000193) ^ value.length
    for (let at = 0; at < value.length && at < 16; at++) hash = Math.imul(hash ^ value[at]!, 0x01000193)
  }
  const slot = (hash ^ (hash >>> 15)) & (slots - 1)
  const kept = cache[slot]
  if (kept !== undefined && isSame(kept.options, options)) return kept.bytes
  const bytes = written(options)
  if (bytes.length <= 64) cache[slot] = { options: options.map(({ number, value }) => ({ number, value: Uint8Array.from(value) })), bytes }
  return bytes
}
/** The same options give the same octets, so nobody can tell that they were kept. */
const slots = 256
const cache: ({ readonly options: readonly Option[]; readonly bytes: Uint8Array } | undefined)[] = Array.from(
  { length: slots },
  () => undefined,
)

const isSame = (a: readonly Option[], b: readonly Option[]): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!
    const y = b[i]!
    if (x.number !== y.number || x.value.length !== y.value.length) return false
    for (let at = 0; at < x.value.length; at++) if (x.value[at] !== y.value[at]) return false
  }
  return true
}

/** coap-packet writes a message of these options only, and its header is cut off. */
const written = (options: readonly Option[]): Uint8Array => {
  for (const { number } of options) assert(number >= 0 && number <= 0xffff, 'an option number is 0 to 65535')
  const packet = {
    code: '0.01',
    messageId: 0,
    confirmable: true,
    options: options.map(({ number, value }) => ({ name: number as never, value: asBuffer(value) })),
  }
  return generate(packet, Infinity).subarray(4)
}
