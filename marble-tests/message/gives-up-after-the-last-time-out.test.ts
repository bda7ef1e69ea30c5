/** After MAX_RETRANSMIT retransmissions and one more time-out the sender is told (RFC 7252 §4.2). */
import { test } from 'vitest'
import { numbered, play, settled, submission } from './letters.ts'

const get = submission()

test('when the counter has reached MAX_RETRANSMIT at a time-out, the attempt ends and the application is told [RFC 7252 §4.2]', () => {
  play(
    { submitted: 'g', transmitted: 'c-c---c', delivered: '14s x' },
    { g: get, c: numbered(get), x: settled('gave-up') },
    { maxRetransmit: 2, untilMs: 60_000 },
  )
})
test('with MAX_RETRANSMIT 0 a confirmable message is sent once [RFC 7252 §4.2]', () => {
  play(
    { submitted: 'g', transmitted: 'c', delivered: '--x' },
    { g: get, c: numbered(get), x: settled('gave-up') },
    { maxRetransmit: 0, untilMs: 60_000 },
  )
})
