/** HTTP servers on loopback for tests, plain and over TLS, and the client that trusts them. */
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type AddressInfo, type Server } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { Http } from '../../src/core/ports.ts'
import { http, httpWith } from '../../src/platform/http.ts'
import { authority, type Authority, type Identity } from './certificates.ts'

export const schemes = ['http', 'https'] as const
export type Scheme = (typeof schemes)[number]

/** A server that listens, as `host:port`, and how to end it. */
export interface Listening {
  readonly at: string
  readonly close: () => void
}

let made: Promise<{ readonly signer: Authority; readonly identity: Identity }> | undefined
const ours = () => (made ??= authority().then(async (signer) => ({ signer, identity: await signer.issue() })))

/** Who has signed the certificate of the servers here, as PEM. */
export const trusted = async (): Promise<string> => (await ours()).signer.pem

/** The platform's HTTP; over TLS it trusts the servers here and nobody else. */
export const clientOf = async (scheme: Scheme): Promise<Http> => (scheme === 'http' ? http : httpWith({ tls: { ca: await trusted() } }))

/** Node's own server, over TLS with the certificate that is trusted here, or with that one. */
export const serving = async (scheme: Scheme, listener: RequestListener, identity?: Identity): Promise<Listening> => {
  const server = scheme === 'http' ? createServer(listener) : createSecureServer(identity ?? (await ours()).identity, listener)
  const at = await listening(server)
  return { at, close: () => (server.closeAllConnections(), void server.close()) }
}

/** TLS in front of a server that speaks none. */
export const secured = async (port: number): Promise<Listening> => {
  const sockets = new Set<TLSSocket>()
  const server = createTlsServer((await ours()).identity, (socket) => {
    const inner = connect(port, '127.0.0.1')
    sockets.add(socket)
    socket.pipe(inner).pipe(socket)
    socket.on('error', () => inner.destroy()).on('close', () => (sockets.delete(socket), inner.destroy()))
    inner.on('error', () => socket.destroy())
  })
  const at = await listening(server)
  return { at, close: () => (server.close(), sockets.forEach((socket) => socket.destroy())) }
}

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
