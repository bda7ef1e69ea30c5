/** Octets to messages and back, compared with a second codec (RFC 7252 §3). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codes } from '../../src/message/code.ts'
import { decode } from '../../src/message/decode.ts'
import { encode } from '../../src/message/encode.ts'
import type { Malformed, Message, MessageType } from '../../src/message/message.ts'
import { referenceDecode, referenceEncode, type Plain } from './reference-codec.ts'

const remote = 'coap://192.0.2.1:5683'
const types: readonly MessageType[] = ['CON', 'NON', 'ACK', 'RST']
const runs = { numRuns: 2_000 }

const octets = (constraints: fc.IntArrayConstraints) => fc.uint8Array(constraints)
const optionNumber = fc.oneof(
  fc.integer({ min: 0, max: 65_535 }),
  fc.constantFrom(
    0,
    1,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    19,
    20,
    23,
    27,
    28,
    31,
    35,
    39,
    60,
    252,
    258,
    268,
    269,
    292,
    2049,
    2053,
    65_535,
  ),
)
const valueOf = fc.oneof({ weight: 20, arbitrary: octets({ maxLength: 20 }) }, octets({ minLength: 255, maxLength: 300 }))
const option = fc.record({ number: optionNumber, value: valueOf }, { noNullPrototype: true })
const meaningful = codes.map((_, octet) => octet).filter((octet) => octet !== 0 && [0, 2, 4, 5].includes(octet >> 5))
const message: fc.Arbitrary<Message> = fc.record(
  {
    type: fc.constantFrom(...types),
    remote: fc.constant(remote),
    messageId: fc.integer({ min: 0, max: 65_535 }),
    code: fc.constantFrom(...meaningful.map((octet) => codes[octet]!)),
    token: octets({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    options: fc.array(option, { maxLength: 8 }).map((all) => all.sort((a, b) => a.number - b.number)),
    payload: fc.oneof(octets({ maxLength: 64 }), octets({ minLength: 1024, maxLength: 1024 })),
  },
  { noNullPrototype: true },
)

const plain = ({ type, code, messageId, token, options, payload }: Message): Plain => ({
  type: types.indexOf(type),
  code: codes.indexOf(code),
  messageId,
  token: [...Buffer.from(token, 'hex')],
  options: options.map(({ number, value }) => ({ number, value: [...value] })),
  payload: [...payload],
})
const received = (bytes: ArrayLike<number>): Message | Malformed => decode({ type: 'datagram', remote, bytes: Uint8Array.from(bytes) })
const understood = (bytes: ArrayLike<number>): Plain | undefined => {
  const found = received(bytes)
  return found.type === 'malformed' ? undefined : plain(found)
}
const frozen = (given: Message): Message =>
  Object.freeze({ ...given, options: Object.freeze(given.options.map((one) => Object.freeze({ ...one }))) })

describe('the codec', () => {
  test('writes what the second codec writes [RFC 7252 §3]', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect([...encode(given).bytes]).toEqual(referenceEncode(plain(given)))
      }),
      runs,
    )
  })
  test('reads what it wrote', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(plain(decode(encode(given)) as Message)).toEqual(plain(given))
      }),
      runs,
    )
  })
  test('writes the same octets again after reading them', () => {
    fc.assert(
      fc.property(message, (given) => {
        const datagram = encode(given)
        expect([...encode(decode(datagram) as Message).bytes]).toEqual([...datagram.bytes])
      }),
      runs,
    )
  })
  test('changes nothing of the message, not even the order of its options', () => {
    fc.assert(
      fc.property(message, fc.boolean(), (given, backwards) => {
        const kept = frozen(backwards ? { ...given, options: [...given.options].reverse() } : given)
        const before = structuredClone(kept)
        encode(kept)
        expect({ ...kept }).toEqual(before)
      }),
      runs,
    )
  })
  test('sorts options that do not ascend, repeated ones keep their order [RFC 7252 §3.1]', () => {
    fc.assert(
      fc.property(message, (given) => {
        const shuffled = { ...given, options: [...given.options].sort((a, b) => (b.number % 7) - (a.number % 7)) }
        expect([...encode(shuffled).bytes]).toEqual(referenceEncode(plain(shuffled)))
      }),
      runs,
    )
  })
  test('gives each message its own octets, though it keeps written options', () => {
    fc.assert(
      fc.property(message, (given) => {
        const first = encode(given).bytes
        const before = [...first]
        first.fill(0)
        expect([...encode(given).bytes]).toEqual(before)
      }),
      runs,
    )
  })
  test('is not deceived by option values that change after they were written', () => {
    fc.assert(
      fc.property(message, octets({ minLength: 1, maxLength: 8 }), (given, value) => {
        const reused = Buffer.from(value)
        const told = { ...given, options: [{ number: 11, value: reused }] }
        encode(told)
        reused[0] = reused[0]! ^ 1
        expect([...encode(told).bytes]).toEqual(referenceEncode(plain(told)))
      }),
      runs,
    )
  })
})

describe('decoding', () => {
  test('never throws, and takes exactly what the second codec takes: any octets', () => {
    fc.assert(
      fc.property(octets({ maxLength: 40 }), (bytes) => {
        expect(understood(bytes)).toEqual(referenceDecode([...bytes]))
      }),
      { numRuns: 5_000 },
    )
  })
  test('takes exactly what the second codec takes: octets that begin well', () => {
    const begin = fc.tuple(fc.integer({ min: 0x40, max: 0x7f }), fc.constantFrom(...meaningful), fc.nat(255), fc.nat(255))
    const nibbles = fc.array(fc.oneof(fc.constantFrom(0xff, 0xd0, 0xe0, 0xdd, 0xee, 0x0d, 0x0e, 0x0f, 0xf0), fc.nat(255)), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(begin, nibbles, (head, rest) => {
        expect(understood([...head, ...rest])).toEqual(referenceDecode([...head, ...rest]))
      }),
      { numRuns: 10_000 },
    )
  })
  test('takes exactly what the second codec takes: messages with octets changed', () => {
    fc.assert(
      fc.property(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }), (given, changes) => {
        const bytes = [...encode(given).bytes]
        for (const [at, octet] of changes) bytes[at % bytes.length] = octet
        expect(understood(bytes)).toEqual(referenceDecode(bytes))
      }),
      { numRuns: 5_000 },
    )
  })
  test('rejects every truncation of a message, or reads it as the shorter message that it is', () => {
    fc.assert(
      fc.property(message, (given) => {
        const bytes = [...encode({ ...given, payload: given.payload.subarray(0, 4) }).bytes]
        for (let end = 0; end < bytes.length; end++) expect(understood(bytes.slice(0, end))).toEqual(referenceDecode(bytes.slice(0, end)))
      }),
      { numRuns: 1_000 },
    )
  })
  test('leaves the octets alone, and copies no payload', () => {
    fc.assert(
      fc.property(message, (given) => {
        const { bytes } = encode(given)
        const before = [...bytes]
        const found = decode({ type: 'datagram', remote, bytes }) as Message
        expect([...bytes]).toEqual(before)
        if (found.payload.length > 0) expect(found.payload.buffer).toBe(bytes.buffer)
      }),
      runs,
    )
  })
})
