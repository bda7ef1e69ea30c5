/** What servers and clients ask of each other, and what is answered (LwM2M Core §6; on the wire: LwM2M Transport §6.4). */
import type { Source } from '../core/ports.ts'
import type { StreamedBody } from '../exchange/exchange.ts'
import type { FormatFault, Node } from '../format/format.ts'
import type { Code } from '../message/code.ts'
import type { AttributeChange } from '../model/attributes.ts'
import type { Path } from '../model/path.ts'

/** The enabler version that a registration agreed on. */
export type Version = '1.0' | '1.1' | '1.2'

// ── from a server to a client: device management and information reporting (LwM2M Core §6.3, §6.4) ───────────────────────────

/** The values at a path, in one of our formats or the preferred one. */
export interface Read {
  readonly type: 'read'
  readonly path: Path
  /** The content format wanted. */
  readonly accept?: number
}
/** The values now, and again when they change. */
export interface Observe {
  readonly type: 'observe'
  readonly path: Path
  readonly accept?: number
  /** LwM2M 1.2: attributes of this observation alone. */
  readonly attributes?: AttributeChanges
}
/** Ends an observation, with a last Read (Cancel Observation). The exchange layer says `cancelled` of the observation itself. */
export interface CancelObservation {
  readonly type: 'cancel-observation'
  readonly path: Path
  readonly accept?: number
}
/** What is there, and its attributes. */
export interface Discover {
  readonly type: 'discover'
  readonly path: Path
  /** LwM2M 1.2: 0-3 levels below the path. */
  readonly depth?: number
}
/** New values. `replace` takes away what is not mentioned, `partial` leaves it. */
export interface Write {
  readonly type: 'write'
  readonly mode: 'replace' | 'partial'
  readonly path: Path
  readonly nodes: readonly Node[]
  /** The content format; absent, the encoder chooses. */
  readonly format?: number
  /** Of a peer's request: the octets went to a sink; `nodes` is empty. */
  readonly streamed?: StreamedBody
  /** Of ours: the octets come from here, as opaque. */
  readonly source?: Source
}
/** Sets (or with `undefined` takes away) the attributes of a path for this server. */
export interface WriteAttributes {
  readonly type: 'write-attributes'
  readonly path: Path
  readonly attributes: AttributeChanges
}
/** Makes a Resource do its work. */
export interface Execute {
  readonly type: 'execute'
  readonly path: Path
  readonly arguments: ExecuteArguments
}
/** A new Object Instance; without `instance` the client numbers it. */
export interface Create {
  readonly type: 'create'
  readonly path: Path
  readonly instance?: number
  readonly nodes: readonly Node[]
  readonly format?: number
}
/** Takes away an Object Instance, or (LwM2M 1.2) a Resource Instance. */
export interface Delete {
  readonly type: 'delete'
  readonly path: Path
}

/** The values at several paths at once; what is not there, or may not be read, is passed over (LwM2M Core §6.3.8). */
export interface ReadComposite {
  readonly type: 'read-composite'
  readonly paths: readonly Path[]
  /** The content format wanted. */
  readonly accept?: number
  /** The content format of the list of paths; absent, the encoder chooses. */
  readonly format?: number
}
/** Values at any places, all or nothing; nothing that is not there comes to be but Resource Instances (LwM2M Core §6.3.9). */
export interface WriteComposite {
  readonly type: 'write-composite'
  readonly nodes: readonly Node[]
  /** Resource Instances that go (SenML-ETCH). */
  readonly deleted?: readonly Path[]
  readonly format?: number
}
/** Several paths as one observation (LwM2M Core §6.4.4). */
export interface ObserveComposite {
  readonly type: 'observe-composite'
  readonly paths: readonly Path[]
  readonly accept?: number
  readonly format?: number
  /** LwM2M 1.2: pmin, pmax, epmin, epmax and con of this observation alone. */
  readonly attributes?: AttributeChanges
}
/** Ends it, with a last Read-Composite (LwM2M Core §6.4.5). */
export interface CancelObservationComposite {
  readonly type: 'cancel-observation-composite'
  readonly paths: readonly Path[]
  readonly accept?: number
  readonly format?: number
}

// ── from a bootstrap server to a client (LwM2M Core §6.1.7); its Write, Read, Discover and Delete are those above, at any depth ──

/** All is written. */
export interface BootstrapFinish {
  readonly type: 'bootstrap-finish'
}

// ── from a client to a bootstrap server (LwM2M Core §6.1.7) ────────────────────────────────────────────────────────────────────

/** Asks to be given its accounts. */
export interface BootstrapRequest {
  readonly type: 'bootstrap-request'
  readonly endpoint?: string
  /** The content format that the client prefers for what is written. */
  readonly pct?: number
}
/** LwM2M 1.2: asks for all of it in one answer. */
export interface BootstrapPackRequest {
  readonly type: 'bootstrap-pack-request'
  readonly endpoint?: string
  readonly accept?: number
  /** LwM2M 1.2.1: the Object Instances of the bootstrap account, which the Pack must leave alone. */
  readonly accounts?: readonly Path[]
}

// ── from a client to a server: registration (LwM2M Core §6.2) ────────────────────────────────────────────────────────────────

/** Says that the client is there, and what it has. */
export interface Register {
  readonly type: 'register'
  /** May be omitted from 1.1 on when the security session tells it. */
  readonly endpoint?: string
  /** Seconds; 0 is for ever. Absent: 86400. */
  readonly lifetimeSeconds?: number
  readonly version: string
  /** Letters of the transports: U, T, M, H, S, N. Absent: U. */
  readonly binding?: string
  readonly queueMode?: boolean
  readonly sms?: string
  /** LwM2M 1.2: Profile IDs, which stand for a list of Objects that the server knows. */
  readonly profiles?: readonly string[]
  readonly has: Inventory
}
/** Says that the client is still there; only what changed is carried. */
export interface Update {
  readonly type: 'update'
  /** What Register was answered. */
  readonly location: readonly string[]
  readonly lifetimeSeconds?: number
  readonly binding?: string
  readonly sms?: string
  /** LwM2M 1.2: as in Register. */
  readonly profiles?: readonly string[]
  readonly has?: Inventory
}
/** Says that the client goes. */
export interface Deregister {
  readonly type: 'deregister'
  readonly location: readonly string[]
}
/** The Objects and Object Instances of a client. */
export interface Inventory {
  /** Where the data model hangs, if not at `/`. */
  readonly root?: string
  /** The content formats it speaks, if it says so. */
  readonly contentFormats?: readonly number[]
  readonly objects: readonly Listed[]
}
/** A place with what is said of it: `ver`, `dim`, `ssid`, `uri`, and notification attributes. */
export interface Listed {
  readonly path: Path
  readonly attributes: Readonly<Record<string, string | number>>
}

// ── from a client to a server: reporting (LwM2M Core §6.4.6) ──────────────────────────────────────────────────────────────────

/** Values that nobody asked for, each perhaps with its own time. */
export interface Send {
  readonly type: 'send'
  readonly nodes: readonly Node[]
  readonly format?: number
  /** Default: confirmable. */
  readonly confirmable?: boolean
}

/** What a server asks of a client. */
export type ManagementOperation =
  | Read
  | Observe
  | CancelObservation
  | Discover
  | Write
  | WriteAttributes
  | Execute
  | Create
  | Delete
  | ReadComposite
  | WriteComposite
  | ObserveComposite
  | CancelObservationComposite
  | BootstrapFinish
/** What a client asks of a server. */
export type RegistrationOperation = Register | Update | Deregister
/** What a client asks of a bootstrap server. */
export type BootstrapOperation = BootstrapRequest | BootstrapPackRequest
export type Operation = ManagementOperation | RegistrationOperation | BootstrapOperation | Send
export type OperationType = Operation['type']

/** The arguments of Execute: a digit, and with it a text or nothing (LwM2M Core §6.3.5). */
export type ExecuteArguments = Readonly<Record<number, string | null>>

/** What Write-Attributes asks for: a value sets, `undefined` takes away. Periods are seconds (LwM2M Core §5.1.2). */
export type AttributeChanges = AttributeChange

// ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What an operation came to. */
export interface Outcome {
  readonly code: Code
  /** Of Read, Observe, Notify and Cancel Observation: the values. */
  readonly nodes?: readonly Node[]
  /** Of Discover. */
  readonly listed?: readonly Listed[]
  /** Of Register (`rd`, …) and Create (Object and Instance ID): the Location-Path. */
  readonly location?: readonly string[]
  /** Of an error: words for a human (RFC 7252 §5.5.2). */
  readonly diagnostic?: string
  /** Of an answer that could not be understood: why. */
  readonly fault?: FormatFault
  /** Seconds until trying again makes sense, with 5.03 (RFC 7252 §5.10.5). */
  readonly maxAgeSeconds?: number
}
