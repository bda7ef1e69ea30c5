/** Everything that the engine borrows from the world, as types: each method returns a value or a cold Observable, never a Promise. */
import type { Observable, OperatorFunction } from 'rxjs'

// ── links: octets between endpoints ──────────────────────────────────────────────────────────────────────────────────────────

/**
 * The name of a peer as seen from here. A peer that came by itself is `scheme://address:port` (`coap://127.0.0.1:5683`,
 * `coap://[fe80::1%eth0]:5683`), normalised; one that we opened has the name given in `open`. One string per peer: it is a key.
 */
export type Remote = string

/** Makes a link of its own to where the URI points, under the name `remote`; host names are resolved anew at each open. */
export interface Open {
  readonly type: 'open'
  readonly remote: Remote
  readonly uri: string
  /** Which account's credentials are meant; the instance of its Security Object. */
  readonly account?: number
  /** What the peer at the other end observes here outlives the link, for the next one of this name, until it is cancelled. */
  readonly keepObservations?: true
}
/** Ends the link; `keepSession`: a security session survives for the next open. */
export interface Close {
  readonly type: 'close'
  readonly remote: Remote
  readonly keepSession: boolean
}
export interface Opened {
  readonly type: 'opened'
  readonly remote: Remote
  /** Where the peer is, `address:port`. */
  readonly address: string
  /** Where we are, `address:port`. */
  readonly local: string
  /** Who the peer proved to be, where the link is secured: octets, not necessarily UTF-8 (RFC 4279 §5.1). */
  readonly identity?: Uint8Array
}
export type ClosedReason = 'asked' | 'name-not-found' | 'unreachable' | 'refused' | 'lost' | 'socket'
export interface Closed {
  readonly type: 'closed'
  readonly remote: Remote
  readonly reason: ClosedReason
  readonly detail?: string
}
/** Something sent to the remote could not leave; the link goes on. */
export interface Undeliverable {
  readonly type: 'undeliverable'
  readonly remote: Remote
  /** `invalid`: it has no form on the wire. */
  readonly reason: 'too-large' | 'unreachable' | 'not-open' | 'invalid'
  /** The message ID, where it is known. */
  readonly about?: number
}
/** The socket that peers may come to by themselves is bound. */
export interface Listening {
  readonly type: 'listening'
  readonly scheme: string
  readonly address: string
  readonly port: number
}
/** What the peer at the other end of a stream takes; each one replaces the one before (RFC 8323 §5.3). */
export interface Settings {
  readonly type: 'settings'
  readonly remote: Remote
  /** The longest message. */
  readonly maxMessageBytes: number
  /** Both sides take several blocks in one message (RFC 8323 §6). */
  readonly bert: boolean
}
/** Words about links that go down through every floor: each acts on them and hands them on. */
export type LinkDown = Open | Close
/** Words about links that come up through every floor. */
export type LinkUp = Opened | Closed | Undeliverable | Listening | Settings

/** One datagram, or one piece of a stream where the transport is one. */
export interface Datagram {
  readonly type: 'datagram'
  readonly remote: Remote
  readonly bytes: Uint8Array
}
export type DatagramDown = Datagram | LinkDown
export type DatagramUp = Datagram | LinkUp

export interface SocketOptions {
  /** Bound at once for peers that come by themselves; port 0 takes any. Absent: only `open` makes sockets. */
  readonly listen?: { readonly address?: string; readonly port: number }
  /** Default: as the resolver orders them. */
  readonly family?: 4 | 6
  /** The local address of opened links. */
  readonly address?: string
  readonly recvBufferSize?: number
  readonly sendBufferSize?: number
  /** Differentiated services code point, 0-63 (RFC 2474). */
  readonly dscp?: number
  /** Of a stream: connections of peers that come by themselves, at once; default 10,000. One more is ended as soon as it comes. */
  readonly connectionsMax?: number
}
export interface Transports {
  readonly udp: (options: SocketOptions) => OperatorFunction<DatagramDown, DatagramUp>
  /** Datagrams are pieces of the octet stream, in order. */
  readonly tcp?: (options: SocketOptions) => OperatorFunction<DatagramDown, DatagramUp>
}

// ── bodies: what streams ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is known of a body before it is there. */
export interface About {
  /** Octets. */
  readonly size?: number | undefined
  readonly etag?: Uint8Array | undefined
}
/** Where a body goes. Each Observable completes when the thing is done (values are ignored) and errors when it cannot be. One call at a time. */
export interface Sink {
  /** Begins, or goes on, at this offset; what is stored beyond it is let go. `about` is what the peer told of the whole body. */
  readonly open: (offset: number, about?: About) => Observable<unknown>
  readonly write: (bytes: Uint8Array, offset: number) => Observable<unknown>
  /** Everything is there. */
  readonly close: () => Observable<unknown>
  /** It will not be finished. What is stored may be kept for a resumption. */
  readonly abandon: () => Observable<unknown>
  /** Everything written so far survives a power cut once this completes. Absent: what is written does, at once. */
  readonly sync?: () => Observable<unknown>
  /** Octets that there is still room for, beside what is stored. One value. Absent: nobody knows. */
  readonly free?: () => Observable<number>
}
/** Where a body comes from. */
export interface Source {
  /** Octets, if known. */
  readonly size: number | undefined
  readonly etag: Uint8Array | undefined
  /** At most `count` octets from the offset, fewer only at the end. One value. */
  readonly read: (offset: number, count: number) => Observable<Uint8Array>
}

// ── the rest of the world ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Deterministic primitives: functions of their arguments, so a step may call them. */
export interface Crypto {
  readonly digest: (algorithm: 'sha256' | 'sha384' | 'sha1', bytes: Uint8Array) => Uint8Array
  /** A digest that grows. */
  readonly hash: (algorithm: 'sha256' | 'sha384' | 'sha1') => Hash
  /** What secured links need; absent where a world has none. */
  readonly ciphers?: Ciphers
  /** What signed packages need; absent where a world has none. */
  readonly signatures?: Signatures
}
/** Checking signatures, a function of its arguments. */
export interface Signatures {
  /** Whether the signature of 64 octets (Ed25519; or r and s, ECDSA with SHA-256 on P-256) over the message was made with the key, a SubjectPublicKeyInfo in DER. Never throws. */
  readonly verify: (algorithm: SignatureAlgorithm, spki: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean
}
export type SignatureAlgorithm = 'ed25519' | 'es256'
/** Keyed primitives, functions of their arguments like the others. What fails to authenticate is `undefined`, never a throw. */
export interface Ciphers {
  readonly hmac: (algorithm: 'sha256' | 'sha384', key: Uint8Array, bytes: Uint8Array) => Uint8Array
  /** The ciphertext with its tag behind it: 8 octets with `aes-128-ccm-8`, 16 with `aes-128-gcm` (RFC 6655, RFC 5288). The nonce has 12 octets. */
  readonly seal: (cipher: AeadCipher, key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array) => Uint8Array
  /** The plaintext; `undefined` when the tag is wrong. */
  readonly open: (
    cipher: AeadCipher,
    key: Uint8Array,
    nonce: Uint8Array,
    additional: Uint8Array,
    sealed: Uint8Array,
  ) => Uint8Array | undefined
  /** AES-128-CBC of whole blocks, without padding. */
  readonly encryptBlocks: (key: Uint8Array, iv: Uint8Array, blocks: Uint8Array) => Uint8Array
  readonly decryptBlocks: (key: Uint8Array, iv: Uint8Array, blocks: Uint8Array) => Uint8Array
  /** The uncompressed point of 65 octets on secp256r1 for 32 private octets; `undefined` when they are out of range. */
  readonly publicKey: (privateOctets: Uint8Array) => Uint8Array | undefined
  /** The x-coordinate, 32 octets; `undefined` when the peer's point is not on the curve. */
  readonly sharedSecret: (privateOctets: Uint8Array, peerPoint: Uint8Array) => Uint8Array | undefined
  /** Whether the octets are the same, in a time that does not depend on where they differ. */
  readonly equal: (one: Uint8Array, other: Uint8Array) => boolean
}
export type AeadCipher = 'aes-128-ccm-8' | 'aes-128-gcm'
export interface Hash {
  readonly update: (bytes: Uint8Array) => void
  readonly digest: () => Uint8Array
}

export interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  /** `manual`: a redirection is the answer. Default: a few are followed, never from https to http, and without credentials to another server. */
  readonly redirect?: 'follow' | 'manual'
}
export interface HttpResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Subscribing takes the next piece; `undefined` at the end. Nothing is read ahead of demand beyond the platform's own buffers. */
  readonly next: Observable<Uint8Array | undefined>
}
export interface HttpServed {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** The body, from `offset`, `length` octets of it. */
  readonly body?: { readonly source: Source; readonly offset: number; readonly length: number }
}
export interface Http {
  /** Emits the response once and stays open until unsubscribed, which ends the connection; network failures are `Lwm2mError`s. */
  readonly request: (request: HttpRequest) => Observable<HttpResponse>
  /** Serves until unsubscribed; emits where it listens. */
  readonly serve: (
    options: { readonly address?: string; readonly port: number },
    handler: (request: {
      readonly method: string
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
    }) => Observable<HttpServed>,
  ) => Observable<Listening>
}

/** Numeric addresses of a host name, in the order to try them. Errors with `unreachable`. */
export type Resolve = (host: string, family?: 4 | 6) => Observable<readonly { readonly address: string; readonly family: 4 | 6 }[]>

/** Named octets that survive a restart. Writes are atomic: the old or the new, never half. */
export interface Storage {
  /** `undefined` when there is none. One value. */
  readonly read: (name: string) => Observable<Uint8Array | undefined>
  readonly write: (name: string, bytes: Uint8Array) => Observable<unknown>
  readonly remove: (name: string) => Observable<unknown>
  /** A body that grows, for firmware and other large things. */
  readonly sink: (name: string) => Sink
  /** What such a body holds so far; `undefined` when there is none. One value. */
  readonly source: (name: string) => Observable<Source | undefined>
}

/** Many small entries that survive a restart, in the order of their keys. Keys are well-formed text; values are octets. */
export interface Database {
  /** `undefined` when there is none. One value. */
  readonly get: (key: string) => Observable<Uint8Array | undefined>
  /** Every entry whose key begins so, in the order of the keys' octets in UTF-8. What is written meanwhile may be among them or not. */
  readonly entries: (prefix: string) => Observable<Entry>
  /** All of them or none; what comes later counts. Completes when they would be there after a power cut; batches are done in the order in which they were asked. */
  readonly write: (changes: readonly EntryChange[]) => Observable<unknown>
  /** Completes when everything that was asked is done and another process may have it. Whatever is asked afterwards opens it again. */
  readonly close: Observable<unknown>
}
export interface Entry {
  readonly key: string
  readonly value: Uint8Array
}
/** `undefined` takes the entry away. */
export interface EntryChange {
  readonly key: string
  readonly value: Uint8Array | undefined
}
