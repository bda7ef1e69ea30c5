/** Accounts as the data model has them: Security Object Instances, paired with Server Object Instances by Short Server ID (LwM2M Core §6.1.2, §E.1, §E.2). */
import { instanceAt, instancesOf, type Model } from '../model/state.ts'

/** One account: a server's, or the bootstrap server's, which has no Server Object Instance (-1). */
export interface Pair {
  readonly account: number
  readonly role: 'server' | 'bootstrap'
  readonly server: number
}

/** Every account there is, by Security Object Instance. Of several for one server the one whose transport is preferred. */
export const pairsIn = (model: Model): readonly Pair[] => {
  const pairs: Pair[] = []
  for (const account of instancesOf(model, 0)) if (isBootstrap(model, account)) pairs.push({ account, role: 'bootstrap', server: -1 })
  for (const server of instancesOf(model, 1)) {
    const account = bestOf(model, server)
    if (account !== undefined) pairs.push({ account, role: 'server', server })
  }
  return pairs.sort((a, b) => a.account - b.account)
}

export const isBootstrap = (model: Model, account: number): boolean => instanceAt(model, 0, account)?.resources[1] === true

/** The Security Object Instances of servers with this Short Server ID. */
export const candidatesFor = (model: Model, server: number): readonly number[] => {
  const id = numberOf(instanceAt(model, 1, server)?.resources[0])
  return id === undefined
    ? []
    : instancesOf(model, 0).filter(
        (account) => !isBootstrap(model, account) && numberOf(instanceAt(model, 0, account)?.resources[10]) === id,
      )
}
/** Preferred Transport (/1/x/22) first, then the order of Binding (/1/x/7); U is always possible (LwM2M Core §6.2.1.2). */
const bestOf = (model: Model, server: number): number | undefined => {
  const { 7: binding = 'U', 22: preferred } = instanceAt(model, 1, server)!.resources
  const rank = (account: number): number => {
    const letter = letterOf(textOf(instanceAt(model, 0, account)?.resources[0]))
    if (letter === preferred) return -1
    const at = textOf(binding).indexOf(letter)
    return at < 0 ? 99 : at
  }
  return [...candidatesFor(model, server)].sort((a, b) => rank(a) - rank(b) || a - b)[0]
}

/** The letter of the transport that a URI names (LwM2M Core §6.2.1.2). */
export const letterOf = (uri: string): string => (/^coaps?\+tcp:/.test(uri) ? 'T' : 'U')

export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
