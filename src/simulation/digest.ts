/** SHA-256 without a platform (FIPS 180-4): enough crypto for a world that has no Node. */
import type { Crypto, Hash } from '../core/ports.ts'

/** Digests with SHA-256; others are not there. */
export const digests: Crypto = {
  digest: (algorithm, bytes) => {
    const hash = digests.hash(algorithm)
    hash.update(bytes)
    return hash.digest()
  },
  hash: (algorithm) => {
    if (algorithm !== 'sha256') throw new Error(`${algorithm} is not in this world: give one with a crypto of your own`)
    return sha256()
  },
}

const sha256 = (): Hash => {
  const state = Uint32Array.from(initial)
  const block = new Uint8Array(64)
  let filled = 0
  let total = 0
  const update = (bytes: Uint8Array) => {
    total += bytes.length
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(64 - filled, bytes.length - at)
      block.set(bytes.subarray(at, at + taken), filled)
      filled += taken
      at += taken
      if (filled === 64) {
        compress(state, block)
        filled = 0
      }
    }
  }
  const digest = () => {
    const bits = total * 8
    update(Uint8Array.of(0x80))
    update(new Uint8Array((120 - filled) % 64))
    const length = new Uint8Array(8)
    new DataView(length.buffer).setUint32(0, Math.floor(bits / 2 ** 32))
    new DataView(length.buffer).setUint32(4, bits >>> 0)
    update(length)
    const out = new Uint8Array(32)
    state.forEach((word, index) => new DataView(out.buffer).setUint32(4 * index, word))
    return out
  }
  return { update, digest }
}

const words = new Uint32Array(64)
const compress = (state: Uint32Array, block: Uint8Array) => {
  const view = new DataView(block.buffer, block.byteOffset, 64)
  for (let i = 0; i < 16; i++) words[i] = view.getUint32(4 * i)
  for (let i = 16; i < 64; i++) {
    const [a, b] = [words[i - 15]!, words[i - 2]!]
    words[i] = (words[i - 16]! + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + words[i - 7]! + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + constants[i]! + words[i]!) | 0
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  const sums = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = (state[i]! + sums[i]!) | 0
}
const turn = (word: number, by: number) => (word >>> by) | (word << (32 - by))

/** The fractional parts of the roots of the first primes are the constants: square roots begin the state, cube roots stir it. */
const primes: readonly number[] = Array.from({ length: 312 }, (_, n) => n).filter(
  (n) => n > 1 && Array.from({ length: n }, (_, m) => m).every((m) => m < 2 || n % m !== 0),
)
const fraction = (root: number) => Math.floor((root - Math.floor(root)) * 2 ** 32)
const initial: readonly number[] = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))
const constants: readonly number[] = primes.slice(0, 64).map((prime) => fraction(Math.cbrt(prime)))
