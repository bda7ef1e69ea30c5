/** Datagrams from below, record by record: what is authentic counts, the rest is dropped in silence (RFC 6347 §4.1.2.7, RFC 9146 §6). */
import type { Remote } from '../../core/ports.ts'
import { up } from '../../core/stack.ts'
import { alertOf, alerts, failureOf } from './alert.ts'
import { isGreeting } from './client.ts'
import { written } from './flight.ts'
import { withFragment } from './fragments.ts'
import { fragmentsOf, handshakeTypes, type HandshakeFragment } from './handshake.ts'
import type { Handshake } from './handshaking.ts'
import { clientHello } from './greeting.ts'
import { hexOf, same } from './octets.ts'
import { peerAt, put, type Peer, type Work } from './peers.ts'
import { end, fail, proceed, send, sendContent } from './progress.ts'
import { open, type Content } from './protection.ts'
import { contentTypes, recordsOf, type DtlsRecord } from './record.ts'
import { isFresh, saw } from './replay.ts'
import type { Link } from './link.ts'
import { unheard } from './explaining.ts'

/** One datagram. */
export const receive = (work: Work, via: Remote, bytes: Uint8Array): void => {
  const records = recordsOf(bytes, work.context.p.connectionIdBytes ?? 0)
  if (records.length === 0) unheard(work, via, bytes[0] === contentTypes.cid ? 'connection-id' : 'not-dtls')
  for (const record of records) {
    if (record.epoch === 0) clear(work, via, record)
    else if (record.epoch === 1) covered(work, via, record)
  }
}

/** In the clear: only handshakes care. */
const clear = (work: Work, via: Remote, record: DtlsRecord): void => {
  const { type, fragment } = record
  if (type === contentTypes.handshake && fragment[0] === handshakeTypes.clientHello) return clientHello(work, via, record)
  const peer = peerAt(work.state, via)
  const handshake = peer?.handshake
  if (peer === undefined || handshake === undefined) return
  if (type === contentTypes.handshake) intake(work, peer, fragmentsOf(fragment), 0)
  else if (type === contentTypes.alert) alerted(work, peer, fragment)
}

/** Fragments of one record, under the epoch where they belong: Finished is the only message under the new keys. */
const intake = (work: Work, peer: Peer, fragments: readonly HandshakeFragment[], epoch: 0 | 1): void => {
  const { handshake } = peer
  if (handshake === undefined) return
  let { assembly } = handshake
  for (const fragment of fragments) {
    if ((fragment.type === handshakeTypes.finished) !== (epoch === 1)) continue
    // A server answers each ClientHello as if it were the first, so its numbers begin where it says.
    if (
      handshake.step === 'server-hello' &&
      isGreeting(fragment) &&
      fragment.number < assembly.next + 8 &&
      fragment.number !== assembly.next
    )
      assembly = { next: fragment.number, unfinished: assembly.unfinished }
    assembly = withFragment(assembly, fragment, work.context.p.reassemblyBytesMax)
  }
  if (assembly === handshake.assembly) return
  const next = { ...peer, handshake: { ...handshake, assembly } }
  put(work, next)
  goOn(work, next, handshake)
}

/** As far as it goes; then what waited for keys, or for the end of the handshake, is looked at again. */
export const goOn = (work: Work, peer: Peer, { held }: Handshake): void => {
  const after = proceed(work, peer)
  if (after === undefined || held.length === 0 || (after.handshake !== undefined && after.handshake.link === undefined)) return
  if (after.handshake !== undefined) put(work, { ...after, handshake: { ...after.handshake, held: [] } })
  for (const record of held) covered(work, after.via, record)
}

/** A peer ends it, or warns. */
const alerted = (work: Work, peer: Peer, bytes: Uint8Array): void => {
  const alert = alertOf(bytes)
  if (alert === undefined) return
  if (alert.description === alerts.closeNotify)
    fail(work, peer, 'close-notify', peer.handshake === undefined ? alerts.closeNotify : 'nothing')
  else if (alert.level === 'fatal') failSilently(work, peer, alert.description)
}
const failSilently = (work: Work, peer: Peer, description: number) => {
  if (peer.handshake === undefined && peer.link !== undefined) {
    // A session whose link ended with a fatal alert is not resumed (RFC 5246 §7.2.2).
    work.state.sessions.remove('own', peer.name)
    work.state.sessions.remove('peer', hexOf(peer.link.sessionId))
  }
  fail(work, peer, failureOf(description), 'nothing')
}

/** Under the keys of a link, or of one to be. */
const covered = (work: Work, via: Remote, record: DtlsRecord): void => {
  const byAddress = peerAt(work.state, via)
  const handshake = byAddress?.handshake
  if (byAddress !== undefined && handshake !== undefined) {
    if (handshake.link === undefined) {
      if (byAddress.link === undefined) return hold(work, byAddress, record)
    } else if (isFor(handshake.link, record) && coveredNew(work, byAddress, handshake, handshake.link, record)) return
  }
  const peer = record.cid.length === 0 ? byAddress : work.state.peers.aliased('', hexOf(record.cid))?.row
  const link = peer?.link !== undefined && isFor(peer.link, record) ? peer.link : undefined
  const isAgain = link !== undefined && !isFresh(link.window, record.sequence)
  const content = link === undefined || isAgain ? undefined : open(work.context.ciphers, link.read, record)
  if (content !== undefined) authentic(work, via, peer!, link!, record, content)
  else if (handshake !== undefined && handshake.link === undefined) hold(work, byAddress!, record)
  else if (link === undefined) unheard(work, via, record.cid.length === 0 ? 'no-session' : 'connection-id')
  else if (!isAgain) unheard(work, via, 'not-authentic', { identity: link.identity })
}

/** A record comes with the Connection ID that was agreed on, or with none (RFC 9146 §3). */
const isFor = ({ ownCid }: Link, { cid }: DtlsRecord): boolean => (ownCid === undefined ? cid.length === 0 : same(ownCid, cid))

/** Keys are still to come: a few records wait. */
const hold = (work: Work, peer: Peer, record: DtlsRecord): void => {
  const { handshake } = peer
  if (handshake === undefined || handshake.held.length >= work.context.p.heldRecordsMax) return
  const held = { ...record, cid: record.cid.slice(), fragment: record.fragment.slice() }
  put(work, { ...peer, handshake: { ...handshake, held: [...handshake.held, held] } })
}

/** Tries the keys that the handshake in hand has made. */
const coveredNew = (work: Work, peer: Peer, handshake: Handshake, link: Link, record: DtlsRecord): boolean => {
  if (!isFresh(link.window, record.sequence)) return true
  const content = open(work.context.ciphers, link.read, record)
  if (content === undefined) {
    if (peer.link !== undefined) return false
    const unopened = handshake.unopened + 1
    // A wrong key cannot be told from a damaged record at once: the peer's retransmissions tell.
    if (unopened >= unopenedMax) fail(work, peer, 'wrong-key')
    else put(work, { ...peer, handshake: { ...handshake, unopened } })
    return true
  }
  if (content.type === contentTypes.applicationData) {
    hold(work, peer, record)
    return true
  }
  const next = { ...peer, handshake: { ...handshake, link: { ...link, window: saw(link.window, record.sequence) } } }
  put(work, next)
  if (content.type === contentTypes.handshake) intake(work, next, fragmentsOf(content.bytes), 1)
  else if (content.type === contentTypes.alert) alerted(work, next, content.bytes)
  return true
}
const unopenedMax = 3

/** The peer said it: once, and from where it is now, if nothing newer came from elsewhere (RFC 9146 §6). */
const authentic = (work: Work, via: Remote, peer: Peer, link: Link, record: DtlsRecord, content: Content): void => {
  const newer = record.sequence > link.window.newest
  const idleAt = peer.target === undefined ? work.stamp.now + work.context.p.idleMs : Infinity
  const last = content.type === contentTypes.applicationData ? undefined : link.last
  let next: Peer = { ...peer, idleAt, link: { ...link, window: saw(link.window, record.sequence), last } }
  if (via !== peer.via && newer && record.cid.length > 0) next = moved(work, next, via)
  put(work, next)
  switch (content.type) {
    case contentTypes.applicationData:
      if (content.bytes.length > 0) work.effects.push(up({ type: 'datagram', remote: peer.name, bytes: content.bytes }))
      return
    case contentTypes.alert:
      return alerted(work, { ...next, handshake: undefined }, content.bytes)
    case contentTypes.handshake:
      return handshakeAgain(work, next, fragmentsOf(content.bytes))
  }
}

const moved = (work: Work, peer: Peer, via: Remote): Peer => {
  const { state } = work
  if (state.paths.get('', peer.via) === peer.name) state.paths.remove('', peer.via)
  const other = peerAt(state, via)
  // Whoever was there without a Connection ID is not there any more.
  if (other !== undefined && other.handshake === undefined) {
    if (other.link?.ownCid === undefined || other.link.ownCid.length === 0) end(work, other, 'lost', 'idle')
    else state.paths.remove('', via)
  }
  if (state.paths.get('', via) === undefined && !state.paths.full) state.paths.put('', via, peer.name)
  return { ...peer, via }
}

/** After the handshake: the peer's Finished again means that ours was lost; anything else would be a renegotiation, which is refused. */
const handshakeAgain = (work: Work, peer: Peer, fragments: readonly HandshakeFragment[]): void => {
  const { link } = peer
  if (link === undefined) return
  if (fragments.some(({ type }) => type === handshakeTypes.clientHello || type === handshakeTypes.helloRequest))
    sendContent(work, contentTypes.alert, peer.name, Uint8Array.of(1, alerts.noRenegotiation))
  else if (link.last !== undefined && fragments.some(({ type }) => type === handshakeTypes.finished)) {
    const { datagrams, sequence, linkSequence } = written(
      work.context.ciphers,
      link.last.sent,
      link.last.sequence,
      link,
      work.context.p.datagramBytesMax,
    )
    for (const bytes of datagrams) send(work, peer, bytes)
    put(work, { ...peer, link: { ...link, sequence: linkSequence, last: { ...link.last, sequence } } })
  }
}
