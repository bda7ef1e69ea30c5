/** Where datagrams wait until there is a socket. */
import type { DatagramUp, Remote, Undeliverable } from '../core/ports.ts'
import type { Sender } from './socket.ts'

/** A sender that may not be there yet. */
export interface Outbox {
  readonly send: Sender
  /** What waited leaves, and what follows leaves at once. */
  readonly open: (sender: Sender) => void
  /** What waited is undeliverable, and so is what follows. */
  readonly refuse: (reason: Undeliverable['reason']) => void
}

/** At most 256 datagrams wait; more are `undeliverable`. */
export const outbox = (remote: Remote, emit: (up: DatagramUp) => void): Outbox => {
  const waiting: Uint8Array[] = []
  const undeliverable = (reason: Undeliverable['reason']) => emit({ type: 'undeliverable', remote, reason })
  let deliver: Sender = (bytes) => {
    if (waiting.length < limit) waiting.push(bytes)
    else undeliverable('not-open')
  }
  const become = (sender: Sender) => {
    deliver = sender
    waiting.splice(0).forEach(sender)
  }
  return { send: (bytes) => deliver(bytes), open: become, refuse: (reason) => become(() => undeliverable(reason)) }
}
const limit = 256
