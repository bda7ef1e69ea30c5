/** What happens to one account, and which phase follows (LwM2M Core §6.2). */
import type { ClosedReason } from '../core/ports.ts'
import type { FailureReason } from '../exchange/exchange.ts'
import { responses } from '../message/code.ts'
import type { Outcome, Version } from '../operation/operation.ts'
import { isSecured } from './account.ts'
import * as bootstrap from './bootstrap.ts'
import { begin } from './order.ts'
import { farewell, resumed, sleep, wake } from './queue.ts'
import { connect, deregister, ended, failed, left, move, register, registered, toTell, update } from './registration.ts'
import type { Account, Phase } from './state.ts'
import type { Work } from './work.ts'

// ── its own moment has come ──────────────────────────────────────────────────────────────────────────────────────────────────

export const due = (work: Work, row: Account): void => {
  if (row.role === 'bootstrap') bootstrap.due(work, row)
  else dues[row.phase](work, row)
}
const rests = (work: Work, row: Account): void => move(work, { ...row, dueAt: Infinity })
const dues: Readonly<Record<Phase, (work: Work, row: Account) => void>> = {
  idle: rests,
  waiting: begin,
  connecting: (work, row) => unopened(work, row, 'timeout'),
  registering: (work, row) => failed(work, row, 'timeout', ''),
  registered: (work, row) => (row.updateAt <= work.stamp.now ? update(work, row, 'due') : sleep(work, row)),
  updating: (work, row) => connect(work, row, 'update-failed', 'timeout'),
  asleep: (work, row) => wake(work, row.account, 'due'),
  deregistering: left,
  disabled: (work, row) => begin(work, { ...row, phase: 'waiting', enabledAt: undefined, resumedAt: undefined, attempts: 0, sequences: 0 }),
  offline: rests,
  requesting: rests,
  bootstrapping: rests,
  failed: rests,
  stopped: rests,
}

// ── Register, Update or De-register was answered ─────────────────────────────────────────────────────────────────────────────

export const answered = (work: Work, row: Account, outcome: Outcome): void => {
  switch (row.phase) {
    case 'registering':
      return registerAnswered(work, row, outcome)
    case 'updating':
      return updateAnswered(work, row, outcome)
    case 'deregistering':
      return left(work, row)
    case 'requesting':
      return bootstrap.answered(work, row, outcome)
    default:
      return
  }
}
const registerAnswered = (work: Work, row: Account, { code, location = [] }: Outcome): void => {
  if (code === responses.Created)
    return location.length > 0 ? registered(work, { ...row, location }, 'registered') : failed(work, row, 'no-location', code)
  if (code === responses.Conflict && work.it.profile !== undefined && !row.listsAll && !work.stopping)
    return register(work, { ...row, listsAll: true }, 'profile', code)
  const older = code === responses.PreconditionFailed ? downFrom[row.version] : undefined
  return older === undefined || work.stopping
    ? failed(work, row, 'rejected', code)
    : register(work, { ...row, version: older }, 'version', code)
}
/** A secured link is as good as new when only the registration is gone. */
const updateAnswered = (work: Work, row: Account, { code }: Outcome): void => {
  if (code === responses.Changed) return registered(work, row, 'updated')
  if (code === responses.NotFound && isSecured(work, row.account)) return register(work, { ...row, location: [] }, 'update-failed', code)
  connect(work, row, 'update-failed', code)
}
const downFrom: Readonly<Partial<Record<Version, Version>>> = { '1.2': '1.1', '1.1': '1.0' }

/** Register, Update or De-register was not answered. An aborted one is left to `closed`, which follows. */
export const unanswered = (work: Work, row: Account, reason: FailureReason): void => {
  if (reason === 'aborted') return
  switch (row.phase) {
    case 'registering':
      return failed(work, row, reason === 'timeout' ? 'timeout' : 'unreachable', reason)
    case 'updating':
      return connect(work, row, 'update-failed', reason)
    case 'deregistering':
      return left(work, row)
    case 'requesting':
      return bootstrap.unanswered(work, row, reason)
    default:
      return
  }
}

// ── its link ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const opened = (work: Work, row: Account): void => {
  if (row.role === 'bootstrap') return bootstrap.opened(work, row)
  if (row.phase !== 'connecting') return
  if (row.after !== undefined) deregister(work, row, row.reason, row.after)
  else if (row.resumes) resumed(work, row)
  else if (row.location.length > 0) update(work, row, row.reason)
  else register(work, row)
}

/** `detail` is the transport's own word: why a handshake failed, or how a link ended. */
export const closed = (work: Work, row: Account, reason: ClosedReason, detail = ''): void => {
  if (reason === 'asked') return
  const why = detail === '' || !isSecured(work, row.account) ? reason : `${reason} ${detail}`
  const unlinked: Account = { ...row, linked: false }
  if (row.role === 'bootstrap') return bootstrap.closed(work, unlinked, why)
  switch (row.phase) {
    case 'connecting':
      return unopened(work, unlinked, why)
    case 'registering':
      return failed(work, unlinked, 'unreachable', why)
    case 'registered':
    case 'updating':
      return connect(work, unlinked, 'lost', why)
    case 'deregistering':
      return left(work, unlinked)
    default:
      return
  }
}

/** There is no link. A server that was only to hear that we go does not. */
const unopened = (work: Work, row: Account, why: string): void =>
  row.after === undefined ? failed(work, row, 'unreachable', why) : left(work, row)

// ── the end, and what is said at once ────────────────────────────────────────────────────────────────────────────────────────

/** Ends: with De-register where there is a registration, unless the application does not want one. */
export const stop = (work: Work, row: Account, says = true): void => {
  if (says && (row.phase === 'registered' || row.phase === 'updating')) return deregister(work, row, 'asked', 'stop')
  if (says && row.phase === 'asleep') return farewell(work, row, 'asked', 'stop')
  if (says && row.phase === 'deregistering') return move(work, { ...row, after: 'stop' })
  // The server may have us already: its answer decides between De-register and the end.
  if (says && row.phase === 'registering') return
  if (row.phase === 'stopped') return
  if (row.role === 'bootstrap') bootstrap.abandon(work, row)
  else ended(work, row)
}

/** A registered account whose server does not know everything says so at once; one that is asleep wakes for it. */
export const settle = (work: Work, row: Account): void => {
  if (row.phase !== 'registered' && row.phase !== 'asleep') return
  const { told, updateWanted } = row
  const { lifetimeSeconds, binding, inventory: revision } = toTell(work, row)
  const news = lifetimeSeconds !== told.lifetimeSeconds || binding !== told.binding || revision !== told.inventory
  if (!news && !updateWanted) return
  const reason = news ? 'changed' : row.reason
  if (row.phase === 'registered') update(work, row, reason)
  else wake(work, row.account, reason)
}
