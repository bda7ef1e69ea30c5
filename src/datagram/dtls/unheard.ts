/** Why something came to nothing. On the wire it is dropped in silence (RFC 6347 §4.1.2.7); whoever looks at this end may want to know. */
import type { Instant } from '../../core/machine.ts'
import type { Remote } from '../../core/ports.ts'
import type { DtlsFailure } from './options.ts'

/** Why what a peer sent was not heard. */
export type UnheardReason =
  | 'no-session' // a record under keys that are not here: this end forgot them, or the peer has a new address and no Connection ID
  | 'connection-id' // a record with a Connection ID that nobody has here
  | 'not-authentic' // several records that cannot be opened with the keys of their session
  | 'not-dtls' // no record of DTLS 1.2: `coap://` to the port of `coaps://`, or another version
  | 'cookie' // a ClientHello whose cookie is not for it: the address changed in between, or this end started anew
  | 'busy' // no room for a handshake: `handshakesMax`, `handshakesPerSecondMax` or `peersMax`
  | 'handshake' // a handshake that the peer began failed: `failure` says why

/** What was not heard, from where, and what is known of whoever may be there. It holds no keys; identities are in the clear on the wire, too. */
export interface Unheard {
  readonly type: 'unheard'
  readonly reason: UnheardReason
  /** Where it came from, `address:port`. */
  readonly address: string
  /** Of `handshake`. */
  readonly failure?: DtlsFailure
  /** Of `handshake`: whom the peer says it is; nothing proves it. Of `not-authentic`: whose session it is. Octets. */
  readonly identity?: Uint8Array
  /** Of `no-session` and `connection-id`: sessions with the same host, three at the most. */
  readonly known: readonly KnownPeer[]
  /** What else came to nothing since the last explanation, and was not explained. */
  readonly passedOver: number
}
/** A session that stands. */
export interface KnownPeer {
  readonly remote: Remote
  /** Where it was heard last, `address:port`. */
  readonly address: string
  readonly identity: Uint8Array
}

/** How often one address came to nothing for one reason. */
export interface Unexplained {
  readonly count: number
  readonly forgetAt: Instant
}

/** How many reasons there are. */
export const reasonsMax = 7

/** One line for a person. Whatever came from strangers is in printable ASCII. */
export const explainUnheard = ({
  reason,
  address,
  failure,
  identity,
  known,
  passedOver,
  endpointClientName,
}: Unheard & { readonly endpointClientName?: string }): string =>
  [
    `${address}: ${words[reason]}`,
    ...(identity === undefined || identity.length === 0 ? [] : [`; the identity is ${legible(identity)}`]),
    ...(failure === undefined ? [] : [`; ${failure}: ${failures[failure]}`]),
    ...(known.length === 0
      ? []
      : [`; sessions with that host: ${known.map((one) => `${legible(one.identity)} at ${one.address}`).join(', ')}`]),
    ...(endpointClientName === undefined ? [] : [`; registered from there: ${legible(new TextEncoder().encode(endpointClientName))}`]),
    ...(passedOver === 0 ? [] : [` (${passedOver} more since the last explanation)`]),
  ].join('')

const anew = 'it is heard again after a new handshake, which it makes when its own retransmissions have ended'
const words: Readonly<Record<UnheardReason, string>> = {
  'no-session': `a record under unknown keys: they are gone here (a restart, a link that ended), or the peer has a new address and no Connection ID; ${anew}`,
  'connection-id': `a record with an unknown Connection ID: its session is gone here (a restart, a link that ended); ${anew}`,
  'not-authentic': 'its records cannot be opened with the keys of its session: damaged or forged on the way, or the peer has other keys',
  'not-dtls': 'what came is no DTLS 1.2: a peer that speaks coap:// to the port of coaps://, or another version',
  cookie: 'a ClientHello whose cookie is not for it: its address changed in between, or this end started anew; it was given another one',
  busy: 'no handshake, for too many are under way or too many peers are known: handshakesMax, handshakesPerSecondMax, peersMax; it will try again',
  handshake: 'its handshake failed',
}
const failures: Readonly<Record<DtlsFailure, string>> = {
  silence: 'it says nothing any more',
  'wrong-key': 'its key is not the one that is known here for that identity',
  'no-credentials': 'no key is known here for that identity',
  'unknown-identity': 'it does not know our identity',
  'no-common-suite': 'no cipher suite in common',
  version: 'it does not speak DTLS 1.2',
  'extended-master-secret': 'it does not know RFC 7627',
  'unexpected-message': 'a message out of its place',
  malformed: 'a message that cannot be read',
  'illegal-parameter': 'a message that contradicts what was offered',
  finished: 'somebody changed it on the way, or the keys differ',
  alert: 'it ended it with an alert',
  'close-notify': 'it ended it',
  idle: 'nothing came',
  sequence: 'all sequence numbers are used up',
  limit: 'a bound of this end',
}

/** Text where that is harmless, else hex; not all of it when it is long. */
const legible = (octets: Uint8Array): string => {
  const first = octets.subarray(0, 64)
  const text = first.every((octet) => octet >= 0x20 && octet < 0x7f)
    ? JSON.stringify(String.fromCharCode(...first))
    : `0x${Array.from(first, (octet) => octet.toString(16).padStart(2, '0')).join('')}`
  return octets.length > first.length ? `${text}…` : text
}
