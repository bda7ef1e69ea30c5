/** What comes of a handshake's progress: flights leave, keys are looked up, links are established or fail (RFC 6347 §4.2). */
import { down, up } from '../../core/stack.ts'
import type { ClosedReason } from '../../core/ports.ts'
import { alertBytes, alertFor, alerts, type Alert } from './alert.ts'
import { clientHears } from './client.ts'
import { flight, written, type Flight, type Sent } from './flight.ts'
import { nextMessage } from './fragments.ts'
import type { Handshake, Progress } from './handshaking.ts'
import type { Link } from './link.ts'
import { hexOf, nothing } from './octets.ts'
import type { DtlsFailure } from './options.ts'
import { put, remove, type Peer, type Work } from './peers.ts'
import { seal } from './protection.ts'
import { contentTypes, plainRecord, sequenceEnd } from './record.ts'
import { serverHears } from './server.ts'
import { keep } from './session.ts'
import { unheard } from './explaining.ts'

/** Does what the progress says. Gives the peer as it is then; `undefined` when it is gone. */
export const apply = (work: Work, peer: Peer, progress: Progress): Peer | undefined => {
  const { stamp, context } = work
  switch (progress.type) {
    case 'on':
      return kept(work, { ...peer, handshake: progress.handshake })
    case 'send':
      return transmit(work, { ...peer, handshake: progress.handshake }, flight(progress.sent, stamp.now, context.p))
    case 'look-up':
      return lookUp(work, { ...peer, handshake: progress.handshake }, progress.handshake)
    case 'done':
      return establish(work, peer, progress.handshake, progress.sent)
    case 'failed':
      return fail(work, peer, progress.failure, progress.alert)
  }
}

const kept = (work: Work, peer: Peer): Peer => {
  put(work, peer)
  return peer
}

/** What is whole and next is heard, one message after the other, until a key must be looked up. */
export const proceed = (work: Work, begun: Peer): Peer | undefined => {
  let peer: Peer | undefined = begun
  while (peer?.handshake !== undefined && peer.handshake.step !== 'key') {
    const { handshake }: Peer = peer
    const next = nextMessage(handshake.assembly)
    if (next === undefined) break
    const [message, assembly] = next
    const hears = handshake.role === 'client' ? clientHears : serverHears
    peer = apply(work, peer, hears(work.context, { ...handshake, assembly }, message, work.stamp))
  }
  return peer
}

/** The flight leaves, for the first time or again. */
export const transmit = (work: Work, peer: Peer, flight: Flight): Peer => {
  const { handshake } = peer
  if (handshake === undefined) return peer
  const { datagrams, sequence, linkSequence } = writing(work, flight.sent, handshake.sequence, handshake.link)
  for (const bytes of datagrams) send(work, peer, bytes)
  const link = handshake.link === undefined ? undefined : { ...handshake.link, sequence: linkSequence }
  return kept(work, { ...peer, handshake: { ...handshake, sequence, link, flight } })
}
const writing = ({ context }: Work, sent: readonly Sent[], sequence: number, link: Link | undefined) =>
  written(context.ciphers, sent, sequence, link, context.p.datagramBytesMax)

const lookUp = ({ state, effects }: Work, peer: Peer, { role, number, hint, identity }: Handshake): Peer => {
  state.peers.put('', peer.name, peer)
  const query = role === 'client' ? ({ role, account: peer.target?.account, hint } as const) : ({ role, identity } as const)
  effects.push({ type: 'look-up', remote: peer.name, number, query })
  return peer
}

/** Both have proved themselves: what waited goes, and whoever is above hears of it. */
const establish = (work: Work, peer: Peer, handshake: Handshake, sent: readonly Sent[]): Peer | undefined => {
  const { state, stamp, effects, context } = work
  const { link, master, identity } = handshake
  if (link === undefined || master === undefined) return fail(work, peer, 'unexpected-message')
  const { datagrams, sequence, linkSequence } = writing(work, sent, handshake.sequence, link)
  for (const bytes of datagrams) send(work, peer, bytes)
  const last = sent.length === 0 ? undefined : { sent, sequence, forgetAt: stamp.now + lastFlightMs }
  state.incoming.remove('', peer.name)
  keepSession(work, peer, handshake)
  const established: Peer = { ...peer, handshake: undefined, waiting: [], link: { ...link, sequence: linkSequence, last } }
  if (context.p.keyLog) effects.push({ type: 'key-log', clientRandom: handshake.clientRandom, master })
  effects.push(up({ type: 'opened', remote: peer.name, address: peer.address, local: peer.local, identity }))
  const next = kept(work, established)
  for (const bytes of peer.waiting) sendContent(work, contentTypes.applicationData, next.name, bytes)
  return state.peers.get('', peer.name)
}
/** Two maximum segment lifetimes: as long as a peer may ask for the last flight. */
const lastFlightMs = 240_000

const keepSession = (
  { state, stamp, context }: Work,
  peer: Peer,
  { role, sessionId: id, suite, master, extended, identity, proof }: Handshake,
) => {
  const { sessions } = state
  if (!context.p.resumption || id.length === 0 || master === undefined) return
  const [scope, key] = role === 'client' ? (['own', peer.name] as const) : (['peer', hexOf(id)] as const)
  const known = sessions.get(scope, key)
  // Resuming does not make a session younger.
  if (known !== undefined && hexOf(known.id) === hexOf(id)) return
  keep(sessions, scope, key, { id, suite, master, extended, identity, proof, expiresAt: stamp.now + context.p.sessionLifetimeMs })
}

/** The handshake, or the link where there is none, ends for that reason, and the peer is told unless it told us. A link that a failed handshake was to replace goes on. */
export const fail = (
  work: Work,
  peer: Peer,
  failure: DtlsFailure,
  alert: number | 'nothing' = alertFor(failure) ?? 'nothing',
): Peer | undefined => {
  const { state } = work
  const { handshake } = peer
  if (alert !== 'nothing') tell(work, peer, { level: alert === alerts.closeNotify ? 'warning' : 'fatal', description: alert })
  if (handshake?.role === 'server') unheard(work, peer.via, 'handshake', { failure, identity: handshake.identity })
  if (handshake !== undefined && failure !== 'silence') forgetSession(work, peer, handshake)
  state.incoming.remove('', peer.name)
  if (handshake !== undefined && peer.link !== undefined)
    return kept(work, { ...(state.peers.get('', peer.name) ?? peer), handshake: undefined })
  end(work, peer, reasonOf(failure, handshake !== undefined), failure)
  return undefined
}
const forgetSession = ({ state }: Work, { name }: Peer, { role, session }: Handshake) => {
  if (session === undefined) return
  if (role === 'client') state.sessions.remove('own', name)
  else state.sessions.remove('peer', hexOf(session.id))
}
const reasonOf = (failure: DtlsFailure, handshaking: boolean): ClosedReason =>
  failure === 'silence' ? 'unreachable' : handshaking ? 'refused' : 'lost'

/** The peer is gone from here, and the link below with it where it was ours. */
export const end = (work: Work, peer: Peer, reason: ClosedReason, detail?: string): void => {
  remove(work, peer)
  if (peer.target !== undefined) work.effects.push(down({ type: 'close', remote: peer.via, keepSession: false }))
  work.effects.push(up({ type: 'closed', remote: peer.name, reason, ...(detail === undefined ? {} : { detail }) }))
}

/** An alert: protected once there is a link, in the clear before. */
export const tell = (work: Work, peer: Peer, alert: Alert): void => {
  const bytes = alertBytes(alert)
  const { handshake } = peer
  if (handshake !== undefined) send(work, peer, plainRecord(contentTypes.alert, handshake.sequence, bytes))
  else if (peer.link !== undefined) sendContent(work, contentTypes.alert, peer.name, bytes)
}

/** One protected record. The last sequence number of an epoch ends the link (RFC 6347 §4.1). */
export const sendContent = (work: Work, type: number, name: string, bytes: Uint8Array): void => {
  const { state, context } = work
  const peer = state.peers.get('', name)
  if (peer?.link === undefined) return
  const { link } = peer
  const record = seal(context.ciphers, link.write, { type, epoch: 1, sequence: link.sequence, cid: link.peerCid ?? nothing }, bytes)
  put(work, { ...peer, link: { ...link, sequence: link.sequence + 1 } })
  send(work, peer, record)
  if (link.sequence + 2 >= sequenceEnd && type === contentTypes.applicationData) fail(work, state.peers.get('', name)!, 'sequence')
}

/** Octets to where the peer is now. */
export const send = ({ effects }: Work, { via }: Peer, bytes: Uint8Array): void => {
  effects.push(down({ type: 'datagram', remote: via, bytes }))
}
