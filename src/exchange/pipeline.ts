/** The floors between messages and bodies, as layers (RFC 7252 §4, §5). */
import { layer, type Layer } from '../core/duplex.ts'
import type { Surroundings } from '../core/environment.ts'
import { single } from '../core/part.ts'
import type { LinkDown, LinkUp } from '../core/ports.ts'
import type { LayerPart } from '../core/stack.ts'
import type { Malformed, Message, MessageDown, MessageUp } from '../message/message.ts'
import type { ExchangeDown, ExchangeUp } from './exchange.ts'
import { exchanges as exchangesMachine } from './exchanges.ts'
import { messages as messagesMachine } from './messages.ts'
import type { Parameters } from './parameters.ts'

/** Each message once, each confirmable one until it is acknowledged (RFC 7252 §4). */
export const messagesPart = (p: Parameters): LayerPart<Message | Malformed | LinkUp, Message | LinkDown, MessageDown, MessageUp> =>
  single(messagesMachine(p))
export const messages = (
  env: Surroundings,
  p: Parameters,
): Layer<Message | LinkDown, Message | Malformed | LinkUp, MessageDown, MessageUp> => layer(messagesPart(p), env)

/** Requests and responses (RFC 7252 §5, RFC 7641). */
export const exchangesPart = (p: Parameters): LayerPart<MessageUp, MessageDown, ExchangeDown, ExchangeUp> => single(exchangesMachine(p))
export const exchanges = (env: Surroundings, p: Parameters): Layer<MessageDown, MessageUp, ExchangeDown, ExchangeUp> =>
  layer(exchangesPart(p), env)
