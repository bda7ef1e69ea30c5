/** The record layer: headers read and written, with Connection ID and without (RFC 6347 §4.1, RFC 9146 §4). */
import { concat, nothing, uint } from './octets.ts'

/** Content types (RFC 5246 §6.2.1; tls12_cid: RFC 9146 §3). */
export const contentTypes = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23, cid: 25 } as const

/** DTLS 1.2, and 1.0, which the first flights of some carry (RFC 6347 §4.1). */
export const version12 = 0xfefd
export const version10 = 0xfeff

/** One record as it stands in a datagram. */
export interface DtlsRecord {
  /** As on the wire: with a Connection ID the true type is inside. */
  readonly type: number
  readonly version: number
  readonly epoch: number
  /** 48 bits. */
  readonly sequence: number
  /** Ours, for the peer chose to write it; empty without one. */
  readonly cid: Uint8Array
  readonly fragment: Uint8Array
}

/** Everything before the length of the fragment: type, version, epoch and sequence number, Connection ID. */
export const headBytes = 11
/** Sequence numbers end here; nothing may be sent after (RFC 6347 §4.1). */
export const sequenceEnd: number = 2 ** 48

/** The records of a datagram, up to the first that makes no sense. `cidBytes` is the length of the Connection IDs that we gave. */
export const recordsOf = (datagram: Uint8Array, cidBytes: number): readonly DtlsRecord[] => {
  const records: DtlsRecord[] = []
  for (let at = 0; at + headBytes + 2 <= datagram.length;) {
    const type = datagram[at]!
    const cidLength = type === contentTypes.cid ? cidBytes : 0
    const version = (datagram[at + 1]! << 8) | datagram[at + 2]!
    const bodyAt = at + headBytes + cidLength + 2
    if (bodyAt > datagram.length || (type === contentTypes.cid && cidBytes === 0)) break
    if (type < contentTypes.changeCipherSpec || type > contentTypes.cid || type === 24) break
    if (version !== version12 && version !== version10) break
    const length = (datagram[bodyAt - 2]! << 8) | datagram[bodyAt - 1]!
    if (length > fragmentMax || bodyAt + length > datagram.length) break
    records.push({
      type,
      version,
      epoch: (datagram[at + 3]! << 8) | datagram[at + 4]!,
      sequence: sequenceAt(datagram, at + 5),
      cid: cidLength === 0 ? nothing : datagram.subarray(at + headBytes, at + headBytes + cidLength),
      fragment: datagram.subarray(bodyAt, bodyAt + length),
    })
    at = bodyAt + length
  }
  return records
}

/** The record as octets. */
export const recordBytes = ({ type, version, epoch, sequence, cid, fragment }: DtlsRecord): Uint8Array => {
  const bytes = new Uint8Array(headBytes + cid.length + 2 + fragment.length)
  bytes[0] = type
  bytes[1] = version >> 8
  bytes[2] = version & 255
  bytes.set(sequenceBytes(epoch, sequence), 3)
  bytes.set(cid, headBytes)
  const bodyAt = headBytes + cid.length + 2
  bytes[bodyAt - 2] = fragment.length >> 8
  bytes[bodyAt - 1] = fragment.length & 255
  bytes.set(fragment, bodyAt)
  return bytes
}

/** A record in the clear. */
export const plainRecord = (type: number, sequence: number, fragment: Uint8Array, version: number = version12): Uint8Array =>
  recordBytes({ type, version, epoch: 0, sequence, cid: nothing, fragment })

/** Epoch and sequence number in 8 octets: what nonces and codes are made of (RFC 6347 §4.1.2.1). */
export const sequenceBytes = (epoch: number, sequence: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  bytes[0] = epoch >> 8
  bytes[1] = epoch & 255
  let rest = sequence
  for (let at = 7; at > 1; at--) {
    bytes[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return bytes
}

/** What is authenticated beside the fragment, `length` being that of the plaintext (RFC 5246 §6.2.3.3; with a Connection ID RFC 9146 §5.3). */
export const additional = (type: number, epoch: number, sequence: number, cid: Uint8Array, length: number): Uint8Array => {
  const place = sequenceBytes(epoch, sequence)
  const version = Uint8Array.of(version12 >> 8, version12 & 255)
  if (cid.length === 0) return concat(place, Uint8Array.of(type), version, uint(length, 2))
  return concat(placeholder, Uint8Array.of(contentTypes.cid, cid.length, contentTypes.cid), version, place, cid, uint(length, 2))
}
const placeholder = new Uint8Array(8).fill(255)

/** 2^14 octets of plaintext and what protection may add (RFC 5246 §6.2.3). */
const fragmentMax = 2 ** 14 + 2_048

const sequenceAt = (bytes: Uint8Array, at: number): number => {
  let value = 0
  for (let offset = 0; offset < 6; offset++) value = value * 256 + bytes[at + offset]!
  return value
}
