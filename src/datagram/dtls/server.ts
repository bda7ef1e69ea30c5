/** The server's side of a handshake, from the ClientHello whose cookie was right (RFC 6347 §4.2, RFC 4279 §2, RFC 5489 §2). */
import type { Stamp } from '../../core/machine.ts'
import { Secret } from '../../core/secret.ts'
import { changeCipherSpec, clear, covered, type Sent } from './flight.ts'
import { assembly } from './fragments.ts'
import { clientKeyExchangeOf, handshakeTypes, serverKeyExchangeBody, type HandshakeMessage } from './handshake.ts'
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
import { serverHelloBody, type ClientHello } from './hello.ts'
import { drawn } from './luck.ts'
import { nothing } from './octets.ts'
import { extendedMaster, plainMaster, premaster } from './prf.ts'
import { version12 } from './record.ts'
import type { Session } from './session.ts'
import { suites, type SuiteName } from './suite.ts'

/** What a server begins with. */
export interface Request {
  readonly number: number
  readonly hello: ClientHello
  readonly message: HandshakeMessage
  /** Of the record with the ClientHello: ours go on from there (RFC 6347 §4.2.1). */
  readonly sequence: number
  /** The session of that ID, if it is known. */
  readonly session: Session | undefined
  readonly ownCid: Uint8Array | undefined
}

/** The answer to a ClientHello: the flight up to ServerHelloDone, or with a session that goes on, up to Finished. */
export const beginServer = (context: Context, request: Request, { dice }: Stamp): Progress => {
  const { ciphers, p } = context
  const { number, hello, message, sequence } = request
  const { extensions } = hello
  if (hello.version >> 8 !== version12 >> 8 || hello.version > version12) return failed('version')
  if ((extensions.renegotiationInfo?.length ?? 0) > 0) return failed('illegal-parameter')
  if (!extensions.extendedMasterSecret && (p.extendedMasterSecret === 'required' || request.session?.extended === true))
    return failed('extended-master-secret')
  const common = p.suites.filter((name) => isCommon(context, name, hello))
  const session = request.session
  const goesOn = session !== undefined && session.extended === extensions.extendedMasterSecret && common.includes(session.suite)
  const suite = goesOn ? session.suite : common[0]
  if (suite === undefined) return failed('no-common-suite')
  const withCids = request.ownCid !== undefined && extensions.connectionId !== undefined
  const handshake: Handshake = {
    ...heard(blank('server', number, assembly(message.number + 1)), message),
    messageNumber: message.number,
    sequence,
    clientRandom: hello.random,
    serverRandom: drawn(ciphers, dice, 'server random', 32),
    sessionId: goesOn ? session.id : p.resumption ? drawn(ciphers, dice, 'session', 32) : nothing,
    suite,
    session: goesOn ? session : undefined,
    extended: extensions.extendedMasterSecret,
    encryptThenMac: extensions.encryptThenMac && suites[suite].cipher === 'aes-128-cbc',
    ownCid: withCids ? request.ownCid : undefined,
    peerCid: withCids ? extensions.connectionId : undefined,
    privateOctets: suites[suite].ephemeral && !goesOn ? new Secret(drawn(ciphers, dice, 'server key', 32)) : undefined,
  }
  const [greeting, greetingMessage] = greet(handshake, extensions.renegotiationInfo !== undefined)
  return goesOn ? resume(context, greeting, greetingMessage, session) : full(context, greeting, greetingMessage)
}

const isCommon = ({ p }: Context, name: SuiteName, { suites: offered, extensions }: ClientHello): boolean => {
  const { code, cipher, ephemeral } = suites[name]
  if (!offered.includes(code) || (ephemeral && !extensions.secp256r1)) return false
  return cipher !== 'aes-128-cbc' || extensions.encryptThenMac || p.macThenEncrypt
}

const greet = (handshake: Handshake, renegotiation: boolean): readonly [Handshake, HandshakeMessage] => {
  const { serverRandom, sessionId, suite, extended, encryptThenMac, ownCid, session } = handshake
  const body = serverHelloBody({
    version: version12,
    random: serverRandom,
    sessionId,
    suite: suites[suite].code,
    extensions: {
      extendedMasterSecret: extended,
      encryptThenMac,
      connectionId: ownCid,
      renegotiationInfo: renegotiation ? nothing : undefined,
      secp256r1: suites[suite].ephemeral && session === undefined,
    },
  })
  return said(handshake, handshakeTypes.serverHello, body)
}

const full = (context: Context, handshake: Handshake, greeting: HandshakeMessage): Progress => {
  const { ciphers, hint } = context
  const sent: Sent[] = [clear(greeting)]
  let next = handshake
  const say = (type: number, body: Uint8Array) => {
    const [after, message] = said(next, type, body)
    next = after
    sent.push(clear(message))
  }
  const { privateOctets } = handshake
  const point = privateOctets === undefined ? undefined : ciphers.publicKey(privateOctets.reveal())
  if (hint !== undefined || point !== undefined)
    say(handshakeTypes.serverKeyExchange, serverKeyExchangeBody({ hint: hint ?? nothing, point }))
  say(handshakeTypes.serverHelloDone, nothing)
  return { type: 'send', handshake: next, sent }
}

const resume = (context: Context, handshake: Handshake, greeting: HandshakeMessage, { master, identity }: Session): Progress => {
  const ready = keyed(context, { ...handshake, step: 'finished-resumed', identity }, master)
  const [next, mine] = finish(context, ready, master)
  return { type: 'send', handshake: next, sent: [clear(greeting), changeCipherSpec, covered(mine)] }
}

/** What the client's next message does. */
export const serverHears = (context: Context, handshake: Handshake, message: HandshakeMessage, stamp: Stamp): Progress => {
  switch (message.type) {
    case handshakeTypes.clientKeyExchange:
      return handshake.step === 'client-key-exchange' ? asked(handshake, message, stamp) : failed('unexpected-message')
    case handshakeTypes.finished:
      return finished(context, handshake, message)
    default:
      return failed('unexpected-message')
  }
}

/** The client says who it is; its flight is not over, so ours goes on being repeated. */
const asked = (handshake: Handshake, message: HandshakeMessage, stamp: Stamp): Progress => {
  const exchange = clientKeyExchangeOf(message.body, suites[handshake.suite].ephemeral)
  if (exchange === undefined) return failed('malformed')
  const { identity, point } = exchange
  return { type: 'look-up', handshake: { ...heard(handshake, message), step: 'key', identity, point, lookUpEndsAt: lookUpEnd(stamp) } }
}

/** With the client's key its Finished can be read. */
export const serverFinds = (context: Context, handshake: Handshake, key: Secret | undefined): Progress => {
  const { ciphers } = context
  const { privateOctets, point, extended, clientRandom, serverRandom } = handshake
  if (key === undefined) return failed('no-credentials')
  const agreed = privateOctets === undefined ? undefined : ciphers.sharedSecret(privateOctets.reveal(), point ?? nothing)
  if (privateOctets !== undefined && agreed === undefined) return failed('illegal-parameter')
  const secret = premaster(key.reveal(), agreed)
  const master = extended
    ? extendedMaster(ciphers, secret, hashOf(context, handshake))
    : plainMaster(ciphers, secret, clientRandom, serverRandom)
  return { type: 'on', handshake: keyed(context, { ...handshake, step: 'finished', lookUpEndsAt: Infinity }, master) }
}

const finished = (context: Context, handshake: Handshake, message: HandshakeMessage): Progress => {
  const { step, master } = handshake
  if ((step !== 'finished' && step !== 'finished-resumed') || master === undefined) return failed('unexpected-message')
  if (!isFinished(context, handshake, message)) return failed('finished')
  if (step === 'finished-resumed') return { type: 'done', handshake: heard(handshake, message), sent: [] }
  const [next, mine] = finish(context, heard(handshake, message), master)
  return { type: 'done', handshake: next, sent: [changeCipherSpec, covered(mine)] }
}
