/** Ladders as a person reads them: four lanes, and what the letters mean. */
import type { Turn } from '../core/journal.ts'
import { equal } from './equal.ts'
import { drawLane, type Marble } from './marbles.ts'
import { show } from './show.ts'

export const laneNames = ['submitted', 'received', 'transmitted', 'delivered'] as const
export type LaneName = (typeof laneNames)[number]

/** A value in a lane. */
export interface Seen {
  readonly at: number
  readonly value: unknown
}
/** What was seen in each lane, in order. */
export type Recorded = Readonly<Record<LaneName, readonly Seen[]>>

/** A stream's end and its error, in a lane. */
export const ended: unique symbol = Symbol('|')
export interface Failed {
  readonly failed: unknown
}
export const isFailed = (value: unknown): value is Failed =>
  typeof value === 'object' && value !== null && 'failed' in value && Object.keys(value).length === 1

/** Names for values: those of the dictionary first, then a letter of their own. */
export interface Names {
  readonly of: (value: unknown) => string
  /** A line for each name in use. */
  readonly legend: () => readonly string[]
}

/** Gives each value the name of the first dictionary entry that it matches, or else a free letter, like values alike. */
export const names = (values: Readonly<Record<string, unknown>> = {}, label: (value: unknown) => string = show): Names => {
  const own: { readonly name: string; readonly value: unknown }[] = []
  const used = new Set<string>()
  const taken = (letter: string) => letter in values || own.some(({ name }) => name === letter)
  const of = (value: unknown): string => {
    if (value === ended) return '|'
    if (isFailed(value)) return '#'
    const listed = Object.keys(values).find((name) => matches(values[name], value))
    const name = listed ?? own.find((other) => equal(other.value, value))?.name ?? letterFor(value, taken)
    if (listed === undefined && !taken(name)) own.push({ name, value })
    used.add(name)
    return name
  }
  const legend = () => [
    ...Object.entries(values)
      .filter(([name]) => used.has(name))
      .map(([name, value]) => `${name} = ${show(value)}`),
    ...own.map(({ name, value }) => `${name} = ${label(value)}`),
  ]
  return { of, legend }
}

/** Whether a dictionary's entry, a value or a predicate, means this value. */
export const matches = (entry: unknown, value: unknown): boolean =>
  typeof entry === 'function' ? (entry as (value: unknown) => boolean)(value) : equal(entry, value)

/** How a ladder is drawn. */
export interface DrawOptions {
  readonly msPerChar?: number
  /** Names for values; others get letters of their own. */
  readonly values?: Readonly<Record<string, unknown>>
  /** What the legend says of a value that has no name. */
  readonly label?: (value: unknown) => string
}

/** The ladder of what was seen: lanes as marble strings (empty ones are left out), then the legend. */
export const draw = (recorded: Recorded, { msPerChar = 1000, values = {}, label = show }: DrawOptions = {}): string => {
  const naming = names(values, label)
  const rounded = inStep(recorded, msPerChar)
  const endMs = Math.max(0, ...laneNames.flatMap((lane) => rounded[lane].map(({ at }) => at + msPerChar)))
  const lanes = laneNames
    .filter((lane) => rounded[lane].length > 0)
    .map((lane) => `${lane.padEnd(12)} ${drawLane(named(rounded[lane], naming), msPerChar, endMs)}`)
  return [`1 character = ${msPerChar} ms`, ...lanes, ...naming.legend().map((line) => `  ${line}`)].join('\n')
}

/** Each value at the character in which its instant lies: a drawing is for the eye. */
const inStep = (recorded: Recorded, msPerChar: number): Recorded => {
  const step = (lane: readonly Seen[]) => lane.map(({ at, value }) => ({ at: Math.floor(at / msPerChar) * msPerChar, value }))
  return {
    submitted: step(recorded.submitted),
    received: step(recorded.received),
    transmitted: step(recorded.transmitted),
    delivered: step(recorded.delivered),
  }
}

/** The marbles of a lane. */
export const named = (lane: readonly Seen[], naming: Names): readonly Marble[] =>
  lane.map(({ at, value }) => ({ at, name: naming.of(value) }))

/**
 * The lanes of recorded turns: of one layer, or of several from the `bottom` one to the `top` one, by the names of their machines. Of a
 * machine that is no layer, events count as submitted and effects as delivered.
 */
export const ladderOf = (
  turns: readonly Turn[],
  { bottom, top = bottom, from = 0 }: { readonly bottom?: string; readonly top?: string; readonly from?: number } = {},
): Recorded => {
  const lanes = { submitted: [] as Seen[], received: [] as Seen[], transmitted: [] as Seen[], delivered: [] as Seen[] }
  const first = bottom ?? turns[0]?.machine
  const last = top ?? first
  for (const { machine, event, effects, stamp } of turns) {
    const see = (lane: LaneName, value: unknown) => lanes[lane].push({ at: stamp.now - from, value })
    if (isWord(event, 'up') && machine === first) see('received', event.value)
    else if (machine === last && isWord(event, 'down')) see('submitted', event.value)
    else if (machine === last && !isWord(event, 'up') && !isTick(event)) see('submitted', event)
    for (const effect of effects) {
      if (isWord(effect, 'down') && machine === first) see('transmitted', effect.value)
      else if (machine === last && isWord(effect, 'up')) see('delivered', effect.value)
      else if (machine === last && !isWord(effect, 'down')) see('delivered', effect)
    }
  }
  return lanes
}

const letterFor = (value: unknown, taken: (letter: string) => boolean): string => {
  const type =
    typeof value === 'object' && value !== null && 'type' in value
      ? String(value.type)
          .toLowerCase()
          .replace(/[^a-z]/g, '')
      : ''
  return Array.from(`${type}${alphabet}`).find((letter) => !taken(letter)) ?? '?'
}
const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const isWord = (value: unknown, type: 'up' | 'down'): value is { readonly value: unknown } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === type && 'value' in value
const isTick = (value: unknown) => typeof value === 'object' && value !== null && 'type' in value && value.type === 'tick'
