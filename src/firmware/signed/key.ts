/** Public keys that packages are signed with: SubjectPublicKeyInfo in PEM, on edwards25519 or P-256 (RFC 8410; RFC 5480; RFC 7468). */
import { Lwm2mError } from '../../core/error.ts'
import type { Crypto, SignatureAlgorithm } from '../../core/ports.ts'
import { decodeBase64 } from '../../format/base64.ts'

/** A key that signatures are checked with. */
export interface SignatureKey {
  readonly algorithm: SignatureAlgorithm
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  /** The first 16 octets of the SHA-256 of `spki`. */
  readonly id: Uint8Array
}

/** The key of a PEM text (`-----BEGIN PUBLIC KEY-----`). Error: `invalid`, for what is none, or one of another kind. */
export const keyOfPem = (pem: string, { digest }: Pick<Crypto, 'digest'>): SignatureKey => keyOfSpki(derOf(pem), digest)

/** The key of a SubjectPublicKeyInfo. Error: `invalid`. */
export const keyOfSpki = (spki: Uint8Array, digest: Crypto['digest']): SignatureKey => {
  const known = kinds.find(({ prefix, size }) => spki.length === size && prefix.every((octet, index) => spki[index] === octet))
  if (known === undefined) throw new Lwm2mError('invalid', 'this public key is neither on edwards25519 nor on P-256')
  return { algorithm: known.algorithm, spki, id: digest('sha256', spki).slice(0, keyIdBytes) }
}
export const keyIdBytes = 16

const octets = (hex: string): readonly number[] => (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))
/** What the two kinds begin with: the algorithm, and for P-256 that the point is not compressed. */
const kinds: readonly { readonly algorithm: SignatureAlgorithm; readonly prefix: readonly number[]; readonly size: number }[] = [
  { algorithm: 'ed25519', prefix: octets('302a300506032b6570032100'), size: 44 },
  { algorithm: 'es256', prefix: octets('3059301306072a8648ce3d020106082a8648ce3d03010703420004'), size: 91 },
]

const derOf = (pem: string): Uint8Array => {
  const found = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/.exec(pem)?.[1]?.replace(/\s/g, '')
  const der = found === undefined ? undefined : decodeBase64(found)
  if (der === undefined) throw new Lwm2mError('invalid', 'this is no public key in PEM')
  return der
}
