/** A body while it is assembled: pieces in order, joined sixteen at a time, so that no block is copied more than a few times. */
import { noBytes } from '../message/message.ts'

/** What has come so far: few pieces, the larger ones first. Immutable. */
export type Pieces = readonly Uint8Array[]

export const noPieces: Pieces = []

/** With one more piece at the end. */
export const append = (pieces: Pieces, piece: Uint8Array): Pieces => {
  const next = [...pieces, piece]
  while (next.length >= fanIn && next[next.length - fanIn]!.length < fanIn * next[next.length - 1]!.length) {
    const joined = join(next.slice(-fanIn))
    next.length -= fanIn
    next.push(joined)
  }
  return next
}

/** How many equal pieces become one. */
const fanIn = 16

/** All of it as one. */
export const join = (pieces: Pieces): Uint8Array => {
  if (pieces.length < 2) return pieces[0] ?? noBytes
  let length = 0
  for (const piece of pieces) length += piece.length
  const whole = new Uint8Array(length)
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}

/** Whether these octets are there at that offset already. */
export const holds = (pieces: Pieces, offset: number, bytes: Uint8Array): boolean => {
  let begin = 0
  for (const piece of pieces) {
    if (offset < begin + piece.length) return same(piece.subarray(offset - begin, offset - begin + bytes.length), bytes)
    begin += piece.length
  }
  return bytes.length === 0
}

/** Whether the octets are equal; absent equals absent. */
export const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean => {
  if (a === undefined || b === undefined) return a === b
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
