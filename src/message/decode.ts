/** Octets to a message, on coap-packet, with the checks it lacks before it (RFC 7252 §3). */
import { parse } from 'coap-packet'
import type { Datagram } from '../core/ports.ts'
import { asBuffer } from './buffer.ts'
import { codes } from './code.ts'
import { noBytes, noOptions, type Malformed, type MalformedReason, type Message, type MessageType } from './message.ts'
import type { Option } from './option.ts'

/** The message, or what is wrong with it. Payload and option values alias the datagram's octets. */
export const decode = ({ remote, bytes }: Datagram): Message | Malformed => {
  const reason = flaw(bytes)
  if (reason !== undefined) return malformed(remote, bytes, reason)
  const type = types[(bytes[0]! >> 4) & 3]!
  const code = codes[bytes[1]!]!
  if (bytes[1] === 0)
    return { type, remote, messageId: (bytes[2]! << 8) | bytes[3]!, code, token: '', options: noOptions, payload: noBytes }
  const packet = parse(asBuffer(bytes))
  const options: Option[] = []
  for (const { name, value } of packet.options) options.push({ number: numbers.get(name as string) ?? Number(name), value })
  const { messageId, token, payload } = packet
  return { type, remote, messageId, code, token: token.length === 0 ? '' : token.toString('hex'), options, payload }
}

/** What is wrong with the octets, if anything: one pass, no allocation. */
export const flaw = (bytes: Uint8Array): MalformedReason | undefined => {
  const end = bytes.length
  if (end < 4) return 'short'
  const first = bytes[0]!
  if (first >> 6 !== 1) return 'version'
  const code = bytes[1]!
  if (code === 0) return end === 4 && (first & 15) === 0 ? undefined : 'empty'
  const tokenLength = first & 15
  const at = 4 + tokenLength
  if (tokenLength > 8 || at > end) return 'token'
  const kind = code >> 5
  if (kind === 1 || kind === 3 || kind > 5) return 'class'
  return optionFlaw(bytes, at)
}

/** What is wrong with options and payload from this offset on. */
export const optionFlaw = (bytes: Uint8Array, from: number): MalformedReason | undefined => {
  const end = bytes.length
  let at = from
  let number = 0
  while (at < end) {
    const head = bytes[at++]!
    if (head === 0xff) return at === end ? 'marker' : undefined
    let delta = head >> 4
    let length = head & 15
    if (delta === 15 || length === 15) return 'option'
    if (delta === 13) delta = 13 + (bytes[at++] ?? 0)
    else if (delta === 14) {
      delta = 269 + ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0)
      at += 2
    }
    if (length === 13) length = 13 + (bytes[at++] ?? 0)
    else if (length === 14) {
      length = 269 + ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0)
      at += 2
    }
    number += delta
    at += length
    if (at > end || number > 0xffff) return 'option'
  }
  return undefined
}

const malformed = (remote: string, bytes: Uint8Array, reason: MalformedReason): Malformed => ({
  type: 'malformed',
  remote,
  reason,
  confirmable: reason !== 'short' && reason !== 'version' && ((bytes[0]! >> 4) & 3) === 0,
  messageId: bytes.length < 4 ? 0 : (bytes[2]! << 8) | bytes[3]!,
})

const types: readonly MessageType[] = ['CON', 'NON', 'ACK', 'RST']

/** coap-packet gives names to the options it knows; the wire and we know numbers. */
const numbers: ReadonlyMap<string, number> = new Map([
  ['If-Match', 1],
  ['Uri-Host', 3],
  ['ETag', 4],
  ['If-None-Match', 5],
  ['Observe', 6],
  ['Uri-Port', 7],
  ['Location-Path', 8],
  ['OSCORE', 9],
  ['Uri-Path', 11],
  ['Content-Format', 12],
  ['Max-Age', 14],
  ['Uri-Query', 15],
  ['Hop-Limit', 16],
  ['Accept', 17],
  ['Q-Block1', 19],
  ['Location-Query', 20],
  ['Block2', 23],
  ['Block1', 27],
  ['Size2', 28],
  ['Q-Block2', 31],
  ['Proxy-Uri', 35],
  ['Proxy-Scheme', 39],
  ['Size1', 60],
  ['No-Response', 258],
  ['OCF-Accept-Content-Format-Version', 2049],
  ['OCF-Content-Format-Version', 2053],
])
