/** Bootstrap at the client: when it is asked for, held off, begun, tried again, and what becomes of the accounts (LwM2M Core §6.1). */
import { exchangeLifetimeMs } from '../exchange/parameters.ts'
import type { FailureReason } from '../exchange/exchange.ts'
import { responses, type Code } from '../message/code.ts'
import type { Operation, Outcome } from '../operation/operation.ts'
import { accountFault, bootstrapAccount, inconsistency, isReachable, serverAccounts, transportOf } from './account.ts'
import { keepAlive, rollback, stageOver, takePack } from './bootstrap-stage.ts'
import { change, leaveMissing } from './commit.ts'
import { farewell } from './queue.ts'
import type { Reason } from './reason.ts'
import { follow } from './reconciliation.ts'
import { deregister, leave, move, open, patienceMs, stronger, unregistered } from './registration.ts'
import { bootstrapRule, retry } from './retry.ts'
import { remoteOf, type Account } from './state.ts'
import { freshToken, numberAt, send, type Work } from './work.ts'

// ── the wish ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether there is somebody to ask. */
export const canBootstrap = (work: Work): boolean => bootstrapAccount(work) !== undefined
/** From the wish to the end: the accounts of servers rest. */
export const isBootstrapping = ({ phase, after }: Account): boolean => after === 'bootstrap' || busy.has(phase)
const busy: ReadonlySet<Account['phase']> = new Set(['waiting', 'connecting', 'requesting', 'bootstrapping', 'offline'])

/** Every server is left, with De-register where we are registered; then bootstrap begins. Says whether it can. */
export const leaveForBootstrap = (work: Work, reason: Reason): boolean => {
  const row = bootstrapAccount(work)
  if (row === undefined) return false
  if (isBootstrapping(row)) return true
  for (const server of serverAccounts(work)) leaveOne(work, server)
  const attempts = reason === 'asked' || reason === 'triggered' ? 0 : row.attempts
  move(work, { ...row, phase: 'idle', reason, detail: '', attempts, after: 'bootstrap', dueAt: Infinity })
  return true
}
const leaveOne = (work: Work, row: Account): void => {
  if (isReachable(row)) return deregister(work, row, 'bootstrap', 'bootstrap')
  if (row.phase === 'asleep') return farewell(work, row, 'bootstrap', 'bootstrap')
  if (row.phase === 'deregistering' || row.after !== undefined) return move(work, { ...row, after: stronger(row.after, 'bootstrap') })
  leave(work, row)
  move(work, { ...unregistered(row), phase: 'idle', reason: 'bootstrap', detail: '', dueAt: Infinity })
}

/** Begins once every server has been left; a client without a server that it can use begins by itself. */
export const settleBootstrap = (work: Work): void => {
  const row = bootstrapAccount(work)
  if (row?.phase !== 'idle' || work.stopping) return
  if (row.after !== 'bootstrap') {
    const why = needOf(work)
    if (why !== undefined) leaveForBootstrap(work, why)
    else return
  }
  // One that was to do something else after De-register, such as begin anew, is left once more.
  for (const server of serverAccounts(work)) if (!isQuiet(server) && server.after === undefined) leaveOne(work, server)
  if (serverAccounts(work).every(isQuiet)) hold(work, bootstrapAccount(work)!)
}
const isQuiet = ({ phase }: Account) => phase === 'idle' || phase === 'stopped'
/** Why the client cannot do without bootstrap. */
const needOf = (work: Work): Reason | undefined => {
  const servers = serverAccounts(work)
  if (servers.length === 0) return 'start'
  if (servers.some((row) => row.phase === 'failed' && row.reason === 'exhausted' && wantsBootstrap(work, row))) return 'exhausted'
  return servers.every(({ account, phase }) => phase === 'failed' && accountFault(work, account) !== undefined) ? 'invalid' : undefined
}
const wantsBootstrap = ({ state: { model } }: Work, { server }: Account): boolean => model.get('1', server)?.resources[16] !== false

/** Client Hold Off Time, before the first attempt (/0/x/11). What failed before waits as long as it must. */
const hold = (work: Work, row: Account): void => {
  const { now } = work.stamp
  const holdOffMs = (numberAt(work, 0, row.account, 11) ?? 0) * 1000
  if (row.attempts > 0) return again(work, { ...row, attempts: row.attempts - 1 }, row.reason, row.detail)
  const held: Account = { ...row, phase: 'waiting', after: undefined, dueAt: now + holdOffMs }
  if (!work.it.lifecycle.serverInitiatedBootstrap || holdOffMs === 0 || isOffline(work, row)) return move(work, held)
  open(work, row.account)
  move(work, { ...held, linked: true })
}

// ── the attempt ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Its own moment has come. */
export const due = (work: Work, row: Account): void => {
  switch (row.phase) {
    case 'waiting':
      return begin(work, row)
    case 'connecting':
      return failed(work, row, 'unreachable', 'timeout')
    case 'requesting':
      return failed(work, row, 'timeout', '')
    case 'bootstrapping':
      return failed(work, row, 'silence', '')
    case 'idle':
    case 'failed':
      return row.purgeAt <= work.stamp.now ? purge(work, row) : move(work, { ...row, dueAt: row.purgeAt })
    default:
      return move(work, { ...row, dueAt: Infinity })
  }
}
const begin = (work: Work, row: Account): void => {
  const fault = accountFault(work, row.account)
  if (fault !== undefined) return over(work, row, 'invalid', fault)
  if (isOffline(work, row)) return pause(work, row)
  if (row.linked) return ask(work, { ...row, asks: firstOf(work, row) })
  open(work, row.account)
  const dueAt = work.stamp.now + work.it.limits.connectTimeoutMs
  move(work, { ...row, phase: 'connecting', linked: true, dueAt })
}

const isOffline = (work: Work, { account }: Account): boolean => work.offline.includes(transportOf(work, account))
/** There is no network: what was begun is undone, and begun anew when there is one. */
export const pause = (work: Work, row: Account): void => {
  rollback(work)
  leave(work, row, true)
  move(work, { ...unregistered(row), phase: 'offline', reason: 'offline', detail: '', dueAt: Infinity })
}
export const goOn = (work: Work, row: Account): void => move(work, { ...row, phase: 'waiting', dueAt: work.stamp.now })

export const opened = (work: Work, row: Account): void => {
  if (row.phase === 'connecting') ask(work, { ...row, asks: firstOf(work, row) })
}
/** What was refused once is not asked for again. */
const firstOf = ({ it }: Work, { version, asks }: Account): Account['asks'] => {
  if (version === '1.0') return 'bare-request'
  return asks === 'pack' && (version === '1.1' || !it.lifecycle.bootstrapPack) ? 'request' : asks
}

/** Bootstrap-Pack-Request (1.2), Bootstrap-Request with the format that we prefer (1.1), or without (1.0). */
const ask = (work: Work, row: Account): void => {
  const exchange = freshToken(work)
  send(work, { type: 'perform', exchange, remote: remoteOf(row.account), operation: requestOf(work, row) })
  move(work, { ...row, phase: 'requesting', exchange, dueAt: work.stamp.now + patienceMs(work) })
}
const senmlCbor = 112
const requestOf = (work: Work, { asks, account }: Account): Operation => {
  const endpoint = work.it.endpointClientName
  if (asks === 'pack') return { type: 'bootstrap-pack-request', endpoint, accept: senmlCbor, accounts: keepAlive(work, account) }
  return { type: 'bootstrap-request', endpoint, ...(asks === 'request' ? { pct: senmlCbor } : {}) }
}

/** The request was answered. A Pack that cannot be had, or makes no sense, is asked for piece by piece (§6.1.7.7). */
export const answered = (work: Work, row: Account, outcome: Outcome): void => {
  const { code } = outcome
  if (row.asks === 'pack') {
    const fault = code === responses.Content ? (takePack(work, row, outcome.nodes ?? []) ?? inconsistency(work)) : code
    if (fault === undefined) return finished(work, row)
    rollback(work)
    return ask(work, { ...row, asks: 'request' })
  }
  if (code === responses.Changed)
    return move(work, { ...row, phase: 'bootstrapping', dueAt: work.stamp.now + exchangeLifetimeMs(work.it.parameters) })
  if (row.asks === 'request' && oldServer.has(code)) return ask(work, { ...row, asks: 'bare-request' })
  failed(work, row, 'rejected', code)
}
/** `pct` came with 1.1: who does not know it may say so in these words. */
const oldServer: ReadonlySet<Code> = new Set<Code>([responses.BadRequest, responses.UnsupportedContentFormat])

export const unanswered = (work: Work, row: Account, reason: FailureReason): void => {
  if (row.asks === 'pack' && reason !== 'unreachable') return ask(work, { ...row, asks: 'request' })
  failed(work, row, reason === 'timeout' ? 'timeout' : 'unreachable', reason)
}

export const closed = (work: Work, row: Account, why: string): void => {
  if (row.phase === 'connecting' || row.phase === 'requesting' || row.phase === 'bootstrapping')
    return failed(work, row, 'unreachable', why)
  work.state.accounts.put('', row.account, row)
  work.touched = true
}

/** Each of its messages shows that the server goes on. */
export const heard = (work: Work, row: Account): void =>
  move(work, {
    ...row,
    phase: 'bootstrapping',
    dueAt: work.stamp.now + exchangeLifetimeMs(work.it.parameters),
  })

// ── its end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What was written counts from now on; the link is closed, and the servers are registered with. */
export const finished = (work: Work, row: Account): void => {
  leaveMissing(work)
  stageOver(work)
  const { now } = work.stamp
  const timeoutSeconds = numberAt(work, 0, row.account, 12) ?? 0
  const purgeAt = timeoutSeconds > 0 ? now + timeoutSeconds * 1000 : Infinity
  leave(work, row)
  move(work, {
    ...unregistered(row),
    phase: 'idle',
    reason: 'bootstrapped',
    detail: '',
    // Kept until a server accepts us: who is bootstrapped into what does not work asks less and less often.
    attempts: row.attempts + 1,
    purgeAt,
    dueAt: purgeAt,
  })
  follow(work)
  for (const server of serverAccounts(work)) restart(work, server, 'bootstrapped')
}
/** The accounts of the servers are as they were; another attempt later, or no more. */
export const failed = (work: Work, row: Account, reason: Reason, detail: string): void => {
  rollback(work)
  if (work.stopping) return abandon(work, row)
  leave(work, row)
  again(work, { ...unregistered(row) }, reason, detail)
}
const again = (work: Work, row: Account, reason: Reason, detail: string): void => {
  const next = retry({ attempts: row.attempts, sequences: 0 }, bootstrapRule(work.it.lifecycle), work)
  if (next === 'exhausted') return over(work, row, 'exhausted', detail === '' ? reason : `${reason} ${detail}`)
  const dueAt = work.stamp.now + next.waitMs
  move(work, { ...row, phase: 'waiting', reason, detail, after: undefined, attempts: next.attempts, dueAt })
}
/** No more attempts: what there was before is tried once more. */
const over = (work: Work, row: Account, reason: Reason, detail: string): void => {
  leave(work, row)
  move(work, { ...unregistered(row), phase: 'failed', reason, detail, attempts: 0, dueAt: row.purgeAt })
  for (const server of serverAccounts(work)) if (server.phase === 'idle' && server.reason === 'bootstrap') restart(work, server, reason)
}
/** Begins a server's life anew. */
export const restart = (work: Work, row: Account, reason: Reason): void =>
  move(work, {
    ...unregistered(row),
    phase: 'waiting',
    reason,
    detail: '',
    version: work.it.accounts[row.account]?.version ?? work.it.version,
    attempts: 0,
    sequences: 0,
    known: false,
    enabledAt: undefined,
    resumedAt: undefined,
    dueAt: work.stamp.now,
  })
/** The client stops, or begins from the beginning. */
export const abandon = (work: Work, row: Account): void => {
  rollback(work)
  leave(work, row)
  move(work, { ...unregistered(row), phase: 'stopped', reason: 'asked', detail: '', dueAt: Infinity })
}

/** Bootstrap-Server Account Timeout: it is no longer there (/0/x/12). */
const purge = (work: Work, row: Account): void => {
  const changes = keepAlive(work, row.account).map((path) => ({ type: 'delete' as const, path }))
  move(work, { ...row, purgeAt: Infinity, dueAt: Infinity })
  change(work, changes, 'bootstrap')
}
