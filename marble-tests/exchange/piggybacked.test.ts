/** A response in the acknowledgement of its request (RFC 7252 §5.2.1). One character is a second. */
import { test } from 'vitest'
import { ladder } from '../../src/testing/index.ts'
import { ack, answer, answered, ask, coap, con, sent } from './lanes.ts'

test('a response in the acknowledgement is the answer, and nothing is sent for it [RFC 7252 §5.2.1]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01', { messageId: 0, token: '01' }),
        r: ack(0, '2.05', '01', [], '21'),
        A: answered('21', { last: true }),
      },
    },
    { submitted: 'a-----------', transmitted: 'q', received: '-r', delivered: '-A' },
  )
})

test('a request that is answered at once is answered in its acknowledgement, under its message ID and token [RFC 7252 §5.2.1]', () => {
  ladder(
    coap(),
    {
      values: { q: con(7, '0.01', 'aa'), Q: askedFirst, a: answer(1), r: sent('ACK', '2.05', { messageId: 7, token: 'aa' }) },
      msPerChar: 100,
    },
    { received: 'q----------------', delivered: 'Q', submitted: '-a', transmitted: '-r' },
  )
})

const askedFirst = (value: unknown) =>
  (value as { readonly type: string; readonly exchange: number }).type === 'asked' &&
  (value as { readonly exchange: number }).exchange === 1
