/** What an application may order, and when: a table, and a typed refusal for all else (LwM2M Core §6). */
import { isRefusal, type Change } from '../model/change.ts'
import { copy } from '../core/snapshot.ts'
import type { Node } from '../model/node.ts'
import { formatPath } from '../model/path.ts'
import { bootstrapAccount, inconsistency, serverAccounts, transportOf } from './account.ts'
import { isBootstrapping, leaveForBootstrap, restart } from './bootstrap.ts'
import { deletable, rollback, stage, stageOver } from './bootstrap-stage.ts'
import { change } from './commit.ts'
import { disable, enable, offline, online, wantUpdate } from './disable.ts'
import { stop } from './lifecycle.ts'
import { offer, withdraw } from './offers.ts'
import { farewell } from './queue.ts'
import { follow } from './reconciliation.ts'
import { connect, deregister, leave, move, stronger, unregistered } from './registration.ts'
import { submitSend, takeBack } from './sending.ts'
import type { Account } from './state.ts'
import type { Command, CommandRefusal } from './word.ts'
import { tell, type Work } from './work.ts'

/** What a client is in the middle of, as far as commands are concerned. */
export type Situation = 'stopping' | 'bootstrapping' | 'living'
export const situationOf = (work: Work): Situation => {
  if (work.stopping || hasStopped(work)) return 'stopping'
  const bootstrap = bootstrapAccount(work)
  return bootstrap !== undefined && isBootstrapping(bootstrap) ? 'bootstrapping' : 'living'
}

const hasStopped = ({ state: { accounts } }: Work): boolean =>
  accounts.size > 0 && [...accounts.in('')].every(({ row }) => row.phase === 'stopped')

/** Which commands are refused when, and why. What is not here is done. */
export const refusals: Readonly<Record<Command['type'], Readonly<Partial<Record<Situation, CommandRefusal>>>>> = {
  stop: {},
  restart: { stopping: 'stopping' },
  bootstrap: { stopping: 'stopping', bootstrapping: 'bootstrapping' },
  disable: { stopping: 'stopping', bootstrapping: 'bootstrapping' },
  enable: { stopping: 'stopping', bootstrapping: 'bootstrapping' },
  register: { stopping: 'stopping', bootstrapping: 'bootstrapping' },
  update: { stopping: 'stopping', bootstrapping: 'bootstrapping' },
  provision: { stopping: 'stopping', bootstrapping: 'bootstrapping' },
  offline: { stopping: 'stopping' },
  online: { stopping: 'stopping' },
  change: {},
  offer: {},
  withdraw: {},
  send: {},
  unsend: {},
}

/** Does what the application orders, or says why not. */
export const obey = (work: Work, command: Command): void => {
  const refusal = refusals[command.type][situationOf(work)] ?? perform(work, command)
  if (refusal === undefined) return
  const [reason, detail] = typeof refusal === 'string' ? [refusal] : refusal
  tell(work, {
    type: 'command-refused',
    command: command.type,
    ...('account' in command && command.account !== undefined ? { account: command.account } : {}),
    reason,
    ...(detail === undefined ? {} : { detail }),
  })
}

type Refused = CommandRefusal | readonly [CommandRefusal, string] | undefined
const perform = (work: Work, command: Command): Refused => {
  switch (command.type) {
    case 'stop':
      return stopAll(work, command.deregister ?? true)
    case 'restart':
      return restartAll(work)
    case 'bootstrap':
      return leaveForBootstrap(work, 'asked') ? undefined : 'no-bootstrap-server'
    case 'update':
      return each(work, command.account, (row) => wantUpdate(work, row, 'asked'), 'not-registered')
    case 'register':
      return each(work, command.account, (row) => registerAnew(work, row))
    case 'disable': {
      const { seconds = Infinity } = command
      const resumedAt = work.stamp.now + seconds * 1000
      return each(work, command.account, (row) => disable(work, { ...row, resumedAt }, 'suspended'))
    }
    case 'enable':
      return each(work, command.account, (row) => enable(work, row))
    case 'offline':
      offline(work, command.transport ?? everyTransport)
      return undefined
    case 'online':
      online(work, command.transport ?? everyTransport)
      return undefined
    case 'provision':
      return provision(work, command)
    case 'change':
      changeModel(work, command.changes)
      return undefined
    case 'offer':
      offer(work, command)
      return undefined
    case 'withdraw':
      withdraw(work, command.object)
      return undefined
    case 'send':
      submitSend(work, command)
      return undefined
    case 'unsend':
      takeBack(work, command)
      return undefined
  }
}
const everyTransport = 'UT'

/** The servers that are meant; refused when there is none, or when none of them could. */
const each = (work: Work, account: number | undefined, order: (row: Account) => boolean | void, otherwise?: CommandRefusal): Refused => {
  const rows = serverAccounts(work).filter((row) => account === undefined || row.account === account)
  if (rows.length === 0) return 'no-account'
  const done = rows.map((row) => order(row) ?? true)
  return done.includes(true) ? undefined : otherwise
}

/** Without a network it is done when there is one. */
const registerAnew = (work: Work, row: Account): void => {
  const anew: Account = {
    ...row,
    attempts: 0,
    sequences: 0,
    known: true,
    after: undefined,
    location: [],
    enabledAt: undefined,
    resumedAt: undefined,
  }
  if (!work.offline.includes(transportOf(work, row.account))) return connect(work, anew, 'asked')
  leave(work, row)
  move(work, { ...unregistered(anew), phase: 'offline', reason: 'offline', detail: '', dueAt: Infinity })
}

const stopAll = (work: Work, says: boolean): undefined => {
  work.stopping = true
  work.touched = true
  const bootstrap = bootstrapAccount(work)
  for (const row of serverAccounts(work)) stop(work, row, says)
  if (bootstrap !== undefined) stop(work, bootstrap)
}

/** Everything from the beginning; servers that know us are told that we go first. */
const restartAll = (work: Work): undefined => {
  const bootstrap = bootstrapAccount(work)
  if (bootstrap !== undefined) {
    rollback(work)
    leave(work, bootstrap)
    move(work, { ...unregistered(bootstrap), phase: 'idle', reason: 'asked', detail: '', attempts: 0, asks: 'pack', dueAt: Infinity })
  }
  follow(work)
  for (const row of serverAccounts(work)) {
    if (row.phase === 'registered' || row.phase === 'updating') deregister(work, row, 'asked', 'restart')
    else if (row.phase === 'asleep') farewell(work, row, 'asked', 'restart')
    else if (row.phase === 'deregistering' || row.after !== undefined) move(work, { ...row, after: stronger(row.after, 'restart') })
    else {
      leave(work, row)
      restart(work, row, 'asked')
    }
  }
}

/** Factory bootstrap: as if a bootstrap server had written and finished (LwM2M Core §6.1.3.1). Tried on a copy first, for what makes no sense leaves no trace. */
const provision = (work: Work, { nodes }: Extract<Command, { type: 'provision' }>): Refused => {
  const fault = write({ ...work, effects: [], changed: [], state: copy(work.state) }, nodes)
  if (fault !== undefined) return ['inconsistent', fault]
  write(work, nodes)
  stageOver(work)
  return restartAll(work)
}
/** Each Object that is named is as the nodes say. Gives what is wrong with it. */
const write = (work: Work, nodes: readonly Node[]): string | undefined => {
  const objects = [...new Set(nodes.map(({ path }) => path.object ?? -1))]
  const wiped = objects.flatMap((object) => deletable(work, -1, { object }))
  const of = (object: number) => nodes.filter(({ path }) => path.object === object)
  const refusal = stage(work, [
    ...wiped.map((path): Change => ({ type: 'delete', path })),
    ...objects.map((object): Change => ({ type: 'replace', path: { object }, nodes: of(object) })),
  ])
  return refusal === undefined ? provisioned(work) : `${formatPath(refusal.path)}: ${refusal.refused}`
}
/** A bootstrap server alone will do: it brings the rest. */
const provisioned = (work: Work): string | undefined => {
  const fault = inconsistency(work)
  return fault === 'there is no account of a server' && [...work.state.model.in('0')].length > 0 ? undefined : fault
}

/** The application's own change of the model. */
export const changeModel = (work: Work, changes: readonly Change[]): void => {
  const result = change(work, changes, 'application')
  if (isRefusal(result)) tell(work, { type: 'refused', path: formatPath(result.path), refusal: result })
}
