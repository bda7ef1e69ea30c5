/** The message layer: each message once, each confirmable one until it is acknowledged (RFC 7252 §4). */
import { none, type Instant, type Key, type Machine, type Stamp, type Step, type Tick } from '../core/machine.ts'
import type { LinkDown, LinkUp, Remote } from '../core/ports.ts'
import { down, up, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import { Table } from '../core/table.ts'
import { empty, responses } from '../message/code.ts'
import {
  noBytes,
  noOptions,
  rejection,
  type Forget,
  type Malformed,
  type Message,
  type MessageDown,
  type MessageUp,
  type Outcome,
  type Submission,
} from '../message/message.ts'
import { isBusy, newPeer, nextTurn, sent, type Peer } from './congestion.ts'
import { answerKept, forget, forgetAt, memory, recall, remember, type Memory } from './deduplication.ts'
import type { Parameters } from './parameters.ts'
import { again, begin, type Outgoing } from './retransmission.ts'

/** What is under way, what came lately, and who the peers are. */
export interface Messages extends Memory {
  readonly outgoing: Table<Outgoing>
  readonly peers: Table<Peer>
}
export type MessagesEvent = LayerEvent<Message | Malformed | LinkUp, MessageDown>
export type MessagesEffect = LayerEffect<Message | LinkDown, MessageUp>
type Made = Step<Messages, MessagesEffect>

export const messages = (p: Parameters): Machine<Messages, MessagesEvent, MessagesEffect> => ({
  name: 'messages',
  initial: {
    ...memory(p),
    outgoing: new Table<Outgoing>({ name: 'outgoing', limit: p.outgoingMax, deadline: ({ dueAt }) => dueAt, alias: ({ message }) => message.reference }),
    peers: new Table<Peer>({ name: 'peers', limit: p.peersMax, deadline: ({ expiresAt, outstanding, waiting }) => (outstanding + waiting.length > 0 ? Infinity : expiresAt) }),
  },
  deadline: (state) => Math.min(state.outgoing.deadline(), forgetAt(state), state.peers.deadline()),
  step: (state, event, stamp) => {
    switch (event.type) {
      case 'up':
        return receive(p, state, event.value, stamp)
      case 'down':
        return submit(p, state, event.value, stamp)
      case 'tick':
        return due(p, state, stamp)
    }
  },
  fault: ({ ...state }, event) => [dropped(state, event), none],
})

/** Something came from below. */
const receive = (p: Parameters, state: Messages, value: Message | Malformed | LinkUp, stamp: Stamp): Made => {
  switch (value.type) {
    case 'CON':
    case 'NON':
      return arrive(p, state, value, stamp)
    case 'ACK':
      return settle(p, state, value, value.code === empty ? 'acknowledged' : undefined, stamp)
    case 'RST':
      return settle(p, state, value, 'reset', stamp)
    case 'malformed':
      return [state, value.confirmable ? [down(rejection(value))] : none]
    default:
      return [state, [up(value)]]
  }
}

/** A message of the peer's own: new, or seen before. */
const arrive = (p: Parameters, state: Messages, message: Message, { now }: Stamp): Made => {
  if (message.code === empty) return [state, message.type === 'CON' ? [down(rejection(message))] : none] // a ping (RFC 7252 §4.3)
  const known = recall(state, message)
  if (known !== undefined) return [state, known.reply === undefined ? none : [down(known.reply)]]
  if (!remember(p, state, message, now)) return [state, message.type === 'CON' ? [down(overloaded(message))] : none]
  return [changed(state), [up(message)]]
}

/** Something of ours was acknowledged or rejected. */
const settle = (p: Parameters, state: Messages, message: Message, outcome: Outcome | undefined, stamp: Stamp): Made => {
  const { remote, messageId } = message
  const row = state.outgoing.get(remote, messageId)
  if (row === undefined) return [state, none]
  if (row.message.type === 'NON' && outcome !== 'reset') return [state, none]
  state.outgoing.remove(remote, messageId)
  const effects: MessagesEffect[] = [up(outcome === undefined ? message : settled(row.message, outcome))]
  if (row.message.type === 'CON') release(p, state, remote, stamp, effects)
  return [changed(state), effects]
}

/** Something was handed down. */
const submit = (p: Parameters, state: Messages, value: MessageDown, stamp: Stamp): Made => {
  switch (value.type) {
    case 'ACK':
    case 'RST':
      answerKept(p, state, value)
      return [changed(state), [down(value)]]
    case 'CON':
    case 'NON':
      return own(p, state, value as Submission, stamp)
    case 'forget':
      return forgo(p, state, value, stamp)
    default:
      return [state, [down(value)]]
  }
}

/** A message of our own: it gets its number, and its turn. */
const own = (p: Parameters, state: Messages, message: Submission, stamp: Stamp): Made => {
  const { remote } = message
  let peer = state.peers.get('', remote)
  if (peer === undefined) {
    if (state.peers.full && !forgetPeer(state)) return [state, [up(settled(message, 'refused'))]]
    peer = newPeer(p, stamp)
  }
  const held = message.type === 'CON' && isBusy(p, peer)
  if (held ? peer.waiting.length >= p.waitingMax : state.outgoing.full) return [state, [up(settled(message, 'refused'))]]
  if (held) state.peers.put('', remote, { ...peer, waiting: [...peer.waiting, message] })
  return [changed(state), held ? none : [transmit(p, state, peer, message, stamp)]]
}

/** Numbers the message, notes it and sends it. */
const transmit = (p: Parameters, state: Messages, peer: Peer, message: Submission, stamp: Stamp): MessagesEffect => {
  const { remote } = message
  let messageId = peer.nextMessageId
  while (state.outgoing.get(remote, messageId) !== undefined) messageId = (messageId + 1) & 0xffff
  const numbered: Submission = {
    type: message.type,
    remote,
    messageId,
    code: message.code,
    token: message.token,
    options: message.options,
    payload: message.payload,
    reference: message.reference,
    purpose: message.purpose,
  }
  if (message.type === 'CON' || message.reference !== '') state.outgoing.put(remote, messageId, begin(p, numbered, stamp))
  state.peers.put('', remote, sent(p, peer, stamp.now, messageId, message.type === 'CON'))
  return down(numbered)
}

/** One place on the line is free: the next one goes. */
const release = (p: Parameters, state: Messages, remote: Remote, stamp: Stamp, effects: MessagesEffect[]): void => {
  const peer = state.peers.get('', remote)
  if (peer === undefined) return
  const free: Peer = { ...peer, outstanding: Math.max(0, peer.outstanding - 1) }
  const message = nextTurn(peer)
  if (message === undefined || state.outgoing.full) return state.peers.put('', remote, free)
  effects.push(transmit(p, state, { ...free, waiting: peer.waiting.filter((other) => other !== message), lastTurn: message.purpose }, message, stamp))
}

/** The submission is no longer wanted: whether it waits or is under way. */
const forgo = (p: Parameters, state: Messages, { remote, reference }: Forget, stamp: Stamp): Made => {
  const row = state.outgoing.aliased(remote, reference)
  if (row !== undefined) {
    const effects: MessagesEffect[] = []
    state.outgoing.remove(remote, row.key)
    if (row.row.message.type === 'CON') release(p, state, remote, stamp, effects)
    return [changed(state), effects]
  }
  const peer = state.peers.get('', remote)
  if (peer === undefined || !peer.waiting.some((message) => message.reference === reference)) return [state, none]
  state.peers.put('', remote, { ...peer, waiting: peer.waiting.filter((message) => message.reference !== reference) })
  return [changed(state), none]
}

/** A time has come: to send again, to give up, to forget. */
const due = (p: Parameters, state: Messages, stamp: Stamp): Made => {
  const { now } = stamp
  const effects: MessagesEffect[] = []
  for (let at = state.outgoing.due(now); at !== undefined; at = state.outgoing.due(now)) late(p, state, at, stamp, effects)
  forget(state, now)
  for (let peer = state.peers.due(now); peer !== undefined; peer = state.peers.due(now)) state.peers.remove(peer.scope, peer.key)
  return [changed(state), effects]
}
const late = (p: Parameters, state: Messages, at: { readonly scope: string; readonly key: Key; readonly row: Outgoing }, stamp: Stamp, effects: MessagesEffect[]) => {
  const { scope, key, row } = at
  const next = again(p, row, stamp.now)
  if (next !== undefined) {
    state.outgoing.put(scope, key, next)
    effects.push(down(next.message))
    return
  }
  state.outgoing.remove(scope, key)
  if (row.message.type === 'NON') return
  effects.push(up(settled(row.message, 'gave-up')))
  release(p, state, scope, stamp, effects)
}

/** Lets go of the peer with the nearest expiry, if one is idle. */
const forgetPeer = ({ peers }: Messages): boolean => {
  const idle = peers.first()
  if (idle !== undefined) peers.remove(idle.scope, idle.key)
  return idle !== undefined
}

/** After a throw: what the event was about is let go. */
const dropped = (state: Messages, event: MessagesEvent | Tick): Messages => {
  const about = event.type === 'tick' ? state.outgoing.first() : 'messageId' in event.value ? { scope: event.value.remote, key: event.value.messageId } : undefined
  if (about !== undefined) for (const table of [state.outgoing, state.seen, state.performed]) table.remove(about.scope, about.key)
  return state
}

/** Tables were edited in place: a new reference says so. */
const changed = (state: Messages): Messages => ({ outgoing: state.outgoing, peers: state.peers, seen: state.seen, performed: state.performed })

const settled = ({ remote, reference }: Submission, outcome: Outcome): MessageUp => ({ type: 'settled', remote, reference, outcome })

/** No room to remember that it was performed, so it is not (RFC 7252 §4.5). */
const overloaded = ({ remote, messageId, token }: Message): Message => ({
  type: 'ACK',
  remote,
  messageId,
  code: responses.ServiceUnavailable,
  token,
  options: noOptions,
  payload: noBytes,
})

export type { Instant }
