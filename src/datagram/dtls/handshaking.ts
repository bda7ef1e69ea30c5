/** A handshake under way, whichever end it is: what both roles share (RFC 6347 §4.2). */
import type { Instant, Stamp } from '../../core/machine.ts'
import type { Ciphers, Crypto } from '../../core/ports.ts'
import type { Secret } from '../../core/secret.ts'
import type { Flight, Sent } from './flight.ts'
import type { Assembly } from './fragments.ts'
import { handshakeTypes, messageBytes, type HandshakeMessage } from './handshake.ts'
import type { ClientHello } from './hello.ts'
import type { Link } from './link.ts'
import { concat, nothing } from './octets.ts'
import type { DtlsFailure, DtlsParameters } from './options.ts'
import { keysOf, verifyData } from './prf.ts'
import type { DtlsRecord } from './record.ts'
import { nothingSeen } from './replay.ts'
import type { Session } from './session.ts'
import type { SuiteName } from './suite.ts'

/** What the machine borrows, and how it shall behave. */
export interface Context {
  readonly crypto: Crypto
  readonly ciphers: Ciphers
  readonly p: DtlsParameters
  readonly hint: Uint8Array | undefined
  /** Whether there are credentials to be a client, and to be a server. */
  readonly opens: boolean
  readonly serves: boolean
}

/** What is waited for. */
export type HandshakeStep =
  | 'server-hello' // client: HelloVerifyRequest or ServerHello
  | 'server-hello-done' // client: ServerKeyExchange, if any, and ServerHelloDone
  | 'client-key-exchange' // server
  | 'key' // the look-up
  | 'finished' // the peer's Finished, after which a server sends its own
  | 'finished-resumed' // the peer's Finished, after which a client sends its own

export interface Handshake {
  readonly role: 'client' | 'server'
  readonly step: HandshakeStep
  /** Distinguishes this one from earlier ones with the same peer. */
  readonly number: number
  /** All messages so far, as they are hashed (RFC 6347 §4.2.6). */
  readonly transcript: Uint8Array
  readonly assembly: Assembly
  /** message_seq of our next message. */
  readonly messageNumber: number
  /** Of our next record in the clear. */
  readonly sequence: number
  readonly flight: Flight | undefined
  /** When a look-up has taken too long. */
  readonly lookUpEndsAt: Instant
  readonly clientRandom: Uint8Array
  readonly serverRandom: Uint8Array
  /** What the client said. */
  readonly hello: ClientHello | undefined
  /** The session that a client offers, or both resume. */
  readonly session: Session | undefined
  readonly sessionId: Uint8Array
  readonly suite: SuiteName
  readonly extended: boolean
  readonly encryptThenMac: boolean
  readonly ownCid: Uint8Array | undefined
  readonly peerCid: Uint8Array | undefined
  readonly hint: Uint8Array | undefined
  /** The peer's point, and our private octets, where the suite is ephemeral. */
  readonly point: Uint8Array | undefined
  readonly privateOctets: Secret | undefined
  readonly identity: Uint8Array
  readonly master: Secret | undefined
  /** At a server: what shows later that the key is still the same. */
  readonly proof: Secret | undefined
  /** The new keys, as soon as there are any. */
  readonly link: Link | undefined
  /** Records of the new epoch that came before its keys. */
  readonly held: readonly DtlsRecord[]
  /** Records that could not be opened with the new keys. */
  readonly unopened: number
}

/** Nothing known yet. */
export const blank = (role: Handshake['role'], number: number, assembly: Assembly): Handshake => ({
  role,
  step: role === 'client' ? 'server-hello' : 'client-key-exchange',
  number,
  transcript: nothing,
  assembly,
  messageNumber: 0,
  sequence: 0,
  flight: undefined,
  lookUpEndsAt: Infinity,
  clientRandom: nothing,
  serverRandom: nothing,
  hello: undefined,
  session: undefined,
  sessionId: nothing,
  suite: 'TLS_PSK_WITH_AES_128_CCM_8',
  extended: false,
  encryptThenMac: false,
  ownCid: undefined,
  peerCid: undefined,
  hint: undefined,
  point: undefined,
  privateOctets: undefined,
  identity: nothing,
  master: undefined,
  proof: undefined,
  link: undefined,
  held: [],
  unopened: 0,
})

/** What comes of a message. */
export type Progress =
  /** It is not over. */
  | { readonly type: 'on'; readonly handshake: Handshake }
  /** A flight begins, and goes again until it is answered. */
  | { readonly type: 'send'; readonly handshake: Handshake; readonly sent: readonly Sent[] }
  /** A key is needed: of ours for that hint, or of the peer's identity. */
  | { readonly type: 'look-up'; readonly handshake: Handshake }
  /** Established. What is still to be sent is sent again only when the peer asks. */
  | { readonly type: 'done'; readonly handshake: Handshake; readonly sent: readonly Sent[] }
  | { readonly type: 'failed'; readonly failure: DtlsFailure; readonly alert?: number }

export const failed = (failure: DtlsFailure, alert?: number): Progress => ({
  type: 'failed',
  failure,
  ...(alert === undefined ? {} : { alert }),
})

/** With the message in the transcript. */
export const heard = (handshake: Handshake, message: HandshakeMessage): Handshake => ({
  ...handshake,
  transcript: concat(handshake.transcript, messageBytes(message)),
})

/** With one more message of ours, in the transcript too. */
export const said = (handshake: Handshake, type: number, body: Uint8Array): readonly [Handshake, HandshakeMessage] => {
  const message = { type, number: handshake.messageNumber, body }
  return [{ ...heard(handshake, message), messageNumber: handshake.messageNumber + 1 }, message]
}

/** The hash of the transcript. */
export const hashOf = ({ crypto }: Context, { transcript }: Handshake): Uint8Array => crypto.digest('sha256', transcript)

/** With the keys that the master secret gives. */
export const keyed = (context: Context, handshake: Handshake, master: Secret): Handshake => {
  const { role, clientRandom, serverRandom, ownCid, peerCid, identity, sessionId, suite, encryptThenMac } = handshake
  const { client, server } = keysOf(context.ciphers, { suite, encryptThenMac, master }, clientRandom, serverRandom)
  const [write, read] = role === 'client' ? [client, server] : [server, client]
  const cids = ownCid === undefined || peerCid === undefined ? { ownCid: undefined, peerCid: undefined } : { ownCid, peerCid }
  const link: Link = { write, read, sequence: 0, window: nothingSeen, ...cids, identity, sessionId, last: undefined }
  return { ...handshake, master, link }
}

/** With our Finished. */
export const finish = (context: Context, handshake: Handshake, master: Secret): readonly [Handshake, HandshakeMessage] =>
  said(handshake, handshakeTypes.finished, verifyData(context.ciphers, master, handshake.role, hashOf(context, handshake)))

/** Whether the peer's Finished matches everything that was said. */
export const isFinished = (context: Context, handshake: Handshake, { body }: HandshakeMessage): boolean => {
  if (handshake.master === undefined) return false
  const peer = handshake.role === 'client' ? 'server' : 'client'
  return context.ciphers.equal(verifyData(context.ciphers, handshake.master, peer, hashOf(context, handshake)), body)
}

/** When a look-up that begins now has taken too long. */
export const lookUpEnd = ({ now }: Stamp): Instant => now + 60_000
