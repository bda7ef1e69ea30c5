/** Observing a peer's resource (RFC 7641 §3). One character is a second. */
import { expect, test } from 'vitest'
import { isFresher } from '../../src/exchange/observing.ts'
import { ladder } from '../../src/testing/index.ts'
import { ack, answered, ask, cancel, coap, con, failed, get, maxAge, non, observe, rst, sent } from './lanes.ts'

const a = ask('01', get({ observe: true }))
const registration = sent('CON', '0.01', { token: '01', options: [observe(0), { number: 11, value: Uint8Array.of(116) }] })
const x = ack(0, '2.05', '01', [observe(1)], 'x')
const X = answered('x', { last: false })

test('a request with Observe 0 registers; its answer and every notification after it are delivered [RFC 7641 §3.1, §3.2]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x,
        X,
        y: con(9, '2.05', '01', [observe(2)], 'y'),
        k: sent('ACK', '0.00', { messageId: 9 }),
        Y: answered('y', { last: false }),
        z: non(10, '2.05', '01', [observe(3)], 'z'),
        Z: answered('z', { last: false }),
      },
    },
    { submitted: 'a-------', transmitted: 'q--k', received: '-x-y-z', delivered: '-X-Y-Z' },
  )
})

test('an answer without Observe is the only one: the peer declines to be observed [RFC 7641 §3.1]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x: ack(0, '2.05', '01', [], 'x'),
        X: answered('x', { last: true }),
        y: con(9, '2.05', '01', [observe(2)], 'y'),
        r: sent('RST', '0.00', { messageId: 9 }),
      },
    },
    { submitted: 'a-------', transmitted: 'q--r', received: '-x-y', delivered: '-X' },
  )
})

test('a notification that is no success ends the observation [RFC 7641 §3.2]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x,
        X,
        y: con(9, '4.04', '01', [], 'y'),
        k: sent('ACK', '0.00', { messageId: 9 }),
        Y: answered('y', { last: true }),
        z: con(10, '2.05', '01', [observe(3)]),
        r: sent('RST', '0.00', { messageId: 10 }),
      },
    },
    { submitted: 'a-------', transmitted: 'q--k-r', received: '-x-y-z', delivered: '-X-Y' },
  )
})

test('a notification older than the last one delivered is acknowledged, and not delivered [RFC 7641 §3.4]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x: ack(0, '2.05', '01', [observe(5)], 'x'),
        X,
        y: con(9, '2.05', '01', [observe(4)], 'y'),
        k: sent('ACK', '0.00', { messageId: 9 }),
        z: con(10, '2.05', '01', [observe(6)], 'z'),
        l: sent('ACK', '0.00', { messageId: 10 }),
        Z: answered('z'),
      },
    },
    { submitted: 'a-------', transmitted: 'q--k-l', received: '-x-y-z', delivered: '-X---Z' },
  )
})

test('the number of a notification goes round at 24 bits [RFC 7641 §3.4]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x: ack(0, '2.05', '01', [observe(0xffffff)], 'x'),
        X,
        y: non(9, '2.05', '01', [observe(0)], 'y'),
        Y: answered('y'),
      },
    },
    { submitted: 'a-------', transmitted: 'q', received: '-x-y', delivered: '-X-Y' },
  )
})

test('after more than 128 seconds any notification is newer [RFC 7641 §3.4]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x: ack(0, '2.05', '01', [observe(5), maxAge(1000)], 'x'),
        X,
        y: non(9, '2.05', '01', [observe(4)], 'y'),
        Y: answered('y'),
      },
    },
    { submitted: 'a', transmitted: 'q', received: '-x 129s y--', delivered: '-X 129s Y' },
  )
})

test.each([
  [1, 2, 0, true],
  [2, 1, 0, false],
  [1, 1, 0, false],
  [1, 1 + 2 ** 23 - 1, 0, true],
  [1, 1 + 2 ** 23, 0, false],
  [2 ** 24 - 1, 0, 0, true],
  [2 ** 23 + 1, 1, 0, false],
  [2 ** 23 + 2, 1, 0, true],
  [9, 1, 128_000, false],
  [9, 1, 128_001, true],
])('of %i and then %i, %i ms later, the second is newer: %s [RFC 7641 §3.4]', (first, second, laterMs, newer) => {
  expect(isFresher({ sequence: first, receivedAt: 5 }, { sequence: second, receivedAt: 5 + laterMs })).toBe(newer)
})

test('when Max-Age has passed and 5 to 15 seconds more without a word, it registers again under its token [RFC 7641 §3.3.1]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x: ack(0, '2.05', '01', [observe(1), maxAge(10)], 'x'),
        X,
        y: ack(1, '2.05', '01', [observe(2), maxAge(100)], 'y'),
        Y: answered('y'),
      },
      dice: 0,
    },
    { submitted: 'a', transmitted: 'q 15s q', received: '-x 15s y---------', delivered: '-X 15s Y' },
  )
})

test('the random part of the time until it registers again is at most 10 seconds [RFC 7641 §3.3.1]', () => {
  ladder(
    coap(),
    { values: { a, q: registration, x: non(9, '2.05', '01', [observe(1), maxAge(10)], 'x'), X }, dice: 0.9999, untilMs: 27_000 },
    { submitted: 'a', transmitted: 'q 24998ms q', received: '-x', delivered: '-X' },
  )
})

test('a notification puts off registering again [RFC 7641 §3.3.1]', () => {
  const fresh = [observe(2), maxAge(20)]
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x: ack(0, '2.05', '01', [observe(1), maxAge(10)], 'x'),
        X,
        y: non(9, '2.05', '01', fresh, 'y'),
        Y: answered('y'),
        e: ack(1),
      },
    },
    { submitted: 'a', transmitted: 'q 34s q', received: '-x--------y 25s e----', delivered: '-X--------Y' },
  )
})

test('an observation whose renewal nobody answers fails', () => {
  ladder(
    coap({ maxRetransmit: 0 }),
    { values: { a, q: registration, x: ack(0, '2.05', '01', [observe(1), maxAge(1)], 'x'), X, F: failed('timeout') } },
    { submitted: 'a', transmitted: 'q------q', received: '-x', delivered: '-X-------F' },
  )
})

test('without renewal, silence is no reason to ask again', () => {
  ladder(
    coap({ renewObservations: false }),
    { values: { a, q: registration, x: ack(0, '2.05', '01', [observe(1), maxAge(1)], 'x'), X }, untilMs: 86_400_000 },
    { submitted: 'a', transmitted: 'q', received: '-x', delivered: '-X' },
  )
})

test('who has had enough deregisters with Observe 1 and the same token; the answer to that is taken in silence [RFC 7641 §3.6]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x,
        X,
        c: cancel('01'),
        d: sent('CON', '0.01', { token: '01', options: [observe(1), { number: 11, value: Uint8Array.of(116) }] }),
        e: ack(1),
        r: con(9, '2.05', '01', [], 'x'),
        k: sent('ACK', '0.00', { messageId: 9 }),
      },
    },
    { submitted: 'a--c-------', transmitted: 'q--d-k', received: '-x--er', delivered: '-X' },
  )
})

test('a notification for which nobody waits any more is rejected, so that the peer forgets us [RFC 7641 §3.6]', () => {
  ladder(
    coap(),
    {
      values: {
        a,
        q: registration,
        x,
        X,
        c: cancel('01'),
        d: sent('CON', '0.01'),
        y: non(9, '2.05', '01', [observe(2)], 'y'),
        r: sent('RST', '0.00', { messageId: 9 }),
        e: ack(1, '2.05', '01'),
        z: con(10, '2.05', '01', [observe(3)], 'y'),
        s: sent('RST', '0.00', { messageId: 10 }),
      },
      msPerChar: 500,
    },
    { submitted: 'a--c-------', transmitted: 'q--dr-s', received: '-x--yez', delivered: '-X' },
  )
})

test('a deregistration that nobody answers is given up in silence', () => {
  ladder(
    coap({ maxRetransmit: 0 }),
    { values: { a, q: registration, x, X, c: cancel('01'), d: sent('CON', '0.01') }, untilMs: 86_400_000 },
    { submitted: 'a--c-------', transmitted: 'q--d', received: '-x', delivered: '-X' },
  )
})

test('a registration that is rejected fails [RFC 7252 §4.2]', () => {
  ladder(
    coap(),
    { values: { a, q: registration, r: rst(0), F: failed('reset') } },
    { submitted: 'a----', transmitted: 'q', received: '-r', delivered: '-F' },
  )
})
