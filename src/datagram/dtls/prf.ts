/** Keys out of secrets: the pseudorandom function and what is made with it (RFC 5246 §5, §6.3, §8.1; RFC 7627 §4; RFC 4279 §2). */
import type { Ciphers } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'
import { ascii, concat, uint } from './octets.ts'
import type { Keys } from './protection.ts'
import { suites, type SuiteName } from './suite.ts'

/** P_SHA256 over the label and the seed, so many octets of it. */
export const prf = (ciphers: Ciphers, secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array => {
  const labelled = concat(ascii(label), seed)
  const blocks: Uint8Array[] = []
  let chained = labelled
  for (let made = 0; made < length; made += 32) {
    chained = ciphers.hmac('sha256', secret, chained)
    blocks.push(ciphers.hmac('sha256', secret, concat(chained, labelled)))
  }
  return concat(...blocks).slice(0, length)
}

/** The premaster secret of a pre-shared key, alone or with the outcome of a key agreement (RFC 4279 §2, RFC 5489 §2). */
export const premaster = (key: Uint8Array, agreed: Uint8Array = new Uint8Array(key.length)): Uint8Array =>
  concat(uint(agreed.length, 2), agreed, uint(key.length, 2), key)

/** Bound to the whole handshake so far (RFC 7627 §4). */
export const extendedMaster = (ciphers: Ciphers, secret: Uint8Array, sessionHash: Uint8Array): Secret =>
  new Secret(prf(ciphers, secret, 'extended master secret', sessionHash, 48))
/** Bound to the randoms alone, for peers that do not know better (RFC 5246 §8.1). */
export const plainMaster = (ciphers: Ciphers, secret: Uint8Array, clientRandom: Uint8Array, serverRandom: Uint8Array): Secret =>
  new Secret(prf(ciphers, secret, 'master secret', concat(clientRandom, serverRandom), 48))

/** The keys of both directions (RFC 5246 §6.3). */
export const keysOf = (
  ciphers: Ciphers,
  { suite, encryptThenMac, master }: { readonly suite: SuiteName; readonly encryptThenMac: boolean; readonly master: Secret },
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): { readonly client: Keys; readonly server: Keys } => {
  const isBlock = suites[suite].cipher === 'aes-128-cbc'
  const [macBytes, ivBytes] = isBlock ? [32, 0] : [0, 4]
  const block = prf(ciphers, master.reveal(), 'key expansion', concat(serverRandom, clientRandom), 2 * (macBytes + 16 + ivBytes))
  let at = 0
  const next = (length: number) => new Secret(block.slice(at, (at += length)))
  const [clientMac, serverMac, clientKey, serverKey] = [next(macBytes), next(macBytes), next(16), next(16)]
  const [clientIv, serverIv] = [next(ivBytes), next(ivBytes)]
  return {
    client: { suite, encryptThenMac, mac: clientMac, key: clientKey, iv: clientIv },
    server: { suite, encryptThenMac, mac: serverMac, key: serverKey, iv: serverIv },
  }
}

/** What Finished must say (RFC 5246 §7.4.9). */
export const verifyData = (ciphers: Ciphers, master: Secret, whose: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array =>
  prf(ciphers, master.reveal(), `${whose} finished`, transcriptHash, 12)
