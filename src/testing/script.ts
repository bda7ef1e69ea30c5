/** Scripts: events in time, made up by fast-check, that lead a machine into states it can reach. */
import * as fc from 'fast-check'
import type { Dice } from '../core/dice.ts'
import { tick, type Instant, type Machine, type Stamp, type Step, type Tick } from '../core/machine.ts'
import { copy } from '../core/snapshot.ts'
import { epochMs } from './bare.ts'
import { show } from './show.ts'

/** How long until the next event: a time in which alarms ring when they are due, the machine's own deadline and a little, or a sleep through which none rings. */
export type Wait =
  | { readonly type: 'for'; readonly ms: number }
  | { readonly type: 'deadline'; readonly offsetMs: number }
  | { readonly type: 'sleep'; readonly ms: number }

/** One step of a script: wait, then the event; `answerTo` takes instead an answer to one of the latest effects. */
export interface ScriptStep<Event> {
  readonly wait: Wait
  readonly dice: Dice
  readonly event: Event
  readonly answerTo: number | undefined
}
export type Script<Event> = readonly ScriptStep<Event>[]

/** What a peer, a timer or the application may say to an effect, the most likely first: events that junk alone would hardly hit on. */
export type Answers<Event, Effect> = (effect: Effect) => readonly Event[]

const waits: fc.Arbitrary<Wait> = fc.oneof(
  fc.constant<Wait>({ type: 'for', ms: 0 }),
  fc.record({ type: fc.constant('for' as const), ms: fc.oneof(fc.nat(20), fc.nat(5_000), fc.nat(400_000)) }),
  fc.record({ type: fc.constant('deadline' as const), offsetMs: fc.constantFrom(-1, 0, 1) }),
  fc.record({ type: fc.constant('sleep' as const), ms: fc.oneof(fc.nat(10_000), fc.nat(100_000_000)) }),
)
const dices: fc.Arbitrary<Dice> = fc.oneof(
  fc.constantFrom<Dice>([0], [1], [0x80000000], [0xffffffff]),
  fc.array(fc.nat(0xffffffff), { minLength: 8, maxLength: 8 }),
)

/** Scripts of these events: half of them mostly let things go well, for how far they get, the others do not. */
export const scripts = <Event>(
  events: fc.Arbitrary<Event>,
  { maxLength = 24 }: { readonly maxLength?: number } = {},
): fc.Arbitrary<Script<Event>> => {
  const none = fc.constant(undefined)
  const some = fc.nat(1_000)
  const steps = (answerTo: fc.Arbitrary<number | undefined>, wait: fc.Arbitrary<Wait>) =>
    fc.array(fc.record({ wait, dice: dices, event: events, answerTo }), { minLength: 1, maxLength })
  const soon = fc.oneof({ weight: 6, arbitrary: fc.constant<Wait>({ type: 'for', ms: 0 }) }, { weight: 1, arbitrary: waits })
  return fc.oneof(
    steps(fc.oneof(none, some), waits),
    steps(fc.oneof({ weight: 2, arbitrary: none }, { weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: some }), soon),
  )
}

/** Takes one step in a play: by default the machine's own. */
export type Visit<State, Event, Effect> = (state: State, event: Event | Tick, stamp: Stamp) => Step<State, Effect>

/** Where a play ended. */
export interface Played<State, Effect> {
  readonly state: State
  readonly stamp: Stamp
  readonly effects: readonly Effect[]
}

/** Plays the script as `run` would: what is due goes first, then the event. */
export const play = <State, Event, Effect>(
  machine: Machine<State, Event, Effect>,
  script: Script<Event>,
  {
    answers,
    visit = machine.step,
    settled,
  }: {
    readonly answers?: Answers<Event, Effect> | undefined
    readonly visit?: Visit<State, Event, Effect>
    readonly settled?: (state: State, stamp: Stamp) => void
  } = {},
): Played<State, Effect> => {
  let state = copy(machine.initial)
  let stamp: Stamp = { now: 1_000, wall: epochMs, dice: [0] }
  const latest: Effect[] = []
  const turn = (event: Event | Tick, dice: Dice, now: Instant) => {
    stamp = { now, wall: epochMs + now, dice }
    const [next, effects] = visit(state, event, stamp)
    state = next
    latest.unshift(...effects)
    latest.length = Math.min(latest.length, 8)
  }
  const until = (target: Instant, dice: Dice, asleep: boolean) => {
    for (let ticks = 0; machine.deadline(state) <= target; ticks++) {
      const now = asleep ? target : Math.max(stamp.now, machine.deadline(state))
      if (ticks >= ticksMax && !asleep) return
      turn(tick, dice, now)
      if (ticks > 10_000) throw new Error(`${machine.name}: ${ticks} ticks at ${now} and still due at ${machine.deadline(state)}`)
    }
    stamp = { now: target, wall: epochMs + target, dice }
  }
  for (const { wait, dice, event, answerTo } of script) {
    until(targetOf(wait, stamp.now, machine.deadline(state)), dice, wait.type === 'sleep')
    settled?.(state, stamp)
    turn(answerTo === undefined || answers === undefined ? event : (answerOf(latest, answers, answerTo) ?? event), dice, stamp.now)
  }
  return { state, stamp, effects: latest }
}

/** A script in words, a line for each step. */
export const tell = (script: Script<unknown>): string =>
  script
    .map(
      ({ wait, dice, event, answerTo }) =>
        `  ${waited(wait)}${answerTo === undefined ? show(event) : `answer ${answerTo} to what it said, or ${show(event)}`}, dice ${show(dice)}`,
    )
    .join('\n')

const waited = (wait: Wait): string => {
  if (wait.type === 'deadline') return `at its deadline${wait.offsetMs === 0 ? '' : ` ${wait.offsetMs > 0 ? '+' : '-'} 1 ms`}: `
  return wait.ms === 0 ? '' : wait.type === 'for' ? `after ${wait.ms} ms: ` : `after a sleep of ${wait.ms} ms: `
}

/** A machine with a short period is followed through so many of its alarms in one wait. */
const ticksMax = 100

const targetOf = (wait: Wait, now: Instant, deadline: Instant): Instant => {
  if (wait.type !== 'deadline') return now + wait.ms
  return deadline === Infinity ? now : Math.max(now, deadline + wait.offsetMs)
}
const answerOf = <Event, Effect>(latest: readonly Effect[], answers: Answers<Event, Effect>, pick: number): Event | undefined => {
  const possible = latest.flatMap((effect) => [...answers(effect)])
  return possible[pick % possible.length]
}
