/** Exchanges over a transport that keeps order and loses nothing (RFC 8323): messages are NON, numbered 0, and nobody settles them. */
import { test } from 'vitest'
import { exchanges } from '../../src/exchange/exchanges.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { answer, answered, ask, cancel, get, non, notification, observe, sent, text } from './lanes.ts'

const remote = 'coap+tcp://10.0.0.2:5683'
const alone = exchanges(defaultParameters)
const tcp = (token: string, all: Parameters<typeof non>[3], payload = '', code: '2.05' | '0.01' = '2.05') => ({
  ...non(0, code, token, all, payload),
  remote,
})
const to = (details = {}) => ({ ...get(details), remote, confirmable: false })

test('a request is answered [RFC 8323 §3]', () => {
  ladder(
    alone,
    {
      values: {
        a: ask('01', to()),
        q: sent('NON', '0.01', { token: '01' }),
        f: like({ type: 'forget' }),
        r: tcp('01', [], 'x'),
        A: answered('x', { last: true }),
      },
    },
    { submitted: 'a-----', transmitted: 'q-f', received: '--r', delivered: '--A' },
  )
})

test('a peer is answered, however long it takes, and no acknowledgement is sent [RFC 8323 §3]', () => {
  ladder(
    alone,
    {
      values: {
        q: tcp('aa', [], '', '0.01'),
        Q: like({ type: 'asked' }),
        a: { ...answer(1), request: to() },
        r: sent('NON', '2.05', { token: 'aa' }),
      },
    },
    { received: 'q-------', delivered: 'Q', submitted: '-----a', transmitted: '-----r' },
  )
})

test('a critical option that nobody knows is answered 4.02, for there is no rejection [RFC 8323 §3; RFC 7252 §5.4.1]', () => {
  const unknown = { number: 2_051, value: Uint8Array.of(1) }
  ladder(
    alone,
    { values: { q: tcp('aa', [unknown], '', '0.01'), r: sent('NON', '4.02', { token: 'aa' }) } },
    { received: 'q', transmitted: 'r' },
  )
})

test('notifications count in the order in which they come, whatever their numbers [RFC 8323 §7.1]', () => {
  const values = {
    a: ask('01', to({ observe: true })),
    q: sent('NON', '0.01'),
    f: like({ type: 'forget' }),
    x: tcp('01', [observe(0)], 'x'),
    X: answered('x'),
    y: tcp('01', [observe(0)], 'y'),
    Y: answered('y'),
  }
  ladder(alone, { values }, { submitted: 'a-----', transmitted: 'q-f', received: '--x-y', delivered: '--X-Y' })
})

test('a link that we opened to such a transport is known under our own name for it [RFC 8323 §7.1]', () => {
  const named = { ...to({ observe: true }), remote: 'server' }
  const of = (payload: string) => ({ ...tcp('01', [observe(0)], payload), remote: 'server' })
  const o = { type: 'open', remote: 'server', uri: 'coap+tcp://example.com' }
  const values = {
    o,
    O: like(o),
    a: ask('01', named),
    q: sent('NON', '0.01'),
    f: like({ type: 'forget' }),
    x: of('x'),
    X: answered('x'),
    y: of('y'),
    Y: answered('y'),
  }
  ladder(alone, { values }, { submitted: 'oa-----', transmitted: 'Oq-f', received: '---x-y', delivered: '---X-Y' })
})

test('observers are notified as fast as it changes: the transport keeps the pace [RFC 8323 §7]', () => {
  const of = (payload: string) => ({ ...notification(1, payload, payload === 'b' ? undefined : false), request: to() })
  const values = {
    q: tcp('aa', [observe(0)], '', '0.01'),
    Q: like({ type: 'asked' }),
    a: of('a'),
    b: of('b'),
    c: of('c'),
    r: sent('NON', '2.05', { options: [observe(1)], payload: text('a') }),
    s: sent('NON', '2.05', { options: [observe(2)], payload: text('b') }),
    t: sent('NON', '2.05', { options: [observe(3)], payload: text('c') }),
  }
  ladder(alone, { values }, { received: 'q-------', delivered: 'Q', submitted: '-abc', transmitted: '-rst' })
})

test('an observation is cancelled by deregistration [RFC 7641 §3.6]', () => {
  const values = {
    a: ask('01', to({ observe: true })),
    q: sent('NON', '0.01'),
    f: like({ type: 'forget' }),
    x: tcp('01', [observe(0)], 'x'),
    X: answered('x'),
    c: { ...cancel('01'), remote },
    d: sent('NON', '0.01', { token: '01' }),
    r: tcp('01', []),
  }
  ladder(alone, { values }, { submitted: 'a---c--', transmitted: 'q-f-d-f', received: '--x---r', delivered: '--X' })
})
