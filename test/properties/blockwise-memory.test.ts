/** Bodies assembled in memory: whole or not at all, whatever the block sizes on both sides (RFC 7959). */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Response } from '../../src/exchange/exchange.ts'
import { noOptions } from '../../src/message/message.ts'
import { ask, bytesOf, pair, request } from './blockwise-pair.ts'

const content = (payload: Uint8Array): Response => ({ code: '2.05', options: noOptions, payload })
/** Far faster than a deep comparison. */
const same = (a: Uint8Array | undefined, b: Uint8Array) => expect(a !== undefined && Buffer.compare(a, b) === 0).toBe(true)
const sizes = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 6_000 }), fc.constantFrom(16, 64, 1024, 2048, 4096))
const szx = fc.integer({ min: 0, max: 6 })

test('a request and a response of any size pass whole, whatever block sizes both sides prefer [RFC 7959 §2.7]', () => {
  fc.assert(
    fc.property(sizes, sizes, szx, szx, (up, down, mine, yours) => {
      const both = pair({ client: { szx: mine }, server: { szx: yours } })
      const [sent, returned] = [bytesOf(up, 3), bytesOf(down, 5)]
      const seen: Uint8Array[] = []
      both.serve(({ payload }) => {
        seen.push(payload)
        return { ...content(returned), code: '2.04' }
      })
      both.client.post(ask('a1', request('0.02', { payload: sent })))
      expect(seen).toHaveLength(1)
      same(seen[0], sent)
      expect(both.client.heard).toHaveLength(1)
      const [answered] = both.client.heard
      expect(answered).toMatchObject({ type: 'answered', exchange: 'a1', last: true, response: { code: '2.04' } })
      same(answered?.type === 'answered' ? answered.response.payload : undefined, returned)
    }),
    { numRuns: 1_000 },
  )
})
