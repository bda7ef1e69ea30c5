/** Plain data as octets and back: JSON, with marks for what JSON cannot say. */
import { Secret } from './secret.ts'

/** Octets that hold records, arrays, texts, numbers of any kind, bigint, Uint8Array and, readable for everybody, `Secret`s. Fields without a value are left out. */
export const toOctets = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(marked(value)) ?? 'null')

/** The same read back; `undefined` when the octets are none. */
export const fromOctets = (octets: Uint8Array): unknown => {
  try {
    return unmarked(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets)))
  } catch {
    return undefined
  }
}

/** A record with one field that begins with `$` stands for something else; a field that begins so by itself gets one more. */
const marked = (value: unknown): unknown => {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? '-0' : String(value) }
  if (typeof value === 'bigint') return { $integer: value.toString() }
  if (value instanceof Uint8Array) return { $octets: hexOf(value) }
  if (value instanceof Secret) return { $secret: hexOf(value.reveal()) }
  if (Array.isArray(value)) return value.map(marked)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.startsWith('$') ? `$${name}` : name, marked(field)]))
}
const unmarked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unmarked)
  if (!isRecord(value)) return value
  const { $number, $integer, $octets, $secret } = value
  if (typeof $number === 'string') return Number($number)
  if (typeof $integer === 'string') return BigInt($integer)
  if (typeof $octets === 'string') return octetsOf($octets)
  if (typeof $secret === 'string') return new Secret(octetsOf($secret))
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.startsWith('$') ? name.slice(1) : name, unmarked(field)]))
}
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const hexOf = (octets: Uint8Array): string => Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')
const octetsOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
