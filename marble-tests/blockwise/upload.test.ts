/** Sending a large request block by block (RFC 7959 §2.5). */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { answered, ask, asks, b1, b2, body, cancel, cancels, failed, fails, floor, gets, next, piece, request, size1 } from './words.ts'

const put = ask('a1', request('0.03', [], body(40)))
const blocks = {
  p: asks('a1', '0.03', [b1(0, true, 0), size1(40)], piece(0, 16)),
  q: asks(next, '0.03', [b1(1, true, 0)], piece(16, 16)),
  r: asks(next, '0.03', [b1(2, false, 0)], piece(32, 8)),
  '0': answered('a1', '2.31', undefined, [b1(0, true, 0)]),
  '1': answered(next, '2.31', undefined, [b1(1, true, 0)]),
}

test('a large request goes in blocks, each after the one before was acknowledged; the last answer is delivered [RFC 7959 §2.5]', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: put,
        ...blocks,
        '2': answered(next, '2.04', undefined, [b1(2, false, 0)]),
        D: gets('a1', '2.04', new Uint8Array(0), { last: true }),
      },
    },
    { submitted: 'a', transmitted: 'p-q-r', received: '--0-1-2', delivered: '------D' },
  )
})

test('the first block tells the size of the whole [RFC 7959 §4]', () => {
  ladder(floor({ szx: 0 }), { values: { a: put, p: blocks.p } }, { submitted: 'a', transmitted: 'p' })
})

test('2.31 that names no block is about the block it answers [RFC 7959 §2.9.1]', () => {
  const values = { a: put, ...blocks, '1': answered(next, '2.31'), '2': answered(next, '2.04'), D: gets('a1', '2.04', new Uint8Array(0)) }
  ladder(floor({ szx: 0 }), { values }, { submitted: 'a', transmitted: 'p-q-r', received: '--0-1-2', delivered: '------D' })
})

test('another success in the middle of a body that names no block ends it [RFC 7959 §2.5]', () => {
  const values = { a: put, ...blocks, '1': answered(next, '2.04'), F: fails('a1', 'incomplete') }
  ladder(floor({ szx: 0 }), { values }, { submitted: 'a', transmitted: 'p-q', received: '--0-1', delivered: '----F' })
})

test('a body that fits one block is not cut [RFC 7959 §2.5]', () => {
  ladder(
    floor({ szx: 1 }),
    { values: { a: ask('a1', request('0.03', [], body(32))), p: asks('a1', '0.03', [], body(32)) } },
    { submitted: 'a', transmitted: 'p' },
  )
})

test('the smaller size that an acknowledgement names is used from there on [RFC 7959 §2.5]', () => {
  ladder(
    floor({ szx: 1 }),
    {
      values: {
        a: put,
        p: asks('a1', '0.03', [b1(0, true, 1), size1(40)], piece(0, 32)),
        '0': answered('a1', '2.31', undefined, [b1(0, true, 0)]),
        q: asks(next, '0.03', [b1(2, false, 0)], piece(32, 8)),
        '2': answered(next, '2.04', undefined, [b1(2, false, 0)]),
        D: gets('a1', '2.04', new Uint8Array(0)),
      },
    },
    { submitted: 'a', transmitted: 'p-q', received: '--0-2', delivered: '----D' },
  )
})

test('too large, with a smaller size: once more from the beginning in blocks of that size [RFC 7959 §2.9.3]', () => {
  ladder(
    floor({ szx: 1 }),
    {
      values: {
        a: put,
        p: asks('a1', '0.03', [b1(0, true, 1), size1(40)], piece(0, 32)),
        '0': answered('a1', '4.13', undefined, [b1(0, true, 0)]),
        q: asks(next, '0.03', [b1(0, true, 0), size1(40)], piece(0, 16)),
      },
    },
    { submitted: 'a', transmitted: 'p-q', received: '--0' },
  )
})

test('a request sent whole that is too large goes once more in blocks of the size that is named [RFC 7959 §2.9.3]', () => {
  ladder(
    floor(),
    {
      values: {
        a: put,
        p: asks('a1', '0.03', [], body(40)),
        '0': answered('a1', '4.13', undefined, [b1(0, false, 0)], request('0.03', [], body(40))),
        q: asks(next, '0.03', [b1(0, true, 0), size1(40)], piece(0, 16)),
      },
    },
    { submitted: 'a', transmitted: 'p-q', received: '--0' },
  )
})

test('too large without a smaller size is the answer [RFC 7959 §2.9.3]', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: put,
        ...blocks,
        '0': answered('a1', '4.13', undefined, [b1(0, true, 0), size1(20)]),
        D: gets('a1', '4.13', new Uint8Array(0)),
      },
    },
    { submitted: 'a', transmitted: 'p', received: '--0', delivered: '--D' },
  )
})

test('a peer that has lost blocks is sent them anew, once; then that is the answer [RFC 7959 §2.9.2]', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: put,
        ...blocks,
        e: answered(next, '4.08', undefined, [b1(1, true, 0)]),
        P: asks(next, '0.03', [b1(0, true, 0), size1(40)], piece(0, 16)),
        z: answered(next, '2.31', undefined, [b1(0, true, 0)]),
        D: gets('a1', '4.08', new Uint8Array(0)),
      },
    },
    { submitted: 'a', transmitted: 'p-q-P-q', received: '--0-e-z-e', delivered: '--------D' },
  )
})

test('an acknowledgement of another block ends the transfer [RFC 7959 §2.3]', () => {
  ladder(
    floor({ szx: 0 }),
    { values: { a: put, ...blocks, '0': answered('a1', '2.31', undefined, [b1(1, true, 0)]), F: fails('a1', 'incomplete') } },
    { submitted: 'a', transmitted: 'p', received: '--0', delivered: '--F' },
  )
})

test('success in the midst that says nothing of blocks, or 2.31 at the end, ends the transfer: the peer has not understood', () => {
  ladder(
    floor({ szx: 0 }),
    { values: { a: put, ...blocks, '0': answered('a1', '2.04'), F: fails('a1', 'incomplete') } },
    { submitted: 'a', transmitted: 'p', received: '--0', delivered: '--F' },
  )
  ladder(
    floor({ szx: 0 }),
    { values: { a: put, ...blocks, '2': answered(next, '2.31', undefined, [b1(2, false, 0)]), F: fails('a1', 'incomplete') } },
    { submitted: 'a', transmitted: 'p-q-r', received: '--0-1-2', delivered: '------F' },
  )
})

test('a server that performs each block by itself is sent the rest all the same [RFC 7959 §2.3]', () => {
  ladder(
    floor({ szx: 0 }),
    { values: { a: put, ...blocks, '0': answered('a1', '2.04', undefined, [b1(0, false, 0)]) } },
    { submitted: 'a', transmitted: 'p-q', received: '--0' },
  )
})

test('an error in the midst is the answer, and no further block is sent', () => {
  ladder(
    floor({ szx: 0 }),
    { values: { a: put, ...blocks, '1': answered(next, '4.01'), D: gets('a1', '4.01', new Uint8Array(0)) } },
    { submitted: 'a', transmitted: 'p-q', received: '--0-1', delivered: '----D' },
  )
})

test('a block that gets no answer fails the whole', () => {
  ladder(
    floor({ szx: 0 }),
    { values: { a: put, ...blocks, '1': failed(next), F: fails('a1', 'timeout') } },
    { submitted: 'a', transmitted: 'p-q', received: '--0-1', delivered: '----F' },
  )
})

test('cancelling in the midst forgets the block under way, and sends no other', () => {
  ladder(
    floor({ szx: 0 }),
    { values: { a: put, ...blocks, c: cancel('a1'), C: cancels(next) } },
    { submitted: 'a---c', transmitted: 'p-q-C', received: '--0' },
  )
})

test('bodies on their way to one resource at once are told apart by Request-Tag [RFC 9175 §3.3]', () => {
  const tagged = (value: unknown) => like({ type: 'ask', exchange: 'b2' })(value) && JSON.stringify(value).includes('"number":292')
  ladder(
    floor({ szx: 0 }),
    { dice: 0.4, values: { a: put, b: ask('b2', request('0.03', [], body(33))), p: blocks.p, t: tagged } },
    { submitted: 'ab', transmitted: 'pt' },
  )
})

test('a large request may have a large response: its first block comes with the answer to the last [RFC 7959 §2.7]', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: put,
        ...blocks,
        '2': answered(next, '2.04', piece(0, 16), [b1(2, false, 0), b2(0, true, 0)]),
        s: asks(next, '0.03', [b2(1, false, 0)]),
        '3': answered(next, '2.04', piece(16, 4), [b2(1, false, 0)]),
        D: gets('a1', '2.04', body(20)),
      },
    },
    { submitted: 'a', transmitted: 'p-q-r-s', received: '--0-1-2-3', delivered: '--------D' },
  )
})
