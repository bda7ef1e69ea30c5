/** Multicast is out of scope (RFC 7252 §8): nothing breaks when somebody tries. */
import { test } from 'vitest'
import { message, numbered, play, submission } from './letters.ts'

const remote = 'coap://224.0.1.187:5683'

test('a request to a multicast address leaves, and responses of others are theirs to answer', () => {
  const n = submission({ type: 'NON', remote })
  const r = message({ type: 'NON', code: '2.05' })
  play({ submitted: 'n', received: '-r', transmitted: 'N', delivered: '-r' }, { n, N: numbered(n), r }, { untilMs: 300_000 })
})
