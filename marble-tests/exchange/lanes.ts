/** The words of the exchange ladders: messages below, requests and responses above. */
import { stack, type LayerPart } from '../../src/core/stack.ts'
import type { LinkDown, LinkUp } from '../../src/core/ports.ts'
import type { Answer, Ask, Cancel, ExchangeDown, ExchangeUp, Request, Response } from '../../src/exchange/exchange.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import { exchangesPart, messagesPart } from '../../src/exchange/pipeline.ts'
import { request, type RequestDetails } from '../../src/exchange/request.ts'
import type { Code, Method } from '../../src/message/code.ts'
import { noBytes, type Malformed, type Message, type MessageType } from '../../src/message/message.ts'
import { options, sorted, uintOption, type Option } from '../../src/message/option.ts'
import { like } from '../../src/testing/index.ts'

export const peer = 'coap://10.0.0.2:5683'
export const stranger = 'coap://10.0.0.3:5683'

/** Messages and exchanges, fused; small numbers where a test wants them. */
export const coap = (
  parameters: Partial<Parameters> = {},
): LayerPart<Message | Malformed | LinkUp, Message | LinkDown, ExchangeDown, ExchangeUp> => {
  const p = { ...defaultParameters, ...parameters }
  return stack(messagesPart(p), exchangesPart(p))
}

const utf8 = new TextEncoder()
export const text = (of: string): Uint8Array => utf8.encode(of)
export const observe = (value: number): Option => uintOption(options.Observe, value)
export const maxAge = (seconds: number): Option => uintOption(options.MaxAge, seconds)

export const message = (
  type: MessageType,
  messageId: number,
  code: Code,
  token: string,
  all: readonly Option[] = [],
  payload = '',
  remote: string = peer,
): Message => ({
  type,
  remote,
  messageId,
  code,
  token,
  options: sorted(all),
  payload: payload === '' ? noBytes : text(payload),
})
export const con = (messageId: number, code: Code, token: string, all?: readonly Option[], payload?: string): Message =>
  message('CON', messageId, code, token, all, payload)
export const non = (messageId: number, code: Code, token: string, all?: readonly Option[], payload?: string): Message =>
  message('NON', messageId, code, token, all, payload)
export const ack = (messageId: number, code: Code = '0.00', token = '', all?: readonly Option[], payload?: string): Message =>
  message('ACK', messageId, code, token, all, payload)
export const rst = (messageId: number): Message => message('RST', messageId, '0.00', '')

/** Our own. */
export const get = (details: RequestDetails = {}, method: Method = 'GET'): Request => request(method, peer, details, '/t')
export const ask = (exchange: string, of: Request = get()): Ask => ({ type: 'ask', exchange, request: of })
export const cancel = (exchange: string): Cancel => ({ type: 'cancel', exchange, remote: peer })

/** Our answers to the peer's first request, second, …. */
export const answer = (exchange: number, response: Partial<Response> = {}, last = true): Answer => ({
  type: 'answer',
  exchange,
  request: get(),
  response: { code: '2.05', options: [], payload: noBytes, ...response },
  last,
})
export const notification = (exchange: number, payload: string, confirmable?: boolean): Answer =>
  answer(exchange, { payload: text(payload), ...(confirmable === undefined ? {} : { confirmable }) }, false)

/** What must come out. */
export const sent = (type: MessageType, code: Code, more: Readonly<Record<string, unknown>> = {}): ((value: unknown) => boolean) =>
  like({ type, code, ...more })
export const answered = (payload: string, more: Readonly<Record<string, unknown>> = {}): ((value: unknown) => boolean) =>
  like({ type: 'answered', response: { payload: text(payload) }, ...more })
export const failed = (reason: string): ((value: unknown) => boolean) => like({ type: 'failed', reason })
export const cancelled = (exchange: number): ((value: unknown) => boolean) => like({ type: 'cancelled', exchange })
