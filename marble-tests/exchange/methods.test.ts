/** Methods known and unknown (RFC 7252 §5.8). */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { coap, con, non, sent } from './lanes.ts'

test.each(['0.01', '0.02', '0.03', '0.04', '0.05', '0.06', '0.07'] as const)(
  'the method %s reaches the handler [RFC 7252 §5.8, RFC 8132 §2]',
  (code) => {
    ladder(
      coap(),
      { values: { q: con(7, code, 'aa'), Q: like({ type: 'asked', request: { code } }) }, msPerChar: 100 },
      { received: 'q--', delivered: 'Q' },
    )
  },
)

test.each(['0.08', '0.31'] as const)(
  'a request with the unknown method %s is answered 4.05 in its acknowledgement [RFC 7252 §5.8]',
  (code) => {
    ladder(
      coap(),
      { values: { q: con(7, code, 'aa'), r: sent('ACK', '4.05', { messageId: 7, token: 'aa' }) } },
      { received: 'q--', transmitted: 'r' },
    )
  },
)

test('a non-confirmable request with an unknown method is answered 4.05 [RFC 7252 §5.8]', () => {
  ladder(coap(), { values: { q: non(7, '0.09', 'aa'), r: sent('NON', '4.05', { token: 'aa' }) } }, { received: 'q--', transmitted: 'r' })
})
