/** Where servers of ours listen, and with whose keys (LwM2M Transport 1.2.2 §5, §6.8). */
import type { SocketOptions } from '../core/ports.ts'
import type { DtlsOptions } from '../datagram/dtls/options.ts'
import type { CredentialStore } from './credentials/credential.ts'
import { peerKeys } from './credentials/pipeline.ts'

/** An address and a port; port 0 takes any. */
export interface ListenOptions {
  readonly address?: string
  readonly port: number
}
/** `coap+tcp://`. */
export interface TcpServerOptions extends ListenOptions {
  readonly connectionsMax?: number
}
/** Clients with pre-shared keys, over DTLS (LwM2M Transport §5). */
export interface SecureServerOptions extends Omit<DtlsOptions, 'credentials'> {
  readonly credentials: CredentialStore
  /** Default: the scheme's port at the address of `coap://`; port 0 takes any. */
  readonly listen?: ListenOptions
  /** Whether sessions are kept in the server's store, so that secured links go on after a restart. Whoever can read the store can then read them. Default: they are not, and clients make new ones. */
  readonly keepSessions?: boolean
  /** Whether clients may come without a secured link too. Default: they are answered 4.03. */
  readonly unsecured?: boolean
}

/** The socket of `coap+tcp://`. */
export const tcpSocket = ({ connectionsMax, ...listen }: TcpServerOptions): SocketOptions =>
  connectionsMax === undefined ? { listen } : { listen, connectionsMax }
/** DTLS with its socket. */
export const secureSocket = (
  secure: SecureServerOptions,
  address: string | undefined,
  port: number,
): DtlsOptions & { readonly socket: SocketOptions } => ({
  ...secure,
  credentials: peerKeys(secure.credentials),
  socket: { listen: secure.listen ?? { ...(address === undefined ? {} : { address }), port } },
})
