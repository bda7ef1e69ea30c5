/** A CoAP endpoint: the floors from octets to bodies, stacked (RFC 7252, 7641, 7959, 8323). */
import { pipe } from 'rxjs'
import { layer, type Duplex, type Layer } from './core/duplex.ts'
import { bodies, robustPart, transfersPart, type BodiesOptions } from './blockwise/pipeline.ts'
import type { TransfersOptions } from './blockwise/transfer.ts'
import type { Environment } from './core/environment.ts'
import { Lwm2mError } from './core/error.ts'
import type { LinkDown, LinkUp, DatagramDown, DatagramUp, SocketOptions } from './core/ports.ts'
import { stack, type LayerPart } from './core/stack.ts'
import type { DtlsOptions } from './datagram/dtls/options.ts'
import { dtls } from './datagram/dtls/pipeline.ts'
import { endpoint, type Endpoint, type Handler } from './exchange/ask.ts'
import { beside } from './exchange/beside.ts'
import type { ExchangeDown, ExchangeUp } from './exchange/exchange.ts'
import { byScheme } from './exchange/links.ts'
import { defaultParameters, parameterFault, type Parameters } from './exchange/parameters.ts'
import { exchangesPart, messages, messagesPart } from './exchange/pipeline.ts'
import type { Malformed, Message, MessageDown, MessageUp } from './message/message.ts'
import { codec } from './message/pipeline.ts'
import { defaultSignals, type SignalParameters } from './message/signals.ts'
import { frames, framesPart, signals, signalsPart } from './message/stream.ts'

/** DTLS below CoAP (RFC 7252 §9). */
export interface SecureOptions extends DtlsOptions {
  /** Default: as that of `coap://`, but that nothing listens. */
  readonly socket?: SocketOptions
}
/** What a CoAP endpoint can be told. */
export interface CoapOptions extends BodiesOptions, TransfersOptions {
  readonly socket?: SocketOptions
  /** Sockets of `coap+tcp://`. Default: as `socket`, but that nothing listens. */
  readonly tcp?: SocketOptions
  /** `coaps://`: keys, and how DTLS behaves. Absent: it is not spoken. */
  readonly dtls?: SecureOptions
  readonly parameters?: Partial<Parameters>
  /** Settings and bounds of connections (RFC 8323 §5). */
  readonly signals?: Partial<SignalParameters>
  /** Answers peers; absent, everything is 4.04. */
  readonly handler?: Handler
}

/** The transports, joined by the remote's scheme. */
export const links = (env: Environment, options: CoapOptions): Duplex<MessageDown, MessageUp> => {
  const { udp, tcp } = env.transports
  const settings = signalsOf(options)
  return byScheme<MessageDown, MessageUp>({
    coap: pipe(codec(), messages(env, parametersOf(options)))(udp(options.socket ?? {})),
    ...secured(env, options, pipe(codec(), messages(env, parametersOf(options)))),
    ...(tcp === undefined ? {} : { 'coap+tcp': pipe(frames(env, settings), signals(env, settings))(tcp(tcpOf(options))) }),
  })
}

/** Requests and responses with bodies of any size; the layers from messages or signals to blocks fused. */
export const coap = (env: Environment, options: CoapOptions): Duplex<ExchangeDown, ExchangeUp> => {
  const p = parametersOf(options)
  const streams = { streams: streamsOf(options) }
  const blocks = stack(stack(connections(env, options, p), exchangesPart(p)), transfersPart(p, streams))
  const floors = p.robustBlocks === 'off' ? blocks : stack(blocks, robustPart(p, streams))
  return pipe(layer(floors, env), bodies(options))(sockets(env, options))
}

type Below = Message | LinkDown | DatagramDown
type Above = Message | Malformed | LinkUp | DatagramUp
/** Datagrams as messages and streams as they are, each for the scheme that means it, and for no other. */
const sockets = (env: Environment, options: CoapOptions): Duplex<Below, Above> => {
  const { udp, tcp } = env.transports
  return byScheme<Below, Above>({
    coap: codec()(udp(options.socket ?? {})) as Duplex<Below, Above>,
    ...(secured(env, options, codec()) as Readonly<Record<string, Duplex<Below, Above>>>),
    ...(tcp === undefined ? {} : { 'coap+tcp': tcp(tcpOf(options)) as Duplex<Below, Above> }),
  })
}
/** What stands on them: the message layer (RFC 7252 §4), and beside it frames and signals (RFC 8323). */
const connections = (env: Environment, options: CoapOptions, p: Parameters): LayerPart<Above, Below, MessageDown, MessageUp> => {
  const settings = signalsOf(options)
  return env.transports.tcp === undefined
    ? (messagesPart(p) as LayerPart<Above, Below, MessageDown, MessageUp>)
    : beside(messagesPart(p), stack(framesPart(settings), signalsPart(settings)))
}
const signalsOf = ({ signals: given }: CoapOptions): SignalParameters => ({ ...defaultSignals, ...given })
const tcpOf = ({ tcp, socket = {} }: CoapOptions): SocketOptions => tcp ?? unheard(socket)
/** The street of `coaps://`, where its keys are known: datagrams secured, and what is to stand on them. */
const secured = <Sent, Received>(
  env: Environment,
  { dtls: options, socket = {} }: CoapOptions,
  above: Layer<DatagramDown, DatagramUp, Sent, Received>,
): Readonly<Record<string, Duplex<Sent, Received>>> =>
  options === undefined ? {} : { coaps: above(dtls(env, options)(env.transports.udp(options.socket ?? unheard(socket)))) }
/** A socket like that one, but that it does not listen. */
const unheard = ({ family, address }: SocketOptions): SocketOptions => ({
  ...(family === undefined ? {} : { family }),
  ...(address === undefined ? {} : { address }),
})

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
