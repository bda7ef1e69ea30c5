/** How much a snapshot holds, and whether it is plain data. */
import { Secret } from '../core/secret.ts'

/** Octets, roughly: what a simple encoding of it would take. */
export const octetsOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length
  if (value instanceof Uint8Array) return value.length
  if (value instanceof Secret) return value.reveal().length
  if (typeof value !== 'object' || value === null) return 8
  let total = 0
  for (const [name, field] of Object.entries(value)) total += (Array.isArray(value) ? 0 : name.length) + octetsOf(field)
  return total
}

/** Whether it is made of records, arrays, strings, numbers, bigint, booleans and octets only, secret octets among them. */
export const isPlain = (value: unknown): boolean => {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Secret) return true
  if (Array.isArray(value)) return value.every(isPlain)
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlain)
}
