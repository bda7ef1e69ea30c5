/** Octets read and written in the order of the presentation language (RFC 5246 §4). */

/** All parts, one after the other. */
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** An unsigned number in so many octets, up to 6. */
export const uint = (value: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let at = length - 1, rest = value; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256
  return bytes
}

/** The octets, with their number in front in so many octets. */
export const vector = (lengthBytes: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const content = parts.length === 1 ? parts[0]! : concat(...parts)
  return concat(uint(content.length, lengthBytes), content)
}

/** Reads from the beginning; beyond the end it gives zeros and nothing, and `ok` is false from then on. */
export interface Reader {
  readonly uint: (length: number) => number
  readonly take: (length: number) => Uint8Array
  readonly vector: (lengthBytes: number) => Uint8Array
  readonly left: () => number
  readonly ok: () => boolean
}
export const reader = (bytes: Uint8Array): Reader => {
  let at = 0
  let ok = true
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) {
      ok = false
      at = bytes.length
      return nothing
    }
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (length: number): number => {
    let value = 0
    for (const octet of take(length)) value = value * 256 + octet
    return value
  }
  return { take, uint: number, vector: (lengthBytes) => take(number(lengthBytes)), left: () => bytes.length - at, ok: () => ok }
}

/** Whether both have the same octets; for what is no secret. */
export const same = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}

/** Lower-case hex: what a key in a table is made of. */
export const hexOf = (bytes: Uint8Array): string => {
  if (bytes.length > chunk) return hexOf(bytes.subarray(0, chunk)) + hexOf(bytes.subarray(chunk))
  // One flat string: one that was put together octet by octet stays in pieces as a key, and every piece stays in memory.
  const letters: number[] = []
  for (const octet of bytes) letters.push(digits[octet >> 4]!, digits[octet & 15]!)
  return String.fromCharCode(...letters)
}
const chunk = 1024
const digits: readonly number[] = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** US-ASCII: labels and names. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

export const nothing: Uint8Array = new Uint8Array(0)
