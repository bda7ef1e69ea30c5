/** Bodies read piece by piece as they are sent: of a request of ours, or of a response to a peer (RFC 7959; bounded memory). */
import { test } from 'vitest'
import { ladder } from '../../src/testing/index.ts'
import {
  abandons,
  answer,
  answered,
  answers,
  ask,
  asked,
  asks,
  b1,
  b2,
  etag,
  fails,
  floor,
  gets,
  isAsked,
  next,
  piece,
  refused,
  request,
  size1,
  size2,
  supplied,
  wants,
} from './words.ts'

const nothing = new Uint8Array(0)
const put = (size: number | undefined) => ask('a1', request('0.03', [], nothing, { size, etag: undefined }))
const get = asked(1, '0.01', [])
const serve = (size: number | undefined) => answer(get, '2.05', nothing, [], { size, etag: Uint8Array.of(7) })

test('each piece is read when its block is to be sent', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: put(20),
        W: wants('a1', 0, 16),
        s: supplied('a1', 0, piece(0, 16)),
        p: asks(next, '0.03', [b1(0, true, 0), size1(20)], piece(0, 16)),
        '0': answered(next, '2.31', undefined, [b1(0, true, 0)]),
        X: wants('a1', 16, 4),
        u: supplied('a1', 16, piece(16, 4)),
        q: asks(next, '0.03', [b1(1, false, 0)], piece(16, 4)),
        '1': answered(next, '2.04', undefined, [b1(1, false, 0)]),
        D: gets('a1', '2.04', nothing),
      },
    },
    { submitted: 'as---u', delivered: 'W--X---D', transmitted: '-p---q', received: '---0---1' },
  )
})

test('of a body of unknown size one octet more is read, to know whether the block is the last', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: put(undefined),
        W: wants('a1', 0, 17),
        s: supplied('a1', 0, piece(0, 17)),
        p: asks(next, '0.03', [b1(0, true, 0)], piece(0, 16)),
        '0': answered(next, '2.31', undefined, [b1(0, true, 0)]),
        X: wants('a1', 16, 17),
        u: supplied('a1', 16, piece(16, 16)),
        q: asks(next, '0.03', [b1(1, false, 0)], piece(16, 16)),
      },
    },
    { submitted: 'as---u', delivered: 'W--X', transmitted: '-p---q', received: '---0' },
  )
})

test('a body that fits one message goes in one', () => {
  ladder(
    floor({ szx: 0 }),
    { values: { a: put(9), W: wants('a1', 0, 9), s: supplied('a1', 0, piece(0, 9)), p: asks(next, '0.03', [], piece(0, 9)) } },
    { submitted: 'as', delivered: 'W', transmitted: '-p' },
  )
})

test('a source that gives less than it has said, or fails, fails the request', () => {
  for (const s of [supplied('a1', 0, piece(0, 15)), refused('a1', 'sink')])
    ladder(
      floor({ szx: 0 }),
      { values: { a: put(20), W: wants('a1', 0, 16), s, F: fails('a1', 'sink') } },
      { submitted: 'as', delivered: 'WF' },
    )
})

test('a source that never answers fails the request', () => {
  ladder(
    floor({ szx: 0, transferTimeoutMs: 3_000 }),
    { values: { a: put(20), W: wants('a1', 0, 16), F: fails('a1', 'timeout') } },
    { submitted: 'a', delivered: 'W--F' },
  )
})

test('too large for the peer: read again from the beginning, in smaller blocks [RFC 7959 §2.9.3]', () => {
  ladder(
    floor({ szx: 1 }),
    {
      values: {
        a: put(40),
        W: wants('a1', 0, 32),
        s: supplied('a1', 0, piece(0, 32)),
        p: asks(next, '0.03', [b1(0, true, 1), size1(40)], piece(0, 32)),
        '0': answered(next, '4.13', undefined, [b1(0, true, 0)]),
        X: wants('a1', 0, 16),
      },
    },
    { submitted: 'as', delivered: 'W--X', transmitted: '-p', received: '---0' },
  )
})

test('the pieces of a response are read as the peer asks for them, and then its source is let go', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        g: get,
        Q: isAsked(1, nothing),
        a: serve(20),
        W: wants(1, 0, 16),
        s: supplied(1, 0, piece(0, 16)),
        A: answers(1, '2.05', [etag(7), b2(0, true, 0), size2(20)], piece(0, 16)),
        h: asked(2, '0.01', [b2(1, false, 0)]),
        X: wants(1, 16, 4),
        u: supplied(1, 16, piece(16, 4)),
        B: answers(2, '2.05', [etag(7), b2(1, false, 0)], piece(16, 4)),
        Z: abandons(1),
      },
    },
    { received: 'g---h', delivered: 'QW--XZ', submitted: '-as--u', transmitted: '--A--B' },
  )
})

test('of a response of unknown size one octet more is read, and never sent', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: serve(undefined),
        W: wants(1, 0, 17),
        s: supplied(1, 0, piece(0, 17)),
        A: answers(1, '2.05', [etag(7), b2(0, true, 0)], piece(0, 16)),
      },
    },
    { submitted: 'as', delivered: 'W', transmitted: '-A' },
  )
})

test('a peer may begin anywhere in a response that is read [RFC 7959 §2.4]', () => {
  const later = asked(1, '0.01', [b2(1, false, 0)])
  ladder(
    floor(),
    {
      values: {
        a: answer(later, '2.05', nothing, [], { size: 20, etag: undefined }),
        W: wants(1, 16, 4),
        s: supplied(1, 16, piece(16, 4)),
        A: answers(1, '2.05', [b2(1, false, 0)], piece(16, 4)),
        Z: abandons(1),
      },
    },
    { submitted: 'as', delivered: 'WZ', transmitted: '-A' },
  )
})

test('a source that fails is answered 5.00, one that is busy 5.03', () => {
  for (const [reason, code] of [
    ['sink', '5.00'],
    ['busy', '5.03'],
  ] as const)
    ladder(
      floor({ szx: 0 }),
      { values: { a: serve(20), W: wants(1, 0, 16), r: refused(1, reason), X: answers(1, code) } },
      { submitted: 'ar', delivered: 'W', transmitted: '-X' },
    )
})

test('a response that nobody asks more of is let go, and its source told', () => {
  ladder(
    floor({ szx: 0, transferTimeoutMs: 3_000 }),
    {
      values: {
        a: serve(20),
        W: wants(1, 0, 16),
        s: supplied(1, 0, piece(0, 16)),
        A: answers(1, '2.05', [etag(7), b2(0, true, 0), size2(20)], piece(0, 16)),
        Z: abandons(1),
      },
    },
    { submitted: 'as', delivered: 'W---Z', transmitted: '-A' },
  )
})
