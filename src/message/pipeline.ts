/** Datagrams become messages on their way up, messages datagrams on their way down (RFC 7252 §3). */
import { map } from 'rxjs'
import { translate, type Layer } from '../core/duplex.ts'
import type { DatagramDown, DatagramUp, LinkDown, LinkUp } from '../core/ports.ts'
import { decode } from './decode.ts'
import { encode } from './encode.ts'
import type { Malformed, Message } from './message.ts'

/** Stateless: what cannot be understood goes up as a value with its reason. */
export const codec = (): Layer<DatagramDown, DatagramUp, Message | LinkDown, Message | Malformed | LinkUp> =>
  translate(
    map((message: Message | LinkDown): DatagramDown => (message.type === 'open' || message.type === 'close' ? message : encode(message))),
    map((datagram: DatagramUp): Message | Malformed | LinkUp => (datagram.type === 'datagram' ? decode(datagram) : datagram)),
  )
