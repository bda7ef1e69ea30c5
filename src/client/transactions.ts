/** Operations that wait for the application: reads gathered, writes accepted before they are committed, work done (design: transactions). */
import type { Remote } from '../core/ports.ts'
import type { ExchangeId, Request } from '../exchange/exchange.ts'
import { isSuccess, responses } from '../message/code.ts'
import { isRefusal, type Change } from '../model/change.ts'
import type { Node } from '../model/node.ts'
import { formatPath, parsePath, type PathString } from '../model/path.ts'
import { isValues, type Value, type Values } from '../model/value.ts'
import type { Operation, Outcome } from '../operation/operation.ts'
import { change } from './commit.ts'
import { gathered } from './observations.ts'
import type { Proposal } from '../operation/object.ts'
import { answerRead, say } from './serving.ts'
import type { Transaction } from './state.ts'
import type { Decided } from './word.ts'
import { tell, type Work } from './work.ts'
import { answerWrite, isWriting, performWriting } from './writing.ts'

/** Whose operation it is. */
export interface Asker {
  readonly account: number
  readonly remote: Remote
  readonly exchange: ExchangeId
  readonly request: Request | undefined
  readonly operation: Operation
}

/** Reads Resources on demand; when all are there, the Read is answered from the model. */
export const gather = (work: Work, asker: Asker, wanted: readonly PathString[], kind: 'read' | 'notify' = 'read'): void => {
  if (wanted.length > work.it.limits.gatheredMax) return refuse(work, asker, kind)
  const row = start(work, asker, { kind, waitsFor: wanted })
  if (row === undefined) return
  for (const path of wanted) tell(work, { type: 'want', transaction: row.id, path })
}
/** Who is asked about which of a transaction's changes. */
export interface Consulted {
  readonly path: PathString
  readonly change: Change
}
/** Asks those who have a say; when all agree, the changes are committed, all of them or none. */
export const consult = (
  work: Work,
  asker: Asker,
  changes: readonly Change[],
  questions: readonly Consulted[],
  holds: readonly PathString[],
): void => {
  const waitsFor = questions.map(({ path }) => path)
  const row = start(work, asker, { kind: 'write', changes, waitsFor, holds })
  if (row === undefined) return
  for (const { path, change } of questions)
    tell(work, { type: 'consult', transaction: row.id, path, proposal: proposalOf(row.account, change, row.operation) })
}
/** Has the application execute. */
export const invoke = (work: Work, asker: Asker, by: PathString): void => {
  const { operation } = asker
  if (operation.type !== 'execute') return
  const row = start(work, asker, { kind: 'execute', waitsFor: [by] })
  if (row === undefined) return
  const target = formatPath(operation.path)
  tell(work, { type: 'invoke', transaction: row.id, path: by, target, account: row.account, arguments: operation.arguments })
}
/** Waits until those before it are done; then its operation is performed from the start, on what they left. */
export const enqueue = (work: Work, asker: Asker, holds: readonly PathString[]): void =>
  void start(work, asker, { kind: 'write', holds, queued: true })

const start = (
  work: Work,
  asker: Asker,
  { kind, changes = [], waitsFor = [], holds = [], queued = false }: Pick<Transaction, 'kind'> & Partial<Transaction>,
): Transaction | undefined => {
  const { transactions } = work.state
  if (transactions.full) {
    refuse(work, asker, kind)
    return undefined
  }
  const dueAt = work.stamp.now + work.it.limits.applicationTimeoutMs
  const row: Transaction = { ...asker, id: work.nextTransaction++, kind, changes, waitsFor, gathered: [], holds, queued, dueAt }
  transactions.put('', row.id, row)
  work.touched = true
  return row
}
const refuse = (work: Work, asker: Asker, kind: Transaction['kind']): void => {
  if (kind === 'notify') return gathered(work, asker.remote, asker.exchange)
  say(work, asker, { code: responses.ServiceUnavailable, diagnostic: 'too much is waiting for the application', maxAgeSeconds: 5 })
}
/** A change as its application sees it. */
export const proposalOf = (account: number, change: Change, operation: Operation): Proposal => ({
  account,
  change,
  ...(operation.type === 'write' && operation.streamed !== undefined ? { streamed: operation.streamed } : {}),
})

/** The application answered one question. */
export const decided = (work: Work, { transaction, path, code, value }: Decided): void => {
  const row = work.state.transactions.get('', transaction)
  if (row === undefined || !row.waitsFor.includes(path)) return
  if (!isSuccess(code)) return fail(work, row, { code })
  const answered = row.waitsFor.indexOf(path)
  const waitsFor = row.waitsFor.filter((_, index) => index !== answered)
  const next = { ...row, waitsFor, gathered: value === undefined ? row.gathered : [...row.gathered, ...nodesOf(path, value)] }
  work.touched = true
  if (waitsFor.length > 0) return work.state.transactions.put('', row.id, next)
  done(work, next)
}
const nodesOf = (text: PathString, value: Value | Values): readonly Node[] => {
  const path = parsePath(text)!
  return isValues(value)
    ? Object.entries(value).map(([id, one]) => ({ path: { ...path, resourceInstance: Number(id) }, value: one }))
    : [{ path, value }]
}

const done = (work: Work, row: Transaction): void => {
  remove(work, row)
  switch (row.kind) {
    case 'read':
      if (takeIn(work, row)) answerRead(work, row)
      else say(work, row, { code: responses.InternalServerError, diagnostic: 'the application read what does not fit' })
      break
    case 'notify':
      takeIn(work, row)
      gathered(work, row.remote, row.exchange)
      break
    case 'write':
      answerWrite(work, row, row.changes)
      break
    case 'execute':
      say(work, row, { code: responses.Changed })
  }
  startQueued(work, row.holds)
}
/** What was read goes into the model, so that everybody sees the same. */
const takeIn = (work: Work, { gathered: nodes, operation }: Transaction): boolean => {
  const changes = groupByResource(nodes).map((group): Change => ({ type: 'replace', path: group[0], nodes: group[1] }))
  const result = change(work, changes, 'application')
  if (!isRefusal(result)) return true
  tell(work, { type: 'refused', path: formatPath('path' in operation ? operation.path : {}), refusal: result })
  return false
}
const groupByResource = (nodes: readonly Node[]): readonly (readonly [Node['path'], readonly Node[]])[] => {
  const groups = new Map<PathString, [Node['path'], Node[]]>()
  for (const node of nodes) {
    const { object, instance, resource } = node.path
    const place = formatPath({ object, instance, resource })
    const group = groups.get(place) ?? [{ object, instance, resource }, []]
    group[1].push(node)
    groups.set(place, group)
  }
  return [...groups.values()]
}

/** Too late: 5.03. */
export const expire = (work: Work, row: Transaction): void =>
  fail(work, row, { code: responses.ServiceUnavailable, diagnostic: 'the application did not answer in time' })

const fail = (work: Work, row: Transaction, outcome: Outcome): void => {
  remove(work, row)
  tell(work, { type: 'abandon', transaction: row.id })
  if (row.kind === 'notify') gathered(work, row.remote, row.exchange)
  else say(work, row, row.kind === 'read' ? { ...outcome, code: responses.ServiceUnavailable } : outcome)
  startQueued(work, row.holds)
}
/** Nobody waits for the answer any more. */
export const abandon = (work: Work, remote: Remote, exchange: ExchangeId): void => {
  for (const { row } of [...work.state.transactions.in('')]) {
    if (row.remote !== remote || row.exchange !== exchange || row.kind === 'notify') continue
    remove(work, row)
    tell(work, { type: 'abandon', transaction: row.id })
    startQueued(work, row.holds)
  }
}
const remove = (work: Work, row: Transaction): void => {
  work.state.transactions.remove('', row.id)
  work.touched = true
}

// ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Whether another transaction holds one of these, or waits for it. Everything that a transaction needs it gets at once, in the order of arrival: none
 * holds one Object Instance while it waits for another, so none waits for ever.
 */
export const isBusy = ({ state: { transactions } }: Work, holds: readonly PathString[], before?: number): boolean => {
  for (const { row } of transactions.in(''))
    if (row.id < (before ?? Infinity) && row.holds.some((place) => holds.includes(place))) return true
  return false
}
/** Those whose turn has come. */
const startQueued = (work: Work, released: readonly PathString[]): void => {
  if (released.length === 0) return
  for (const { row } of [...work.state.transactions.in('')]) {
    if (!row.queued || isBusy(work, row.holds, row.id)) continue
    remove(work, row)
    if (isWriting(row.operation)) performWriting(work, row, row.operation, true)
  }
}
