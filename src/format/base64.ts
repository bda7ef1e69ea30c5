/** Octets as text, in either alphabet (RFC 4648 §4, §5). */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const digits: ReadonlyMap<string, number> = new Map(Array.from(alphabet, (letter, digit) => [letter, digit]))

/** With padding. */
export const encodeBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const bits = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text +=
      alphabet[bits >> 18]! +
      alphabet[(bits >> 12) & 63]! +
      (left > 1 ? alphabet[(bits >> 6) & 63]! : '=') +
      (left > 2 ? alphabet[bits & 63]! : '=')
  }
  return text
}

/** The octets; `undefined` for a foreign letter, wrong padding, or bits that stand for nothing. Padding may be left out, not half of it. */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  const bare = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text
  if (bare.length % 4 === 1) return undefined
  const bytes = new Uint8Array((bare.length * 3) >> 2)
  let bits = 0
  let at = 0
  for (let index = 0; index < bare.length; index++) {
    const digit = digits.get(bare[index]!)
    if (digit === undefined) return undefined
    bits = ((bits << 6) | digit) & 0xffffff
    if (index % 4 > 0) bytes[at++] = bits >> ((3 - (index % 4)) * 2)
  }
  const spare = bare.length % 4 === 2 ? 15 : bare.length % 4 === 3 ? 3 : 0
  return (bits & spare) === 0 ? bytes : undefined
}

/** The alphabet that needs no escaping in URLs, without padding (RFC 4648 §5). */
export const encodeBase64Url = (bytes: Uint8Array): string =>
  encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

/** The octets of either alphabet, padded or not: devices write both, and none stands for two things. */
export const decodeBase64Url = (text: string): Uint8Array | undefined => decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
