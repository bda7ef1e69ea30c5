/** Being observed (RFC 7641 §4). One character is a second. */
import { test } from 'vitest'
import { exchanges } from '../../src/exchange/exchanges.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, answer, cancelled, coap, con, notification, observe, rst, sent, text } from './lanes.ts'

const registration = [observe(0)]
const q = con(7, '0.01', 'aa', registration)
const Q = like({ type: 'asked', exchange: 1 })
const r = sent('ACK', '2.05', { messageId: 7, token: 'aa', options: [observe(1)] })
const a = notification(1, 'a')
const ms = (msPerChar: number) => ({ msPerChar })

test('a registration is answered with Observe, and every change is notified with the token of the registration [RFC 7641 §4.1, §4.2]', () => {
  ladder(
    coap(),
    {
      values: {
        q,
        Q,
        a,
        r,
        b: notification(1, 'b'),
        s: sent('CON', '2.05', { token: 'aa', options: [observe(2)], payload: text('b') }),
        k: ack(0),
      },
      ...ms(500),
    },
    { received: 'q-----k', delivered: 'Q', submitted: '-a---b', transmitted: '-r---s' },
  )
})

test('a FETCH is observed like a GET; with other methods Observe is ignored [RFC 7641 §2, RFC 8132 §2.4]', () => {
  ladder(
    coap(),
    { values: { q: con(7, '0.05', 'aa', registration), Q, a, r }, ...ms(500) },
    { received: 'q--', delivered: 'Q', submitted: '-a', transmitted: '-r' },
  )
  const plain = sent('ACK', '2.05', { options: [] })
  ladder(
    coap(),
    { values: { q: con(7, '0.02', 'aa', registration), Q, a, r: plain, X: cancelled(1) }, ...ms(500) },
    { received: 'q--', delivered: 'QX', submitted: '-a', transmitted: '-r' },
  )
})

test('an Observe with another value than 0 is an ordinary request [RFC 7641 §2]', () => {
  ladder(
    coap(),
    { values: { q: con(7, '0.01', 'aa', [observe(7)]), Q, a, r: sent('ACK', '2.05', { options: [] }), X: cancelled(1) }, ...ms(500) },
    { received: 'q--', delivered: 'QX', submitted: '-a', transmitted: '-r' },
  )
})

test('a registration that is answered with an error is none, and the answer has no Observe [RFC 7641 §4.1]', () => {
  const error = answer(1, { code: '4.04', options: [observe(3)] }, false)
  ladder(
    coap(),
    { values: { q, Q, a: error, r: sent('ACK', '4.04', { options: [] }), X: cancelled(1), b: notification(1, 'b') }, ...ms(500) },
    { received: 'q------', delivered: 'QX', submitted: '-a---b', transmitted: '-r' },
  )
})

test('a registration with the token of another replaces it: the peer is notified once, and its numbers go on [RFC 7641 §4.1]', () => {
  ladder(
    coap(),
    {
      values: {
        q,
        Q,
        a,
        r,
        p: con(8, '0.01', 'aa', registration),
        P: like({ type: 'asked', exchange: 2 }),
        X: cancelled(1),
        b: notification(2, 'b'),
        s: sent('ACK', '2.05', { messageId: 8, options: [observe(2)] }),
        c: notification(1, 'c'),
        d: notification(2, 'd'),
        t: sent('CON', '2.05', { options: [observe(3)], payload: text('d') }),
        k: ack(0),
      },
      ...ms(500),
    },
    { received: 'q-p----k', delivered: 'Q-(PX)', submitted: '-a-b-cd', transmitted: '-r-s--t' },
  )
})

test('an error ends the observation: it is sent without Observe, and nothing after it [RFC 7641 §4.2]', () => {
  const error = answer(1, { code: '4.04', options: [observe(3)] }, false)
  ladder(
    coap(),
    {
      values: {
        q,
        Q,
        a,
        r,
        b: error,
        s: sent('CON', '4.04', { token: 'aa', options: [] }),
        k: ack(0),
        X: cancelled(1),
        c: notification(1, 'c'),
      },
      ...ms(500),
    },
    { received: 'q-----k', delivered: 'Q----X', submitted: '-a---b-c-', transmitted: '-r---s' },
  )
})

test('a deregistration ends the observation and is answered like an ordinary request [RFC 7641 §3.6, §4.1]', () => {
  ladder(
    coap(),
    {
      values: {
        q,
        Q,
        a,
        r,
        p: con(8, '0.01', 'aa', [observe(1)]),
        P: like({ type: 'asked', exchange: 2 }),
        X: cancelled(1),
        b: answer(2),
        s: sent('ACK', '2.05', { messageId: 8, options: [] }),
        c: notification(1, 'c'),
      },
      ...ms(500),
    },
    { received: 'q-p----', delivered: 'Q-(PX)', submitted: '-a-b-c', transmitted: '-r-s' },
  )
})

test('a deregistration that comes before the first answer is heard too [RFC 7641 §3.6]', () => {
  ladder(
    coap(),
    {
      values: {
        q,
        Q,
        e: sent('ACK', '0.00', { messageId: 7 }),
        p: con(8, '0.01', 'aa', [observe(1)]),
        P: like({ type: 'asked', exchange: 2 }),
        X: cancelled(1),
        b: answer(2),
        s: sent('ACK', '2.05', { messageId: 8, options: [] }),
        c: notification(1, 'c'),
      },
      ...ms(500),
    },
    { received: 'qp-----', delivered: 'Q(PX)', submitted: '--b-c', transmitted: '-es' },
  )
})

test('a notification that is rejected was the last [RFC 7641 §3.6, §4.5]', () => {
  ladder(
    coap(),
    {
      values: { q, Q, a, r, b: notification(1, 'b'), s: sent('CON', '2.05'), x: rst(0), X: cancelled(1), c: notification(1, 'c') },
      ...ms(500),
    },
    { received: 'q-----x', delivered: 'Q-----X', submitted: '-a---b-c--', transmitted: '-r---s' },
  )
})

test('a non-confirmable notification that is rejected was the last [RFC 7641 §3.6]', () => {
  ladder(
    coap(),
    {
      values: {
        q,
        Q,
        a,
        r,
        b: notification(1, 'b', false),
        s: sent('NON', '2.05', { options: [observe(2)] }),
        x: rst(0),
        X: cancelled(1),
        c: notification(1, 'c'),
      },
      ...ms(500),
    },
    { received: 'q-----x', delivered: 'Q-----X', submitted: '-a---b-c--', transmitted: '-r---s' },
  )
})

test('a notification that nobody acknowledges was the last [RFC 7641 §4.5]', () => {
  ladder(
    coap({ maxRetransmit: 1, processingDelayMs: 1500 }),
    { values: { q, Q, a, r, b: notification(1, 'b'), s: sent('CON', '2.05'), X: cancelled(1) } },
    { received: 'q', delivered: 'Q-------X', submitted: '-ab', transmitted: '-rs-s' },
  )
})

test('a registration that is answered separately is notified with Observe in a message of its own [RFC 7641 §4.1]', () => {
  ladder(
    coap(),
    {
      values: {
        q,
        Q,
        e: sent('ACK', '0.00', { messageId: 7 }),
        a,
        s: sent('CON', '2.05', { token: 'aa', options: [observe(1)] }),
        k: ack(0),
        b: notification(1, 'b'),
        t: sent('CON', '2.05', { options: [observe(2)] }),
        l: ack(1),
      },
    },
    { received: 'q---k-l', delivered: 'Q', submitted: '---a-b-', transmitted: '-e-s-t' },
  )
})

test('the number of each notification is greater than the one before [RFC 7641 §4.4]', () => {
  const numbered = (number: number) => sent('NON', '2.05', { options: [observe(number)] })
  ladder(
    coap({ processingDelayMs: 1500 }),
    { values: { q, Q, a, r, b: notification(1, 'b', false), s: numbered(2), c: notification(1, 'c', false), t: numbered(3) } },
    { received: 'q', delivered: 'Q', submitted: '-ab---c', transmitted: '-rs---t' },
  )
})

test('the number of a notification goes round at 24 bits [RFC 7641 §4.4]', () => {
  const machine = exchanges(defaultParameters)
  const almost = { ...machine, initial: { ...machine.initial, sequence: 0xfffffe } }
  const numbered = (number: number) => like({ options: [observe(number)] })
  ladder(
    almost,
    { values: { q, Q, a, r: numbered(0xffffff), b: notification(1, 'b'), s: numbered(0) }, msPerChar: 500 },
    { received: 'q', delivered: 'Q', submitted: '-ab', transmitted: '-rs' },
  )
})
