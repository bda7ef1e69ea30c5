/** A saved state as octets and back, for whatever keeps it over a restart: JSON, with the secrets in it readable (RFC 5246 §7.3). */
import { Secret } from '../../core/secret.ts'
import { hexOf } from './octets.ts'
import type { DtlsSaved } from './options.ts'

/** The state as octets. They are a `Secret` themselves: whoever has them can read and speak on every link in them. */
export const stored = (saved: DtlsSaved): Secret => new Secret(new TextEncoder().encode(JSON.stringify(marked(saved))))

/** The state again; `undefined` when the octets are none. */
export const unstored = (octets: Uint8Array): DtlsSaved | undefined => {
  let read: unknown
  try {
    read = unmarked(JSON.parse(new TextDecoder().decode(octets)))
  } catch {
    return undefined
  }
  return isSaved(read) ? read : undefined
}

const isSaved = (value: unknown): value is DtlsSaved =>
  isRecord(value) &&
  value['machine'] === 'dtls' &&
  typeof value['now'] === 'number' &&
  typeof value['wall'] === 'number' &&
  isRecord(value['state'])

/** What JSON cannot say is said by a record with one field that begins with `$`. */
const marked = (value: unknown): unknown => {
  if (value instanceof Secret) return { $secret: hexOf(value.reveal()) }
  if (value instanceof Uint8Array) return { $octets: hexOf(value) }
  if (value === Infinity) return { $never: true }
  if (Array.isArray(value)) return value.map(marked)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, marked(field)]))
}
const unmarked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unmarked)
  if (!isRecord(value)) return value
  if (typeof value['$secret'] === 'string') return new Secret(octetsOf(value['$secret']))
  if (typeof value['$octets'] === 'string') return octetsOf(value['$octets'])
  if (value['$never'] === true) return Infinity
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, unmarked(field)]))
}
const octetsOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
