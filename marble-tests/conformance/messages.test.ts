/** What RFC 7252 §4 and §5.2 want of messages, where no other ladder says it. One character is a second. */
import { expect, test } from 'vitest'
import { defaultParameters, maxTransmitSpanMs } from '../../src/exchange/parameters.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, answer, ask, coap, con, get, observe, notification, non, rst, sent, text } from '../exchange/lanes.ts'
import { malformed, numbered, play, settled, submission } from '../message/letters.ts'

const asked = like({ type: 'asked' })

test('the last transmission leaves within MAX_TRANSMIT_SPAN, whatever the luck [RFC 7252 §4.2]', () => {
  const put = submission()
  for (const dice of [0, 0.5, 0.999]) {
    const { transmitted } = play(
      { submitted: 'p', transmitted: '*', delivered: '*' },
      { p: put, c: numbered(put), s: settled('gave-up') },
      { dice, untilMs: 200_000 },
    )
    expect(transmitted.length).toBe(defaultParameters.maxRetransmit + 1)
    expect(transmitted.at(-1)!.at).toBeLessThanOrEqual(maxTransmitSpanMs(defaultParameters))
  }
})

test('no empty message leaves but a ping, an acknowledgement or a reset: without a code a NON is a ping, too [RFC 7252 §4.3]', () => {
  ladder(
    coap(),
    { values: { a: ask('01', { ...get(), code: '0.00', confirmable: false }), p: sent('CON', '0.00', { token: '' }) }, msPerChar: 100 },
    { submitted: 'a-', transmitted: 'p' },
  )
})

test('a non-confirmable message of a reserved code class is ignored in silence [RFC 7252 §4.3]', () => {
  play({ received: '-m', transmitted: '-', delivered: '-' }, { m: malformed({ reason: 'class', confirmable: false }) }, { untilMs: 60_000 })
})

test('a request that comes again after its empty acknowledgement is acknowledged empty again, and its response comes in a message of its own [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa'),
        Q: asked,
        e: sent('ACK', '0.00', { messageId: 7, token: '' }),
        a: answer(1),
        r: sent('CON', '2.05', { messageId: 0, token: 'aa' }),
        k: ack(0),
      },
    },
    { received: 'q-q-q--k--', delivered: 'Q', submitted: '------a', transmitted: '-ee-e-r' },
  )
})

test('a separate response that is rejected is not sent again [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa'),
        Q: asked,
        e: sent('ACK', '0.00'),
        a: answer(1),
        r: sent('CON', '2.05', { messageId: 0 }),
        x: rst(0),
      },
    },
    { received: 'q---x--------------', delivered: 'Q', submitted: '---a', transmitted: '-e-r' },
  )
})

test('an acknowledgement of a separate response counts, whatever it carries [RFC 7252 §5.2.2]', () => {
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa'),
        Q: asked,
        e: sent('ACK', '0.00'),
        a: answer(1),
        r: sent('CON', '2.05', { messageId: 0 }),
        k: ack(0, '4.04', 'aa', [], 'odd'),
      },
    },
    { received: 'q---k--------------', delivered: 'Q', submitted: '---a', transmitted: '-e-r' },
  )
})

test('a confirmable notification is acknowledged and delivered when its token is known [RFC 7641 §3.5]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01', get({ observe: true })),
        q: sent('CON', '0.01'),
        r: ack(0, '2.05', '01', [observe(1)], 'a'),
        A: like({ type: 'answered', response: { payload: text('a') }, last: false }),
        n: con(9, '2.05', '01', [observe(2)], 'b'),
        k: sent('ACK', '0.00', { messageId: 9 }),
        B: like({ type: 'answered', response: { payload: text('b') }, last: false }),
      },
    },
    { submitted: 'a---', transmitted: 'q--k', received: '-r-n', delivered: '-A-B' },
  )
})

test('at most NSTART confirmable notifications are under way to a client, whatever it observes [RFC 7641 §4.5.1]', () => {
  const observed = (token: string, messageId: number) => con(messageId, '0.01', token, [observe(0)])
  ladder(
    coap(),
    {
      values: {
        p: observed('aa', 7),
        q: observed('bb', 8),
        P: asked,
        a: notification(1, 'a'),
        b: notification(2, 'b'),
        r: sent('ACK', '2.05'),
        c: notification(1, 'c'),
        d: notification(2, 'd'),
        s: sent('CON', '2.05', { messageId: 0, token: 'aa', payload: text('c') }),
        t: sent('CON', '2.05', { messageId: 1, token: 'bb', payload: text('d') }),
        k: ack(0),
        l: ack(1),
      },
      msPerChar: 200,
    },
    { received: '(pq)-----------k---l', delivered: '(PP)', submitted: '----(ab)----(cd)', transmitted: '----(rr)----s--t' },
  )
})

test('a non-confirmable request is answered with its token in a message that is not empty [RFC 7252 §4.3]', () => {
  ladder(
    coap(),
    { values: { q: non(7, '0.01', 'aa'), Q: asked, a: answer(1), r: sent('NON', '2.05', { token: 'aa' }) } },
    { received: 'q--', delivered: 'Q', submitted: '-a', transmitted: '-r' },
  )
})
