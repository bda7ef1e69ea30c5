/** Messages as RFCs print them, and malformed ones of every kind (RFC 7252 §3, §4.2, Appendix A). */
import { describe, expect, test } from 'vitest'
import { codes, type Code } from '../../src/message/code.ts'
import { decode } from '../../src/message/decode.ts'
import { encode } from '../../src/message/encode.ts'
import { noBytes, noOptions, type Malformed, type MalformedReason, type Message } from '../../src/message/message.ts'
import { stringOption, uintOption } from '../../src/message/option.ts'

const remote = 'coap://192.0.2.1:5683'
const octets = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const read = (hex: string) => decode({ type: 'datagram', remote, bytes: octets(hex) })
const hexOf = (message: Message) => Buffer.from(encode(message).bytes).toString('hex')
const message = (given: Partial<Message>): Message => ({
  type: 'CON',
  remote,
  messageId: 0x7d34,
  code: '0.01',
  token: '',
  options: noOptions,
  payload: noBytes,
  ...given,
})
const temperature = stringOption(11, 'temperature')
const text = (value: string) => new TextEncoder().encode(value)

const printed: readonly (readonly [what: string, hex: string, message: Message])[] = [
  ['a confirmable GET', '40 01 7d34 bb 74656d7065726174757265', message({ options: [temperature] })],
  ['its piggybacked response', '60 45 7d34 ff 32322e332043', message({ type: 'ACK', code: '2.05', payload: text('22.3 C') })],
  ['a GET with a token', '41 01 7d35 20 bb 74656d7065726174757265', message({ messageId: 0x7d35, token: '20', options: [temperature] })],
  [
    'its response',
    '61 45 7d35 20 ff 32322e332043',
    message({ type: 'ACK', messageId: 0x7d35, code: '2.05', token: '20', payload: text('22.3 C') }),
  ],
  ['an empty acknowledgement', '60 00 7d38', message({ type: 'ACK', messageId: 0x7d38, code: '0.00' })],
  ['a reset', '70 00 7d38', message({ type: 'RST', messageId: 0x7d38, code: '0.00' })],
  [
    'a NON with Observe',
    '51 45 7d39 4a 61 17 ff 31',
    message({ type: 'NON', messageId: 0x7d39, code: '2.05', token: '4a', options: [uintOption(6, 23)], payload: text('1') }),
  ],
  [
    'Block2 and Size2',
    '60 45 0001 d1 0a 16 52 0400',
    message({ type: 'ACK', messageId: 1, code: '2.05', options: [uintOption(23, 0x16), uintOption(28, 1024)] }),
  ],
]
const same = (found: Message) => ({
  ...found,
  options: found.options.map(({ number, value }) => [number, [...value]]),
  payload: [...found.payload],
})

describe('messages as printed', () => {
  for (const [what, hex, value] of printed)
    test(`${what} is read and written octet for octet [RFC 7252 §3]`, () => {
      expect(same(read(hex) as Message)).toEqual(same(value))
      expect(hexOf(value)).toBe(hex.replaceAll(' ', ''))
    })
})

const malformed: readonly (readonly [what: string, hex: string, reason: MalformedReason])[] = [
  ['nothing at all', '', 'short'],
  ['fewer than four octets', '40 01 7d', 'short'],
  ['version 0', '00 01 7d34', 'version'],
  ['version 2', '80 01 7d34', 'version'],
  ['version 3', 'c0 01 7d34', 'version'],
  ...[9, 10, 11, 12, 13, 14, 15].map(
    (length) => [`a token length of ${length}`, `4${length.toString(16)} 01 7d34 ${'00'.repeat(300)}`, 'token'] as const,
  ),
  ['a token cut short', '44 01 7d34 010203', 'token'],
  ['an empty message with a token', '41 00 7d34 01', 'empty'],
  ['an empty message with options', '40 00 7d34 b130', 'empty'],
  ['an empty message with a payload', '40 00 7d34 ff30', 'empty'],
  ['an empty message with one octet too many', '60 00 0001 00', 'empty'],
  ['code class 1', '40 20 7d34', 'class'],
  ['code class 3', '40 60 7d34', 'class'],
  ['code class 6', '40 c0 7d34', 'class'],
  ['code class 7', '40 e1 7d34', 'class'],
  ['option delta 15', '40 01 7d34 f0', 'option'],
  ['option length 15', '40 01 7d34 0f', 'option'],
  ['an option value cut short', '40 01 7d34 b3 30', 'option'],
  ['an option value cut short whose length is extended', '40 01 7d34 bd 10 3030', 'option'],
  ['an option value cut short of 65,804 octets', '40 01 7d34 be ffff 3030', 'option'],
  ['an extended delta cut short', '40 01 7d34 d0', 'option'],
  ['a doubly extended delta cut short', '40 01 7d34 e0 00', 'option'],
  ['an extended length cut short', '40 01 7d34 bd', 'option'],
  ['a doubly extended length cut short', '40 01 7d34 be 00', 'option'],
  ['an option number above 65,535', '40 01 7d34 e0fef2 10', 'option'],
  ['a payload marker without payload', '40 01 7d34 ff', 'marker'],
  ['a payload marker without payload after options', '40 01 7d34 b130 ff', 'marker'],
]
describe('what is no message', () => {
  for (const [what, hex, reason] of malformed)
    test(`${what} is malformed: ${reason} [RFC 7252 §3]`, () => {
      expect(read(hex)).toMatchObject({ type: 'malformed', remote, reason })
    })
  test('says whether it was confirmable and its message ID, so that it can be rejected [RFC 7252 §4.2]', () => {
    expect(read('40 01 7d34 ff')).toMatchObject({ confirmable: true, messageId: 0x7d34 })
    for (const hex of ['50 01 7d34 ff', '60 45 7d34 ff', '70 45 7d34 ff']) expect(read(hex)).toMatchObject({ confirmable: false })
  })
  test('of an unknown version is never to be rejected [RFC 7252 §3]', () => {
    for (const hex of ['00 01 7d34', '80 01 7d34', 'c0 01 7d34']) expect((read(hex) as Malformed).confirmable).toBe(false)
  })
  test('the largest option number there is can be read and written', () => {
    const value = message({ options: [{ number: 65_535, value: Uint8Array.of(1) }] })
    expect(same(decode(encode(value)) as Message)).toEqual(same(value))
  })
})

describe('what coap-packet would get wrong', () => {
  test('every code is written as what it is, and read again', () => {
    for (const [octet, code] of codes.entries()) {
      if (octet === 0) continue
      expect(encode(message({ code })).bytes[1]).toBe(octet)
      if ([0, 2, 4, 5].includes(octet >> 5)) expect((decode(encode(message({ code }))) as Message).code).toBe(code)
    }
  })
  test('0.00 stays empty and does not become GET, even with a payload and a token [RFC 7252 §4.1]', () => {
    expect(hexOf(message({ code: '0.00', token: '0102', payload: text('x'), options: [temperature] }))).toBe('40007d34')
  })
  test('what is no code throws instead of being sent as 0.00 or another', () => {
    for (const code of ['FOO', '69', '2.5', '8.00', '2.32', ''] as Code[]) expect(() => encode(message({ code }))).toThrow('a code is c.dd')
  })
  test('a message without a message ID throws instead of getting one of coap-packet’s', () => {
    expect(() => encode(message({ messageId: -1 }))).toThrow('message ID')
    expect(() => encode(message({ messageId: 65_536 }))).toThrow('message ID')
  })
  test('a token longer than eight octets throws', () => {
    expect(() => encode(message({ token: '00'.repeat(9) }))).toThrow('token')
  })
  test('an option number that is none throws instead of corrupting the octets', () => {
    for (const number of [-1, 65_536, 70_000, Number.NaN])
      expect(() => encode(message({ options: [{ number, value: noBytes }] }))).toThrow('option number')
  })
  test('options that coap-packet does not know by name are read by number: Echo, Request-Tag', () => {
    const value = message({
      options: [
        { number: 252, value: Uint8Array.of(1) },
        { number: 292, value: Uint8Array.of(2) },
      ],
    })
    expect(same(decode(encode(value)) as Message)).toEqual(same(value))
  })
  test('options that it does know by name are numbers too', () => {
    for (const number of [1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 19, 20, 23, 27, 28, 31, 35, 39, 60, 258, 2049, 2053]) {
      const value = message({ options: [{ number, value: Uint8Array.of(1) }] })
      expect((decode(encode(value)) as Message).options[0]!.number).toBe(number)
    }
  })
  test('option values may be any Uint8Array, also a part of a larger one', () => {
    const value = message({ options: [{ number: 11, value: octets('ff61ff').subarray(1, 2) }] })
    expect(hexOf(value)).toBe('40017d34b161')
  })
  test('a message longer than 1,280 octets is written whole', () => {
    expect(encode(message({ payload: new Uint8Array(60_000) })).bytes.length).toBe(60_005)
  })
  test('a payload that is no text is written as it is', () => {
    const payload = Uint8Array.from({ length: 256 }, (_, octet) => octet)
    expect([...(decode(encode(message({ payload }))) as Message).payload]).toEqual([...payload])
  })
  test('octets that stand in the middle of a larger buffer are read alone', () => {
    const bytes = octets('ffff 40 01 7d34 b161 ff 31 ffff').subarray(2, 10)
    expect(same(decode({ type: 'datagram', remote, bytes }) as Message)).toEqual(
      same(message({ options: [stringOption(11, 'a')], payload: text('1') })),
    )
  })
})
