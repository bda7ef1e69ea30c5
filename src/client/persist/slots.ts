/** Two places for one thing: the new goes where the old is not, so that a power cut leaves one of them whole. */
import type { Crypto } from '../../core/ports.ts'
import { fromOctets, toOctets } from '../../core/plain.ts'

export type Slot = 'a' | 'b'
export const other = (slot: Slot): Slot => (slot === 'a' ? 'b' : 'a')

/** What was found in a slot. Damaged: not what was written, or written by another release. */
export type Found = { readonly slot: Slot; readonly generation: number; readonly value: unknown } | 'nothing' | 'damaged'

const format = 'lwm2m-rx 1'
const headEnd = 10 // a line feed

/** The value with what tells whether it is whole. */
export const sealed = (crypto: Crypto, generation: number, value: unknown): Uint8Array => {
  const body = toOctets(value)
  const head = new TextEncoder().encode(`${format} ${generation} ${sumOf(crypto, generation, body)}\n`)
  const record = new Uint8Array(head.length + body.length)
  record.set(head)
  record.set(body, head.length)
  return record
}

/** What the octets of a slot hold. */
export const unsealed = (crypto: Crypto, slot: Slot, octets: Uint8Array | undefined): Found => {
  if (octets === undefined) return 'nothing'
  const end = octets.indexOf(headEnd)
  const head = /^(lwm2m-rx \d+) (\d{1,15}) ([\da-f]{64})$/.exec(new TextDecoder().decode(octets.subarray(0, Math.max(0, end))))
  if (head === null || head[1] !== format) return 'damaged'
  const generation = Number(head[2])
  const body = octets.subarray(end + 1)
  if (sumOf(crypto, generation, body) !== head[3]) return 'damaged'
  return { slot, generation, value: fromOctets(body) }
}

const sumOf = ({ hash }: Crypto, generation: number, body: Uint8Array): string => {
  const sum = hash('sha256')
  sum.update(new TextEncoder().encode(`${generation} `))
  sum.update(body)
  return Array.from(sum.digest(), (octet) => octet.toString(16).padStart(2, '0')).join('')
}

/** What was found, the newest first. */
export const newestFirst = (found: readonly Found[]): readonly Exclude<Found, string>[] =>
  found.filter((one) => typeof one !== 'string').sort((one, two) => two.generation - one.generation)
