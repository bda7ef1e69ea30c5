/** The client: one step for everything that can happen to it, its slices in fixed order (LwM2M Core §6). */
import type { Machine, Step, Tick } from '../core/machine.ts'
import type { Stamp } from '../core/machine.ts'
import { isRefusal } from '../model/change.ts'
import { formatPath } from '../model/path.ts'
import { isValues } from '../model/value.ts'
import { instanceAt } from '../model/state.ts'
import type { OperationUp } from '../operation/operation.ts'
import { change } from './commit.ts'
import { due as observationDue, evaluateAt, evaluateChanged, forgetObserver } from './observations.ts'
import { onDemandAt } from './places.ts'
import { answered, closed, due as accountDue, opened, settle, stop, unanswered } from './lifecycle.ts'
import { connect, move } from './registration.ts'
import { serve } from './serving.ts'
import { initialState, remoteOf, type Account, type ClientState, type Configuration } from './state.ts'
import { abandon, decided, expire, gather } from './transactions.ts'
import type { ClientDown, Command, Fed } from './word.ts'
import { begin, finish, send, tell, type ClientEffect, type ClientEvent, type Work } from './work.ts'

/** A client as a machine between operations and its application. */
export const clientMachine = (it: Configuration): Machine<ClientState, ClientEvent, ClientEffect> => ({
  name: 'client',
  initial: initialState(it),
  deadline: ({ accounts, transactions, observations }) => Math.min(accounts.deadline(), transactions.deadline(), observations.deadline()),
  step: (state, event, stamp) => step(it, state, event, stamp),
})

const step = (it: Configuration, state: ClientState, event: ClientEvent | Tick, stamp: Stamp): Step<ClientState, ClientEffect> => {
  const work = begin(it, state, stamp)
  if (event.type === 'tick') tick(work)
  else if (event.type === 'up') receive(work, event.value)
  else submit(work, event.value)
  if (work.touched || work.changed.length > 0) {
    evaluateChanged(work)
    evaluateDefaults(work)
    settleAccounts(work)
  }
  return [finish(work), work.effects]
}

// ── what may happen ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const tick = (work: Work): void => {
  const { accounts, transactions, observations } = work.state
  const { now } = work.stamp
  for (let at = accounts.due(now); at !== undefined; at = accounts.due(now)) accountDue(work, at.row)
  for (let at = transactions.due(now); at !== undefined; at = transactions.due(now)) expire(work, at.row)
  for (let at = observations.due(now); at !== undefined; at = observations.due(now)) {
    const wants = observationDue(work, at.row)
    if (wants === undefined) continue
    const { account, remote, exchange, operation, path } = wants
    gather(work, { account, remote, exchange, request: undefined, operation }, onDemandAt(work, path), 'notify')
  }
}

const receive = (work: Work, word: OperationUp): void => {
  switch (word.type) {
    case 'requested':
      return serve(work, word)
    case 'performed': {
      const row = accountAt(work, word.remote)
      if (row === undefined || row.exchange !== word.exchange) return
      return answered(work, { ...row, exchange: '' }, word.outcome)
    }
    case 'failed': {
      const row = accountAt(work, word.remote)
      if (row === undefined) return tell(work, word)
      if (row.exchange !== word.exchange) return
      return unanswered(work, withoutExchange(work, row), word.reason)
    }
    case 'cancelled':
      forgetObserver(work, word.remote, word.exchange)
      return abandon(work, word.remote, word.exchange)
    case 'responded':
      return undefined
    case 'opened': {
      const row = accountAt(work, word.remote)
      tell(work, word)
      return row === undefined ? undefined : opened(work, row)
    }
    case 'closed': {
      const row = accountAt(work, word.remote)
      tell(work, word)
      return row === undefined ? undefined : closed(work, row, word.reason, word.detail)
    }
    default:
      return tell(work, word)
  }
}
const accountAt = ({ state: { accounts } }: Work, remote: string): Account | undefined => accounts.aliased('', remote)?.row
const withoutExchange = (work: Work, row: Account): Account => {
  const next = { ...row, exchange: '' }
  work.state.accounts.put('', row.account, next)
  work.touched = true
  return next
}

const submit = (work: Work, word: ClientDown): void => {
  switch (word.type) {
    case 'stop':
    case 'update':
    case 'register':
    case 'change':
      return command(work, word)
    case 'fed':
      return feed(work, word)
    case 'decided':
      return decided(work, word)
    case 'ask':
    case 'cancel':
    case 'open':
    case 'close':
      return send(work, word)
  }
}

const command = (work: Work, word: Command): void => {
  switch (word.type) {
    case 'stop':
      return stopAll(work)
    case 'change':
      return changeModel(work, word)
    case 'update':
      for (const row of chosen(work, word.account))
        if (row.phase === 'registered' || row.phase === 'updating')
          move(work, { ...row, updateWanted: true, reason: row.phase === 'updating' ? row.reason : 'asked' })
      return
    case 'register':
      for (const row of chosen(work, word.account)) connect(work, { ...row, attempts: 0, sequences: 0 }, 'asked')
  }
}
const chosen = ({ state: { accounts } }: Work, account: number | undefined): readonly Account[] =>
  [...accounts.in('')].map(({ row }) => row).filter((row) => account === undefined || row.account === account)

const stopAll = (work: Work): void => {
  work.stopping = true
  work.touched = true
  for (const row of chosen(work, undefined)) stop(work, row)
}

const changeModel = (work: Work, { changes }: Extract<Command, { type: 'change' }>): void => {
  const result = change(work, changes, 'application')
  if (isRefusal(result)) tell(work, { type: 'refused', path: formatPath(result.path), refusal: result })
}

/** A value of the application's own. Object Instances that a server deleted take none. */
const feed = (work: Work, { path, value }: Fed): void => {
  const row = instanceAt(work.state.model, path.object!, path.instance!)
  if (row === undefined) return
  if (value === undefined)
    return row.resources[path.resource!] === undefined
      ? undefined
      : changeModel(work, { type: 'change', changes: [{ type: 'delete', path }] })
  const nodes = isValues(value)
    ? Object.entries(value).map(([id, one]) => ({ path: { ...path, resourceInstance: Number(id) }, value: one }))
    : [{ path, value }]
  changeModel(work, { type: 'change', changes: [{ type: 'replace', path, nodes }] })
}

// ── at the end of each step ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Default periods of a Server Object count for every observation of its server. */
const evaluateDefaults = (work: Work): void => {
  for (const { object, instance, resource } of work.changed)
    if (object === 1 && instance !== undefined && (resource === 2 || resource === 3)) evaluateAt(work, {}, [remoteOf(instance)])
}

/** Servers that do not know everything are told; when the last account has ended after `stop`, so is the application. */
const settleAccounts = (work: Work): void => {
  const { state, changed, inventory, it } = work
  const concerned = inventory !== state.inventory || changed.some(({ object }) => object === 1) || work.effects.length > 0
  if (!concerned) return
  for (let account = 0; account < it.accounts.length; account++) {
    const row = state.accounts.get('', account)
    if (row !== undefined && !work.stopping) settle(work, row)
  }
  if (!work.stopping) return
  if (chosen(work, undefined).every(({ phase }) => phase === 'stopped')) {
    work.stopping = false
    tell(work, { type: 'stopped' })
  }
}
