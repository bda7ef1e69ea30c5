/** What a link's end means for the exchanges on it. */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, ask, cancelled, coap, con, failed, notification, observe, peer, sent, get, answered } from './lanes.ts'

const closed = (reason: string) => ({ type: 'closed', remote: peer, reason })
const undeliverable = (reason: string) => ({ type: 'undeliverable', remote: peer, reason })

test('requests under way on a link that closes fail with aborted', () => {
  ladder(
    coap(),
    { values: { a: ask('01'), b: ask('02'), q: sent('CON', '0.01'), x: closed('lost'), F: failed('aborted'), X: like(closed('lost')) } },
    { submitted: 'ab-------', transmitted: 'q', received: '-x', delivered: '-(FFX)' },
  )
})

test('requests to a host that cannot be reached fail with unreachable', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        x: closed('name-not-found'),
        F: failed('unreachable'),
        X: like(closed('name-not-found')),
      },
    },
    { submitted: 'a--------', transmitted: 'q', received: '-x', delivered: '-(FX)' },
  )
})

test('what a peer asked and observes on a link that closes is cancelled', () => {
  ladder(
    coap(),
    {
      values: {
        p: con(7, '0.01', 'aa', [observe(0)]),
        q: con(8, '0.01', 'bb'),
        Q: like({ type: 'asked' }),
        a: notification(1, 'x'),
        r: sent('ACK', '2.05'),
        x: closed('asked'),
        A: cancelled(1),
        B: cancelled(2),
        X: like(closed('asked')),
      },
      msPerChar: 100,
    },
    { received: 'p-qx--', submitted: '-a', transmitted: '-r', delivered: 'Q-Q(BAX)' },
  )
})

test('a request that the transport cannot deliver fails with unreachable', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        x: undeliverable('unreachable'),
        F: failed('unreachable'),
        X: like(undeliverable('unreachable')),
      },
    },
    { submitted: 'a--------', transmitted: 'q', received: '-x', delivered: '-(FX)' },
  )
})

test('an observation outlives a message that could not be delivered', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01', get({ observe: true })),
        q: sent('CON', '0.01'),
        r: ack(0, '2.05', '01', [observe(1)], 'x'),
        A: answered('x'),
        x: undeliverable('unreachable'),
        X: like(undeliverable('unreachable')),
        n: con(9, '2.05', '01', [observe(2)], 'y'),
        k: sent('ACK', '0.00'),
        B: answered('y'),
      },
    },
    { submitted: 'a--------', transmitted: 'q--k', received: '-rxn', delivered: '-AXB' },
  )
})
