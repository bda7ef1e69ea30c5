/** A duplicate has the same remote, message ID and token (RFC 7252 §4.5; docs/decisions/message-ids.md). */
import { test } from 'vitest'
import { message, other, piggybacked, play } from './letters.ts'

test('the same message ID from another endpoint is another message [RFC 7252 §4.5]', () => {
  play({ received: 'pq', transmitted: '-', delivered: 'pq' }, { p: message({ code: '0.02' }), q: message({ code: '0.02', remote: other }) })
})
test('another message ID from the same endpoint is another message [RFC 7252 §4.5]', () => {
  play({ received: 'pq', transmitted: '-', delivered: 'pq' }, { p: message(), q: message({ messageId: 8 }) })
})
test('a message ID that a fast peer uses again, with another token, is answered freshly', () => {
  const [p, q] = [message({ code: '0.02' }), message({ code: '0.02', token: 'bb' })]
  const [a, b] = [piggybacked({ messageId: 7, code: '2.04' }), piggybacked({ messageId: 7, code: '2.01', token: 'bb' })]
  play({ received: 'p-q-qp', submitted: '-a-b', transmitted: '-a-bba', delivered: 'p-q' }, { p, q, a, b })
})
test('a read that takes the message ID of a write does not make the write new', () => {
  const [p, q] = [message({ code: '0.02' }), message({ token: 'bb' })]
  const [a, b] = [piggybacked({ messageId: 7, code: '2.04' }), piggybacked({ messageId: 7, token: 'bb' })]
  play({ received: 'p-q-qp', submitted: '-a-b', transmitted: '-a-bba', delivered: 'p-q' }, { p, q, a, b })
})
