/** Bodies handed over block by block as they come, from a peer's request or the answer to ours (RFC 7959; bounded memory). */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
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
  cancels,
  etag,
  fails,
  floor,
  gets,
  isAsked,
  next,
  offers,
  piece,
  refused,
  request,
  size1,
  taken,
} from './words.ts'

const nothing = new Uint8Array(0)
const streams = () => true
const one = asked(1, '0.03', [b1(0, true, 0), size1(24)], piece(0, 16))
const two = asked(2, '0.03', [b1(1, false, 0)], piece(16, 8))
const push = {
  '1': one,
  '2': two,
  O: offers(1, 0, piece(0, 16), false),
  P: offers(1, 16, piece(16, 8), true),
  t: taken(1, 0),
  u: taken(1, 16),
  A: answers(1, '2.31', [b1(0, true, 0)]),
}
const pull = {
  a: ask('a1', request('0.01'), true),
  f: asks('a1', '0.01', []),
  '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0), etag(7)]),
  O: offers('a1', 0, piece(0, 16), false),
  t: taken('a1', 0),
  s: asks(next, '0.01', [b2(1, false, 0)]),
  '1': answered(next, '2.05', piece(16, 8), [b2(1, false, 0), etag(7)]),
  P: offers('a1', 16, piece(16, 8), true),
  u: taken('a1', 16),
}

test('a pushed block is acknowledged when it is stored, not before; then the request goes up without its body', () => {
  ladder(
    floor({}, { streams }),
    {
      values: { ...push, Q: isAsked(2, nothing, { body: { size: 24 } }), a: answer(two, '2.04'), B: answers(2, '2.04', [b1(1, false, 0)]) },
    },
    { received: '1---2', delivered: 'O---P-Q', submitted: '--t---ua', transmitted: '--A----B' },
  )
})

test('a pushed body in one message, with or without Block1, is handed over, too', () => {
  const bare = asked(1, '0.03', [], piece(0, 7))
  ladder(
    floor({}, { streams }),
    { values: { '1': bare, O: offers(1, 0, piece(0, 7), true), t: taken(1, 0), Q: isAsked(1, nothing, { body: { size: 7 } }) } },
    { received: '1', delivered: 'O-Q', submitted: '--t' },
  )
})

test('with a wider window the next block is sent for while the first is being stored, and no more', () => {
  const third = asked(3, '0.03', [b1(2, true, 0)], piece(32, 16))
  const second = asked(2, '0.03', [b1(1, true, 0)], piece(16, 16))
  ladder(
    floor({ windowBlocks: 2 }, { streams }),
    {
      values: {
        ...push,
        '2': second,
        '3': third,
        P: offers(1, 16, piece(16, 16), false),
        R: offers(1, 32, piece(32, 16), false),
        B: answers(2, '2.31', [b1(1, true, 0)]),
      },
    },
    { received: '1-2-3', delivered: 'O-P-R', submitted: '---t', transmitted: 'A--B' },
  )
})

test('what the sink says is answered: too large 4.13, broken 5.00, busy 5.03', () => {
  for (const [reason, code] of [
    ['too-large', '4.13'],
    ['sink', '5.00'],
    ['busy', '5.03'],
  ] as const)
    ladder(
      floor({}, { streams }),
      {
        values: {
          ...push,
          r: refused(1, reason),
          X: answers(1, code, [b1(0, true, 0), size1(24)].slice(0, 1)),
          Y: answers(2, '4.08', [b1(1, false, 0)]),
        },
      },
      { received: '1---2', delivered: 'O', submitted: '--r', transmitted: '--X-Y' },
    )
})

test('a pushed block that is repeated while it is being stored is answered once it is, both times', () => {
  const again = asked(9, '0.03', [b1(1, true, 0)], piece(16, 16))
  const second = asked(2, '0.03', [b1(1, true, 0)], piece(16, 16))
  ladder(
    floor({}, { streams }),
    {
      values: {
        ...push,
        '2': second,
        '9': again,
        P: offers(1, 16, piece(16, 16), false),
        B: answers(2, '2.31', [b1(1, true, 0)]),
        C: answers(9, '2.31', [b1(1, true, 0)]),
      },
    },
    { received: '1-2-9', delivered: 'O-P', submitted: '-t---u', transmitted: '-A---(BC)' },
  )
})

test('a push that begins anew abandons what there was', () => {
  const again = asked(5, '0.03', [b1(0, true, 0)], piece(100, 16))
  ladder(
    floor({}, { streams }),
    { values: { ...push, '5': again, Z: abandons(1), N: offers(5, 0, piece(100, 16), false) } },
    { received: '1-5', delivered: 'O-(ZN)', submitted: '-t', transmitted: '-A' },
  )
})

test('a push that goes silent is abandoned', () => {
  ladder(
    floor({ transferTimeoutMs: 3_000 }, { streams }),
    { values: { ...push, Z: abandons(1) } },
    { received: '1', delivered: 'O---Z', submitted: '-t', transmitted: '-A' },
  )
})

test('a sink that never answers does not hold the peer for ever', () => {
  ladder(
    floor({ transferTimeoutMs: 3_000 }, { streams }),
    { values: { ...push, Z: abandons(1), X: answers(1, '5.03') } },
    { received: '1', delivered: 'O--Z', transmitted: '---X' },
  )
})

test('pushes of two peers are stored side by side', () => {
  const far = asked(2, '0.03', [b1(0, true, 0)], piece(0, 16), 'coap://other:5683')
  ladder(
    floor({}, { streams }),
    {
      values: {
        ...push,
        '2': far,
        R: offers(2, 0, piece(0, 16), false),
        v: { type: 'taken', exchange: 2, remote: 'coap://other:5683', offset: 0 },
        B: answers(2, '2.31', [b1(0, true, 0)]),
      },
    },
    { received: '12', delivered: 'OR', submitted: '--vt', transmitted: '--BA' },
  )
})

test('a pulled block is asked for when the one before is stored; the answer comes when all is', () => {
  ladder(
    floor(),
    { values: { ...pull, D: gets('a1', '2.05', nothing, { last: true }) } },
    { submitted: 'a---t----u', transmitted: 'f---s', received: '--0---1', delivered: '--O---P--D' },
  )
})

test('a pull resumes at the block that its request names [RFC 7959 §2.4]', () => {
  const wish = request('0.01', [b2(4, false, 0)])
  ladder(
    floor(),
    {
      values: {
        a: ask('a1', wish, true),
        f: asks('a1', '0.01', [b2(4, false, 0)]),
        '4': answered('a1', '2.05', piece(64, 16), [b2(4, true, 0), etag(7)], wish),
        O: offers('a1', 64, piece(64, 16), false),
        t: taken('a1', 64),
        s: asks(next, '0.01', [b2(5, false, 0)]),
      },
    },
    { submitted: 'a---t', transmitted: 'f---s', received: '--4', delivered: '--O' },
  )
})

test('a peer that begins elsewhere than asked ends the pull', () => {
  const wish = request('0.01', [b2(4, false, 0)])
  ladder(
    floor(),
    {
      values: {
        a: ask('a1', wish, true),
        f: asks('a1', '0.01', [b2(4, false, 0)]),
        '0': answered('a1', '2.05', piece(0, 16), [b2(0, true, 0)], wish),
        F: fails('a1', 'incomplete'),
      },
    },
    { submitted: 'a', transmitted: 'f', received: '--0', delivered: '--F' },
  )
})

test('a pull that changes on the way fails: what is stored is of no use', () => {
  ladder(
    floor(),
    { values: { ...pull, '1': answered(next, '2.05', piece(16, 8), [b2(1, false, 0), etag(8)]), F: fails('a1', 'changed') } },
    { submitted: 'a---t', transmitted: 'f---s', received: '--0---1', delivered: '--O---F' },
  )
})

test('an error, and 2.03, are answers without a body', () => {
  for (const code of ['4.04', '2.03'] as const)
    ladder(
      floor(),
      { values: { ...pull, '0': answered('a1', code), D: gets('a1', code, nothing, { last: true }) } },
      { submitted: 'a', transmitted: 'f', received: '--0', delivered: '--D' },
    )
})

test('a pulled body in one message is handed over, too, and so is an empty one', () => {
  for (const length of [0, 9])
    ladder(
      floor(),
      {
        values: {
          ...pull,
          '0': answered('a1', '2.05', piece(0, length)),
          O: offers('a1', 0, piece(0, length), true),
          D: like({
            type: 'answered',
            exchange: 'a1',
            response: { code: '2.05', payload: nothing, body: { size: length, etag: undefined } },
          }),
        },
      },
      { submitted: 'a---t', transmitted: 'f', received: '--0', delivered: '--O-D' },
    )
})

test('a sink that refuses, or never answers, ends the pull', () => {
  ladder(
    floor(),
    { values: { ...pull, r: refused('a1', 'sink'), F: fails('a1', 'sink') } },
    { submitted: 'a---r', transmitted: 'f', received: '--0', delivered: '--O-F' },
  )
  ladder(
    floor({ transferTimeoutMs: 3_000 }),
    { values: { ...pull, F: fails('a1', 'timeout') } },
    { submitted: 'a', transmitted: 'f', received: '--0', delivered: '--O--F' },
  )
})

test('with a wider window the next block is fetched while the first is being stored', () => {
  ladder(
    floor({ windowBlocks: 2 }),
    { values: { ...pull, r: refused('a1', 'busy'), C: cancels(next), F: fails('a1', 'refused') } },
    { submitted: 'a---r', transmitted: 'f-s-C', received: '--0', delivered: '--O-F' },
  )
})
