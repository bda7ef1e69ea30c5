/** Requests that want no response of some kind (RFC 7967 §2). */
import { test } from 'vitest'
import { options, uintOption } from '../../src/message/option.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, answer, ask, coap, con, get, non, sent } from './lanes.ts'

const unwanted = (classes: number) => [uintOption(options.NoResponse, classes)]
const asked = like({ type: 'asked' })
const answered = like({ type: 'answered', response: { code: '0.00' }, last: true })

test.each([
  [2, '2.04'],
  [8, '4.04'],
  [16, '5.00'],
  [26, '2.04'],
] as const)(
  'with No-Response %i a response %s is not sent; a confirmable request is acknowledged all the same [RFC 7967 §2.1]',
  (classes, code) => {
    const values = {
      p: con(7, '0.03', 'aa', unwanted(classes)),
      n: non(8, '0.03', 'bb', unwanted(classes)),
      Q: asked,
      a: answer(1, { code }),
      b: answer(2, { code }),
      e: sent('ACK', '0.00', { messageId: 7 }),
    }
    ladder(coap(), { values, msPerChar: 100 }, { received: 'p-n--', submitted: '-a-b', delivered: 'Q-Q', transmitted: '-e' })
  },
)

test('a response of a class that is wanted is sent [RFC 7967 §2.1]', () => {
  ladder(
    coap(),
    { values: { q: con(7, '0.03', 'aa', unwanted(2)), Q: asked, a: answer(1, { code: '4.04' }), r: sent('ACK', '4.04') }, msPerChar: 100 },
    { received: 'q--', submitted: '-a', delivered: 'Q', transmitted: '-r' },
  )
})

test('a request that wants no response at all is done when it is acknowledged; a non-confirmable one at once [RFC 7967 §2.1]', () => {
  const details = { options: unwanted(26) }
  ladder(
    coap(),
    { values: { a: ask('01', get(details, 'PUT')), q: sent('CON', '0.03'), e: ack(0), A: answered } },
    { submitted: 'a---', transmitted: 'q', received: '-e', delivered: '-A' },
  )
  ladder(
    coap(),
    { values: { a: ask('01', get({ ...details, confirmable: false }, 'PUT')), q: sent('NON', '0.03'), A: answered } },
    { submitted: 'a---', transmitted: 'q', delivered: 'A' },
  )
})
