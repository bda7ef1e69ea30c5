/** Where the registrations of a server survive its restart (LwM2M Core 1.2.2 §6.2: a client need not register again). */
import type { Observable } from 'rxjs'
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
