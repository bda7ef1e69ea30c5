/** The URI under which a client reaches what is served here (LwM2M Core 1.2.2 §E.6, Package URI). */
import type { Listening, Remote } from '../../core/ports.ts'
import { endpoint, placeOf } from '../../datagram/remote.ts'

/** Where clients reach this server, if that cannot be told from where it listens: behind a NAT, or bound to every address. */
export interface Advertised {
  /** `coap://HOST:PORT`. */
  readonly coap?: string
  /** `coaps://HOST:PORT`. */
  readonly coaps?: string
  /** `coap+tcp://HOST:PORT`. */
  readonly 'coap+tcp'?: string
  /** `http://HOST:PORT`. */
  readonly http?: string
}

/** The URI of a path for a client; `undefined` when our address towards it is not known. */
export const uriFor = (
  protocol: keyof Advertised,
  path: string,
  { address, port }: Listening,
  advertised: Advertised,
  client: Remote,
): string | undefined => {
  const base = advertised[protocol]
  if (base !== undefined) return base.replace(/\/$/, '') + path
  if (!anywhere.has(address)) return `${protocol}://${endpoint(address, port)}${path}`
  // Bound to every address: what a client on this machine reached is the loopback address that it has itself.
  const host = placeOf(client)?.host
  return host !== undefined && /^(127\.|::1$)/.test(host) ? `${protocol}://${endpoint(host, port)}${path}` : undefined
}
const anywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
