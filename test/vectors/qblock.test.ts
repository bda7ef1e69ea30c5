/** Octets of RFC 9177: the options' values, and the payload of missing blocks. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeMissing, encodeMissing, missingBlocksFormat } from '../../src/blockwise/robust/missing.ts'
import { optionsFor, qBlock1, qBlock2, questionOf } from '../../src/blockwise/robust/question.ts'
import { decode } from '../../src/message/decode.ts'
import { encode } from '../../src/message/encode.ts'
import { isCritical, isUnsafe, optionFault, uintOf } from '../../src/message/option.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('both options are critical and unsafe; Q-Block2 alone may be repeated [RFC 9177 §4.1]', () => {
  for (const number of [19, 31]) expect([isCritical(number), isUnsafe(number)]).toEqual([true, true])
  expect(optionFault([qBlock1(0, true, 6), qBlock1(1, true, 6)])?.reason).toBe('repeated')
  expect(optionFault([qBlock2(1, false, 6), qBlock2(9, false, 6)])).toBeUndefined()
})

test('their values are those of Block1 and Block2: number, more, size [RFC 9177 §4.2]', () => {
  expect(hex(qBlock1(0, true, 6).value)).toBe('0e')
  expect(hex(qBlock2(0, false, 0).value)).toBe('')
  expect(hex(qBlock2(10, true, 6).value)).toBe('ae')
  expect(uintOf(qBlock1(1_048_575, false, 6).value)).toBe(1_048_575 * 16 + 6)
})

test('a NON GET for blocks 1 and 9 as octets [RFC 9177 §10.2.3]', () => {
  const message = { type: 'NON', remote: 'coap://10.0.0.2:5683', messageId: 4, code: '0.01', token: 'f3' } as const
  const { bytes } = encode({
    ...message,
    options: [{ number: 11, value: new TextEncoder().encode('path') }, qBlock2(1, false, 6), qBlock2(9, false, 6)],
    payload: new Uint8Array(0),
  })
  expect(hex(bytes)).toBe('51010004f3b470617468d107160196')
  expect(decode({ type: 'datagram', remote: message.remote, bytes })).toMatchObject({ ...message })
})

test('missing blocks are CBOR integers one after the other, without an array around them [RFC 9177 §5]', () => {
  expect(missingBlocksFormat).toBe(272)
  expect(hex(encodeMissing([1, 9]))).toBe('0109')
  expect(hex(encodeMissing([23, 24, 255, 256, 65_535, 65_536]))).toBe('17' + '1818' + '18ff' + '190100' + '19ffff' + '1a00010000')
})

test('numbers that do not ascend, and what is no number, are dropped [RFC 9177 §5]', () => {
  for (const wrong of ['', '0901', '0101', '20', '41ff', '18', '1901', '820109', 'ff'])
    expect(decodeMissing(Buffer.from(wrong, 'hex'))).toBeUndefined()
})

test('whatever is encoded is decoded; no octets make it throw [RFC 9177 §5]', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1_048_575), { minLength: 1, maxLength: 40 }), (some) => {
      const nums = some.sort((a, b) => a - b)
      expect(decodeMissing(encodeMissing(nums))).toEqual(nums)
    }),
    { numRuns: 1_000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const nums = decodeMissing(bytes)
      if (nums !== undefined) expect(nums).toEqual([...new Set(nums)].sort((a, b) => a - b))
    }),
    { numRuns: 1_000 },
  )
})

test('what a client asks for is what a server understands [RFC 9177 §4.4]', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 }),
      fc.constantFrom(3, 10),
      (some, setBlocks) => {
        const nums = some.sort((a, b) => a - b).slice(0, setBlocks)
        expect(questionOf(optionsFor(nums, 6, setBlocks), setBlocks)?.nums).toEqual(nums)
      },
    ),
    { numRuns: 1_000 },
  )
  expect(questionOf([qBlock2(0, true, 6)], 10)).toMatchObject({ whole: true, continues: undefined })
  expect(questionOf([qBlock2(20, true, 6)], 10)).toMatchObject({ whole: false, continues: 20 })
})
