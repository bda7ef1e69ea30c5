/** Messages that wait for NSTART take turns by purpose (RFC 7252 §4.7). */
import { expect, test } from 'vitest'
import type { Purpose, Submission } from '../../src/message/message.ts'
import { emptyAck, play, submission } from './letters.ts'

/** What leaves, in order, when everything is submitted at once and each is acknowledged a second later. */
const orderOf = (purposes: readonly Purpose[]): string => {
  const letters = purposes.map((_, index) => String.fromCharCode(97 + index))
  const values = Object.fromEntries<unknown>([
    ...letters.map((letter, index) => [letter, submission({ reference: letter, purpose: purposes[index]! })] as const),
    ...letters.map((_, index) => [String(index), emptyAck(index)] as const),
  ])
  const received = `-${letters.map((_, index) => String(index)).join('')}`
  const { transmitted } = play({ submitted: `(${letters.join('')})`, received, transmitted: '*', delivered: '*' }, values, {
    ackTimeoutMs: 60_000,
    untilMs: 20_000,
  })
  return transmitted.map(({ value }) => (value as Submission).reference).join('')
}

test('a request waits for one block of a transfer at most, not for the whole transfer', () => {
  expect(orderOf(['block', 'block', 'block', 'block', 'request'])).toBe('aebcd')
})
test('two purposes alternate', () => {
  expect(orderOf(['block', 'block', 'block', 'request', 'request', 'request'])).toBe('adbecf')
})
test('every purpose has its turn before one has its second', () => {
  expect(orderOf(['block', 'block', 'block', 'notification', 'registration', 'request', 'response'])).toBe('aefgdbc')
})
test('messages of one purpose keep their order', () => {
  expect(orderOf(['request', 'request', 'request', 'request'])).toBe('abcd')
})
