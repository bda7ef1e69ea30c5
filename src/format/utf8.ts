/** UTF-8 both ways, strictly (RFC 3629). */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** The text; `undefined` when the octets are no UTF-8. */
export const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text)
