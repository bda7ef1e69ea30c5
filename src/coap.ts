/** A CoAP endpoint: the floors from octets to bodies, stacked (RFC 7252, 7641, 7959). */
import { pipe } from 'rxjs'
import { layer, type Duplex } from './core/duplex.ts'
import { bodies, transfersPart, type BodiesOptions } from './blockwise/pipeline.ts'
import type { TransfersOptions } from './blockwise/transfer.ts'
import type { Environment } from './core/environment.ts'
import { Lwm2mError } from './core/error.ts'
import { stack } from './core/stack.ts'
import type { DatagramDown, DatagramUp, SocketOptions } from './core/ports.ts'
import { endpoint, type Endpoint, type Handler } from './exchange/ask.ts'
import type { ExchangeDown, ExchangeUp } from './exchange/exchange.ts'
import { byScheme } from './exchange/links.ts'
import { defaultParameters, parameterFault, type Parameters } from './exchange/parameters.ts'
import { exchangesPart, messages, messagesPart } from './exchange/pipeline.ts'
import type { MessageDown, MessageUp } from './message/message.ts'
import { codec } from './message/pipeline.ts'

/** What a CoAP endpoint can be told. */
export interface CoapOptions extends BodiesOptions, TransfersOptions {
  readonly socket?: SocketOptions
  readonly parameters?: Partial<Parameters>
  /** Answers peers; absent, everything is 4.04. */
  readonly handler?: Handler
}

/** The transports, joined by the remote's scheme. */
export const links = (env: Environment, options: CoapOptions): Duplex<MessageDown, MessageUp> =>
  byScheme({ coap: pipe(codec(), messages(env, parametersOf(options)))(env.transports.udp(options.socket ?? {})) })

/** Datagrams in the clear, for the scheme that means this, and for no other. */
const udp = (env: Environment, { socket = {} }: CoapOptions): Duplex<DatagramDown, DatagramUp> =>
  byScheme({ coap: env.transports.udp(socket) })

/** Requests and responses with bodies of any size over UDP; the message, exchange and block-wise layers fused. */
export const coap = (env: Environment, options: CoapOptions): Duplex<ExchangeDown, ExchangeUp> => {
  const p = parametersOf(options)
  const floors = stack(stack(messagesPart(p), exchangesPart(p)), transfersPart(p, { streams: streamsOf(options) }))
  return pipe(codec(), layer(floors, env), bodies(options))(udp(env, options))
}

/** Without a predicate of its own, a body streams when there is a sink for it. */
const streamsOf = ({ streams, sinkFor }: CoapOptions): TransfersOptions['streams'] =>
  streams ?? (sinkFor === undefined ? undefined : (request) => sinkFor(request) !== undefined)

/** Ask and be asked. */
export const coapEndpoint = (env: Environment, options: CoapOptions = {}): Endpoint =>
  endpoint(coap(env, options), env.random, options.handler)

/** The parameters with the defaults. Throws an `Lwm2mError` with `invalid` for those that cannot be meant. */
export const parametersOf = ({ parameters }: Pick<CoapOptions, 'parameters'>): Parameters => {
  const all = { ...defaultParameters, ...parameters }
  const fault = parameterFault(all)
  if (fault !== undefined) throw new Lwm2mError('invalid', fault)
  return all
}

// What users of CoAP alone need beside it.
export type { Ask, Endpoint } from './exchange/ask.ts'
export { precondition, validate } from './exchange/condition.ts'
export type { FailureReason, Request, Response } from './exchange/exchange.ts'
export { defaultParameters, type Parameters } from './exchange/parameters.ts'
export { methodOf, request, targetOf, uriOf } from './exchange/request.ts'
export { diagnosticOf, responseError } from './exchange/response-error.ts'
export type { Handler } from './exchange/serving.ts'
export { wellKnownCore } from './exchange/well-known.ts'
export { methods, responses, type Code, type Method } from './message/code.ts'
export { find, opaqueOption, options, stringOption, strings, uint, uintOption, withOption, without, type Option } from './message/option.ts'
