/** Message IDs: from anywhere, upwards, each peer its own, none twice while it is open (RFC 7252 §4.4; docs/decisions/message-ids.md). */
import { expect, test } from 'vitest'
import type { Message } from '../../src/message/message.ts'
import { other, play, submission } from './letters.ts'

const n = submission({ type: 'NON', code: '2.05', reference: '', purpose: 'response' })
const ids = (lane: readonly { readonly value: unknown }[]) => lane.map(({ value }) => (value as Message).messageId)

test('message IDs begin anywhere and count up, wrapping at 65,536 [RFC 7252 §4.4]', () => {
  const { transmitted } = play({ submitted: 'nnn', transmitted: '*' }, { n }, { dice: 65_535 / 2 ** 32 })
  expect(ids(transmitted)).toEqual([65_535, 0, 1])
})
test('each peer has its own', () => {
  const o = submission({ ...n, remote: other })
  const { transmitted } = play({ submitted: 'nonno', transmitted: '*' }, { n, o }, {})
  expect(ids(transmitted)).toEqual([0, 0, 1, 2, 1])
})
