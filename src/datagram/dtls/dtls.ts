/** DTLS 1.2 with pre-shared keys as one machine: many peers, both roles (RFC 6347). */
import { none, type Machine, type Stamp, type Step, type Tick } from '../../core/machine.ts'
import type { DatagramUp } from '../../core/ports.ts'
import { up } from '../../core/stack.ts'
import { alerts } from './alert.ts'
import { clientFinds } from './client.ts'
import { again } from './flight.ts'
import type { Context } from './handshaking.ts'
import { noPeers, peerAt, put, remove, type Dtls, type DtlsEffect, type DtlsEvent, type Found, type Peer, type Work } from './peers.ts'
import { apply, end, fail, transmit } from './progress.ts'
import { goOn, receive } from './receiving.ts'
import { serverFinds } from './server.ts'
import { openedBelow, submit } from './submitting.ts'

export type { Dtls, DtlsEffect, DtlsEvent } from './peers.ts'

/** Protected datagrams above, records below. Keys are asked for with `look-up` and come with `found`. */
export const dtls = (context: Context): Machine<Dtls, DtlsEvent, DtlsEffect> => ({
  name: 'dtls',
  initial: noPeers(context.p),
  deadline: ({ peers, sessions }) => Math.min(peers.deadline(), sessions.deadline()),
  step: (state, event, stamp) => {
    if (event.type === 'tick' && Math.min(state.peers.deadline(), state.sessions.deadline()) > stamp.now) return [state, none]
    const work: Work = { context, state: { ...state }, stamp, effects: [] }
    happen(work, event)
    return [work.state, work.effects]
  },
  fault: (state, event, stamp) => faulted(context, state, event, stamp),
  secretive: true,
})

const happen = (work: Work, event: DtlsEvent | Tick): void => {
  switch (event.type) {
    case 'up':
      return climb(work, event.value)
    case 'down':
      return submit(work, event.value)
    case 'found':
      return found(work, event)
    case 'tick':
      return due(work)
  }
}

/** Something came from below. */
const climb = (work: Work, word: DatagramUp): void => {
  const { state, effects } = work
  if (word.type === 'datagram') return receive(work, word.remote, word.bytes)
  if (word.type === 'listening') {
    work.state.local = `${word.address.includes(':') ? `[${word.address}]` : word.address}:${word.port}`
    return void effects.push(up({ ...word, scheme: 'coaps' }))
  }
  const peer = peerAt(state, word.remote)
  switch (word.type) {
    case 'opened':
      return peer === undefined ? undefined : openedBelow(work, peer, word.address, word.local)
    case 'closed':
      // Whoever asked for the end has heard of it already.
      if (word.reason === 'asked') return
      if (peer === undefined) return void effects.push(up(word))
      remove(work, peer)
      return void effects.push(up({ ...word, remote: peer.name }))
    case 'undeliverable':
      if (peer?.link !== undefined && !peer.dormant) effects.push(up({ ...word, remote: peer.name }))
  }
}

/** A look-up is answered. One of an earlier handshake is not for this one. */
const found = (work: Work, { remote, number, identity, key }: Found): void => {
  const { context, state, stamp } = work
  const peer = state.peers.get('', remote)
  const handshake = peer?.handshake
  if (peer === undefined || handshake === undefined || handshake.number !== number || handshake.step !== 'key') return
  const psk = identity === undefined || key === undefined ? undefined : { identity, key }
  const progress = handshake.role === 'client' ? clientFinds(context, handshake, psk, stamp) : serverFinds(context, handshake, key, stamp)
  const next = apply(work, peer, progress)
  if (next !== undefined) goOn(work, next, handshake)
}

/** A time has come: a flight goes again or was in vain, a look-up has taken too long, a last flight, a session or a peer is forgotten. */
const due = (work: Work): void => {
  const { state, stamp, context } = work
  const { now } = stamp
  const expired = state.sessions.due(now)
  if (expired !== undefined) state.sessions.remove(expired.scope, expired.key)
  const peer = state.peers.due(now)?.row
  if (peer === undefined) return
  const { handshake, link } = peer
  if (handshake?.flight !== undefined && handshake.flight.dueAt <= now) {
    const flight = again(handshake.flight, now, context.p)
    if (flight === undefined) fail(work, peer, handshake.unopened > 0 ? 'wrong-key' : 'silence')
    else transmit(work, peer, flight)
  } else if (handshake !== undefined && handshake.lookUpEndsAt <= now)
    fail(work, peer, 'no-credentials', handshake.role === 'client' ? alerts.userCanceled : undefined)
  else if (link?.last !== undefined && link.last.forgetAt <= now) put(work, { ...peer, link: { ...link, last: undefined } })
  else idle(work, peer)
}
const idle = (work: Work, peer: Peer): void => {
  if (peer.handshake !== undefined) put(work, { ...peer, idleAt: work.stamp.now + Math.max(1, work.context.p.idleMs) })
  else if (peer.link === undefined) end(work, peer, 'lost', 'idle')
  else fail(work, peer, 'idle')
}

/** After a throw: the peer that the event was about is let go; the others live on. */
const faulted = (context: Context, state: Dtls, event: DtlsEvent | Tick, stamp: Stamp): Step<Dtls, DtlsEffect> | undefined => {
  const work: Work = { context, state: { ...state }, stamp, effects: [] }
  const peer = event.type === 'tick' ? state.peers.due(stamp.now)?.row : peerOf(state, event)
  if (peer !== undefined) end(work, peer, 'lost')
  return [work.state, work.effects]
}
const peerOf = (state: Dtls, event: DtlsEvent): Peer | undefined => {
  if (event.type === 'found') return state.peers.get('', event.remote)
  if (!('remote' in event.value)) return undefined
  return event.type === 'down' ? state.peers.get('', event.value.remote) : peerAt(state, event.value.remote)
}
