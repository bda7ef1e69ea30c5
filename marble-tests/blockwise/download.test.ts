/** Fetching a large response block by block (RFC 7959 §2.4). */
import { expect, test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import {
  answered,
  ask,
  asks,
  b2,
  body,
  cancel,
  cancels,
  etag,
  fails,
  floor,
  format,
  gets,
  next,
  piece,
  request,
  size2,
  tokenAt,
} from './words.ts'

const get = ask('a1', request('0.01'))
const first = asks('a1', '0.01', [])

test('a body in blocks is fetched one after the other and delivered whole [RFC 7959 §2.4]', () => {
  ladder(
    floor(),
    {
      values: {
        a: get,
        f: first,
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0), etag(7), size2(40)]),
        s: asks(next, '0.01', [b2(1, false, 0)]),
        '1': answered(next, '2.05', piece(16, 16), [b2(1, true, 0), etag(7)]),
        t: asks(next, '0.01', [b2(2, false, 0)]),
        '2': answered(next, '2.05', piece(32, 8), [b2(2, false, 0), etag(7)]),
        D: gets('a1', '2.05', body(40), { last: true }),
      },
    },
    { submitted: 'a', transmitted: 'f-s-t', received: '--0-1-2', delivered: '------D' },
  )
})

test('all further requests name the block size that the server has used, be it smaller than was asked for [RFC 7959 §2.4]', () => {
  const wish = request('0.01', [b2(0, false, 2)])
  ladder(
    floor(),
    {
      values: {
        a: ask('a1', wish),
        f: asks('a1', '0.01', [b2(0, false, 2)]),
        '0': answered('a1', '2.05', piece(0, 32), [b2(0, true, 1)], wish),
        s: asks(next, '0.01', [b2(1, false, 1)]),
        '1': answered(next, '2.05', piece(32, 32), [b2(1, true, 1)]),
        t: asks(next, '0.01', [b2(2, false, 1)]),
      },
    },
    { submitted: 'a', transmitted: 'f-s-t', received: '--0-1' },
  )
})

test('requests for further blocks give way to others: their purpose is block', () => {
  ladder(
    floor(),
    {
      values: {
        a: get,
        f: first,
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)]),
        s: asks(next, '0.01', [b2(1, false, 0)], undefined, { purpose: 'block', confirmable: true }),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0' },
  )
})

test('a client that prefers small blocks says so in its first request [RFC 7959 §2.4]', () => {
  ladder(floor({ szx: 2 }), { values: { a: get, f: asks('a1', '0.01', [b2(0, false, 2)]) } }, { submitted: 'a', transmitted: 'f' })
})

test('blocks larger than preferred are followed by smaller ones, from the same octet on [RFC 7959 §2.4]', () => {
  ladder(
    floor({ szx: 0 }),
    {
      values: {
        a: ask('a1', request('0.01', [b2(0, false, 0)])),
        f: asks('a1', '0.01', [b2(0, false, 0)]),
        '0': answered('a1', '2.05', piece(0, 32), [b2(0, true, 1)]),
        s: asks(next, '0.01', [b2(2, false, 0)]),
        '2': answered(next, '2.05', piece(32, 8), [b2(2, false, 0)]),
        D: gets('a1', '2.05', body(40)),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0-2', delivered: '----D' },
  )
})

test('a server may make the blocks smaller on the way: octets are counted, not blocks [RFC 7959 §2.4]', () => {
  ladder(
    floor(),
    {
      values: {
        a: get,
        f: first,
        '0': answered('a1', '2.05', piece(0, 32), [b2(0, true, 1)]),
        s: asks(next, '0.01', [b2(1, false, 1)]),
        '1': answered(next, '2.05', piece(32, 16), [b2(2, true, 0)]),
        t: asks(next, '0.01', [b2(3, false, 0)]),
        '2': answered(next, '2.05', piece(48, 2), [b2(3, false, 0)]),
        D: gets('a1', '2.05', body(50)),
      },
    },
    { submitted: 'a', transmitted: 'f-s-t', received: '--0-1-2', delivered: '------D' },
  )
})

/** The second block as it must not be, and what becomes of the body. */
const second = (options: Parameters<typeof answered>[3], payload: Uint8Array, reason: string) => {
  ladder(
    floor(),
    {
      values: {
        a: get,
        f: first,
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0), etag(7)]),
        s: asks(next, '0.01', [b2(1, false, 0)]),
        '1': answered(next, '2.05', payload, options),
        F: fails('a1', reason),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0-1', delivered: '----F' },
  )
}

test('blocks of different ETags are never put together [RFC 7959 §2.4]', () => {
  second([b2(1, true, 0), etag(8)], piece(16, 16), 'changed')
  second([b2(1, true, 0)], piece(16, 16), 'changed')
})
test('blocks of different Content-Formats are never put together [RFC 7959 §2.3]', () => {
  second([b2(1, true, 0), etag(7), format(60)], piece(16, 16), 'changed')
})
test('a block of another number than was asked for ends the transfer [RFC 7959 §2.4]', () => {
  second([b2(2, true, 0), etag(7)], piece(16, 16), 'incomplete')
})
test('the same block once more, as the answer to the request for the next, ends the transfer', () => {
  second([b2(0, true, 0), etag(7)], piece(0, 16), 'incomplete')
})
test('a middle block shorter than its size ends the transfer [RFC 7959 §2.2]', () => {
  second([b2(1, true, 0), etag(7)], piece(16, 9), 'incomplete')
})
test('a last block longer than its size ends the transfer [RFC 7959 §2.2]', () => {
  second([b2(1, false, 0), etag(7)], piece(16, 17), 'incomplete')
})
test('a block larger than was asked for ends the transfer [RFC 7959 §2.4]', () => {
  second([b2(0, true, 1), etag(7)], piece(0, 32), 'incomplete')
})
test('the reserved block size ends the transfer [RFC 7959 §2.2]', () => {
  second([{ number: 23, value: Uint8Array.of(0x1f) }, etag(7)], piece(16, 16), 'incomplete')
})
test('an answer to the request for a block that says nothing of blocks ends the transfer', () => {
  second([etag(7)], piece(16, 16), 'incomplete')
})
test('an answer of another success code ends the transfer', () => {
  ladder(
    floor(),
    {
      values: {
        a: get,
        f: first,
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)]),
        s: asks(next, '0.01', [b2(1, false, 0)]),
        '1': answered(next, '2.03'),
        F: fails('a1', 'incomplete'),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0-1', delivered: '----F' },
  )
})

test('an error in the midst is the answer, and nothing of the body is delivered', () => {
  ladder(
    floor(),
    {
      values: {
        a: get,
        f: first,
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)]),
        s: asks(next, '0.01', [b2(1, false, 0)]),
        '1': answered(next, '4.04'),
        D: gets('a1', '4.04', new Uint8Array(0), { last: true }),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0-1', delivered: '----D' },
  )
})

test('a repeated answer does not multiply the requests', () => {
  const [one, two] = [tokenAt(0.25), tokenAt(0.5)]
  const block1 = answered(one, '2.05', piece(16, 16), [b2(1, true, 0)], request('0.01', [b2(1, false, 0)]))
  ladder(
    floor(),
    {
      dice: [0, 0.25, 0.5, 0.6, 0.7],
      values: {
        a: get,
        f: first,
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)]),
        s: asks(one, '0.01', [b2(1, false, 0)]),
        '1': block1,
        t: asks(two, '0.01', [b2(2, false, 0)]),
        '2': answered(two, '2.05', piece(32, 8), [b2(2, false, 0)]),
        x: block1, // of an exchange that is over: for nobody above
        D: gets('a1', '2.05', body(40)),
      },
    },
    { submitted: 'a', transmitted: 'f-s-t', received: '--0-11-2', delivered: '-----x-D' },
  )
})

test('each block is asked for under a token of its own', () => {
  expect(new Set([0, 0.1, 0.2, 0.3].map(tokenAt)).size).toBe(4)
})

test('cancelling in the midst forgets the block under way', () => {
  ladder(
    floor(),
    {
      values: {
        a: get,
        f: first,
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)]),
        s: asks(next, '0.01', [b2(1, false, 0)]),
        c: cancel('a1'),
        C: cancels(next),
      },
    },
    { submitted: 'a---c', transmitted: 'f-s-C', received: '--0' },
  )
})

test('a body beyond the limit is not assembled: by the size that is told, or by what has come', () => {
  const values = { a: get, f: first, s: asks(next, '0.01', [b2(1, false, 0)]), F: fails('a1', 'too-large') }
  ladder(
    floor({ bodyBytesMax: 30 }),
    { values: { ...values, '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0), size2(31)]) } },
    { submitted: 'a', transmitted: 'f', received: '--0', delivered: '--F' },
  )
  ladder(
    floor({ bodyBytesMax: 30 }),
    {
      values: {
        ...values,
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)]),
        '1': answered(next, '2.05', piece(16, 16), [b2(1, true, 0)]),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0-1', delivered: '----F' },
  )
})

test('a body of one block passes as it is', () => {
  const only = answered('a1', '2.05', piece(0, 9), [b2(0, false, 0)])
  ladder(
    floor(),
    { values: { a: get, f: first, '0': only, D: (value: unknown) => value === only } },
    { submitted: 'a', transmitted: 'f', received: '--0', delivered: '--D' },
  )
})

test('a block in the midst that was asked for is delivered by itself [RFC 7959 §2.4]', () => {
  const wish = request('0.01', [b2(3, false, 0)])
  const block = answered('a1', '2.05', piece(48, 16), [b2(3, true, 0)], wish)
  ladder(
    floor(),
    { values: { a: ask('a1', wish), f: like({ type: 'ask', exchange: 'a1' }), '3': block, D: (value: unknown) => value === block } },
    { submitted: 'a', transmitted: 'f', received: '--3', delivered: '--D' },
  )
})

test('a first block that nobody asked to begin with ends the exchange', () => {
  ladder(
    floor(),
    { values: { a: get, f: first, '3': answered('a1', '2.05', piece(48, 16), [b2(3, true, 0)]), F: fails('a1', 'incomplete') } },
    { submitted: 'a', transmitted: 'f', received: '--3', delivered: '--F' },
  )
})

test('a FETCH is repeated with its payload for each block', () => {
  const fetch = request('0.05', [], piece(0, 5))
  ladder(
    floor(),
    {
      values: {
        a: ask('a1', fetch),
        f: asks('a1', '0.05', [], piece(0, 5)),
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)], fetch),
        s: asks(next, '0.05', [b2(1, false, 0)], piece(0, 5)),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0' },
  )
})

test('validation and observation belong to the first request only [RFC 7959 §2.4]', () => {
  const first = request('0.01', [etag(1), observe0])
  ladder(
    floor(),
    {
      values: {
        a: ask('a1', first),
        f: asks('a1', '0.01', [etag(1), observe0]),
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)], first),
        s: asks(next, '0.01', [b2(1, false, 0)]),
      },
    },
    { submitted: 'a', transmitted: 'f-s', received: '--0' },
  )
})
const observe0 = { number: 6, value: new Uint8Array(0) }
