/** Acknowledgements and resets are never answered (RFC 7252 §4.2). */
import { test } from 'vitest'
import { emptyAck, malformed, message, piggybacked, play, rst } from './letters.ts'

test('nothing is sent in response to acknowledgements and resets, whatever they are [RFC 7252 §4.2]', () => {
  const values = {
    a: emptyAck(9),
    b: rst(9),
    c: piggybacked({ messageId: 9 }),
    d: message({ type: 'RST', code: '0.01' }),
    e: piggybacked({ code: '0.01' }),
    f: malformed({ confirmable: false }),
  }
  play({ received: 'abcdef', transmitted: '-', delivered: '-' }, values, { untilMs: 60_000 })
})
