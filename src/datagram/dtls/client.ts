/** The client's side of a handshake (RFC 6347 §4.2, RFC 4279 §2, RFC 5489 §2). */
import type { Stamp } from '../../core/machine.ts'
import type { Secret } from '../../core/secret.ts'
import { familyOf, placeOf } from '../remote.ts'
import { alerts } from './alert.ts'
import { changeCipherSpec, clear, covered } from './flight.ts'
import { assembly } from './fragments.ts'
import { clientKeyExchangeBody, cookieIn, handshakeTypes, serverKeyExchangeOf, type HandshakeMessage } from './handshake.ts'
import {
  blank,
  failed,
  finish,
  hashOf,
  heard,
  isFinished,
  keyed,
  lookUpEnd,
  said,
  type Context,
  type Handshake,
  type Progress,
} from './handshaking.ts'
import { clientHelloBody, serverHelloOf, type ClientHello, type ServerHello } from './hello.ts'
import { drawn } from './luck.ts'
import { nothing, same } from './octets.ts'
import type { Psk } from './options.ts'
import { extendedMaster, plainMaster, premaster } from './prf.ts'
import { version12 } from './record.ts'
import { suiteOf, suites } from './suite.ts'
import type { Session } from './session.ts'

/** How a client begins. */
export interface Beginning {
  readonly number: number
  readonly uri: string
  readonly session: Session | undefined
  readonly ownCid: Uint8Array | undefined
}

/** The first flight: a ClientHello without a cookie. */
export const beginClient = (context: Context, { number, uri, session, ownCid }: Beginning, { dice }: Stamp): Progress => {
  const { ciphers, p } = context
  const random = drawn(ciphers, dice, 'client random', 32)
  const hello: ClientHello = {
    version: version12,
    random,
    sessionId: session?.id ?? nothing,
    cookie: nothing,
    suites: p.suites.map((name) => suites[name].code),
    extensions: {
      extendedMasterSecret: true,
      encryptThenMac: p.suites.some((name) => suites[name].cipher === 'aes-128-cbc'),
      connectionId: ownCid,
      secp256r1: p.suites.some((name) => suites[name].ephemeral),
      serverName: serverName(uri),
    },
  }
  return greet({ ...blank('client', number, assembly(0)), clientRandom: random, session, ownCid }, hello)
}

/** A host's name, never an address (RFC 6066 §3). */
const serverName = (uri: string): string | undefined => {
  const host = placeOf(uri)?.host
  return host === undefined || familyOf(host) !== undefined || !host.includes('.') ? undefined : host.replace(/\.$/, '')
}

/** A ClientHello begins the transcript anew: earlier ones are not in it (RFC 6347 §4.2.1). */
const greet = (handshake: Handshake, hello: ClientHello): Progress => {
  const [next, message] = said({ ...handshake, hello, transcript: nothing }, handshakeTypes.clientHello, clientHelloBody(hello))
  return { type: 'send', handshake: next, sent: [clear(message)] }
}

/** What the server's next message does. */
export const clientHears = (context: Context, handshake: Handshake, message: HandshakeMessage, stamp: Stamp): Progress => {
  const { step } = handshake
  switch (message.type) {
    case handshakeTypes.helloRequest:
      return { type: 'on', handshake }
    case handshakeTypes.helloVerifyRequest:
      return step === 'server-hello' ? verified(handshake, message) : failed('unexpected-message')
    case handshakeTypes.serverHello:
      return step === 'server-hello' ? greeted(context, handshake, message) : failed('unexpected-message')
    case handshakeTypes.serverKeyExchange:
      return step === 'server-hello-done' && handshake.hint === undefined ? hinted(handshake, message) : failed('unexpected-message')
    case handshakeTypes.serverHelloDone:
      return step === 'server-hello-done' ? asked(handshake, message, stamp) : failed('unexpected-message')
    case handshakeTypes.finished:
      return finished(context, handshake, message)
    default:
      return failed('unexpected-message')
  }
}

/** The cookie goes back in the same ClientHello. One that we have sent already says nothing new. */
const verified = (handshake: Handshake, { body }: HandshakeMessage): Progress => {
  const cookie = cookieIn(body)
  const { hello } = handshake
  if (cookie === undefined || hello === undefined) return failed('malformed')
  if (handshake.messageNumber > cookiesMax) return failed('unexpected-message')
  return same(cookie, hello.cookie) ? { type: 'on', handshake } : greet(handshake, { ...hello, cookie })
}

/** A server that never tires of new cookies is none. */
const cookiesMax = 8

const greeted = (context: Context, handshake: Handshake, message: HandshakeMessage): Progress => {
  const hello = serverHelloOf(message.body)
  if (hello === undefined) return failed('malformed')
  if (hello.version !== version12) return failed('version')
  const suite = suiteOf(hello.suite)
  if (suite === undefined || !context.p.suites.includes(suite) || isUnasked(handshake, hello)) return failed('illegal-parameter')
  const { extendedMasterSecret: extended, encryptThenMac, connectionId: peerCid } = hello.extensions
  if (!extended && context.p.extendedMasterSecret === 'required') return failed('extended-master-secret')
  const isBlock = suites[suite].cipher === 'aes-128-cbc'
  if (encryptThenMac && !isBlock) return failed('illegal-parameter')
  if (isBlock && !encryptThenMac && !context.p.macThenEncrypt) return failed('no-common-suite')
  const { random: serverRandom, sessionId } = hello
  const next = { ...heard(handshake, message), serverRandom, sessionId, suite, extended, encryptThenMac, peerCid }
  const { session } = handshake
  if (session === undefined || !same(session.id, sessionId))
    return { type: 'on', handshake: { ...next, step: 'server-hello-done', session: undefined } }
  if (session.suite !== suite || session.extended !== extended) return failed('illegal-parameter')
  return { type: 'on', handshake: keyed(context, { ...next, step: 'finished-resumed', identity: session.identity }, session.master) }
}
/** Extensions that were not offered, or renegotiation where there was nothing before (RFC 5246 §7.4.1.4, RFC 5746 §3.4). */
const isUnasked = ({ hello }: Handshake, { extensions }: ServerHello): boolean =>
  (extensions.connectionId !== undefined && hello?.extensions.connectionId === undefined) ||
  (extensions.encryptThenMac && hello?.extensions.encryptThenMac !== true) ||
  (extensions.renegotiationInfo !== undefined && extensions.renegotiationInfo.length > 0)

const hinted = (handshake: Handshake, message: HandshakeMessage): Progress => {
  const said = serverKeyExchangeOf(message.body, suites[handshake.suite].ephemeral)
  if (said === undefined) return failed('malformed')
  return { type: 'on', handshake: { ...heard(handshake, message), hint: said.hint, point: said.point } }
}

const asked = (handshake: Handshake, message: HandshakeMessage, stamp: Stamp): Progress => {
  if (message.body.length > 0) return failed('malformed')
  if (suites[handshake.suite].ephemeral && handshake.point === undefined) return failed('unexpected-message')
  return { type: 'look-up', handshake: { ...heard(handshake, message), step: 'key', flight: undefined, lookUpEndsAt: lookUpEnd(stamp) } }
}

/** With its key the client says who it is, and that it is finished. */
export const clientFinds = (context: Context, handshake: Handshake, psk: Psk | undefined, { dice }: Stamp): Progress => {
  const { ciphers } = context
  if (psk === undefined) return failed('no-credentials', alerts.userCanceled)
  const own = suites[handshake.suite].ephemeral ? drawn(ciphers, dice, 'client key', 32) : undefined
  const agreed = own === undefined ? undefined : ciphers.sharedSecret(own, handshake.point ?? nothing)
  const point = own === undefined ? undefined : ciphers.publicKey(own)
  if (own !== undefined && (agreed === undefined || point === undefined)) return failed('illegal-parameter')
  const { identity, key } = psk
  const [exchanged, exchange] = said(handshake, handshakeTypes.clientKeyExchange, clientKeyExchangeBody({ identity, point }))
  const secret = premaster(key.reveal(), agreed)
  const master: Secret = exchanged.extended
    ? extendedMaster(ciphers, secret, hashOf(context, exchanged))
    : plainMaster(ciphers, secret, exchanged.clientRandom, exchanged.serverRandom)
  const ready = keyed(context, { ...exchanged, identity, step: 'finished', lookUpEndsAt: Infinity }, master)
  const [next, mine] = finish(context, ready, master)
  return { type: 'send', handshake: next, sent: [clear(exchange), changeCipherSpec, covered(mine)] }
}

const finished = (context: Context, handshake: Handshake, message: HandshakeMessage): Progress => {
  const { step, master } = handshake
  if ((step !== 'finished' && step !== 'finished-resumed') || master === undefined) return failed('unexpected-message')
  if (!isFinished(context, handshake, message)) return failed('finished')
  if (step === 'finished') return { type: 'done', handshake: heard(handshake, message), sent: [] }
  const [next, mine] = finish(context, heard(handshake, message), master)
  return { type: 'done', handshake: next, sent: [changeCipherSpec, covered(mine)] }
}

/** The first message of the server's own flight: it may carry any number, for the server answers each ClientHello afresh. */
export const isGreeting = ({ type }: { readonly type: number }): boolean =>
  type === handshakeTypes.helloVerifyRequest || type === handshakeTypes.serverHello
