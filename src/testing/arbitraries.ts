/** Made-up messages, requests, datagrams and faults, for fast-check: mostly sensible, few enough of each kind that they meet. */
import * as fc from 'fast-check'
import type { Closed, Datagram, LinkDown, LinkUp, Remote } from '../core/ports.ts'
import type { ExchangeDown, ExchangeUp, Request, Response } from '../exchange/exchange.ts'
import { codes, methods, responses, type Code } from '../message/code.ts'
import { encode } from '../message/encode.ts'
import {
  noBytes,
  unnumbered,
  type Malformed,
  type MalformedReason,
  type Message,
  type MessageDown,
  type MessageType,
  type MessageUp,
  type Outcome,
  type Purpose,
  type Submission,
  type Token,
} from '../message/message.ts'
import { optionDefinitions, options as numbers, sorted, uintOption, type Option } from '../message/option.ts'

/** Three peers. */
export const remotes: fc.Arbitrary<Remote> = fc.constantFrom('coap://10.0.0.1:5683', 'coap://10.0.0.2:5683', 'coap://[fe80::1%eth0]:5683')
/** Few tokens, the empty one among them, and now and then any. */
export const tokens: fc.Arbitrary<Token> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', 'a1', 'b2', 'c3c3c3c3c3c3c3c3') },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => hexOf(bytes)) },
)
/** Few message IDs, around the wrap. */
export const messageIds: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 1, 2, 65_535) },
  { weight: 1, arbitrary: fc.nat(65_535) },
)
export const payloads: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(noBytes),
  fc.uint8Array({ minLength: 1, maxLength: 40 }),
  fc.uint8Array({ minLength: 1, maxLength: 1_100 }),
)

/** One option: known and well-formed, known and of any octets, or unknown. */
export const option: fc.Arbitrary<Option> = fc.oneof(
  fc
    .constantFrom(...optionDefinitions)
    .chain(({ number, minLength, maxLength }) =>
      fc.uint8Array({ minLength, maxLength: Math.min(maxLength, 20) }).map((value) => ({ number, value })),
    ),
  fc.nat(7).map((value) => uintOption(numbers.Observe, value)),
  fc.constantFrom(0, 1, 6, 8, 14, 22, 16, 30, 7).map((value) => uintOption(numbers.Block1, value)),
  fc.constantFrom(0, 1, 6, 8, 14, 22, 16, 30, 7).map((value) => uintOption(numbers.Block2, value)),
  fc.record({ number: fc.nat(65_535), value: fc.uint8Array({ maxLength: 14 }) }),
)
/** Ascending. */
export const optionLists: fc.Arbitrary<readonly Option[]> = fc.array(option, { maxLength: 5 }).map(sorted)

export const requestCodes: fc.Arbitrary<Code> = fc.constantFrom<Code>(...Object.values(methods))
export const responseCodes: fc.Arbitrary<Code> = fc.constantFrom<Code>(...Object.values(responses))

const emptyMessages = fc
  .record({ type: fc.constantFrom<MessageType>('ACK', 'RST', 'CON'), remote: remotes, messageId: messageIds })
  .map((head): Message => ({ ...head, code: '0.00', token: '', options: [], payload: noBytes }))
/** Messages of every kind: empty ones, requests, responses, and those that make no sense. */
export const messages: fc.Arbitrary<Message> = fc.oneof(
  { weight: 2, arbitrary: emptyMessages },
  { weight: 3, arbitrary: messagesOf(fc.constantFrom<MessageType>('CON', 'NON'), requestCodes) },
  { weight: 3, arbitrary: messagesOf(fc.constantFrom<MessageType>('CON', 'NON', 'ACK'), responseCodes) },
  {
    weight: 1,
    arbitrary: messagesOf(
      fc.constantFrom<MessageType>('CON', 'NON', 'ACK', 'RST'),
      fc.constantFrom(...codes.filter((code) => code !== '0.00')),
    ),
  },
)
function messagesOf(type: fc.Arbitrary<MessageType>, code: fc.Arbitrary<Code>): fc.Arbitrary<Message> {
  return fc.record({ type, remote: remotes, messageId: messageIds, code, token: tokens, options: optionLists, payload: payloads })
}

export const malformed: fc.Arbitrary<Malformed> = fc.record({
  type: fc.constant('malformed' as const),
  remote: remotes,
  reason: fc.constantFrom<MalformedReason>('short', 'version', 'token', 'empty', 'class', 'option', 'marker'),
  confirmable: fc.boolean(),
  messageId: messageIds,
})
export const purposes: fc.Arbitrary<Purpose> = fc.constantFrom('request', 'response', 'notification', 'block', 'registration')
/** What names a submission: the token of a request, the number of a peer's exchange, or nothing. */
export const references: fc.Arbitrary<string | number> = fc.oneof(tokens, fc.nat(6))

export const linkDown: fc.Arbitrary<LinkDown> = fc.oneof(
  remotes.map((remote): LinkDown => ({ type: 'open', remote, uri: remote })),
  fc.record({ type: fc.constant('close' as const), remote: remotes, keepSession: fc.boolean() }),
)
export const linkUp: fc.Arbitrary<LinkUp> = fc.oneof(
  remotes.map((remote): LinkUp => ({ type: 'opened', remote, address: '10.0.0.1:5683', local: '10.0.0.9:40000' })),
  fc.record({
    type: fc.constant('closed' as const),
    remote: remotes,
    reason: fc.constantFrom<Closed['reason']>('asked', 'name-not-found', 'unreachable', 'refused', 'lost', 'socket'),
  }),
  fc.record({
    type: fc.constant('undeliverable' as const),
    remote: remotes,
    reason: fc.constantFrom('too-large' as const, 'unreachable' as const, 'not-open' as const),
  }),
  fc.constant<LinkUp>({ type: 'listening', scheme: 'coap', address: '10.0.0.9', port: 5683 }),
  fc.record({ type: fc.constant('settings' as const), remote: remotes, maxMessageBytes: fc.nat(1 << 16), bert: fc.boolean() }),
)

/** Whatever may be handed to the message layer. */
export const messageDown: fc.Arbitrary<MessageDown> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(messages, references, purposes).map(([message, reference, purpose]): Submission => ({
      ...message,
      type: message.type === 'NON' ? 'NON' : 'CON',
      messageId: unnumbered,
      code: message.code === '0.00' ? '0.01' : message.code,
      reference,
      purpose,
    })),
  },
  { weight: 2, arbitrary: messages.map((message): Message => ({ ...message, type: message.type === 'RST' ? 'RST' : 'ACK' })) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('forget' as const), remote: remotes, reference: references }) },
  { weight: 1, arbitrary: linkDown },
)
/** Whatever may climb out of it. */
export const messageUp: fc.Arbitrary<MessageUp> = fc.oneof(
  { weight: 6, arbitrary: messages },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('settled' as const),
      remote: remotes,
      reference: references,
      outcome: fc.constantFrom<Outcome>('acknowledged', 'reset', 'gave-up', 'refused'),
    }),
  },
  { weight: 1, arbitrary: linkUp },
)

/** Requests. */
export const requests: fc.Arbitrary<Request> = fc.record({
  remote: remotes,
  code: requestCodes,
  options: optionLists,
  payload: payloads,
  confirmable: fc.boolean(),
  purpose: purposes,
})
/** Responses. */
export const exchangeResponses: fc.Arbitrary<Response> = fc.oneof(
  fc.record({ code: responseCodes, options: optionLists, payload: payloads }),
  fc.record({ code: responseCodes, options: optionLists, payload: payloads, confirmable: fc.boolean() }),
)
const exchangeIds = fc.oneof(tokens, fc.nat(6))

/** Whatever may be handed to the exchange layer. */
export const exchangeDown: fc.Arbitrary<ExchangeDown> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('ask' as const), exchange: tokens, request: requests }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), exchange: tokens, remote: remotes }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('answer' as const),
      exchange: exchangeIds,
      request: requests,
      response: exchangeResponses,
      last: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: linkDown },
)
/** Whatever may climb out of it. */
export const exchangeUp: fc.Arbitrary<ExchangeUp> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('asked' as const), exchange: exchangeIds, request: requests }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('answered' as const),
      exchange: tokens,
      request: requests,
      response: exchangeResponses,
      last: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('failed' as const),
      exchange: tokens,
      remote: remotes,
      reason: fc.constantFrom('timeout' as const, 'reset' as const, 'refused' as const, 'aborted' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancelled' as const), exchange: exchangeIds, remote: remotes }) },
  { weight: 1, arbitrary: linkUp },
)

/** Datagrams that are messages. */
export const datagrams: fc.Arbitrary<Datagram> = messages.map(encode)
/** Datagrams that were messages until some octets were changed, cut off, doubled or added; and octets that never were one. */
export const mutatedDatagrams: fc.Arbitrary<Datagram> = fc.oneof(
  fc
    .tuple(datagrams, fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { minLength: 1, maxLength: 4 }))
    .map(([{ remote, bytes }, changes]) => {
      const mutated = Uint8Array.from(bytes)
      for (const [at, octet] of changes) mutated[at % mutated.length] = octet
      return { type: 'datagram' as const, remote, bytes: mutated }
    }),
  fc.tuple(datagrams, fc.nat(2_000)).map(([{ remote, bytes }, cut]) => ({
    type: 'datagram' as const,
    remote,
    bytes: Uint8Array.from(bytes.subarray(0, cut % (bytes.length + 1))),
  })),
  fc
    .tuple(datagrams, fc.uint8Array({ maxLength: 20 }))
    .map(([{ remote, bytes }, more]) => ({ type: 'datagram' as const, remote, bytes: Uint8Array.from([...bytes, ...more]) })),
  fc.record({ type: fc.constant('datagram' as const), remote: remotes, bytes: fc.uint8Array({ maxLength: 64 }) }),
)

const hexOf = (bytes: Uint8Array) => [...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join('')
