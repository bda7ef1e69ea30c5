/** What a DTLS layer can be told: credentials, suites, bounds, what to keep (RFC 6347, RFC 9146). */
import type { Observable } from 'rxjs'
import type { Remote } from '../../core/ports.ts'
import type { Secret } from '../../core/secret.ts'
import type { SuiteName } from './suite.ts'
import type { Unheard } from './unheard.ts'

/** An identity and its key, both octets (RFC 4279 §5.1). */
export interface Psk {
  readonly identity: Uint8Array
  readonly key: Secret
}

/** For whom a client needs a key. */
export interface OwnQuery {
  readonly remote: Remote
  /** The account of the `open`, if one was given. */
  readonly account?: number | undefined
  /** What the server said to help choosing (RFC 4279 §5.2); octets. */
  readonly hint?: Uint8Array | undefined
}

/** Whose key a server needs. */
export interface PeerQuery {
  /** The name that the peer will have. */
  readonly remote: Remote
  readonly identity: Uint8Array
}

/**
 * Where keys come from. Each look-up is asked at most once a handshake (`peer` also when a session is to be resumed: whoever lost its key resumes nothing), may take its time, and its first value counts;
 * `undefined`, an error or an end without a value mean that there is no key.
 */
export interface Credentials {
  /** Who we are, as a client. Absent: we open nothing. */
  readonly own?: (query: OwnQuery) => Observable<Psk | undefined>
  /** The key of a client. Absent: nobody may come. */
  readonly peer?: (query: PeerQuery) => Observable<Secret | undefined>
  /** What a server says to help a client choosing its identity (RFC 4279 §5.2). */
  readonly hint?: Uint8Array
}

/** Why a secured link could not be made, or ended: the `detail` of `closed`. */
export type DtlsFailure =
  | 'silence' // no answer after every retransmission
  | 'wrong-key' // what the peer sent could not be opened with the key of its identity
  | 'no-credentials' // no key here: for that remote, or for that identity
  | 'unknown-identity' // the server does not know our identity
  | 'no-common-suite' // nothing that both speak
  | 'version' // the peer does not speak DTLS 1.2
  | 'extended-master-secret' // the peer does not know RFC 7627, and it was not waived
  | 'unexpected-message' // a handshake message out of its place
  | 'malformed' // a handshake message that cannot be read, or is longer than the bound
  | 'illegal-parameter' // a handshake message whose contents contradict what was offered
  | 'finished' // the Finished does not match the handshake: somebody changed it, or the keys differ
  | 'alert' // any other fatal alert of the peer's
  | 'close-notify' // the peer ended the link
  | 'idle' // nothing came for `idleMs`
  | 'sequence' // all sequence numbers of an epoch are used up
  | 'limit' // a bound of ours: `peersMax`

/** Bounds and times; each has a defined answer. */
export interface DtlsLimits {
  /** Peers at once, established or not; one too many: the one that came by itself and has been silent longest is let go; if there is none, the handshake is not begun. */
  readonly peersMax: number
  /** Handshakes under way with peers that came by themselves; beyond it a ClientHello is not answered, the peer tries again. */
  readonly handshakesMax: number
  /** Such handshakes begun within a second; beyond it a ClientHello is not answered, the peer tries again. */
  readonly handshakesPerSecondMax: number
  /** Octets of unfinished handshake messages of one peer; a message that needs more is dropped, an announced longer one too. */
  readonly reassemblyBytesMax: number
  /** Resumable sessions kept; beyond it the one that expires first is forgotten. */
  readonly sessionsMax: number
  /** How long a session can be resumed. */
  readonly sessionLifetimeMs: number
  /** Octets of application data that wait for one handshake; what is beyond is `undeliverable` with `not-open`. */
  readonly waitingBytesMax: number
  /** Records of the next epoch that wait for the keys. */
  readonly heldRecordsMax: number
  /** First time-out of a flight; it doubles up to `retransmitMaxMs` (RFC 6347 §4.2.4.1). */
  readonly retransmitMs: number
  readonly retransmitMaxMs: number
  /** Retransmissions of one flight before `silence`. */
  readonly retransmissionsMax: number
  /** A peer that came by itself and says nothing for so long is forgotten. `Infinity`: never. */
  readonly idleMs: number
  /** Addresses whose vain attempts are explained within a minute, for each reason; beyond it they are only counted. 0: none. */
  readonly explainedMax: number
  /** The largest datagram that a handshake sends; longer messages are fragmented. */
  readonly datagramBytesMax: number
}

export const defaultDtlsLimits: DtlsLimits = {
  peersMax: 20_000,
  handshakesMax: 1_000,
  handshakesPerSecondMax: 500,
  reassemblyBytesMax: 8_192,
  sessionsMax: 20_000,
  sessionLifetimeMs: 86_400_000,
  waitingBytesMax: 16_384,
  heldRecordsMax: 4,
  retransmitMs: 1_000,
  retransmitMaxMs: 60_000,
  retransmissionsMax: 6,
  idleMs: 7 * 86_400_000,
  explainedMax: 32,
  datagramBytesMax: 1_200,
}

/** How a DTLS endpoint behaves: everything but its credentials. */
export interface DtlsParameters extends DtlsLimits {
  /** In order of preference. The CBC suites are offered and taken only when listed here (RFC 7366 where the peer knows it). */
  readonly suites: readonly SuiteName[]
  /** The length of the Connection IDs that we give, 0 to 20 octets: 0 takes a peer's and gives none; `undefined`: no Connection IDs at all (RFC 9146). */
  readonly connectionIdBytes: number | undefined
  /** Required (RFC 7627), unless waived for old peers. */
  readonly extendedMasterSecret: 'required' | 'waived'
  /** Whether CBC without encrypt-then-MAC is taken: it cannot be done in constant time here. */
  readonly macThenEncrypt: boolean
  /** Whether sessions are kept for resumption. */
  readonly resumption: boolean
  /** Whether `key-log` effects are made. */
  readonly keyLog: boolean
}

export const defaultDtlsParameters: DtlsParameters = {
  ...defaultDtlsLimits,
  suites: ['TLS_PSK_WITH_AES_128_CCM_8', 'TLS_PSK_WITH_AES_128_GCM_SHA256'],
  connectionIdBytes: 8,
  extendedMasterSecret: 'required',
  macThenEncrypt: false,
  resumption: true,
  keyLog: false,
}

/** What `dtls(env, options)` is given. */
export interface DtlsOptions extends Partial<Omit<DtlsParameters, 'keyLog'>> {
  readonly credentials: Credentials
  /** Hears the key log, line by line, in NSS format (`CLIENT_RANDOM …`): whoever has it can read everything. Off when absent. */
  readonly keyLog?: (line: string) => void
  /** Hears why something that a peer sent came to nothing. */
  readonly unheard?: (why: Unheard) => void
  /** Where to go on: what `saved` was given before a restart. `opened` says at once which links still stand. */
  readonly from?: DtlsSaved
  /** Each emission asks for the state; `saved` is called with it at once. */
  readonly save$?: Observable<unknown>
  /** Hears the state: plain data with `Secret`s in it. Whoever stores it must keep it secret. */
  readonly saved?: (state: DtlsSaved) => void
}

/** A saved DTLS state: sessions and established peers. */
export interface DtlsSaved {
  readonly machine: string
  readonly now: number
  readonly wall: number
  readonly state: unknown
}
