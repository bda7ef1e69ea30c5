/** JSON from strangers: bounded, unambiguous, its numbers exactly as they are written (RFC 8259; RFC 7493 §2). */
import { whole } from '../model/value.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** A number by its digits: what `JSON.parse` would round stays whole. */
export interface JsonNumber {
  readonly digits: string
}
/** What JSON can say; an object is a Map, so that no name means anything to JavaScript. */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | ReadonlyMap<string, Json>

/** Why octets are not the JSON that we take. */
export type JsonFlaw =
  | 'size' // more octets than are taken at once
  | 'utf-8' // text that is no UTF-8, or half of a surrogate pair
  | 'syntax' // not JSON
  | 'depth' // arrays and objects nested too deeply
  | 'duplicate' // a name twice in one object
  | 'trailing' // something after the value
export interface FlawedJson {
  readonly flaw: JsonFlaw
  /** Octets from the beginning. */
  readonly offsetBytes: number
}
export interface JsonLimits {
  /** How deep arrays and objects may lie in one another, at most a few hundred. Default 4: a pack, its records, and what a record may hold some day. */
  readonly maxDepth?: number
  /** Default 1 MiB. */
  readonly maxBytes?: number
}

export const isFlawed = <Flawed extends { readonly flaw: JsonFlaw }>(read: Json | Flawed): read is Flawed =>
  typeof read === 'object' && read !== null && 'flaw' in read
export const isJsonNumber = (json: Json | undefined): json is JsonNumber => typeof json === 'object' && json !== null && 'digits' in json
export const isJsonObject = (json: Json | undefined): json is ReadonlyMap<string, Json> => json instanceof Map

/** The one value that the octets are. Takes time in proportion to them. */
export const readJson = (bytes: Uint8Array, { maxDepth = 4, maxBytes = 1 << 20 }: JsonLimits = {}): Json | FlawedJson => {
  if (bytes.length > maxBytes) return { flaw: 'size', offsetBytes: maxBytes }
  const text = decodeUtf8(bytes)
  if (text === undefined) return { flaw: 'utf-8', offsetBytes: 0 }
  const cursor: Cursor = { text, at: 0 }
  const read = readItem(cursor, maxDepth)
  const ended: Json | Flaw = isFlawed(read) || atEnd(cursor) ? read : { flaw: 'trailing' }
  return isFlawed(ended) ? { flaw: ended.flaw, offsetBytes: encodeUtf8(text.slice(0, cursor.at)).length } : ended
}

/** The number itself: whole ones of up to 64 bits exactly, others as the nearest double; `undefined` beyond those. */
export const numberOf = ({ digits }: JsonNumber): number | bigint | undefined => {
  const value = Number(digits)
  if (!Number.isFinite(value)) return undefined
  if (Number.isSafeInteger(value) || !Number.isInteger(value)) return value
  const exact = expanded(digits)
  return exact !== undefined && exact >= -(2n ** 63n) && exact < 2n ** 64n ? whole(exact) : value
}
/** The whole number that is written with a fraction or an exponent, where it has at most 20 digits. */
const expanded = (digits: string): bigint | undefined => {
  const [, sign = '', before = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(digits) ?? []
  const zeros = Number(exponent) - fraction.length
  if (zeros > 20) return undefined
  const all = (before + fraction).replace(/^0+/, '')
  const whole = zeros >= 0 ? all + '0'.repeat(zeros) : /^0*$/.test(all.slice(zeros)) ? all.slice(0, zeros) : ''
  return whole === '' || whole.length > 20 ? undefined : BigInt(sign + whole)
}

interface Cursor {
  readonly text: string
  at: number
}
interface Flaw {
  readonly flaw: JsonFlaw
}
const syntax: Flaw = { flaw: 'syntax' }

const skipSpace = (cursor: Cursor): string | undefined => {
  const { text } = cursor
  for (;;) {
    const letter = text[cursor.at]
    if (letter !== ' ' && letter !== '\n' && letter !== '\r' && letter !== '\t') return letter
    cursor.at++
  }
}
const atEnd = (cursor: Cursor): boolean => skipSpace(cursor) === undefined
/** Whether the letter came next; it is taken then. */
const takes = (cursor: Cursor, letter: string): boolean => {
  if (skipSpace(cursor) !== letter) return false
  cursor.at++
  return true
}

const readItem = (cursor: Cursor, depth: number): Json | Flaw => {
  const first = skipSpace(cursor)
  if (first === '"') return readString(cursor)
  if (first !== '[' && first !== '{') return readPlain(cursor)
  if (depth === 0) return { flaw: 'depth' }
  cursor.at++
  return first === '[' ? readArray(cursor, depth - 1) : readObject(cursor, depth - 1)
}

const plainPattern = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const words: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const longestNumber = 400
const readPlain = (cursor: Cursor): Json | Flaw => {
  plainPattern.lastIndex = cursor.at
  const [written] = plainPattern.exec(cursor.text) ?? []
  if (written === undefined || written.length > longestNumber) return syntax
  cursor.at += written.length
  const word = words.get(written)
  return word === undefined ? { digits: written } : word
}

const readString = (cursor: Cursor): string | Flaw => {
  const { text, at } = cursor
  let end = at + 1
  let escaped = false
  for (let code = text.charCodeAt(end); code !== 0x22; code = text.charCodeAt(++end)) {
    if (!(code >= 0x20)) return syntax // a control character, or the end
    if (code !== 0x5c) continue
    escaped = true
    end++
  }
  const written = unescaped(text.slice(at, end + 1), escaped)
  if (typeof written === 'string') cursor.at = end + 1
  return written
}
const unescaped = (quoted: string, escaped: boolean): string | Flaw => {
  if (!escaped) return quoted.slice(1, -1)
  try {
    const written = JSON.parse(quoted) as string
    return /\p{Surrogate}/u.test(written) ? { flaw: 'utf-8' } : written
  } catch {
    return syntax
  }
}

const readArray = (cursor: Cursor, depth: number): Json | Flaw => {
  const items: Json[] = []
  if (takes(cursor, ']')) return items
  do {
    const item = readItem(cursor, depth)
    if (isFlawed(item)) return item
    items.push(item)
  } while (takes(cursor, ','))
  return takes(cursor, ']') ? items : syntax
}
const readObject = (cursor: Cursor, depth: number): Json | Flaw => {
  const members = new Map<string, Json>()
  if (takes(cursor, '}')) return members
  do {
    if (skipSpace(cursor) !== '"') return syntax
    const at = cursor.at
    const name = readString(cursor)
    if (isFlawed(name)) return name
    if (members.has(name)) {
      cursor.at = at
      return { flaw: 'duplicate' }
    }
    if (!takes(cursor, ':')) return syntax
    const item = readItem(cursor, depth)
    if (isFlawed(item)) return item
    members.set(name, item)
  } while (takes(cursor, ','))
  return takes(cursor, '}') ? members : syntax
}
