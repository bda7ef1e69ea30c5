/** Non-confirmable notifications: not too many, and now and then a confirmable one (RFC 7641 §4.5, §4.5.1). One character is a second. */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, cancelled, coap, con, notification, observe, sent, text } from './lanes.ts'

const common = {
  q: con(7, '0.01', 'aa', [observe(0)]),
  Q: like({ type: 'asked' }),
  a: notification(1, 'a', false),
  r: sent('ACK', '2.05', { options: [observe(1)] }),
  b: notification(1, 'b', false),
  B: sent('NON', '2.05', { options: [observe(2)], payload: text('b') }),
  c: notification(1, 'c', false),
  d: notification(1, 'd', false),
}

test('a non-confirmable notification that comes too soon waits until three seconds have passed; the newest one goes [RFC 7641 §4.5.1]', () => {
  const D = sent('NON', '2.05', { options: [observe(3)], payload: text('d') })
  ladder(
    coap({ processingDelayMs: 1500 }),
    { values: { ...common, D } },
    { received: 'q--------', delivered: 'Q', submitted: '-abcd', transmitted: '-rB--D' },
  )
})

test('the pace is that of the peer, whatever it observes [RFC 7641 §4.5.1]', () => {
  const p = con(8, '0.01', 'bb', [observe(0)])
  const O = sent('NON', '2.05', { token: 'bb', options: [observe(4)], payload: text('o') })
  const b = sent('NON', '2.05', { options: [observe(3)], payload: text('b') })
  ladder(
    coap({ processingDelayMs: 1500 }),
    { values: { ...common, p, s: sent('ACK', '2.05'), x: notification(2, 'x', false), o: notification(2, 'o', false), B: b, O } },
    { received: 'q-p------', delivered: 'Q-Q', submitted: '-a-xbo', transmitted: '-r-sB--O' },
  )
})

test('a confirmable notification need not wait [RFC 7641 §4.5.1]', () => {
  const C = sent('CON', '2.05', { options: [observe(3)], payload: text('c') })
  ladder(
    coap({ processingDelayMs: 1500 }),
    { values: { ...common, c: notification(1, 'c', true), C, k: ack(1) } },
    { received: 'q---k----', delivered: 'Q', submitted: '-abc', transmitted: '-rBC' },
  )
})

test('at least once in 24 hours a notification is confirmable [RFC 7641 §4.5]', () => {
  const C = sent('CON', '2.05', { options: [observe(3)], payload: text('c') })
  const D = sent('NON', '2.05', { options: [observe(4)], payload: text('d') })
  ladder(
    coap({ processingDelayMs: 1500 }),
    { values: { ...common, C, D, k: ack(0) }, msPerChar: 500 },
    { received: 'q 1440m -k--', delivered: 'Q', submitted: '-a 719m b 720m 59s c 2s d', transmitted: '-r 719m B 720m 59s C 2s D' },
  )
})

test('a peer that does not answer the confirmable one observes no more [RFC 7641 §4.5]', () => {
  ladder(
    coap({ confirmableNotificationMs: 5_000, maxRetransmit: 0, processingDelayMs: 1500 }),
    { values: { ...common, C: sent('CON', '2.05', { payload: text('c') }), X: cancelled(1) } },
    { received: 'q', delivered: 'Q--------X', submitted: '-ab----c', transmitted: '-rB----C' },
  )
})
