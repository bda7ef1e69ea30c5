/** What CBOR must be before anyone decodes it: shallow, plain, complete, unambiguous (RFC 8949 §3, §5.3). */
import { decodeUtf8 } from './utf8.ts'

/** Why octets are not the CBOR that we take. */
export type CborFlaw =
  | 'short' // they end inside an item, or promise more than there is
  | 'depth' // arrays and maps nested too deeply
  | 'tag' // a tagged item
  | 'indefinite' // a string in pieces
  | 'reserved' // additional information 28-30, or a simple value other than false, true, null, undefined
  | 'break' // a break that ends nothing
  | 'key' // a map key that is neither integer nor text
  | 'duplicate' // a map key twice
  | 'utf-8' // text that is no UTF-8
  | 'trailing' // octets after the item

/** What is wrong with the one item that the octets should be; `undefined` when nothing is. Arrays and maps may be of indefinite length. */
export const scanCbor = (bytes: Uint8Array, maxDepth = 4): CborFlaw | undefined => {
  const cursor: Cursor = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 }
  return scanItem(cursor, maxDepth) ?? (cursor.at < bytes.length ? 'trailing' : undefined)
}

interface Cursor {
  readonly bytes: Uint8Array
  readonly view: DataView
  at: number
}
interface Head {
  readonly major: number
  /** The value or length; -1 for indefinite. */
  readonly argument: number
}
const breakOctet = 0xff
const left = ({ bytes, at }: Cursor) => bytes.length - at

const scanItem = (cursor: Cursor, depth: number): CborFlaw | undefined => {
  const head = readHead(cursor)
  if (typeof head === 'string') return head
  const { major, argument } = head
  if (major === 2 || major === 3) return scanString(cursor, head)
  if (major !== 4 && major !== 5) return undefined
  if (depth === 0) return 'depth'
  if (argument > left(cursor)) return 'short'
  return major === 4 ? scanArray(cursor, argument, depth - 1) : scanMap(cursor, argument, depth - 1)
}

const readHead = (cursor: Cursor): Head | CborFlaw => {
  if (left(cursor) < 1) return 'short'
  const initial = cursor.bytes[cursor.at++]!
  const major = initial >> 5
  const info = initial & 31
  if (initial === breakOctet) return 'break'
  if (major === 6) return 'tag'
  if (info === 31) return major === 4 || major === 5 ? { major, argument: -1 } : major === 2 || major === 3 ? 'indefinite' : 'reserved'
  if (info > 27 || (major === 7 && (info < 20 || info === 24))) return 'reserved'
  return info < 24 ? { major, argument: info } : readArgument(cursor, major, 1 << (info - 24))
}
const readArgument = (cursor: Cursor, major: number, size: number): Head | CborFlaw => {
  if (left(cursor) < size) return 'short'
  const { view, at } = cursor
  cursor.at += size
  if (size === 8) return { major, argument: Number(view.getBigUint64(at)) }
  return { major, argument: size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getUint32(at) }
}

const scanString = (cursor: Cursor, { major, argument }: Head): CborFlaw | undefined => {
  if (argument > left(cursor)) return 'short'
  cursor.at += argument
  return major === 3 && decodeUtf8(cursor.bytes.subarray(cursor.at - argument, cursor.at)) === undefined ? 'utf-8' : undefined
}

/** Whether an array or map has ended, the break taken. */
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
  const keys = new Set<string | number>()
  for (let count = 0; !ended(cursor, length, count); count++) {
    const key = scanKey(cursor)
    if (typeof key === 'object') return key.flaw
    if (keys.has(key)) return 'duplicate'
    keys.add(key)
    const flaw = scanItem(cursor, depth)
    if (flaw !== undefined) return flaw
  }
  return undefined
}
/** A key in a form that is equal when the key is. */
const scanKey = (cursor: Cursor): string | number | { readonly flaw: CborFlaw } => {
  const head = readHead(cursor)
  if (typeof head === 'string') return { flaw: head }
  if (head.major === 0) return head.argument
  if (head.major === 1) return -1 - head.argument
  if (head.major !== 3) return { flaw: 'key' }
  const flaw = scanString(cursor, head)
  return flaw === undefined ? decodeUtf8(cursor.bytes.subarray(cursor.at - head.argument, cursor.at))! : { flaw }
}
