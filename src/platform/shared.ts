/** The sockets of peers that came by themselves, and of those that were never opened. */
import { catchError, type Observable, type Subscription } from 'rxjs'
import type { Datagram, DatagramUp, SocketOptions } from '../core/ports.ts'
import { endpoint, familyOf, nameOf, placeOf, unmapped, type Place } from '../datagram/remote.ts'
import { names } from './names.ts'
import { outbox, type Outbox } from './outbox.ts'
import { socket, type Sender, type SocketRequest, type WorkingSocket } from './socket.ts'
import { codeOf, reasonOf, unbindable } from './trouble.ts'

/** What datagrams to any numeric remote leave by. */
export interface Shared {
  readonly send: (datagram: Datagram) => void
  readonly close: () => void
}

/** Binds the listening socket at once; an unbound one is made for each family that it does not serve, when first needed. */
export const shared = (options: SocketOptions, emit: (up: DatagramUp) => void, fail: (error: unknown) => void): Shared => {
  const sockets: { 4?: Common; 6?: Common } = {}
  const remotes = names((address, port) => nameOf('coap', address, port))
  const received = (bytes: Uint8Array, address: string, port: number) => emit({ type: 'datagram', remote: remotes(address, port), bytes })
  const { recvBufferSize, sendBufferSize } = options
  const request = (family: 4 | 6): SocketRequest => ({ family, recvBufferSize, sendBufferSize, received, troubled: () => {} })

  if (options.listen !== undefined) {
    const { address, port } = options.listen
    const bind = (family: 4 | 6) =>
      socket({ ...request(family), local: { address, port }, recvBufferSize: recvBufferSize ?? 4 << 20 })
    const either = options.family === undefined && address === undefined
    const family = options.family ?? familyOf(address ?? '::') ?? 4
    // With nothing asked for, one socket serves both families, where the machine has IPv6.
    const bound$ = either ? bind(6).pipe(catchError((error: unknown) => rethrowUnless(noIpv6, error, bind(4)))) : bind(family)
    const listening = common(bound$, (working) => {
      emit({ type: 'listening', scheme: 'coap', address: working.address, port: working.port })
    }, (error) => fail(unbindable(endpoint(address ?? '*', port), error)))
    sockets[family] = listening
    if (either) sockets[4] = listening
  }

  const senders = new Map<string, Sender>()
  const senderOf = (remote: string): Sender => {
    const known = senders.get(remote)
    if (known !== undefined) return known
  }
}
