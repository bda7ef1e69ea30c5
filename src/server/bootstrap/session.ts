/** One client that is being bootstrapped: what is known of it, and how that ends (LwM2M Core 1.2.2 §6.1.3.3). */
import { none, type Instant, type Stamp } from '../../core/machine.ts'
import type { Remote } from '../../core/ports.ts'
import { responses, type Code } from '../../message/code.ts'
import type { BootstrapOperation, Outcome } from '../../operation/operation.ts'
import type { BootstrapAsked, BootstrapEvent, BootstrapFailure, SessionEffect, StepWord, Ticket } from './words.ts'

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
/** What a step answers. */
export type Made = readonly [row: Session | undefined, effects: readonly SessionEffect[]]

/** The first step, where there is one. */
export const discover: StepWord = { type: 'discover', path: '/' }
/** The last step. */
export const finish: StepWord = { type: 'finish', path: '/' }
/** Where it is in its steps. */
export const stepOf = ({ steps, at }: Session): StepWord => steps[at] ?? finish

/** Without a Finish: the client restores what it had before (§6.1.6). */
export const failed = (
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
/** Of a client that asked anew. */
export const superseded = (row: Session, stamp: Stamp): readonly SessionEffect[] => {
  if (row.phase === 'idle') return none
  const [, effects] = failed(row, stamp, 'superseded')
  return row.ticket === undefined ? effects : [reply(row.ticket, { code: responses.ServiceUnavailable }), ...effects]
}
/** Remembered as long as its requests are counted. */
export const idle = (row: Session, now: Instant): Session | undefined =>
  now >= row.windowEndsAt
    ? undefined
    : { ...row, phase: 'idle', ticket: undefined, operation: undefined, steps: none, formats: none, dueAt: Infinity }

/** Of a request that is being looked up. */
export const refused = (row: Session, code: Code, why: string, maxAgeSeconds?: number): Made => {
  const { ticket, endpointClientName, remote, session } = row
  const told = tell({ type: 'refused', endpointClientName, remote, code, why })
  const forget: SessionEffect = { type: 'forget', session }
  return [undefined, [...(ticket === undefined ? none : [reply(ticket, outcomeOf(code, why, maxAgeSeconds))]), told, forget]]
}
/** A request that comes to no session. */
export const refuse = (
  { ticket, endpointClientName, remote }: BootstrapAsked,
  code: Code,
  why: string,
  maxAgeSeconds?: number,
): readonly SessionEffect[] => [
  reply(ticket, outcomeOf(code, why, maxAgeSeconds)),
  tell({ type: 'refused', endpointClientName, remote, code, why }),
]
/** An error, with words for a human and the time after which to try again. */
export const outcomeOf = (code: Code, diagnostic: string, maxAgeSeconds?: number): Outcome => ({
  code,
  diagnostic,
  ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
})
/** The answer to a request. */
export const reply = (ticket: Ticket, outcome: Outcome): SessionEffect => ({ type: 'reply', ticket, outcome })
/** An event for whoever watches. */
export const tell = (event: BootstrapEvent): SessionEffect => ({ type: 'tell', event })
