/** What a seed has in store for a device in a year: what it is, and what befalls it when (LwM2M Core 1.2.2 §6.2.1.2). */
import { seeded, type Random } from '../../../src/core/dice.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour
/** MAX_TRANSMIT_WAIT with the default parameters (RFC 7252 §4.8.2). */
export const transmitWait = 93_000

/** What is not there, or happens. */
export type Trouble = 'network' | 'server' | 'bootstrap-server' | 'power' | 'rebind'
/** One thing that goes wrong, and when it is right again. */
export interface Spell {
  readonly trouble: Trouble
  readonly from: number
  readonly to: number
}

/** The device, its servers and its year. */
export interface Fate {
  readonly seed: number
  readonly days: number
  /** How the device comes back: it asks its bootstrap server, it tries for ever (/1/x/20), or not at all: its application does. */
  readonly way: 'bootstrap' | 'for-ever' | 'gives-up'
  readonly scheme: 'coap' | 'coaps' | 'coap+tcp'
  readonly queueMode: boolean
  readonly lifetimeSeconds: number
  readonly retryCount: number
  readonly retryTimerSeconds: number
  readonly sequenceDelaySeconds: number
  readonly retryWaitMaxMs: number
  /** The server knows its clients after a restart. */
  readonly remembers: boolean
  /** In ascending order of their beginning. */
  readonly spells: readonly Spell[]
}

/** The fate of that seed; the same device without any trouble is `{ ...fate, spells: [] }`. */
export const fateOf = (seed: number, days: number = 365): Fate => {
  const luck = seeded(seed).fork('fate')
  const over = seeded(seed).fork('scheme').uint32() % 2 === 0 ? 'coap' : 'coap+tcp'
  const one = <Value>(...values: readonly Value[]): Value => values[luck.uint32() % values.length]!
  return {
    seed,
    days,
    way: one('bootstrap', 'for-ever', 'gives-up'),
    scheme: one('coap', over, 'coaps'),
    queueMode: one(false, true),
    lifetimeSeconds: one(6, 12, 24) * 3_600,
    retryCount: one(3, 5),
    retryTimerSeconds: one(30, 60),
    sequenceDelaySeconds: one(1_800, 3_600, 7_200),
    retryWaitMaxMs: one(1, 2) * hour,
    remembers: one(false, true),
    spells: spellsOf(luck, days),
  }
}

/** An outage each day, a restart of a server each week or so, a new address every other day, no power twice a month. */
const spellsOf = (luck: Random, days: number): readonly Spell[] => {
  const below = (count: number) => luck.uint32() % count
  /** From a minute to so long; short ones are as frequent as long ones. */
  const lasts = (maxMs: number) => Math.round(minute * (maxMs / minute) ** (luck.uint32() / 2 ** 32))
  const spells: Spell[] = []
  const overAt = new Map<Trouble, number>()
  const add = (trouble: Trouble, on: number, maxMs: number) => {
    const from = Math.max(on * day + below(day), overAt.get(trouble) ?? 0) + 1
    const to = from + (trouble === 'rebind' ? 0 : lasts(maxMs))
    overAt.set(trouble, to)
    spells.push({ trouble, from, to })
  }
  for (let on = 0; on < days - 1; on++) {
    add('network', on, 6 * hour)
    if (below(7) === 0) add('server', on, 2 * hour)
    if (below(14) === 0) add('bootstrap-server', on, 4 * hour)
    if (below(2) === 0) add('rebind', on, minute)
    if (below(15) === 0) add('power', on, 2 * hour)
  }
  return spells.sort((one, other) => one.from - other.from)
}

/** The longest that the device waits between two attempts (a tenth is luck). */
export const longestWaitMs = ({ way, retryCount, retryTimerSeconds, sequenceDelaySeconds, retryWaitMaxMs }: Fate): number => {
  const registerMs = Math.min(retryWaitMaxMs, retryTimerSeconds * 1_000 * 2 ** Math.max(0, retryCount - 2))
  const otherMs = { bootstrap: retryWaitMaxMs, 'for-ever': sequenceDelaySeconds * 1_000, 'gives-up': 0 }[way]
  return Math.max(registerMs, otherMs) * 1.1
}
/** By then it is registered: the longest wait, and two answers that do not come. */
export const backWithinMs = (fate: Fate): number => longestWaitMs(fate) + 2 * transmitWait
