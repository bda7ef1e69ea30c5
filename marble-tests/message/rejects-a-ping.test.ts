/** An empty confirmable message asks for a sign of life (RFC 7252 §4.2, §4.3). */
import { test } from 'vitest'
import { message, numbered, play, rst, settled, submission } from './letters.ts'

test('an empty confirmable message is rejected with a reset that has its message ID [RFC 7252 §4.2]', () => {
  play({ received: '-p', transmitted: '-x', delivered: '-' }, { p: message({ code: '0.00', token: '' }), x: rst(7) }, { untilMs: 60_000 })
})
test('it is rejected each time that it comes [RFC 7252 §4.5]', () => {
  play({ received: '-pp', transmitted: '-xx', delivered: '-' }, { p: message({ code: '0.00', token: '' }), x: rst(7) }, { untilMs: 60_000 })
})
test('an empty non-confirmable message is ignored in silence [RFC 7252 §4.3]', () => {
  play({ received: '-p', transmitted: '-', delivered: '-' }, { p: message({ type: 'NON', code: '0.00', token: '' }) }, { untilMs: 60_000 })
})
test('a ping of ours is answered by a reset [RFC 7252 §4.3]', () => {
  const ping = submission({ code: '0.00', token: '' })
  play(
    { submitted: 'p', transmitted: 'c', received: '-x', delivered: '-s' },
    { p: ping, c: numbered(ping), x: rst(), s: settled('reset') },
    { untilMs: 60_000 },
  )
})
