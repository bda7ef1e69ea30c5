/** What a client makes of its state after a restart of its device: links are gone, registrations are not (LwM2M Core §6.2.2). */
import type { Instant } from '../core/machine.ts'
import { instanceAt } from '../model/state.ts'
import { isBootstrapping } from './bootstrap.ts'
import { disabledUntil } from './registration.ts'
import { reportingRestarted } from './observing.ts'
import type { Account, ClientState } from './state.ts'

/**
 * The state as it goes on at `now`, from one that was restored (`restore(machine, snapshot, stamp)`): registered accounts say Update, one that was asleep sleeps on,
 * what was being tried is tried again, a bootstrap that was under way is undone and asked for anew. The tables are edited in place.
 */
export const restarted = (state: ClientState, now: Instant): ClientState => {
  undone(state)
  for (const { row } of [...state.transactions.in('')]) state.transactions.remove('', row.id)
  reportingRestarted(state)
  const rows = [...state.accounts.in('')].map(({ row }) => row)
  const bootstraps = rows.some((row) => row.role === 'bootstrap' && isBootstrapping(row))
  for (const row of rows) state.accounts.put('', row.account, goesOn(row, now, bootstraps))
  for (const { row } of [...state.held.in('')]) state.held.remove('', row.number)
  return { ...state, offline: '', stopping: false }
}

const goesOn = (row: Account, now: Instant, bootstraps: boolean): Account => {
  const unlinked: Account = { ...row, exchange: '', linked: false, resumes: false, after: undefined }
  return row.role === 'bootstrap' ? bootstrapGoesOn(row, unlinked, now) : serverGoesOn(row, unlinked, now, bootstraps)
}
const serverGoesOn = (row: Account, unlinked: Account, now: Instant, bootstraps: boolean): Account => {
  const begins: Account = {
    ...unlinked,
    phase: 'waiting',
    reason: 'restored',
    detail: '',
    attempts: 0,
    sequences: 0,
    enabledAt: undefined,
    resumedAt: undefined,
    dueAt: now,
  }
  // It was being told that we go.
  if (row.after === 'disable') return { ...unlinked, phase: 'disabled', location: [], dueAt: disabledUntil(row, now) }
  switch (row.phase) {
    case 'asleep':
    case 'waiting':
    case 'disabled':
      return unlinked
    case 'idle':
      return row.reason === 'bootstrap' && !bootstraps ? begins : unlinked
    case 'registered':
    case 'updating':
    case 'connecting':
    case 'offline':
      return { ...begins, known: row.known || row.location.length > 0 }
    default:
      return { ...begins, location: [] }
  }
}
const bootstrapGoesOn = (row: Account, unlinked: Account, now: Instant): Account => {
  if (row.phase === 'waiting') return unlinked
  // Due at once: it looks whether it is wanted.
  if (row.phase === 'idle') return { ...unlinked, after: row.after, dueAt: now }
  const wanted = row.phase === 'connecting' || row.phase === 'requesting' || row.phase === 'bootstrapping' || row.phase === 'offline'
  return wanted
    ? { ...unlinked, phase: 'waiting', reason: 'restored', detail: '', dueAt: now }
    : { ...unlinked, phase: 'idle', reason: 'restored', detail: '', attempts: 0, dueAt: now }
}

/** Puts back what bootstrap has not finished; the tables are edited in place. */
export const undone = ({ before, model, keys }: ClientState): void => {
  for (const { key, row } of [...before.in('')]) {
    before.remove('', key)
    const { object, instance } = row
    if (row.row !== undefined) model.put(String(object), instance, row.row)
    else if (instanceAt(model, object, instance) !== undefined) model.remove(String(object), instance)
    if (object !== 0) continue
    if (row.key !== undefined) keys.put('', instance, row.key)
    else keys.remove('', instance)
  }
}
