/** The mutable shell: what holds a state while it works. Protocol code never sees this file's insides. */
import type { Surroundings } from './environment.ts'
import { tick, type Instant, type Machine, type Stamp, type Step, type Tick } from './machine.ts'
import { copy, tableless, tablesOf } from './snapshot.ts'
import type { RowChange } from './table.ts'

/** Something at work. `now` travels with the event: what one event causes happens at one instant. */
export interface Running<Event> {
  /** Takes the event, at once or after the ones in hand. */
  readonly post: (event: Event, now: Instant) => void
  /** When `tick` next has something to do. */
  readonly deadline: () => Instant
  /** Does what is due. */
  readonly tick: (now: Instant) => void
}

/** Something that can be set to work: a machine (`single`), or two layers as one (`stack`). */
export type Part<Event, Effect> = (env: Surroundings, emit: (effect: Effect, now: Instant) => void) => Running<Event>

/** How many events may wait while one is in hand, and what becomes of one too many: taken all the same, dropped, or answered. */
export interface Mailbox<Event, Effect> {
  readonly limit: number
  readonly overflow: (event: Event) => 'take' | readonly Effect[]
}

/** Sees each turn as it is made: what `run` publishes. */
export type Witness<State, Event, Effect> = (stamp: Stamp, event: Event | Tick, state: State, effects: readonly Effect[]) => void

/** One machine at work. */
export const single =
  <State, Event, Effect>(
    machine: Machine<State, Event, Effect>,
    options: { readonly from?: State; readonly mailbox?: Mailbox<Event, Effect>; readonly witness?: Witness<State, Event, Effect> } = {},
  ): Part<Event, Effect> =>
  (env, emit) => {
    const { name, step, deadline } = machine
    const { journal, wall } = env
    const { witness } = options
    const random = env.random.fork(name)
    let state = copy(options.from ?? machine.initial)
    let watched = false

    const turn = (event: Event | Tick, now: Instant) => {
      const stamp: Stamp = { now, wall: wall(), dice: random.dice() }
      if (journal.observed && !watched) watched = watch(state)
      let fault: unknown
      let made: Step<State, Effect>
      try {
        made = step(state, event, stamp)
      } catch (bug) {
        const contained = env.strict === true ? undefined : machine.fault?.(state, event, stamp)
        if (contained === undefined) throw bug
        fault = bug
        made = contained
      }
      state = made[0]
      const effects = made[1]
      if (journal.observed) write(event, stamp, effects, fault)
      if (witness !== undefined) witness(stamp, event, state, effects)
      for (let i = 0; i < effects.length; i++) emit(effects[i]!, now)
    }
    const write = (event: Event | Tick, stamp: Stamp, effects: readonly Effect[], fault: unknown) => {
      const rows: RowChange[] = []
      for (const table of tablesOf(state)) rows.push(...table.changes())
      const seen = machine.secretive === true ? { ...stamp, dice: [] } : stamp
      journal.write({
        machine: name,
        stamp: seen,
        event,
        state: tableless(state),
        rows,
        effects,
        ...(fault === undefined ? {} : { fault }),
      })
    }
    const due = (now: Instant) => {
      while (deadline(state) <= now) {
        const before = state
        turn(tick, now)
        if (state === before && deadline(state) <= now) throw new Error(`${name}: a due tick made no progress`)
      }
    }
    const drop = (event: Event, now: Instant): boolean => {
      const answer = options.mailbox?.overflow(event) ?? 'take'
      if (answer === 'take') return false
      if (journal.observed) write(event, { now, wall: wall(), dice: [] }, answer, 'overflow')
      for (const effect of answer) emit(effect, now)
      return true
    }
    const take = inOrder(due, turn, options.mailbox?.limit ?? Infinity, drop)
    return { post: take, deadline: () => deadline(state), tick: (now) => take(undefined, now) }
  }

/**
 * A private mailbox: an event that arrives while one is in hand waits its turn; and what is due goes before any event of the same
 * instant, so that a machine's history does not depend on the order in which alarms ring. `undefined`: only what is due.
 */
const inOrder = <Event>(
  due: (now: Instant) => void,
  turn: (event: Event, now: Instant) => void,
  limit: number,
  drop: (event: Event, now: Instant) => boolean,
) => {
  let mailbox: Event[] = []
  let turning = false
  return (event: Event | undefined, now: Instant): void => {
    if (turning) {
      if (event !== undefined && (mailbox.length < limit || !drop(event, now))) mailbox.push(event)
      return
    }
    turning = true
    due(now)
    if (event !== undefined) turn(event, now)
    for (let i = 0; i < mailbox.length; i++) turn(mailbox[i]!, now)
    if (mailbox.length > 0) mailbox = []
    turning = false
  }
}

const watch = (state: unknown): true => {
  for (const table of tablesOf(state)) table.watch()
  return true
}
