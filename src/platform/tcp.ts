/** TCP as a duplex of pieces: a listening socket for peers that come by themselves, a connection for each opened link (RFC 9293, RFC 8323 §3). */
import { connect, createServer, type Socket } from 'node:net'
import { catchError, concatMap, defer, Observable, throwError, type Subscription } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import { Lwm2mError } from '../core/error.ts'
import type { ClosedReason, DatagramDown, DatagramUp, Open, Remote, Resolve, SocketOptions } from '../core/ports.ts'
import { endpoint, familyOf, nameOf, placeOf, unmapped } from '../datagram/remote.ts'
import { connection, type Connection } from './connection.ts'
import { dns } from './dns.ts'
import { outbox } from './outbox.ts'
import { codeOf, unbindable } from './trouble.ts'

/**
 * Each `datagram` is a piece of the stream to or from its remote, cut anywhere. Peers that come by themselves are `coap+tcp://address:port` and
 * say `opened`, too; what is sent to a remote that is not open opens it under its own name. The end of a connection is `closed`: `refused`,
 * `unreachable` or `name-not-found` when there never was one, else `lost`; only a listening socket that cannot be bound errors, with `invalid`.
 */
export const tcp =
  (options: SocketOptions = {}, resolve: Resolve = dns): Duplex<DatagramDown, DatagramUp> =>
  (down$) =>
    new Observable((observer) => {
      const emit = (up: DatagramUp) => observer.next(up)
      const links = new Map<Remote, Connection>()
      const ending = (remote: Remote, link: () => Connection) => (reason: ClosedReason, detail: string) => {
        if (links.get(remote) !== link()) return
        links.delete(remote)
        emit({ type: 'closed', remote, reason, detail })
      }
      // An open of what is open makes it anew, in silence: who asked wants the new one.
      const open = (word: Open) => {
        links.get(word.remote)?.close()
        const made: Dialled = dialled(
          word,
          options,
          resolve,
          emit,
          ending(word.remote, () => made),
        )
        links.set(word.remote, made)
        made.start()
      }
      const accept = (socket: Socket) => {
        const { remoteAddress, remotePort, localAddress = '', localPort = 0 } = socket
        if (remoteAddress === undefined || remotePort === undefined) return void socket.destroy()
        const remote = nameOf('coap+tcp', remoteAddress, remotePort)
        links.get(remote)?.close()
        const made: Connection = connection(
          socket,
          remote,
          emit,
          ending(remote, () => made),
        )
        links.set(remote, made)
        emit({ type: 'opened', remote, address: endpoint(remoteAddress, remotePort), local: endpoint(localAddress, localPort) })
      }
      const send = (remote: Remote, bytes: Uint8Array) => {
        if (!links.has(remote)) {
          if (placeOf(remote) === undefined) return emit({ type: 'undeliverable', remote, reason: 'not-open' })
          open({ type: 'open', remote, uri: remote })
        }
        return links.get(remote)?.send(bytes)
      }
      const close = (remote: Remote) => {
        links.get(remote)?.close()
        links.delete(remote)
        emit({ type: 'closed', remote, reason: 'asked' })
      }
      if (options.listen !== undefined) observer.add(listen(options, accept, emit, (error) => observer.error(error)))
      observer.add(() => {
        for (const link of links.values()) link.close()
        links.clear()
      })
      observer.add(
        down$.subscribe({
          next: (down) => {
            if (down.type === 'datagram') send(down.remote, down.bytes)
            else if (down.type === 'open') open(down)
            else close(down.remote)
          },
          error: (error: unknown) => observer.error(error),
        }),
      )
    })

// ── peers that come by themselves ────────────────────────────────────────────────────────────────────────────────────────────

/** One connection too many is ended at once; gives back how to stop. Where neither an address nor a family is asked for, both families come. */
const listen = (
  { listen: at = { port: 0 }, family, connectionsMax = 10_000 }: SocketOptions,
  accept: (socket: Socket) => void,
  emit: (up: DatagramUp) => void,
  fail: (error: unknown) => void,
): (() => void) => {
  const server = createServer(accept)
  server.maxConnections = connectionsMax
  server.on('error', (error) => {
    if (!server.listening) fail(unbindable(endpoint(at.address ?? '*', at.port), error))
  })
  server.on('listening', () => {
    const bound = server.address()
    if (bound !== null && typeof bound === 'object')
      emit({ type: 'listening', scheme: 'coap+tcp', address: unmapped(bound.address), port: bound.port })
  })
  const host = at.address ?? (family === undefined ? undefined : family === 6 ? '::' : '0.0.0.0')
  server.listen({ port: at.port, ipv6Only: family === 6, ...(host === undefined ? {} : { host }) })
  return () => void server.close()
}

// ── links that we open ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Dialled extends Connection {
  readonly start: () => void
}

/** The host is resolved when the link starts, and its addresses tried in order; `ended` hears why there is none. */
const dialled = (
  { remote, uri }: Open,
  options: SocketOptions,
  resolve: Resolve,
  emit: (up: DatagramUp) => void,
  ended: (reason: ClosedReason, detail: string) => void,
): Dialled => {
  const out = outbox(remote, emit)
  let subscription: Subscription | undefined
  let working: Connection | undefined
  const begin = () => {
    const place = placeOf(uri)
    if (place === undefined) return throwError(() => new Lwm2mError('invalid', `no host and port in ${uri}`))
    return resolve(place.host, options.family).pipe(
      concatMap((addresses) =>
        firstThatWorks(addresses.map(({ address, family }) => connected(address, place.port, localOf(options, family)))),
      ),
    )
  }
  return {
    start: () => {
      subscription = defer(begin).subscribe({
        next: (socket) => {
          working = connection(socket, remote, emit, ended)
          const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
          emit({ type: 'opened', remote, address: endpoint(remoteAddress, remotePort), local: endpoint(localAddress, localPort) })
          out.open(working.send)
        },
        error: (error: unknown) => {
          out.refuse('not-open')
          ended(whyNot(error), error instanceof Error ? error.message : String(error))
        },
      })
    },
    send: out.send,
    close: () => {
      subscription?.unsubscribe()
      working?.close()
    },
  }
}
const localOf = ({ address }: SocketOptions, family: 4 | 6): string | undefined =>
  address !== undefined && familyOf(address) === family ? address : undefined

/** Emits the socket once it is connected; unsubscribing before gives it up. */
const connected = (host: string, port: number, localAddress: string | undefined): Observable<Socket> =>
  new Observable((observer) => {
    let mine = true
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) })
    const late = setTimeout(() => observer.error(new Error(`${endpoint(host, port)} does not answer`)), connectMs)
    socket.once('connect', () => {
      mine = false
      clearTimeout(late)
      observer.next(socket)
      observer.complete()
    })
    socket.on('error', (error) => observer.error(error))
    observer.add(() => {
      clearTimeout(late)
      if (mine) socket.destroy()
    })
  })
/** How long one address may take to answer. */
const connectMs = 20_000

const firstThatWorks = ([first, ...others]: readonly Observable<Socket>[]): Observable<Socket> => {
  if (first === undefined) return throwError(() => new Lwm2mError('unreachable', 'the name has no address'))
  return others.length === 0 ? first : first.pipe(catchError(() => firstThatWorks(others)))
}

const whyNot = (error: unknown): ClosedReason =>
  error instanceof Lwm2mError ? 'name-not-found' : (reasons.get(codeOf(error)) ?? 'unreachable')
const reasons: ReadonlyMap<string, ClosedReason> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'lost'],
  ['EMFILE', 'socket'],
  ['ENFILE', 'socket'],
  ['EADDRNOTAVAIL', 'socket'],
])
