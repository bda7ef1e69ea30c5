/** One UDP socket, on dgram-as-promised: received through its callback (its `recv` loses datagrams), sent without a promise. */
import { DgramAsPromised } from 'dgram-as-promised'
import type { Socket } from 'node:dgram'
import { lookup } from 'node:dns'
import { Observable } from 'rxjs'
import { endpoint } from '../datagram/remote.ts'

/** How a socket is made. Addresses are numeric, but for the local one. */
export interface SocketRequest {
  readonly family: 4 | 6
  readonly local?: { readonly address?: string | undefined; readonly port: number }
  /** Connected to one peer: datagrams of others are not seen, and what ICMP says about this one is. */
  readonly peer?: { readonly address: string; readonly port: number }
  readonly recvBufferSize?: number | undefined
  readonly sendBufferSize?: number | undefined
  readonly received: (bytes: Uint8Array, address: string, port: number) => void
  /** Something went wrong with a socket that works; it goes on. */
  readonly troubled: (error: Error) => void
}

/** A socket that works. */
export interface WorkingSocket {
  readonly family: 4 | 6
  /** Where it is bound. */
  readonly address: string
  readonly port: number
  /** `address:port` of the connected peer, or ''. */
  readonly peer: string
  /** Makes a sender to the connected peer, or to a numeric address; `failed` hears of each datagram that could not leave. */
  readonly sender: (failed: (error: Error) => void, port?: number, address?: string) => Sender
}
export type Sender = (bytes: Uint8Array) => void

/** Emits the socket once it is bound and connected, errors when it cannot be; unsubscribing closes it when what is being sent has left. */
export const socket = (request: SocketRequest): Observable<WorkingSocket> =>
  new Observable((observer) => {
    const { family, local, peer, received, troubled } = request
    let pending = 0
    let phase: 'starting' | 'working' | 'closing' | 'closed' = 'starting'
    const promised = DgramAsPromised.createSocket(
      { type: `udp${family}`, lookup: numeric(family, () => phase === 'starting' && peer === undefined), ...sizes(request) },
      (bytes, { address, port }) => {
        if (phase === 'working') received(bytes, address, port)
      },
    )
    const inner = promised.socket
    const shut = () => {
      if (phase === 'closed') return
      phase = 'closed'
      promised.close().catch(troubled)
    }
    const sender = (failed: (error: Error) => void, port?: number, address?: string): Sender => {
      const done = (error: Error | null) => {
        pending--
        if (error !== null) failed(error)
        if (phase === 'closing' && pending === 0) shut()
      }
      const send =
        port === undefined ? (bytes: Uint8Array) => inner.send(bytes, done) : (bytes: Uint8Array) => inner.send(bytes, port, address, done)
      return (bytes) => {
        if (phase !== 'working') return
        pending++
        send(bytes)
      }
    }
    const work = () => {
      if (phase !== 'starting') return
      phase = 'working'
      const { address, port } = inner.address()
      observer.next({ family, address, port, peer: peer === undefined ? '' : endpoint(peer.address, peer.port), sender })
    }
    inner.on('error', (error) => {
      if (phase === 'working') troubled(error)
    })
    observer.add(() => {
      phase = 'closing'
      if (pending === 0) shut()
    })
    promised
      .bind(local?.port ?? 0, local?.address)
      .then(() => (peer === undefined || phase !== 'starting' ? undefined : connected(inner, peer)))
      .then(work)
      .catch((error: unknown) => observer.error(error))
  })

/** Addresses are numeric: node's own lookup costs 0.5-1 us a datagram even then. Only the local address may be a name. */
const numeric =
  (family: 4 | 6, named: () => boolean) =>
  (host: string, options: object, done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void): void => {
    if (named()) lookup(host, { ...options, family, all: false }, done)
    else done(null, host, family)
  }

const sizes = ({
  recvBufferSize,
  sendBufferSize,
}: SocketRequest): { readonly recvBufferSize?: number; readonly sendBufferSize?: number } => ({
  ...(recvBufferSize === undefined ? {} : { recvBufferSize }),
  ...(sendBufferSize === undefined ? {} : { sendBufferSize }),
})

const connected = (inner: Socket, { address, port }: { readonly address: string; readonly port: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    inner.connect(port, address, ((error?: Error) => (error === undefined ? resolve() : reject(error))) as () => void)
  })
