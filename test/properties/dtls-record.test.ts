/** Records and handshake messages: what is written is read, what is changed is dropped, what comes again is delivered once (RFC 6347 §4.1). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { assembly, nextMessage, withFragment, type Assembly } from '../../src/datagram/dtls/fragments.ts'
import {
  clientKeyExchangeBody,
  clientKeyExchangeOf,
  fragmentBytes,
  fragmentsOf,
  serverKeyExchangeBody,
  serverKeyExchangeOf,
  type HandshakeFragment,
} from '../../src/datagram/dtls/handshake.ts'
import { clientHelloBody, clientHelloOf, serverHelloBody, serverHelloOf } from '../../src/datagram/dtls/hello.ts'
import { nothing } from '../../src/datagram/dtls/octets.ts'
import { keysOf, prf } from '../../src/datagram/dtls/prf.ts'
import { open, seal } from '../../src/datagram/dtls/protection.ts'
import { contentTypes, plainRecord, recordsOf, version12 } from '../../src/datagram/dtls/record.ts'
import { isFresh, nothingSeen, saw } from '../../src/datagram/dtls/replay.ts'
import { suites, type SuiteName } from '../../src/datagram/dtls/suite.ts'
import { ciphers } from '../../src/platform/crypto.ts'
import { hex } from '../../src/testing/index.ts'

const runs = { numRuns: 1_000, seed: 20_261_121 }
const suite = fc.constantFrom(...(Object.keys(suites) as SuiteName[]))
const keys = fc
  .record({ suite, encryptThenMac: fc.boolean(), master: fc.uint8Array({ minLength: 48, maxLength: 48 }) })
  .map(({ master, ...given }) => keysOf(ciphers, { ...given, master: new Secret(master) }, new Uint8Array(32), new Uint8Array(32)).client)
const placing = fc.record({
  type: fc.constantFrom(21, 22, 23),
  epoch: fc.constantFrom(1, 65_535),
  sequence: fc.oneof(fc.nat(1_000), fc.nat(2 ** 48 - 1)),
  cid: fc.oneof(fc.constant(nothing), fc.uint8Array({ minLength: 8, maxLength: 8 })),
})
const content = fc.uint8Array({ maxLength: 300 })

describe('a protected record', () => {
  test('says what was sealed, under its true type [RFC 9146 §4]', () => {
    fc.assert(
      fc.property(keys, placing, content, (key, place, bytes) => {
        const record = seal(ciphers, key, place, bytes)
        const [read, ...more] = recordsOf(record, 8)
        expect(more).toEqual([])
        expect(read).toMatchObject({
          type: place.cid.length > 0 ? contentTypes.cid : place.type,
          epoch: place.epoch,
          sequence: place.sequence,
        })
        const opened = open(ciphers, key, read!)
        expect([opened?.type, opened === undefined ? undefined : hex(opened.bytes)]).toEqual([place.type, hex(bytes)])
      }),
      runs,
    )
  })
  test('with any bit changed is dropped [RFC 6347 §4.1.2.7]', () => {
    fc.assert(
      fc.property(keys, placing, content, fc.nat(), (key, place, bytes, choice) => {
        const record = seal(ciphers, key, place, bytes)
        const bit = choice % (8 * record.length)
        record[bit >> 3]! ^= 1 << (bit & 7)
        for (const read of recordsOf(record, 8)) expect(open(ciphers, key, read)).toBeUndefined()
      }),
      runs,
    )
  })
  test('cut short anywhere is dropped', () => {
    fc.assert(
      fc.property(keys, placing, content, fc.nat(), (key, place, bytes, cut) => {
        const record = seal(ciphers, key, place, bytes)
        expect(recordsOf(record.subarray(0, cut % record.length), 8)).toEqual([])
      }),
      runs,
    )
  })
  test('that is made longer behind its back has one record and rubbish behind it', () => {
    fc.assert(
      fc.property(keys, placing, content, fc.uint8Array({ minLength: 1, maxLength: 12 }), (key, place, bytes, more) => {
        const record = seal(ciphers, key, place, bytes)
        expect(recordsOf(Uint8Array.from([...record, ...more]), 8)).toHaveLength(1)
      }),
      runs,
    )
  })
  test('of another key is dropped', () => {
    fc.assert(
      fc.property(keys, keys, placing, content, (key, other, place, bytes) => {
        fc.pre(hex(key.key.reveal()) !== hex(other.key.reveal()))
        expect(open(ciphers, other, recordsOf(seal(ciphers, key, place, bytes), 8)[0]!)).toBeUndefined()
      }),
      runs,
    )
  })
})

describe('the window against replays', () => {
  test('lets every record through at most once, and each that is not older than the window at least once [RFC 6347 §4.1.2.6]', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(200), fc.nat(70), fc.constantFrom(2 ** 48 - 1, 2 ** 32, 2 ** 32 + 31)), { maxLength: 200 }),
        (sequences) => {
          const passed = new Set<number>()
          let window = nothingSeen
          for (const sequence of sequences) {
            const newest = Math.max(-1, ...passed)
            const expected = !passed.has(sequence) && sequence > newest - 64
            expect(isFresh(window, sequence)).toBe(expected)
            if (!expected) continue
            window = saw(window, sequence)
            passed.add(sequence)
          }
        },
      ),
      runs,
    )
  })
})

describe('datagrams of any octets', () => {
  test('give records that lie within them, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(20), (bytes, cidBytes) => {
        for (const { fragment } of recordsOf(bytes, cidBytes)) expect(fragment.length).toBeLessThanOrEqual(bytes.length)
      }),
      runs,
    )
  })
  test('that are handshake messages of any contents are read or refused, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (body) => {
        clientHelloOf(body)
        serverHelloOf(body)
        serverKeyExchangeOf(body, true)
        serverKeyExchangeOf(body, false)
        clientKeyExchangeOf(body, true)
        clientKeyExchangeOf(body, false)
        for (const { bytes } of fragmentsOf(body)) expect(bytes.length).toBeLessThanOrEqual(body.length)
        expect(recordsOf(plainRecord(22, 1, body), 0)[0]?.fragment).toEqual(body)
      }),
      runs,
    )
  })
})

const octets32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const extensions = fc.record({
  extendedMasterSecret: fc.boolean(),
  encryptThenMac: fc.boolean(),
  connectionId: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
  renegotiationInfo: fc.option(fc.constant(nothing), { nil: undefined }),
  secp256r1: fc.boolean(),
})
describe('a handshake message', () => {
  test('is read as it was written: ClientHello [RFC 6347 §4.3.2]', () => {
    const hello = fc.record({
      version: fc.constant(version12),
      random: octets32,
      sessionId: fc.uint8Array({ maxLength: 32 }),
      cookie: fc.uint8Array({ maxLength: 255 }),
      suites: fc.array(
        fc.nat(0xfffe).filter((code) => code !== 255),
        { minLength: 1, maxLength: 9 },
      ),
      extensions: extensions.map((said) => ({ ...said, renegotiationInfo: nothing })),
    })
    fc.assert(
      fc.property(hello, (said) => {
        const read = clientHelloOf(clientHelloBody(said))
        expect(read).toEqual({ ...said, suites: [...said.suites, 255] })
      }),
      runs,
    )
  })
  test('is read as it was written: ServerHello, ServerKeyExchange, ClientKeyExchange [RFC 4279 §2, RFC 5489 §2]', () => {
    const hello = fc.record({
      version: fc.constant(version12),
      random: octets32,
      sessionId: fc.uint8Array({ maxLength: 32 }),
      suite: fc.nat(65_535),
      extensions: extensions.map((said) => ({ ...said, secp256r1: false })),
    })
    const point = fc.option(fc.uint8Array({ minLength: 1, maxLength: 65 }), { nil: undefined })
    fc.assert(
      fc.property(hello, fc.uint8Array({ maxLength: 99 }), point, (said, octets, point) => {
        expect(serverHelloOf(serverHelloBody(said))).toEqual(said)
        expect(serverKeyExchangeOf(serverKeyExchangeBody({ hint: octets, point }), point !== undefined)).toEqual({ hint: octets, point })
        expect(clientKeyExchangeOf(clientKeyExchangeBody({ identity: octets, point }), point !== undefined)).toEqual({
          identity: octets,
          point,
        })
      }),
      runs,
    )
  })
  test('in fragments of any sizes, in any order, overlapping and repeated, is put together [RFC 6347 §4.2.3]', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.tuple(fc.nat(400), fc.nat(120)), { maxLength: 12 }),
        fc.nat(),
        (body, cuts, shift) => {
          const whole = { type: 12, number: 3, length: body.length }
          const pieces: HandshakeFragment[] = cuts.map(([from, size]) => {
            const offset = from % (body.length + 1)
            return { ...whole, offset, bytes: body.subarray(offset, offset + size) }
          })
          for (let offset = 0; offset === 0 || offset < body.length; offset += 100)
            pieces.push({ ...whole, offset, bytes: body.subarray(offset, offset + 100) })
          const turn = shift % pieces.length
          let state: Assembly = assembly(3)
          for (const piece of [...pieces.slice(turn), ...pieces.slice(0, turn)]) {
            const [read] = fragmentsOf(fragmentBytes(piece))
            state = withFragment(state, read!, 1_000)
          }
          expect(nextMessage(state)?.[0]).toEqual({ type: 12, number: 3, body })
        },
      ),
      runs,
    )
  })
  test('never makes us keep more than the bound, whatever fragments come', () => {
    const fragment = fc
      .record({ type: fc.nat(20), length: fc.nat(2_000), number: fc.nat(20), offset: fc.nat(50), bytes: fc.uint8Array({ maxLength: 40 }) })
      .filter(({ length, offset, bytes }) => offset + bytes.length <= length)
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), (fragments) => {
        let state = assembly(0)
        for (const one of fragments) {
          state = withFragment(state, one, 1_500)
          expect(state.unfinished.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(1_500)
          expect(state.unfinished.length).toBeLessThanOrEqual(8)
          const next = nextMessage(state)
          if (next !== undefined) state = next[1]
        }
      }),
      runs,
    )
  })
})

describe('the pseudorandom function', () => {
  test('gives the published octets for SHA-256', () => {
    const from = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    const made = prf(ciphers, from('9bbe436ba940f017b17652849a71db35'), 'test label', from('a0ba9f936cda311827a6f796ffd5198c'), 100)
    expect(hex(made)).toBe(
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
    )
  })
})
