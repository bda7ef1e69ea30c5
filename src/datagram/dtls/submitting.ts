/** Words and octets from above: links opened and closed, application data protected (RFC 6347 §4.1, §4.2). */
import type { Close, Datagram, DatagramDown, Open } from '../../core/ports.ts'
import { down, up } from '../../core/stack.ts'
import { alerts } from './alert.ts'
import { beginClient } from './client.ts'
import { hexOf } from './octets.ts'
import { add, nameBelow, newPeer, peerAt, put, remove, type Peer, type Work } from './peers.ts'
import { apply, sendContent, tell } from './progress.ts'
import { connectionId } from './greeting.ts'
import { contentTypes } from './record.ts'
import { resumable } from './session.ts'

export const submit = (work: Work, word: DatagramDown): void => {
  switch (word.type) {
    case 'datagram':
      return submitData(work, word)
    case 'open':
      return openLink(work, word)
    case 'close':
      return closeLink(work, word)
  }
}

/** Application data goes at once, or waits for the handshake, or begins one. */
const submitData = (work: Work, { remote, bytes }: Datagram): void => {
  const { state, context } = work
  const peer = state.peers.get('', remote)
  if (peer?.link !== undefined && !peer.dormant) return sendContent(work, contentTypes.applicationData, remote, bytes)
  const waits = bytes.length + (peer?.waiting ?? []).reduce((sum, { length }) => sum + length, 0)
  const isIdle = peer === undefined && (!context.opens || state.peers.full)
  if (isIdle || (peer?.dormant === true && peer.target?.ready === true) || waits > context.p.waitingBytesMax)
    return void work.effects.push(up({ type: 'undeliverable', remote, reason: 'not-open' }))
  if (peer !== undefined) return put(work, { ...peer, waiting: [...peer.waiting, bytes] })
  const via = nameBelow(remote)
  // Somebody else may be at that address now: it is the one to talk to.
  const there = peerAt(state, via)
  if (there !== undefined) return void work.effects.push(up({ type: 'undeliverable', remote, reason: 'not-open' }))
  const made: Peer = { ...newPeer(work, remote, via), waiting: [bytes] }
  add(work, made)
  beginHandshake(work, made, remote)
}

/** A link of its own. One that was open is made anew, in silence; one that slept goes on. */
const openLink = (work: Work, { remote, uri, account }: Open): void => {
  const { state, context } = work
  const known = state.peers.get('', remote)
  const target = { uri, account, ready: false }
  const isSame = known?.target?.uri === uri && known.target.account === account
  if (known?.dormant === true && isSame) put(work, { ...known, target })
  else {
    if (known !== undefined) {
      if (known.target !== undefined && !isSame) state.sessions.remove('own', remote)
      if (known.link !== undefined && !known.dormant)
        tell(work, { ...known, handshake: undefined }, { level: 'warning', description: alerts.closeNotify })
      remove(work, known)
    }
    const refusal = !context.opens ? 'no-credentials' : state.peers.full ? 'limit' : undefined
    if (refusal !== undefined) return void work.effects.push(up({ type: 'closed', remote, reason: 'refused', detail: refusal }))
    const other = peerAt(state, remote)
    if (other !== undefined) remove(work, other)
    add(work, newPeer(work, remote, remote, target))
  }
  work.effects.push(down({ type: 'open', remote, uri, ...(account === undefined ? {} : { account }) }))
}

/** The link below is there: the handshake begins, or what slept goes on. */
export const openedBelow = (work: Work, known: Peer, address: string, local: string): void => {
  const { target } = known
  if (target === undefined || target.ready) return
  const peer: Peer = { ...known, address, local, target: { ...target, ready: true }, dormant: false }
  if (peer.link === undefined) return beginHandshake(work, peer, target.uri)
  put(work, { ...peer, waiting: [] })
  work.effects.push(up({ type: 'opened', remote: peer.name, address, local, identity: peer.link.identity }))
  for (const bytes of peer.waiting) sendContent(work, contentTypes.applicationData, peer.name, bytes)
}

const beginHandshake = (work: Work, peer: Peer, uri: string): void => {
  const { state, context, stamp } = work
  const number = state.handshakes++
  const session = context.p.resumption ? resumable(state.sessions, 'own', peer.name, stamp.now) : undefined
  const usable = session !== undefined && context.p.suites.includes(session.suite) ? session : undefined
  apply(work, peer, beginClient(context, { number, uri, session: usable, ownCid: connectionId(work, number) }, stamp))
}

/** The end, as asked. With `keepSession` a link with a Connection ID only sleeps; without, not even a session is left. */
const closeLink = (work: Work, { remote, keepSession }: Close): void => {
  const { state, effects } = work
  const peer = state.peers.get('', remote)
  if (!keepSession) {
    state.sessions.remove('own', remote)
    if (peer?.link !== undefined) state.sessions.remove('peer', hexOf(peer.link.sessionId))
  }
  if (peer !== undefined && !peer.dormant) {
    const sleeps = keepSession && peer.target !== undefined && (peer.link?.peerCid?.length ?? 0) > 0
    if (sleeps) put(work, { ...peer, handshake: undefined, waiting: [], dormant: true })
    else {
      if (peer.link !== undefined) tell(work, { ...peer, handshake: undefined }, { level: 'warning', description: alerts.closeNotify })
      remove(work, peer)
    }
    if (peer.target !== undefined) effects.push(down({ type: 'close', remote: peer.via, keepSession }))
  } else if (peer !== undefined && !keepSession) remove(work, peer)
  effects.push(up({ type: 'closed', remote, reason: 'asked' }))
}
