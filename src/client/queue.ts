/** Queue mode: awake for a while after each exchange, then asleep until there is something to say (LwM2M Core §6.5). */
import { isSecured } from './account.ts'
import { reconnected } from './stored.ts'
import { connect, leave, move, open, planned, stronger, update } from './registration.ts'
import type { Reason } from './reason.ts'
import { remoteOf, type Account, type After } from './state.ts'
import type { Work } from './work.ts'

/** Something was said or heard: the server may go on talking to us for a while. */
export const stir = (work: Work, account: number): void => {
  const row = work.state.accounts.get('', account)
  if (row === undefined || row.awakeUntilAt === Infinity || row.phase !== 'registered') return
  const awakeUntilAt = work.stamp.now + work.it.lifecycle.awakeMs
  if (awakeUntilAt === row.awakeUntilAt) return
  work.state.accounts.put('', account, planned(work, { ...row, awakeUntilAt }))
  work.touched = true
}

/** The awake window is over. What is still being answered is waited for. */
export const sleep = (work: Work, row: Account): void => {
  if (isBusy(work, row)) return stirAnew(work, row)
  leave(work, row, true, true)
  move(work, { ...row, phase: 'asleep', reason: 'idle', detail: '', linked: false, awakeUntilAt: Infinity, dueAt: row.updateAt })
}
const isBusy = ({ state: { transactions, sends } }: Work, { account }: Account): boolean =>
  [...transactions.in('')].some(({ row }) => row.account === account && row.request !== undefined) ||
  [...sends.in(remoteOf(account))].some(({ row }) => row.exchange !== '')
const stirAnew = (work: Work, row: Account): void => {
  work.state.accounts.put('', row.account, planned(work, { ...row, awakeUntilAt: work.stamp.now + work.it.lifecycle.awakeMs }))
  work.touched = true
}

/** There is something to tell a server whose account is asleep: the link is opened, the registration goes on. Any other account stays as it is. */
export const wake = (work: Work, account: number, reason: Reason = 'woken'): void => {
  const row = work.state.accounts.get('', account)
  if (row?.phase !== 'asleep') return
  open(work, account)
  const dueAt = work.stamp.now + work.it.limits.connectTimeoutMs
  move(work, { ...row, phase: 'connecting', reason, detail: '', linked: true, resumes: true, dueAt })
}

/**
 * The link of a registration is there again. Secured, the server knows us by our identity and what waits can go at once; otherwise it knows us by our
 * address, which may be another one by now: Update goes first.
 */
export const resumed = (work: Work, row: Account): void => {
  const { now } = work.stamp
  if (!isSecured(work, row.account) || row.updateAt <= now || row.updateWanted) return update(work, { ...row, resumes: false }, row.reason)
  const awakeUntilAt = row.told.queueMode ? now + work.it.lifecycle.awakeMs : Infinity
  move(work, planned(work, { ...row, phase: 'registered', reason: 'resumed', detail: '', resumes: false, awakeUntilAt }))
  reconnected(work, row.account)
}

/** A server whose account is asleep is told that we go. */
export const farewell = (work: Work, row: Account, reason: Reason, after: After): void => {
  work.state.accounts.put('', row.account, { ...row, after: stronger(row.after, after) })
  wake(work, row.account, reason)
}

/** A registration lives without a link for now: the application says that there is no network. */
export const rest = (work: Work, row: Account): void => {
  leave(work, row, true, true)
  move(work, {
    ...row,
    phase: 'offline',
    reason: 'offline',
    detail: '',
    exchange: '',
    linked: false,
    awakeUntilAt: Infinity,
    dueAt: Infinity,
  })
}
/** The network is there again: what was registered says so, and what was not begins. */
export const goOnline = (work: Work, row: Account): void =>
  row.location.length > 0
    ? connect(work, row, 'offline')
    : move(work, { ...row, phase: 'waiting', reason: 'offline', attempts: 0, sequences: 0, dueAt: work.stamp.now })
