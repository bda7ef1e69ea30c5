/** Bootstrap sessions: one client after the other is brought, step by step, to where its configuration says (LwM2M Core 1.2.2 §6.1.3.3). */
import { keyed, type Keyed } from '../../core/keyed.ts'
import { none, type Instant, type Machine, type Stamp, type Tick } from '../../core/machine.ts'
import type { Remote } from '../../core/ports.ts'
import { contentFormats } from '../../format/format.ts'
import { isSuccess, responses, type Code } from '../../message/code.ts'
import type { BootstrapOperation, Outcome } from '../../operation/operation.ts'
import type {
  BootstrapAnswered,
  BootstrapAsked,
  BootstrapConfigured,
  BootstrapEvent,
  BootstrapFailure,
  BootstrapOrdered,
  BootstrapUnanswered,
  SessionEffect,
  SessionEvent,
  StepWord,
  Ticket,
} from './words.ts'

/** The bounds of a bootstrap server. */
export interface BootstrapLimits {
  /** How many clients at once, those included that asked within the last `requestWindowMs`; one more is answered 5.03. */
  readonly sessionsMax: number
  /** How often one client may ask within `requestWindowMs`; more often is answered 4.29. */
  readonly requestsMax: number
  readonly requestWindowMs: number
  /** The longest endpoint client name, in characters. */
  readonly nameMax: number
  /** How long a configuration may be looked for; then 5.03. */
  readonly lookUpMs: number
  /** How long a session may last in all. */
  readonly sessionMaxMs: number
  /** How often a step that is answered 5.03 or 4.29 is tried again, and after how long where the client does not say. */
  readonly retriesMax: number
  readonly retryMs: number
}
/** A client waits for EXCHANGE_LIFETIME (247 s) between steps, so a retry must come earlier. */
export const defaultBootstrapLimits: BootstrapLimits = {
  sessionsMax: 1_000,
  requestsMax: 20,
  requestWindowMs: 60_000,
  nameMax: 255,
  lookUpMs: 20_000,
  sessionMaxMs: 900_000,
  retriesMax: 3,
  retryMs: 10_000,
}
/** How sessions go. */
export interface SessionRules extends BootstrapLimits {
  /** Formats that can be written in, by number. */
  readonly formats: readonly number[]
  /** Whether Bootstrap-Packs are given at all; if not, 5.01 (§6.1.7.7). */
  readonly pack: boolean
}

/** One client. `idle` remembers only how often it asked. */
export interface Session {
  readonly endpointClientName: string
  readonly remote: Remote
  readonly session: number
  readonly phase: 'idle' | 'looking-up' | 'stepping' | 'resting'
  readonly operation: BootstrapOperation | undefined
  /** Of the request that is not answered yet. */
  readonly ticket: Ticket | undefined
  /** Where it is: 0 is Discover, or the first step of the plan where there is no Discover. */
  readonly at: number
  /** What is done; its last is Finish. Until Discover is answered it is Discover alone. */
  readonly steps: readonly StepWord[]
  /** Those that the client may take, best first. */
  readonly formats: readonly number[]
  readonly retries: number
  readonly dueAt: Instant
  readonly endsAt: Instant
  readonly requests: number
  readonly windowEndsAt: Instant
}
/** How many sessions there have been. */
export type Sessions = Keyed<Session, number>
type Made = readonly [row: Session | undefined, effects: readonly SessionEffect[]]

/** The machine. It sees paths and codes, never a value. */
export const sessions = (rules: SessionRules): Machine<Sessions, SessionEvent, SessionEffect> =>
  keyed<Session, number, SessionEvent, SessionEffect>({
    name: 'bootstrap',
    shared: 0,
    limit: rules.sessionsMax,
    route: ({ endpointClientName }) => endpointClientName,
    deadline: deadlineOf,
    step: (row, serial, event, stamp) => {
      const [next, effects] = stepped(row, serial, event, stamp, rules)
      return [next, next !== undefined && next.session > serial ? next.session : serial, effects]
    },
    full: (event) => (event.type === 'asked' ? refuse(event, responses.ServiceUnavailable, 'too many clients at once') : none),
    fault: (row) =>
      row?.ticket === undefined ? none : [{ type: 'reply', ticket: row.ticket, outcome: { code: responses.InternalServerError } }],
  })

const deadlineOf = ({ phase, dueAt, endsAt, windowEndsAt }: Session): Instant => (phase === 'idle' ? windowEndsAt : Math.min(dueAt, endsAt))

const stepped = (row: Session | undefined, serial: number, event: SessionEvent | Tick, stamp: Stamp, rules: SessionRules): Made => {
  switch (event.type) {
    case 'asked':
      return asked(row, serial, event, stamp, rules)
    case 'ordered':
      return ordered(row, serial, event, stamp, rules)
    case 'tick':
      return row === undefined ? [row, none] : due(row, stamp, rules)
    default:
      // What a session that is over was waiting for.
      if (row === undefined || row.session !== event.session || row.phase === 'idle') return [row, none]
      if (event.type === 'configured') return configured(row, event, stamp, rules)
      return event.type === 'answered' ? answered(row, event, stamp, rules) : unanswered(row, event, stamp)
  }
}

// ── how it begins ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A client that asks anew has forgotten what was before (§6.1.3.3). */
const asked = (row: Session | undefined, serial: number, event: BootstrapAsked, stamp: Stamp, rules: SessionRules): Made => {
  const wrong = wrongRequest(event, rules)
  if (wrong !== undefined) return [row, refuse(event, ...wrong)]
  const sameWindow = row !== undefined && stamp.now < row.windowEndsAt
  const requests = sameWindow ? row.requests + 1 : 1
  if (requests > rules.requestsMax)
    return [row, refuse(event, responses.TooManyRequests, 'asks too often', Math.ceil((row!.windowEndsAt - stamp.now) / 1_000))]
  const next = begun(event, serial, stamp, rules, { operation: event.operation, ticket: event.ticket, requests })
  const kept = sameWindow ? { ...next, windowEndsAt: row.windowEndsAt } : next
  return [kept, [...(row === undefined ? none : superseded(row, stamp)), lookUp(kept)]]
}
const ordered = (row: Session | undefined, serial: number, event: BootstrapOrdered, stamp: Stamp, rules: SessionRules): Made => {
  const next = begun(event, serial, stamp, rules, { operation: undefined, ticket: undefined, requests: row?.requests ?? 0 })
  return [next, [...(row === undefined ? none : superseded(row, stamp)), lookUp(next)]]
}
const begun = (
  { endpointClientName, remote }: Pick<Session, 'endpointClientName' | 'remote'>,
  serial: number,
  { now }: Stamp,
  rules: SessionRules,
  asked: Pick<Session, 'operation' | 'ticket' | 'requests'>,
): Session => ({
  ...asked,
  endpointClientName,
  remote,
  session: serial + 1,
  phase: 'looking-up',
  at: 0,
  steps: [discover],
  formats: formatsFor(asked.operation, rules.formats),
  retries: 0,
  dueAt: now + rules.lookUpMs,
  endsAt: now + rules.sessionMaxMs,
  windowEndsAt: now + rules.requestWindowMs,
})
const lookUp = ({ endpointClientName, session, operation }: Session): SessionEffect => ({
  type: 'look-up',
  endpointClientName,
  session,
  ...(operation === undefined ? {} : { operation }),
})
const discover: StepWord = { type: 'discover', path: '/' }
const finish: StepWord = { type: 'finish', path: '/' }

/** Why a request is refused, if it is (LwM2M Transport §6.4.2, Table 6.7-1). */
const wrongRequest = ({ endpointClientName, operation }: BootstrapAsked, { nameMax, formats, pack }: SessionRules): Refused | undefined => {
  if (endpointClientName === '' || endpointClientName.length > nameMax)
    return [responses.BadRequest, 'ep: no endpoint client name, or too long']
  if (operation.type === 'bootstrap-request')
    return operation.pct === undefined || formats.includes(operation.pct)
      ? undefined
      : [responses.UnsupportedContentFormat, `pct: content format ${operation.pct} is not spoken here`]
  if (!pack) return [responses.NotImplemented, 'no Bootstrap-Packs here']
  return operation.accept === undefined || (operation.accept !== contentFormats.tlv && formats.includes(operation.accept))
    ? undefined
    : [responses.NotAcceptable, `a Bootstrap-Pack is not made in content format ${operation.accept}`]
}
type Refused = readonly [code: Code, why: string]

/** The preferred format first; a client that names none is of LwM2M 1.0 until it says otherwise, and that knows TLV. */
const formatsFor = (operation: BootstrapOperation | undefined, known: readonly number[]): readonly number[] => {
  const pct = operation?.type === 'bootstrap-request' ? operation.pct : undefined
  return preferred(pct === undefined ? [contentFormats.tlv] : [pct], known)
}
const preferred = (first: readonly number[], known: readonly number[]): readonly number[] => {
  const order = [...first, contentFormats.senmlCbor, contentFormats.senmlJson, contentFormats.lwm2mCbor, contentFormats.tlv]
  return [...new Set(order)].filter((format) => known.includes(format))
}

const configured = (row: Session, { found, pack, steps }: BootstrapConfigured, stamp: Stamp, rules: SessionRules): Made => {
  if (row.phase !== 'looking-up') return [row, none]
  if (found !== 'yes')
    return found === 'no'
      ? refused(row, responses.BadRequest, 'ep: this endpoint is not known')
      : refused(row, responses.ServiceUnavailable, 'the configuration cannot be had now', Math.ceil(rules.retryMs / 1_000))
  if (row.operation?.type === 'bootstrap-pack-request')
    return pack === true ? packed(row, stamp) : refused(row, responses.MethodNotAllowed, 'no Bootstrap-Pack for this endpoint')
  const { endpointClientName, remote, operation, ticket } = row
  const pct = operation?.pct
  const told = tell({
    type: 'begun',
    endpointClientName,
    remote,
    by: operation === undefined ? 'server' : 'client',
    ...(pct === undefined ? {} : { pct }),
  })
  const next = { ...row, ticket: undefined, ...(steps === undefined ? {} : { steps: [...steps, finish] }) }
  return perform(next, stamp, [...(ticket === undefined ? none : [reply(ticket, { code: responses.Changed })]), told])
}
/** One answer, and it is over: there is no Finish after a Pack (§6.1.7.7). */
const packed = (row: Session, { now }: Stamp): Made => {
  const { endpointClientName, remote, ticket, session } = row
  return [
    idle(row, now),
    [
      { type: 'reply', ticket: ticket!, outcome: { code: responses.Content }, session },
      tell({ type: 'packed', endpointClientName, remote }),
      { type: 'forget', session },
    ],
  ]
}

// ── how it goes on ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const perform = (row: Session, stamp: Stamp, before: readonly SessionEffect[] = none): Made => {
  const { endpointClientName, remote, session, at, formats } = row
  const next: Session = { ...row, phase: 'stepping', dueAt: Infinity }
  const step = stepOf(row)
  return stamp.now >= row.endsAt
    ? failed(row, stamp, 'too-long', {}, before)
    : [next, [...before, { type: 'perform', endpointClientName, remote, session, step, at, format: formats[0]! }]]
}
const stepOf = ({ steps, at }: Session): StepWord => steps[at] ?? finish

const answered = (row: Session, event: BootstrapAnswered, stamp: Stamp, rules: SessionRules): Made => {
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

const unanswered = (row: Session, { cause }: BootstrapUnanswered, stamp: Stamp): Made => {
  if (row.phase === 'looking-up') return [row, none]
  return failed(row, stamp, cause === 'invalid' ? 'invalid' : 'unanswered', { cause })
}

const due = (row: Session, stamp: Stamp, rules: SessionRules): Made => {
  if (row.phase === 'idle') return [undefined, none]
  if (row.phase === 'looking-up')
    return refused(row, responses.ServiceUnavailable, 'the configuration takes too long', Math.ceil(rules.retryMs / 1_000))
  return stamp.now >= row.endsAt ? failed(row, stamp, 'too-long') : perform(row, stamp)
}

// ── how it ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Without a Finish: the client restores what it had before (§6.1.6). */
const failed = (
  row: Session,
  { now }: Stamp,
  reason: BootstrapFailure,
  why: Pick<Extract<BootstrapEvent, { type: 'failed' }>, 'responseCode' | 'detail' | 'cause'> = {},
  before: readonly SessionEffect[] = none,
): Made => {
  const { endpointClientName, remote, session } = row
  return [
    idle(row, now),
    [...before, tell({ type: 'failed', endpointClientName, remote, reason, step: stepOf(row), ...why }), { type: 'forget', session }],
  ]
}
const superseded = (row: Session, stamp: Stamp): readonly SessionEffect[] => {
  if (row.phase === 'idle') return none
  const [, effects] = failed(row, stamp, 'superseded')
  return row.ticket === undefined ? effects : [reply(row.ticket, { code: responses.ServiceUnavailable }), ...effects]
}
/** Remembered as long as its requests are counted. */
const idle = (row: Session, now: Instant): Session | undefined =>
  now >= row.windowEndsAt
    ? undefined
    : { ...row, phase: 'idle', ticket: undefined, operation: undefined, steps: none, formats: none, dueAt: Infinity }

/** Of a request that is being looked up. */
const refused = (row: Session, code: Code, why: string, maxAgeSeconds?: number): Made => {
  const { ticket, endpointClientName, remote, session } = row
  const told = tell({ type: 'refused', endpointClientName, remote, code, why })
  const forget: SessionEffect = { type: 'forget', session }
  return [undefined, [...(ticket === undefined ? none : [reply(ticket, outcomeOf(code, why, maxAgeSeconds))]), told, forget]]
}
const refuse = (
  { ticket, endpointClientName, remote }: BootstrapAsked,
  code: Code,
  why: string,
  maxAgeSeconds?: number,
): readonly SessionEffect[] => [
  reply(ticket, outcomeOf(code, why, maxAgeSeconds)),
  tell({ type: 'refused', endpointClientName, remote, code, why }),
]
const outcomeOf = (code: Code, diagnostic: string, maxAgeSeconds?: number): Outcome => ({
  code,
  diagnostic,
  ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
})
const reply = (ticket: Ticket, outcome: Outcome): SessionEffect => ({ type: 'reply', ticket, outcome })
const tell = (event: BootstrapEvent): SessionEffect => ({ type: 'tell', event })
