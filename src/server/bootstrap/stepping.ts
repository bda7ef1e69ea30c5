/** How a bootstrap goes on: one step after the other, each tried again where that may help (LwM2M Core 1.2.2 §6.1.6, §6.1.7). */
import { none, type Instant, type Stamp } from '../../core/machine.ts'
import { isSuccess, responses, type Code } from '../../message/code.ts'
import { preferred } from './formats.ts'
import { discover, failed, finish, idle, refused, stepOf, tell, type Made, type Session, type SessionRules } from './session.ts'
import type { BootstrapAnswered, BootstrapUnanswered, SessionEffect, StepWord } from './words.ts'

/** The step at which it is. */
export const perform = (row: Session, stamp: Stamp, before: readonly SessionEffect[] = none): Made => {
  const { endpointClientName, remote, session, at, formats } = row
  const next: Session = { ...row, phase: 'stepping', dueAt: Infinity }
  const step = stepOf(row)
  return stamp.now >= row.endsAt
    ? failed(row, stamp, 'too-long', {}, before)
    : [next, [...before, { type: 'perform', endpointClientName, remote, session, step, at, format: formats[0]! }]]
}

/** A step was answered: the next one, the same again, or the end. */
export const answered = (row: Session, event: BootstrapAnswered, stamp: Stamp, rules: SessionRules): Made => {
  if (row.phase !== 'stepping') return [row, none]
  const { code, detail } = event
  const step = stepOf(row)
  if (step.type === 'discover' && event.steps !== undefined) return discovered(row, event, stamp, rules)
  if (isSuccess(code) || isNothingToDelete(step, code)) return done(row, step, code, stamp)
  if (step.type === 'write' && isFormat(code) && row.formats.length > 1) return otherFormat(row, step, code, stamp)
  if (isLater(code) && row.retries < rules.retriesMax) return later(row, step, event, stamp, rules)
  const why = { responseCode: code, ...(detail === undefined ? {} : { detail }) }
  return failed(row, stamp, step.type === 'finish' && code === responses.NotAcceptable ? 'inconsistent' : 'refused', why)
}
/** Discover helps to number the accounts; a client that refuses it is bootstrapped all the same. */
const discovered = (row: Session, { code, steps, version }: BootstrapAnswered, stamp: Stamp, rules: SessionRules): Made => {
  const named = row.operation?.type === 'bootstrap-request' && row.operation.pct !== undefined
  const formats = named || version === undefined || version === '1.0' ? row.formats : preferred([], rules.formats)
  return done({ ...row, formats, steps: [discover, ...steps!, finish] }, discover, code, stamp)
}
const done = (row: Session, step: StepWord, code: Code, stamp: Stamp): Made => {
  const { endpointClientName, remote, steps, at, session } = row
  const told = tell({ type: 'stepped', endpointClientName, remote, step, code, done: at + 1, total: steps.length })
  if (step.type !== 'finish') return perform({ ...row, at: at + 1, retries: 0 }, stamp, [told])
  return [idle(row, stamp.now), [told, tell({ type: 'finished', endpointClientName, remote }), { type: 'forget', session }]]
}
/** What should go is not there. */
const isNothingToDelete = ({ type }: StepWord, code: Code): boolean => type === 'delete' && code === responses.NotFound
const isFormat = (code: Code): boolean => code === responses.UnsupportedContentFormat || code === responses.NotAcceptable
const isLater = (code: Code): boolean => code === responses.ServiceUnavailable || code === responses.TooManyRequests

/** The next best format, from now on. */
const otherFormat = (row: Session, step: StepWord, code: Code, stamp: Stamp): Made =>
  perform({ ...row, formats: row.formats.slice(1) }, stamp, [again(row, step, code, stamp.now)])
const later = (
  row: Session,
  step: StepWord,
  { code, maxAgeSeconds }: BootstrapAnswered,
  { now }: Stamp,
  { retryMs }: SessionRules,
): Made => {
  const resumesAt = now + (maxAgeSeconds === undefined ? retryMs : maxAgeSeconds * 1_000)
  return [{ ...row, phase: 'resting', dueAt: resumesAt, retries: row.retries + 1 }, [again(row, step, code, resumesAt)]]
}
const again = ({ endpointClientName, remote }: Session, step: StepWord, code: Code, resumesAt: Instant): SessionEffect =>
  tell({ type: 'again', endpointClientName, remote, step, code, resumesAt })

/** A step was not answered. */
export const unanswered = (row: Session, { cause }: BootstrapUnanswered, stamp: Stamp): Made => {
  if (row.phase === 'looking-up') return [row, none]
  return failed(row, stamp, cause === 'invalid' ? 'invalid' : 'unanswered', { cause })
}

/** A time is over: of a look-up, of a rest, of the whole, of the memory. */
export const due = (row: Session, stamp: Stamp, rules: SessionRules): Made => {
  if (row.phase === 'idle') return [undefined, none]
  if (row.phase === 'looking-up')
    return refused(row, responses.ServiceUnavailable, 'the configuration takes too long', Math.ceil(rules.retryMs / 1_000))
  return stamp.now >= row.endsAt ? failed(row, stamp, 'too-long') : perform(row, stamp)
}
