/** Is the peer there? (RFC 7252 §4.3). One character is a second. */
import { test } from 'vitest'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { ask, coap, failed, peer, rst, sent } from './lanes.ts'

const ping = ask('01', { remote: peer, code: '0.00', options: noOptions, payload: noBytes, confirmable: true, purpose: 'request' })

test('a ping is an empty CON, and an RST says that the peer is there [RFC 7252 §4.3]', () => {
  ladder(
    coap(),
    {
      values: {
        p: ping,
        q: sent('CON', '0.00', { token: '' }),
        r: rst(0),
        A: like({ type: 'answered', response: { code: '0.00' }, last: true }),
      },
    },
    { submitted: 'p-----', transmitted: 'q', received: '-r', delivered: '-A' },
  )
})

test('a ping that nobody answers is sent again like any CON, and fails [RFC 7252 §4.3]', () => {
  ladder(
    coap({ maxRetransmit: 1 }),
    { values: { p: ping, q: sent('CON', '0.00'), F: failed('timeout') } },
    { submitted: 'p-----', transmitted: 'q-q', delivered: '------F' },
  )
})
