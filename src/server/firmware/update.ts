/** One firmware update, as the server sees it: offer the image, watch State and Update Result, order the installation, wait for the reboot (LwM2M Core 1.2.2 §E.6). */
import { none, type Instant, type Machine, type Stamp, type Step, type Tick } from '../../core/machine.ts'
import {
  defaultTimes,
  resultSentence,
  State,
  type Phase,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateOf,
  type UpdateState,
  type UpdateTimes,
} from './words.ts'

export type { Phase, Progress, UpdateEffect, UpdateEvent, UpdateState, UpdateTimes } from './words.ts'

type Made = Step<UpdateState, UpdateEffect>

/** The machine of one update of `total` octets; `of` is said to the journal. */
export const update = (
  total: number,
  times: UpdateTimes = defaultTimes,
  of?: UpdateOf,
): Machine<UpdateState, UpdateEvent, UpdateEffect> => ({
  name: 'firmware-update',
  initial: { ...unbegun, total, ...(of === undefined ? {} : { of }) },
  deadline: ({ phase, inquireAt, stallsAt, reportAt }) => (over(phase) ? Infinity : Math.min(inquireAt, stallsAt, reportAt)),
  step: (state, event, stamp) => (over(state.phase) ? [state, none] : reported(state, stepped(state, event, stamp, times), event, stamp)),
})
const unbegun: Omit<UpdateState, 'total'> = {
  phase: 'starting',
  state: undefined,
  result: undefined,
  bytes: 0,
  rate: 0,
  downloading: false,
  cleared: false,
  declined: undefined,
  beganAt: 0,
  movedAt: 0,
  inquireAt: Infinity,
  stallsAt: Infinity,
  reportAt: Infinity,
  sampledAt: 0,
  sampledBytes: 0,
}
const over = (phase: Phase): boolean => phase === 'updated' || phase === 'failed'

const stepped = (state: UpdateState, event: UpdateEvent | Tick, { now }: Stamp, times: UpdateTimes): Made => {
  switch (event.type) {
    case 'begin':
      return [{ ...state, beganAt: now, movedAt: now, sampledAt: now, inquireAt: now + times.pollMs, stallsAt: now + times.stallMs }, none]
    case 'heard':
      return heard(state, event, now, times)
    case 'unobserved':
      return inquire(state, now, times)
    case 'unheard':
      return unheard(state, event)
    case 'cleared':
      return inquire({ ...state, phase: 'starting', cleared: true, state: undefined, result: undefined }, now, times)
    case 'offered':
      return state.phase === 'offering'
        ? inquire({ ...alive(state, now, times), phase: 'transferring', sampledAt: now }, now, times)
        : [state, none]
    case 'executed':
      return state.phase === 'executing' ? [{ ...alive(state, now, times), phase: 'installing' }, none] : [state, none]
    case 'declined':
      return declined(state, event, now, times)
    case 'moved':
      return moved(state, event.bytes, now, times)
    case 'registered':
      return inquire(alive(state, now, times), now, times)
    case 'tick':
      return due(state, now, times)
  }
}

const due = (state: UpdateState, now: Instant, times: UpdateTimes): Made => {
  if (state.stallsAt <= now) return fail(state, 'timeout', stalled(state.phase, times))
  if (state.reportAt <= now) return [{ ...state, reportAt: Infinity }, none]
  return state.inquireAt <= now ? inquire(state, now, times) : [state, none]
}

const stalled = (phase: Phase, { stallMs, deferMs }: UpdateTimes): string =>
  phase === 'deferred'
    ? `it has deferred the installation for ${deferMs / 1_000} s`
    : `nothing happened for ${stallMs / 1_000} s while ${phase}`

const heard = (
  before: UpdateState,
  { state = before.state, result = before.result, asked = false }: UpdateEvent & { type: 'heard' },
  now: Instant,
  times: UpdateTimes,
): Made => {
  const news = state !== before.state || result !== before.result
  const heardState: UpdateState = { ...(news ? alive(before, now, times) : before), state, result, inquireAt: now + times.pollMs }
  switch (before.phase) {
    case 'starting':
      return state === undefined || result === undefined ? [heardState, none] : start(heardState)
    case 'offering':
      return before.declined !== undefined && asked ? doubtful(heardState, before.declined, now, times) : [heardState, none]
    case 'transferring':
      return transfer(heardState, asked, now, times)
    case 'executing':
    case 'installing':
    case 'deferred':
      return install(heardState, before, now, times)
    default:
      return [heardState, none]
  }
}

/** Only from Idle can an update begin: what an earlier one left is taken away, once. */
const start = (state: UpdateState): Made => {
  // From now on the Result tells of this update.
  if (state.state === State.idle) return [{ ...state, phase: 'offering', result: undefined }, [{ type: 'offer' }]]
  if (state.state === State.updating) return fail(state, 'firmware', 'another update is being installed')
  if (state.cleared) return fail(state, 'firmware', `the client stays in State ${state.state} although it was reset`)
  return [{ ...state, phase: 'clearing' }, [{ type: 'clear' }]]
}

/** The offer was not accepted, or its answer was lost: State tells which. */
const doubtful = (state: UpdateState, declined: string, now: Instant, times: UpdateTimes): Made =>
  state.state === State.idle ? failResult(state, declined) : transfer({ ...state, phase: 'transferring', sampledAt: now }, true, now, times)

const transfer = (state: UpdateState, asked: boolean, now: Instant, times: UpdateTimes): Made => {
  switch (state.state) {
    case State.downloading:
      return [state.downloading ? state : { ...state, downloading: true }, none]
    case State.downloaded:
      return [{ ...state, phase: 'executing', bytes: state.total }, [{ type: 'execute' }]]
    case State.updating:
      return [{ ...state, phase: 'installing', bytes: state.total }, none]
    case State.idle:
      if (state.result === 1) return succeed(state)
      if (state.result !== undefined && state.result > 1) return failResult(state)
      if (!state.downloading) return [state, none]
      // It was downloading and is not any more: the Result must say why, and if it does not, somebody else has reset it.
      return asked ? fail(state, 'firmware', 'the download was cancelled at the client') : inquire(state, now, times)
    default:
      return [state, none]
  }
}

/** The Result counts, whatever State says: a client that has rebooted may have any. One that defers has its own time. */
const install = (state: UpdateState, before: UpdateState, now: Instant, times: UpdateTimes): Made => {
  if (state.result === 1) return succeed(state)
  if (before.phase === 'deferred' && state.state === State.updating) return [{ ...alive(state, now, times), phase: 'installing' }, none]
  if (state.result === deferred)
    return [{ ...state, phase: 'deferred', stallsAt: before.phase === 'deferred' ? before.stallsAt : now + times.deferMs }, none]
  if (state.result !== undefined && state.result > 1) return failResult(state)
  return state.phase === 'executing' && state.state === State.updating ? [{ ...state, phase: 'installing' }, none] : [state, none]
}

const deferred = 11

const declined = (state: UpdateState, { code, message }: UpdateEvent & { type: 'declined' }, now: Instant, times: UpdateTimes): Made => {
  switch (state.phase) {
    case 'offering':
      return inquire({ ...state, declined: message }, now, times)
    case 'executing':
      // A client that reboots at once has no time to answer.
      return code === 'response' ? fail(state, 'firmware', message) : [{ ...state, phase: 'installing' }, none]
    case 'clearing':
      return fail(state, 'firmware', message)
    default:
      return [state, none]
  }
}

/** There will be another inquiry, until the update stalls; unless the client says that it cannot be updated, or has refused before. */
const unheard = (state: UpdateState, { code, message }: UpdateEvent & { type: 'unheard' }): Made => {
  if (state.declined !== undefined) return fail(state, 'firmware', state.declined)
  return state.phase === 'starting' && code === 'response' ? fail(state, 'firmware', message) : [state, none]
}

const moved = (state: UpdateState, bytes: number, now: Instant, times: UpdateTimes): Made => {
  if (bytes <= state.bytes) return [state, none]
  const next = { ...alive(state, now, times), bytes, movedAt: now, reportAt: Math.min(state.reportAt, now + times.reportMs) }
  const spanMs = now - state.sampledAt
  if (spanMs < sampleMs) return [next, none]
  return [{ ...next, rate: Math.round(((bytes - state.sampledBytes) * 1_000) / spanMs), sampledAt: now, sampledBytes: bytes }, none]
}
const sampleMs = 500

const alive = (state: UpdateState, now: Instant, { stallMs }: UpdateTimes): UpdateState => ({ ...state, stallsAt: now + stallMs })
const inquire = (state: UpdateState, now: Instant, { pollMs }: UpdateTimes): Made => [
  { ...state, inquireAt: now + pollMs },
  [{ type: 'inquire' }],
]
const succeed = (state: UpdateState): Made => [{ ...state, phase: 'updated', bytes: state.total }, [{ type: 'succeed' }]]
const fail = (state: UpdateState, code: 'firmware' | 'timeout', message: string): Made => [
  { ...state, phase: 'failed' },
  [{ type: 'fail', code, message }],
]
const failResult = (state: UpdateState, otherwise = 'the update failed'): Made => {
  const { result = 0 } = state
  return [
    { ...state, phase: 'failed' },
    [{ type: 'fail', code: 'firmware', ...(result > 1 ? { result, message: resultSentence(result) } : { message: otherwise }) }],
  ]
}

/** A report goes before what ends the update, and after whatever changed; octets alone wait for their turn. */
const reported = (before: UpdateState, [state, effects]: Made, event: UpdateEvent | Tick, { now }: Stamp): Made => {
  const changed = state.phase !== before.phase || state.state !== before.state || state.result !== before.result
  const inTurn = before.reportAt !== Infinity && state.reportAt === Infinity
  if (!changed && !inTurn && event.type !== 'begin') return [state, effects]
  const { phase, state: heardState, result, bytes, total, rate, beganAt } = state
  const report: UpdateEffect = {
    type: 'report',
    progress: { phase, state: heardState, result, bytes, total, rate, elapsedMs: now - beganAt },
  }
  return [{ ...state, reportAt: Infinity }, [report, ...effects]]
}
