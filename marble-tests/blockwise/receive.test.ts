/** A peer's large request, taken in block by block (RFC 7959 §2.5). */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { answer, answers, asked, b1, b2, body, etag, floor, format, isAsked, piece, size1, tag } from './words.ts'

const one = asked(1, '0.03', [b1(0, true, 0)], piece(0, 16))
const two = asked(2, '0.03', [b1(1, true, 0)], piece(16, 16))
const three = asked(3, '0.03', [b1(2, false, 0)], piece(32, 8))
const goOn = { A: answers(1, '2.31', [b1(0, true, 0)]), B: answers(2, '2.31', [b1(1, true, 0)]) }

test('blocks are acknowledged and put together; the request is handed up once, whole [RFC 7959 §2.5]', () => {
  ladder(
    floor(),
    { values: { '1': one, '2': two, '3': three, ...goOn, Q: isAsked(3, body(40)) } },
    { received: '1-2-3', transmitted: 'A-B', delivered: '----Q' },
  )
})

test('the answer to the whole speaks of its last block [RFC 7959 §2.3]', () => {
  ladder(
    floor(),
    {
      values: {
        '1': one,
        '2': two,
        '3': three,
        ...goOn,
        Q: isAsked(3, body(40)),
        a: answer(three, '2.04'),
        C: answers(3, '2.04', [b1(2, false, 0)]),
      },
    },
    { received: '1-2-3', transmitted: 'A-B---C', delivered: '----Q', submitted: '------a' },
  )
})

test('a block with a gap before it is answered 4.08, and the missing one can still come [RFC 7959 §2.9.2]', () => {
  ladder(
    floor(),
    { values: { '1': one, '2': two, '3': three, ...goOn, X: answers(3, '4.08', [b1(2, false, 0)]) } },
    { received: '1-3-2', transmitted: 'A-X-B' },
  )
})

test('blocks whose first one never came are answered 4.08 [RFC 7959 §2.9.2]', () => {
  ladder(floor(), { values: { '2': two, X: answers(2, '4.08', [b1(1, true, 0)]) } }, { received: '2', transmitted: 'X' })
})

test('blocks of another Content-Format are not of the same body [RFC 7959 §2.9.2]', () => {
  ladder(
    floor(),
    {
      values: {
        '1': asked(1, '0.03', [format(42), b1(0, true, 0)], piece(0, 16)),
        A: goOn.A,
        '2': asked(2, '0.03', [format(11542), b1(1, true, 0)], piece(16, 16)),
        X: answers(2, '4.08', [b1(1, true, 0)]),
      },
    },
    { received: '1-2', transmitted: 'A-X' },
  )
})

test('a block that was taken is acknowledged again when it is repeated', () => {
  ladder(
    floor(),
    {
      values: {
        '1': one,
        '2': two,
        r: asked(7, '0.03', [b1(1, true, 0)], piece(16, 16)),
        '3': three,
        ...goOn,
        R: answers(7, '2.31', [b1(1, true, 0)]),
        Q: isAsked(3, body(40)),
      },
    },
    { received: '1-2-r-3', transmitted: 'A-B-R', delivered: '------Q' },
  )
})

test('other octets under a number that was taken are another body: 4.08, and neither is performed', () => {
  ladder(
    floor(),
    {
      values: {
        '1': one,
        '2': two,
        r: asked(7, '0.03', [b1(1, true, 0)], piece(0, 16)),
        '3': three,
        ...goOn,
        R: answers(7, '4.08', [b1(1, true, 0)]),
        X: answers(3, '4.08', [b1(2, false, 0)]),
      },
    },
    { received: '1-2-r-3', transmitted: 'A-B-R-X' },
  )
})

test('block 0 begins anew: nothing of what came before is used [RFC 7959 §2.5]', () => {
  const other = asked(5, '0.03', [b1(0, true, 0)], piece(100, 16))
  const last = asked(6, '0.03', [b1(1, false, 0)], piece(116, 3))
  ladder(
    floor(),
    {
      values: {
        '1': one,
        '2': two,
        '5': other,
        '6': last,
        ...goOn,
        E: answers(5, '2.31', [b1(0, true, 0)]),
        Q: isAsked(6, piece(100, 19)),
      },
    },
    { received: '1-2-5-6', transmitted: 'A-B-E', delivered: '------Q' },
  )
})

test('a middle block that is not as long as it says is answered 4.00 [RFC 7959 §2.2]', () => {
  ladder(
    floor(),
    { values: { '1': asked(1, '0.03', [b1(0, true, 0)], piece(0, 15)), X: answers(1, '4.00') } },
    { received: '1', transmitted: 'X' },
  )
})

test('the reserved block size is answered 4.00, in either option [RFC 7959 §2.2]', () => {
  const reserved = (number: number) => asked(1, '0.03', [{ number, value: Uint8Array.of(0x0f) }], piece(0, 16))
  ladder(floor(), { values: { '1': reserved(27), '2': reserved(23), X: answers(1, '4.00') } }, { received: '1-2', transmitted: 'X-X' })
})

test('a body beyond the limit is answered 4.13 with the limit: by the size that is told, or by what has come [RFC 7959 §2.9.3]', () => {
  ladder(
    floor({ bodyBytesMax: 30 }),
    {
      values: {
        '1': one,
        '2': two,
        '3': three,
        ...goOn,
        s: asked(8, '0.03', [b1(0, true, 0), size1(31)], piece(0, 16)),
        X: answers(2, '4.13', [b1(1, true, 0), size1(30)]),
        Y: answers(3, '4.08', [b1(2, false, 0)]),
        Z: answers(8, '4.13', [b1(0, true, 0), size1(30)]),
      },
    },
    { received: '1-2-3-s', transmitted: 'A-X-Y-Z' },
  )
})

test('blocks larger than we like are taken, and smaller ones wished for [RFC 7959 §2.5]', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        '1': asked(1, '0.03', [b1(0, true, 1)], piece(0, 32)),
        A: answers(1, '2.31', [b1(0, true, 0)]),
        '2': asked(2, '0.03', [b1(2, false, 0)], piece(32, 8)),
        Q: isAsked(2, body(40)),
      },
    },
    { received: '1-2', transmitted: 'A', delivered: '--Q' },
  )
})

test('a body in one block passes as it is', () => {
  const only = asked(1, '0.03', [b1(0, false, 0)], piece(0, 7))
  ladder(floor(), { values: { '1': only, Q: isAsked(1, piece(0, 7)) } }, { received: '1', delivered: 'Q' })
})

test('bodies of different Request-Tags do not mix [RFC 9175 §3.3]', () => {
  const block = (exchange: number, num: number, more: boolean, octet: number, payload: Uint8Array) =>
    asked(exchange, '0.03', [b1(num, more, 0), tag(octet)], payload)
  ladder(
    floor(),
    {
      values: {
        a: block(1, 0, true, 1, piece(0, 16)),
        b: block(2, 0, true, 2, piece(100, 16)),
        c: block(3, 1, false, 1, piece(16, 4)),
        d: block(4, 1, false, 2, piece(116, 4)),
        A: answers(1, '2.31', [b1(0, true, 0)]),
        B: answers(2, '2.31', [b1(0, true, 0)]),
        C: isAsked(3, piece(0, 20)),
        D: isAsked(4, piece(100, 20)),
      },
    },
    { received: 'abcd', transmitted: 'AB', delivered: '--CD' },
  )
})

test('bodies of different peers to one resource do not mix', () => {
  const far = asked(2, '0.03', [b1(1, false, 0)], piece(116, 4), 'coap://other:5683')
  ladder(
    floor(),
    { values: { '1': one, A: goOn.A, '2': far, X: answers(2, '4.08', [b1(1, false, 0)]) } },
    { received: '1-2', transmitted: 'A-X' },
  )
})

test('a body that nobody goes on with is forgotten', () => {
  ladder(
    floor({ transferTimeoutMs: 3_000 }),
    { values: { '1': one, '2': two, ...goOn, X: answers(2, '4.08', [b1(1, true, 0)]) } },
    { received: '1----2', transmitted: 'A----X' },
  )
})

test('a large request may be answered with a large response [RFC 7959 §2.7]', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        '1': one,
        '2': two,
        '3': three,
        ...goOn,
        Q: isAsked(3, body(40)),
        a: answer(three, '2.04', body(20), [etag(7)]),
        C: like({
          type: 'answer',
          exchange: 3,
          response: {
            code: '2.04',
            payload: piece(0, 16),
            options: [etag(7), b2(0, true, 0), b1(2, false, 0), { number: 28, value: Uint8Array.of(20) }],
          },
        }),
        '4': asked(4, '0.03', [b2(1, false, 0)]),
        D: answers(4, '2.04', [etag(7), b2(1, false, 0)], piece(16, 4)),
      },
    },
    { received: '1-2-3---4', transmitted: 'A-B---C-D', delivered: '----Q', submitted: '------a' },
  )
})
