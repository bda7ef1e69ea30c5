/** A piece that its source gives twice is sent once: answers to blocks never multiply the requests (RFC 7959 §2.5). */
import { test } from 'vitest'
import { ladder } from '../../src/testing/index.ts'
import { answered, ask, asks, b1, floor, next, piece, request, size1, supplied, wants } from './words.ts'

test('a piece that is given twice, or that was not asked for, is sent once', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: ask('a1', request('0.03', [], new Uint8Array(0), { size: 40, etag: undefined })),
        W: wants('a1', 0, 16),
        s: supplied('a1', 0, piece(0, 16)),
        p: asks(next, '0.03', [b1(0, true, 0), size1(40)], piece(0, 16)),
        '0': answered(next, '2.31', undefined, [b1(0, true, 0)]),
        X: wants('a1', 16, 16),
        u: supplied('a1', 32, piece(32, 8)),
      },
    },
    { submitted: 'as-s--s-u', delivered: 'W---X', transmitted: '-p', received: '----0' },
  )
})
