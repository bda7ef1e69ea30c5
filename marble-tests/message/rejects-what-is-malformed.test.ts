/** What is no message is rejected if it was confirmable (RFC 7252 §4.2, §4.3). */
import { test } from 'vitest'
import { emptyAck, malformed, numbered, play, rst, settled, submission } from './letters.ts'

test('a confirmable message with a format error is rejected with a reset and otherwise ignored [RFC 7252 §4.2]', () => {
  play({ received: '-m', transmitted: '-x', delivered: '-' }, { m: malformed(), x: rst(7) }, { untilMs: 60_000 })
})
test('a confirmable message of a reserved code class is rejected with a reset [RFC 7252 §4.2]', () => {
  play({ received: '-m', transmitted: '-x', delivered: '-' }, { m: malformed({ reason: 'class' }), x: rst(7) }, { untilMs: 60_000 })
})
test('a non-confirmable message with a format error is ignored in silence [RFC 7252 §4.3]', () => {
  play({ received: '-m', transmitted: '-', delivered: '-' }, { m: malformed({ confirmable: false }) }, { untilMs: 60_000 })
})
test('a message of an unknown version is ignored in silence [RFC 7252 §3]', () => {
  play(
    { received: '-m', transmitted: '-', delivered: '-' },
    { m: malformed({ reason: 'version', confirmable: false }) },
    { untilMs: 60_000 },
  )
})
test('what is malformed disturbs nothing that is under way', () => {
  const get = submission()
  play(
    { submitted: 'g', transmitted: 'c(xx)', received: '-(mm)-----a', delivered: '----------s' },
    { g: get, c: numbered(get), m: malformed({ messageId: 0 }), x: rst(0), a: emptyAck(), s: settled('acknowledged') },
    { ackTimeoutMs: 20_000, untilMs: 60_000 },
  )
})
