/** What the ladders of the message layer are written with. */
import type { Datagram } from '../../src/core/ports.ts'
import { messages } from '../../src/exchange/messages.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import {
  noBytes,
  noOptions,
  unnumbered,
  type Forget,
  type Malformed,
  type Message,
  type Outcome,
  type Settled,
  type Submission,
} from '../../src/message/message.ts'
import { ladder, type Lanes, type Recorded } from '../../src/testing/index.ts'

export const peer: Datagram['remote'] = 'coap://192.0.2.1:5683'
export const other: Datagram['remote'] = 'coap://192.0.2.2:5683'

/** A GET as CON from the peer with message ID 7, unless said otherwise. */
export const message = (given: Partial<Message> = {}): Message => ({
  type: 'CON',
  remote: peer,
  messageId: 7,
  code: '0.01',
  token: 'aa',
  options: noOptions,
  payload: noBytes,
  ...given,
})
/** A request of ours, not numbered yet. */
export const submission = (given: Partial<Submission> = {}): Submission => ({
  ...message({ messageId: unnumbered }),
  reference: 'r',
  purpose: 'request',
  ...given,
})
/** The same with its message ID; dice are loaded so that they begin at 0. */
export const numbered = (given: Submission, messageId = 0): Submission => ({ ...given, messageId })

export const emptyAck = (messageId = 0, remote = peer): Message => message({ type: 'ACK', code: '0.00', token: '', messageId, remote })
export const rst = (messageId = 0, remote = peer): Message => message({ type: 'RST', code: '0.00', token: '', messageId, remote })
export const piggybacked = (given: Partial<Message> = {}): Message => message({ type: 'ACK', code: '2.05', messageId: 0, ...given })
export const malformed = (given: Partial<Malformed> = {}): Malformed => ({
  type: 'malformed',
  remote: peer,
  reason: 'option',
  confirmable: true,
  messageId: 7,
  ...given,
})
export const settled = (outcome: Outcome, reference: Submission['reference'] = 'r', remote = peer): Settled => ({
  type: 'settled',
  remote,
  reference,
  outcome,
})
export const forget = (reference: Submission['reference'] = 'r', remote = peer): Forget => ({ type: 'forget', remote, reference })

/** Plays a ladder of the message layer: one character is one second. */
export const play = (
  lanes: Lanes,
  values: Readonly<Record<string, unknown>>,
  given: Partial<Parameters> & { readonly dice?: number; readonly untilMs?: number } = {},
): Recorded => {
  const { dice = 0, untilMs, ...parameters } = given
  return ladder(messages({ ...defaultParameters, ...parameters }), { values, dice, ...(untilMs === undefined ? {} : { untilMs }) }, lanes)
}
