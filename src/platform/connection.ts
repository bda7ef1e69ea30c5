/** One TCP connection at work: pieces in order, a bounded way out, one end (RFC 9293 §3.6, §3.9). */
import type { Socket } from 'node:net'
import type { ClosedReason, DatagramUp, Remote } from '../core/ports.ts'
import type { Sender } from './socket.ts'
import { codeOf } from './trouble.ts'

/** What pieces for one remote leave by. */
export interface Connection {
  readonly send: Sender
  /** Says nothing: who closes knows. What was sent before still leaves. */
  readonly close: () => void
}

/** Octets that wait to be sent beyond which nothing more is read: who does not take answers gets to ask no more. */
const pausedAbove = 1 << 18
/** Octets that wait to be sent beyond which the connection is given up. */
const outboxMax = 1 << 22
/** How long a peer may leave all of that unread, or a closed connection open. */
const patienceMs = 30_000
const lingerMs = 2_000

/** Takes a connected socket over. `ended` hears once why it ended, unless we closed it. */
export const connection = (
  socket: Socket,
  remote: Remote,
  emit: (up: DatagramUp) => void,
  ended: (reason: ClosedReason, detail: string) => void,
): Connection => {
  let over = false
  let corked = false
  let late: NodeJS.Timeout | undefined
  const end = (detail: string, gently = false) => {
    if (over) return
    over = true
    clearTimeout(late)
    if (gently) linger(socket)
    else socket.destroy()
    ended('lost', detail)
  }
  const pause = () => {
    socket.pause()
    late ??= setTimeout(() => end('the peer does not read'), patienceMs)
  }
  socket.setNoDelay(true)
  socket.on('data', (bytes: Uint8Array) => {
    if (!over) emit({ type: 'datagram', remote, bytes })
  })
  socket.on('drain', () => {
    clearTimeout(late)
    late = undefined
    socket.resume()
  })
  socket.on('end', () => end('the peer closed', true))
  socket.on('error', (error) => end(codeOf(error)))
  socket.on('close', () => end('closed'))
  // What one turn of the machines sends leaves as one.
  const uncork = () => {
    corked = false
    socket.uncork()
  }
  return {
    send: (bytes) => {
      if (over) return emit({ type: 'undeliverable', remote, reason: 'not-open' })
      if (!corked) {
        corked = true
        socket.cork()
        process.nextTick(uncork)
      }
      socket.write(bytes)
      if (socket.writableLength > outboxMax) end('the peer does not read')
      else if (socket.writableLength > pausedAbove) pause()
    },
    close: () => {
      if (over) return
      over = true
      clearTimeout(late)
      linger(socket)
    },
  }
}

/** What waits leaves, and what still comes is thrown away: an end in the midst of unread octets would take back what the peer has not read yet. */
const linger = (socket: Socket): void => {
  socket.end()
  socket.resume()
  const late = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(late))
}
