/** How long a message ID is remembered (RFC 7252 §4.5, §4.8.2). */
import { test } from 'vitest'
import { message, play } from './letters.ts'

const at = (seconds: number) => `p ${seconds - 1}s p`

test('a confirmable message is a duplicate for EXCHANGE_LIFETIME, and new after it [RFC 7252 §4.5]', () => {
  play({ received: at(246), transmitted: '-', delivered: 'p' }, { p: message({ code: '0.02' }) }, { untilMs: 300_000 })
  play({ received: at(247), transmitted: '-', delivered: at(247) }, { p: message({ code: '0.02' }) }, { untilMs: 300_000 })
})
test('a non-confirmable message is a duplicate for NON_LIFETIME, and new after it [RFC 7252 §4.5]', () => {
  play({ received: at(144), transmitted: '-', delivered: 'p' }, { p: message({ type: 'NON', code: '0.02' }) }, { untilMs: 300_000 })
  play({ received: at(145), transmitted: '-', delivered: at(145) }, { p: message({ type: 'NON', code: '0.02' }) }, { untilMs: 300_000 })
})
test('being asked again does not make the memory last longer', () => {
  play({ received: 'p 99s p 99s p 49s p', transmitted: '-', delivered: 'p 249s p' }, { p: message({ code: '0.02' }) }, { untilMs: 300_000 })
})
