/** Observations that outlive their link, or the device's restart (RFC 7641 §4; LwM2M Core §6.4.1). One character is half a second. */
import { describe, test } from 'vitest'
import type { Answer, Request } from '../../src/exchange/exchange.ts'
import { ladder, like } from '../../src/testing/index.ts'
import { ack, coap, message, observe, sent, text } from './lanes.ts'

const remote = 'account 0'
const open = { type: 'open', remote, uri: 'coap://server', account: 0, keepObservations: true }
const opened = { type: 'opened', remote, address: '192.0.2.1:5683', local: '192.0.2.9:40000' }
const closed = { type: 'closed', remote, reason: 'lost' }
const asked: Request = {
  remote,
  code: '0.01',
  options: [observe(0)],
  payload: text(''),
  confirmable: true,
  purpose: 'request',
  token: 'aa',
}
const notify = (exchange: number, payload: string, request: Request = asked): Answer => ({
  type: 'answer',
  exchange,
  request,
  response: { code: '2.05', options: [], payload: text(payload), confirmable: true },
  last: false,
})
const q = message('CON', 7, '0.01', 'aa', [observe(0)], '', remote)
const note = (payload: string) => sent('CON', '2.05', { remote, token: 'aa', payload: text(payload) })
const first = sent('ACK', '2.05', { remote, token: 'aa' })
const words = { O: open, o: opened, x: closed, q, a: notify(1, 'a'), b: notify(1, 'b'), A: first, B: note('b'), P: like({ type: 'open' }) }

describe('an observation', () => {
  test('outlives its link where that was opened so, and goes on over the next one', () => {
    ladder(
      coap(),
      { msPerChar: 500, values: words },
      { submitted: 'O--a--O-b', received: '-oq--x-o', delivered: '*', transmitted: 'P--A--P-B' },
    )
  })
  test('that nobody wants any more is let go without a word', () => {
    const cancel = { type: 'cancel', exchange: 1, remote }
    ladder(
      coap(),
      { msPerChar: 500, values: { ...words, c: cancel } },
      { submitted: 'O--ac-b', received: '-oq', delivered: '*', transmitted: 'P--A---' },
    )
  })
  test('ends with a link that was opened otherwise', () => {
    ladder(
      coap(),
      { msPerChar: 500, values: { ...words, O: { ...open, keepObservations: undefined } } },
      { submitted: 'O--a--O-b', received: '-oq--x-o', delivered: '*', transmitted: 'P--A--P--' },
    )
  })
  test('that was taken up goes on with the numbers that its observer knows, not from the beginning [RFC 7641 §3.4]', () => {
    const outlived: Request = { ...asked, outlived: true, numberedFrom: 70_000 }
    const numbered = (payload: string, number: number) =>
      sent('CON', '2.05', { remote, token: 'aa', payload: text(payload), options: [observe(number)] })
    ladder(
      coap(),
      {
        msPerChar: 500,
        values: {
          ...words,
          b: notify(2 ** 40, 'b', outlived),
          d: notify(2 ** 40, 'd', outlived),
          B: numbered('b', 70_001),
          D: numbered('d', 70_002),
          k: { ...ack(0), remote },
        },
      },
      { submitted: 'O-b---d', received: '-o-k-', delivered: '*', transmitted: 'P-B---D' },
    )
  })
  test('is taken up after a restart by the token of its request, with a confirmable notification [RFC 7641 §4.5]', () => {
    const outlived: Request = { ...asked, outlived: true }
    ladder(
      coap(),
      {
        msPerChar: 500,
        values: { ...words, b: notify(2 ** 40, 'b', outlived), d: notify(2 ** 40, 'd', outlived), D: note('d'), k: { ...ack(0), remote } },
      },
      { submitted: 'O-b---d', received: '-o-k-', delivered: '*', transmitted: 'P-B---D' },
    )
  })
})
