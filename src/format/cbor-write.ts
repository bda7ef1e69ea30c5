/** CBOR in its preferred serialisation: definite lengths, the shortest heads, the shortest float that loses nothing (RFC 8949 §4.1). */
import { encodeUtf8 } from './utf8.ts'

/** Writes items one after the other; an array or map is its head, followed by as many items (or pairs) as it says. */
export interface CborWriter {
  readonly array: (length: number) => void
  readonly map: (length: number) => void
  /** -2^64 to 2^64-1. */
  readonly integer: (value: number | bigint) => void
  readonly float: (value: number) => void
  readonly text: (value: string) => void
  readonly octets: (value: Uint8Array) => void
  readonly boolean: (value: boolean) => void
  readonly null: () => void
  /** What stands before the item that it is about. */
  readonly tag: (tag: number) => void
  /** An integer where the number is a safe one (and not -0), else a float. */
  readonly number: (value: number | bigint) => void
  /** A string of octets (2) or text (3) whose parts come one after the other. */
  readonly pieces: (major: 2 | 3, parts: readonly Uint8Array[]) => void
  /** What was written so far. */
  readonly bytes: () => Uint8Array
}

/** A writer; `sizeBytes` is what it will come to, about. */
export const cborWriter = (sizeBytes = 256): CborWriter => {
  let bytes = new Uint8Array(sizeBytes)
  let view = new DataView(bytes.buffer)
  let used = 0
  const room = (count: number): number => {
    const at = used
    used += count
    if (used > bytes.length) {
      const grown = new Uint8Array(Math.max(used, 2 * bytes.length))
      grown.set(bytes)
      bytes = grown
      view = new DataView(bytes.buffer)
    }
    return at
  }
  const octet = (value: number) => {
    const at = room(1)
    bytes[at] = value
  }
  const head = (major: number, argument: number | bigint) => {
    const type = major << 5
    if (argument < 24) return octet(type | Number(argument))
    const size = argument < 0x100 ? 0 : argument < 0x10000 ? 1 : argument < 0x100000000 ? 2 : 3
    octet(type | (24 + size))
    const at = room(1 << size)
    if (size === 0) view.setUint8(at, Number(argument))
    else if (size === 1) view.setUint16(at, Number(argument))
    else if (size === 2) view.setUint32(at, Number(argument))
    else view.setBigUint64(at, BigInt(argument))
  }
  const string = (major: number, value: Uint8Array) => {
    head(major, value.length)
    const at = room(value.length)
    bytes.set(value, at)
  }
  const float = (value: number) => {
    const isSingle = Math.fround(value) === value || Number.isNaN(value)
    const half = isSingle ? halfOf(value) : undefined
    if (half !== undefined) {
      octet(0xf9)
      const at = room(2)
      view.setUint16(at, half)
    } else if (isSingle) {
      octet(0xfa)
      const at = room(4)
      view.setFloat32(at, value)
    } else {
      octet(0xfb)
      const at = room(8)
      view.setFloat64(at, value)
    }
  }
  const integer = (value: number | bigint) => (value < 0 ? head(1, typeof value === 'bigint' ? -1n - value : -1 - value) : head(0, value))
  return {
    array: (length) => head(4, length),
    map: (length) => head(5, length),
    integer,
    float,
    text: (value) => string(3, encodeUtf8(value)),
    octets: (value) => string(2, value),
    boolean: (value) => octet(value ? 0xf5 : 0xf4),
    null: () => octet(0xf6),
    tag: (tag) => head(6, tag),
    number: (value) =>
      typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0)) ? integer(value) : float(value),
    pieces: (major, parts) => {
      head(
        major,
        parts.reduce((sum, { length }) => sum + length, 0),
      )
      for (const part of parts) {
        const at = room(part.length)
        bytes.set(part, at)
      }
    },
    bytes: () => bytes.slice(0, used),
  }
}

/** The bits of the half-precision float that is exactly this number; `undefined` when there is none (IEEE 754 binary16). */
export const halfOf = (value: number): number | undefined => {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size === 0) return sign
  if (size === Infinity) return sign | 0x7c00
  if (size > 65504) return undefined
  // below 2^-14 the exponent stays, and the fraction counts in steps of 2^-24
  const exponent = Math.max(Math.floor(Math.log2(size)), -14)
  const fraction = size / 2 ** (exponent - 10)
  if (!Number.isInteger(fraction) || fraction > 2047) return undefined
  return sign | (fraction < 1024 ? fraction : ((exponent + 15) << 10) | (fraction - 1024))
}
