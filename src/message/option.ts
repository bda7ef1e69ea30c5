/** Options: their numbers, their formats and how they are read and written (RFC 7252 §5.4, §5.10 and the RFCs named in the table). */
import { responses } from './code.ts'

/** One option of a message: its number and its value as it stands on the wire. */
export interface Option {
  readonly number: number
  readonly value: Uint8Array
}

/** What an option's value is (RFC 7252 §3.2). */
export type OptionFormat = 'empty' | 'opaque' | 'uint' | 'string'

/** What we know of an option. */
export interface OptionDefinition {
  readonly name: string
  readonly number: number
  readonly format: OptionFormat
  readonly minLength: number
  readonly maxLength: number
  readonly repeatable: boolean
  readonly reference: string
}

const define = (
  number: number,
  name: string,
  format: OptionFormat,
  minLength: number,
  maxLength: number,
  repeatable: boolean,
  reference: string,
): OptionDefinition => ({
  name,
  number,
  format,
  minLength,
  maxLength,
  repeatable,
  reference,
})

/** Every option we know. */
export const optionDefinitions: readonly OptionDefinition[] = [
  define(1, 'If-Match', 'opaque', 0, 8, true, 'RFC 7252 §5.10.8.1'),
  define(3, 'Uri-Host', 'string', 1, 255, false, 'RFC 7252 §5.10.1'),
  define(4, 'ETag', 'opaque', 1, 8, true, 'RFC 7252 §5.10.6'),
  define(5, 'If-None-Match', 'empty', 0, 0, false, 'RFC 7252 §5.10.8.2'),
  define(6, 'Observe', 'uint', 0, 3, false, 'RFC 7641 §2'),
  define(7, 'Uri-Port', 'uint', 0, 2, false, 'RFC 7252 §5.10.1'),
  define(8, 'Location-Path', 'string', 0, 255, true, 'RFC 7252 §5.10.7'),
  define(9, 'OSCORE', 'opaque', 0, 255, false, 'RFC 8613 §2'),
  define(11, 'Uri-Path', 'string', 0, 255, true, 'RFC 7252 §5.10.1'),
  define(12, 'Content-Format', 'uint', 0, 2, false, 'RFC 7252 §5.10.3'),
  define(14, 'Max-Age', 'uint', 0, 4, false, 'RFC 7252 §5.10.5'),
  define(15, 'Uri-Query', 'string', 0, 255, true, 'RFC 7252 §5.10.1'),
  define(16, 'Hop-Limit', 'uint', 1, 1, false, 'RFC 8768 §3'),
  define(17, 'Accept', 'uint', 0, 2, false, 'RFC 7252 §5.10.4'),
  define(20, 'Location-Query', 'string', 0, 255, true, 'RFC 7252 §5.10.7'),
  define(19, 'Q-Block1', 'uint', 0, 3, false, 'RFC 9177 §4.1'),
  define(23, 'Block2', 'uint', 0, 3, false, 'RFC 7959 §2.1'),
  define(27, 'Block1', 'uint', 0, 3, false, 'RFC 7959 §2.1'),
  define(28, 'Size2', 'uint', 0, 4, false, 'RFC 7959 §4'),
  define(31, 'Q-Block2', 'uint', 0, 3, true, 'RFC 9177 §4.1'),
  define(35, 'Proxy-Uri', 'string', 1, 1034, false, 'RFC 7252 §5.10.2'),
  define(39, 'Proxy-Scheme', 'string', 1, 255, false, 'RFC 7252 §5.10.2'),
  define(60, 'Size1', 'uint', 0, 4, false, 'RFC 7959 §4'),
  define(252, 'Echo', 'opaque', 1, 40, false, 'RFC 9175 §2.2'),
  define(258, 'No-Response', 'uint', 0, 1, false, 'RFC 7967 §2'),
  define(292, 'Request-Tag', 'opaque', 0, 8, true, 'RFC 9175 §3.2'),
]

/** Numbers by name, as in RFC 7252 with the hyphens gone. */
export const options = {
  IfMatch: 1,
  UriHost: 3,
  ETag: 4,
  IfNoneMatch: 5,
  Observe: 6,
  UriPort: 7,
  LocationPath: 8,
  Oscore: 9,
  UriPath: 11,
  ContentFormat: 12,
  MaxAge: 14,
  UriQuery: 15,
  HopLimit: 16,
  Accept: 17,
  LocationQuery: 20,
  QBlock1: 19,
  Block2: 23,
  Block1: 27,
  Size2: 28,
  QBlock2: 31,
  ProxyUri: 35,
  ProxyScheme: 39,
  Size1: 60,
  Echo: 252,
  NoResponse: 258,
  RequestTag: 292,
} as const

/** By number, without a hash. */
const known: readonly (OptionDefinition | undefined)[] = Array.from({ length: 293 }, (_, number) =>
  optionDefinitions.find((definition) => definition.number === number),
)

export const definitionOf = (number: number): OptionDefinition | undefined => known[number]

/** A receiver that does not know the option must not ignore it (RFC 7252 §5.4.1). */
export const isCritical = (number: number): boolean => (number & 1) === 1
/** A proxy that does not know the option must not forward it (RFC 7252 §5.4.2). */
export const isUnsafe = (number: number): boolean => (number & 2) === 2

/** What is wrong with an option that must not be ignored, and the code that a request with it is answered with. */
export interface OptionFault {
  readonly option: number
  readonly reason: 'unknown' | 'length' | 'repeated' | 'proxy'
  readonly code: typeof responses.BadOption | typeof responses.ProxyingNotSupported
}

/**
 * The first critical option that cannot be accepted, and why; `undefined` when all can. A length out of bounds (RFC 7252 §5.4.3) and one
 * occurrence too many (§5.4.5) count as not recognized (§5.4.1). OSCORE is recognized by its own layer, which takes it away. We are no proxy (§5.10.2).
 */
export const optionFault = (all: readonly Option[]): OptionFault | undefined => {
  for (let i = 0; i < all.length; i++) {
    const { number } = all[i]!
    if ((number & 1) === 0) continue
    const reason = number === 35 || number === 39 ? 'proxy' : whyUnrecognized(all, i)
    if (reason !== undefined)
      return { option: number, reason, code: reason === 'proxy' ? responses.ProxyingNotSupported : responses.BadOption }
  }
  return undefined
}
/** The number of the first critical option that cannot be accepted: on a request 4.02 (5.05 for Proxy-*), a response is rejected (RFC 7252 §5.4.1). */
export const unacceptable = (all: readonly Option[]): number | undefined => optionFault(all)?.option

/**
 * Whether a response must be rejected for its options: besides what no message may have, those that only requests have (RFC 7252 §5.4), and the
 * reserved ones that would be part of its location (§5.10.7).
 */
export const isUnacceptableResponse = (all: readonly Option[]): boolean => {
  for (let i = 0; i < all.length; i++) {
    const { number } = all[i]!
    if (number < 24 ? ((onlyOfRequests >> number) & 1) === 1 : isReservedLocation(number) && hasLocation(all)) return true
  }
  return optionFault(all) !== undefined
}
/** The critical ones, a bit each: If-Match, Uri-Host, If-None-Match, Uri-Port, Uri-Path, Uri-Query, Accept. */
const onlyOfRequests = [1, 3, 5, 7, 11, 15, 17].reduce((bits, number) => bits | (1 << number), 0)
const isReservedLocation = (number: number): boolean => number === 128 || number === 132 || number === 136 || number === 140
const hasLocation = (all: readonly Option[]): boolean => all.some(({ number }) => number === 8 || number === 20)

/** The options without known elective ones that are to be ignored for their length or as one too many (RFC 7252 §5.4.3, §5.4.5); the same array when there are none. */
export const acceptable = (all: readonly Option[]): readonly Option[] => {
  for (let i = 0; i < all.length; i++) if (isIgnored(all, i)) return all.filter((_, index) => !isIgnored(all, index))
  return all
}
const isIgnored = (all: readonly Option[], index: number): boolean => {
  const { number } = all[index]!
  return (number & 1) === 0 && known[number] !== undefined && whyUnrecognized(all, index) !== undefined
}
const whyUnrecognized = (all: readonly Option[], index: number): 'unknown' | 'length' | 'repeated' | undefined => {
  const { number, value } = all[index]!
  const definition = known[number]
  if (definition === undefined || number === 9) return 'unknown'
  if (value.length < definition.minLength || value.length > definition.maxLength) return 'length'
  return !definition.repeatable && index > 0 && all[index - 1]!.number === number ? 'repeated' : undefined
}
/** What the peer may be told, as the diagnostic payload (RFC 7252 §5.5.2). */
export const optionDiagnostic = ({ option, reason }: OptionFault): string => {
  const name = known[option]?.name ?? 'unknown'
  switch (reason) {
    case 'unknown':
      return `critical option ${option} is not supported`
    case 'length':
      return `option ${option} (${name}) has a wrong length`
    case 'repeated':
      return `option ${option} (${name}) is not repeatable`
    case 'proxy':
      return `option ${option} (${name}): not a proxy`
  }
}

const text = new TextEncoder()
const fromText = new TextDecoder()

/** An unsigned integer in as few octets as it needs (RFC 7252 §3.2). */
export const uintBytes = (value: number): Uint8Array => {
  if (value === 0) return zero
  if (value < 0x100) return Uint8Array.of(value)
  if (value < 0x10000) return Uint8Array.of(value >> 8, value & 255)
  if (value < 0x1000000) return Uint8Array.of(value >> 16, (value >> 8) & 255, value & 255)
  return Uint8Array.of(value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255)
}
const zero = new Uint8Array(0)

/** The unsigned integer that an option's value is; leading zeros are allowed. */
export const uintOf = (value: Uint8Array): number => {
  let total = 0
  for (let i = 0; i < value.length; i++) total = total * 256 + value[i]!
  return total
}
export const uintOption = (number: number, value: number): Option => ({ number, value: uintBytes(value) })
export const stringOption = (number: number, value: string): Option => ({ number, value: text.encode(value) })
export const opaqueOption = (number: number, value: Uint8Array): Option => ({ number, value })

/** The first option of that number. */
export const find = (all: readonly Option[], number: number): Option | undefined => {
  for (let i = 0; i < all.length; i++) {
    const option = all[i]!
    if (option.number >= number) return option.number === number ? option : undefined
  }
  return undefined
}
export const has = (all: readonly Option[], number: number): boolean => find(all, number) !== undefined
/** The value of the first option of that number as an unsigned integer. */
export const uint = (all: readonly Option[], number: number): number | undefined => {
  const option = find(all, number)
  return option === undefined ? undefined : uintOf(option.value)
}
/** The values of all options of that number, as text. */
export const strings = (all: readonly Option[], number: number): readonly string[] => {
  const found: string[] = []
  for (const option of all) if (option.number === number) found.push(fromText.decode(option.value))
  return found
}
/** Options in ascending order; repeated ones keep theirs. */
export const sorted = (all: readonly Option[]): readonly Option[] => {
  for (let i = 1; i < all.length; i++) if (all[i]!.number < all[i - 1]!.number) return [...all].sort((a, b) => a.number - b.number)
  return all
}
/** The options with this one in its place, instead of any of the same number. */
export const withOption = (all: readonly Option[], option: Option): readonly Option[] => {
  const result: Option[] = []
  let placed = false
  for (const other of all) {
    if (other.number === option.number) continue
    if (!placed && other.number > option.number) {
      result.push(option)
      placed = true
    }
    result.push(other)
  }
  if (!placed) result.push(option)
  return result
}
/** The options without those of these numbers; the same array when there were none. */
export const without = (all: readonly Option[], ...numbers: readonly number[]): readonly Option[] =>
  all.some(({ number }) => numbers.includes(number)) ? all.filter(({ number }) => !numbers.includes(number)) : all
