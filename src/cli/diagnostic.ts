/** CBOR as people read it: diagnostic notation (RFC 8949 §8). */
import { decodeUtf8 } from '../format/utf8.ts'
import { quoted } from './escape.ts'

/** Why there is no notation, and where: octets from the beginning. */
export interface Undiagnosed {
  readonly flaw: string
  readonly offsetBytes: number
}

/** Any CBOR, whatever LwM2M makes of it: `{0: "a", -1: h'01', 2: [_ 1.5, null]}`. Several items stand one after the other. */
export const diagnose = (bytes: Uint8Array): string | Undiagnosed => {
  const cursor: Cursor = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 }
  const items: string[] = []
  while (cursor.at < bytes.length) {
    const item = readItem(cursor, maxDepth)
    if (typeof item !== 'string') return item
    items.push(item)
  }
  return items.length > 0 ? items.join(', ') : { flaw: 'there is nothing', offsetBytes: 0 }
}

const maxDepth = 100
interface Cursor {
  readonly bytes: Uint8Array
  readonly view: DataView
  at: number
}
/** What begins an item; without an argument its length is indefinite. */
interface Head {
  readonly major: number
  readonly info: number
  readonly argument: bigint | undefined
}
const flawed = (flaw: string, offsetBytes: number): Undiagnosed => ({ flaw, offsetBytes })

const readItem = (cursor: Cursor, depth: number): string | Undiagnosed => {
  const begun = cursor.at
  const head = readHead(cursor)
  if ('flaw' in head) return head
  if (depth === 0) return flawed('nested too deeply', begun)
  switch (head.major) {
    case 0:
      return String(head.argument)
    case 1:
      return String(-1n - head.argument!)
    case 2:
    case 3:
      return readString(cursor, head)
    case 4:
      return readMany(cursor, head, depth - 1, '[', ']', readItem)
    case 5:
      return readMany(cursor, head, depth - 1, '{', '}', readPair)
    case 6: {
      const item = readItem(cursor, depth - 1)
      return typeof item === 'string' ? `${head.argument}(${item})` : item
    }
    default:
      return readSimple(cursor, head, begun)
  }
}

const readHead = (cursor: Cursor): Head | Undiagnosed => {
  const { bytes, view, at } = cursor
  const initial = bytes[at]
  if (initial === undefined) return flawed('it ends inside an item', at)
  const major = initial >> 5
  const info = initial & 31
  cursor.at++
  if (info < 24) return { major, info, argument: BigInt(info) }
  if (info === 31) return major === 0 || major === 1 || major === 6 ? flawed('a reserved head', at) : { major, info, argument: undefined }
  if (info > 27) return flawed('a reserved head', at)
  const size = 1 << (info - 24)
  if (at + 1 + size > bytes.length) return flawed('it ends inside a head', at)
  cursor.at += size
  const argument =
    size === 1
      ? view.getUint8(at + 1)
      : size === 2
        ? view.getUint16(at + 1)
        : size === 4
          ? view.getUint32(at + 1)
          : view.getBigUint64(at + 1)
  return { major, info, argument: BigInt(argument) }
}

const takesBreak = (cursor: Cursor): boolean => {
  if (cursor.bytes[cursor.at] !== 0xff) return false
  cursor.at++
  return true
}

const readString = (cursor: Cursor, { major, argument }: Head): string | Undiagnosed => {
  if (argument === undefined) return readPieces(cursor, major)
  const { bytes, at } = cursor
  if (argument > BigInt(bytes.length - at)) return flawed('it ends inside a string', at)
  cursor.at += Number(argument)
  const piece = bytes.subarray(at, cursor.at)
  if (major === 2) return `h'${Buffer.from(piece).toString('hex')}'`
  const text = decodeUtf8(piece)
  return text === undefined ? flawed('text that is no UTF-8', at) : quoted(text)
}
const readPieces = (cursor: Cursor, major: number): string | Undiagnosed => {
  const pieces: string[] = []
  while (!takesBreak(cursor)) {
    const at = cursor.at
    const head = readHead(cursor)
    if ('flaw' in head) return head
    if (head.major !== major || head.argument === undefined) return flawed('a string in pieces of another kind', at)
    const piece = readString(cursor, head)
    if (typeof piece !== 'string') return piece
    pieces.push(piece)
  }
  return pieces.length === 0 ? (major === 2 ? "''_" : '""_') : `(_ ${pieces.join(', ')})`
}

type Reader = (cursor: Cursor, depth: number) => string | Undiagnosed
const readPair: Reader = (cursor, depth) => {
  const key = readItem(cursor, depth)
  if (typeof key !== 'string') return key
  const item = readItem(cursor, depth)
  return typeof item === 'string' ? `${key}: ${item}` : item
}
const readMany = (cursor: Cursor, { argument }: Head, depth: number, open: string, close: string, read: Reader): string | Undiagnosed => {
  if (argument !== undefined && argument > BigInt(cursor.bytes.length - cursor.at)) return flawed('it ends before its items do', cursor.at)
  const items: string[] = []
  while (argument === undefined ? !takesBreak(cursor) : BigInt(items.length) < argument) {
    const item = read(cursor, depth)
    if (typeof item !== 'string') return item
    items.push(item)
  }
  return `${open}${argument === undefined ? '_ ' : ''}${items.join(', ')}${close}`
}

const simple: ReadonlyMap<number, string> = new Map([
  [20, 'false'],
  [21, 'true'],
  [22, 'null'],
  [23, 'undefined'],
])
const readSimple = ({ view }: Cursor, { info, argument }: Head, at: number): string | Undiagnosed => {
  if (argument === undefined) return flawed('a break that ends nothing', at)
  if (info === 25) return floatText(halfFrom(view.getUint16(at + 1)))
  if (info === 26) return floatText(view.getFloat32(at + 1))
  if (info === 27) return floatText(view.getFloat64(at + 1))
  if (info === 24 && argument < 32n) return flawed('a simple value of two octets that needs one', at)
  return simple.get(Number(argument)) ?? `simple(${argument})`
}
const halfFrom = (bits: number): number => {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}
/** A float is told from an integer by its point. */
const floatText = (value: number): string => {
  const written = Object.is(value, -0) ? '-0' : String(value)
  return /^-?\d+$/.test(written) ? `${written}.0` : written.replace(/^(-?\d+)e/, '$1.0e')
}
