/** What happens to one account, and which phase follows (LwM2M Core §6.2). */
import type { ClosedReason } from '../core/ports.ts'
import type { FailureReason } from '../exchange/exchange.ts'
import { responses } from '../message/code.ts'
import type { Outcome, Version } from '../operation/operation.ts'
import { connect, deregister, ended, failed, isSecured, left, move, register, registered, toTell, update } from './registration.ts'
import { remoteOf, type Account } from './state.ts'
import { send, type Work } from './work.ts'

/** The account's own moment has come. */
export const due = (work: Work, row: Account): void => {
  switch (row.phase) {
    case 'waiting':
      return connect(work, row, row.reason)
    case 'registered':
      return update(work, row, 'due')
    case 'connecting':
      return failed(work, row, 'unreachable', 'timeout')
    case 'registering':
      return failed(work, row, 'timeout', '')
    case 'updating':
      return connect(work, row, 'update-failed', 'timeout')
    case 'deregistering':
      return left(work, row)
    case 'stopped':
    case 'failed':
      return move(work, { ...row, dueAt: Infinity })
  }
}

/** Register, Update or De-register was answered. */
export const answered = (work: Work, row: Account, outcome: Outcome): void => {
  switch (row.phase) {
    case 'registering':
      return registerAnswered(work, row, outcome)
    case 'updating':
      return updateAnswered(work, row, outcome)
    case 'deregistering':
      return left(work, row)
    default:
      return
  }
}
const registerAnswered = (work: Work, row: Account, { code, location = [] }: Outcome): void => {
  if (code === responses.Created)
    return location.length > 0 ? registered(work, { ...row, location }, 'registered') : failed(work, row, 'no-location', code)
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
    default:
      return
  }
}

export const opened = (work: Work, row: Account): void => {
  if (row.phase !== 'connecting') return
  if (row.location.length > 0) update(work, row, row.reason)
  else register(work, row)
}

/** `detail` is the transport's own word: why a handshake failed, or how a link ended. */
export const closed = (work: Work, row: Account, reason: ClosedReason, detail = ''): void => {
  if (reason === 'asked') return
  const why = detail === '' || !isSecured(work, row.account) ? reason : `${reason} ${detail}`
  const unlinked: Account = { ...row, linked: false }
  switch (row.phase) {
    case 'connecting':
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

/** Ends: with De-register where there is a registration. */
export const stop = (work: Work, row: Account): void => {
  if (row.phase === 'registered' || row.phase === 'updating') return deregister(work, withoutExchange(work, row), 'asked')
  if (row.phase === 'deregistering') return move(work, { ...row, disabledSeconds: undefined })
  // The server may have us already: its answer decides between De-register and the end.
  if (row.phase === 'registering' || row.phase === 'stopped') return
  ended(work, row)
}
const withoutExchange = (work: Work, row: Account): Account => {
  if (row.exchange !== '') send(work, { type: 'cancel', exchange: row.exchange, remote: remoteOf(row.account) })
  return { ...row, exchange: '' }
}

/** A registered account whose server does not know everything says so at once. */
export const settle = (work: Work, row: Account): void => {
  if (row.phase !== 'registered') return
  const { told, updateWanted } = row
  const { lifetimeSeconds, binding, inventory: revision } = toTell(work, row.account)
  if (lifetimeSeconds !== told.lifetimeSeconds || binding !== told.binding || revision !== told.inventory) update(work, row, 'changed')
  else if (updateWanted) update(work, row, row.reason)
}
