/** Signed packages: what a trusted key has signed is verified, and nothing else (docs/firmware.md, Signed packages). */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import * as fc from 'fast-check'
import { concatMap, of, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Source } from '../../src/core/ports.ts'
import { digest } from '../../src/firmware/image/pipeline.ts'
import type { Verification } from '../../src/firmware/outcome.ts'
import { keyOfPem } from '../../src/firmware/signed/key.ts'
import { trailerIn, trailerOf, type Claims } from '../../src/firmware/signed/trailer.ts'
import { payloadOf, signedBy, type SignedOptions } from '../../src/firmware/verify/pipeline.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { signerOf } from '../../src/platform/sign.ts'
import { digests } from '../../src/simulation/digest.ts'
import { bytesSource } from '../../src/simulation/storage.ts'
import '../seed.ts'

const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }) as string
const pairs = {
  ed25519: generateKeyPairSync('ed25519'),
  es256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}
const stranger = generateKeyPairSync('ed25519')
const image = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 2_654_435_761) >>> 24)
const about = { name: 'thermometer', version: '2.1.0', securityVersion: 3 }

const packaged = (pair: { readonly privateKey: KeyObject }, octets: Uint8Array = image, more: Partial<Claims> = {}): Uint8Array => {
  const { key, sign: signing } = signerOf(pemOf(pair.privateKey))
  const claims: Claims = { ...about, size: octets.length, algorithm: key.algorithm, keyId: key.id, ...more }
  return Uint8Array.from([...octets, ...trailerOf(claims, createHash('sha256').update(octets).digest(), signing)])
}
const checked = (bytes: Uint8Array, options: Partial<SignedOptions> = {}, source: Source = bytesSource(bytes)) => {
  let said: Verification | { readonly error: unknown } | undefined
  const keys = [pemOf(pairs.ed25519.publicKey), pemOf(pairs.es256.publicKey)]
  signedBy({ keys, ...options })({ source, size: bytes.length, sha256: '' }, { crypto }).subscribe({
    next: (one) => (said = one),
    error: (error: unknown) => (said = { error }),
  })
  return said
}
const verified = { outcome: 'verified', name: 'thermometer', version: '2.1.0' }

describe.each(['ed25519', 'es256'] as const)('a package signed with %s', (algorithm) => {
  const pair = pairs[algorithm]
  const whole = packaged(pair)
  test('is verified with its key, and says its name and version', () => {
    expect(checked(whole)).toEqual(verified)
  })
  test('is, without its trailer, the image', () => {
    const sums: string[] = []
    payloadOf({ source: bytesSource(whole), size: whole.length })
      .pipe(
        tap(({ size }) => expect(size).toBe(image.length)),
        concatMap((payload) => digest(payload, crypto)),
      )
      .subscribe((sum) => sums.push(sum))
    expect(sums).toEqual([createHash('sha256').update(image).digest('hex')])
  })
  test('has a signature that anybody can check who has read the page: over the prefix, the claims and the digest', () => {
    const trailer = trailerIn(whole.subarray(-600), whole.length)
    if (typeof trailer === 'string') throw new Error(trailer)
    const footer = whole.subarray(-40)
    const names = whole.subarray(image.length, image.length + footer[2]! + footer[3]!)
    const message = Buffer.concat([Buffer.from('lwm2m-rx firmware\0'), names, footer, createHash('sha256').update(image).digest()])
    const isEd = algorithm === 'ed25519'
    const own = sign(isEd ? null : 'sha256', message, isEd ? pair.privateKey : { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })
    // Ed25519 has one signature for a message; ECDSA many, so the other way round.
    if (isEd) expect([...trailer.signature]).toEqual([...own])
    expect(crypto.signatures!.verify(algorithm, keyOfPem(pemOf(pair.publicKey), crypto).spki, message, own)).toBe(true)
    expect(crypto.signatures!.verify(algorithm, keyOfPem(pemOf(pair.publicKey), crypto).spki, message, trailer.signature)).toBe(true)
  })
  test('is refused when any octet of it is another, or is missing, or is too many', () => {
    const small = packaged(pair, image.subarray(0, 50))
    fc.assert(
      fc.property(fc.nat(small.length - 1), fc.integer({ min: 1, max: 255 }), fc.constantFrom('change', 'remove', 'add'), (at, by, how) => {
        const bad = [...small]
        if (how === 'change') bad[at]! ^= by
        else if (how === 'remove') bad.splice(at, 1)
        else bad.splice(at, 0, by)
        expect(checked(Uint8Array.from(bad))).toMatchObject({ outcome: 'refused' })
      }),
      { numRuns: 1_000 },
    )
  })
  test('is refused with Result 5 when the image was changed', () => {
    const bad = whole.slice()
    bad[77_777]! ^= 1
    expect(checked(bad)).toMatchObject({ outcome: 'refused', result: 5, why: expect.stringContaining('signature') as string })
  })
})

describe('a package', () => {
  test('that is not signed is refused with Result 6', () => {
    for (const bytes of [image, image.subarray(0, 39), image.subarray(0, 1), new Uint8Array(0)])
      expect(checked(bytes)).toMatchObject({ outcome: 'refused', result: 6, why: 'the package is not signed' })
  })
  test('that is signed with a key that is not trusted is refused with Result 5', () => {
    expect(checked(packaged(stranger))).toMatchObject({ outcome: 'refused', result: 5 })
  })
  test('whose trailer names a trusted key that has not signed it is refused with Result 5', () => {
    const { id } = keyOfPem(pemOf(pairs.ed25519.publicKey), crypto)
    expect(checked(packaged(stranger, image, { keyId: id }))).toMatchObject({ outcome: 'refused', result: 5 })
  })
  test('for another device is refused with Result 6', () => {
    expect(checked(packaged(pairs.ed25519), { name: 'barometer' })).toMatchObject({ outcome: 'refused', result: 6 })
    expect(checked(packaged(pairs.ed25519), { name: 'thermometer' })).toEqual(verified)
  })
  test('from before a hole was closed is refused, however well it is signed', () => {
    expect(checked(packaged(pairs.ed25519), { securityVersion: 3 })).toEqual(verified)
    expect(checked(packaged(pairs.ed25519), { securityVersion: () => 4 })).toMatchObject({ outcome: 'refused', result: 6 })
  })
  test('that cannot be read whole is an error, not a success', () => {
    const whole = packaged(pairs.ed25519)
    const torn: Source = {
      ...bytesSource(whole),
      read: (offset, count) => of(whole.slice(offset, Math.min(offset + count, offset < 70_000 ? 70_000 : Infinity))),
    }
    expect(checked(whole, {}, torn)).toHaveProperty('error.code', 'incomplete')
  })
  test('cannot be verified where there are no signatures', () => {
    const errors: unknown[] = []
    signedBy({ keys: [] })({ source: bytesSource(image), size: image.length, sha256: '' }, { crypto: digests }).subscribe({
      error: (error: unknown) => errors.push(error),
    })
    expect(errors).toMatchObject([{ code: 'unsupported' }])
  })
  test('is claimed to be what fits: 255 octets of a name, a security version of 32 bits, a signature of 64 octets', () => {
    expect(() => packaged(pairs.ed25519, image, { name: 'ü'.repeat(128) })).toThrow('255')
    expect(() => packaged(pairs.ed25519, image, { securityVersion: 2 ** 32 })).toThrow('4294967295')
    expect(() => packaged(pairs.ed25519, image, { securityVersion: 0.5 })).toThrow('whole number')
    const { key } = signerOf(pemOf(pairs.ed25519.privateKey))
    const claims: Claims = { ...about, size: 0, algorithm: key.algorithm, keyId: key.id }
    expect(() => trailerOf(claims, new Uint8Array(32), () => new Uint8Array(63))).toThrow('64')
  })
})

describe('a key', () => {
  test('of another kind, or none, is refused', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    for (const pem of [pemOf(rsa.publicKey), pemOf(other.publicKey), 'no key', '-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----'])
      expect(() => keyOfPem(pem, crypto)).toThrow()
    expect(() => signerOf(pemOf(rsa.privateKey))).toThrow('neither on edwards25519')
  })
  test('that cannot be read is not shown', () => {
    const secret = pemOf(pairs.ed25519.privateKey).replace('PRIVATE', 'PRIVATE_')
    try {
      signerOf(secret)
      expect.unreachable()
    } catch (error) {
      expect((error as Error).message).not.toContain(secret.split('\n')[1]!)
    }
  })
})

test('a trailer is read from any octets without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), fc.boolean(), fc.nat(2_000), (bytes, marked, size) => {
      const last = marked ? Uint8Array.from([...bytes, ...new Uint8Array(4), ...new TextEncoder().encode('LWM2M-FW')]) : bytes
      const trailer = trailerIn(last, size)
      if (typeof trailer !== 'string') expect(trailer.size).toBeLessThanOrEqual(size)
    }),
    { numRuns: 1_000 },
  )
})
