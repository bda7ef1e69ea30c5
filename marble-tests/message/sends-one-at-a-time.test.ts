/** NSTART: how many confirmable messages are under way to one peer (RFC 7252 §4.7). */
import { test } from 'vitest'
import { emptyAck, numbered, other, play, rst, settled, submission } from './letters.ts'

const [a, b, c] = (['a', 'b', 'c'] as const).map((reference) => submission({ reference })) as [
  ReturnType<typeof submission>,
  ReturnType<typeof submission>,
  ReturnType<typeof submission>,
]
const values = {
  a,
  b,
  c,
  A: numbered(a),
  B: numbered(b, 1),
  C: numbered(c, 2),
  x: emptyAck(0),
  y: rst(1),
  p: settled('acknowledged', 'a'),
  q: settled('reset', 'b'),
  r: settled('gave-up', 'a'),
}
const patient = { ackTimeoutMs: 10_000, untilMs: 9_000 }

test('at most NSTART confirmable messages are outstanding to a peer; the next goes when one is settled [RFC 7252 §4.7]', () => {
  play({ submitted: '(abc)', received: '--x--y', transmitted: 'A-B--C', delivered: '--p--q' }, values, patient)
})
test('with NSTART 2 two are outstanding [RFC 7252 §4.7]', () => {
  play({ submitted: '(abc)', received: '-----x', transmitted: '(AB)-C', delivered: '-----p' }, values, {
    nstart: 2,
    ackTimeoutMs: 10_000,
    untilMs: 9_000,
  })
})
test('a message that was given up makes room for the next', () => {
  play({ submitted: '(ab)', transmitted: 'A---B', delivered: '----r' }, values, { maxRetransmit: 0, ackTimeoutMs: 4_000, untilMs: 7_000 })
})
test('peers do not wait for each other', () => {
  const d = submission({ remote: other, reference: 'd' })
  play({ submitted: 'ad', transmitted: 'AD', delivered: '-' }, { ...values, d, D: numbered(d) }, patient)
})
test('acknowledgements and non-confirmable responses do not wait', () => {
  const n = submission({ type: 'NON', code: '2.05', reference: '', purpose: 'response' })
  play({ submitted: 'anx', transmitted: 'ANx', delivered: '-' }, { ...values, n, N: numbered(n, 1) }, patient)
})
test('beyond the bound of those that wait the next is refused', () => {
  play({ submitted: 'abc', transmitted: 'A', delivered: '--z' }, { ...values, z: settled('refused', 'c') }, { ...patient, waitingMax: 1 })
})
