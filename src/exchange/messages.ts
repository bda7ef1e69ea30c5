/** The message layer: each message once, each confirmable one until it is acknowledged (RFC 7252 §4). */
import { none, type Machine, type Stamp, type Step, type Tick } from '../core/machine.ts'
import type { LinkUp, Remote, Undeliverable } from '../core/ports.ts'
import { down, up, type Up } from '../core/stack.ts'
import { empty, isRequest, responses } from '../message/code.ts'
import {
  noBytes,
  noOptions,
  rejection,
  unnumbered,
  type Malformed,
  type Message,
  type MessageDown,
  type Submission,
} from '../message/message.ts'
import { octetsOf, peersTable, probesTable } from './congestion.ts'
import { answerKept, forgetAt, forgetExpired, forgetMessage, forgetRemote, memory, recall, refusalKept, remember } from './deduplication.ts'
import { waitingTable } from './line.ts'
import type { Parameters } from './parameters.ts'
import { outgoingTable, unconfirmedTable, type Outgoing } from './retransmission.ts'
import { dismissAll, forgo, late, latePeer, release, send } from './sending.ts'
import { changed, settle, type Made, type Messages, type MessagesEffect, type MessagesEvent } from './traffic.ts'

export type { Messages, MessagesEffect, MessagesEvent } from './traffic.ts'

export const messages = (p: Parameters): Machine<Messages, MessagesEvent, MessagesEffect> => ({
  name: 'messages',
  initial: {
    outgoing: outgoingTable(p),
    unconfirmed: unconfirmedTable(p),
    waiting: waitingTable(p),
    peers: peersTable(p),
    probes: probesTable(p),
    ...memory(p),
  },
  deadline: (state) =>
    Math.min(state.outgoing.deadline(), state.unconfirmed.deadline(), state.peers.deadline(), state.probes.deadline(), forgetAt(state)),
  step: (state, event, stamp) => {
    switch (event.type) {
      case 'up':
        return receive(p, state, event, stamp)
      case 'down':
        return submit(p, state, event.value, stamp)
      case 'tick':
        return due(p, state, stamp)
    }
  },
  fault: (state, event, stamp) => faulted(state, event, stamp),
})

/** Something came from below. */
const receive = (p: Parameters, state: Messages, event: Up<Message | Malformed | LinkUp>, stamp: Stamp): Made => {
  const { value } = event
  switch (value.type) {
    case 'CON':
    case 'NON':
      return arrive(p, state, event as Up<Message>, stamp)
    case 'ACK':
      return acknowledged(p, state, event as Up<Message>, stamp)
    case 'RST':
      return reset(p, state, value, stamp)
    case 'malformed':
      return [state, value.confirmable ? [down(rejection(value))] : none]
    case 'closed':
      return closed(state, value.remote, up(value))
    case 'undeliverable':
      return undeliverable(p, state, value, stamp)
    default:
      return [state, [up(value)]]
  }
}

/** A message of the peer's own: new, or seen before. An empty one is a ping, and a ping is answered with RST (RFC 7252 §4.3). */
const arrive = (p: Parameters, state: Messages, event: Up<Message>, stamp: Stamp): Made => {
  const message = event.value
  const { remote } = message
  if (message.code === empty) return answered(p, state, remote, message.type === 'CON' ? [down(rejection(message))] : none, stamp)
  const known = recall(state, message)
  if (known !== undefined) return answered(p, state, remote, known.reply === undefined ? none : [down(known.reply)], stamp)
  if (!remember(p, state, message, stamp.now)) return overloaded(p, state, message, stamp)
  return answered(p, changed(state), remote, [event], stamp)
}

/** An acknowledgement, empty or with the response in it. One that is neither, or another exchange's, is ignored (RFC 7252 §4.2, §5.3.2). */
const acknowledged = (p: Parameters, state: Messages, event: Up<Message>, stamp: Stamp): Made => {
  const { remote, messageId, code, token } = event.value
  const row = state.outgoing.get(remote, messageId)
  if (row === undefined || isRequest(code)) return answered(p, state, remote, none, stamp)
  if (code !== empty && row.message.token !== token) return answered(p, state, remote, none, stamp)
  state.outgoing.remove(remote, messageId)
  const effects: MessagesEffect[] = []
  if (code !== empty && isRequest(row.message.code)) effects.push(event)
  else settle(row.message, 'acknowledged', effects)
  release(p, state, remote, stamp, effects)
  if (row.newer !== undefined) send(p, state, row.newer, stamp, effects)
  return answered(p, changed(state), remote, effects, stamp)
}

/** A rejection, of a CON or of a NON (RFC 7252 §4.2, §4.3). It is empty, or ignored. */
const reset = (p: Parameters, state: Messages, { remote, messageId, code }: Message, stamp: Stamp): Made => {
  const table = state.outgoing.get(remote, messageId) === undefined ? state.unconfirmed : state.outgoing
  const row = table.get(remote, messageId)
  if (row === undefined || code !== empty) return answered(p, state, remote, none, stamp)
  table.remove(remote, messageId)
  const effects: MessagesEffect[] = []
  settle(row.message, 'reset', effects)
  release(p, state, remote, stamp, effects)
  return answered(p, changed(state), remote, effects, stamp)
}

/** The peer is there: what waited for a sign of it goes. */
const answered = (p: Parameters, state: Messages, remote: Remote, effects: readonly MessagesEffect[], stamp: Stamp): Made => {
  if (state.probes.size === 0 || state.probes.get('', remote) === undefined) return [state, effects]
  const more = [...effects]
  state.probes.remove('', remote)
  release(p, state, remote, stamp, more)
  return [changed(state), more]
}

/** No room to remember that the request was performed: so it is not, and the peer is told (RFC 7252 §4.5, §5.9.3.4). */
const overloaded = (p: Parameters, state: Messages, message: Message, stamp: Stamp): Made => {
  const { remote, token } = message
  const refusal = { remote, code: responses.ServiceUnavailable, token, options: noOptions, payload: noBytes } as const
  const effects: MessagesEffect[] = []
  if (message.type === 'CON') {
    const reply: Message = { type: 'ACK', messageId: message.messageId, ...refusal }
    refusalKept(p, state, message, reply, stamp.now)
    effects.push(down(reply))
  } else send(p, state, { type: 'NON', messageId: unnumbered, ...refusal, reference: '', purpose: 'response' }, stamp, effects)
  return answered(p, changed(state), remote, effects, stamp)
}

/** The link is gone: what was under way on it ends. */
const closed = (state: Messages, remote: Remote, word: MessagesEffect): Made => {
  const effects: MessagesEffect[] = [word] // first, so that who asked hears why
  dismissAll(state, remote, 'aborted', effects)
  return [changed(state), effects]
}

/** What cannot leave ends. An unreachable peer is tried on: it may be starting (RFC 7252 §4.2). */
const undeliverable = (p: Parameters, state: Messages, value: Undeliverable, stamp: Stamp): Made => {
  const { remote, reason } = value
  const effects: MessagesEffect[] = []
  if (reason === 'not-open') dismissAll(state, remote, 'undeliverable', effects)
  const messageId = reason === 'unreachable' || reason === 'not-open' ? undefined : (value.about ?? largest(state, remote))
  const row = messageId === undefined ? undefined : state.outgoing.get(remote, messageId)
  if (row !== undefined) {
    state.outgoing.remove(remote, row.message.messageId)
    settle(row.message, 'undeliverable', effects)
    release(p, state, remote, stamp, effects)
  }
  effects.push(up(value))
  return [changed(state), effects]
}
/** Which one is too large, where nobody says: the message ID of the largest under way. */
const largest = (state: Messages, remote: Remote): number | undefined => {
  let found: Outgoing | undefined
  for (const { row } of state.outgoing.in(remote)) if (found === undefined || octetsOf(row.message) > octetsOf(found.message)) found = row
  return found?.message.messageId
}

/** Something was handed down. */
const submit = (p: Parameters, state: Messages, value: MessageDown, stamp: Stamp): Made => {
  const effects: MessagesEffect[] = []
  switch (value.type) {
    case 'ACK':
    case 'RST':
      answerKept(p, state, value)
      return [changed(state), [down(value)]]
    case 'CON':
    case 'NON':
      send(p, state, value as Submission, stamp, effects)
      return [changed(state), effects]
    case 'forget':
      return [forgo(p, state, value, stamp, effects) ? changed(state) : state, effects]
    case 'open':
      return opening(state, value.remote, down(value))
    case 'close':
      return closed(state, value.remote, down(value))
  }
}

/** A link of its own is another endpoint: its message IDs and its duplicates are not the old one's (RFC 7252 §4.4, §4.5). */
const opening = (state: Messages, remote: Remote, word: MessagesEffect): Made => {
  forgetRemote(state, remote)
  if (state.waiting.count(remote) + state.outgoing.count(remote) === 0) state.peers.remove('', remote)
  return [changed(state), [word]]
}

/** A time has come: to send again, to give up, to forget. */
const due = (p: Parameters, state: Messages, stamp: Stamp): Made => {
  const { now } = stamp
  if (state.outgoing.deadline() > now && restAt(state) > now) return [state, none]
  const effects: MessagesEffect[] = []
  while (state.outgoing.deadline() <= now) late(p, state, stamp, effects)
  if (restAt(state) <= now) rest(p, state, stamp, effects)
  return [changed(state), effects]
}
const restAt = (state: Messages) => Math.min(state.unconfirmed.deadline(), state.peers.deadline(), state.probes.deadline(), forgetAt(state))
const rest = (p: Parameters, state: Messages, stamp: Stamp, effects: MessagesEffect[]) => {
  const { now } = stamp
  for (let at = state.unconfirmed.due(now); at !== undefined; at = state.unconfirmed.due(now)) state.unconfirmed.remove(at.scope, at.key)
  for (let at = state.probes.due(now); at !== undefined; at = state.probes.due(now)) {
    state.probes.remove('', at.key)
    release(p, state, at.key as Remote, stamp, effects)
  }
  for (let at = state.peers.due(now); at !== undefined; at = state.peers.due(now))
    latePeer(p, state, at.key as Remote, at.row, stamp, effects)
  forgetExpired(state, now)
}

/** After a throw: the row that the event was about is let go, and its submission told; the others live on. */
const faulted = (state: Messages, event: MessagesEvent | Tick, { now }: Stamp): Step<Messages, MessagesEffect> => {
  const effects: MessagesEffect[] = []
  if (event.type === 'tick') {
    for (const table of [state.outgoing, state.unconfirmed, state.peers, state.probes, state.seen, state.performed, state.reused]) {
      const at = table.due(now)
      if (at !== undefined) table.remove(at.scope, at.key)
      if (at !== undefined && table === state.outgoing) settle((at.row as Outgoing).message, 'aborted', effects)
    }
    return [changed(state), effects]
  }
  const { value } = event
  if ('reference' in value) {
    for (const table of [state.outgoing, state.unconfirmed, state.waiting]) {
      const at = table.aliased(value.remote, value.reference)
      if (at !== undefined) table.remove(at.scope, at.key)
    }
    if (value.type !== 'forget') settle(value, 'aborted', effects)
  } else if (event.type === 'up' && (value.type === 'ACK' || value.type === 'RST')) {
    const row = state.outgoing.get(value.remote, value.messageId)
    if (row !== undefined) settle(row.message, 'aborted', effects)
    state.outgoing.remove(value.remote, value.messageId)
  } else if ('messageId' in value) forgetMessage(state, value)
  else effects.push(event as MessagesEffect)
  return [changed(state), effects]
}
