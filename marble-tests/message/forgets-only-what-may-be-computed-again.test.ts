/** Bounds of what is remembered: reads are computed again, anything else is refused (RFC 7252 §4.5). */
import { expect, test } from 'vitest'
import { message, other, piggybacked, play } from './letters.ts'

const asked = (messageId: number, code: '0.01' | '0.02' | '0.03' | '0.05' = '0.02') => message({ messageId, code })
const unavailable = (messageId: number) => piggybacked({ messageId, code: '5.03' })

test('a GET whose answer was let go is answered anew, because it is idempotent [RFC 7252 §4.5]', () => {
  const values = { a: asked(1, '0.01'), b: asked(2, '0.05'), c: asked(3, '0.01') }
  play({ received: 'abcba', transmitted: '-', delivered: 'abc-a' }, values, { seenPerPeerMax: 2 })
})
test('a request that must be performed once is never let go: at the bound new ones hear 5.03 [RFC 7252 §4.5]', () => {
  const values = {
    a: asked(1),
    b: asked(2, '0.03'),
    c: asked(3),
    x: unavailable(3),
    d: message({ messageId: 3, code: '0.02', remote: other }),
  }
  play({ received: 'abcbacd', transmitted: '--x--x', delivered: 'ab----d' }, values, { performedPerPeerMax: 2, untilMs: 100_000 })
})
test('a refused request stays refused when it comes again, although there is room meanwhile', () => {
  const values = { a: asked(1), b: asked(2), x: unavailable(2), n: message({ messageId: 4, code: '0.02' }) }
  play({ received: 'a 199s b 99s bn', transmitted: '200s x 99s x', delivered: 'a 300s n' }, values, { performedPerPeerMax: 1 })
})
test('a refused non-confirmable request is told in a non-confirmable response', () => {
  const values = { a: asked(1), b: message({ type: 'NON', messageId: 2, code: '0.02' }) }
  const { transmitted } = play({ received: 'ab', transmitted: '*', delivered: 'a' }, values, { performedPerPeerMax: 1 })
  expect(transmitted.map(({ value }) => value)).toMatchObject([{ type: 'NON', code: '5.03', token: 'aa', remote: message().remote }])
})
test('answers are bounded in octets: the oldest reads are computed again', () => {
  const large = (messageId: number) => piggybacked({ messageId, payload: new Uint8Array(400) })
  const values = { a: asked(1, '0.01'), b: asked(2, '0.01'), c: asked(3, '0.01'), x: large(1), y: large(2), z: large(3) }
  play({ received: 'a-b-c-cba', submitted: '-x-y-z', transmitted: '-x-y-zzy', delivered: 'a-b-c---a' }, values, {
    seenBytesPerPeerMax: 1_150,
  })
})
test('answers that must be kept are bounded in octets: then new requests hear 5.03', () => {
  const large = (messageId: number) => piggybacked({ messageId, payload: new Uint8Array(400) })
  const values = { a: asked(1), b: asked(2), c: asked(3), x: large(1), y: large(2), z: unavailable(3) }
  play({ received: 'a-b-cab', submitted: '-x-y', transmitted: '-x-yzxy', delivered: 'a-b' }, values, {
    performedBytesPerPeerMax: 600,
    untilMs: 100_000,
  })
})
test('an answer 2.31 is let go when there is need, because the next block supersedes it', () => {
  const blocks = [1, 2, 3].map((messageId) => asked(messageId, '0.03'))
  const more = [1, 2, 3].map((messageId) => piggybacked({ messageId, code: '2.31' }))
  const values = { a: blocks[0], b: blocks[1], c: blocks[2], x: more[0], y: more[1], z: more[2] }
  play({ received: 'a-b-c-ca', submitted: '-x-y-z', transmitted: '-x-y-zz', delivered: 'a-b-c--a' }, values, {
    performedPerPeerMax: 1,
    seenPerPeerMax: 2,
  })
})
