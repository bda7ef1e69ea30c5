/** What is no longer wanted is not sent (again) (RFC 7252 §4.2). */
import { test } from 'vitest'
import { emptyAck, forget, numbered, piggybacked, play, submission } from './letters.ts'

const [a, b, c] = [submission({ reference: 'a' }), submission({ reference: 'b' }), submission({ reference: 'c' })]
const values = {
  a,
  b,
  c,
  A: numbered(a),
  B: numbered(b, 1),
  C: numbered(c, 1),
  x: forget('a'),
  y: forget('b'),
  k: emptyAck(0),
  p: piggybacked(),
}

test('a cancelled request is not retransmitted, and nothing more is said of it [RFC 7252 §4.2]', () => {
  play({ submitted: 'ax', received: '---kp', transmitted: 'A', delivered: '-' }, values, { untilMs: 100_000 })
})
test('it makes room for the next', () => {
  play({ submitted: '(ab)--x', transmitted: 'A-----B', delivered: '-' }, values, { ackTimeoutMs: 30_000, untilMs: 20_000 })
})
test('a cancelled request that waits is never sent', () => {
  play(
    { submitted: '(abc)y', received: '-------k', transmitted: 'A------C', delivered: '-------s' },
    { ...values, s: () => true },
    { ackTimeoutMs: 30_000, untilMs: 20_000 },
  )
})
test('to cancel what is not there is nothing', () => {
  play({ submitted: 'xy', transmitted: '-', delivered: '-' }, values, { untilMs: 20_000 })
})
