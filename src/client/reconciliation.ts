/** Accounts come and go with their Object Instances: bootstrap, factory bootstrap and the application write those (LwM2M Core §6.1.2). */
import { forgetObservers } from './observations.ts'
import { noticeOf } from './notice.ts'
import { candidatesFor, pairsIn, type Pair } from './pairs.ts'
import { leave, move } from './registration.ts'
import { newAccount, remoteOf, type Account } from './state.ts'
import { tell, type Work } from './work.ts'

/** One row for each account that the model has, and no other. A server that deleted its account is not told that we go: it cannot be (§6.1.3.3). */
export const follow = (work: Work): void => {
  const { accounts, model } = work.state
  const pairs = pairsIn(model)
  for (const { row } of [...accounts.in('')]) if (!remains(work, row, pairs)) remove(work, row)
  for (const pair of pairs) {
    const row = accounts.get('', pair.account)
    if (row !== undefined) {
      if (row.server !== pair.server) accounts.put('', row.account, { ...row, server: pair.server })
    } else if (!accounts.full && ![...accounts.in('')].some((at) => at.row.role === 'server' && at.row.server === pair.server))
      add(work, pair)
  }
}
/** Another way to the same server that would be preferred now counts from the next registration on. */
const remains = ({ state: { model } }: Work, { account, role, server }: Account, pairs: readonly Pair[]): boolean =>
  pairs.some((pair) => pair.account === account && pair.role === role) ||
  (role === 'server' && candidatesFor(model, server).includes(account))
const add = (work: Work, { account, role, server }: Pair): void =>
  move(work, { ...newAccount(account, role, server, work.it.accounts[account]?.version ?? work.it.version), dueAt: work.stamp.now })
const remove = (work: Work, row: Account): void => {
  leave(work, row)
  forgetObservers(work, remoteOf(row.account))
  work.state.accounts.remove('', row.account)
  for (const { key } of [...work.state.attributes.in(String(row.account))]) work.state.attributes.remove(String(row.account), key)
  work.touched = true
  const gone: Account = { ...row, phase: 'stopped', reason: 'removed', detail: '', location: [], dueAt: Infinity }
  tell(work, noticeOf(gone, '', 0))
}
