/** Stories told to worlds: what happens when, made up from a seed; and many seeds, until one fails. */
import type { Random } from '../core/dice.ts'
import { replayCommand, replaySeed } from '../testing/replay.ts'
import type { Node } from './node.ts'
import type { World } from './world.ts'

/** One thing that happens at an instant. */
export type Scene = readonly [atMs: number, what: () => void]

/** Puts the scenes on the world's calendar. */
export const scenario = (world: World, scenes: readonly Scene[]): void => {
  for (const [atMs, what] of scenes) world.at(atMs, what)
}

/** What may befall nodes, and how often in an hour each. */
export interface Misfortunes {
  readonly untilMs: number
  readonly crashesPerHour?: number
  readonly partitionsPerHour?: number
  readonly rebindsPerHour?: number
  /** How long a node is off or cut off; default 1 s to 60 s. */
  readonly minMs?: number
  readonly maxMs?: number
}

/** Crashes, partitions and rebindings of these nodes, at instants drawn from the world's luck; all are over at `untilMs`. */
export const misfortunes = (
  world: World,
  nodes: readonly Node[],
  { untilMs, crashesPerHour = 0, partitionsPerHour = 0, rebindsPerHour = 0, minMs = 1_000, maxMs = 60_000 }: Misfortunes,
): void => {
  for (const node of nodes) {
    const luck = world.random.fork(`misfortunes of ${node.name}`)
    const lasts = () => minMs + (luck.uint32() % Math.max(1, maxMs - minMs))
    const crashes = spells(instants(luck.fork('crash'), untilMs, crashesPerHour), lasts, untilMs)
    const partitions = spells(instants(luck.fork('cut'), untilMs, partitionsPerHour), lasts, untilMs)
    const outside = node.host.nat?.address ?? node.address
    for (const [from, to] of crashes)
      scenario(world, [
        [from, node.crash],
        [to, node.restart],
      ])
    for (const [from, to] of partitions)
      scenario(world, [
        [from, () => world.network.cut(true, outside)],
        [to, () => world.network.cut(false, outside)],
      ])
    for (const at of instants(luck.fork('rebind'), untilMs, rebindsPerHour)) world.at(at, () => node.host.nat?.rebind())
  }
}

/** Random instants, so many an hour on average. */
const instants = (luck: Random, untilMs: number, perHour: number): readonly number[] => {
  const count = Math.round((perHour * untilMs) / 3_600_000)
  return Array.from({ length: count }, () => luck.uint32() % Math.max(1, untilMs)).sort((a, b) => a - b)
}
/** From each instant on for a while, none within another. */
const spells = (starts: readonly number[], lasts: () => number, untilMs: number): readonly (readonly [number, number])[] => {
  const made: (readonly [number, number])[] = []
  for (const from of starts) {
    if (from <= (made.at(-1)?.[1] ?? -1)) continue
    made.push([from, Math.min(untilMs, from + lasts())])
  }
  return made
}

/** Runs the same story from many seeds; the first that fails throws, and says which. Seeds that failed once are `kept`, and come first. */
export const everySeed = (
  { from = 1, count, kept = [] }: { readonly from?: number; readonly count: number; readonly kept?: readonly number[] },
  story: (seed: number) => void,
): void => {
  const again = replaySeed()
  const seeds = again === undefined ? [...kept, ...Array.from({ length: count }, (_, index) => from + index)] : [again.seed]
  for (const seed of seeds) {
    try {
      story(seed)
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\nreplay: ${replayCommand(seed, '')}`, {
        cause: error,
      })
    }
  }
}
