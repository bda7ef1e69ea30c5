/** Send: values that nobody asked for, to a server that takes them (LwM2M Core §6.4.6). */
import type { Remote } from '../core/ports.ts'
import type { ExchangeId, FailureReason } from '../exchange/exchange.ts'
import { exchangeLifetimeMs, maxTransmitWaitMs } from '../exchange/parameters.ts'
import { responses, type Code } from '../message/code.ts'
import { resourceOf } from '../model/definition.ts'
import type { Node } from '../model/node.ts'
import { depth, formatPath, type Path, type PathString } from '../model/path.ts'
import { fits } from '../model/value.ts'
import { isReachable, serverAccounts, serverOf } from './account.ts'
import { mayAs } from './access.ts'
import { readComposite } from './composite.ts'
import { onDemandFor } from './observations.ts'
import { exists, isForbidden } from './places.ts'
import type { Sending } from './reporting-rows.ts'
import { remoteOf } from './state.ts'
import { gather } from './transactions.ts'
import { timeOf } from './stored.ts'
import { freshToken, held, send, tell, type Work } from './work.ts'

/** What an application sends. */
export interface SendCommand {
  readonly type: 'send'
  /** The application's name for it, in the notices that follow. */
  readonly send: string
  /** Places, sent as they are when they are taken. */
  readonly paths: readonly Path[]
  /** Values of the application's own, each perhaps with its time (seconds since 1970). */
  readonly nodes: readonly Node[]
  /** Absent: every server. */
  readonly account?: number
  /** Default: confirmable. */
  readonly confirmable?: boolean
  /** SenML CBOR, SenML JSON or LwM2M CBOR; absent, the encoder chooses. */
  readonly format?: number
}

/** Takes back what has not been answered. Nothing is said of it. */
export interface UnsendCommand {
  readonly type: 'unsend'
  readonly send: string
}

/** What became of a Send to one server. */
export type SendResult =
  | 'sent' // 2.04
  | 'rejected' // another answer
  | 'version' // the server speaks LwM2M 1.0
  | 'muted' // Mute Send (/1/x/23) is true, or not there
  | 'not-registered' // a place that is not there, or no server may read
  | 'denied' // the server may read none of it
  | 'type' // a value that does not fit its Resource
  | 'too-large' // more values than one Send may have
  | 'full' // too many Sends wait
  | 'no-account' // there is no such server
  | 'aborted' // the registration ended first
  | 'timeout' // no answer
  | 'failed' // it could not be sent

/** A Send is over. */
export interface SentNotice {
  readonly type: 'sent'
  readonly send: string
  readonly account: number
  /** How many servers it was meant for: so many notices. */
  readonly of: number
  readonly result: SendResult
  /** The response code, where there was an answer. */
  readonly code?: Code
  /** The place that is meant by `not-registered` and `type`. */
  readonly path?: PathString
}

/** Takes a Send of the application in hand, for one account or each. */
export const submitSend = (work: Work, command: SendCommand): void => {
  const rows = serverAccounts(work).map(({ account }) => account)
  const meant = command.account === undefined ? rows : [command.account]
  if (meant.length === 0 || !meant.every((account) => rows.includes(account)))
    return over(work, { send: command.send, account: command.account ?? -1, of: 1 }, 'no-account')
  for (const account of meant) submitOne(work, command, account, meant.length)
}
/** The application does not want it any more. */
export const takeBack = (work: Work, { send: name }: UnsendCommand): void => {
  for (const { scope, key, row } of [...work.state.sends.all()]) {
    if (row.send !== name) continue
    if (row.exchange !== '') send(work, { type: 'cancel', exchange: row.exchange, remote: scope })
    work.state.sends.remove(scope, key)
    work.touched = true
    pump(work, row.account)
  }
}
const submitOne = (work: Work, command: SendCommand, account: number, of: number): void => {
  const { sends } = work.state
  const about = { send: command.send, account, of }
  const fault = faultOf(work, command)
  if (fault !== undefined) return over(work, about, fault.result, fault.path === undefined ? {} : { path: fault.path })
  const reason = unwelcome(work, account)
  if (reason !== undefined) return over(work, about, reason)
  if (sends.full) return over(work, about, 'full')
  const id = work.nextTransaction++
  const row: Sending = {
    ...about,
    id,
    location: work.state.accounts.get('', account)!.location.join('/'),
    paths: command.paths,
    nodes: command.nodes,
    confirmable: command.confirmable ?? true,
    format: command.format,
    gathering: false,
    takenAt: work.stamp.now,
    exchange: '',
    dueAt: Infinity,
  }
  const wanted = onDemandFor(work, { paths: command.paths })
  put(work, { ...row, gathering: wanted.length > 0 })
  const remote = remoteOf(account)
  if (wanted.length === 0) return taken(work, row)
  const operation = { type: 'read', path: command.paths[0]! } as const
  gather(work, { account, remote, exchange: gatheringOf(id), request: undefined, operation }, wanted, 'notify')
}
const gatheringOf = (id: number): string => `send ${id}`

/** What is read on demand has been read for a Send. */
export const sendGathered = (work: Work, remote: Remote, exchange: ExchangeId): void => {
  if (typeof exchange !== 'string' || !exchange.startsWith('send ')) return
  const row = work.state.sends.get(remote, Number(exchange.slice('send '.length)))
  if (row !== undefined) taken(work, { ...row, gathering: false })
}
/** The values of this moment, as far as the server may read them. */
const taken = (work: Work, row: Sending): void => {
  const read = readComposite(work, row.account, row.paths)
  const nodes = [...('refused' in read ? [] : read), ...row.nodes.filter(({ path }) => mayAs(work, row.account, 'R', path))]
  if (nodes.length === 0) return finish(work, row, 'denied')
  if (nodes.length > work.it.limits.sendValuesMax) return finish(work, row, 'too-large')
  put(work, { ...row, nodes, takenAt: work.stamp.now })
  pump(work, row.account)
}

/** What is wrong with it, whoever it is for: Sends are of what is registered and can be read. */
const faultOf = (work: Work, { paths, nodes }: SendCommand): { readonly result: SendResult; readonly path?: PathString } | undefined => {
  if (paths.length + nodes.length === 0 || nodes.length > work.it.limits.sendValuesMax) return { result: 'too-large' }
  for (const path of [...paths, ...nodes.map((node) => node.path)])
    if (!isRegistered(work, path)) return { result: 'not-registered', path: formatPath(path) }
  for (const { path, value } of nodes) {
    const definition = resourceOf(work.it.definitions, path)
    if (depth(path) < 3 || definition?.operations.includes('R') !== true) return { result: 'not-registered', path: formatPath(path) }
    if (definition.type !== undefined && !fits(definition.type, value)) return { result: 'type', path: formatPath(path) }
  }
  return undefined
}
const isRegistered = (work: Work, path: Path): boolean => {
  const { object, instance } = path
  return object !== undefined && !isForbidden(path) && exists(work, instance === undefined ? { object } : { object, instance })
}
/** Why a server takes no Send. */
const unwelcome = (work: Work, account: number): SendResult | undefined => {
  if (work.state.accounts.get('', account)?.version === '1.0') return 'version'
  return held(work, 1, serverOf(work, account), 23) === false ? undefined : 'muted'
}

/** Sends the next one that waits, if the server can be reached and none is under way. */
export const pump = (work: Work, account: number): void => {
  const { sends, accounts } = work.state
  const remote = remoteOf(account)
  const row = accounts.get('', account)
  if (sends.count(remote) === 0 || row === undefined) return
  const reason = unwelcome(work, account)
  if (reason !== undefined) for (const placed of waiting(work, remote)) finish(work, placed, reason)
  const next = waiting(work, remote)[0]
  if (next === undefined || !isReachable(row) || underWay(work, remote)) return
  const { nodes, format, confirmable } = next
  const exchange = freshToken(work)
  const dueAt = work.stamp.now + maxTransmitWaitMs(work.it.parameters) + exchangeLifetimeMs(work.it.parameters)
  put(work, { ...next, exchange, dueAt })
  send(work, {
    type: 'perform',
    exchange,
    remote,
    operation: { type: 'send', nodes: dated(work, next, nodes), confirmable, ...(format === undefined ? {} : { format }) },
  })
}
const waiting = ({ state: { sends } }: Work, remote: Remote): readonly Sending[] =>
  [...sends.in(remote)].map(({ row }) => row).filter(({ exchange, gathering }) => exchange === '' && !gathering)
const underWay = ({ state: { sends } }: Work, remote: Remote): boolean => [...sends.in(remote)].some(({ row }) => row.exchange !== '')

/** What had to wait says when it was taken. */
const dated = (work: Work, { takenAt }: Sending, nodes: readonly Node[]): readonly Node[] => {
  if (takenAt === work.stamp.now) return nodes
  const time = timeOf(work.stamp, takenAt)
  return nodes.map((node) => (node.time === undefined ? { ...node, time } : node))
}

/** The exchange of a Send ended; says whether it was one. */
export const sendAnswered = (work: Work, remote: Remote, exchange: ExchangeId, code: Code): boolean => {
  const row = work.state.sends.aliased(remote, exchange)?.row
  if (row === undefined) return false
  finish(work, row, code === responses.Changed ? 'sent' : 'rejected', { code })
  pump(work, row.account)
  return true
}
/** The exchange failed. One that ended with its link waits for the next one. */
export const sendFailed = (work: Work, remote: Remote, exchange: ExchangeId, reason: FailureReason): boolean => {
  const row = work.state.sends.aliased(remote, exchange)?.row
  if (row === undefined) return false
  if (reason === 'aborted') put(work, { ...row, exchange: '', dueAt: Infinity })
  else {
    finish(work, row, reason === 'timeout' ? 'timeout' : 'failed')
    pump(work, row.account)
  }
  return true
}
/** Nobody said what became of it: this client was restored without its exchanges. */
export const sendDue = (work: Work, row: Sending): void => finish(work, row, 'timeout')

/** The registration in which they were made is over. Those made before the first one wait for it, but at the `end`. */
export const abortSends = (work: Work, remote: Remote, end = false): void => {
  for (const { row } of [...work.state.sends.in(remote)]) {
    if (row.location === '' && !end) continue
    if (row.exchange !== '') send(work, { type: 'cancel', exchange: row.exchange, remote })
    finish(work, row, 'aborted')
  }
}

const put = (work: Work, row: Sending): void => {
  work.state.sends.put(remoteOf(row.account), row.id, row)
  work.touched = true
}
const finish = (work: Work, row: Sending, result: SendResult, more: Partial<SentNotice> = {}): void => {
  work.state.sends.remove(remoteOf(row.account), row.id)
  work.touched = true
  over(work, row, result, more)
}
const over = (
  work: Work,
  { send: name, account, of }: Pick<Sending, 'send' | 'account' | 'of'>,
  result: SendResult,
  more: Partial<SentNotice> = {},
): void => tell(work, { ...more, type: 'sent', send: name, account, of, result })
