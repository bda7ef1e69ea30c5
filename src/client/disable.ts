/** What servers and the application order of an account: Disable, triggers, suspension, offline (LwM2M Core §E.2: /1/x/4, 5, 8, 9). */
import { responses } from '../message/code.ts'
import type { Path } from '../model/path.ts'
import type { ExecuteArguments } from '../operation/operation.ts'
import { accountOf, bootstrapAccount, isReachable, serverAccounts, transportOf } from './account.ts'
import { canBootstrap, goOn, isBootstrapping, leaveForBootstrap, pause } from './bootstrap.ts'
import { farewell, goOnline, rest, wake } from './queue.ts'
import type { Reason } from './reason.ts'
import { deregister, disabledUntil, leave, move, stronger, unregistered } from './registration.ts'
import { say } from './serving.ts'
import type { Account } from './state.ts'
import type { Asker } from './transactions.ts'
import { numberAt, type Work } from './work.ts'

// ── a server executes a Resource of its Server Object Instance ───────────────────────────────────────────────────────────────

/** Disable (4), Registration Update Trigger (8) and Bootstrap-Request Trigger (9): answered first, then done. */
export const executeServer = (work: Work, asker: Asker, { instance, resource }: Path, given: ExecuteArguments): void => {
  const row = accountOf(work, instance!)
  const order = row === undefined || resource === undefined ? undefined : orders[resource]
  if (row === undefined || order === undefined) return say(work, asker, { code: responses.MethodNotAllowed })
  const by = work.state.accounts.get('', asker.account)
  if (by === undefined || !isReachable(by)) return say(work, asker, { code: responses.MethodNotAllowed, diagnostic: 'not registered' })
  const wanted = resource === triggerResource ? given[0] : undefined
  // LwM2M 1.2: the argument of the trigger is the transport to use; a registration goes on over its own.
  if (wanted !== undefined && wanted !== transportOf(work, row.account))
    return say(work, asker, { code: responses.BadRequest, diagnostic: `the registration is not over ${wanted ?? 'nothing'}` })
  const refusal = order(work, row, () => say(work, asker, { code: responses.Changed }))
  if (refusal !== undefined) say(work, asker, { code: responses.MethodNotAllowed, diagnostic: refusal })
}
const triggerResource = 8
/** Does what the Resource is for once it is answered, or says why not. */
type Order = (work: Work, row: Account, answer: () => void) => string | undefined

const orders: Readonly<Record<number, Order>> = {
  4: (work, row, answer) => {
    answer()
    const seconds = numberAt(work, 1, row.server, 5) ?? 86_400
    disable(work, { ...row, enabledAt: work.stamp.now + seconds * 1000 }, 'disabled')
    return undefined
  },
  8: (work, row, answer) => {
    answer()
    wantUpdate(work, row, 'triggered')
    return undefined
  },
  9: (work, _row, answer) => {
    if (!canBootstrap(work)) return 'there is no bootstrap server'
    answer()
    leaveForBootstrap(work, 'triggered')
    return undefined
  },
}

/** An Update goes as soon as it can. Says whether there is a registration. */
export const wantUpdate = (work: Work, row: Account, reason: Reason): boolean => {
  if (isReachable(row))
    move(work, { ...row, updateWanted: true, reason: row.phase === 'updating' && reason === 'asked' ? row.reason : reason })
  else if (row.phase === 'asleep') {
    move(work, { ...row, updateWanted: true })
    wake(work, row.account, reason)
  } else return false
  return true
}

// ── disabled and suspended ───────────────────────────────────────────────────────────────────────────────────────────────────

/** De-registers, and leaves the server alone until both the server's and the application's time are over. */
export const disable = (work: Work, row: Account, reason: Reason): void => {
  const { now } = work.stamp
  if (isReachable(row)) return deregister(work, row, reason, 'disable')
  if (row.phase === 'asleep') return farewell(work, row, reason, 'disable')
  if (row.phase === 'deregistering') return move(work, { ...row, after: afterAll(row.after) })
  if (row.phase === 'stopped' || row.phase === 'failed') return
  leave(work, row)
  move(work, { ...unregistered(row), phase: 'disabled', reason, detail: '', dueAt: disabledUntil(row, now) })
}
/** Who is told to begin anew, and then to be suspended, begins anew when that is over. */
const afterAll = (after: Account['after']) => (after === 'restart' || after === 'register' ? 'disable' : stronger(after, 'disable'))
/** The application's own suspension is over. */
export const enable = (work: Work, row: Account): void => {
  const enabled: Account = { ...row, resumedAt: undefined }
  if (row.phase === 'disabled') move(work, { ...enabled, dueAt: disabledUntil(enabled, work.stamp.now) })
  else work.state.accounts.put('', row.account, enabled)
}

// ── the network comes and goes ───────────────────────────────────────────────────────────────────────────────────────────────

/** Links over these transports are closed, registrations stay. */
export const offline = (work: Work, letters: string): void => {
  work.offline =
    work.offline +
    Array.from(letters)
      .filter((letter) => !work.offline.includes(letter))
      .join('')
  for (const row of serverAccounts(work))
    if (letters.includes(transportOf(work, row.account)) && awaitsNetwork.has(row.phase)) rest(work, row)
  const bootstrap = bootstrapAt(work, letters)
  if (bootstrap !== undefined && bootstrap.phase !== 'offline' && isBootstrapping(bootstrap) && bootstrap.phase !== 'idle')
    pause(work, bootstrap)
}
/** They can be used again. */
export const online = (work: Work, letters: string): void => {
  work.offline = Array.from(work.offline)
    .filter((letter) => !letters.includes(letter))
    .join('')
  for (const row of serverAccounts(work))
    if (row.phase === 'offline' && letters.includes(transportOf(work, row.account))) goOnline(work, row)
  const bootstrap = bootstrapAt(work, letters)
  if (bootstrap?.phase === 'offline') goOn(work, bootstrap)
}
/** The account of the bootstrap server, if it is reached over one of these. */
const bootstrapAt = (work: Work, letters: string): Account | undefined => {
  const row = bootstrapAccount(work)
  return row !== undefined && letters.includes(transportOf(work, row.account)) ? row : undefined
}
const awaitsNetwork: ReadonlySet<Account['phase']> = new Set(['connecting', 'registering', 'registered', 'updating', 'asleep', 'waiting'])
