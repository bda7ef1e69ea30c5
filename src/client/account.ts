/** An account and its Server Object Instance: whose attributes, periods and rights count, and whether it can be used (LwM2M Core §6.2, §E.1, §E.2). */
import type { Remote } from '../core/ports.ts'
import { accessFault } from '../model/access-fault.ts'
import { instanceAt, instancesOf, type Model } from '../model/state.ts'
import { isBootstrap, letterOf, numberOf } from './pairs.ts'
import { remoteOf, type Account, type ClientState } from './state.ts'
import { held, numberAt, type Work } from './work.ts'

type View = Pick<Work, 'state'>

/** The Server Object Instance (/1/x) of an account; accounts are numbered by their Security Object Instances. */
export const serverOf = ({ state }: View, account: number): number => state.accounts.get('', account)?.server ?? -1

/** The Short Server ID of an account (/1/x/0). */
export const shortServerIdOf = (work: View, account: number): number | undefined => numberAt(work, 1, serverOf(work, account), 0)

/** The account whose Server Object Instance this is. */
export const accountOf = ({ state }: View, server: number): Account | undefined => {
  for (const { row } of state.accounts.in('')) if (row.role === 'server' && row.server === server) return row
  return undefined
}

/** The accounts of servers, in ascending order. */
export const serverAccounts = ({ state }: View): readonly Account[] => all(state).filter(({ role }) => role === 'server')
/** The links of all servers. */
export const serverRemotes = (work: View): readonly Remote[] => serverAccounts(work).map(({ account }) => remoteOf(account))
/** The account of the bootstrap server. */
export const bootstrapAccount = ({ state }: View): Account | undefined => all(state).find(({ role }) => role === 'bootstrap')
const all = ({ accounts }: ClientState): readonly Account[] =>
  [...accounts.in('')].map(({ row }) => row).sort((a, b) => a.account - b.account)

/** Whether notifications and Sends reach the server now; otherwise they are stored, or wait. */
export const isReachable = ({ phase }: Account): boolean => phase === 'registered' || phase === 'updating'
/** Whether there is a registration, reachable or not. */
export const isRegistered = ({ phase, location }: Account): boolean =>
  location.length > 0 &&
  (phase === 'registered' || phase === 'updating' || phase === 'asleep' || phase === 'connecting' || phase === 'offline')

/** LwM2M Server URI (/0/x/0). */
export const uriOf = (work: View, account: number): string => {
  const uri = held(work, 0, account, 0)
  return typeof uri === 'string' ? uri : ''
}
export const isSecured = (work: View, account: number): boolean => uriOf(work, account).startsWith('coaps')
/** U or T. */
export const transportOf = (work: View, account: number): string => letterOf(uriOf(work, account))

// ── what makes an account unusable (LwM2M Core §6.1.2, §E.1, §E.2) ───────────────────────────────────────────────────────────

const preSharedKey = 0
const noSecurity = 3

/** Why an account cannot be used, in words; `undefined`: it can. */
export const accountFault = ({ it, state }: Pick<Work, 'it' | 'state'>, account: number): string | undefined => {
  const row = instanceAt(state.model, 0, account)
  if (row === undefined) return `there is no /0/${account}`
  const { 0: uri, 2: mode } = row.resources
  const scheme = typeof uri === 'string' ? /^([a-z+]+):\/\/[^/?#]+\/?$/.exec(uri)?.[1] : undefined
  if (scheme === undefined) return `/0/${account}/0 is no URI of a server`
  if (!it.schemes.includes(scheme)) return `there is no transport for ${scheme}://`
  const known = state.keys.get('', account) !== undefined && row.resources[3] !== undefined
  const secured = scheme.startsWith('coaps')
  if (secured && mode !== preSharedKey) return `Security Mode ${numberOf(mode) ?? '?'} of /0/${account} is not one that is spoken here`
  if (secured && !known) return `/0/${account} has no identity, or no key`
  if (!secured && mode !== noSecurity) return `${scheme}:// is for Security Mode 3, not ${numberOf(mode) ?? '?'}`
  return isBootstrap(state.model, account) ? undefined : serverFault(state.model, account)
}
const serverFault = (model: Model, account: number): string | undefined => {
  const id = numberOf(instanceAt(model, 0, account)?.resources[10])
  if (id === undefined || !isShortServerId(id)) return `/0/${account} has no Short Server ID from 1 to 65534`
  const servers = instancesOf(model, 1).filter((server) => numberOf(instanceAt(model, 1, server)!.resources[0]) === id)
  if (servers.length === 0) return `no Server Object Instance has the Short Server ID ${id} of /0/${account}`
  if (servers.length > 1) return `${servers.length} Server Object Instances have the Short Server ID ${id}`
  const { 1: lifetime, 7: binding } = instanceAt(model, 1, servers[0]!)!.resources
  if (numberOf(lifetime) === undefined) return `/1/${servers[0]} has no Lifetime`
  return typeof binding === 'string' && isBinding(binding) ? undefined : `the Binding of /1/${servers[0]} cannot be meant`
}
const isShortServerId = (id: number) => id >= 1 && id <= 65_534
/** Letters of transports, each once; Q was one of them in LwM2M 1.0. */
const isBinding = (binding: string) => /^[UMHTSNQ]*$/.test(binding) && new Set(binding).size === binding.length

/** What contradicts itself in the accounts as a whole: the answer to Bootstrap-Finish is then 4.06 (LwM2M Core §6.1.3.3). */
export const inconsistency = (work: Pick<Work, 'it' | 'state'>): string | undefined => {
  const { model } = work.state
  const accounts = instancesOf(model, 0)
  if (accounts.filter((account) => isBootstrap(model, account)).length > 1) return 'there are two bootstrap servers'
  const servers = accounts.filter((account) => !isBootstrap(model, account))
  if (servers.length === 0) return 'there is no account of a server'
  for (const account of servers) {
    const fault = accountFault(work, account)
    if (fault !== undefined) return fault
  }
  return accessFault(model, work.it.definitions)
}
