/** The laws over one download (RFC 7959 §2.4; RFC 9110 §14). */
import * as fc from 'fast-check'
import { pull } from '../../src/firmware/download/pull.ts'
import type { PullEffect, PullEvent } from '../../src/firmware/download/words.ts'
import { laws } from '../../src/testing/index.ts'
import { check } from './tight.ts'

const attempt = fc.nat(4)
const bytes = fc.nat(5_000)
const etag = fc.constantFrom(undefined, Uint8Array.of(1), Uint8Array.of(2))
const sha256 = 'ab'.repeat(32)
const failure = fc.constantFrom(
  { code: 'timeout' as const, message: 'silent', retryable: true },
  { code: 'response' as const, message: '5.03', responseCode: '5.03', retryable: true, retryAfterMs: 60_000 },
  { code: 'response' as const, message: '4.04', responseCode: '4.04', retryable: false },
  { code: 'changed' as const, message: 'another', retryable: true },
)
const events: fc.Arbitrary<PullEvent> = fc.oneof(
  fc.record({
    type: fc.constant('begin' as const),
    found: fc.option(fc.record({ bytes, total: fc.constant(5_000), etag }), { nil: undefined }),
  }),
  fc.record({ type: fc.constant('opened' as const), attempt, offset: bytes, total: fc.constantFrom(undefined, 5_000), etag }),
  fc.record({ type: fc.constant('stored' as const), attempt, bytes }),
  fc.record({
    type: fc.constant('redirected' as const),
    attempt,
    location: fc.constantFrom('/there', 'https://other/f', 'http://other/f', 'ftp://other/f', ''),
    status: fc.constantFrom(301, 307),
  }),
  fc.record({ type: fc.constant('ended' as const), attempt }),
  fc.record({ type: fc.constant('failed' as const), attempt, failure }),
  fc.record({ type: fc.constant('verified' as const), sha256: fc.constantFrom(sha256, 'cd'.repeat(32)) }),
  fc.record({ type: fc.constant('unverified' as const), failure }),
  fc.record({ type: fc.constantFrom('suspend' as const, 'resume' as const, 'reconnect' as const) }),
)
const answers = (effect: PullEffect): readonly PullEvent[] => {
  switch (effect.type) {
    case 'fetch': {
      const { attempt, offset } = effect
      return [
        { type: 'opened', attempt, offset, total: 5_000, etag: Uint8Array.of(1) },
        { type: 'stored', attempt, bytes: offset + 1_000 },
        { type: 'failed', attempt, failure: { code: 'timeout', message: 'silent', retryable: true } },
        { type: 'ended', attempt },
        { type: 'redirected', attempt, location: '/there', status: 302 },
      ]
    }
    case 'verify':
      return [
        { type: 'verified', sha256 },
        { type: 'verified', sha256: 'cd'.repeat(32) },
      ]
    default:
      return []
  }
}
const settings = { retries: 3, retryDelayMs: 1_000, redirectsMax: 2, sha256 }
const bound = { octets: 1_000, flood: (index: number): PullEvent => ({ type: 'stored', attempt: index % 3, bytes: index }) }
check(laws(pull('http://server/f', settings), { events, answers, bound }))
check(laws(pull('https://server/f', { ...settings, hours: { from: '23:00', until: '05:30' } }), { events, answers, bound }))
