/** ClientHellos: a cookie first, and only then, if there is room, a handshake (RFC 6347 §4.2.1, §4.2.8). */
import type { Remote } from '../../core/ports.ts'
import { down, up } from '../../core/stack.ts'
import { alertBytes, alertFor, alerts } from './alert.ts'
import { cookieKeys, cookieOf, isCookied } from './cookie.ts'
import { fragmentsOf, handshakeTypes, helloVerifyRequestBody, messageBytes, type HandshakeFragment } from './handshake.ts'
import type { Handshake } from './handshaking.ts'
import { clientHelloOf, type ClientHello } from './hello.ts'
import { drawn } from './luck.ts'
import { hexOf, same } from './octets.ts'
import type { DtlsFailure } from './options.ts'
import { add, nameAbove, newPeer, peerAt, type Peer, type Work } from './peers.ts'
import { apply, fail, send } from './progress.ts'
import { contentTypes, plainRecord, version10, type DtlsRecord } from './record.ts'
import { beginServer } from './server.ts'
import { resumable } from './session.ts'
import { unheard } from './explaining.ts'

/** A ClientHello: nothing is kept for it before its cookie comes back (RFC 6347 §4.2.1). */
export const clientHello = (work: Work, via: Remote, record: DtlsRecord): void => {
  const { context, state, stamp } = work
  const [fragment] = fragmentsOf(record.fragment)
  if (!context.serves || fragment === undefined || fragment.bytes.length !== fragment.length) return
  const hello = clientHelloOf(fragment.bytes)
  if (hello === undefined) return
  state.cookies = cookieKeys(context.ciphers, state.cookies, stamp.dice, stamp.now)
  if (isCookied(context.ciphers, state.cookies, via, hello)) return begin(work, via, record, fragment, hello)
  if (hello.cookie.length > 0) unheard(work, via, 'cookie')
  const body = helloVerifyRequestBody(cookieOf(context.ciphers, state.cookies.current, via, hello))
  const message = messageBytes({ type: handshakeTypes.helloVerifyRequest, number: fragment.number, body })
  const bytes = plainRecord(contentTypes.handshake, record.sequence, message, version10)
  work.effects.push(down({ type: 'datagram', remote: via, bytes }))
}

/** The peer is where it says: a handshake begins, if there is room for it. */
const begin = (work: Work, via: Remote, record: DtlsRecord, fragment: HandshakeFragment, hello: ClientHello): void => {
  const { context, state, stamp } = work
  const known = peerAt(state, via)
  if (known?.handshake !== undefined && isOlder(known.handshake, hello)) return
  const name = known?.name ?? nameAbove(state, via)
  if (!isRoom(work, known, name)) return unheard(work, via, 'busy')
  const number = state.handshakes++
  const id = hexOf(hello.sessionId)
  const session = hello.sessionId.length === 0 || !context.p.resumption ? undefined : resumable(state.sessions, 'peer', id, stamp.now)
  const message = { type: fragment.type, number: fragment.number, body: fragment.bytes.slice() }
  const peer: Peer = { ...(known ?? newPeer(work, name, via)), handshake: undefined }
  const owned = clientHelloOf(message.body)!
  const request = { number, hello: owned, message, sequence: record.sequence, session, ownCid: connectionId(work, number) }
  const progress = beginServer(context, request, stamp)
  if (progress.type === 'failed') return refuse(work, known ?? peer, record.sequence, progress.failure)
  state.incoming.put('', name, number)
  add(work, peer)
  apply(work, peer, progress)
}
/** The same ClientHello again, which our own timer answers; or both came to each other at once, and ours goes first. */
const isOlder = ({ role, clientRandom, step }: Handshake, { random }: ClientHello): boolean =>
  role === 'server' ? same(clientRandom, random) : step !== 'server-hello' || hexOf(clientRandom) >= hexOf(random)

const isRoom = ({ context, state, stamp, effects }: Work, known: Peer | undefined, name: Remote): boolean => {
  const { now } = stamp
  if (known === undefined && state.peers.full && !evicted({ context, state, stamp, effects })) return false
  if (state.incoming.full && state.incoming.get('', name) === undefined) return false
  const { beganAt, count } = state.begun
  const fresh = now - beganAt >= 1_000 || now < beganAt
  if (!fresh && count >= context.p.handshakesPerSecondMax) return false
  state.begun = fresh ? { beganAt: now, count: 1 } : { beganAt, count: count + 1 }
  return true
}

/** The peer that has been silent longest makes room, unless everybody is busy shaking hands. */
const evicted = (work: Work): boolean => {
  const silent = work.state.peers.first()?.row
  if (silent?.link === undefined || silent.handshake !== undefined || silent.target !== undefined) return false
  fail(work, silent, 'limit', alerts.closeNotify)
  return true
}

/** A refusal for which nothing is kept; what there is of the peer goes on. */
const refuse = (work: Work, peer: Peer, sequence: number, failure: DtlsFailure): void => {
  const description = alertFor(failure) ?? alerts.handshakeFailure
  unheard(work, peer.via, 'handshake', { failure })
  send(work, peer, plainRecord(contentTypes.alert, sequence, alertBytes({ level: 'fatal', description })))
  if (work.state.peers.get('', peer.name) === undefined)
    work.effects.push(up({ type: 'closed', remote: peer.name, reason: 'refused', detail: failure }))
}

/** One that nobody has. */
export const connectionId = ({ context, state, stamp }: Work, number: number): Uint8Array | undefined => {
  const length = context.p.connectionIdBytes
  if (length === undefined) return undefined
  for (let attempt = 0; attempt < 16; attempt++) {
    const cid = drawn(context.ciphers, stamp.dice, `connection id ${number} ${attempt}`, length)
    if (length === 0 || state.peers.aliased('', hexOf(cid)) === undefined) return cid
  }
  return undefined
}
