/** A duplicate is acknowledged as the original was, and processed once (RFC 7252 §4.5). */
import { test } from 'vitest'
import { emptyAck, message, piggybacked, play, rst, settled, submission } from './letters.ts'

const post = message({ code: '0.02' })
const answer = piggybacked({ messageId: 7, code: '2.04' })

test('each duplicate of a confirmable message is acknowledged with the same response, and processed once [RFC 7252 §4.5]', () => {
  play({ received: 'p--p-p', submitted: '-a', transmitted: '-a-a-a', delivered: 'p' }, { p: post, a: answer }, { untilMs: 200_000 })
})
test('each duplicate is acknowledged with the same empty acknowledgement [RFC 7252 §4.5]', () => {
  play({ received: 'p--p-p', submitted: '-a', transmitted: '-a-a-a', delivered: 'p' }, { p: post, a: emptyAck(7) }, { untilMs: 200_000 })
})
test('each duplicate is rejected with the same reset [RFC 7252 §4.5]', () => {
  const response = message({ code: '2.05' })
  play({ received: 'p--p-p', submitted: '-a', transmitted: '-a-a-a', delivered: 'p' }, { p: response, a: rst(7) }, { untilMs: 200_000 })
})
test('a duplicate that comes before the answer is there is not processed, and answered with it [RFC 7252 §4.5]', () => {
  play({ received: 'ppp', submitted: '----a', transmitted: '----a', delivered: 'p' }, { p: post, a: answer }, { untilMs: 200_000 })
})
test('a request is acknowledged again even when its separate response was acknowledged already [RFC 7252 §4.2]', () => {
  const response = submission({ code: '2.04', reference: 1, purpose: 'response' })
  play(
    { received: 'p--b-p', submitted: '-ar', transmitted: '-ac--a', delivered: 'p--s' },
    { p: post, a: emptyAck(7), r: response, c: { ...response, messageId: 0 }, b: emptyAck(0), s: settled('acknowledged', 1) },
    { untilMs: 200_000 },
  )
})
