/** One confirmable notification at a time, and always the newest (RFC 7641 §4.5.2). One character is a second. */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, cancelled, coap, con, notification, observe, rst, sent, text } from './lanes.ts'

const q = con(7, '0.01', 'aa', [observe(0)])
const common = {
  q,
  Q: like({ type: 'asked' }),
  a: notification(1, 'a'),
  r: sent('ACK', '2.05', { options: [observe(1)] }),
  b: notification(1, 'b'),
  B: sent('CON', '2.05', { messageId: 0, options: [observe(2)], payload: text('b') }),
  c: notification(1, 'c'),
  d: notification(1, 'd'),
  X: cancelled(1),
}

test('what is newer waits for the acknowledgement of the one under way; those between are skipped [RFC 7641 §4.5.2]', () => {
  const D = sent('CON', '2.05', { messageId: 1, options: [observe(4)], payload: text('d') })
  ladder(
    coap({ processingDelayMs: 1500 }),
    { values: { ...common, D, k: ack(0), l: ack(1) }, msPerChar: 500 },
    { received: 'q----k-l-', delivered: 'Q', submitted: '-abcd', transmitted: '-rB--D' },
  )
})

test('a retransmission carries the newest representation under a new message ID; count and time-out go on [RFC 7641 §4.5.2]', () => {
  const C = sent('CON', '2.05', { messageId: 1, options: [observe(3)], payload: text('c') })
  ladder(
    coap({ maxRetransmit: 2, processingDelayMs: 1500 }),
    { values: { ...common, C } },
    { received: 'q', delivered: 'Q---------------X', submitted: '-abc', transmitted: '-rB-C---C' },
  )
})

test('changes that come all the time do not keep a peer alive that is gone [RFC 7641 §4.5.2]', () => {
  const N = sent('CON', '2.05')
  ladder(
    coap({ maxRetransmit: 2, processingDelayMs: 1500 }),
    { values: { ...common, N } },
    { received: 'q', delivered: 'Q---------------X', submitted: '-abcdcdcdcdcdcdc----', transmitted: '-rN-N---N' },
  )
})

test('when the one under way is rejected, the newer one is not sent [RFC 7641 §4.5.2]', () => {
  ladder(
    coap({ processingDelayMs: 1500 }),
    { values: { ...common, x: rst(0) }, msPerChar: 500 },
    { received: 'q---x----', delivered: 'Q---X', submitted: '-abc', transmitted: '-rB' },
  )
})

test('one that still waits for its turn is replaced where it stands [RFC 7641 §4.5.2]', () => {
  const p = con(8, '0.01', 'bb', [observe(0)])
  const other = sent('CON', '2.05', { messageId: 0, token: 'bb', payload: text('o') })
  const C = sent('CON', '2.05', { messageId: 1, token: 'aa', options: [observe(5)], payload: text('c') })
  ladder(
    coap({ processingDelayMs: 1500 }),
    { values: { ...common, p, o: notification(2, 'o'), s: sent('ACK', '2.05'), O: other, C, k: ack(0), l: ack(1) }, msPerChar: 200 },
    { received: 'q-p------k-l', delivered: 'Q-Q', submitted: '-a-o-obc', transmitted: '-r-s-O---C' },
  )
})
