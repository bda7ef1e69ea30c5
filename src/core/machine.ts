/** What something knows and how it changes its mind: plain data in, plain data out. */
import type { Dice } from './dice.ts'

/** Whole milliseconds on the environment's monotonic clock (whole, so that sums are exact and a deadline is met, not missed by an ulp); `Infinity` is never. */
export type Instant = number

/** A moment, and luck enough for one step. */
export interface Stamp {
  /** Monotonic milliseconds. */
  readonly now: Instant
  /** Milliseconds since 1970 UTC; may jump. */
  readonly wall: number
  readonly dice: Dice
}

/** The moment read off the state by `deadline` has come. */
export interface Tick {
  readonly type: 'tick'
}
export const tick: Tick = { type: 'tick' }

/** What a step answers: the next state (the same reference when nothing changed) and what to do, in order. */
export type Step<State, Effect> = readonly [state: State, effects: readonly Effect[]]

/**
 * One machine. `step` is pure as seen from outside: it owns the state it is given and may edit the `Table`s in it in place;
 * everything else in a state is immutable. It is total, and never throws but for a bug.
 */
export interface Machine<State, Event, Effect> {
  readonly name: string
  /** Where each run begins; `run` copies it, so that one machine may run many times. */
  readonly initial: State
  readonly step: (state: State, event: Event | Tick, stamp: Stamp) => Step<State, Effect>
  /** When the state next has work of its own. */
  readonly deadline: (state: State) => Instant
  /** What becomes of the state after a step threw: ends the row that the event was for and says so; absent, the throw is the stream's error. */
  readonly fault?: (state: State, event: Event | Tick, stamp: Stamp) => Step<State, Effect> | undefined
  /** Keeps dice out of the journal. */
  readonly secretive?: boolean
}

/** The name of a row within its scope. Short and ready-made: a composed string costs more to build and hash than the step itself. */
export type Key = string | number

/** No effects. */
export const none: readonly never[] = []
