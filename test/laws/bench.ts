/** A small world for the tests of the core: virtual time, seeded luck, a journal that is kept. */
import type { Surroundings } from '../../src/core/environment.ts'
import { seeded } from '../../src/core/dice.ts'
import type { Turn } from '../../src/core/journal.ts'
import type { Part } from '../../src/core/part.ts'
import { attend, type Attended } from '../../src/core/run.ts'
import { virtualScheduler, type VirtualScheduler } from '../../src/simulation/virtual.ts'

export interface Bench {
  readonly scheduler: VirtualScheduler
  readonly turns: Turn[]
  readonly env: Surroundings
}
export const bench = ({ observed = true, strict = true }: { readonly observed?: boolean; readonly strict?: boolean } = {}): Bench => {
  const scheduler = virtualScheduler()
  const turns: Turn[] = []
  const env: Surroundings = {
    scheduler,
    wall: () => 1_000_000 + scheduler.now(),
    random: seeded(1),
    journal: { observed, write: (turn) => turns.push(turn) },
    strict,
  }
  return { scheduler, turns, env }
}

export const drive = <Event, Effect>(
  part: Part<Event, Effect>,
  env: Surroundings,
): Attended<Event> & { readonly effects: Effect[]; readonly bugs: unknown[] } => {
  const effects: Effect[] = []
  const bugs: unknown[] = []
  return {
    effects,
    bugs,
    ...attend(
      part,
      env,
      (effect) => effects.push(effect),
      (bug) => bugs.push(bug),
    ),
  }
}
