/** Packages signed with a private key in PEM, by OpenSSL (docs/firmware.md, Signed packages). */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Lwm2mError } from '../core/error.ts'
import { keyOfSpki, type SignatureKey } from '../firmware/signed/key.ts'
import { trailerOf, type Claims } from '../firmware/signed/trailer.ts'
import { crypto } from './crypto.ts'

/** Who signs. */
export interface Signer {
  readonly key: SignatureKey
  /** The public key in PEM, for the devices. */
  readonly publicPem: string
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** The signer of a private key on edwards25519 or P-256, in PEM. Error: `invalid`; it says nothing of what the text holds. */
export const signerOf = (pem: string, passphrase?: string): Signer => {
  const secret = privateKey(pem, passphrase)
  const open = createPublicKey(secret)
  const key = keyOfSpki(open.export({ format: 'der', type: 'spki' }), crypto.digest)
  return {
    key,
    publicPem: open.export({ format: 'pem', type: 'spki' }) as string,
    sign: (message) =>
      key.algorithm === 'ed25519' ? sign(null, message, secret) : sign('sha256', message, { key: secret, dsaEncoding: 'ieee-p1363' }),
  }
}
const privateKey = (pem: string, passphrase: string | undefined): KeyObject => {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) })
  } catch {
    throw new Lwm2mError('invalid', 'this is no private key in PEM, or its passphrase is another', {
      hint: 'openssl genpkey -algorithm ed25519 -out signing.pem',
    })
  }
}

/** What is said of an image beside its octets. */
export type About = Pick<Claims, 'name' | 'version' | 'securityVersion'>

/** Copies the image and puts the trailer behind it, piece by piece; gives its claims. The file must not be there yet. */
export const signFile = async (from: string, to: string, about: About, { key, sign: signing }: Signer): Promise<Claims> => {
  const hash = createHash('sha256')
  let size = 0
  const claims = (): Claims => ({ ...about, size, algorithm: key.algorithm, keyId: key.id })
  const out = createWriteStream(to, { flags: 'wx' })
  await pipeline(
    createReadStream(from),
    async function* (piece$: AsyncIterable<Buffer>) {
      for await (const piece of piece$) {
        hash.update(piece)
        size += piece.length
        yield piece
      }
      yield trailerOf(claims(), hash.digest(), signing)
    },
    out,
  ).catch(async (error: unknown) => {
    // Half a package is none; a file that was there before is not ours.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(to, { force: true })
    throw error
  })
  return claims()
}
