/** What is under way with a remote ends with the link to it. */
import { test } from 'vitest'
import { message, numbered, other, piggybacked, play, settled, submission } from './letters.ts'

const [a, b] = [submission({ reference: 'a' }), submission({ reference: 'b' })]
const d = submission({ reference: 'd', remote: other })
const values = {
  a,
  b,
  d,
  A: numbered(a),
  D: numbered(d),
  s: settled('aborted', 'a'),
  t: settled('aborted', 'b'),
  u: settled('undeliverable', 'a'),
  v: settled('undeliverable', 'b'),
  x: { type: 'closed', remote: message().remote, reason: 'lost' },
  y: { type: 'close', remote: message().remote, keepSession: true },
  o: { type: 'open', remote: message().remote, uri: 'coap://example.com' },
  z: { type: 'undeliverable', remote: message().remote, reason: 'not-open' },
  l: { type: 'undeliverable', remote: message().remote, reason: 'too-large' },
  r: { type: 'undeliverable', remote: message().remote, reason: 'unreachable' },
}

test('a closed link is told, and ends what is under way and what waits', () => {
  play({ submitted: '(ab)', received: '-x', transmitted: 'A', delivered: '-(xst)' }, values, { untilMs: 100_000 })
})
test('closing a link ends them at once', () => {
  play({ submitted: '(ab)--y', transmitted: 'A-----y', delivered: '------(st)' }, values, { ackTimeoutMs: 10_000, untilMs: 100_000 })
})
test('other links go on', () => {
  play({ submitted: 'ad', received: '--x', transmitted: 'AD-----------D', delivered: '--(xs)' }, values, {
    ackTimeoutMs: 12_000,
    untilMs: 20_000,
  })
})
test('what a link that is not open was to carry ends', () => {
  play({ submitted: '(ab)', received: '-z', transmitted: 'A', delivered: '-(uvz)' }, values, { untilMs: 100_000 })
})
test('what is too large for a datagram ends, and the next goes', () => {
  play(
    { submitted: '(ab)', received: '-l', transmitted: 'AB', delivered: '-(ul)' },
    { ...values, B: numbered(b, 1) },
    { ackTimeoutMs: 50_000, untilMs: 20_000 },
  )
})
test('a peer that is unreachable is tried on: it may be starting', () => {
  play({ submitted: 'a', received: '-r', transmitted: 'A-A---A', delivered: '-r' }, values, { untilMs: 10_000 })
})
test('a link opened anew is another endpoint: its messages are no duplicates of the old one’s [RFC 7252 §4.5]', () => {
  const post = message({ code: '0.02' })
  const answer = piggybacked({ messageId: 7, code: '2.04' })
  play(
    { submitted: '-a-o', received: 'p-p-p', transmitted: '-aao', delivered: 'p---p' },
    { p: post, a: answer, o: values.o },
    { untilMs: 20_000 },
  )
})
