/** Deterministic primitives of the platform, and its luck. */
import { createHash, randomFillSync } from 'node:crypto'
import type { Random } from '../core/dice.ts'
import type { Crypto } from '../core/ports.ts'

/** Digests by OpenSSL. */
export const crypto: Crypto = {
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
