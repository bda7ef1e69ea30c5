/** An acknowledgement or reset belongs to the message with its message ID, between the same endpoints (RFC 7252 §4.4). */
import { test } from 'vitest'
import { emptyAck, message, numbered, other, piggybacked, play, rst, submission } from './letters.ts'

const get = submission()
const untouched = (received: unknown) =>
  play(
    { submitted: 'g', transmitted: 'c-c---c', received: '-a', delivered: '-' },
    { g: get, c: numbered(get), a: received },
    { untilMs: 8_000 },
  )

test('an acknowledgement with another message ID acknowledges nothing [RFC 7252 §4.4]', () => void untouched(emptyAck(1)))
test('an acknowledgement from another endpoint acknowledges nothing [RFC 7252 §4.4]', () => void untouched(emptyAck(0, other)))
test('a reset with another message ID resets nothing [RFC 7252 §4.4]', () => void untouched(rst(1)))
test('a reset from another endpoint resets nothing [RFC 7252 §4.4]', () => void untouched(rst(0, other)))
test('a piggybacked response with another token belongs to an older exchange [RFC 7252 §5.3.2]', () =>
  void untouched(piggybacked({ token: 'bb' })))
test('an acknowledgement that carries a request is ignored in silence [RFC 7252 §4.2]', () => void untouched(piggybacked({ code: '0.01' })))
test('a reset that is not empty is ignored in silence [RFC 7252 §4.2]', () =>
  void untouched(message({ type: 'RST', messageId: 0, code: '2.05' })))
