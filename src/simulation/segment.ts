/** A segment of a simulated TCP as octets, with a checksum: what was damaged on the way is none (RFC 9293 §3.1). */

/** Sequence numbers begin at 0 with SYN, which counts as one octet, as FIN does. */
export interface Segment {
  readonly kind: 'syn' | 'data' | 'fin' | 'reset'
  readonly sequence: number
  /** The next octet that is awaited; 0 before any was heard. */
  readonly acknowledged: number
  readonly bytes: Uint8Array
}

/** How much of the stream it takes. */
export const lengthOf = ({ kind, bytes }: Pick<Segment, 'kind' | 'bytes'>): number =>
  kind === 'data' ? bytes.length : kind === 'reset' ? 0 : 1

const kinds = ['syn', 'data', 'fin', 'reset'] as const
const headBytes = 13

export const encodeSegment = ({ kind, sequence, acknowledged, bytes }: Segment): Uint8Array => {
  const whole = new Uint8Array(headBytes + bytes.length)
  const view = new DataView(whole.buffer)
  view.setUint8(4, kinds.indexOf(kind))
  view.setUint32(5, sequence)
  view.setUint32(9, acknowledged)
  whole.set(bytes, headBytes)
  view.setUint32(0, checksum(whole))
  return whole
}

/** `undefined` for what is no segment. */
export const decodeSegment = (whole: Uint8Array): Segment | undefined => {
  if (whole.length < headBytes) return undefined
  const view = new DataView(whole.buffer, whole.byteOffset, whole.length)
  const kind = kinds[view.getUint8(4)]
  if (kind === undefined || view.getUint32(0) !== checksum(whole)) return undefined
  return { kind, sequence: view.getUint32(5), acknowledged: view.getUint32(9), bytes: whole.subarray(headBytes) }
}

/** FNV-1a of all that follows the place of the checksum, and of how much that is. */
const checksum = (whole: Uint8Array): number => {
  let sum = 0x811c9dc5 ^ whole.length
  for (let at = 4; at < whole.length; at++) sum = Math.imul(sum ^ whole[at]!, 0x01000193)
  return sum >>> 0
}
