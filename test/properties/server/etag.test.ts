/** What tells one image from another is an ETag that the wire can carry: 1-8 octets, or none (RFC 7252 §5.10.6). */
import { of } from 'rxjs'
import { expect, test } from 'vitest'
import { etagOf } from '../../../src/server/image/image.ts'

const source = (etag?: Uint8Array) => ({ size: 1, etag, read: () => of(Uint8Array.of(0)) })
const image = (more: object, tag?: Uint8Array) => ({ name: 'x', size: 1, source: source(tag), ...more })

test.each([
  ['its own', image({ etag: Uint8Array.of(1, 2) }), [1, 2]],
  ['its own, cut to eight octets', image({ etag: new Uint8Array(20).fill(7) }), [7, 7, 7, 7, 7, 7, 7, 7]],
  ['the beginning of its digest', image({ sha256: '0102030405060708090a' }), [1, 2, 3, 4, 5, 6, 7, 8]],
  ["its source's, where the digest is empty", image({ sha256: '' }, Uint8Array.of(9)), [9]],
  ["its source's, where its own is empty", image({ etag: new Uint8Array(0) }, Uint8Array.of(9)), [9]],
  ['none, where nothing tells', image({ sha256: '' }), undefined],
] as const)('the ETag of an image is %s [RFC 7252 §5.10.6]', (_, one, expected) => {
  const etag = etagOf(one)
  expect(etag === undefined ? undefined : [...etag]).toEqual(expected)
})
