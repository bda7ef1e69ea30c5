/** A reset in answer to a non-confirmable message is for whoever sent it (RFC 7252 §4.3). */
import { test } from 'vitest'
import { emptyAck, forget, numbered, play, rst, settled, submission } from './letters.ts'

const n = submission({ type: 'NON', code: '2.05', reference: 5, purpose: 'notification' })
const values = {
  n,
  N: numbered(n),
  O: numbered(n, 1),
  P: numbered(n, 2),
  x: rst(0),
  y: rst(1),
  k: emptyAck(0),
  s: settled('reset', 5),
  f: forget(5),
}

test('a non-confirmable message is sent once, and its reset is told [RFC 7252 §4.3]', () => {
  play({ submitted: 'n', received: '-----x', transmitted: 'N', delivered: '-----s' }, values, { untilMs: 300_000 })
})
test('a reset after NON_LIFETIME means nothing any more [RFC 7252 §4.8.2]', () => {
  play({ submitted: 'n', received: '144s x', transmitted: 'N', delivered: '144s s' }, values, { untilMs: 300_000 })
  play({ submitted: 'n', received: '145s x', transmitted: 'N', delivered: '-' }, values, { untilMs: 300_000 })
})
test('an acknowledgement of a non-confirmable message is ignored [RFC 7252 §4.3]', () => {
  play({ submitted: 'n', received: '-k-x', transmitted: 'N', delivered: '---s' }, values, { untilMs: 300_000 })
})
test('of more than there is room for, the oldest are let go', () => {
  play({ submitted: 'nnn', received: '----xy', transmitted: 'NOP', delivered: '-----s' }, values, { outgoingMax: 2, untilMs: 300_000 })
})
test('nobody hears of one that was cancelled', () => {
  play({ submitted: 'nf', received: '----x', transmitted: 'N', delivered: '-' }, values, { untilMs: 300_000 })
})
