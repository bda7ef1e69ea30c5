/** One CBOR item, decoded by cbor-x once it is known to be harmless (RFC 8949). */
import { Decoder, Tag } from 'cbor-x/decode'
import { markedText, scanCbor, type CborEdit, type CborShape } from './cbor-scan.ts'
import { fault, type FormatFault } from './format.ts'
import { decodeUtf8 } from './utf8.ts'

const decoder = new Decoder({ useRecords: false, mapsAsObjects: false })

/** What the octets hold: numbers, bigints, booleans, text, null, octets (which alias the input), arrays, and maps as `Map`. */
export const readCbor = (bytes: Uint8Array, shape: CborShape): { readonly item: unknown } | FormatFault => {
  const edits: CborEdit[] = []
  const flaw = scanCbor(bytes, shape, edits)
  if (flaw !== undefined) return fault('malformed', `CBOR: ${flaw}`)
  if (edits.length === 0) return { item: decoder.decode(bytes) as unknown }
  return { item: restored(decoder.decode(edited(bytes, edits))) }
}

/** The item with the texts that the decoder was not trusted with. */
const restored = (item: unknown): unknown => {
  if (item instanceof Tag) return item.tag === markedText ? decodeUtf8(item.value as Uint8Array) : undefined
  if (Array.isArray(item)) return item.map(restored)
  return item instanceof Map ? new Map([...item].map(([key, value]) => [key, restored(value)])) : item
}

const edited = (bytes: Uint8Array, edits: readonly CborEdit[]): Uint8Array => {
  const gained = edits.reduce((sum, { from, to, bytes: { length } }) => sum + length - (to - from), 0)
  const result = new Uint8Array(bytes.length + gained)
  let read = 0
  let written = 0
  for (const edit of edits) {
    result.set(bytes.subarray(read, edit.from), written)
    written += edit.from - read
    result.set(edit.bytes, written)
    written += edit.bytes.length
    read = edit.to
  }
  result.set(bytes.subarray(read), written)
  return result
}
