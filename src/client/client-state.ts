/** The whole client in one word, read off its accounts (LwM2M Core §6). */
import type { Phase } from './state.ts'
import type { AccountNotice } from './word.ts'

export type ClientStateName =
  'initial' | 'bootstrapping' | 'registered' | 'queue-mode' | 'registering' | 'deregistering' | 'suspended' | 'failure' | 'stopped'

/** What an application sees of its client: the state, why, and what is planned next. */
export interface ClientState {
  readonly state: ClientStateName
  /** The account that decides: it has the reason. */
  readonly by?: AccountNotice
  /** The nearest plan of any account. */
  readonly next?: NonNullable<AccountNotice['next']> & { readonly account: number }
}

/** Which phases of which accounts make the state; the first that any account is in counts. */
export const clientStates: readonly (readonly [ClientStateName, role: AccountNotice['role'], phases: readonly Phase[]])[] = [
  ['bootstrapping', 'bootstrap', ['waiting', 'connecting', 'requesting', 'bootstrapping']],
  ['registered', 'server', ['registered', 'updating']],
  ['queue-mode', 'server', ['asleep']],
  ['registering', 'server', ['connecting', 'registering', 'waiting']],
  ['deregistering', 'server', ['deregistering']],
  ['suspended', 'server', ['disabled', 'offline']],
  ['suspended', 'bootstrap', ['offline']],
  ['failure', 'server', ['failed']],
  ['failure', 'bootstrap', ['failed']],
  ['stopped', 'server', ['stopped']],
  ['stopped', 'bootstrap', ['stopped']],
]

/** The state of a client whose accounts are these. */
export const clientStateOf = (accounts: readonly AccountNotice[]): ClientState => {
  const next = nextOf(accounts)
  for (const [state, role, phases] of clientStates) {
    const by = accounts.find((account) => account.role === role && phases.includes(account.state))
    if (by !== undefined) return { state, by, ...(next === undefined ? {} : { next }) }
  }
  return { state: 'initial', ...(next === undefined ? {} : { next }) }
}
const nextOf = (accounts: readonly AccountNotice[]): ClientState['next'] => {
  const planned = accounts.flatMap(({ account, next }) => (next === undefined ? [] : [{ ...next, account }]))
  return planned.sort((a, b) => a.dueAt - b.dueAt)[0]
}
