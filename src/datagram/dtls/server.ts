/** The server's side of a handshake, from the ClientHello whose cookie was right (RFC 6347 §4.2, RFC 4279 §2, RFC 5489 §2). */
import type { Stamp } from '../../core/machine.ts'
import type { Ciphers } from '../../core/ports.ts'
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
import { ascii, nothing } from './octets.ts'
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

/** The answer to a ClientHello: the flight up to ServerHelloDone, or with a session that may go on, first a look whether its key is still there. */
export const beginServer = (context: Context, request: Request, stamp: Stamp): Progress => {
  const { ciphers, p } = context
  const { dice } = stamp
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
    hello,
    ownCid: withCids ? request.ownCid : undefined,
    peerCid: withCids ? extensions.connectionId : undefined,
  }
  // Whoever lost its key in the meantime resumes nothing.
  if (goesOn)
    return { type: 'look-up', handshake: { ...handshake, step: 'key', identity: session.identity, lookUpEndsAt: lookUpEnd(stamp) } }
  return full(context, handshake, stamp)
}

const isCommon = ({ p }: Context, name: SuiteName, { suites: offered, extensions }: ClientHello): boolean => {
  const { code, cipher, ephemeral } = suites[name]
  if (!offered.includes(code) || (ephemeral && !extensions.secp256r1)) return false
  return cipher !== 'aes-128-cbc' || extensions.encryptThenMac || p.macThenEncrypt
}

const greet = (handshake: Handshake): readonly [Handshake, HandshakeMessage] => {
  const { serverRandom, sessionId, suite, extended, encryptThenMac, ownCid, session, hello } = handshake
  const body = serverHelloBody({
    version: version12,
    random: serverRandom,
    sessionId,
    suite: suites[suite].code,
    extensions: {
      extendedMasterSecret: extended,
      encryptThenMac,
      connectionId: ownCid,
      renegotiationInfo: hello?.extensions.renegotiationInfo === undefined ? undefined : nothing,
      secp256r1: suites[suite].ephemeral && session === undefined,
    },
  })
  return said(handshake, handshakeTypes.serverHello, body)
}

const full = (context: Context, handshake: Handshake, { dice }: Stamp): Progress => {
  const { ciphers, hint } = context
  const privateOctets = suites[handshake.suite].ephemeral ? new Secret(drawn(ciphers, dice, 'server key', 32)) : undefined
  const [greeted, greeting] = greet({ ...handshake, privateOctets })
  const sent: Sent[] = [clear(greeting)]
  let next = greeted
  const say = (type: number, body: Uint8Array) => {
    const [after, message] = said(next, type, body)
    next = after
    sent.push(clear(message))
  }
  const point = privateOctets === undefined ? undefined : ciphers.publicKey(privateOctets.reveal())
  if (hint !== undefined || point !== undefined)
    say(handshakeTypes.serverKeyExchange, serverKeyExchangeBody({ hint: hint ?? nothing, point }))
  say(handshakeTypes.serverHelloDone, nothing)
  return { type: 'send', handshake: next, sent }
}

/** The session goes on, if its identity still has the key that it was made with; else the handshake is a full one. */
const resume = (context: Context, handshake: Handshake, session: Session, key: Secret | undefined, stamp: Stamp): Progress => {
  const { ciphers, p } = context
  if (key === undefined) return failed('no-credentials')
  const next: Handshake = { ...handshake, lookUpEndsAt: Infinity }
  if (session.proof === undefined || !ciphers.equal(session.proof.reveal(), proofOf(ciphers, key).reveal())) {
    const sessionId = p.resumption ? drawn(ciphers, stamp.dice, 'session', 32) : nothing
    return full(context, { ...next, step: 'client-key-exchange', session: undefined, sessionId, identity: nothing }, stamp)
  }
  const [greeted, greeting] = greet(next)
  const ready = keyed(context, { ...greeted, step: 'finished-resumed' }, session.master)
  const [last, mine] = finish(context, ready, session.master)
  return { type: 'send', handshake: last, sent: [clear(greeting), changeCipherSpec, covered(mine)] }
}
/** What shows that a key is still the same. */
const proofOf = (ciphers: Ciphers, key: Secret): Secret =>
  new Secret(ciphers.hmac('sha256', key.reveal(), ascii('a session was made with this key')))

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
export const serverFinds = (context: Context, handshake: Handshake, key: Secret | undefined, stamp: Stamp): Progress => {
  if (handshake.session !== undefined) return resume(context, handshake, handshake.session, key, stamp)
  const { ciphers } = context
  const { privateOctets, point, extended, clientRandom, serverRandom } = handshake
  if (key === undefined) return failed('no-credentials')
  const agreed = privateOctets === undefined ? undefined : ciphers.sharedSecret(privateOctets.reveal(), point ?? nothing)
  if (privateOctets !== undefined && agreed === undefined) return failed('illegal-parameter')
  const secret = premaster(key.reveal(), agreed)
  const master = extended
    ? extendedMaster(ciphers, secret, hashOf(context, handshake))
    : plainMaster(ciphers, secret, clientRandom, serverRandom)
  return {
    type: 'on',
    handshake: keyed(context, { ...handshake, step: 'finished', lookUpEndsAt: Infinity, proof: proofOf(ciphers, key) }, master),
  }
}

const finished = (context: Context, handshake: Handshake, message: HandshakeMessage): Progress => {
  const { step, master } = handshake
  if ((step !== 'finished' && step !== 'finished-resumed') || master === undefined) return failed('unexpected-message')
  if (!isFinished(context, handshake, message)) return failed('finished')
  if (step === 'finished-resumed') return { type: 'done', handshake: heard(handshake, message), sent: [] }
  const [next, mine] = finish(context, heard(handshake, message), master)
  return { type: 'done', handshake: next, sent: [changeCipherSpec, covered(mine)] }
}
