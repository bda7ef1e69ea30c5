/** The laws over the message layer (RFC 7252 §4). */
import * as fc from 'fast-check'
import { down, up } from '../../src/core/stack.ts'
import { messages, type MessagesEffect, type MessagesEvent } from '../../src/exchange/messages.ts'
import { arbitraries as any, laws } from '../../src/testing/index.ts'
import { check, messageOf, noBody, tight } from './tight.ts'

const events: fc.Arbitrary<MessagesEvent> = fc.oneof(
  { weight: 4, arbitrary: any.messages.map(up) },
  { weight: 1, arbitrary: any.malformed.map(up) },
  { weight: 1, arbitrary: any.linkUp.map(up) },
  { weight: 5, arbitrary: any.messageDown.map(down) },
)
/** A peer acknowledges, rejects or answers what was sent, or sends again; a message delivered is answered in its acknowledgement. */
const answers = (effect: MessagesEffect): readonly MessagesEvent[] => {
  const { value } = effect
  if (!('messageId' in value)) return []
  const reply = { remote: value.remote, messageId: value.messageId, token: value.token, options: [], payload: noBody }
  if (effect.type === 'up')
    return [down({ type: 'ACK', code: '2.05', ...reply }), down({ type: 'ACK', code: '0.00', ...reply, token: '' }), up(value)]
  return [
    up({ type: 'ACK', code: '0.00', ...reply, token: '' }),
    up({ type: 'RST', code: '0.00', ...reply, token: '' }),
    up({ type: 'ACK', code: '2.05', ...reply }),
  ]
}

check(
  laws(messages(tight), {
    events,
    answers,
    bound: {
      octets: 6_000,
      flood: (index, luck) =>
        luck.uint32() % 2 === 0 ? up(messageOf(index, luck)) : down({ ...messageOf(index, luck), reference: index, purpose: 'request' }),
    },
  }),
)
