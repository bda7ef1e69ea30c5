/** A signed package: the image as it is, and behind it a trailer that says who signed what (docs/firmware.md, Signed packages). */
import { Lwm2mError } from '../../core/error.ts'
import type { SignatureAlgorithm } from '../../core/ports.ts'
import { keyIdBytes, type SignatureKey } from './key.ts'

/** What is signed, beside the image itself. */
export interface Claims {
  /** Octets of the image. */
  readonly size: number
  /** What the image is for: Resource 5/0/6. */
  readonly name: string
  /** Resource 5/0/7, for people. */
  readonly version: string
  /** Grows with each release that must not be gone back behind; 0-4,294,967,295. */
  readonly securityVersion: number
  readonly algorithm: SignatureAlgorithm
  readonly keyId: Uint8Array
}
/** A trailer that was read; whether its signature holds is another question. */
export interface Trailer extends Claims {
  readonly signature: Uint8Array
  /** The octets that the signature is over, before the digest of the image. */
  readonly claimed: Uint8Array
}
/** Why a trailer is none. */
export type NoTrailer = 'unsigned' | 'unknown-format' | 'wrong-size'

// image, name, version, signature (64), footer:
//   0 format = 1; 1 algorithm; 2 octets of the name; 3 octets of the version; 4 security version (4);
//   8 octets of the image (8); 16 key ID (16); 32 magic (8). Numbers are big-endian.
const magic: Uint8Array = new TextEncoder().encode('LWM2M-FW')
const prefix: Uint8Array = new TextEncoder().encode('lwm2m-rx firmware\0')
export const footerBytes = 40
const signatureBytes = 64
/** A trailer is at most so long. */
export const trailerBytesMax: number = 2 * 255 + signatureBytes + footerBytes
const algorithms: readonly SignatureAlgorithm[] = ['ed25519', 'es256']

/** The octets that the signature is over: what is claimed, and the SHA-256 of the image. */
export const messageOf = (claimed: Uint8Array, sha256: Uint8Array): Uint8Array => joined(prefix, claimed, sha256)

/** The trailer of an image. `sign` makes a signature of 64 octets over a message (Ed25519; or r and s of ECDSA with SHA-256 on P-256). Error: `invalid`. */
export const trailerOf = (claims: Claims, sha256: Uint8Array, sign: (message: Uint8Array) => Uint8Array): Uint8Array => {
  const [name, version] = [text('name', claims.name), text('version', claims.version)]
  const footer = footerOf(claims, name.length, version.length)
  const signature = sign(messageOf(joined(name, version, footer), sha256))
  if (signature.length !== signatureBytes) throw new Lwm2mError('invalid', `a signature of ${signature.length} octets, not 64`)
  return joined(name, version, signature, footer)
}
const footerOf = ({ size, securityVersion, algorithm, keyId }: Claims, nameBytes: number, versionBytes: number): Uint8Array => {
  if (!Number.isInteger(securityVersion) || securityVersion < 0 || securityVersion > 0xffff_ffff)
    throw new Lwm2mError('invalid', 'the security version is a whole number from 0 to 4294967295')
  const footer = new Uint8Array(footerBytes)
  const view = new DataView(footer.buffer)
  footer.set([1, algorithms.indexOf(algorithm) + 1, nameBytes, versionBytes])
  view.setUint32(4, securityVersion)
  view.setBigUint64(8, BigInt(size))
  footer.set(keyId.subarray(0, keyIdBytes), 16)
  footer.set(magic, 32)
  return footer
}
const text = (what: string, value: string): Uint8Array => {
  const bytes = new TextEncoder().encode(value)
  if (bytes.length > 255) throw new Lwm2mError('invalid', `the ${what} has more than 255 octets`)
  return bytes
}

/** Reads the trailer off the last octets of a package: `trailerBytesMax` of them, or all that there are. `size`: of the whole package. */
export const trailerIn = (last: Uint8Array, size: number): Trailer | NoTrailer => {
  const footer = last.subarray(Math.max(0, last.length - footerBytes))
  if (footer.length < footerBytes || !magic.every((octet, index) => footer[32 + index] === octet)) return 'unsigned'
  const view = new DataView(footer.buffer, footer.byteOffset, footerBytes)
  const algorithm = algorithms[footer[1]! - 1]
  if (footer[0] !== 1 || algorithm === undefined) return 'unknown-format'
  const [nameBytes, versionBytes] = [footer[2]!, footer[3]!]
  const trailerBytes = nameBytes + versionBytes + signatureBytes + footerBytes
  const imageBytes = view.getBigUint64(8)
  if (imageBytes + BigInt(trailerBytes) !== BigInt(size) || trailerBytes > last.length) return 'wrong-size'
  const trailer = last.subarray(last.length - trailerBytes)
  const names = trailer.subarray(0, nameBytes + versionBytes)
  return {
    size: Number(imageBytes),
    name: decoded(names.subarray(0, nameBytes)),
    version: decoded(names.subarray(nameBytes)),
    securityVersion: view.getUint32(4),
    algorithm,
    keyId: footer.slice(16, 16 + keyIdBytes),
    signature: trailer.slice(names.length, names.length + signatureBytes),
    claimed: joined(names, footer),
  }
}
const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** The key that a trailer names, of those that are trusted. */
export const keyFor = ({ algorithm, keyId }: Trailer, keys: readonly SignatureKey[]): SignatureKey | undefined =>
  keys.find((key) => key.algorithm === algorithm && key.id.every((octet, index) => octet === keyId[index]))

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
