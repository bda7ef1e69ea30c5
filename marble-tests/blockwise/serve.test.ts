/** Serving a large response block by block, as the peer asks for it (RFC 7959 §2.4). */
import { expect, test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { answer, answers, asked, b2, body, etag, floor, isAsked, observe, path, piece, request, size2, peer } from './words.ts'
import type { Request } from '../../src/exchange/exchange.ts'

const get = asked(1, '0.01', [])
const nothing = new Uint8Array(0)
const Q = isAsked(1, nothing)

test('the first block tells that more follow, and how much; the others come from the body that is kept [RFC 7959 §2.4]', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        g: get,
        Q,
        a: answer(get, '2.05', body(40), [etag(7)]),
        A: answers(1, '2.05', [etag(7), b2(0, true, 0), size2(40)], piece(0, 16)),
        h: asked(2, '0.01', [b2(1, false, 0)]),
        B: answers(2, '2.05', [etag(7), b2(1, true, 0)], piece(16, 16)),
        i: asked(3, '0.01', [b2(2, false, 0)]),
        C: answers(3, '2.05', [etag(7), b2(2, false, 0)], piece(32, 8)),
      },
    },
    { received: 'g-h-i', delivered: 'Q', submitted: '-a', transmitted: '-AB-C' },
  )
})

test('the smaller block size of the peer is used, from the first block on or later [RFC 7959 §2.4]', () => {
  const small = asked(1, '0.01', [b2(0, false, 1)])
  ladder(
    floor(),
    {
      values: {
        g: small,
        Q,
        a: answer(small, '2.05', body(80), [etag(7)]),
        A: answers(1, '2.05', [etag(7), b2(0, true, 1), size2(80)], piece(0, 32)),
        h: asked(2, '0.01', [b2(2, false, 0)]),
        B: answers(2, '2.05', [etag(7), b2(2, true, 0)], piece(32, 16)),
      },
    },
    { received: 'g-h', delivered: 'Q', submitted: '-a', transmitted: '-AB' },
  )
})

test('a larger block size than ours is answered with ours, at the same octet [RFC 7959 §2.4]', () => {
  const large = asked(1, '0.01', [b2(0, false, 6)])
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        g: large,
        Q,
        a: answer(large, '2.05', body(2000), [etag(7)]),
        A: answers(1, '2.05', [etag(7), b2(0, true, 0), size2(2000)], piece(0, 16)),
        h: asked(2, '0.01', [b2(1, false, 6)]),
        B: answers(2, '2.05', [etag(7), b2(64, true, 0)], piece(1024, 16)),
      },
    },
    { received: 'g-h', delivered: 'Q', submitted: '-a', transmitted: '-AB' },
  )
})

test('a body without an ETag gets one, so that a client can tell another one from it [RFC 7959 §2.4]', () => {
  const tags = [body(40), piece(1, 40)].map((payload) => {
    const { transmitted } = ladder(floor({ szx: 0 }), { values: { a: answer(get, '2.05', payload) } }, { submitted: 'a', transmitted: '*' })
    const { options } = (transmitted[0]!.value as { response: { options: Request['options'] } }).response
    return options.find(({ number }) => number === 4)?.value
  })
  expect(tags[0]).toHaveLength(8)
  expect(tags[0]).not.toEqual(tags[1])
})

test('a small response passes as it is', () => {
  const small = answer(get, '2.05', body(16))
  ladder(floor({ szx: 0 }), { values: { a: small, A: (value: unknown) => value === small } }, { submitted: 'a', transmitted: 'A' })
})

test('a small response to a request that names a block size says that it is all [RFC 7959 §2.4]', () => {
  const wish = asked(1, '0.01', [b2(0, false, 2)])
  ladder(
    floor(),
    { values: { a: answer(wish, '2.05', body(9)), A: answers(1, '2.05', [b2(0, false, 2)], body(9)) } },
    { submitted: 'a', transmitted: 'A' },
  )
})

test('a request with Size2 is told the size [RFC 7959 §4]', () => {
  const wish = asked(1, '0.01', [size2(0)])
  ladder(
    floor(),
    { values: { a: answer(wish, '2.05', body(9)), A: answers(1, '2.05', [b2(0, false, 6), size2(9)], body(9)) } },
    { submitted: 'a', transmitted: 'A' },
  )
})

test('an error passes as it is, whatever block was asked for', () => {
  const wish = asked(1, '0.01', [b2(3, false, 2)])
  ladder(floor(), { values: { a: answer(wish, '4.04'), A: answers(1, '4.04') } }, { submitted: 'a', transmitted: 'A' })
})

test('a block of a body that is not kept is cut from the answer to the same question [RFC 7959 §2.4]', () => {
  const later = asked(1, '0.01', [b2(1, false, 0)])
  ladder(
    floor(),
    {
      values: {
        g: later,
        Q,
        a: answer(later, '2.05', body(40), [etag(7)]),
        A: answers(1, '2.05', [etag(7), b2(1, true, 0)], piece(16, 16)),
      },
    },
    { received: 'g', delivered: 'Q', submitted: '-a', transmitted: '-A' },
  )
})

test('a block of the response to a POST that is not kept is answered 4.08: it is not performed again', () => {
  ladder(floor(), { values: { g: asked(1, '0.02', [b2(1, false, 0)]), A: answers(1, '4.08') } }, { received: 'g', transmitted: 'A' })
})

test('a block beyond the end is answered 4.00', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        g: get,
        Q,
        a: answer(get, '2.05', body(40), [etag(7)]),
        A: answers(1, '2.05', [etag(7), b2(0, true, 0), size2(40)], piece(0, 16)),
        h: asked(2, '0.01', [b2(3, false, 0)]),
        B: answers(2, '4.00'),
      },
    },
    { received: 'g-h', delivered: 'Q', submitted: '-a', transmitted: '-AB' },
  )
})

test('bodies that differ by their queries are kept apart', () => {
  const query = (text: string) => ({ number: 15, value: new TextEncoder().encode(text) })
  const one = asked(1, '0.01', [query('a')])
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        g: one,
        Q,
        a: answer(one, '2.05', body(40), [etag(7)]),
        A: answers(1, '2.05', [etag(7), b2(0, true, 0), size2(40)], piece(0, 16)),
        h: asked(2, '0.01', [query('b'), b2(1, false, 0)]),
        R: isAsked(2, nothing),
      },
    },
    { received: 'g-h', delivered: 'Q-R', submitted: '-a', transmitted: '-A' },
  )
})

test('a body that nobody asks more of is let go', () => {
  ladder(
    floor({ szx: 0, transferTimeoutMs: 3_000 }),
    {
      values: {
        a: answer(asked(1, '0.02', []), '2.04', body(40), [etag(7)]),
        A: answers(1, '2.04', [etag(7), b2(0, true, 0), size2(40)], piece(0, 16)),
        h: asked(2, '0.02', [b2(1, false, 0)]),
        B: answers(2, '4.08'),
      },
    },
    { submitted: 'a', received: '----h', transmitted: 'A---B' },
  )
})

test('a large notification tells its first block; the rest is served to GETs without Observe [RFC 7959 §2.6]', () => {
  const registration = asked(1, '0.01', [observe(0)])
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        g: registration,
        Q,
        a: answer(registration, '2.05', body(40), [etag(7)], undefined, false),
        A: like({
          type: 'answer',
          exchange: 1,
          last: false,
          response: { payload: piece(0, 16), options: [etag(7), b2(0, true, 0), size2(40)] },
        }),
        h: asked(2, '0.01', [b2(1, false, 0)]),
        B: answers(2, '2.05', [etag(7), b2(1, true, 0)], piece(16, 16)),
      },
    },
    { received: 'g-h', delivered: 'Q', submitted: '-a', transmitted: '-AB' },
  )
})

test('asking for a further block never observes [RFC 7959 §2.6]', () => {
  ladder(
    floor(),
    {
      values: {
        g: asked(1, '0.01', [observe(0), b2(1, false, 0)]),
        Q: like({ type: 'asked', exchange: 1, request: { remote: peer, options: [path, b2(1, false, 0)] } }),
      },
    },
    { received: 'g', delivered: 'Q' },
  )
  expect(request('0.01').options).toEqual([path])
})
