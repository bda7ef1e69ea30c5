/** An acknowledgement in time ends the retransmission (RFC 7252 §4.2). */
import { test } from 'vitest'
import { emptyAck, numbered, piggybacked, play, settled, submission } from './letters.ts'

const get = submission()

test('an empty acknowledgement ends the retransmission, and the application is told [RFC 7252 §4.2]', () => {
  play(
    { submitted: 'g', transmitted: 'c-c', received: '---a', delivered: '---s' },
    { g: get, c: numbered(get), a: emptyAck(), s: settled('acknowledged') },
    { untilMs: 100_000 },
  )
})
test('a response in the acknowledgement ends it too, and is delivered [RFC 7252 §4.2]', () => {
  play(
    { submitted: 'g', transmitted: 'c-c', received: '---p', delivered: '---p' },
    { g: get, c: numbered(get), p: piggybacked() },
    { untilMs: 100_000 },
  )
})
test('an acknowledgement that comes again is ignored [RFC 7252 §4.2]', () => {
  play(
    { submitted: 'g', transmitted: 'c', received: '-ppp', delivered: '-p' },
    { g: get, c: numbered(get), p: piggybacked() },
    { untilMs: 100_000 },
  )
})
test('a confirmable response is acknowledged by an empty message [RFC 7252 §4.2]', () => {
  const response = submission({ code: '2.05', reference: 4, purpose: 'response' })
  play(
    { submitted: 'g', transmitted: 'c', received: '-a', delivered: '-s' },
    { g: response, c: numbered(response), a: emptyAck(), s: settled('acknowledged', 4) },
    { untilMs: 100_000 },
  )
})
