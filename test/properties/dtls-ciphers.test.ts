/** The keyed primitives of the platform give the published octets, and say no instead of throwing (SP 800-38A, SP 800-38C, RFC 4231, RFC 5903). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ciphers } from '../../src/platform/crypto.ts'
import { hex } from '../../src/testing/index.ts'

const from = (text: string): Uint8Array => Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const counting = (first: number, count: number): Uint8Array => Uint8Array.from({ length: count }, (_, at) => first + at)
const runs = { numRuns: 1_000, seed: 20_261_121 }

describe('the ciphers', () => {
  test('seal with AES-128-CCM and 8 octets of tag as in SP 800-38C, example 3', () => {
    const sealed = ciphers.seal('aes-128-ccm-8', counting(0x40, 16), counting(0x10, 12), counting(0, 20), counting(0x20, 24))
    expect(hex(sealed)).toBe('e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951')
  })
  test('seal with AES-128-GCM as in the test cases of its specification', () => {
    const zeros = new Uint8Array(16)
    const sealed = ciphers.seal('aes-128-gcm', zeros, zeros.subarray(0, 12), new Uint8Array(0), zeros)
    expect(hex(sealed)).toBe('0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf')
  })
  test('encrypt blocks with AES-128-CBC as in SP 800-38A, F.2.1', () => {
    const key = from('2b7e151628aed2a6abf7158809cf4f3c')
    const blocks = from('6bc1bee22e409f96e93d7e117393172a')
    const encrypted = ciphers.encryptBlocks(key, counting(0, 16), blocks)
    expect(hex(encrypted)).toBe('7649abac8119b246cee98e9b12e9197d')
    expect(hex(ciphers.decryptBlocks(key, counting(0, 16), encrypted))).toBe(hex(blocks))
  })
  test('authenticate with HMAC-SHA256 as in RFC 4231, test case 1', () => {
    const code = ciphers.hmac('sha256', new Uint8Array(20).fill(0x0b), new TextEncoder().encode('Hi There'))
    expect(hex(code)).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7')
  })
  test('agree on secp256r1 as in RFC 5903, 8.1', () => {
    const [one, other] = [
      from('C88F01F5 10D9AC3F 70A292DA A2316DE5 44E9AAB8 AFE84049 C62A9C57 862D1433'),
      from('C6EF9C5D 78AE012A 011164AC B397CE20 88685D8F 06BF9BE0 B283AB46 476BEE53'),
    ]
    expect(hex(ciphers.publicKey(one)!.subarray(1, 33))).toBe('dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180')
    const shared = 'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de'
    expect(hex(ciphers.sharedSecret(one, ciphers.publicKey(other)!)!)).toBe(shared)
    expect(hex(ciphers.sharedSecret(other, ciphers.publicKey(one)!)!)).toBe(shared)
  })
  test('refuse points that are not on the curve, and private octets out of range', () => {
    const own = counting(1, 32)
    const point = ciphers.publicKey(own)!.slice()
    point[64]! ^= 1
    for (const wrong of [point, new Uint8Array(0), new Uint8Array(65), Uint8Array.of(0)])
      expect(ciphers.sharedSecret(own, wrong)).toBeUndefined()
    for (const wrong of [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(0)])
      expect(ciphers.publicKey(wrong)).toBeUndefined()
  })
  test('open what was sealed, and nothing else; never throw', () => {
    const cipher = fc.constantFrom('aes-128-ccm-8' as const, 'aes-128-gcm' as const)
    const [key, nonce] = [counting(1, 16), counting(2, 12)]
    fc.assert(
      fc.property(
        cipher,
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 30 }),
        fc.uint8Array({ maxLength: 90 }),
        (name, text, aad, junk) => {
          const sealed = ciphers.seal(name, key, nonce, aad, text)
          expect(hex(ciphers.open(name, key, nonce, aad, sealed)!)).toBe(hex(text))
          expect(ciphers.open(name, key, nonce, Uint8Array.from([...aad, 0]), sealed)).toBeUndefined()
          expect(ciphers.open(name, key, nonce, aad, junk)).toBeUndefined()
        },
      ),
      runs,
    )
  })
  test('tell equal octets from others, of whatever lengths', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (one, other) => {
        expect(ciphers.equal(one, other)).toBe(hex(one) === hex(other))
        expect(ciphers.equal(one, one.slice())).toBe(true)
      }),
      runs,
    )
  })
})
