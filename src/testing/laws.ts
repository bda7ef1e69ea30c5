/** The laws that every machine and every stack of layers obeys: docs/laws.md says why. */
import * as fc from 'fast-check'
import { seeded, type Random } from '../core/dice.ts'
import { tick, type Machine, type Stamp } from '../core/machine.ts'
import { copy, restore, shifted, snapshot } from '../core/snapshot.ts'
import { Table } from '../core/table.ts'
import { differenceOf, equal } from './equal.ts'
import { examine } from './examine.ts'
import { play, scripts, tell, type Answers, type Script } from './script.ts'
import { show } from './show.ts'
import { isPlain, octetsOf } from './size.ts'

/** One law of one machine, checked under any runner: `test(law.name, law.check)`. */
export interface Law {
  readonly name: string
  /** Throws with the shrunk counterexample, its seed and its path. */
  readonly check: () => void
}

/** What the laws have to know of a machine. */
export interface LawOptions<Event, Effect> {
  /** Sensible and junk events alike; few peers, tokens and numbers, so that they meet. */
  readonly events: fc.Arbitrary<Event>
  /** Events that answer an effect, so that scripts get further than junk would. */
  readonly answers?: Answers<NoInfer<Event>, Effect>
  /** The most octets that the state may hold whatever happens, and events from many peers to try it with. */
  readonly bound?: { readonly octets: number; readonly flood: (index: number, luck: Random) => NoInfer<Event> }
  /** Default 1,000. */
  readonly runs?: number
  readonly seed?: number
  /** To replay: the path that a failure printed. */
  readonly path?: string
}

/** The laws of one machine. */
export const laws = <State, Event, Effect>(machine: Machine<State, Event, Effect>, options: LawOptions<Event, Effect>): readonly Law[] => {
  const { events, answers, runs = 1_000, seed, path, bound } = options
  const law = (title: string, holds: (script: Script<Event>, choice: number) => void): Law => ({
    name: `${machine.name}: ${title}`,
    check: () =>
      examine(
        `${machine.name}: ${title}`,
        fc.tuple(scripts(events), fc.nat(1_000)),
        ([script, choice]) => holds(script, choice),
        { runs, seed, path },
        ([script]) => tell(script),
      ),
  })
  return [
    law('a tick before the deadline changes nothing and says nothing', (script) => earlyTicks(machine, script, answers)),
    law('ticks at the deadline, or long after it, move the deadline past that moment', (script) => dueTicks(machine, script, answers)),
    law('two steps on copies are equal, and leave the event and the rows untouched', (script) => twins(machine, script, answers)),
    law('a restored snapshot goes on as the state itself, on another clock', (script, choice) =>
      restored(machine, script, choice, answers),
    ),
    law('nothing throws, whatever comes', (script) => play(machine, script, { answers })),
    ...(bound === undefined ? [] : [flooded(machine, bound, seed)]),
  ]
}

/** (a) */
const earlyTicks = <S, E, F>(machine: Machine<S, E, F>, script: Script<E>, answers?: Answers<E, F>) =>
  play(machine, script, {
    answers,
    settled: (state, stamp) => {
      if (machine.deadline(state) <= stamp.now) return
      const before = copy(state)
      const was = snapshot(machine, before, stamp).state
      const [after, effects] = machine.step(before, tick, stamp)
      if (after !== before) throw new Error(`a tick at ${stamp.now}, before ${machine.deadline(state)}, gave a new state`)
      if (effects.length > 0) throw new Error(`a tick at ${stamp.now}, before ${machine.deadline(state)}, said ${show(effects)}`)
      same('the state after an early tick', was, snapshot(machine, before, stamp).state)
    },
  })

/** (b) */
const dueTicks = <S, E, F>(machine: Machine<S, E, F>, script: Script<E>, answers?: Answers<E, F>) =>
  play(machine, script, {
    answers,
    settled: (state, stamp) => {
      const deadline = machine.deadline(state)
      if (deadline === Infinity) return
      for (const now of [Math.max(stamp.now, deadline), Math.max(stamp.now, deadline) + 86_400_000])
        pastDeadline(machine, copy(state), { ...stamp, now })
    },
  })
const pastDeadline = <S, E, F>(machine: Machine<S, E, F>, begin: S, stamp: Stamp) => {
  let state = begin
  for (let ticks = 0; machine.deadline(state) <= stamp.now; ticks++) {
    const [next] = machine.step(state, tick, stamp)
    if (next === state) throw new Error(`a tick at ${stamp.now} changed nothing, and the deadline is still ${machine.deadline(state)}`)
    if (ticks > 10_000) throw new Error(`after ${ticks} ticks at ${stamp.now} the deadline is still ${machine.deadline(next)}`)
    state = next
  }
}

/** (c) */
const twins = <S, E, F>(machine: Machine<S, E, F>, script: Script<E>, answers?: Answers<E, F>) =>
  play(machine, script, {
    answers,
    visit: (state, event, stamp) => {
      const other = copy(state)
      const given = structuredCopy(event)
      freeze(state)
      freeze(other)
      const [left, leftEffects] = machine.step(state, freeze(event), stamp)
      const [right, rightEffects] = machine.step(other, given, stamp)
      same('the event', given, event)
      same('the effects of a second step', leftEffects, rightEffects)
      same('the state of a second step', snapshot(machine, left, stamp).state, snapshot(machine, right, stamp).state)
      return [left, leftEffects]
    },
  })

/** (d) */
const restored = <S, E, F>(machine: Machine<S, E, F>, script: Script<E>, choice: number, answers?: Answers<E, F>) => {
  const from = choice % (script.length + 1)
  const offset = 777
  let twin: S | undefined
  let steps = 0
  const later = (stamp: Stamp): Stamp => ({ ...stamp, now: stamp.now + offset })
  const { state, stamp: last } = play(machine, script, {
    answers,
    settled: (state, stamp) => {
      if (steps++ !== from) return
      const saved = snapshot(machine, state, stamp)
      if (!isPlain(saved.state)) throw new Error(`the snapshot is not plain data: ${show(saved.state)}`)
      twin = restore(machine, structuredCopy(saved), later(stamp))
    },
    visit: (state, event, stamp) => {
      if (twin === undefined) return machine.step(state, event, stamp)
      const given = structuredCopy(event)
      const [next, effects] = machine.step(state, event, stamp)
      const [restoredNext, restoredEffects] = machine.step(twin, given, later(stamp))
      twin = restoredNext
      same('what the restored one says', effects, back(restoredEffects, offset))
      same('the deadline of the restored one', machine.deadline(next), machine.deadline(twin) - offset)
      return [next, effects]
    },
  })
  if (twin !== undefined)
    same('the restored state in the end', snapshot(machine, state, last).state, back(snapshot(machine, twin, last).state, offset))
}
const back = (value: unknown, offset: number) => shifted(value, (at) => at - offset)

/** (f) */
const flooded = <S, E, F>(
  machine: Machine<S, E, F>,
  { octets, flood }: { readonly octets: number; readonly flood: (index: number, luck: Random) => E },
  seed = 1,
): Law => ({
  name: `${machine.name}: after 10,000 events from 10,000 peers the state holds at most ${octets} octets`,
  check: () => {
    const luck = seeded(seed)
    const script = Array.from({ length: 10_000 }, (_, index) => ({
      wait: { type: 'for', ms: 0 } as const,
      dice: luck.dice(),
      event: flood(index, luck),
      answerTo: undefined,
    }))
    const { state, stamp } = play(machine, script)
    const held = octetsOf(snapshot(machine, state, stamp).state)
    if (held > octets) throw new Error(`${machine.name} holds ${held} octets, more than ${octets}`)
  },
})

const same = (what: string, expected: unknown, actual: unknown) => {
  if (equal(expected, actual)) return
  const { path, expected: wanted, actual: got } = differenceOf(expected, actual)!
  throw new Error(`${what} differs at ${path === '' ? 'its root' : path}: ${show(wanted)} became ${show(got)}`)
}

/** Records, lists and rows that whoever edits them in place will trip over. */
const freeze = <Value>(value: Value): Value => {
  if (value instanceof Table) for (const { row } of value.all()) freeze(row)
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const field of Object.values(value)) freeze(field)
  }
  return value
}

/** Octets and all; what is no plain data is shared. */
const structuredCopy = <Value>(value: Value): Value => {
  if (value instanceof Uint8Array) return value.slice() as Value
  if (Array.isArray(value)) return value.map(structuredCopy) as Value
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, structuredCopy(field)])) as Value
}
