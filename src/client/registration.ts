/** The life of one account: connect, Register, Update, De-register, try again (LwM2M Core §6.2). */
import type { ClosedReason } from '../core/ports.ts'
import type { FailureReason } from '../exchange/exchange.ts'
import { exchangeLifetimeMs, maxTransmitWaitMs } from '../exchange/parameters.ts'
import { responses } from '../message/code.ts'
import type { Outcome, Version } from '../operation/operation.ts'
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
  leave(work, row)
  send(work, { type: 'open', remote, uri: work.it.accounts[row.account]!.uri, account: row.account })
  const dueAt = work.stamp.now + work.it.limits.connectTimeoutMs
  move(work, { ...row, phase: 'connecting', reason, detail, exchange: '', linked: true, location: [], disabledSeconds: undefined, dueAt })
}

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
const update = (work: Work, row: Account, reason: Reason): void => {
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
const registered = (work: Work, row: Account, reason: Reason): void => {
  const { telling } = row
  const dueAt = work.stamp.now + updateAfterMs(telling.lifetimeSeconds, maxTransmitWaitMs(work.it.parameters))
  move(work, { ...row, phase: 'registered', reason, detail: '', exchange: '', told: telling, attempts: 0, sequences: 0, dueAt })
}

/** Register failed: another attempt later, or no more. */
const failed = (work: Work, row: Account, reason: Reason, detail: string): void => {
  const next = retry(row, retryRule(work, row.account), work)
  leave(work, row)
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

/** After De-register, whatever its answer. */
const left = (work: Work, row: Account): void => {
  leave(work, row)
  const gone: Account = { ...row, exchange: '', linked: false, location: [], told: nothingTold, disabledSeconds: undefined }
  if (row.disabledSeconds === undefined) move(work, { ...gone, phase: 'stopped', dueAt: Infinity })
  else move(work, { ...gone, phase: 'waiting', attempts: 0, sequences: 0, dueAt: work.stamp.now + row.disabledSeconds * 1000 })
}

const leave = (work: Work, { account, linked, exchange }: Account): void => {
  const remote = remoteOf(account)
  if (exchange !== '') send(work, { type: 'cancel', exchange, remote })
  if (linked) send(work, { type: 'close', remote, keepSession: true })
  forgetObservers(work, remote)
}

// ── what happens to it ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The account's own moment has come. */
export const due = (work: Work, row: Account): void => {
  switch (row.phase) {
    case 'waiting':
      return connect(work, row, row.reason)
    case 'registered':
      return update(work, row, 'due')
    case 'connecting':
      return failed(work, row, 'unreachable', 'timeout')
    case 'registering':
      return failed(work, row, 'timeout', '')
    case 'updating':
      return connect(work, row, 'update-failed', 'timeout')
    case 'deregistering':
      return left(work, row)
    case 'stopped':
    case 'failed':
      return move(work, { ...row, dueAt: Infinity })
  }
}

/** Register, Update or De-register was answered. */
export const answered = (work: Work, row: Account, outcome: Outcome): void => {
  switch (row.phase) {
    case 'registering':
      return registerAnswered(work, row, outcome)
    case 'updating':
      return outcome.code === responses.Changed ? registered(work, row, 'updated') : connect(work, row, 'update-failed', outcome.code)
    case 'deregistering':
      return left(work, row)
    default:
      return
  }
}
const registerAnswered = (work: Work, row: Account, { code, location = [] }: Outcome): void => {
  if (code === responses.Created)
    return location.length > 0 ? registered(work, { ...row, location }, 'registered') : failed(work, row, 'no-location', code)
  const older = code === responses.PreconditionFailed ? downFrom[row.version] : undefined
  return older === undefined ? failed(work, row, 'rejected', code) : register(work, { ...row, version: older }, 'version', code)
}
const downFrom: Readonly<Partial<Record<Version, Version>>> = { '1.2': '1.1', '1.1': '1.0' }

/** Register, Update or De-register was not answered. An aborted one is left to `closed`, which follows. */
export const unanswered = (work: Work, row: Account, reason: FailureReason): void => {
  if (reason === 'aborted') return
  switch (row.phase) {
    case 'registering':
      return failed(work, row, reason === 'timeout' ? 'timeout' : 'unreachable', reason)
    case 'updating':
      return connect(work, row, 'update-failed', reason)
    case 'deregistering':
      return left(work, row)
    default:
      return
  }
}

export const opened = (work: Work, row: Account): void => {
  if (row.phase === 'connecting') register(work, row)
}

export const closed = (work: Work, row: Account, reason: ClosedReason): void => {
  if (reason === 'asked') return
  const unlinked: Account = { ...row, linked: false }
  switch (row.phase) {
    case 'connecting':
    case 'registering':
      return failed(work, unlinked, 'unreachable', reason)
    case 'registered':
    case 'updating':
      return connect(work, unlinked, 'lost', reason)
    case 'deregistering':
      return left(work, unlinked)
    default:
      return
  }
}

/** Ends: with De-register where there is a registration. */
export const stop = (work: Work, row: Account): void => {
  if (row.phase === 'registered' || row.phase === 'updating') return deregister(work, withoutExchange(work, row), 'asked')
  if (row.phase === 'deregistering') return move(work, { ...row, disabledSeconds: undefined })
  if (row.phase === 'stopped') return
  leave(work, row)
  move(work, { ...row, phase: 'stopped', reason: 'asked', detail: '', exchange: '', linked: false, dueAt: Infinity })
}
const withoutExchange = (work: Work, row: Account): Account => {
  if (row.exchange !== '') send(work, { type: 'cancel', exchange: row.exchange, remote: remoteOf(row.account) })
  return { ...row, exchange: '' }
}

/** A registered account whose server does not know everything says so at once. */
export const settle = (work: Work, row: Account): void => {
  if (row.phase !== 'registered') return
  const { told, updateWanted } = row
  const { lifetimeSeconds, binding, inventory: revision } = toTell(work, row.account)
  if (lifetimeSeconds !== told.lifetimeSeconds || binding !== told.binding || revision !== told.inventory) update(work, row, 'changed')
  else if (updateWanted) update(work, row, row.reason)
}

// ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** MAX(lifetime / 2, lifetime - MAX_TRANSMIT_WAIT); a lifetime of 0 needs no Update (LwM2M Core §6.2.2). */
export const updateAfterMs = (lifetimeSeconds: number, transmitWaitMs: number): number =>
  lifetimeSeconds === 0 ? Infinity : Math.ceil(Math.max((lifetimeSeconds * 1000) / 2, lifetimeSeconds * 1000 - transmitWaitMs))

/** The exchange ends before; this is for a client that was restored without it. */
const patienceMs = ({ it: { parameters } }: Work) => maxTransmitWaitMs(parameters) + exchangeLifetimeMs(parameters)

const toTell = (work: Work, account: number): Told => {
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
