/** A rejection ends the retransmission (RFC 7252 §4.2). */
import { test } from 'vitest'
import { numbered, play, rst, settled, submission } from './letters.ts'

const get = submission()

test('a reset cancels the attempt, and the application is told [RFC 7252 §4.2]', () => {
  play(
    { submitted: 'g', transmitted: 'c-c', received: '---x', delivered: '---s' },
    { g: get, c: numbered(get), x: rst(), s: settled('reset') },
    { untilMs: 100_000 },
  )
})
