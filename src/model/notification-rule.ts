/** Whether a value is to be notified, and when (LwM2M Core §7.3.2): pmin, pmax, gt, lt, st and edge as a machine. */
import { none, type Instant, type Machine, type Step } from '../core/machine.ts'
import type { Attributes } from './attributes.ts'
import type { Comparison } from './comparison.ts'
import { judge, type Judge } from './verdict.ts'

export type { Comparison } from './comparison.ts'

/** The attributes that decide about notifying; those of `inherited`. */
export type Conditions = Pick<Attributes, 'pmin' | 'pmax' | 'gt' | 'lt' | 'st' | 'edge'>

/** What there is to know of one observed value. */
export interface RuleState<T> {
  /** The last value notified, in a box; `undefined` before the first. */
  readonly sent: { readonly value: T } | undefined
  readonly sentAt: Instant
  /** The newest value. */
  readonly latest: { readonly value: T } | undefined
  /** A value that is to be notified once pmin has passed. */
  readonly waiting: { readonly value: T } | undefined
}
/** The value was measured, or written. */
export interface Measured<T> {
  readonly type: 'measured'
  readonly value: T
}
export interface Notify<T> {
  readonly type: 'notify'
  readonly value: T
}

/**
 * The rule for one observed value. The first value is notified at once. A change within pmin is notified when pmin expires: with conditions, the
 * value that met them, even if it has gone back since; without, the newest. At pmax the newest is notified, changed or not.
 */
export const notificationRule = <T>(conditions: Conditions, comparison: Comparison<T>): NotificationRule<T> =>
  ruleWith(conditions, judge(conditions, comparison))

export type NotificationRule<T> = Machine<RuleState<T>, Measured<T>, Notify<T>>

/** The rule with periods in seconds and any judge of what counts as a change. */
export const ruleWith = <T>({ pmin = 0, pmax = 0 }: Pick<Attributes, 'pmin' | 'pmax'>, meets: Judge<T>): NotificationRule<T> => {
  type State = RuleState<T>
  const pminMs = pmin * 1000
  const pmaxMs = pmax > 0 && pmax >= pmin ? pmax * 1000 : Infinity

  const send = (value: T, latest: State['latest'], now: Instant): Step<State, Notify<T>> => {
    const sent = { value }
    const waiting = latest !== undefined && latest.value !== value && meets(value, value, latest.value) === 'met' ? latest : undefined
    return [{ sent, sentAt: now, latest, waiting }, [{ type: 'notify', value }]]
  }
  const measured = (state: State, value: T, now: Instant): Step<State, Notify<T>> => {
    const latest = { value }
    if (state.sent === undefined) return send(value, latest, now)
    const verdict = meets(state.sent.value, state.latest?.value ?? state.sent.value, value)
    const waiting = verdict === 'met' ? latest : verdict === 'unchanged' ? undefined : state.waiting
    return waiting !== undefined && now >= state.sentAt + pminMs ? send(waiting.value, latest, now) : [{ ...state, latest, waiting }, none]
  }
  const expired = (state: State, now: Instant): Step<State, Notify<T>> => {
    if (state.sent === undefined) return [state, none]
    if (state.waiting !== undefined && now >= state.sentAt + pminMs) return send(state.waiting.value, state.latest, now)
    return state.latest !== undefined && now >= state.sentAt + pmaxMs ? send(state.latest.value, state.latest, now) : [state, none]
  }
  return {
    name: 'notification-rule',
    initial: { sent: undefined, sentAt: 0, latest: undefined, waiting: undefined },
    step: (state, event, { now }) => (event.type === 'tick' ? expired(state, now) : measured(state, event.value, now)),
    deadline: ({ sent, sentAt, waiting }) =>
      sent === undefined ? Infinity : sentAt + (waiting === undefined ? pmaxMs : Math.min(pminMs, pmaxMs)),
  }
}
