/** Octets between endpoints, and the words about links that travel with them. */
import type { Close, Closed, ClosedReason, Datagram, DatagramDown, DatagramUp, LinkDown, LinkUp, Open, Remote } from '../core/ports.ts'

export type { Close, Closed, ClosedReason, Datagram, DatagramDown, DatagramUp, LinkDown, LinkUp, Open, Remote }

/** A datagram for, or from, the remote. */
export const datagram = (remote: Remote, bytes: Uint8Array): Datagram => ({ type: 'datagram', remote, bytes })

/** Asks for a link under that name. */
export const open = (remote: Remote, uri: string = remote, account?: number): Open => ({
  type: 'open',
  remote,
  uri,
  ...(account === undefined ? {} : { account }),
})

/** Asks for its end. */
export const close = (remote: Remote, keepSession = false): Close => ({ type: 'close', remote, keepSession })

/** Says that a link ended, and why. */
export const closed = (remote: Remote, reason: ClosedReason, detail?: string): Closed => ({
  type: 'closed',
  remote,
  reason,
  ...(detail === undefined ? {} : { detail }),
})

/** Octets, not a word about a link. */
export const isDatagram = (word: { readonly type: string }): word is Datagram => word.type === 'datagram'
