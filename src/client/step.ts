/** The client: one step for everything that can happen to it, its slices in fixed order (LwM2M Core §6). */
import { none, type Machine, type Step, type Tick } from '../core/machine.ts'
import type { Stamp } from '../core/machine.ts'
import { isValues } from '../model/value.ts'
import { instanceAt } from '../model/state.ts'
import type { OperationUp } from '../operation/word.ts'
import { accountOf, serverAccounts, serverRemotes } from './account.ts'
import { settleBootstrap } from './bootstrap.ts'
import { serveBootstrap } from './bootstrap-serving.ts'
import { changeModel, obey, situationOf } from './commands.ts'
import { answeredAs, cancelled, due as observationDue, evaluateAt, evaluateChanged, onDemandFor } from './observations.ts'
import { answered, closed, due as accountDue, opened, settle, unanswered } from './lifecycle.ts'
import { takeTurns } from './order.ts'
import { keepPromises, overdue, released } from './persist/promise.ts'
import { stir } from './queue.ts'
import { follow } from './reconciliation.ts'
import { pump, sendAnswered, sendDue, sendFailed } from './sending.ts'
import { serve } from './serving.ts'
import { initialState, remoteOf, type Account, type ClientState } from './state.ts'
import type { Configuration } from './configuration.ts'
import { reportStored } from './stored.ts'
import { abandon, decided, expire, gather } from './transactions.ts'
import { evaluateVirtual, virtualDue } from './virtual.ts'
import type { ClientDown, Fed } from './word.ts'
import { begin, finish, send, tell, type ClientEffect, type ClientEvent, type Work } from './work.ts'

/** A client as a machine between operations and its application; `from` is where it goes on after a restart. */
export const clientMachine = (it: Configuration, from?: ClientState): Machine<ClientState, ClientEvent, ClientEffect> => ({
  name: 'client',
  initial: from ?? initialState(it),
  deadline: ({ accounts, transactions, observations, sends, virtuals, held }) =>
    Math.min(accounts.deadline(), transactions.deadline(), observations.deadline(), sends.deadline(), virtuals.deadline(), held.deadline()),
  step: (state, event, stamp) => step(it, state, event, stamp),
})

const step = (it: Configuration, state: ClientState, event: ClientEvent | Tick, stamp: Stamp): Step<ClientState, ClientEffect> => {
  const work = begin(it, state, stamp)
  const free = it.persists === true ? freed(work, event) : none
  if (event.type === 'tick') tick(work)
  else if (event.type === 'up') receive(work, event.value)
  else submit(work, event.value)
  if (work.touched || work.changed.length > 0) {
    evaluateVirtual(work)
    evaluateChanged(work)
    evaluateDefaults(work)
    reportStored(work)
    settleAccounts(work)
  }
  if (event.type === 'tick') becomeDue(work)
  stirAll(work)
  if (it.persists !== true) return [finish(work), work.effects]
  work.notified += work.effects.filter(({ value: { type } }) => type === 'respond').length
  keepPromises(work)
  return [finish(work), free.length === 0 ? work.effects : [...free, ...work.effects]]
}
/** Words that need not wait any more. */
const freed = (work: Work, event: ClientEvent | Tick): readonly ClientEffect[] => {
  if (event.type === 'down' && event.value.type === 'persisted') return released(work, event.value)
  return event.type === 'tick' ? overdue(work) : none
}

// ── what may happen ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const tick = (work: Work): void => {
  const { accounts, transactions, observations, sends, virtuals } = work.state
  const { now } = work.stamp
  for (let at = accounts.due(now); at !== undefined; at = accounts.due(now)) accountDue(work, at.row)
  for (let at = transactions.due(now); at !== undefined; at = transactions.due(now)) expire(work, at.row)
  for (let at = observations.due(now); at !== undefined; at = observations.due(now)) {
    const wants = observationDue(work, at.row)
    if (wants === undefined) continue
    const { account, remote, exchange, operation } = wants
    gather(work, { account, remote, exchange, request: undefined, operation }, onDemandFor(work, wants), 'notify')
  }
  for (let at = virtuals.due(now); at !== undefined; at = virtuals.due(now)) virtualDue(work, at.row)
  for (let at = sends.due(now); at !== undefined; at = sends.due(now)) sendDue(work, at.row)
}

/** What became due at this very instant by what was done is done as well: a tick leaves no deadline behind. */
const becomeDue = (work: Work): void => {
  const { accounts } = work.state
  for (let at = accounts.due(work.stamp.now); at !== undefined; at = accounts.due(work.stamp.now)) {
    accountDue(work, at.row)
    settleAccounts(work)
  }
}

const receive = (work: Work, word: OperationUp): void => {
  switch (word.type) {
    case 'requested': {
      const row = accountAt(work, word.remote)
      return row?.role === 'bootstrap' ? serveBootstrap(work, row, word) : serve(work, word)
    }
    case 'performed': {
      if (sendAnswered(work, word.remote, word.exchange, word.outcome.code)) return
      const row = accountAt(work, word.remote)
      if (row === undefined || row.exchange !== word.exchange) return
      return answered(work, { ...row, exchange: '' }, word.outcome)
    }
    case 'failed': {
      if (sendFailed(work, word.remote, word.exchange, word.reason)) return
      const row = accountAt(work, word.remote)
      if (row === undefined) return tell(work, word)
      if (row.exchange !== word.exchange) return
      return unanswered(work, withoutExchange(work, row), word.reason)
    }
    case 'cancelled':
      cancelled(work, word.remote, word.exchange)
      return abandon(work, word.remote, word.exchange)
    case 'responded':
      return answeredAs(work, word)
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
    case 'restart':
    case 'bootstrap':
    case 'update':
    case 'register':
    case 'disable':
    case 'enable':
    case 'offline':
    case 'online':
    case 'provision':
    case 'change':
    case 'offer':
    case 'withdraw':
    case 'send':
    case 'unsend':
      return obey(work, word)
    case 'fed':
      return feed(work, word)
    case 'decided':
      return decided(work, word)
    case 'persisted':
      return
    case 'ask':
    case 'cancel':
    case 'open':
    case 'close':
      return send(work, word)
  }
}

/** A value of the application's own. Object Instances that a server deleted take none. */
const feed = (work: Work, { path, value }: Fed): void => {
  const row = instanceAt(work.state.model, path.object!, path.instance!)
  if (row === undefined) return
  if (value === undefined) return row.resources[path.resource!] === undefined ? undefined : changeModel(work, [{ type: 'delete', path }])
  const nodes = isValues(value)
    ? Object.entries(value).map(([id, one]) => ({ path: { ...path, resourceInstance: Number(id) }, value: one }))
    : [{ path, value }]
  changeModel(work, [{ type: 'replace', path, nodes }])
}

// ── at the end of each step ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Default periods of a Server Object count for every observation of its server, Mute Send for what waits, and access rights for who sees what. */
const evaluateDefaults = (work: Work): void => {
  if (work.changed.some(({ object }) => object === 2)) evaluateAt(work, {}, serverRemotes(work))
  for (const { object, instance, resource } of work.changed) {
    if (object !== 1 || instance === undefined) continue
    const row = accountOf(work, instance)
    if (row === undefined) continue
    if (resource === 2 || resource === 3) evaluateAt(work, {}, [remoteOf(row.account)])
    if (resource === 23) pump(work, row.account)
  }
}

/** Accounts follow the model; servers that do not know everything are told; whose turn it is begins; when all has ended after `stop`, the application is told. */
const settleAccounts = (work: Work): void => {
  const { state, changed, inventory } = work
  const bootstraps = situationOf(work) === 'bootstrapping'
  if (!bootstraps && changed.some(({ object }) => object === undefined || object <= 1)) follow(work)
  const concerned = inventory !== state.inventory || changed.some(({ object }) => object === 1) || work.effects.length > 0
  if (!concerned) return
  if (!work.stopping) {
    settleBootstrap(work)
    takeTurns(work)
    for (const row of serverAccounts(work)) settle(work, row)
  } else if ([...state.accounts.in('')].every(({ row }) => row.phase === 'stopped')) {
    work.stopping = false
    tell(work, { type: 'stopped' })
  }
}

/** To whose servers this step says something: they may go on talking to us. */
const stirAll = (work: Work): void => {
  for (const { type, value } of work.effects) {
    if (type !== 'down') continue
    const remote = value.type === 'perform' ? value.remote : value.type === 'respond' ? value.request.remote : undefined
    const row = remote === undefined ? undefined : accountAt(work, remote)
    if (row !== undefined) stir(work, row.account)
  }
}
