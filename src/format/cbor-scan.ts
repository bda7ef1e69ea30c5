/** What CBOR must be before anyone decodes it: shallow, plain, complete, unambiguous (RFC 8949 §3, §5.3). */
import { dateNumber, decimalFraction } from './cbor-tag.ts'
import { cborWriter } from './cbor-write.ts'
import { decodeUtf8 } from './utf8.ts'

/** Why octets are not the CBOR that we take. */
export type CborFlaw =
  | 'short' // they end inside an item, or promise more than there is
  | 'depth' // arrays and maps nested too deeply
  | 'tag' // a tag other than date, time and decimal fraction, or one on something else
  | 'indefinite' // a string in pieces that are not strings of its kind, or a key in pieces
  | 'reserved' // additional information 28-30, or a simple value other than false, true, null, undefined
  | 'break' // a break that ends nothing
  | 'key' // a map key that is neither integer nor text (nor, where they may be, an array of these)
  | 'duplicate' // a map key twice
  | 'utf-8' // text that is no UTF-8
  | 'trailing' // octets after the item

/** Octets that a decoder had better read in place of `from` to `to`: the same item without tags and in one piece. */
export interface CborEdit {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}
/** The tag of octets that are text which begins with a byte order mark: decoders are apt to drop it. No one else's tag comes through. */
export const markedText = 65535
/** How deep arrays and maps may be nested, and whether arrays of integers and text may be keys. */
export interface CborShape {
  readonly depth: number
  readonly arrayKeys?: boolean
}

/**
 * What is wrong with the one item that the octets should be; `undefined` when nothing is.
 * Arrays, maps and strings may be of indefinite length. What only some decoders read goes into `edits`, in order.
 */
export const scanCbor = (bytes: Uint8Array, { depth, arrayKeys = false }: CborShape, edits: CborEdit[] = []): CborFlaw | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const cursor: Cursor = { bytes, view, arrayKeys, edits, at: 0, major: 0, argument: 0 }
  return scanItem(cursor, depth) ?? (cursor.at < bytes.length ? 'trailing' : undefined)
}

interface Cursor {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly arrayKeys: boolean
  readonly edits: CborEdit[]
  at: number
  /** Of the head that was read last. */
  major: number
  /** Its value or length; -1 for indefinite. */
  argument: number
}
const breakOctet = 0xff
const empty = new Uint8Array(0)
const left = ({ bytes, at }: Cursor) => bytes.length - at

const scanItem = (cursor: Cursor, depth: number): CborFlaw | undefined => {
  const from = cursor.at
  const flaw = readHead(cursor)
  if (flaw !== undefined) return flaw
  const { major, argument } = cursor
  if (major === 2 || major === 3) return argument < 0 ? scanChunks(cursor, from, major) : scanWhole(cursor, from, major, argument)
  if (major === 6) return scanTagged(cursor, from, argument)
  if (major !== 4 && major !== 5) return undefined
  if (depth === 0) return 'depth'
  if (argument > left(cursor)) return 'short'
  return major === 4 ? scanArray(cursor, argument, depth - 1) : scanMap(cursor, argument, depth - 1)
}

const readHead = (cursor: Cursor): CborFlaw | undefined => {
  if (left(cursor) < 1) return 'short'
  const initial = cursor.bytes[cursor.at++]!
  const major = initial >> 5
  const info = initial & 31
  cursor.major = major
  cursor.argument = info
  if (info < 24) return major === 7 && info < 20 ? 'reserved' : undefined
  if (initial === breakOctet) return 'break'
  if (info === 31) {
    cursor.argument = -1
    return major > 1 && major < 6 ? undefined : 'reserved'
  }
  return info > 27 || (major === 7 && info === 24) ? 'reserved' : readArgument(cursor, 1 << (info - 24))
}
const readArgument = (cursor: Cursor, size: number): CborFlaw | undefined => {
  if (left(cursor) < size) return 'short'
  const { view, at } = cursor
  cursor.at += size
  cursor.argument =
    size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : size === 4 ? view.getUint32(at) : Number(view.getBigUint64(at))
  return undefined
}

const scanWhole = (cursor: Cursor, from: number, major: 2 | 3, length: number): CborFlaw | undefined => {
  const flaw = scanString(cursor, major, length)
  const { bytes, at } = cursor
  if (flaw === undefined && major === 3 && length > 2 && bytes[at - length] === 0xef && isMarked(bytes.subarray(at - length, at)))
    keepMark(cursor, from, [bytes.subarray(at - length, at)])
  return flaw
}
const isMarked = (text: Uint8Array) => text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf
const keepMark = (cursor: Cursor, from: number, parts: readonly Uint8Array[]) => {
  const writer = cborWriter()
  writer.tag(markedText)
  writer.pieces(2, parts)
  cursor.edits.push({ from, to: cursor.at, bytes: writer.bytes() })
}

const scanString = (cursor: Cursor, major: number, length: number): CborFlaw | undefined => {
  if (length > left(cursor)) return 'short'
  const from = cursor.at
  cursor.at += length
  return major === 2 || isText(cursor.bytes, from, cursor.at) ? undefined : 'utf-8'
}
const isText = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (bytes[at]! > 127) return decodeUtf8(bytes.subarray(from, to)) !== undefined
  return true
}

/** A string in pieces becomes one (RFC 8949 §3.2.3). */
const scanChunks = (cursor: Cursor, from: number, major: 2 | 3): CborFlaw | undefined => {
  const chunks: Uint8Array[] = []
  while (!ended(cursor, -1, 0)) {
    const flaw = readHead(cursor)
    if (flaw !== undefined) return flaw
    if (cursor.major !== major || cursor.argument < 0) return 'indefinite'
    const wrong = scanString(cursor, major, cursor.argument)
    if (wrong !== undefined) return wrong
    chunks.push(cursor.bytes.subarray(cursor.at - cursor.argument, cursor.at))
  }
  if (major === 3 && isMarked(chunks.find(({ length }) => length > 0) ?? empty)) {
    keepMark(cursor, from, chunks)
    return undefined
  }
  const writer = cborWriter()
  writer.pieces(major, chunks)
  cursor.edits.push({ from, to: cursor.at, bytes: writer.bytes() })
  return undefined
}

/** A date or a decimal fraction becomes the number that it is, a time loses its tag (RFC 8949 §3.4.1, §3.4.2, §3.4.4). */
const scanTagged = (cursor: Cursor, from: number, tag: number): CborFlaw | undefined => {
  if (tag !== 0 && tag !== 1 && tag !== 4) return 'tag'
  const start = cursor.at
  const flaw = readHead(cursor)
  if (flaw !== undefined) return flaw
  const { major, argument } = cursor
  if (tag === 1) {
    const isNumber = major < 2 || (major === 7 && cursor.at > start + 1)
    if (isNumber) cursor.edits.push({ from, to: start, bytes: empty })
    return isNumber ? undefined : 'tag'
  }
  if (tag === 0)
    return (major !== 3 || argument < 0 ? 'tag' : scanString(cursor, major, argument)) ?? replaced(cursor, from, dateOf(cursor, argument))
  if (major !== 4 || argument !== 2) return 'tag'
  const exponent = scanInteger(cursor)
  if (typeof exponent === 'string') return exponent
  const mantissa = scanInteger(cursor)
  return typeof mantissa === 'string' ? mantissa : replaced(cursor, from, decimalFraction(mantissa, exponent))
}
const dateOf = ({ bytes, at }: Cursor, length: number) => dateNumber(decodeUtf8(bytes.subarray(at - length, at))!)
const replaced = (cursor: Cursor, from: number, value: number | bigint | undefined): CborFlaw | undefined => {
  if (value === undefined) return 'tag'
  const writer = cborWriter()
  writer.number(value)
  cursor.edits.push({ from, to: cursor.at, bytes: writer.bytes() })
  return undefined
}
const scanInteger = (cursor: Cursor): bigint | CborFlaw => {
  const flaw = readHead(cursor)
  if (flaw !== undefined) return flaw
  if (cursor.major > 1) return 'tag'
  const { view, at, argument } = cursor
  const size = argument > Number.MAX_SAFE_INTEGER ? view.getBigUint64(at - 8) : BigInt(argument)
  return cursor.major === 0 ? size : -1n - size
}

/** Whether an array, map or string has ended, the break taken. */
const ended = (cursor: Cursor, length: number, count: number): boolean => {
  if (length >= 0) return count >= length
  if (cursor.bytes[cursor.at] !== breakOctet) return false
  cursor.at++
  return true
}
const scanArray = (cursor: Cursor, length: number, depth: number): CborFlaw | undefined => {
  for (let count = 0; !ended(cursor, length, count); count++) {
    const flaw = scanItem(cursor, depth)
    if (flaw !== undefined) return flaw
  }
  return undefined
}
const scanMap = (cursor: Cursor, length: number, depth: number): CborFlaw | undefined => {
  // the keys of most maps are a few small integers: a bit for each
  let small = 0
  let keys: Set<string | bigint> | undefined
  for (let count = 0; !ended(cursor, length, count); count++) {
    let bit = shortBit(cursor.bytes[cursor.at]!)
    if (bit >= 0) cursor.at++
    else {
      const key = scanKey(cursor)
      if (typeof key === 'object') return key.flaw
      bit = bitOf(key)
      if (keys?.has(key) === true) return 'duplicate'
      if (bit < 0) keys = (keys ?? new Set()).add(key)
    }
    if (bit >= 0 && (small & (1 << bit)) !== 0) return 'duplicate'
    if (bit >= 0) small |= 1 << bit
    const flaw = scanItem(cursor, depth)
    if (flaw !== undefined) return flaw
  }
  return undefined
}
/** 0 to 15 for the keys 0 to 15, 16 to 31 for the keys -1 to -16, when one octet says so; else -1. */
const shortBit = (initial: number) => (initial < 16 ? initial : initial >= 0x20 && initial < 0x30 ? initial - 16 : -1)
/** The same for a key that more octets say. */
const bitOf = (key: string | bigint) => (typeof key === 'string' || key < -16n || key > 15n ? -1 : Number(key < 0n ? 15n - key : key))
/** A key in a form that is equal when the key is. */
const scanKey = (cursor: Cursor, arrayKeys = cursor.arrayKeys): string | bigint | { readonly flaw: CborFlaw } => {
  const flaw = readHead(cursor)
  if (flaw !== undefined) return { flaw }
  const { major, argument } = cursor
  if (major < 2) {
    const size = argument > Number.MAX_SAFE_INTEGER ? cursor.view.getBigUint64(cursor.at - 8) : BigInt(argument)
    return major === 0 ? size : -1n - size
  }
  if (major === 4 && arrayKeys) return scanArrayKey(cursor, argument)
  if (major !== 3) return { flaw: 'key' }
  if (argument < 0) return { flaw: 'indefinite' }
  const wrong = scanString(cursor, major, argument)
  return wrong === undefined ? decodeUtf8(cursor.bytes.subarray(cursor.at - argument, cursor.at))! : { flaw: wrong }
}
const scanArrayKey = (cursor: Cursor, length: number): string | { readonly flaw: CborFlaw } => {
  if (length > left(cursor)) return { flaw: 'short' }
  const parts: string[] = []
  for (let count = 0; !ended(cursor, length, count); count++) {
    const part = scanKey(cursor, false)
    if (typeof part === 'object') return part
    parts.push(typeof part === 'string' ? JSON.stringify(part) : String(part))
  }
  return `[${parts.join()}]`
}
