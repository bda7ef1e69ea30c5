/** The sockets of peers that came by themselves, and of those that were never opened. */
import { catchError, shareReplay, Subscription, take, tap, throwError, type Observable } from 'rxjs'
import type { Datagram, DatagramUp, Remote, SocketOptions } from '../core/ports.ts'
import { endpoint, familyOf, nameOf, placeOf, unmapped } from '../datagram/remote.ts'
import { names } from './names.ts'
import { outbox } from './outbox.ts'
import { socket, type Sender, type SocketRequest, type WorkingSocket } from './socket.ts'
import { codeOf, reasonOf, unbindable } from './trouble.ts'

/** What datagrams to any numeric remote leave by. */
export interface Shared {
  readonly send: (datagram: Datagram) => void
  readonly close: () => void
}

/** Binds the listening socket at once; an unbound one is made for each family that it does not serve, when first needed. `named` may take a datagram to a host's name. */
export const shared = (
  options: SocketOptions,
  emit: (up: DatagramUp) => void,
  fail: (error: unknown) => void,
  named: (datagram: Datagram) => boolean = () => false,
): Shared => {
  const open = new Subscription()
  const nameFrom = names((address, port) => nameOf('coap', address, port))
  const make = (family: 4 | 6, more: Partial<SocketRequest> = {}) =>
    socket({
      family,
      recvBufferSize: options.recvBufferSize,
      sendBufferSize: options.sendBufferSize,
      received: (bytes, address, port) => emit({ type: 'datagram', remote: nameFrom(address, port), bytes }),
      // An unconnected socket hears of no peer's trouble; what befalls it befalls each send, which says so.
      troubled: () => {},
      ...more,
    })
  const sockets = new Map<4 | 6, Observable<WorkingSocket>>()
  // One socket for all who subscribe: kept open by the first subscription, which `close` ends.
  const keep = (socket$: Observable<WorkingSocket>, failed: (error: unknown) => void = () => {}) => {
    const kept$ = socket$.pipe(shareReplay({ bufferSize: 1, refCount: true }))
    open.add(kept$.subscribe({ error: failed }))
    return kept$
  }
  const socketOf = (family: 4 | 6): Observable<WorkingSocket> => {
    const known = sockets.get(family)
    if (known !== undefined) return known
    const made = keep(make(family))
    sockets.set(family, made)
    return made
  }
  const senders = new Map<Remote, Sender>()
  const senderOf = (remote: Remote): Sender => {
    const place = placeOf(remote)
    const out = outbox(remote, emit)
    if (senders.size >= sendersLimit) senders.clear()
    senders.set(remote, out.send)
    if (place?.family === undefined) out.refuse('not-open')
    else {
      const failed = (error: Error) => emit({ type: 'undeliverable', remote, reason: reasonOf(error) })
      const ready$ = socketOf(place.family).pipe(take(1))
      const waiting = ready$.subscribe({
        next: (working) => {
          const sender = working.sender(failed, place.port, addressFor(working, place.host))
          out.open(sender)
          senders.set(remote, sender)
        },
        error: () => out.refuse('unreachable'),
      })
      open.add(waiting)
    }
    return out.send
  }

  if (options.listen !== undefined) listen(options, make, keep, sockets, emit, fail)
  return {
    send: (datagram) => {
      const { remote, bytes } = datagram
      const known = senders.get(remote)
      if (known !== undefined) known(bytes)
      else if (placeOf(remote)?.family !== undefined || !named(datagram)) senderOf(remote)(bytes)
    },
    close: () => open.unsubscribe(),
  }
}

/** How many ways out are remembered. */
const sendersLimit = 1 << 16

const addressFor = (working: WorkingSocket, host: string): string =>
  working.family === 6 && familyOf(host) === 4 ? `::ffff:${host}` : host

/** Where neither an address nor a family is asked for, one socket serves both families if the machine has IPv6. */
const listen = (
  { listen: at = { port: 0 }, family, recvBufferSize = 4 << 20 }: SocketOptions,
  make: (family: 4 | 6, more: Partial<SocketRequest>) => Observable<WorkingSocket>,
  keep: (socket$: Observable<WorkingSocket>, failed: (error: unknown) => void) => Observable<WorkingSocket>,
  sockets: Map<4 | 6, Observable<WorkingSocket>>,
  emit: (up: DatagramUp) => void,
  fail: (error: unknown) => void,
): void => {
  const local = { address: at.address, port: at.port }
  const asked = family ?? (at.address === undefined ? undefined : (familyOf(at.address) ?? 4))
  const bind = (of: 4 | 6) => make(of, { local, recvBufferSize })
  const bound$ =
    asked !== undefined
      ? bind(asked)
      : bind(6).pipe(catchError((error: unknown) => (noIpv6.has(codeOf(error)) ? bind(4) : throwError(() => error))))
  const said$ = bound$.pipe(tap(({ address, port }) => emit({ type: 'listening', scheme: 'coap', address: unmapped(address), port })))
  const kept$ = keep(said$, (error) => fail(unbindable(endpoint(at.address ?? '*', at.port), error)))
  sockets.set(asked ?? 6, kept$)
  if (asked === undefined || (asked === 6 && (at.address ?? '::') === '::')) sockets.set(4, kept$)
}
const noIpv6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])
