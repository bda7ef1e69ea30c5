/** The laws over requests and responses (RFC 7252 §5, RFC 7641). */
import * as fc from 'fast-check'
import { down, up } from '../../src/core/stack.ts'
import { exchanges } from '../../src/exchange/exchanges.ts'
import type { ExchangeDown } from '../../src/exchange/exchange.ts'
import type { ExchangesEffect, ExchangesEvent } from '../../src/exchange/matching.ts'
import type { Message } from '../../src/message/message.ts'
import { arbitraries as any, laws } from '../../src/testing/index.ts'
import { check, messageOf, noBody, tight } from './tight.ts'

/** Some requests go by a token of their own, as observations do that outlived a restart. */
const resumed = (word: ExchangeDown): ExchangeDown =>
  word.type === 'ask' ? { ...word, request: { ...word.request, token: word.exchange, outlived: true } } : word
const again = (word: ExchangeDown): ExchangeDown =>
  word.type === 'ask' ? { ...word, request: { ...word.request, token: word.exchange } } : word
const events: fc.Arbitrary<ExchangesEvent> = fc.oneof(
  any.messageUp.map(up),
  any.exchangeDown.map(down),
  any.exchangeDown.map((word) => down(resumed(word))),
  any.exchangeDown.map((word) => down(again(word))),
)

/** A submission is settled, or answered by its peer; a request is answered or notified; an answer is enough. */
const answers = (effect: ExchangesEffect): readonly ExchangesEvent[] => {
  const { value } = effect
  if (effect.type === 'down' && 'reference' in value && value.type !== 'forget') {
    const { remote, reference, token } = value
    const answer: Message = { type: 'CON', remote, messageId: 7, code: '2.05', token, options: [notification(1)], payload: noBody }
    return [
      ...(['acknowledged', 'reset', 'gave-up'] as const).map((outcome) => up({ type: 'settled' as const, remote, reference, outcome })),
      up(answer),
      up({ ...answer, type: 'ACK', options: [] }),
      up({ ...answer, type: 'NON', options: [notification(2)] }),
    ]
  }
  if (effect.type === 'up' && value.type === 'asked') {
    const { exchange, request } = value
    const response = { code: '2.05' as const, options: [], payload: noBody }
    return [
      down({ type: 'answer', exchange, request, response, last: true }),
      down({ type: 'answer', exchange, request, response, last: false }),
    ]
  }
  if (effect.type === 'up' && value.type === 'answered')
    return [down({ type: 'cancel', exchange: value.exchange, remote: value.request.remote })]
  return []
}
const notification = (sequence: number) => ({ number: 6, value: Uint8Array.of(sequence) })

check(laws(exchanges(tight), { events, answers, bound: { octets: 8_000, flood: (index, luck) => up(messageOf(index, luck)) } }))
