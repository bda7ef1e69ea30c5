/** Messages of our own: numbered, held back while others are under way, sent (RFC 7252 §4.2-§4.4, §4.7). */
import type { Instant, Stamp } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import { down } from '../core/stack.ts'
import type { Forget, Outcome, Submission } from '../message/message.ts'
import { isProbe, isSilent, newPeer, probed, sent, type Peer } from './congestion.ts'
import { afterTurn, callConfirmable, callNonConfirmable, peekNonConfirmable, queue, type Turn } from './line.ts'
import { numberFreeAt } from './numbering.ts'
import { exchangeLifetimeMs, type Parameters } from './parameters.ts'
import { again, begin, type Outgoing } from './retransmission.ts'
import { settle, type Messages, type MessagesEffect } from './traffic.ts'

/** A message was submitted: it goes at once, or when its turn comes, or not at all. */
export const send = (p: Parameters, state: Messages, message: Submission, stamp: Stamp, effects: MessagesEffect[]): void => {
  const { remote } = message
  if (message.purpose === 'notification' && message.type === 'CON' && supersedes(state, message)) return
  const peer = state.peers.get('', remote) ?? admit(p, state, stamp)
  if (peer === undefined) return settle(message, 'refused', effects)
  const freeAt = p.messageIdReuse === 'acknowledged' ? 0 : numberFreeAt(p, peer, stamp.now)
  if (freeAt > 0 && p.messageIdReuse === 'new-port') return settle(message, 'exhausted', effects)
  if (freeAt === 0 && !isHeld(p, state, message)) {
    if (message.type === 'CON' && state.outgoing.full) return settle(message, 'refused', effects)
    effects.push(transmit(p, state, peer, message, stamp))
    return
  }
  if (state.waiting.full || state.waiting.count(remote) >= p.waitingMax) return settle(message, 'refused', effects)
  hold(state, peer, queue(state.waiting, lineOf(state, peer, remote), message), freeAt, remote)
}

/** The line of a peer; where nobody waits yet, the one that is under way has had its turn. */
const lineOf = ({ waiting, outgoing }: Messages, { line }: Peer, remote: Remote): Peer['line'] => {
  const current = waiting.count(remote) === 0 ? outgoing.oldest(remote) : undefined
  return current === undefined ? line : afterTurn(line, current.row.message.purpose)
}

/** A newer notification of an observation takes the place of one that waits, or is under way; intermediate ones are skipped (RFC 7641 §4.5.2). */
const supersedes = ({ waiting, outgoing }: Messages, message: Submission): boolean => {
  const { remote, reference } = message
  if (reference === '') return false
  const held = waiting.aliased(remote, reference)
  if (held !== undefined) waiting.put(remote, held.key, message)
  const underWay = held === undefined ? outgoing.aliased(remote, reference) : undefined
  if (underWay !== undefined) outgoing.put(remote, underWay.key, { ...underWay.row, newer: message })
  return held !== undefined || underWay !== undefined
}

/** Somebody may go: as many as there is room for. */
export const release = (p: Parameters, state: Messages, remote: Remote, stamp: Stamp, effects: MessagesEffect[]): void => {
  while (state.waiting.size > 0 && state.waiting.count(remote) > 0) {
    const peer = state.peers.get('', remote)!
    const freeAt = p.messageIdReuse === 'acknowledged' ? 0 : numberFreeAt(p, peer, stamp.now)
    if (freeAt > 0 && p.messageIdReuse === 'new-port') return dismiss(state, remote, 'exhausted', effects)
    if (freeAt > 0) return hold(state, peer, peer.line, freeAt, remote)
    const turn = nextTurn(p, state, remote, peer)
    if (turn === undefined) return
    effects.push(transmit(p, state, withLine(peer, turn.line, Infinity), turn.message, stamp))
  }
}

/** The submission is no longer wanted, whether it waits or is under way. */
export const forgo = (p: Parameters, state: Messages, { remote, reference }: Forget, stamp: Stamp, effects: MessagesEffect[]): boolean => {
  for (const table of [state.outgoing, state.unconfirmed, state.waiting]) {
    const at = table.aliased(remote, reference)
    if (at === undefined) continue
    table.remove(remote, at.key)
    if (table === state.outgoing) release(p, state, remote, stamp, effects)
    return true
  }
  return false
}

/** The time of a confirmable message has come: it is sent again, or given up. */
export const late = (p: Parameters, state: Messages, stamp: Stamp, effects: MessagesEffect[]): void => {
  const { scope, key, row } = state.outgoing.first()!
  const next = again(p, row, stamp.now)
  if (next === undefined) {
    state.outgoing.remove(scope, key)
    settle(row.message, 'gave-up', effects)
    return release(p, state, scope, stamp, effects)
  }
  const peer = next.newer === undefined ? undefined : state.peers.get('', scope)
  if (next.newer === undefined || peer === undefined || numberFreeAt(p, peer, stamp.now) > 0) {
    state.outgoing.put(scope, key, next)
    effects.push(down(next.message))
    return
  }
  // With a message ID of its own, but the count and the time-out of the one it supersedes.
  state.outgoing.remove(scope, key)
  effects.push(transmit(p, state, peer, next.newer, stamp, next))
}

/** The time of a peer has come: a message ID is free, or nobody has written to it for long. */
export const latePeer = (p: Parameters, state: Messages, remote: Remote, peer: Peer, stamp: Stamp, effects: MessagesEffect[]): void => {
  const { now } = stamp
  if (peer.freeAt <= now) {
    state.peers.put('', remote, withLine(peer, peer.line, Infinity))
    return release(p, state, remote, stamp, effects)
  }
  if (isIdle(state, remote)) state.peers.remove('', remote)
  else state.peers.put('', remote, { ...peer, expiresAt: now + 2 * exchangeLifetimeMs(p) })
}

/** What is under way with the remote, or waits, ends so. */
export const dismissAll = (state: Messages, remote: Remote, outcome: Outcome, effects: MessagesEffect[]): void => {
  for (const table of [state.outgoing, state.unconfirmed])
    for (const { key, row } of [...table.in(remote)]) {
      table.remove(remote, key)
      if (table === state.outgoing) settle(row.message, outcome, effects)
    }
  state.probes.remove('', remote)
  dismiss(state, remote, outcome, effects)
}
const dismiss = (state: Messages, remote: Remote, outcome: Outcome, effects: MessagesEffect[]) => {
  for (const { key, row } of [...state.waiting.in(remote)]) {
    state.waiting.remove(remote, key)
    settle(row, outcome, effects)
  }
}

/** NSTART for confirmable messages, PROBING_RATE for non-confirmable requests. */
const isHeld = (p: Parameters, state: Messages, message: Submission): boolean =>
  message.type === 'CON' ? state.outgoing.count(message.remote) >= p.nstart : isProbe(message) && isSilent(p, state.probes, message.remote)

const nextTurn = (p: Parameters, { outgoing, waiting, probes }: Messages, remote: Remote, { line }: Peer): Turn | undefined => {
  const turn = outgoing.count(remote) < p.nstart && !outgoing.full ? callConfirmable(waiting, remote, line) : undefined
  if (turn !== undefined) return turn
  const next = peekNonConfirmable(waiting, remote, line)
  if (next === undefined || (isProbe(next) && isSilent(p, probes, remote))) return undefined
  return callNonConfirmable(waiting, remote, line)
}

/** Numbers the message, notes it and sends it. A message ID that is still open is passed over. */
const transmit = (p: Parameters, state: Messages, peer: Peer, message: Submission, stamp: Stamp, superseded?: Outgoing): MessagesEffect => {
  const { type, remote, reference, purpose } = message
  const { outgoing, unconfirmed } = state
  let messageId = peer.nextMessageId
  while (outgoing.get(remote, messageId) !== undefined) messageId = (messageId + 1) & 0xffff
  const { code, token, options, payload } = message
  const numbered: Submission = { type, remote, messageId, code, token, options, payload, reference, purpose }
  if (unconfirmed.size > 0) unconfirmed.remove(remote, messageId)
  if (type === 'CON')
    outgoing.put(
      remote,
      messageId,
      superseded === undefined ? begin(p, numbered, stamp) : { ...superseded, message: numbered, newer: undefined },
    )
  else {
    if (reference !== '' && purpose !== 'response') {
      if (unconfirmed.full) removeFirst(unconfirmed)
      unconfirmed.put(remote, messageId, begin(p, numbered, stamp))
    }
    if (isProbe(message)) probed(p, state.probes, message, stamp.now)
  }
  state.peers.put('', remote, sent(p, peer, messageId, stamp.now))
  return down(numbered)
}
const removeFirst = (table: Messages['unconfirmed']) => {
  const first = table.first()!
  table.remove(first.scope, first.key)
}

/** A new peer; `undefined` when there is no room, because the others are all at work. */
const admit = (p: Parameters, state: Messages, stamp: Stamp): Peer | undefined => {
  for (let tries = 0; state.peers.full; tries++) {
    const { key, row } = state.peers.first()!
    if (isIdle(state, key as Remote)) state.peers.remove('', key)
    else if (tries === 8) return undefined
    else state.peers.put('', key, { ...row, expiresAt: stamp.now + 2 * exchangeLifetimeMs(p) })
  }
  return newPeer(p, stamp)
}
const isIdle = ({ outgoing, waiting }: Messages, remote: Remote) => outgoing.count(remote) === 0 && waiting.count(remote) === 0

const hold = (state: Messages, peer: Peer, line: Peer['line'], freeAt: Instant, remote: Remote) =>
  state.peers.put('', remote, withLine(peer, line, freeAt === 0 ? peer.freeAt : freeAt))
const withLine = ({ nextMessageId, firstMessageId, blocks, expiresAt }: Peer, line: Peer['line'], freeAt: Instant): Peer => ({
  nextMessageId,
  firstMessageId,
  blocks,
  line,
  freeAt,
  expiresAt,
})
