/** A confirmable message is sent again, each time after twice as long (RFC 7252 §4.2). */
import { test } from 'vitest'
import { numbered, play, settled, submission } from './letters.ts'

const get = submission()

test('a confirmable message is retransmitted at exponentially increasing intervals until it is acknowledged, reset or given up [RFC 7252 §4.2]', () => {
  play(
    {
      submitted: '  g',
      transmitted: 'c-c---c-------c---------------c',
      delivered: '  62s x',
    },
    { g: get, c: numbered(get), x: settled('gave-up') },
    { untilMs: 600_000 },
  )
})

test('what is retransmitted is the same message with the same message ID [RFC 7252 §4.2]', () => {
  const { transmitted } = play({ submitted: '-g', transmitted: '*', delivered: '*' }, { g: get }, { untilMs: 100_000 })
  for (const { value } of transmitted) if (value !== transmitted[0]!.value) throw new Error('another message')
  if (transmitted.length !== 5) throw new Error(`${transmitted.length} transmissions`)
})
