/** What is told of an account, and in words (LwM2M Core §6.1, §6.2). */
import type { Instant, Stamp } from '../core/machine.ts'
import { instanceAt, type Model } from '../model/state.ts'
import type { Account, ClientState, Phase } from './state.ts'
import type { AccountNotice, PlannedAction } from './word.ts'

/** What an account does when its moment has come. */
const nextActions: Readonly<Partial<Record<Phase, PlannedAction>>> = {
  waiting: 'register',
  registered: 'update',
  asleep: 'update',
  disabled: 'register',
}

/** What is told of an account; `of` is how many attempts its sequence has. */
export const noticeOf = (row: Account, uri: string, of: number): AccountNotice => {
  const { account, role, server, phase, reason, detail, version, location, attempts } = row
  const action = role === 'bootstrap' ? (phase === 'waiting' ? 'bootstrap' : phase === 'idle' ? 'forget' : undefined) : nextActions[phase]
  const dueAt = role === 'server' && phase === 'registered' ? row.updateAt : row.dueAt
  const counts = phase === 'waiting' && attempts > 0
  return {
    type: 'account',
    account,
    role,
    uri,
    server,
    state: phase,
    reason,
    detail,
    version,
    location: location.join('/'),
    ...(action === undefined || dueAt === Infinity
      ? {}
      : { next: { action, dueAt, ...(counts ? { attempt: attempts + 1, ...(of < 2 ** 31 ? { of } : {}) } : {}) } }),
  }
}

/** What there is to tell of a client that goes on where it was. */
export const noticesOf = ({ accounts, model }: ClientState): readonly AccountNotice[] =>
  [...accounts.in('')].map(({ row }) => noticeOf(row, uriAt(model, row.account), Infinity))
const uriAt = (model: Model, account: number): string => {
  const uri = instanceAt(model, 0, account)?.resources[0]
  return typeof uri === 'string' ? uri : ''
}

/** A notice as a sentence: `server 0 waits (unreachable name-not-found): registers again at 12:03:20, third attempt of five`. Without the time it has no clock, but seconds. */
export const sentenceOf = (notice: AccountNotice, { now, wall }: Pick<Stamp, 'now' | 'wall'>): string => {
  const { account, role, state, reason, detail, location, next } = notice
  const who = role === 'bootstrap' ? 'bootstrap server' : `server ${account}`
  const why = `(${reason}${detail === '' ? '' : ` ${detail}`})`
  const where = location === '' ? '' : ` at /${location}`
  return `${who} ${verbs[state]}${where} ${why}${next === undefined ? '' : `: ${planOf(next, { now, wall })}`}`
}

const planOf = ({ action, dueAt, attempt, of }: NonNullable<AccountNotice['next']>, clock: Pick<Stamp, 'now' | 'wall'>): string => {
  const counted = attempt === undefined ? '' : `, ${ordinal(attempt)} attempt${of === undefined ? '' : ` of ${cardinal(of)}`}`
  return `${plans[action]} at ${timeOf(dueAt, clock)}${counted}`
}
const plans: Readonly<Record<PlannedAction, string>> = {
  register: 'registers',
  update: 'updates',
  bootstrap: 'asks for bootstrap',
  forget: 'is forgotten',
}
const verbs: Readonly<Record<Phase, string>> = {
  idle: 'waits for others',
  waiting: 'waits',
  connecting: 'is being connected to',
  registering: 'is being registered with',
  registered: 'knows us',
  updating: 'is being updated',
  asleep: 'knows us, asleep',
  deregistering: 'is told that we go',
  disabled: 'is disabled',
  offline: 'is offline',
  requesting: 'is asked for bootstrap',
  bootstrapping: 'writes our accounts',
  failed: 'is given up',
  stopped: 'is left',
}
/** UTC, with the date where it is another day. */
const timeOf = (at: Instant, { now, wall }: Pick<Stamp, 'now' | 'wall'>): string => {
  const text = new Date(wall + at - now).toISOString()
  return text.slice(0, 10) === new Date(wall).toISOString().slice(0, 10) ? text.slice(11, 19) : `${text.slice(0, 10)} ${text.slice(11, 19)}`
}
const cardinals = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const ordinals = ['', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
const cardinal = (count: number) => cardinals[count] ?? String(count)
const ordinal = (count: number) => ordinals[count] ?? `${count}th`
