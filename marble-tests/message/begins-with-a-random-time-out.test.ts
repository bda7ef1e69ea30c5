/** The first time-out is a matter of luck (RFC 7252 §4.2, §4.8). */
import { test } from 'vitest'
import { numbered, play, settled, submission } from './letters.ts'

const get = submission()
const values = { g: get, c: numbered(get), x: settled('gave-up') }

test('the initial time-out lies between ACK_TIMEOUT and ACK_TIMEOUT times ACK_RANDOM_FACTOR [RFC 7252 §4.2]', () => {
  const same = { g: get, c: (value: unknown) => (value as { readonly type: string }).type === 'CON' }
  play({ submitted: 'g', transmitted: 'c-c---c', delivered: '-' }, values, { dice: 0, untilMs: 7_000 })
  play({ submitted: 'g', transmitted: 'c 1500ms c 4s c', delivered: '-' }, same, { dice: 0.5, untilMs: 8_000 })
  play({ submitted: 'g', transmitted: 'c--c-----c', delivered: '-' }, same, { dice: 0.9999999, untilMs: 10_000 })
})

test('with the largest luck all is given up after MAX_TRANSMIT_WAIT [RFC 7252 §4.8.2]', () => {
  play({ submitted: 'g', transmitted: '*', delivered: '93s x' }, values, { dice: 0.9999999 })
})
