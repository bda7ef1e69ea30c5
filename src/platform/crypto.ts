/** Deterministic primitives of the platform, and its luck. */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPublicKey,
  randomFillSync,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import type { Random } from '../core/dice.ts'
import type { Ciphers, Crypto, Signatures } from '../core/ports.ts'

/** Keyed primitives by OpenSSL. */
export const ciphers: Ciphers = {
  hmac: (algorithm, key, bytes) => createHmac(algorithm, key).update(bytes).digest(),
  seal: (cipher, key, nonce, additional, plaintext) => {
    if (cipher === 'aes-128-gcm') {
      const sealing = createCipheriv(cipher, key, nonce)
      sealing.setAAD(additional)
      return Buffer.concat([sealing.update(plaintext), sealing.final(), sealing.getAuthTag()])
    }
    const sealing = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 8 })
    sealing.setAAD(additional, { plaintextLength: plaintext.length })
    const text = sealing.update(plaintext)
    sealing.final()
    return Buffer.concat([text, sealing.getAuthTag()])
  },
  open: (cipher, key, nonce, additional, sealed) => {
    const end = sealed.length - (cipher === 'aes-128-gcm' ? 16 : 8)
    if (end < 0) return undefined
    const [text, tag] = [sealed.subarray(0, end), sealed.subarray(end)]
    try {
      if (cipher === 'aes-128-gcm') {
        const opening = createDecipheriv(cipher, key, nonce, { authTagLength: 16 })
        opening.setAAD(additional).setAuthTag(tag)
        return Buffer.concat([opening.update(text), opening.final()])
      }
      const opening = createDecipheriv('aes-128-ccm', key, nonce, { authTagLength: 8 })
      opening.setAuthTag(tag).setAAD(additional, { plaintextLength: text.length })
      const plaintext = opening.update(text)
      opening.final()
      return plaintext
    } catch {
      return undefined
    }
  },
  encryptBlocks: (key, iv, blocks) => createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(blocks),
  decryptBlocks: (key, iv, blocks) => createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(blocks),
  publicKey: (privateOctets) => {
    try {
      const own = createECDH('prime256v1')
      own.setPrivateKey(privateOctets)
      return own.getPublicKey()
    } catch {
      return undefined
    }
  },
  sharedSecret: (privateOctets, peerPoint) => {
    try {
      const own = createECDH('prime256v1')
      own.setPrivateKey(privateOctets)
      return own.computeSecret(peerPoint)
    } catch {
      return undefined
    }
  },
  equal: (one, other) => one.length === other.length && timingSafeEqual(one, other),
}

/** Signatures by OpenSSL. A key that is none has signed nothing. */
export const signatures: Signatures = {
  verify: (algorithm, spki, message, signature) => {
    try {
      const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
      return algorithm === 'ed25519'
        ? verify(null, message, key, signature)
        : verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)
    } catch {
      return false
    }
  },
}

/** Digests by OpenSSL. */
export const crypto: Crypto = {
  ciphers,
  signatures,
  digest: (algorithm, bytes) => createHash(algorithm).update(bytes).digest(),
  hash: (algorithm) => {
    const growing = createHash(algorithm)
    return { update: (bytes) => void growing.update(bytes), digest: () => growing.digest() }
  },
}

/** Luck from the system's CSPRNG, fetched 16 KiB at a time. Forks share it: nothing can be predicted from anything. */
export const entropy = (): Random => {
  const pool = new Uint32Array(4096)
  let used = pool.length
  const take = (count: number): number => {
    if (used + count > pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const from = used
    used += count
    return from
  }
  const random: Random = {
    uint32: () => pool[take(1)]!,
    dice: () => {
      const at = take(8)
      return [pool[at]!, pool[at + 1]!, pool[at + 2]!, pool[at + 3]!, pool[at + 4]!, pool[at + 5]!, pool[at + 6]!, pool[at + 7]!]
    },
    fork: () => random,
  }
  return random
}
