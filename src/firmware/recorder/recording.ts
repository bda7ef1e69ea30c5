/** What the flight recorder keeps of firmware updates: numbers and words, never octets of a body, keys or queries (LwM2M Core §E.6). */

/** Everything recorded, as plain data that survives JSON. */
export interface Recording {
  /** Of this shape. A reader refuses another. */
  readonly version: 1
  /** By the name of the node; '' where a journal has one node alone. */
  readonly places: Readonly<Record<string, Place>>
  /** Oldest first. */
  readonly flights: readonly Flight[]
  /** Older flights that had to make room. */
  readonly forgotten: number
}

/** What is known of one node beside its updates. */
export interface Place {
  /** UTC milliseconds at its monotonic 0, so that a time line never runs backwards. */
  readonly originMs: number
  /** The last turn, UTC milliseconds. */
  readonly lastAt: number
  /** Of a device: its accounts with servers and what they are doing, by remote. */
  readonly accounts: Readonly<Record<string, string>>
  /** A body that comes and belongs to no update yet: the first block of a push. */
  readonly stray: Transfer | undefined
}

/** Who recorded it: the device's own update, a server's order, or a download that no update asked for. */
export type Side = 'device' | 'server' | 'download'

/** One update (or download), from where it was recorded. */
export interface Flight {
  /** Unique in the recording. */
  readonly id: string
  readonly node: string
  readonly side: Side
  /** Of a server: the endpoint client name of the device. */
  readonly client: string | undefined
  /** Of a server: where the device is. */
  readonly remote: string | undefined
  readonly delivery: 'pull' | 'push' | undefined
  /** The Package URI without credentials and query; '' for a push. */
  readonly uri: string
  /** UTC milliseconds. */
  readonly beganAt: number
  readonly endedAt: number | undefined
  readonly outcome: 'open' | 'succeeded' | 'failed'
  /** Of a server: starting, clearing, offering, transferring, executing, installing, updated, failed. */
  readonly phase: string | undefined
  /** Resources 5/0/3 and 5/0/5, as last known here. */
  readonly state: number | undefined
  readonly result: number | undefined
  /** What the machine itself says of a failure, for people. */
  readonly why: string
  /** Since when State (or phase) is what it is. */
  readonly phaseAt: number
  /** Octets of the image that are there for all that is known here, and since when. */
  readonly bytes: number
  readonly total: number | undefined
  readonly movedAt: number
  readonly etag: string | undefined
  /** Whether the device is registered as far as is known here; `undefined`: not known. */
  readonly registered: boolean | undefined
  readonly transfer: Transfer | undefined
  /** What went wrong last and has not been overcome: progress clears it. */
  readonly trouble: Trouble | undefined
  readonly counts: Counts
  readonly timeline: readonly Entry[]
  /** Entries that had to make room, between the first and the last ones. */
  readonly dropped: number
}

/** The body that is under way now. */
export interface Transfer {
  readonly remote: string
  /** Its row among the transfers. */
  readonly key: string
  /** `downloading`: we ask for blocks; `uploading`: we send them; `receiving`: a peer sends them. */
  readonly how: 'downloading' | 'uploading' | 'receiving'
  /** The block that is under way begins here. */
  readonly offset: number
  readonly blockBytes: number
  /** Whose turn it is. */
  readonly waitsFor: 'peer' | 'store'
  /** Since when. */
  readonly since: number
  /** In bursts (RFC 9177): how often blocks were sent, or asked for, again. Absent: one by one. */
  readonly again?: number | undefined
  /** The message that carries the block is not acknowledged yet; how often it was sent again. In bursts: the block was sent, or asked for, again. */
  readonly unacknowledged: { readonly sentAt: number; readonly retransmissions: number } | undefined
  /** When the peer was last heard. */
  readonly heardAt: number | undefined
}

/** What can go wrong on the way. */
export type TroubleKind =
  | 'gave-up' // every retransmission went unanswered, or no answer came in time
  | 'rejected' // RST
  | 'unreachable' // the transport says so, or the name is not found
  | 'untrusted' // the certificate of an HTTPS server was not accepted
  | 'link-closed' // the link was closed under the transfer
  | 'answered' // with an error code
  | 'wrong-block' // a block that is not the one asked for
  | 'short-block' // a block with fewer octets than its size
  | 'malformed' // what came is no message, or a body that breaks the rules in another way
  | 'changed' // the file is another one now
  | 'too-large' // larger than we take
  | 'store' // our sink or source refused
  | 'bound' // a bound of ours
  | 'silent' // an HTTP server said nothing
  | 'short-body' // an HTTP body ended early
  | 'damaged' // the digest is not what it should be
/** One thing that went wrong. */
export interface Trouble {
  readonly kind: TroubleKind
  readonly at: number
  /** Where the block began that it happened to. */
  readonly offset: number
  /** Of `answered`. */
  readonly code?: string
  /** The peer's hint when to try again, in milliseconds. */
  readonly retryAfterMs?: number
  /** Retransmissions before it. */
  readonly retransmissions: number
}

/** How often what happened. */
export interface Counts {
  readonly blocks: number
  readonly retransmissions: number
  /** Transfers that went on behind octets that were there already. */
  readonly resumptions: number
  /** Transfers that began at octet 0 again. */
  readonly restarts: number
  readonly troubles: number
  /** What came from the peer and is no message. */
  readonly malformed: number
  /** Pauses longer than `stallMs`, and how long they were in all. */
  readonly stalls: number
  readonly stalledMs: number
  /** The node was switched on again. */
  readonly reboots: number
}

/** One line of a time line. */
export interface Entry {
  /** UTC milliseconds. */
  readonly at: number
  readonly what: EntryKind
  /** Where in the image, where it matters. */
  readonly offset?: number
  /** For people: codes, numbers, reasons. */
  readonly detail?: string
  /** How many in a row, where equal ones were joined. */
  readonly times?: number
}
export type EntryKind =
  | 'began'
  | 'state' // 5/0/3 or 5/0/5 changed
  | 'phase' // of a server
  | 'transfer' // a body begins, or goes on at an offset
  | 'progress' // another tenth is there
  | 'retransmission'
  | 'stall' // it went on after a pause
  | 'trouble'
  | 'rebooted'
  | 'registration'
  | 'address'
  | 'ended'

/** Bounds of a recording. */
export interface RecorderLimits {
  /** Flights at the most; default 100. */
  readonly flights: number
  /** Lines of a time line at the most: the first quarter and the last ones are kept; default 200. */
  readonly entries: number
  /** Accounts of a device at the most; default 16. */
  readonly accounts: number
  /** Nodes at the most; default 1,000. */
  readonly places: number
  /** A pause from this on is a stall; default 10,000. */
  readonly stallMs: number
}
export const recorderLimits: RecorderLimits = { flights: 100, entries: 200, accounts: 16, places: 1_000, stallMs: 10_000 }

/** Nothing recorded. */
export const noRecording: Recording = { version: 1, places: {}, flights: [], forgotten: 0 }
export const noCounts: Counts = {
  blocks: 0,
  retransmissions: 0,
  resumptions: 0,
  restarts: 0,
  troubles: 0,
  malformed: 0,
  stalls: 0,
  stalledMs: 0,
  reboots: 0,
}
