/** Requests and responses without acknowledgements (RFC 7252 §5.2.3). One character is a second. */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { answer, answered, ask, coap, con, failed, get, non, rst, sent } from './lanes.ts'

test('a non-confirmable request is answered in a non-confirmable message [RFC 7252 §5.2.3]', () => {
  ladder(
    coap(),
    { values: { q: non(7, '0.01', 'aa'), Q: like({ type: 'asked' }), a: answer(1), r: sent('NON', '2.05', { token: 'aa' }) } },
    { received: 'q------', delivered: 'Q', submitted: '---a', transmitted: '---r' },
  )
})

test('a non-confirmable request is sent once, and answered by a NON [RFC 7252 §5.2.3]', () => {
  ladder(
    coap(),
    { values: { a: ask('01', get({ confirmable: false })), q: sent('NON', '0.01'), r: non(9, '2.05', '01', [], '21'), A: answered('21') } },
    { submitted: 'a-------', transmitted: 'q', received: '-----r', delivered: '-----A' },
  )
})

test('a non-confirmable request may be answered by a CON, which is acknowledged [RFC 7252 §5.2.3]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01', get({ confirmable: false })),
        q: sent('NON', '0.01'),
        r: con(9, '2.05', '01', [], '21'),
        k: sent('ACK', '0.00', { messageId: 9 }),
        A: answered('21'),
      },
    },
    { submitted: 'a-------', transmitted: 'q----k', received: '-----r', delivered: '-----A' },
  )
})

test('a non-confirmable request that is rejected fails with it [RFC 7252 §4.3]', () => {
  ladder(
    coap(),
    { values: { a: ask('01', get({ confirmable: false })), q: sent('NON', '0.01'), r: rst(0), F: failed('reset') } },
    { submitted: 'a-------', transmitted: 'q', received: '-r', delivered: '-F' },
  )
})

test('a non-confirmable request that nobody answers fails after the response time-out', () => {
  ladder(
    coap({ responseTimeoutMs: 5000 }),
    { values: { a: ask('01', get({ confirmable: false })), q: sent('NON', '0.01'), F: failed('timeout') } },
    { submitted: 'a--------', transmitted: 'q', delivered: '-----F' },
  )
})
