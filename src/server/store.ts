/** Where the registrations of a server survive its restart (LwM2M Core 1.2.2 §6.2: a client need not register again). */
import type { Observable } from 'rxjs'
import type { KeptCommand } from './commands/command.ts'
import type { KeptObservation } from './observations/kept.ts'
import type { Profile } from './profiles.ts'
import type { Registration } from './registration.ts'

/** What is kept of a registration: all but the instant at which it ends, which is another one after a restart. */
export type KeptRegistration = Omit<Registration, 'expiresAt'>

/** A store. What has completed is there after a power cut; an error is answered to the client with 5.03. */
export interface RegistrationStore {
  /** All there are. One value. */
  readonly load: Observable<readonly KeptRegistration[]>
  /** Adds, or replaces the one of the same endpoint. */
  readonly keep: (registration: KeptRegistration) => Observable<unknown>
  readonly drop: (endpointClientName: string) => Observable<unknown>
}

/** One more kind of what a server keeps. What has completed is there after a power cut. */
export interface Keeping<Kept> {
  /** All there are. One value. */
  readonly load: Observable<readonly Kept[]>
  /** Adds, or replaces the one of the same name. */
  readonly keep: (one: Kept) => Observable<unknown>
  readonly drop: (one: Kept) => Observable<unknown>
}

/** A store of more than registrations; what it has no place for is forgotten with the process. */
export interface ServerStore extends RegistrationStore {
  /** Profile IDs that were learnt. */
  readonly profiles?: Keeping<Profile>
  /** What is observed at clients: their notifications are taken after a restart. */
  readonly observations?: Keeping<KeptObservation>
  /** What clients were told to do and have not done yet. */
  readonly commands?: Keeping<KeptCommand>
  /** What secures links (DTLS sessions), in pieces. */
  readonly sessions?: Keeping<KeptSession>
}
/** A piece of what secures links: whoever has it can read them. */
export interface KeptSession {
  readonly name: string
  readonly octets: Uint8Array
}

/** As octets: JSON, identities in hexadecimal digits, without what is not to be kept. */
export const encodeKept = (all: Iterable<KeptRegistration>): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify(
      [...all].map((one) => ({ ...one, ...identityIn(one) })),
      (name, value: unknown) => (name === 'expiresAt' ? undefined : value),
    ),
  )
const identityIn = ({ identity }: KeptRegistration) => (identity === undefined ? {} : { identity: [...identity].map(hex).join('') })
const hex = (octet: number): string => octet.toString(16).padStart(2, '0')

/** The same read back. Octets that are none are no registrations: their clients are answered 4.04 and register anew. */
export const decodeKept = (bytes: Uint8Array | undefined): readonly KeptRegistration[] => {
  if (bytes === undefined) return []
  try {
    const all: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return Array.isArray(all) ? all.flatMap(revived) : []
  } catch {
    return []
  }
}
/** A registration, if it is one. */
const revived = (entry: unknown): readonly KeptRegistration[] => {
  if (typeof entry !== 'object' || entry === null) return []
  const { identity, ...rest } = entry as Record<string, unknown>
  const whole = ['endpointClientName', 'location', 'remote', 'version', 'binding'].every((name) => typeof rest[name] === 'string')
  const timed = ['lifetimeSeconds', 'registered', 'updated'].every((name) => typeof rest[name] === 'number')
  if (!whole || !timed || typeof rest['has'] !== 'object') return []
  const digits = typeof identity === 'string' ? (identity.match(/../g) ?? []) : undefined
  const proven = digits === undefined ? {} : { identity: Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16)) }
  return [{ ...(rest as unknown as KeptRegistration), ...proven }]
}
