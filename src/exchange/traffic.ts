/** What the message layer knows: what is under way, what waits, what came lately, and who the peers are (RFC 7252 §4). */
import type { Step } from '../core/machine.ts'
import type { LinkDown, LinkUp } from '../core/ports.ts'
import { up, type LayerEffect, type LayerEvent, type Up } from '../core/stack.ts'
import type { Table } from '../core/table.ts'
import type { Malformed, Message, MessageDown, MessageUp, Outcome, Submission } from '../message/message.ts'
import type { Peer, Probe } from './congestion.ts'
import type { Memory } from './deduplication.ts'
import type { Outgoing } from './retransmission.ts'

export interface Messages extends Memory {
  readonly outgoing: Table<Outgoing>
  readonly unconfirmed: Table<Outgoing>
  readonly waiting: Table<Submission>
  readonly peers: Table<Peer>
  readonly probes: Table<Probe>
}
export type MessagesEvent = LayerEvent<Message | Malformed | LinkUp, MessageDown>
export type MessagesEffect = LayerEffect<Message | LinkDown, MessageUp>
export type Made = Step<Messages, MessagesEffect>

/** Tables were edited in place: a new reference says so. */
export const changed = (state: Messages): Messages => ({
  outgoing: state.outgoing,
  unconfirmed: state.unconfirmed,
  waiting: state.waiting,
  peers: state.peers,
  probes: state.probes,
  seen: state.seen,
  performed: state.performed,
  reused: state.reused,
  kept: state.kept,
})

/** Says what became of a submission, if anybody wants to know. */
export const settle = ({ remote, reference }: Submission, outcome: Outcome, effects: MessagesEffect[]): void => {
  if (reference !== '') effects.push(settled({ remote, reference }, outcome))
}
export const settled = ({ remote, reference }: Pick<Submission, 'remote' | 'reference'>, outcome: Outcome): Up<MessageUp> =>
  up({ type: 'settled', remote, reference, outcome })
