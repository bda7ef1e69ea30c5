/** Options that are not understood (RFC 7252 §5.4). */
import { test } from 'vitest'
import { options } from '../../src/message/option.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, ask, coap, con, failed, non, sent, text } from './lanes.ts'

const bytes = (length: number) => new Uint8Array(length)
const critical = { number: 65001, value: bytes(1) }
const elective = { number: 65000, value: bytes(1) }
const asked = (all: readonly unknown[]) => like({ type: 'asked', request: { options: all } })

test('an unknown critical option in a confirmable request is answered 4.02, with a diagnostic that names it [RFC 7252 §5.4.1]', () => {
  const payload = text('critical option 65001 is not supported')
  ladder(
    coap(),
    { values: { q: con(7, '0.01', 'aa', [critical]), r: sent('ACK', '4.02', { messageId: 7, token: 'aa', payload }) } },
    { received: 'q--', transmitted: 'r' },
  )
})

test('an unknown critical option in a non-confirmable request makes it rejected [RFC 7252 §5.4.1]', () => {
  ladder(
    coap(),
    { values: { q: non(7, '0.01', 'aa', [critical]), x: sent('RST', '0.00', { messageId: 7 }) } },
    { received: 'q--', transmitted: 'x' },
  )
})

test('an unknown elective option is ignored [RFC 7252 §5.4.1]', () => {
  ladder(
    coap(),
    { values: { q: con(7, '0.01', 'aa', [elective]), Q: like({ type: 'asked' }) }, msPerChar: 100 },
    { received: 'q--', delivered: 'Q' },
  )
})

test('an unknown critical option in a confirmable response makes it rejected [RFC 7252 §5.4.1]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        e: ack(0),
        r: con(9, '2.05', '01', [critical]),
        x: sent('RST', '0.00', { messageId: 9 }),
        F: failed('bad-option'),
      },
    },
    { submitted: 'a----', transmitted: 'q--x', received: '-e-r', delivered: '---F' },
  )
})

test('an unknown critical option in a piggybacked response makes it rejected, which for an acknowledgement is silence [RFC 7252 §5.4.1]', () => {
  ladder(
    coap(),
    { values: { a: ask('01'), q: sent('CON', '0.01'), r: ack(0, '2.05', '01', [critical]), F: failed('bad-option') } },
    { submitted: 'a------', transmitted: 'q', received: '-r', delivered: '-F' },
  )
})

test('an unknown critical option in a non-confirmable response makes it rejected [RFC 7252 §5.4.1]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        r: non(9, '2.05', '01', [critical]),
        x: sent('RST', '0.00', { messageId: 9 }),
        F: failed('bad-option'),
      },
    },
    { submitted: 'a------', transmitted: 'qx', received: '-r', delivered: '-F' },
  )
})

test('a critical option of a wrong length is an unknown one [RFC 7252 §5.4.3]', () => {
  const long = { number: options.Accept, value: bytes(3) }
  ladder(coap(), { values: { q: con(7, '0.01', 'aa', [long]), r: sent('ACK', '4.02') } }, { received: 'q--', transmitted: 'r' })
})

test('an elective option of a wrong length is ignored [RFC 7252 §5.4.3]', () => {
  const long = { number: options.MaxAge, value: bytes(5) }
  ladder(coap(), { values: { q: con(7, '0.01', 'aa', [long]), Q: asked([]) }, msPerChar: 100 }, { received: 'q--', delivered: 'Q' })
})

test('a critical option once too often is an unknown one [RFC 7252 §5.4.5]', () => {
  const accept = { number: options.Accept, value: bytes(1) }
  ladder(coap(), { values: { q: con(7, '0.01', 'aa', [accept, accept]), r: sent('ACK', '4.02') } }, { received: 'q--', transmitted: 'r' })
})

test('an elective option once too often is ignored, the first one counts [RFC 7252 §5.4.5]', () => {
  const first = { number: options.MaxAge, value: Uint8Array.of(1) }
  const second = { number: options.MaxAge, value: Uint8Array.of(2) }
  ladder(
    coap(),
    { values: { q: con(7, '0.01', 'aa', [first, second]), Q: asked([first]) }, msPerChar: 100 },
    { received: 'q--', delivered: 'Q' },
  )
})

test.each([options.ProxyUri, options.ProxyScheme])(
  'who asks us to be a proxy is answered 5.05 (option %i) [RFC 7252 §5.10.2]',
  (number) => {
    const proxy = { number, value: text('coap') }
    ladder(
      coap(),
      { values: { q: con(7, '0.01', 'aa', [proxy]), r: sent('ACK', '5.05', { token: 'aa' }) } },
      { received: 'q--', transmitted: 'r' },
    )
    ladder(
      coap(),
      { values: { q: non(7, '0.01', 'aa', [proxy]), r: sent('NON', '5.05', { token: 'aa' }) } },
      { received: 'q--', transmitted: 'r' },
    )
  },
)

test.each([options.Echo, options.RequestTag])('Echo and Request-Tag pass through (option %i) [RFC 9175 §2.2, §3.2]', (number) => {
  const option = { number, value: bytes(2) }
  ladder(coap(), { values: { q: con(7, '0.01', 'aa', [option]), Q: asked([option]) }, msPerChar: 100 }, { received: 'q--', delivered: 'Q' })
})
