/** A second codec, written from RFC 7252 §3 alone, to compare ours with. */

export interface Plain {
  readonly type: number
  readonly code: number
  readonly messageId: number
  readonly token: readonly number[]
  readonly options: readonly { readonly number: number; readonly value: readonly number[] }[]
  readonly payload: readonly number[]
}

/** `undefined` for whatever is not a message. */
export const referenceDecode = (octets: readonly number[]): Plain | undefined => {
  let at = 0
  const left = () => octets.length - at
  const take = (count: number): number[] => {
    if (left() < count) throw new RangeError('cut short')
    at += count
    return octets.slice(at - count, at)
  }
  const number = (count: number) => take(count).reduce((sum, octet) => sum * 256 + octet, 0)
  const extended = (nibble: number) => {
    if (nibble === 15) throw new RangeError('reserved')
    return nibble === 13 ? 13 + number(1) : nibble === 14 ? 269 + number(2) : nibble
  }
  try {
    const first = number(1)
    const code = number(1)
    const messageId = number(2)
    const tokenLength = first % 16
    if (Math.floor(first / 64) !== 1 || tokenLength > 8) return undefined
    if (![0, 2, 4, 5].includes(Math.floor(code / 32))) return undefined
    if (code === 0 && (tokenLength > 0 || left() > 0)) return undefined
    const token = take(tokenLength)
    const options: { number: number; value: number[] }[] = []
    let last = 0
    while (left() > 0 && octets[at] !== 255) {
      const head = number(1)
      last += extended(Math.floor(head / 16))
      const value = take(extended(head % 16))
      if (last > 65_535) return undefined
      options.push({ number: last, value })
    }
    if (left() === 1) return undefined
    const payload = left() === 0 ? [] : octets.slice(at + 1)
    return { type: Math.floor(first / 16) % 4, code, messageId, token, options, payload }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export const referenceEncode = ({ type, code, messageId, token, options, payload }: Plain): number[] => {
  const nibble = (value: number) => (value < 13 ? value : value < 269 ? 13 : 14)
  const rest = (value: number) => (value < 13 ? [] : value < 269 ? [value - 13] : [Math.floor((value - 269) / 256), (value - 269) % 256])
  const out = [64 + type * 16 + token.length, code, Math.floor(messageId / 256), messageId % 256, ...token]
  let last = 0
  for (const { number, value } of [...options].sort((a, b) => a.number - b.number)) {
    out.push(nibble(number - last) * 16 + nibble(value.length), ...rest(number - last), ...rest(value.length), ...value)
    last = number
  }
  return payload.length === 0 ? out : [...out, 255, ...payload]
}
