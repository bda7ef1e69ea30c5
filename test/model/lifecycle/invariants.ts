/** What holds of a client at every instant, whatever happens: one Register at a time, no forgotten link, no forgotten timer, no secret said. */
import { refusals } from '../../../src/client/commands.ts'
import type { Account, ClientState, Phase } from '../../../src/client/state.ts'
import { isTransition } from '../../../src/client/transitions.ts'
import type { AccountNotice, Notice } from '../../../src/client/word.ts'
import type { ClientEffect, ClientEvent } from '../../../src/client/work.ts'
import type { Tick } from '../../../src/core/machine.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { ExchangeId } from '../../../src/exchange/exchange.ts'

export interface Watched {
  /** Registers under way, by link. */
  readonly registers: Map<string, Set<ExchangeId>>
  /** Links that are open. */
  readonly links: Set<string>
  readonly notices: Notice[]
  /** Where each account was last. */
  readonly phases: Map<number, Phase>
  readonly secret: string
}

/** After each step: what was said. */
export const observe = (
  { registers, links, notices, phases, secret }: Watched,
  event: ClientEvent | Tick,
  effects: readonly ClientEffect[],
): void => {
  if (event.type === 'up') {
    const word = event.value
    if (word.type === 'closed' && word.reason !== 'asked') links.delete(word.remote)
    if (word.type === 'performed' || word.type === 'failed') registers.get(word.remote)?.delete(word.exchange)
  }
  for (const { type, value } of effects) {
    // A response goes out with the request that it answers.
    if (holds(value.type === 'respond' ? value.outcome : value, secret)) throw new Error(`a key is said: ${value.type}`)
    if (type === 'up') {
      if (value.type === 'account' || value.type === 'command-refused') notices.push(value)
      if (value.type === 'account') walk(phases, value)
      continue
    }
    if (value.type === 'open') {
      if (links.has(value.remote)) throw new Error(`${value.remote} is opened, and is open`)
      links.add(value.remote)
    }
    if (value.type === 'close') links.delete(value.remote)
    if (value.type === 'cancel') registers.get(value.remote)?.delete(value.exchange)
    if (value.type === 'perform') {
      if (!links.has(value.remote)) throw new Error(`${value.operation.type} to ${value.remote}, which is not open`)
      if (value.operation.type !== 'register') continue
      const open = registers.get(value.remote) ?? new Set<ExchangeId>()
      registers.set(value.remote, open.add(value.exchange))
      if (open.size > 1) throw new Error(`${open.size} Registers under way with ${value.remote}`)
    }
  }
}
/** Along the arrows of the diagram alone. */
const walk = (phases: Map<number, Phase>, { account, role, state, reason }: AccountNotice): void => {
  const before = phases.get(account)
  if (reason === 'removed') return void phases.delete(account)
  phases.set(account, state)
  if (before !== undefined && before !== state && !isTransition(role, before, state))
    throw new Error(`${role} ${account}: ${before} to ${state}`)
}
/** Whether the key is anywhere in it, but for where keys belong. */
const holds = (value: unknown, secret: string): boolean => {
  if (value instanceof Secret) return false
  if (value instanceof Uint8Array) return new TextDecoder().decode(value).includes(secret)
  if (typeof value === 'string') return value.includes(secret)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some((inner) => holds(inner, secret))
}

/** Whoever waits for somebody else has no timer; everybody else has one. */
const waitsForSomebody: ReadonlySet<Phase> = new Set<Phase>(['idle', 'offline', 'failed', 'stopped'])
/** Nothing is under way, and no link is open. */
const unlinked: ReadonlySet<Phase> = new Set<Phase>(['idle', 'waiting', 'asleep', 'disabled', 'offline', 'failed', 'stopped'])
const asking: ReadonlySet<Phase> = new Set<Phase>(['registering', 'updating', 'deregistering', 'requesting'])

/** Between steps: what is kept. */
export const inspect = (state: ClientState, { links }: Watched, now: number): void => {
  for (const { row } of state.accounts.in('')) {
    const { phase, dueAt, role, purgeAt, resumedAt, account, exchange, location, reason } = row
    const where = `${role} ${account}, ${phase} (${reason})`
    const open = links.has(`account ${account}`)
    if (waitsForSomebody.has(phase) && dueAt !== Infinity && dueAt !== purgeAt) throw new Error(`${where}: a timer at ${dueAt}`)
    if (!waitsForSomebody.has(phase) && dueAt === Infinity && !mayWaitForEver(row)) throw new Error(`${where}: no timer`)
    if (dueAt < now) throw new Error(`${where}: ${dueAt} is over, at ${now}`)
    if (phase !== 'disabled' && resumedAt === Infinity && !pending.has(phase)) throw new Error(`${where}: it is suspended for ever`)
    if (unlinked.has(phase) && open) throw new Error(`${where}: its link is open`)
    if (open !== row.linked) throw new Error(`${where}: its link is ${open ? 'open' : 'closed'}, and it thinks otherwise`)
    if ((exchange !== '') !== asking.has(phase)) throw new Error(`${where}: ${exchange === '' ? 'nothing' : 'something'} is under way`)
    if ((phase === 'registered' || phase === 'updating' || phase === 'asleep') && location.length === 0)
      throw new Error(`${where}: no location`)
    if ((phase === 'waiting' || phase === 'disabled' || phase === 'failed' || phase === 'stopped') && location.length > 0)
      if (reason !== 'restored') throw new Error(`${where}: a location`)
  }
}
/** A lifetime of 0, or suspended until somebody says otherwise. */
const mayWaitForEver = ({ phase, resumedAt, told }: Account): boolean =>
  (phase === 'disabled' && resumedAt === Infinity) || ((phase === 'registered' || phase === 'asleep') && told.lifetimeSeconds === 0)
/** On the way to it, or something greater came between. */
const pending: ReadonlySet<Phase> = new Set<Phase>(['deregistering', 'connecting', 'idle', 'offline', 'failed', 'stopped', 'asleep'])

/** The refusals that there are. */
export const reasons: ReadonlySet<string> = new Set([
  ...Object.values(refusals).flatMap((row) => Object.values(row)),
  'no-account',
  'no-bootstrap-server',
  'not-registered',
  'inconsistent',
])
