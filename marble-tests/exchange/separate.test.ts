/** A response in a message of its own (RFC 7252 §5.2.2). One character is a second. */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, answer, answered, ask, coap, con, failed, non, sent } from './lanes.ts'

const asked = like({ type: 'asked' })

test('an empty acknowledgement stops the retransmissions; the response comes later, and is acknowledged [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        e: ack(0),
        r: con(9, '2.05', '01', [], '21'),
        A: answered('21', { last: true }),
        k: sent('ACK', '0.00', { messageId: 9 }),
      },
    },
    { submitted: 'a---------------', transmitted: 'q---------k', received: '-e--------r', delivered: '----------A' },
  )
})

test('a response that overtakes the acknowledgement of its request stops the retransmissions too [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        e: ack(0),
        r: con(9, '2.05', '01', [], '21'),
        A: answered('21', { last: true }),
        k: sent('ACK', '0.00', { messageId: 9 }),
      },
    },
    { submitted: 'a---------------', transmitted: 'qk', received: '-r-e', delivered: '-A' },
  )
})

test('a separate response may be non-confirmable, and is not acknowledged then [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    { values: { a: ask('01'), q: sent('CON', '0.01'), e: ack(0), r: non(9, '2.05', '01', [], '21'), A: answered('21', { last: true }) } },
    { submitted: 'a---------------', transmitted: 'q', received: '-e--------r', delivered: '----------A' },
  )
})

test('a handler that takes long is acknowledged for, and its answer sent in a confirmable message with the token [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa'),
        Q: asked,
        e: sent('ACK', '0.00', { messageId: 7, token: '' }),
        a: answer(1),
        r: sent('CON', '2.05', { messageId: 0, token: 'aa' }),
        k: ack(0),
      },
    },
    { received: 'q---k-----', delivered: 'Q', submitted: '---a', transmitted: '-e-r' },
  )
})

test('once it is acknowledged, a request is answered separately, even if it comes again [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa'),
        Q: asked,
        e: sent('ACK', '0.00', { messageId: 7 }),
        a: answer(1),
        r: sent('CON', '2.05', { messageId: 0 }),
        k: ack(0),
      },
    },
    { received: 'q-q-qk---', delivered: 'Q', submitted: '----a', transmitted: '-ee-(re)' },
  )
})

test('a confirmable response is retransmitted until it is acknowledged [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa'),
        Q: asked,
        e: sent('ACK', '0.00'),
        a: answer(1),
        r: sent('CON', '2.05', { messageId: 0 }),
        k: ack(0),
      },
    },
    { received: 'q---------k---------', delivered: 'Q', submitted: '---a', transmitted: '-e-r-r---r' },
  )
})

test('once it is acknowledged, a request that nobody answers is answered 5.03 in the end and let go', () => {
  ladder(
    coap({ responseTimeoutMs: 5000 }),
    {
      values: {
        q: con(7, '0.01', 'aa'),
        Q: asked,
        e: sent('ACK', '0.00'),
        r: sent('CON', '5.03', { token: 'aa' }),
        X: like({ type: 'cancelled', exchange: 1 }),
        k: ack(0),
      },
    },
    { received: 'q------k---', delivered: 'Q-----X', transmitted: '-e----r' },
  )
})

test('a request that is acknowledged but never answered fails after the response time-out', () => {
  ladder(
    coap({ responseTimeoutMs: 5000 }),
    { values: { a: ask('01'), q: sent('CON', '0.01'), e: ack(0), F: failed('timeout') } },
    { submitted: 'a------------', transmitted: 'q', received: '-e', delivered: '------F' },
  )
})

test('a request that is never acknowledged fails after its last time-out', () => {
  ladder(
    coap(),
    { values: { a: ask('01'), q: sent('CON', '0.01'), F: failed('timeout') } },
    { submitted: 'a', transmitted: 'q-q---q-------q---------------q', delivered: '62s F' },
  )
})
