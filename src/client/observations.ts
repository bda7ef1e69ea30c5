/** Who observes what, and when they are notified (LwM2M Core §6.4; RFC 7641). */
import type { Remote } from '../core/ports.ts'
import type { ExchangeId } from '../exchange/exchange.ts'
import { responses } from '../message/code.ts'
import { inherited, type Attributes } from '../model/attributes.ts'
import type { Node } from '../model/node.ts'
import { ofNodes } from '../model/comparison.ts'
import { notificationRule, type Measured } from '../model/notification-rule.ts'
import type { Tick } from '../core/machine.ts'
import { contains, depth, formatPath, type Path, type PathString } from '../model/path.ts'
import type { Outcome } from '../operation/operation.ts'
import { readAs } from './access.ts'
import { onDemandAt } from './places.ts'
import type { Observation } from './state.ts'
import { numberAt, send, tell, type Work } from './work.ts'

/** Begins an observation with the values that answer its request; says whether there was room. */
export const observe = (work: Work, observation: Omit<Observation, 'rule' | 'gathering' | 'dueAt'>, nodes: readonly Node[]): boolean => {
  const { observations, observers } = work.state
  const { remote, exchange, path } = observation
  forgetObserver(work, remote, exchange)
  if (observations.full || observers.full) return false
  const machine = ruleOf(work, observation)
  const [rule] = machine.step(machine.initial, { type: 'measured', value: nodes }, work.stamp)
  const place = { path: formatPath(path), key: keyOf(remote, exchange) }
  observers.put(remote, exchange, place)
  observations.put(place.path, place.key, { ...observation, rule, gathering: false, dueAt: machine.deadline(rule) })
  work.touched = true
  return true
}
const keyOf = (remote: Remote, exchange: ExchangeId) => `${remote} ${exchange}`

/** An observation has ended, whoever ended it. */
export const forgetObserver = (work: Work, remote: Remote, exchange: ExchangeId): void => {
  const place = work.state.observers.get(remote, exchange)
  if (place === undefined) return
  work.state.observers.remove(remote, exchange)
  work.state.observations.remove(place.path, place.key)
  work.touched = true
}
/** A new registration begins without any (LwM2M Core §6.4). */
export const forgetObservers = (work: Work, remote: Remote): void => {
  for (const { key } of [...work.state.observers.in(remote)]) forgetObserver(work, remote, key)
}

/** Looks at every observation that the changes of this step touch, once. */
export const evaluateChanged = (work: Work): void => {
  if (work.state.observations.size === 0) return
  const seen = new Set<string>()
  for (const path of work.changed)
    for (const scope of around(path))
      for (const { key, row } of [...work.state.observations.in(scope)]) {
        if (seen.has(String(key))) continue
        seen.add(String(key))
        evaluate(work, row)
      }
}
/** Where observations of a changed place are: there, above it, and at the Resource Instances below a Resource. */
const around = (path: Path): readonly PathString[] => {
  const { object, instance, resource, resourceInstance } = path
  const levels = [{ object }, { object, instance }, { object, instance, resource }, { object, instance, resource, resourceInstance }]
  return levels.slice(0, depth(path)).map(formatPath)
}

/** Looks at the observations of a remote at, below or above a place: their attributes changed, or what they observe is gone. */
export const evaluateAt = (work: Work, path: Path, remotes: readonly Remote[]): void => {
  for (const remote of remotes)
    for (const { key } of [...work.state.observers.in(remote)]) {
      const row = rowOf(work, remote, key)
      if (row !== undefined && contains(path, row.path)) evaluate(work, row)
    }
}
const rowOf = ({ state: { observers, observations } }: Work, remote: Remote, exchange: ExchangeId): Observation | undefined => {
  const place = observers.get(remote, exchange)
  return place === undefined ? undefined : observations.get(place.path, place.key)
}

/** pmin or pmax has passed. What is read on demand is read first; the answer is `wanted`. */
export const due = (work: Work, row: Observation): Observation | undefined => {
  const machine = ruleOf(work, row)
  const isLate = row.rule.waiting === undefined
  if (isLate && !row.gathering && onDemandAt(work, row.path).length > 0) {
    put(work, { ...row, gathering: true, dueAt: Infinity })
    return row
  }
  advance(work, row, machine, { type: 'tick' })
  return undefined
}
/** What was to be read for an observation has been read, or not. */
export const gathered = (work: Work, remote: Remote, exchange: ExchangeId): void => {
  const row = rowOf(work, remote, exchange)
  if (row === undefined) return
  evaluate(work, { ...row, gathering: false })
  const now = rowOf(work, remote, exchange)
  if (now === undefined) return
  const machine = ruleOf(work, now)
  if (machine.deadline(now.rule) <= work.stamp.now) advance(work, now, machine, { type: 'tick' })
}

const evaluate = (work: Work, row: Observation): void => {
  const nodes = readAs(work, row.account, row.path)
  if ('refused' in nodes) return end(work, row, { code: nodes.code })
  advance(work, row, ruleOf(work, row), { type: 'measured', value: nodes })
}
const advance = (work: Work, row: Observation, machine: ReturnType<typeof ruleOf>, event: Measured<readonly Node[]> | Tick): void => {
  const [rule, notify] = machine.step(row.rule, event, work.stamp)
  put(work, { ...row, rule, dueAt: row.gathering ? Infinity : machine.deadline(rule) })
  for (const { value } of notify) respond(work, row, { code: responses.Content, nodes: value }, false)
}
/** An error ends an observation (RFC 7641 §3.2). */
const end = (work: Work, row: Observation, outcome: Outcome): void => {
  forgetObserver(work, row.remote, row.exchange)
  respond(work, row, outcome, true)
}
const respond = (work: Work, row: Observation, outcome: Outcome, last: boolean): void => {
  const { exchange, request, operation, version, path, account } = row
  const { con } = attributesAt(work, row)
  send(work, {
    type: 'respond',
    exchange,
    request,
    operation,
    outcome,
    last,
    version,
    ...(con === undefined ? {} : { confirmable: con === 1 }),
  })
  tell(work, { type: 'operation', account, operation: 'notify', path: formatPath(path), code: outcome.code })
}
const put = (work: Work, row: Observation): void => {
  work.state.observations.put(formatPath(row.path), keyOf(row.remote, row.exchange), row)
  work.touched = true
}

// ── the rule ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const ruleOf = (work: Work, observation: Pick<Observation, 'account' | 'path' | 'operation'>) =>
  notificationRule(attributesAt(work, observation), ofNodes)

/** The attributes in force: of the observation itself, of its path, of the levels above, and the Server Object's defaults (LwM2M Core §5.1.2). */
const attributesAt = (work: Work, { account, path, operation }: Pick<Observation, 'account' | 'path' | 'operation'>): Attributes => {
  const own = operation.type === 'observe' ? operation.attributes : undefined
  const pmin = numberAt(work, 1, account, 2)
  const pmax = numberAt(work, 1, account, 3)
  const defaults: Attributes = { ...(pmin === undefined ? {} : { pmin }), ...(pmax === undefined ? {} : { pmax }) }
  return inherited([own === undefined ? undefined : (own as Attributes), ...levelsAt(work, account, path)], defaults)
}
/** What Write-Attributes left at a path and above it, nearest first. */
export const levelsAt = (
  { state: { attributes } }: Work,
  account: number,
  { object, instance, resource, resourceInstance }: Path,
): readonly (Attributes | undefined)[] => {
  const levels: Path[] = [{ object }]
  if (instance !== undefined) levels.unshift({ object, instance })
  if (resource !== undefined) levels.unshift({ object, instance, resource })
  if (resourceInstance !== undefined) levels.unshift({ object, instance, resource, resourceInstance })
  return levels.map((level) => attributes.get(String(account), formatPath(level)))
}
