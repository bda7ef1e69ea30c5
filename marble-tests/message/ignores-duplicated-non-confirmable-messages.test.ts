/** A duplicated non-confirmable message is ignored (RFC 7252 §4.5). */
import { test } from 'vitest'
import { message, play } from './letters.ts'

test('a duplicated non-confirmable message is ignored in silence, and processed once [RFC 7252 §4.5]', () => {
  play({ received: 'ppp', transmitted: '-', delivered: 'p' }, { p: message({ type: 'NON', code: '0.02' }) }, { untilMs: 100_000 })
})
test('a non-confirmable message is not acknowledged [RFC 7252 §4.3]', () => {
  play(
    { received: 'pq', transmitted: '-', delivered: 'pq' },
    { p: message({ type: 'NON' }), q: message({ type: 'NON', messageId: 8, code: '2.05' }) },
    { untilMs: 100_000 },
  )
})
