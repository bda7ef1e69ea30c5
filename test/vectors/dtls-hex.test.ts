/** Octets as hex: every length, also beyond what one call of the platform takes. */
import { expect, test } from 'vitest'
import { hexOf } from '../../src/datagram/dtls/octets.ts'

test.each([0, 1, 8, 1024, 1025, 200_000])('%i octets', (length) => {
  const bytes = Uint8Array.from({ length }, (_, at) => (at * 7) & 255)
  expect(hexOf(bytes)).toBe(Buffer.from(bytes).toString('hex'))
})
