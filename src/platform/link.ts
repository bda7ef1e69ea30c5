/** One opened link: a connected socket of its own. */
import { catchError, concatMap, defer, throwError, type Observable, type Subscription } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { ClosedReason, DatagramUp, Open, Resolve, SocketOptions } from '../core/ports.ts'
import { endpoint, familyOf, placeOf } from '../datagram/remote.ts'
import { outbox } from './outbox.ts'
import { socket, type Sender, type SocketRequest, type WorkingSocket } from './socket.ts'
import { reasonOf } from './trouble.ts'

/** What datagrams of one opened remote leave by. */
export interface Link {
  readonly start: () => void
  readonly send: Sender
  /** Says nothing: who closes knows. */
  readonly close: () => void
}

/** The host is resolved when the link starts, and its addresses tried in order; `ended` hears why there is none. */
export const link = (
  { remote, uri }: Open,
  options: SocketOptions,
  resolve: Resolve,
  emit: (up: DatagramUp) => void,
  ended: (reason: ClosedReason, detail: string) => void,
): Link => {
  const out = outbox(remote, emit)
  let subscription: Subscription | undefined
  const troubled = (error: Error) => emit({ type: 'undeliverable', remote, reason: reasonOf(error) })
  const request = (address: string, family: 4 | 6, port: number): SocketRequest => ({
    family,
    peer: { address, port },
    ...(options.address !== undefined && familyOf(options.address) === family ? { local: { address: options.address, port: 0 } } : {}),
    recvBufferSize: options.recvBufferSize,
    sendBufferSize: options.sendBufferSize,
    received: (bytes) => emit({ type: 'datagram', remote, bytes }),
    troubled,
  })
  const begin = () => {
    const place = placeOf(uri)
    if (place === undefined) return throwError(() => new Lwm2mError('invalid', `no host and port in ${uri}`))
    return resolve(place.host, options.family).pipe(
      concatMap((addresses) => firstThatWorks(addresses.map(({ address, family }) => socket(request(address, family, place.port))))),
    )
  }
  return {
    start: () => {
      subscription = defer(begin).subscribe({
        next: (working) => {
          emit({ type: 'opened', remote, address: working.peer, local: endpoint(working.address, working.port) })
          out.open(working.sender(troubled))
        },
        error: (error: unknown) => {
          out.refuse('not-open')
          ended(error instanceof Lwm2mError ? 'name-not-found' : 'unreachable', error instanceof Error ? error.message : String(error))
        },
      })
    },
    send: out.send,
    close: () => subscription?.unsubscribe(),
  }
}

const firstThatWorks = ([first, ...others]: readonly Observable<WorkingSocket>[]): Observable<WorkingSocket> => {
  if (first === undefined) return throwError(() => new Lwm2mError('unreachable', 'the name has no address'))
  return others.length === 0 ? first : first.pipe(catchError(() => firstThatWorks(others)))
}
