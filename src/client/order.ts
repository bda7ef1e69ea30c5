/** Who registers when: priority order, initial delay, failure block (LwM2M Core §6.2.1.1; /1/x/13-15). */
import { serverAccounts, transportOf } from './account.ts'
import { attempt, move } from './registration.ts'
import type { Account } from './state.ts'
import { held, numberAt, type Work } from './work.ts'

/** The moment of an account that waits has come: it registers, or waits for its turn, its delay or the network. */
export const begin = (work: Work, row: Account): void => {
  if (work.offline.includes(transportOf(work, row.account)))
    return move(work, { ...row, phase: 'offline', reason: 'offline', detail: '', dueAt: Infinity })
  if (row.known) return attempt(work, row, row.reason)
  const others = turnOf(work, row)
  if (others !== 'now') return move(work, { ...row, phase: 'idle', reason: others, dueAt: Infinity })
  const delaySeconds = numberAt(work, 1, row.server, 14) ?? 0
  const known: Account = { ...row, known: true }
  if (delaySeconds <= 0) return attempt(work, known, row.reason)
  move(work, { ...known, phase: 'waiting', reason: 'delay', dueAt: work.stamp.now + delaySeconds * 1000 })
}

/** Those whose turn has come. */
export const takeTurns = (work: Work): void => {
  for (const row of serverAccounts(work)) {
    if (row.phase !== 'idle' || (row.reason !== 'turn' && row.reason !== 'blocked')) continue
    const others = turnOf(work, row)
    if (others === 'now') begin(work, row)
    else if (others !== row.reason) move(work, { ...row, reason: others })
  }
}

/** Whether those before it in the order have come to an end: registered, or failed for good without blocking others. */
const turnOf = (work: Work, row: Account): 'now' | 'turn' | 'blocked' => {
  const own = numberAt(work, 1, row.server, 13)
  if (own === undefined) return 'now'
  const before = serverAccounts(work).filter(({ server }) => (numberAt(work, 1, server, 13) ?? Infinity) < own)
  if (before.some(({ phase, server }) => phase === 'failed' && held(work, 1, server, 15) === true)) return 'blocked'
  return before.every(({ phase }) => ends.has(phase)) ? 'now' : 'turn'
}
const ends: ReadonlySet<Account['phase']> = new Set(['registered', 'updating', 'asleep', 'failed', 'disabled', 'offline', 'stopped'])
