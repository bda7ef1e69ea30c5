/** The peers of a DTLS endpoint: what is kept of each, and how it is found (RFC 6347 §4.2.8, RFC 9146 §6). */
import type { Instant, Stamp } from '../../core/machine.ts'
import type { DatagramDown, DatagramUp, Remote } from '../../core/ports.ts'
import type { Secret } from '../../core/secret.ts'
import type { Down, Up } from '../../core/stack.ts'
import { Table } from '../../core/table.ts'
import type { CookieKeys } from './cookie.ts'
import type { Context, Handshake } from './handshaking.ts'
import type { Link } from './link.ts'
import { hexOf } from './octets.ts'
import type { DtlsLimits } from './options.ts'
import { sessionsTable, type Session } from './session.ts'
import { reasonsMax, type Unexplained, type Unheard } from './unheard.ts'

/** One peer. */
export interface Peer {
  /** Its name above; it stays when the address changes. */
  readonly name: Remote
  /** Its name below, which is where it is now. */
  readonly via: Remote
  /** What was asked for, when we opened it. */
  readonly target: Target | undefined
  readonly address: string
  readonly local: string
  readonly link: Link | undefined
  /** Under way; beside a link it is to replace it. */
  readonly handshake: Handshake | undefined
  /** Application data that waits for the handshake. */
  readonly waiting: readonly Uint8Array[]
  /** Closed here with its session kept: it goes on with its Connection ID when it is opened again. */
  readonly dormant: boolean
  /** When it has said nothing for too long. */
  readonly idleAt: Instant
}
export interface Target {
  readonly uri: string
  readonly account: number | undefined
  /** Whether the link below is there. */
  readonly ready: boolean
}

/** Everything that a DTLS endpoint knows. */
export interface Dtls {
  /** By name above, and by the Connection ID that we gave. */
  readonly peers: Table<Peer>
  /** Names above by names below. */
  readonly paths: Table<Remote>
  /** Handshakes under way with peers that came by themselves: their numbers, by name above. */
  readonly incoming: Table<number>
  readonly sessions: Table<Session>
  readonly cookies: CookieKeys | undefined
  /** How many such handshakes began in this second. */
  readonly begun: { readonly beganAt: Instant; readonly count: number }
  /** How many handshakes there were. */
  readonly handshakes: number
  /** What came to nothing lately, by reason and name below. */
  readonly unexplained: Table<Unexplained>
  /** What came to nothing beyond that, since the last explanation. */
  readonly passedOver: number
  /** Where we listen. */
  readonly local: string
}

/** The key of an identity is needed; `found` answers. */
export interface LookUp {
  readonly type: 'look-up'
  readonly remote: Remote
  /** Of the handshake. */
  readonly number: number
  readonly query:
    | { readonly role: 'client'; readonly account: number | undefined; readonly hint: Uint8Array | undefined }
    | { readonly role: 'server'; readonly identity: Uint8Array }
}
/** The answer to a look-up: without a key there is none. A client is told its identity too. */
export interface Found {
  readonly type: 'found'
  readonly remote: Remote
  readonly number: number
  readonly identity?: Uint8Array | undefined
  readonly key?: Secret | undefined
}
/** A line of the key log. */
export interface KeyLog {
  readonly type: 'key-log'
  readonly clientRandom: Uint8Array
  readonly master: Secret
}
export type DtlsEvent = Up<DatagramUp> | Down<DatagramDown> | Found
export type DtlsEffect = Up<DatagramUp> | Down<DatagramDown> | LookUp | KeyLog | Unheard

/** One step at work: the state as it becomes, and what is to be done. */
export interface Work {
  readonly context: Context
  readonly state: { -readonly [Field in keyof Dtls]: Dtls[Field] }
  readonly stamp: Stamp
  readonly effects: DtlsEffect[]
}

/** Nobody yet. */
export const noPeers = (p: DtlsLimits): Dtls => ({
  peers: new Table<Peer>({ name: 'peers', limit: p.peersMax, deadline: peerDeadline, alias: aliasOf }),
  paths: new Table<Remote>({ name: 'paths', limit: 2 * p.peersMax }),
  incoming: new Table<number>({ name: 'incoming', limit: p.handshakesMax }),
  sessions: sessionsTable(p),
  cookies: undefined,
  begun: { beganAt: 0, count: 0 },
  handshakes: 0,
  unexplained: new Table<Unexplained>({
    name: 'unexplained',
    limit: reasonsMax * p.explainedMax,
    deadline: ({ forgetAt }) => forgetAt,
  }),
  passedOver: 0,
  local: '',
})

const peerDeadline = ({ handshake, link, idleAt }: Peer): Instant =>
  Math.min(handshake?.flight?.dueAt ?? Infinity, handshake?.lookUpEndsAt ?? Infinity, link?.last?.forgetAt ?? Infinity, idleAt)
const aliasOf = ({ link }: Peer): string | undefined =>
  link?.ownCid === undefined || link.ownCid.length === 0 ? undefined : hexOf(link.ownCid)

/** The peer at that address below. */
export const peerAt = ({ peers, paths }: Pick<Dtls, 'peers' | 'paths'>, via: Remote): Peer | undefined => {
  const name = paths.get('', via)
  return name === undefined ? undefined : peers.get('', name)
}

/** Keeps the peer as it is now. */
export const put = ({ state }: Work, peer: Peer): void => state.peers.put('', peer.name, peer)

/** Lets go of it. */
export const remove = ({ state }: Work, { name, via }: Peer): void => {
  state.peers.remove('', name)
  if (state.paths.get('', via) === name) state.paths.remove('', via)
  state.incoming.remove('', name)
}

/** A peer without anything yet. */
export const newPeer = (work: Work, name: Remote, via: Remote, target?: Target): Peer => ({
  name,
  via,
  target,
  address: addressOf(via),
  local: work.state.local,
  link: undefined,
  handshake: undefined,
  waiting: [],
  dormant: false,
  idleAt: target === undefined ? work.stamp.now + work.context.p.idleMs : Infinity,
})

/** Adds it, at its address. */
export const add = (work: Work, peer: Peer): void => {
  work.state.paths.put('', peer.via, peer.name)
  put(work, peer)
}

/** The name above of a peer that came by itself: another, when that one has moved on and another sits in its place. */
export const nameAbove = ({ peers, handshakes }: Pick<Dtls, 'peers' | 'handshakes'>, via: Remote): Remote => {
  const name = via.replace(/^coap:/, 'coaps:')
  return peers.get('', name) === undefined ? name : `${name}#${handshakes}`
}
/** The name below of a peer that was never opened. */
export const nameBelow = (name: Remote): Remote => name.replace(/^coaps:/, 'coap:').replace(/#\d+$/, '')

/** `address:port` of a peer that came by itself. */
export const addressOf = (via: Remote): string => via.slice(via.indexOf('://') < 0 ? 0 : via.indexOf('://') + 3)
