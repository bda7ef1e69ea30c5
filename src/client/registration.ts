/** The phases of one registration: connect, Register, Update, De-register, try again (LwM2M Core §6.2). */
import type { Instant } from '../core/machine.ts'
import { responses } from '../message/code.ts'
import { exchangeLifetimeMs, maxTransmitWaitMs } from '../exchange/parameters.ts'
import { accountFault, bootstrapAccount, isSecured, uriOf } from './account.ts'
import { introduction, inventory } from './inventory.ts'
import { noticeOf } from './notice.ts'
import { forgetObservers } from './observations.ts'
import type { Reason } from './reason.ts'
import { bootstrapRule, retry, retryRule } from './retry.ts'
import { nothingTold, remoteOf, type Account, type After, type Told } from './state.ts'
import { freshToken, held, numberAt, send, tell, type Work } from './work.ts'

// ── the phases ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Tries, if it can be done: the account makes sense and its transport is not offline. */
export const attempt = (work: Work, row: Account, reason: Reason): void => {
  const fault = accountFault(work, row.account)
  if (fault !== undefined) {
    leave(work, row)
    return move(work, { ...unregistered(row), phase: 'failed', reason: 'invalid', detail: fault, dueAt: Infinity })
  }
  connect(work, row, reason)
}

/** A link to the server, a new one if there was one: what was left open on the old one ends with it, but for a registration that survives. */
export const connect = (work: Work, row: Account, reason: Reason, detail = ''): void => {
  const location = survives(work, row, reason, detail) ? row.location : []
  leave(work, row, !isDoubtful(work, row, reason, detail), location.length > 0)
  open(work, row.account)
  const dueAt = work.stamp.now + work.it.limits.connectTimeoutMs
  move(work, { ...row, phase: 'connecting', reason, detail, exchange: '', linked: true, location, resumes: false, dueAt })
}
/** A secured registration belongs to our identity, not to the link that was lost: after a new handshake an Update is enough (LwM2M Core §6.2.2). */
const survives = (work: Work, { account }: Account, reason: Reason, detail: string): boolean =>
  reason === 'restored' ||
  reason === 'offline' ||
  (isSecured(work, account) && (reason === 'lost' || (reason === 'update-failed' && !/^\d/.test(detail))))
/** A server that lost its keys is silent: what was kept of the session would only be met with silence again. */
const isDoubtful = (work: Work, { account }: Account, reason: Reason, detail: string): boolean =>
  isSecured(work, account) && (reason === 'timeout' || reason === 'unreachable' || (reason === 'update-failed' && !/^\d/.test(detail)))

/** Opens the link of an account; whoever looks up keys hears before which one is meant. */
export const open = (work: Work, account: number): void => {
  const uri = uriOf(work, account)
  if (isSecured(work, account)) {
    const identity = held(work, 0, account, 3)
    const key = work.state.keys.get('', account)
    tell(work, {
      type: 'credentials',
      account,
      ...(identity instanceof Uint8Array && key !== undefined ? { psk: { identity, key } } : {}),
    })
  }
  send(work, { type: 'open', remote: remoteOf(account), uri, account, keepObservations: true })
}

/** Register (§6.2.1). A new registration begins without observations. */
export const register = (work: Work, row: Account, reason: Reason = row.reason, detail: string = row.detail): void => {
  const exchange = freshToken(work)
  const telling = toTell(work, row)
  const remote = remoteOf(row.account)
  forgetObservers(work, remote)
  send(work, {
    type: 'perform',
    exchange,
    remote,
    operation: {
      type: 'register',
      endpoint: work.it.endpointClientName,
      version: row.version,
      lifetimeSeconds: telling.lifetimeSeconds,
      binding: telling.binding,
      ...(telling.queueMode ? { queueMode: true } : {}),
      ...introduction(work, row.version, row.listsAll),
    },
  })
  const dueAt = work.stamp.now + patienceMs(work)
  move(work, { ...row, phase: 'registering', reason, detail, exchange, telling, updateWanted: false, resumes: false, dueAt })
}

/** Update (§6.2.2), with what the server does not know yet. */
export const update = (work: Work, row: Account, reason: Reason): void => {
  const exchange = freshToken(work)
  const { told, location } = row
  const telling = { ...toTell(work, row), queueMode: told.queueMode }
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
  const dueAt = work.stamp.now + patienceMs(work)
  move(work, { ...row, phase: 'updating', reason, detail: '', exchange, telling, updateWanted: false, resumes: false, dueAt })
}

/** De-register (§6.2.3), and then what is said. */
export const deregister = (work: Work, row: Account, reason: Reason, after: After): void => {
  if (row.exchange !== '') send(work, { type: 'cancel', exchange: row.exchange, remote: remoteOf(row.account) })
  const exchange = freshToken(work)
  send(work, { type: 'perform', exchange, remote: remoteOf(row.account), operation: { type: 'deregister', location: row.location } })
  move(work, { ...row, phase: 'deregistering', reason, detail: '', exchange, after, dueAt: work.stamp.now + patienceMs(work) })
}

/** Registered: the next Update is planned. What was wanted meanwhile comes now. */
export const registered = (work: Work, row: Account, reason: Reason): void => {
  if (work.stopping) return deregister(work, row, 'asked', 'stop')
  const { telling } = row
  const { now } = work.stamp
  const updateAt = now + updateAfterMs(telling.lifetimeSeconds, maxTransmitWaitMs(work.it.parameters))
  const bootstrap = bootstrapAccount(work)
  if (bootstrap !== undefined && bootstrap.attempts > 0) work.state.accounts.put('', bootstrap.account, { ...bootstrap, attempts: 0 })
  move(
    work,
    planned(work, {
      ...row,
      phase: 'registered',
      reason,
      detail: '',
      exchange: '',
      told: telling,
      attempts: 0,
      sequences: 0,
      known: true,
      updateAt,
      awakeUntilAt: telling.queueMode ? now + work.it.lifecycle.awakeMs : Infinity,
    }),
  )
}
/** A registered account is due for its Update, or to fall asleep. */
export const planned = (_work: Work, row: Account): Account => ({ ...row, dueAt: Math.min(row.updateAt, row.awakeUntilAt) })

/** Register failed: another attempt later, or no more. */
export const failed = (work: Work, row: Account, reason: Reason, detail: string): void => {
  if (work.stopping) return ended(work, row)
  const next = leadsToBootstrap(work, row) && isRejection(reason, detail) ? 'exhausted' : retry(row, retryRule(work, row.server), work)
  leave(work, row, next !== 'exhausted' && next.attempts > 0 && !isDoubtful(work, row, reason, detail))
  const gone = unregistered(row)
  if (next === 'exhausted') {
    const why = detail === '' ? reason : `${reason} ${detail}`
    return move(work, { ...gone, phase: 'failed', reason: 'exhausted', detail: why, attempts: 0, sequences: 0, dueAt: Infinity })
  }
  const { attempts, sequences, waitMs } = next
  move(work, { ...gone, phase: 'waiting', reason, detail, attempts, sequences, dueAt: work.stamp.now + waitMs })
}
/** A server that refuses us in so many words will refuse us again: bootstrap may know better (/1/x/16). */
const isRejection = (reason: Reason, detail: string) => reason === 'rejected' && rejections.has(detail)
const rejections: ReadonlySet<string> = new Set([responses.BadRequest, responses.Unauthorized, responses.Forbidden])
/** Bootstrap on Registration Failure, where there is somebody to ask. */
export const leadsToBootstrap = (work: Work, { server }: Account): boolean => {
  const bootstrap = bootstrapAccount(work)
  return bootstrap !== undefined && bootstrap.phase !== 'failed' && held(work, 1, server, 16) !== false
}

/** The end, where nobody has to be told. */
export const ended = (work: Work, row: Account): void => {
  leave(work, row)
  move(work, { ...unregistered(row), phase: 'stopped', reason: 'asked', detail: '', dueAt: Infinity })
}

/** After De-register, whatever its answer. */
export const left = (work: Work, row: Account): void => {
  leave(work, row)
  const { now } = work.stamp
  const gone = unregistered(row)
  switch (row.after) {
    case 'restart':
      return move(work, {
        ...gone,
        phase: 'waiting',
        reason: 'asked',
        known: false,
        enabledAt: undefined,
        resumedAt: undefined,
        dueAt: now,
      })
    case 'register':
      return move(work, { ...gone, phase: 'waiting', dueAt: now })
    case 'bootstrap':
      return move(work, { ...gone, phase: 'idle', reason: 'bootstrap', dueAt: Infinity })
    case 'disable':
      return disabledNow(work, gone)
    default:
      return move(work, { ...gone, phase: 'stopped', dueAt: Infinity })
  }
}
/** The Disable Timeout counts from the moment when the server is left (/1/x/5). */
const disabledNow = (work: Work, row: Account): void => {
  const { now } = work.stamp
  const enabledAt = row.enabledAt === undefined ? undefined : now + (numberAt(work, 1, row.server, 5) ?? 86_400) * 1000
  move(work, { ...row, phase: 'disabled', enabledAt, dueAt: disabledUntil({ ...row, enabledAt }, now) })
}
/** Both the server's time and the application's must be over. */
export const disabledUntil = ({ enabledAt, resumedAt }: Account, now: Instant): Instant => Math.max(now, enabledAt ?? now, resumedAt ?? now)
/** What is wanted more: the end before a new beginning, that before bootstrap, that before Disable. */
export const stronger = (one: After | undefined, other: After): After =>
  one !== undefined && strength.indexOf(one) < strength.indexOf(other) ? one : other
const strength: readonly After[] = ['stop', 'restart', 'bootstrap', 'disable', 'register']
/** The account without registration, link and attempts under way. */
export const unregistered = (row: Account): Account => ({
  ...row,
  exchange: '',
  linked: false,
  location: [],
  told: nothingTold,
  after: undefined,
  resumes: false,
  updateWanted: false,
  updateAt: Infinity,
  awakeUntilAt: Infinity,
})

/** What is under way is given up, and the link closed. Within a sequence of attempts a security session is kept; observations go with the registration. */
export const leave = (work: Work, { account, linked, exchange }: Account, keepSession = false, keepObservers = false): void => {
  const remote = remoteOf(account)
  if (exchange !== '') send(work, { type: 'cancel', exchange, remote })
  if (linked) send(work, { type: 'close', remote, keepSession })
  if (!keepObservers) forgetObservers(work, remote)
}

// ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** MAX(lifetime / 2, lifetime - MAX_TRANSMIT_WAIT); a lifetime of 0 needs no Update (LwM2M Core §6.2.2). */
export const updateAfterMs = (lifetimeSeconds: number, transmitWaitMs: number): number =>
  lifetimeSeconds === 0 ? Infinity : Math.ceil(Math.max((lifetimeSeconds * 1000) / 2, lifetimeSeconds * 1000 - transmitWaitMs))

/** The exchange ends before; this is for a client that was restored without it. */
export const patienceMs = ({ it: { parameters } }: Pick<Work, 'it'>): number =>
  maxTransmitWaitMs(parameters) + exchangeLifetimeMs(parameters)

/** The letter Q of LwM2M 1.0 is a flag of its own to us. */
export const toTell = (work: Work, { account, server }: Account): Told => {
  const binding = held(work, 1, server, 7)
  const letters = typeof binding === 'string' ? binding : 'U'
  return {
    lifetimeSeconds: numberAt(work, 1, server, 1) ?? 86_400,
    binding: letters.replace('Q', ''),
    queueMode: letters.includes('Q') || (work.it.accounts[account]?.queueMode ?? work.it.queueMode),
    inventory: work.inventory,
  }
}

// ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Puts the row, and says so if an application could see it. */
export const move = (work: Work, row: Account): void => {
  const before = work.state.accounts.get('', row.account)
  work.state.accounts.put('', row.account, row)
  work.touched = true
  if (before === undefined || before.phase !== row.phase || before.reason !== row.reason || plannedAt(before) !== plannedAt(row))
    tell(work, noticeOf(row, uriOf(work, row.account), attemptsOf(work, row)))
}
/** Not the end of the awake window: that moves with each exchange. */
const plannedAt = ({ phase, updateAt, dueAt }: Account) => (phase === 'registered' ? updateAt : dueAt)
const attemptsOf = (work: Work, { role, server }: Account): number =>
  (role === 'bootstrap' ? bootstrapRule(work.it.lifecycle) : retryRule(work, server)).count
