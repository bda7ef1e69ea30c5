/** Where datagrams wait until there is a socket. */
import type { DatagramUp, Remote } from '../core/ports.ts'
import type { Sender } from './socket.ts'

/** A sender that may not be there yet. */
export interface Outbox {
  readonly send: Sender
  /** What waited leaves, and what follows leaves at once. */
  readonly open: (sender: Sender) => void
  /** What waited is undeliverable, and so is what follows. */
  readonly refuse: () => void
}

/** At most 256 datagrams wait; more are `undeliverable`. */
export const outbox = (remote: Remote, emit: (up: DatagramUp) => void): Outbox => {
  const refused = () => emit({ type: 'undeliverable', remote, reason: 'not-open' })
  const waiting: Uint8Array[] = []
  let deliver: Sender = (bytes) => {
    if (waiting.length < limit) waiting.push(bytes)
    else refused()
  }
  return {
    send: (bytes) => deliver(bytes),
    open: (sender) => {
      deliver = sender
      for (const bytes of waiting.splice(0)) sender(bytes)
    },
    refuse: () => {
      deliver = refused
      for (const _ of waiting.splice(0)) refused()
    },
  }
}
const limit = 256
