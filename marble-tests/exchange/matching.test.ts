/** Which response belongs to which request (RFC 7252 §5.3.2). One character is a second. */
import { test } from 'vitest'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, answer, answered, ask, cancel, coap, con, message, non, sent, stranger } from './lanes.ts'

test('a confirmable response that belongs to no request is rejected [RFC 7252 §4.2, §5.3.2]', () => {
  ladder(coap(), { values: { r: con(9, '2.05', '99'), x: sent('RST', '0.00', { messageId: 9 }) } }, { received: 'r---', transmitted: 'x' })
})

test('a non-confirmable response that belongs to no request is rejected [RFC 7252 §4.3, §5.3.2]', () => {
  ladder(coap(), { values: { r: non(9, '2.05', '99'), x: sent('RST', '0.00', { messageId: 9 }) } }, { received: 'r---', transmitted: 'x' })
})

test('an acknowledgement that belongs to nothing is ignored in silence [RFC 7252 §4.2]', () => {
  ladder(coap(), { values: { r: ack(9, '2.05', '99') } }, { received: 'r---' })
})

test('an acknowledgement with another token than its request is not the answer [RFC 7252 §5.3.2]', () => {
  ladder(
    coap(),
    {
      values: { a: ask('01'), q: sent('CON', '0.01'), r: ack(0, '2.05', '99'), s: ack(0, '2.05', '01', [], 'right'), A: answered('right') },
    },
    { submitted: 'a-------', transmitted: 'q-q', received: '-r-s', delivered: '---A' },
  )
})

test('a response with the right token from another endpoint is rejected, not taken [RFC 7252 §5.3.2]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        r: message('CON', 9, '2.05', '01', [], 'forged', stranger),
        x: sent('RST', '0.00', { remote: stranger }),
        s: ack(0, '2.05', '01', [], 'right'),
        A: answered('right'),
      },
    },
    { submitted: 'a------', transmitted: 'qx', received: '-(rs)', delivered: '-A' },
  )
})

test('a response to a separate message carries the token of its request unchanged, however long or short [RFC 7252 §5.3.1]', () => {
  for (const token of ['', 'ab', '0102030405060708'])
    ladder(
      coap(),
      { values: { q: con(7, '0.01', token), Q: like({ type: 'asked' }), a: answer(1), r: sent('ACK', '2.05', { token }) }, msPerChar: 100 },
      { received: 'q---', delivered: 'Q', submitted: '-a', transmitted: '-r' },
    )
})

test('a late answer to a cancelled request is rejected [RFC 7252 §5.3.2]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        e: ack(0),
        c: cancel('01'),
        r: con(9, '2.05', '01'),
        x: sent('RST', '0.00', { messageId: 9 }),
      },
    },
    { submitted: 'a-c-------', transmitted: 'q---x', received: '-e--r' },
  )
})

test('a cancelled request is not sent again, and makes room for the next', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        b: ask('02'),
        c: cancel('01'),
        p: sent('CON', '0.01', { token: '01' }),
        q: sent('CON', '0.01', { token: '02' }),
      },
      msPerChar: 500,
    },
    { submitted: 'abc', transmitted: 'p-q' },
  )
})

test('a request in an acknowledgement is no request', () => {
  ladder(coap(), { values: { r: ack(9, '0.01', '99') } }, { received: 'r---' })
})
