/** Full tables, and what they answer (RFC 7252 §5.9.3.4). */
import { test } from 'vitest'
import { options, uintOption } from '../../src/message/option.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { answer, ask, cancelled, coap, con, failed, non, notification, observe, sent } from './lanes.ts'

const asked = like({ type: 'asked' })
const later = [uintOption(options.MaxAge, 5)]

test('a request beyond the bound is answered 5.03, and told when to try again [RFC 7252 §5.9.3.4]', () => {
  ladder(
    coap({ exchangesMax: 1 }),
    {
      values: {
        p: con(7, '0.01', 'aa'),
        q: con(8, '0.01', 'bb'),
        n: non(9, '0.01', 'cc'),
        Q: asked,
        r: sent('ACK', '5.03', { token: 'bb', options: later }),
        s: sent('NON', '5.03', { token: 'cc' }),
      },
      msPerChar: 100,
    },
    { received: 'pqn--', delivered: 'Q', transmitted: '-rs' },
  )
})

test('a request of ours beyond the bound is refused', () => {
  ladder(
    coap({ exchangesMax: 1 }),
    { values: { a: ask('01'), b: ask('02'), q: sent('CON', '0.01', { token: '01' }), F: failed('refused') }, msPerChar: 100 },
    { submitted: 'ab---', transmitted: 'q', delivered: '-F' },
  )
})

test('an observer beyond the bound is answered without Observe: it may poll [RFC 7641 §4.1]', () => {
  const registration = [observe(0)]
  ladder(
    coap({ observationsMax: 1 }),
    {
      values: {
        p: con(7, '0.01', 'aa', registration),
        q: con(8, '0.01', 'bb', registration),
        Q: asked,
        a: notification(1, 'x'),
        b: notification(2, 'x'),
        r: sent('ACK', '2.05', { token: 'aa', options: [observe(1)] }),
        s: sent('ACK', '2.05', { token: 'bb', options: [] }),
        X: cancelled(2),
      },
      msPerChar: 100,
    },
    { received: 'p-q---', submitted: '-a-b', delivered: 'Q-QX', transmitted: '-r-s' },
  )
})

test('an answer to a request that is gone says nothing', () => {
  ladder(coap(), { values: { a: answer(99) } }, { submitted: 'a--' })
})
