/** PROBING_RATE: non-confirmable requests to a peer of which nothing is heard (RFC 7252 §4.7). */
import { test } from 'vitest'
import { message, numbered, other, play, submission } from './letters.ts'

const non = (reference: string) => submission({ type: 'NON', reference, payload: new Uint8Array(4) }) // 10 octets
const [a, b, c] = [non('a'), non('b'), non('c')]
const response = message({ type: 'NON', code: '2.05' })
const values = { a, b, c, A: numbered(a), B: numbered(b, 1), C: numbered(c, 2), r: response }

test('to a peer that does not answer, the average rate does not exceed PROBING_RATE [RFC 7252 §4.7]', () => {
  play({ submitted: '(abc)', transmitted: 'A---------B---------C', delivered: '-' }, values, { untilMs: 60_000 })
})
test('a higher PROBING_RATE lets more through [RFC 7252 §4.7]', () => {
  play({ submitted: '(abc)', transmitted: 'A-B-C', delivered: '-' }, values, { probingRate: 5, untilMs: 60_000 })
})
test('a sign of life lets the next one go at once [RFC 7252 §4.7]', () => {
  play({ submitted: '(abc)', received: '--r', transmitted: 'A-B---------C', delivered: '--r' }, values, { untilMs: 60_000 })
})
test('a confirmable request is not held back by them: it is how to find out', () => {
  const d = submission({ reference: 'd' })
  play({ submitted: 'abd', transmitted: 'A-D', delivered: '-' }, { ...values, d, D: numbered(d, 1) }, { untilMs: 2_500 })
})
test('non-confirmable responses and notifications expect no answer and go at once', () => {
  const [n, o] = (['notification', 'response'] as const).map((purpose) => submission({ type: 'NON', code: '2.05', reference: 5, purpose }))
  play(
    { submitted: 'nono', transmitted: 'NOPQ', delivered: '-' },
    { n, o, N: numbered(n!), O: numbered(o!, 1), P: numbered(n!, 2), Q: numbered(o!, 3) },
    { untilMs: 50_000 },
  )
})
test('another peer is not concerned', () => {
  const d = submission({ type: 'NON', reference: 'd', remote: other })
  play({ submitted: 'ad', transmitted: 'AD', delivered: '-' }, { ...values, d, D: numbered(d) }, { untilMs: 50_000 })
})
