/** Datagrams become messages on their way up, messages datagrams on their way down (RFC 7252 §3). */
import { filter, map, Observable } from 'rxjs'
import type { Layer } from '../core/duplex.ts'
import type { DatagramDown, DatagramUp, LinkDown, LinkUp, Undeliverable } from '../core/ports.ts'
import { decode } from './decode.ts'
import { encode } from './encode.ts'
import type { Malformed, Message } from './message.ts'

/** Stateless: what cannot be understood goes up as a value with its reason, and so does what cannot be written, as `undeliverable`. */
export const codec = (): Layer<DatagramDown, DatagramUp, Message | LinkDown, Message | Malformed | LinkUp> => (below) => (message$) =>
  new Observable((observer) => {
    const datagram$ = message$.pipe(
      map((message) => written(message, (word) => observer.next(word))),
      filter((datagram) => datagram !== undefined),
    )
    return below(datagram$).pipe(map(read)).subscribe(observer)
  })

const read = (datagram: DatagramUp): Message | Malformed | LinkUp => (datagram.type === 'datagram' ? decode(datagram) : datagram)

/** A handler of the application's may have answered with what is no message: that must not end the socket. */
const written = (message: Message | LinkDown, refuse: (word: Undeliverable) => void): DatagramDown | undefined => {
  if (message.type === 'open' || message.type === 'close') return message
  try {
    return encode(message)
  } catch {
    const { remote, messageId } = message
    refuse({ type: 'undeliverable', remote, reason: 'invalid', about: messageId })
    return undefined
  }
}
