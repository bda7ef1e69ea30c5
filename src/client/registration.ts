/** The phases of one account's life: connect, Register, Update, De-register, try again (LwM2M Core §6.2). */
import { exchangeLifetimeMs, maxTransmitWaitMs } from '../exchange/parameters.ts'
import { inventory } from './inventory.ts'
import { forgetObservers } from './observations.ts'
import type { Reason } from './reason.ts'
import { retry, retryRule } from './retry.ts'
import { nothingTold, remoteOf, type Account, type Phase, type Told } from './state.ts'
import type { AccountNotice } from './word.ts'
import { freshToken, held, numberAt, send, tell, type Work } from './work.ts'

// ── the phases ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A link to the server, a new one if there was one: what was left open on the old one ends with it. */
export const connect = (work: Work, row: Account, reason: Reason, detail = ''): void => {
  const remote = remoteOf(row.account)
  leave(work, row, !isDoubtful(work, row, reason, detail))
  send(work, { type: 'open', remote, uri: work.it.accounts[row.account]!.uri, account: row.account })
  const dueAt = work.stamp.now + work.it.limits.connectTimeoutMs
  const location = survives(work, row, reason, detail) ? row.location : []
  move(work, { ...row, phase: 'connecting', reason, detail, exchange: '', linked: true, location, disabledSeconds: undefined, dueAt })
}
/** A secured registration belongs to our identity, not to the link that was lost: after a new handshake an Update is enough (LwM2M Core §6.2.2). */
const survives = (work: Work, { account }: Account, reason: Reason, detail: string): boolean =>
  isSecured(work, account) && (reason === 'lost' || (reason === 'update-failed' && !/^\d/.test(detail)))
/** A server that lost its keys is silent: what was kept of the session would only be met with silence again. */
const isDoubtful = (work: Work, { account }: Account, reason: Reason, detail: string): boolean =>
  isSecured(work, account) && (reason === 'timeout' || reason === 'unreachable' || (reason === 'update-failed' && !/^\d/.test(detail)))
export const isSecured = ({ it }: Work, account: number): boolean => it.accounts[account]!.uri.startsWith('coaps:')

/** Register (§6.2.1). A new registration begins without observations. */
export const register = (work: Work, row: Account, reason: Reason = row.reason, detail: string = row.detail): void => {
  const exchange = freshToken(work)
  const telling = toTell(work, row.account)
  forgetObservers(work, remoteOf(row.account))
  send(work, {
    type: 'perform',
    exchange,
    remote: remoteOf(row.account),
    operation: {
      type: 'register',
      endpoint: work.it.endpointClientName,
      version: row.version,
      lifetimeSeconds: telling.lifetimeSeconds,
      binding: telling.binding,
      has: inventory(work, row.version),
    },
  })
  move(work, {
    ...row,
    phase: 'registering',
    reason,
    detail,
    exchange,
    telling,
    updateWanted: false,
    dueAt: work.stamp.now + patienceMs(work),
  })
}

/** Update (§6.2.2), with what the server does not know yet. */
export const update = (work: Work, row: Account, reason: Reason): void => {
  const exchange = freshToken(work)
  const telling = toTell(work, row.account)
  const { told, location } = row
  send(work, {
    type: 'perform',
    exchange,
    remote: remoteOf(row.account),
    operation: {
      type: 'update',
      location,
      ...(telling.lifetimeSeconds === told.lifetimeSeconds ? {} : { lifetimeSeconds: telling.lifetimeSeconds }),
      ...(telling.binding === told.binding ? {} : { binding: telling.binding }),
      ...(telling.inventory === told.inventory ? {} : { has: inventory(work, row.version) }),
    },
  })
  move(work, {
    ...row,
    phase: 'updating',
    reason,
    detail: '',
    exchange,
    telling,
    updateWanted: false,
    dueAt: work.stamp.now + patienceMs(work),
  })
}

/** De-register (§6.2.3), and then end or, after Disable, wait. */
export const deregister = (work: Work, row: Account, reason: Reason, disabledSeconds?: number): void => {
  const exchange = freshToken(work)
  send(work, { type: 'perform', exchange, remote: remoteOf(row.account), operation: { type: 'deregister', location: row.location } })
  move(work, { ...row, phase: 'deregistering', reason, detail: '', exchange, disabledSeconds, dueAt: work.stamp.now + patienceMs(work) })
}

/** Registered: the next Update is planned. */
export const registered = (work: Work, row: Account, reason: Reason): void => {
  if (work.stopping) return deregister(work, row, 'asked')
  const { telling } = row
  const dueAt = work.stamp.now + updateAfterMs(telling.lifetimeSeconds, maxTransmitWaitMs(work.it.parameters))
  move(work, { ...row, phase: 'registered', reason, detail: '', exchange: '', told: telling, attempts: 0, sequences: 0, dueAt })
}

/** Register failed: another attempt later, or no more. */
export const failed = (work: Work, row: Account, reason: Reason, detail: string): void => {
  if (work.stopping) return ended(work, row)
  const next = retry(row, retryRule(work, row.account), work)
  leave(work, row, next !== 'exhausted' && next.attempts > 0 && !isDoubtful(work, row, reason, detail))
  const left: Account = { ...row, exchange: '', linked: false, location: [], told: nothingTold, detail }
  if (next === 'exhausted')
    return move(work, {
      ...left,
      phase: 'failed',
      reason: 'exhausted',
      detail: detail === '' ? reason : `${reason} ${detail}`,
      dueAt: Infinity,
    })
  const { attempts, sequences, waitMs } = next
  move(work, { ...left, phase: 'waiting', reason, attempts, sequences, dueAt: work.stamp.now + waitMs })
}

/** The end, where nobody has to be told. */
export const ended = (work: Work, row: Account): void => {
  leave(work, row)
  move(work, { ...row, phase: 'stopped', reason: 'asked', detail: '', exchange: '', linked: false, dueAt: Infinity })
}

/** After De-register, whatever its answer. */
export const left = (work: Work, row: Account): void => {
  leave(work, row)
  const gone: Account = { ...row, exchange: '', linked: false, location: [], told: nothingTold, disabledSeconds: undefined }
  if (row.disabledSeconds === undefined) move(work, { ...gone, phase: 'stopped', dueAt: Infinity })
  else move(work, { ...gone, phase: 'waiting', attempts: 0, sequences: 0, dueAt: work.stamp.now + row.disabledSeconds * 1000 })
}

/** What is under way is given up, and the link closed. Within a sequence of attempts a security session is kept. */
export const leave = (work: Work, { account, linked, exchange }: Account, keepSession = false): void => {
  const remote = remoteOf(account)
  if (exchange !== '') send(work, { type: 'cancel', exchange, remote })
  if (linked) send(work, { type: 'close', remote, keepSession })
  forgetObservers(work, remote)
}

// ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** MAX(lifetime / 2, lifetime - MAX_TRANSMIT_WAIT); a lifetime of 0 needs no Update (LwM2M Core §6.2.2). */
export const updateAfterMs = (lifetimeSeconds: number, transmitWaitMs: number): number =>
  lifetimeSeconds === 0 ? Infinity : Math.ceil(Math.max((lifetimeSeconds * 1000) / 2, lifetimeSeconds * 1000 - transmitWaitMs))

/** The exchange ends before; this is for a client that was restored without it. */
const patienceMs = ({ it: { parameters } }: Work) => maxTransmitWaitMs(parameters) + exchangeLifetimeMs(parameters)

export const toTell = (work: Work, account: number): Told => {
  const binding = held(work, 1, account, 7)
  return {
    lifetimeSeconds: numberAt(work, 1, account, 1) ?? 86_400,
    binding: typeof binding === 'string' ? binding : 'U',
    inventory: work.inventory,
  }
}

// ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Puts the row, and says so if an application could see it. */
export const move = (work: Work, row: Account): void => {
  const before = work.state.accounts.get('', row.account)
  work.state.accounts.put('', row.account, row)
  work.touched = true
  if (before === undefined || before.phase !== row.phase || before.reason !== row.reason || before.dueAt !== row.dueAt)
    tell(work, noticeOf(row))
}

const nextActions: Readonly<Partial<Record<Phase, 'register' | 'update'>>> = { waiting: 'register', registered: 'update' }

/** What is told of an account. */
export const noticeOf = ({ account, phase, reason, detail, version, location, dueAt }: Account): AccountNotice => {
  const action = nextActions[phase]
  return {
    type: 'account',
    account,
    state: phase,
    reason,
    detail,
    version,
    location: location.join('/'),
    ...(action === undefined || dueAt === Infinity ? {} : { next: { action, dueAt } }),
  }
}
