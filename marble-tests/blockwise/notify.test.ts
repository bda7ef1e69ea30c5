/** Notifications larger than a message, as their observer sees them (RFC 7959 §2.6). */
import { test } from 'vitest'
import { ladder } from '../../src/testing/index.ts'
import { answered, ask, asks, b2, body, cancel, cancels, etag, failed, fails, floor, gets, next, observe, piece, request } from './words.ts'

const registration = request('0.01', [observe(0)])
const notified = (sequence: number, tag: number, payload: Uint8Array, more = true) =>
  answered('a1', '2.05', payload, [observe(sequence), ...(more ? [b2(0, true, 0)] : []), etag(tag)], registration, false)
const values = {
  a: ask('a1', registration),
  f: asks('a1', '0.01', [observe(0)]),
  '0': notified(1, 7, piece(0, 16)),
  s: asks(next, '0.01', [b2(1, false, 0)]),
  '1': answered(next, '2.05', piece(16, 16), [b2(1, true, 0), etag(7)]),
  t: asks(next, '0.01', [b2(2, false, 0)]),
  '2': answered(next, '2.05', piece(32, 8), [b2(2, false, 0), etag(7)]),
  D: gets('a1', '2.05', body(40), { last: false }),
}

test('the rest of a notification is fetched without Observe, and it is delivered as one body [RFC 7959 §2.6]', () => {
  ladder(floor(), { values }, { submitted: 'a', transmitted: 'f-s-t', received: '--0-1-2', delivered: '------D' })
})

test('a newer notification in the midst: the older body is let go, the newer one fetched [RFC 7959 §2.6]', () => {
  ladder(
    floor(),
    {
      values: {
        ...values,
        n: notified(2, 8, piece(100, 16)),
        C: cancels(next),
        u: asks(next, '0.01', [b2(1, false, 0)]),
        '3': answered(next, '2.05', piece(116, 4), [b2(1, false, 0), etag(8)]),
        N: gets('a1', '2.05', piece(100, 20), { last: false }),
      },
    },
    { submitted: 'a', transmitted: 'f-s-(Cu)', received: '--0-n-3', delivered: '------N' },
  )
})

test('a newer notification that is small takes the place of the one in the midst', () => {
  ladder(
    floor(),
    { values: { ...values, n: notified(2, 8, piece(0, 3), false), C: cancels(next), N: gets('a1', '2.05', piece(0, 3), { last: false }) } },
    { submitted: 'a', transmitted: 'f-s-C', received: '--0-n', delivered: '----N' },
  )
})

test('a body that changes while it is fetched is fetched anew: the notification of the change may be lost', () => {
  ladder(
    floor(),
    {
      values: {
        ...values,
        x: answered(next, '2.05', piece(16, 16), [b2(1, true, 0), etag(8)]),
        F: asks(next, '0.01', [b2(0, false, 0)]),
        '3': answered(next, '2.05', piece(50, 16), [b2(0, true, 0), etag(8)]),
        '4': answered(next, '2.05', piece(66, 4), [b2(1, false, 0), etag(8)]),
        N: gets('a1', '2.05', piece(50, 20), { last: false }),
      },
    },
    { submitted: 'a', transmitted: 'f-s-F-s', received: '--0-x-3-4', delivered: '--------N' },
  )
})

test('when the rest cannot be fetched the observation fails, and is cancelled below', () => {
  ladder(
    floor(),
    { values: { ...values, x: failed(next), C: cancels('a1'), F: fails('a1', 'timeout') } },
    { submitted: 'a', transmitted: 'f-s-C', received: '--0-x', delivered: '----F' },
  )
})

test('cancelling in the midst cancels the block under way and the observation', () => {
  ladder(
    floor(),
    { values: { ...values, c: cancel('a1'), C: cancels(next), O: cancels('a1') } },
    { submitted: 'a---c', transmitted: 'f-s-(CO)', received: '--0' },
  )
})

test('an observation that ends in the midst takes its body with it', () => {
  ladder(
    floor(),
    { values: { ...values, x: failed('a1', 'reset'), C: cancels(next), F: fails('a1', 'reset') } },
    { submitted: 'a', transmitted: 'f-s-C', received: '--0-x', delivered: '----F' },
  )
})
