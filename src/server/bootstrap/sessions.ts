/** Bootstrap sessions: one client after the other is brought, step by step, to where its configuration says (LwM2M Core 1.2.2 §6.1.3.3). */
import { keyed, type Keyed } from '../../core/keyed.ts'
import { none, type Instant, type Machine, type Stamp, type Tick } from '../../core/machine.ts'
import { responses } from '../../message/code.ts'
import { asked, configured, ordered } from './beginning.ts'
import { refuse, type Made, type Session, type SessionRules } from './session.ts'
import { answered, due, unanswered } from './stepping.ts'
import type { SessionEffect, SessionEvent } from './words.ts'

export { defaultBootstrapLimits, type BootstrapLimits, type SessionRules } from './session.ts'

/** How many sessions there have been. */
export type Sessions = Keyed<Session, number>

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
