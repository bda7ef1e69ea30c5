/** The ladders themselves: they draw what happens, and say readably what did not. */
import { describe, expect, test } from 'vitest'
import { messages } from '../../src/exchange/messages.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { noBytes, noOptions, unnumbered } from '../../src/message/message.ts'
import { draw, ladder, like } from '../../src/testing/index.ts'

const remote = 'coap://peer:5683'
const con = {
  type: 'CON',
  remote,
  messageId: unnumbered,
  code: '0.01',
  token: 'aa',
  options: noOptions,
  payload: noBytes,
  reference: 'aa',
  purpose: 'request',
}
const ack = { type: 'ACK', remote, messageId: 0, code: '0.00', token: '', options: noOptions, payload: noBytes }
const values = {
  c: con,
  C: like({ type: 'CON', messageId: 0 }),
  a: ack,
  s: like({ type: 'settled', outcome: 'acknowledged' }),
  g: like({ type: 'settled', outcome: 'gave-up' }),
}
const subject = messages(defaultParameters)

describe('a ladder', () => {
  test('draws the back-off of a confirmable message at one character a second [RFC 7252 §4.2]', () => {
    const seen = ladder(
      subject,
      { values },
      { submitted: 'c', transmitted: 'C-C---C-------C---------------C--------------------------------', delivered: '62s g' },
    )
    expect(draw({ ...seen, delivered: [] }, { values: { c: like({ type: 'CON' }) } })).toContain(
      'transmitted  c-c---c-------c---------------c',
    )
  })
  test('ends the retransmissions with the acknowledgement [RFC 7252 §4.2]', () => {
    ladder(subject, { values }, { submitted: 'c', received: '---a', transmitted: 'C-C', delivered: '---s 10s ' })
  })
  test('that differs says where, with both lanes drawn', () => {
    const failing = () => ladder(subject, { values }, { submitted: 'c', transmitted: 'C-C--C--', delivered: '' })
    expect(failing).toThrow(/expected C-C--C-?\n\s+actual {3}C-C---C\n\s+\^ expected C at 5000 ms, it came at 6000 ms/)
  })
})
