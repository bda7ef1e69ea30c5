/** Who observes what: observations begin, are looked at when something changed, and end (LwM2M Core §6.4; RFC 7641). */
import type { Remote } from '../core/ports.ts'
import type { Tick } from '../core/machine.ts'
import type { ExchangeId } from '../exchange/exchange.ts'
import { maxTransmitWaitMs } from '../exchange/parameters.ts'
import { responses } from '../message/code.ts'
import type { Node } from '../model/node.ts'
import { ruleWith, type Measured, type NotificationRule } from '../model/notification-rule.ts'
import { formatPath, type Path, type PathString } from '../model/path.ts'
import type { ReadRefusal } from '../model/state.ts'
import { judgeNodes } from '../model/verdict.ts'
import type { Outcome } from '../operation/operation.ts'
import type { Responded } from '../operation/word.ts'
import { isReachable } from './account.ts'
import { readAs } from './access.ts'
import { readComposite } from './composite.ts'
import { concernedBy, enlist, hasRoom, keep, strike, within } from './observing.ts'
import { onDemandAt } from './places.ts'
import { confirmableOf, evaluationOf, periodsOf, thresholdsOf } from './reporting-attributes.ts'
import type { Observation } from './reporting-rows.ts'
import { abortSends, sendGathered } from './sending.ts'
import { isTimed, store, storeEnd } from './stored.ts'
import { send, tell, type Work } from './work.ts'

/** What an observation begins with. */
export type Beginning = Pick<Observation, 'account' | 'remote' | 'exchange' | 'paths' | 'request' | 'operation' | 'version'>

/** Begins an observation with the values that answer its request; says whether there was room. */
export const observe = (work: Work, beginning: Beginning, nodes: readonly Node[]): boolean => {
  const { now } = work.stamp
  forgetObserver(work, beginning.remote, beginning.exchange)
  if (!hasRoom(work, beginning.paths.length)) return false
  const machine = ruleOf(work, beginning)
  const [rule] = machine.step(machine.initial, { type: 'measured', value: nodes }, work.stamp)
  enlist(work, planned(work, { ...beginning, ...fresh, rule, evaluatedAt: now }, machine))
  return true
}

const fresh = { format: undefined, history: undefined, gathering: false, postponed: false, dueAt: Infinity } as const

/** What an answer travels in is kept; one that failed ended its observation (RFC 7641 §4.2). */
export const answeredAs = (work: Work, { remote, exchange, contentFormat, last, operation, code, meant }: Responded): void => {
  const account = meant === undefined ? undefined : work.state.accounts.aliased('', remote)?.row.account
  if (account !== undefined)
    tell(work, {
      type: 'operation',
      account,
      operation: operation.type,
      path: 'path' in operation ? formatPath(operation.path) : '/',
      code,
    })
  const row = work.state.observations.get(remote, exchange)
  if (row === undefined) return
  if (last) forgetObserver(work, remote, exchange)
  else if (row.format !== contentFormat) keep(work, { ...row, format: contentFormat })
}

/** An observation has ended, whoever ended it. */
export const forgetObserver = (work: Work, remote: Remote, exchange: ExchangeId): void => void strike(work, remote, exchange)

/** The server ended an observation. History that it rejected, not knowing us at a new address, goes to the observation that took its place. */
export const cancelled = (work: Work, remote: Remote, exchange: ExchangeId): void => {
  const { history, paths } = strike(work, remote, exchange) ?? {}
  if (history === undefined || work.stamp.now > history.sentAt + maxTransmitWaitMs(work.it.parameters)) return
  const places = paths!.map(formatPath).join()
  const heir = [...work.state.observations.in(remote)].find(({ row }) => isTimed(row) && row.paths.map(formatPath).join() === places)
  if (heir !== undefined) respond(work, heir.row, { code: responses.Content, nodes: history.nodes }, false)
}

/** A new registration begins without any, and those of the old one are let go below, too; so are its Sends (LwM2M Core §6.4.1). */
export const forgetObservers = (work: Work, remote: Remote): void => {
  for (const { row } of [...work.state.observations.in(remote)]) {
    strike(work, remote, row.exchange)
    send(work, { type: 'cancel', exchange: row.exchange, remote })
  }
  abortSends(work, remote)
}

// ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Looks at every observation that the changes of this step touch, once. */
export const evaluateChanged = (work: Work): void => {
  if (work.state.observations.size === 0 || work.changed.length === 0) return
  for (const row of concernedBy(work, work.changed)) evaluate(work, row)
}

/** Looks at the observations of some remotes at or below a place (of all, at the root): their attributes changed, or what they observe is gone. */
export const evaluateAt = (work: Work, path: Path, remotes: readonly Remote[]): void => {
  if (work.state.observations.size === 0) return
  const rows =
    path.object === undefined
      ? remotes.flatMap((remote) => [...work.state.observations.in(remote)].map(({ row }) => row))
      : within(work, path).filter(({ remote }) => remotes.includes(remote))
  for (const row of rows) evaluate(work, row)
}

/** pmin, pmax, epmin or epmax has passed. What is read on demand is read first, if the last reading is too old; the answer is `wanted`. */
export const due = (work: Work, row: Observation): Observation | undefined => {
  const { now } = work.stamp
  const machine = ruleOf(work, row)
  const { epminMs, epmaxMs } = evaluationOf(work, row)
  const ruleDue = machine.deadline(row.rule) <= now
  const reading = (ruleDue && row.rule.waiting === undefined) || row.postponed || now >= row.evaluatedAt + epmaxMs
  if (reading && now >= row.evaluatedAt + epminMs && onDemandFor(work, row).length > 0) {
    keep(work, { ...row, gathering: true, postponed: false, dueAt: Infinity })
    return row
  }
  if (ruleDue) advance(work, row, machine, { type: 'tick' })
  else keep(work, planned(work, row, machine))
  return undefined
}
/** The Resources that are to be read for an observation. */
export const onDemandFor = (work: Work, { paths }: Pick<Observation, 'paths'>): readonly PathString[] =>
  paths.length === 1 ? onDemandAt(work, paths[0]!) : [...new Set(paths.flatMap((path) => onDemandAt(work, path)))]

/** What was to be read for an observation, or for a Send, has been read, or not. */
export const gathered = (work: Work, remote: Remote, exchange: ExchangeId): void => {
  const { observations } = work.state
  const row = observations.get(remote, exchange)
  if (row === undefined) return sendGathered(work, remote, exchange)
  evaluate(work, { ...row, gathering: false, evaluatedAt: work.stamp.now })
  const now = observations.get(remote, exchange)
  if (now === undefined) return
  const machine = ruleOf(work, now)
  if (machine.deadline(now.rule) <= work.stamp.now) advance(work, now, machine, { type: 'tick' })
}

const evaluate = (work: Work, row: Observation): void => {
  const { now } = work.stamp
  const nodes = current(work, row)
  if ('refused' in nodes) return end(work, row, { code: nodes.code })
  const machine = ruleOf(work, row)
  const early = now > row.evaluatedAt && now < row.evaluatedAt + evaluationOf(work, row).epminMs
  if (early && onDemandFor(work, row).length > 0) return keep(work, planned(work, { ...row, postponed: true }, machine))
  advance(work, { ...row, evaluatedAt: now, postponed: false }, machine, { type: 'measured', value: nodes })
}
/** What there is to see now. A composite observation passes over what is not there (LwM2M Core §6.4.4). */
const current = (work: Work, { account, paths, operation }: Observation): readonly Node[] | ReadRefusal =>
  operation.type === 'observe' ? readAs(work, account, paths[0]!) : readComposite(work, account, paths)

const advance = (
  work: Work,
  row: Observation,
  machine: NotificationRule<readonly Node[]>,
  event: Measured<readonly Node[]> | Tick,
): void => {
  const [rule, notify] = machine.step(row.rule, event, work.stamp)
  keep(work, planned(work, { ...row, rule, history: notify.length > 0 ? undefined : row.history }, machine))
  for (const { value } of notify) report(work, row, value)
}
/** When the observation next has work. */
const planned = (work: Work, row: Observation, machine: NotificationRule<readonly Node[]>): Observation => {
  if (row.gathering) return { ...row, dueAt: Infinity }
  const ruleAt = machine.deadline(row.rule)
  if (onDemandFor(work, row).length === 0) return { ...row, dueAt: ruleAt }
  const { epminMs, epmaxMs } = evaluationOf(work, row)
  return { ...row, dueAt: Math.min(ruleAt, row.evaluatedAt + (row.postponed ? Math.min(epminMs, epmaxMs) : epmaxMs)) }
}
const ruleOf = (work: Work, which: Pick<Observation, 'account' | 'paths' | 'operation'>): NotificationRule<readonly Node[]> =>
  ruleWith(periodsOf(work, which), judgeNodes(thresholdsOf(work, which)))

// ── notifying ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Notifies now, or keeps the values until the server can be reached. */
const report = (work: Work, row: Observation, nodes: readonly Node[]): void => {
  if (reaches(work, row)) respond(work, row, { code: responses.Content, nodes }, false)
  else store(work, row, nodes)
}
/** What is stored goes first. */
const reaches = ({ state: { accounts, stored } }: Work, { account, remote }: Observation): boolean => {
  const row = accounts.get('', account)
  return row !== undefined && isReachable(row) && stored.count(remote) === 0
}
/** An error ends an observation (RFC 7641 §3.2). Where nobody would hear it, it is said when the server is there again. */
const end = (work: Work, row: Observation, outcome: Outcome): void => {
  if (!reaches(work, row)) {
    storeEnd(work, row)
    return keep(work, { ...row, gathering: false, dueAt: Infinity })
  }
  forgetObserver(work, row.remote, row.exchange)
  respond(work, row, outcome, true)
}
/** Says what an observation has to say. */
export const respond = (work: Work, row: Observation, outcome: Outcome, last: boolean): void => {
  const { exchange, request, operation, version, account, paths } = row
  const confirmable = confirmableOf(work, row, outcome.nodes ?? [])
  send(work, {
    type: 'respond',
    exchange,
    request,
    operation,
    outcome,
    last,
    version,
    ...(confirmable === undefined ? {} : { confirmable }),
  })
  const path = paths.length === 1 ? formatPath(paths[0]!) : '/'
  tell(work, { type: 'operation', account, operation: 'notify', path, code: outcome.code })
}
