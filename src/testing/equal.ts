/** Whether two values of plain data are the same, and where they first differ. */
import { Secret } from '../core/secret.ts'

/** Deep equality of plain data: octets and secrets by content, an absent field equals an undefined one, functions by reference. */
export const equal = (a: unknown, b: unknown): boolean => differenceOf(a, b) === undefined

/** Where the values differ first. */
export interface Difference {
  /** Such as `.options[0].value`; '' for the values themselves. */
  readonly path: string
  readonly expected: unknown
  readonly actual: unknown
}

/** The first difference, if any. */
export const differenceOf = (expected: unknown, actual: unknown, path = ''): Difference | undefined => {
  if (Object.is(expected, actual)) return undefined
  if (expected instanceof Uint8Array && actual instanceof Uint8Array)
    return sameOctets(expected, actual) ? undefined : { path, expected, actual }
  if (expected instanceof Secret && actual instanceof Secret)
    return sameOctets(expected.reveal(), actual.reveal()) ? undefined : { path, expected, actual }
  if (Array.isArray(expected) && Array.isArray(actual)) return differenceOfLists(expected, actual, path)
  if (isRecord(expected) && isRecord(actual)) return differenceOfRecords(expected, actual, path)
  if (isKeyed(expected) && isKeyed(actual)) return differenceOfLists([...expected], [...actual], path)
  return { path, expected, actual }
}

/** A predicate for values that have at least these fields, deeply: what a ladder says of a message without saying everything. */
export const like = (part: unknown): ((value: unknown) => boolean) => {
  const matches = (value: unknown) => resembles(part, value)
  return Object.assign(matches, { part })
}

const differenceOfLists = (expected: readonly unknown[], actual: readonly unknown[], path: string): Difference | undefined => {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const found = differenceOf(expected[i], actual[i], `${path}[${i}]`)
    if (found !== undefined) return found
  }
  return expected.length === actual.length ? undefined : { path: `${path}.length`, expected: expected.length, actual: actual.length }
}
const differenceOfRecords = (
  expected: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
  path: string,
): Difference | undefined => {
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const found = differenceOf(expected[name], actual[name], `${path}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}
const resembles = (part: unknown, value: unknown): boolean => {
  if (typeof part === 'function') return (part as (value: unknown) => boolean)(value)
  if (Array.isArray(part)) return Array.isArray(value) && part.length === value.length && part.every((item, i) => resembles(item, value[i]))
  if (isRecord(part)) return isRecord(value) && Object.entries(part).every(([name, field]) => resembles(field, value[name]))
  return equal(part, value)
}
const sameOctets = (a: Uint8Array, b: Uint8Array) => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
const isKeyed = (value: unknown): value is Iterable<unknown> => value instanceof Map || value instanceof Set
