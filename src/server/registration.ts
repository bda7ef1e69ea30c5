/** What a server knows of one registered client (LwM2M Core 1.2.2 §6.2.1). */
import type { Instant } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import type { Code } from '../message/code.ts'
import type { Inventory, Version } from '../operation/operation.ts'

/** One registration. It is replaced, never changed. */
export interface Registration {
  readonly endpointClientName: string
  /** The last segment of the Location-Path, after `rd`. */
  readonly location: string
  readonly remote: Remote
  /** Who the client proved to be, where its link is secured: the registration is this identity's, wherever it comes from. */
  readonly identity?: Uint8Array
  readonly version: Version
  /** 0 is for ever. */
  readonly lifetimeSeconds: number
  /** Letters of the transports that the client can be reached by: U, T, M, H, S, N. */
  readonly binding: string
  /** The client sleeps: it listens only for a while after it has sent something (LwM2M Core §6.5). */
  readonly queueMode: boolean
  readonly sms?: string
  /** The Objects and Object Instances it says it has. */
  readonly has: Inventory
  /** When it registered, in milliseconds since 1970 UTC. */
  readonly registered: number
  /** When it last registered or updated, in milliseconds since 1970 UTC. */
  readonly updated: number
  readonly expiresAt: Instant
}

/** What a secured link proves of who is at its other end. */
export interface Proven {
  /** Octets, not necessarily UTF-8 (RFC 4279 §5.1). */
  readonly identity: Uint8Array
  /** The only endpoint client name that goes with it. */
  readonly endpointClientName?: string
}
/** The name of a client that may leave it to the link to say (LwM2M Core §6.2.1); '' when nothing says it. */
export const nameBy = (endpoint: string | undefined, proven: Proven | undefined): string =>
  endpoint ?? (proven === undefined ? '' : (proven.endpointClientName ?? textOf(proven.identity)))
/** The name that goes with an identity: the one that its credential says, else the identity itself. */
export const ownName = ({ endpointClientName, identity }: Proven): string => endpointClientName ?? textOf(identity)
const textOf = (octets: Uint8Array): string => {
  const text = new TextDecoder().decode(octets)
  return text.includes('\uFFFD') ? '' : text
}

/** What becomes of registrations. */
export type RegistrationEvent =
  /** It was registered before the server was started anew, and still is. */
  | { readonly type: 'restored'; readonly registration: Registration }
  | { readonly type: 'registered'; readonly registration: Registration }
  /** The lifetime begins again; `before` tells what was changed. */
  | { readonly type: 'updated'; readonly registration: Registration; readonly before: Registration }
  | { readonly type: 'deregistered'; readonly registration: Registration }
  /** No Update within the lifetime. */
  | { readonly type: 'expired'; readonly registration: Registration }
  /** The endpoint registered anew, as `by`; its location is gone. */
  | { readonly type: 'replaced'; readonly registration: Registration; readonly by: Registration }

/** A request that was refused, and what may explain it. */
export interface Refusal {
  readonly remote: Remote
  readonly operation: 'register' | 'update' | 'deregister'
  readonly code: Code
  readonly why: string
  /** Of Register: its name. Of Update and De-register: who was last known at this address. */
  readonly endpointClientName?: string
  /** Of Update and De-register: the location that is not, or not any more. */
  readonly location?: string
  /** Where the endpoint of that name was last known. */
  readonly lastKnown?: Remote
}

/** A registration that no identity made may be anybody's. */
export const isOf = ({ identity }: Registration, proven: Proven | undefined): boolean =>
  identity === undefined ||
  (proven !== undefined && identity.length === proven.identity.length && identity.every((octet, i) => octet === proven.identity[i]))
