/** An observation of ours that outlived our restart: its token is enough (RFC 7641 §3.1). One character is half a second. */
import { describe, test } from 'vitest'
import type { Ask, Request } from '../../src/exchange/exchange.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { coap, message, observe, peer, sent, text } from './lanes.ts'

const asked: Request = {
  ...{ remote: peer, code: '0.01', options: [observe(0)], payload: text(''), confirmable: true, purpose: 'request' },
  token: 'aabb',
}
const ask = (request: Request): Ask => ({ type: 'ask', exchange: 'aabb', request })
const notified = (payload: string) => like({ type: 'answered', exchange: 'aabb', last: false, response: like({ payload: text(payload) }) })
const note = (messageId: number, sequence: number, payload: string) =>
  message('CON', messageId, '2.05', 'aabb', [observe(sequence)], payload)
const words = {
  r: ask({ ...asked, outlived: true }),
  a: ask(asked),
  x: { type: 'cancel', exchange: 'aabb', remote: peer },
  n: note(7, 500, 'one'),
  o: note(8, 501, 'two'),
  p: note(9, 400, 'old'),
  N: notified('one'),
  O: notified('two'),
  k: sent('ACK', '0.00', { messageId: 7 }),
  l: sent('ACK', '0.00', { messageId: 8 }),
  m: sent('ACK', '0.00', { messageId: 9 }),
  R: sent('RST', '0.00', { messageId: 7 }),
  A: sent('CON', '0.01', { token: 'aabb' }),
  C: like({ type: 'CON', options: [observe(1)] }),
}
const play = (lanes: Parameters<typeof ladder>[2]) => ladder(coap(), { msPerChar: 500, values: words }, lanes)

describe('an observation that outlived our restart', () => {
  test('is not asked for; what is notified under its token is acknowledged and taken, in order [RFC 7641 §3.4]', () => {
    play({ submitted: 'r-----', received: '--n-op', transmitted: '--k-lm', delivered: '--N-O-' })
  })
  test('of which nobody knows the token is rejected [RFC 7641 §3.6]', () => {
    play({ submitted: '------', received: '--n---', transmitted: '--R---', delivered: '------' })
  })
  test('is asked for anew under the same token, and its numbers count on [RFC 7641 §3.3.1]', () => {
    play({ submitted: 'r--a-', received: '--n-p', transmitted: '--kAm', delivered: '--N--' })
  })
  test('is cancelled like any other [RFC 7641 §3.6]', () => {
    play({ submitted: 'r---x', received: '--n--', transmitted: '--k-C', delivered: '--N--' })
  })
})
