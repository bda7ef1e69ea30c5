/** Recordings: a run is a list of stamped events, and replaying it gives the same run. */
import type { Turn } from '../core/journal.ts'
import type { Machine, Stamp, Tick } from '../core/machine.ts'
import { copy, tableless, tablesOf } from '../core/snapshot.ts'
import { differenceOf, equal } from './equal.ts'
import { show } from './show.ts'

/** One event of a machine with everything that its step was given. */
export interface Recording<Event> {
  readonly machine: string
  readonly node?: string
  readonly inputs: readonly { readonly event: Event | Tick; readonly stamp: Stamp }[]
}

/** What a machine was given in the course of these turns. Of several nodes, the one named. */
export const recordingOf = <Event>(turns: readonly Turn[], machine: string, node?: string): Recording<Event> => ({
  machine,
  ...(node === undefined ? {} : { node }),
  inputs: turns
    .filter((turn) => turn.machine === machine && (node === undefined || turn.node === node) && turn.fault !== 'overflow')
    .map(({ event, stamp }) => ({ event: event as Event | Tick, stamp })),
})

/** Steps the machine through a recording; the turns it makes, to compare with those it made. */
export const replay = <State, Event, Effect>(
  machine: Machine<State, Event, Effect>,
  { inputs, node }: Recording<Event>,
  from: State = machine.initial,
): readonly Turn[] => {
  let state = copy(from)
  watch(state)
  return inputs.map(({ event, stamp }): Turn => {
    const [next, effects] = machine.step(state, event, stamp)
    state = next
    return {
      machine: machine.name,
      ...(node === undefined ? {} : { node }),
      stamp,
      event,
      state: tableless(state),
      rows: changesOf(state),
      effects,
    }
  })
}

/** Throws unless the machine does in a replay what it did in these turns, from its beginning. */
export const replaysAlike = <State, Event, Effect>(machine: Machine<State, Event, Effect>, turns: readonly Turn[], node?: string): void => {
  const made = turns.filter(
    (turn) => turn.machine === machine.name && (node === undefined || turn.node === node) && turn.fault !== 'overflow',
  )
  const again = replay(machine, recordingOf<Event>(made, machine.name, node))
  made.forEach((turn, index) => {
    const other = again[index]!
    for (const part of ['effects', 'state', 'rows'] as const) {
      if (equal(turn[part], other[part])) continue
      const { path, expected, actual } = differenceOf(turn[part], other[part])!
      throw new Error(`turn ${index} of ${machine.name} replays otherwise: ${part}${path} was ${show(expected)}, now ${show(actual)}`)
    }
  })
}

/** The variable that makes every examination begin at one failure: `seed:path`. */
export const replayVariable = 'LWM2M_RX_REPLAY'

/** What to type to see a failure again, in the process's own words. */
export const replayCommand = (seed: number, path: string): string =>
  `${replayVariable}=${seed}${path === '' ? '' : `:${path}`} ${commandLine()}`

/** The seed and path that the environment asks for. */
export const replaySeed = (): { readonly seed: number; readonly path: string | undefined } | undefined => {
  const asked = platform()?.env?.[replayVariable]
  if (asked === undefined || asked === '') return undefined
  const [seed, ...path] = asked.split(':')
  return { seed: Number(seed), path: path.length === 0 ? undefined : path.join(':') }
}

const commandLine = (): string => {
  const argv = platform()?.argv ?? []
  if (platform()?.env?.['VITEST'] !== undefined) return ['npx vitest run', relative(vitest() ?? '')].join(' ').trim()
  return argv.length === 0 ? 'the same command' : ['node', ...argv.slice(1).map(relative)].join(' ')
}
const relative = (word: string): string => {
  const cwd = platform()?.cwd?.() ?? ''
  return cwd !== '' && word.startsWith(`${cwd}/`) ? word.slice(cwd.length + 1) : word
}
/** Where there is no Node there is no command line to tell. */
const platform = () =>
  (
    globalThis as {
      readonly process?: {
        readonly env?: Readonly<Record<string, string | undefined>>
        readonly argv?: readonly string[]
        readonly cwd?: () => string
      }
    }
  ).process
/** Its workers' arguments are not what was typed, but they know their file. */
const vitest = () => (globalThis as { readonly __vitest_worker__?: { readonly filepath?: string } }).__vitest_worker__?.filepath

const watch = (state: unknown) => tablesOf(state).forEach((table) => table.watch())
const changesOf = (state: unknown) => tablesOf(state).flatMap((table) => [...table.changes()])
