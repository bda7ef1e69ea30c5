/** Response codes that nobody has heard of (RFC 7252 §5.9). One character is a second. */
import { test } from 'vitest'
import { ladder } from '../../src/testing/index.ts'
import { ack, answered, ask, coap, con, get, observe, sent } from './lanes.ts'

test.each(['2.30', '4.30', '5.30'] as const)(
  'an unknown response code %s is handed up as it is: its class says what it means [RFC 7252 §5.9]',
  (code) => {
    ladder(
      coap(),
      {
        values: {
          a: ask('01'),
          q: sent('CON', '0.01'),
          r: ack(0, code, '01', [], 'x'),
          A: answered('x', { response: { code }, last: true }),
        },
      },
      { submitted: 'a----', transmitted: 'q', received: '-r', delivered: '-A' },
    )
  },
)

test('an unknown code of class 2 goes on with an observation, one of class 4 or 5 ends it [RFC 7252 §5.9, RFC 7641 §3.2]', () => {
  const values = {
    a: ask('01', get({ observe: true })),
    q: sent('CON', '0.01'),
    x: ack(0, '2.30', '01', [observe(1)], 'x'),
    X: answered('x', { last: false }),
    y: con(9, '4.30', '01', [], 'y'),
    k: sent('ACK', '0.00'),
    Y: answered('y', { last: true }),
  }
  ladder(coap(), { values }, { submitted: 'a------', transmitted: 'q--k', received: '-x-y', delivered: '-X-Y' })
})
