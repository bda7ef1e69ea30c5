/** One download: when to ask for which part of the file, what to make of a loss, and when it is done (RFC 7959 §2.4; RFC 9110 §14, §15.4). */
import { chance, type Dice } from '../../core/dice.ts'
import { none, type Instant, type Machine, type Stamp, type Step, type Tick } from '../../core/machine.ts'
import { nowhere, resumable, same } from './file.ts'
import { openingAt } from './hours.ts'
import { measured, measuring, remainingMs } from './rate.ts'
import { reasonOf, type Failure } from './reason.ts'
import { redirectedTo, sameOrigin } from './redirection.ts'
import type { DownloadPhase, Progress, PullEffect, PullEvent, PullSettings, PullState } from './words.ts'

type Made = Step<PullState, PullEffect>

/** The machine of one download. `uri` is without credentials. */
export const pull = (uri: string, settings: PullSettings): Machine<PullState, PullEvent, PullEffect> => ({
  name: 'download',
  initial: {
    uri,
    at: uri,
    own: true,
    redirects: 0,
    under: 'unbegun',
    current: 0,
    offset: 0,
    place: nowhere,
    rate: measuring(0, 0, 0),
    suspended: false,
    open: true,
    lookAt: Infinity,
    dueAt: 0,
    attempt: 0,
    restarts: 0,
    bestBytes: -1,
    failures: 0,
    lost: undefined,
    resumed: false,
  },
  deadline,
  step: (state, event, stamp) => {
    const [next, effects] = stepped(state, event, stamp, settings)
    const [after, more] = settled(next, stamp.now)
    const all = more.length === 0 ? effects : [...effects, ...more]
    return after.under !== 'over' && phaseOf(after) !== phaseOf(state) ? [after, [...all, report(after)]] : [after, all]
  },
})

/** A file that changes more often while it is downloaded is none. */
const restartsMax = 1
/** However long a server says to wait. */
const longestHintMs = 3_600_000
const longestDelayMs = 300_000
/** The clock on the wall may be set: it is looked at again after this. */
const longestLookMs = 600_000

const deadline = (state: PullState): Instant => {
  const { under, lookAt, dueAt } = state
  if (under === 'fetch') return lookAt
  return under === 'nothing' && !state.suspended ? (state.open ? Math.min(lookAt, dueAt) : lookAt) : Infinity
}

const phaseOf = ({ under, suspended, open }: PullState): DownloadPhase | 'unbegun' => {
  if (under === 'fetch') return 'downloading'
  if (under === 'verify') return 'verifying'
  if (under === 'unbegun') return 'unbegun'
  return under === 'over' ? 'stored' : suspended ? 'suspended' : open ? 'waiting' : 'closed'
}

const stepped = (state: PullState, event: PullEvent | Tick, stamp: Stamp, settings: PullSettings): Made => {
  switch (event.type) {
    case 'tick':
      return stamp.now >= state.lookAt && deadline(state) <= stamp.now ? [looked(state, stamp, settings), none] : [state, none]
    case 'begin':
      return state.under === 'unbegun' ? [begun(state, event, stamp, settings), none] : [state, none]
    case 'suspend':
      return state.suspended || state.under === 'over' ? [state, none] : [{ ...state, suspended: true }, none]
    case 'resume':
      return state.suspended ? [looked({ ...state, suspended: false, dueAt: stamp.now }, stamp, settings), none] : [state, none]
    case 'reconnect':
      return reconnected(state, stamp.now)
    case 'verified':
      return state.under === 'verify' ? verified(state, event.sha256, stamp.now, settings) : [state, none]
    case 'unverified':
      return state.under === 'verify' ? failed(state, event.failure) : [state, none]
    default:
      return state.under === 'fetch' && event.attempt === state.current ? attempted(state, event, stamp, settings) : [state, none]
  }
}

const begun = (state: PullState, { found = nowhere }: PullEvent & { type: 'begin' }, stamp: Stamp, settings: PullSettings): PullState =>
  looked({ ...state, under: 'nothing', place: found, dueAt: stamp.now, rate: measuring(0, stamp.now, found.bytes) }, stamp, settings)

/** What the clock on the wall says. */
const looked = (state: PullState, { now, wall }: Stamp, { hours }: PullSettings): PullState => {
  const { open, forMs } = openingAt(hours, wall)
  return { ...state, open, lookAt: forMs === Infinity ? Infinity : now + Math.max(1, Math.min(longestLookMs, Math.ceil(forMs))) }
}

/** Whatever happened: what may be under way is, and what may not is not. */
const settled = (state: PullState, now: Instant): Made => {
  const may = !state.suspended && state.open
  if (state.under === 'fetch' && !may) return [{ ...state, under: 'nothing', dueAt: now }, [{ type: 'halt' }]]
  return state.under === 'nothing' && may && now >= state.dueAt
    ? fetched({ ...state, at: state.uri, own: true, redirects: 0 }, now)
    : [state, none]
}

const fetched = (state: PullState, now: Instant): Made => {
  const { at: uri, own, place } = state
  const current = state.current + 1
  const offset = resumable(place)
  const rate = measuring(state.rate.bytesPerSecond, now, place.bytes)
  return [
    { ...state, under: 'fetch', current, offset, rate, lost: undefined },
    [{ type: 'fetch', attempt: current, uri, own, offset, place }],
  ]
}

/** The network is another one, or is back: what is under way hangs in the old one. */
const reconnected = (state: PullState, now: Instant): Made =>
  state.under === 'fetch' || state.under === 'nothing' ? [{ ...state, under: 'nothing', dueAt: now, failures: 0 }, none] : [state, none]

const attempted = (
  state: PullState,
  event: Extract<PullEvent, { readonly attempt: number }>,
  stamp: Stamp,
  settings: PullSettings,
): Made => {
  switch (event.type) {
    case 'opened':
      return opened(state, event, stamp.now)
    case 'stored': {
      const place = { ...state.place, bytes: event.bytes }
      const next: PullState = { ...state, place, rate: measured(state.rate, stamp.now, event.bytes) }
      return [next, [report(next)]]
    }
    case 'redirected':
      return redirected(state, event, stamp.now, settings)
    case 'ended':
      return settings.sha256 === undefined ? succeeded(state) : [{ ...state, under: 'verify' }, [{ type: 'verify' }]]
    case 'failed':
      return lost(state, event.failure, stamp, settings)
  }
}

/** A body begins. From the start although more is stored: the file is another one, or cannot be gone on with. */
const opened = (state: PullState, { offset, total, etag }: PullEvent & { type: 'opened' }, now: Instant): Made => {
  const { place } = state
  const changed = state.offset > 0 && offset === 0 && !same(place.etag, etag)
  const restarts = changed ? state.restarts + 1 : state.restarts
  if (restarts > restartsMax) return failed(state, changedAgain)
  const next: PullState = {
    ...state,
    restarts,
    resumed: offset > 0,
    bestBytes: changed ? 0 : state.bestBytes,
    place: { bytes: offset, total: total ?? (offset > 0 ? place.total : undefined), etag },
    rate: measuring(state.rate.bytesPerSecond, now, offset),
  }
  return changed ? [next, [report(next)]] : [next, none]
}
const changedAgain: Failure = { code: 'changed', message: 'the file changed again while it was downloaded', retryable: true }

const redirected = (
  state: PullState,
  { location, status }: PullEvent & { type: 'redirected' },
  now: Instant,
  { redirectsMax }: PullSettings,
): Made => {
  const at = redirectedTo(state.at, location)
  if (at === undefined || state.redirects >= redirectsMax) {
    const message = at === undefined ? 'redirected to where no download goes' : `redirected more than ${redirectsMax} times`
    return failed(state, { code: 'response', responseCode: String(status), message, retryable: false })
  }
  return fetched({ ...state, at, own: state.own && sameOrigin(state.uri, at), redirects: state.redirects + 1 }, now)
}

/** An attempt was lost: go on later, begin anew once if the file changed, or give up. */
const lost = (state: PullState, failure: Failure, { now, dice }: Stamp, { retries, retryDelayMs }: PullSettings): Made => {
  if (failure.code === 'changed') return anew(state, failure, now)
  if (failure.retryable !== true) return failed(state, failure)
  const { bytes } = state.place
  const failures = bytes > state.bestBytes ? 1 : state.failures + 1
  if (failures > retries) return failed(state, failure)
  const next: PullState = {
    ...state,
    under: 'nothing',
    failures,
    bestBytes: Math.max(state.bestBytes, bytes),
    attempt: state.attempt + 1,
    dueAt: now + delayMs(failures, retryDelayMs, failure.retryAfterMs ?? 0, dice),
    lost: reasonOf(failure),
  }
  return [next, none]
}

/** Doubled for each further loss, not before the server said, and not at the same instant as everybody else. */
const delayMs = (failures: number, retryDelayMs: number, hintMs: number, dice: Dice): number =>
  Math.ceil(
    Math.max(Math.min(longestDelayMs, retryDelayMs * 2 ** (failures - 1)), Math.min(longestHintMs, hintMs)) *
      (1 + chance(dice, 'download') / 4),
  )

/** What is stored is of another file: from the start, once. */
const anew = (state: PullState, failure: Failure, now: Instant): Made => {
  const restarts = state.restarts + 1
  if (restarts > restartsMax) return failed(state, failure, true)
  const next: PullState = {
    ...state,
    under: 'nothing',
    restarts,
    attempt: state.attempt + 1,
    place: nowhere,
    bestBytes: 0,
    dueAt: now,
    lost: reasonOf(failure),
  }
  return [next, [report(next)]]
}

/** Octets that came before may have rotted meanwhile: then once more from the start. */
const verified = (state: PullState, sha256: string, now: Instant, { sha256: wanted }: PullSettings): Made => {
  if (wanted === undefined || wanted === true || wanted === sha256) return succeeded(state, sha256)
  const failure: Failure = { code: 'firmware', message: `SHA-256 is ${sha256}, not ${wanted}`, cause: integrityFailure, retryable: false }
  return state.resumed ? anew(state, failure, now) : failed(state, failure, true)
}
/** The Update Result that a server gets to see of it (LwM2M Core §E.6). */
const integrityFailure = 5

const succeeded = (state: PullState, sha256?: string): Made => {
  const next: PullState = { ...state, under: 'over', place: { ...state.place, total: state.place.bytes } }
  const progress = progressOf(next)
  return [next, [{ type: 'report', progress: sha256 === undefined ? progress : { ...progress, sha256 } }, { type: 'succeed' }]]
}
const failed = (state: PullState, failure: Failure, forget: boolean = false): Made => [
  { ...state, under: 'over' },
  [{ type: 'fail', reason: reasonOf(failure), bytes: state.place.bytes, failure, forget }],
]

const report = (state: PullState): PullEffect => ({ type: 'report', progress: progressOf(state) })
const progressOf = (state: PullState): Progress => {
  const { place, attempt, restarts, rate, lost: why } = state
  const phase = phaseOf(state)
  return {
    phase: phase === 'unbegun' ? 'waiting' : phase,
    bytes: place.bytes,
    total: place.total,
    attempt,
    restarts,
    bytesPerSecond: Math.round(rate.bytesPerSecond),
    remainingMs: remainingMs(rate, place.bytes, place.total),
    lost: why,
  }
}
