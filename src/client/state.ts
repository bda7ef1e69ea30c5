/** What a client knows: its accounts, its data model, what it is asked to do and who observes what (LwM2M Core §6, §7). */
import type { Instant } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import type { Secret } from '../core/secret.ts'
import { Table } from '../core/table.ts'
import type { ExchangeId, Request } from '../exchange/exchange.ts'
import type { Token } from '../message/message.ts'
import type { Change } from '../model/change.ts'
import type { Node } from '../model/node.ts'
import type { PathString } from '../model/path.ts'
import { model, type InstanceRow, type Model } from '../model/state.ts'
import type { Operation, Version } from '../operation/operation.ts'
import type { Configuration } from './configuration.ts'
import type { Offer } from './offer.ts'
import { pairsIn } from './pairs.ts'
import type { Reason } from './reason.ts'
import { heldTable, type Held } from './persist/promise.ts'
import { writtenTable, type WrittenRow } from './persist/written.ts'
import { nothingReported, type ReportingState } from './reporting-rows.ts'

export type { Observation } from './reporting-rows.ts'

/** Where an account is in its life (LwM2M Core §6.1, §6.2): docs/lifecycle.md. */
export type Phase =
  | 'idle' // waits for another: its turn in the registration order, or the end of bootstrap
  | 'waiting' // until its moment: initial delay, hold-off, back-off
  | 'connecting'
  | 'registering'
  | 'registered'
  | 'updating'
  | 'asleep' // registered, in queue mode, its link closed
  | 'deregistering'
  | 'disabled' // by the server or the application, for a time
  | 'offline' // the application says that there is no network; the registration stays
  | 'requesting' // of a bootstrap server: Bootstrap-Request or Bootstrap-Pack-Request is under way
  | 'bootstrapping' // of a bootstrap server: it reads, writes and deletes
  | 'failed' // every attempt failed, or the account cannot be used; left by the application alone
  | 'stopped'

/** What follows De-register. */
export type After = 'stop' | 'restart' | 'bootstrap' | 'disable' | 'register'

/** One account: one server and one registration, or the bootstrap server. */
export interface Account {
  /** The Security Object Instance. */
  readonly account: number
  readonly role: 'server' | 'bootstrap'
  /** The Server Object Instance; -1 for the bootstrap server. */
  readonly server: number
  readonly phase: Phase
  readonly reason: Reason
  /** A response code, or what the transport said. */
  readonly detail: string
  readonly version: Version
  /** The operation under way; '' when none is. */
  readonly exchange: Token
  /** A link was opened, and not closed since. */
  readonly linked: boolean
  readonly location: readonly string[]
  /** Failures in this sequence, and failed sequences (LwM2M Core §6.2.1.2). */
  readonly attempts: number
  readonly sequences: number
  /** What the server knows of us, and what the request under way says. */
  readonly told: Told
  readonly telling: Told
  /** An Update is wanted whatever the server knows. */
  readonly updateWanted: boolean
  /** After De-register. */
  readonly after: After | undefined
  /** There was a registration since bootstrap: the initial delay is over (/1/x/14). */
  readonly known: boolean
  /** The server does not know our Profile ID: it is told of everything. */
  readonly listsAll: boolean
  /** Not a registration, only a link is missing: nothing is said when it is there, or only an Update. */
  readonly resumes: boolean
  /** Of the bootstrap server: what is being asked for. */
  readonly asks: 'pack' | 'request' | 'bare-request'
  /** Disabled by the server and by the application: both must be over. */
  readonly enabledAt: Instant | undefined
  readonly resumedAt: Instant | undefined
  /** When the next Update is due, and until when the server may talk to us (queue mode). */
  readonly updateAt: Instant
  readonly awakeUntilAt: Instant
  /** Of the bootstrap server: when its account is deleted (/0/x/12). */
  readonly purgeAt: Instant
  readonly dueAt: Instant
}
/** What Register and Update say that may change. */
export interface Told {
  readonly lifetimeSeconds: number
  readonly binding: string
  readonly queueMode: boolean
  /** Which revision of the list of Objects. */
  readonly inventory: number
}

/** A server's operation that waits for the application. */
export interface Transaction {
  readonly id: number
  readonly kind: 'read' | 'write' | 'execute' | 'notify'
  readonly account: number
  readonly remote: Remote
  readonly exchange: ExchangeId
  readonly request: Request | undefined
  readonly operation: Operation
  readonly changes: readonly Change[]
  /** Whose answers are missing. */
  readonly waitsFor: readonly PathString[]
  /** Values gathered so far. */
  readonly gathered: readonly Node[]
  /** The Object Instances that are written, and the Object in which one is created: others who write them wait. */
  readonly holds: readonly PathString[]
  /** It waits for those before it; nobody has been asked yet. */
  readonly queued: boolean
  readonly dueAt: Instant
}

export interface ClientState extends ReportingState {
  readonly accounts: Table<Account>
  readonly model: Model
  readonly transactions: Table<Transaction>
  /** Counts the changes of the list of Objects and Object Instances. */
  readonly inventory: number
  readonly nextTransaction: number
  readonly stopping: boolean
  /** Secret keys by Security Object Instance. */
  readonly keys: Table<Secret>
  /** What was there before bootstrap touched it, by path: a failed bootstrap puts it back. */
  readonly before: Table<Before>
  /** Transports that are offline: letters of bindings. */
  readonly offline: string
  /** What the application offers since the beginning, an entry for each Object. */
  readonly offers: readonly Offer[]
  /** What servers changed in the application's Objects, where that is to survive. */
  readonly written: Table<WrittenRow>
  /** Answers that wait until what they promise is stored. */
  readonly held: Table<Held>
  readonly nextSave: number
  /** Counts answers, that notifications after a restart are numbered beyond those before it (RFC 7641 §3.4). */
  readonly notified: number
}
/** An Object Instance, and of a Security Object Instance its key, as they were; absent: not there. */
export interface Before {
  readonly object: number
  readonly instance: number
  readonly row?: InstanceRow
  readonly key?: Secret
}

const dueAt = (row: { readonly dueAt: Instant }): Instant => row.dueAt

/** The state in which a client begins: every account is due. */
export const initialState = ({ accounts, instances, keys, version: newest, limits }: Configuration): ClientState => {
  const state: ClientState = {
    accounts: new Table<Account>({
      name: 'accounts',
      limit: limits.accountsMax,
      deadline: dueAt,
      alias: ({ account }) => remoteOf(account),
    }),
    model: model(limits.instancesMax),
    transactions: new Table<Transaction>({ name: 'transactions', limit: limits.transactionsMax, deadline: dueAt }),
    ...nothingReported(limits),
    inventory: 1,
    nextTransaction: 1,
    stopping: false,
    keys: new Table<Secret>({ name: 'keys', limit: limits.accountsMax }),
    before: new Table<Before>({ name: 'before', limit: limits.instancesMax * 2 }),
    offline: '',
    offers: [],
    written: writtenTable(limits.instancesMax * 2),
    held: heldTable(limits.transactionsMax),
    nextSave: 1,
    notified: 0,
  }
  for (const row of instances) state.model.put(String(row.object), row.instance, row)
  for (const [account, key] of keys) state.keys.put('', account, key)
  for (const { account, role, server } of pairsIn(state.model))
    state.accounts.put('', account, newAccount(account, role, server, accounts[account]?.version ?? newest))
  return state
}

/** The link of an account. */
export const remoteOf = (account: number): Remote => `account ${account}`

/** An account that nothing has happened to: a server is due, the bootstrap server waits to be wanted. */
export const newAccount = (account: number, role: Account['role'], server: number, version: Version): Account => ({
  account,
  role,
  server,
  phase: role === 'server' ? 'waiting' : 'idle',
  reason: 'start',
  detail: '',
  version,
  exchange: '',
  linked: false,
  location: [],
  attempts: 0,
  sequences: 0,
  told: nothingTold,
  telling: nothingTold,
  updateWanted: false,
  after: undefined,
  known: false,
  listsAll: false,
  resumes: false,
  asks: 'pack',
  enabledAt: undefined,
  resumedAt: undefined,
  updateAt: Infinity,
  awakeUntilAt: Infinity,
  purgeAt: Infinity,
  dueAt: 0,
})
export const nothingTold: Told = { lifetimeSeconds: 0, binding: '', queueMode: false, inventory: 0 }
