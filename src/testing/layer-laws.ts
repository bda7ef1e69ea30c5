/** The laws of layers: how they are bracketed does not matter, fused is as piped, and after the last deadline there is silence. */
import * as fc from 'fast-check'
import { Observable, Subject } from 'rxjs'
import { seeded } from '../core/dice.ts'
import { layer } from '../core/duplex.ts'
import type { Surroundings } from '../core/environment.ts'
import { silent } from '../core/journal.ts'
import { attend } from '../core/run.ts'
import { stack, type LayerEvent, type LayerPart } from '../core/stack.ts'
import { virtualScheduler, type VirtualScheduler } from '../simulation/virtual.ts'
import { epochMs } from './bare.ts'
import { differenceOf, equal } from './equal.ts'
import { examine } from './examine.ts'
import type { Law } from './laws.ts'
import { show } from './show.ts'

/** A layer from the lowest up, as a part. What the layers say to each other is their own affair. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of layers has no one type
export type AnyLayerPart = LayerPart<any, any, any, any>

export interface LayerLawOptions<Received, Submitted> {
  readonly name: string
  /** What may come from below and from above. */
  readonly events: fc.Arbitrary<LayerEvent<Received, Submitted>>
  /** After so long without events there is silence; default ten days. */
  readonly quietMs?: number
  readonly runs?: number
  readonly seed?: number
}

/** The laws of these layers, lowest first: three or more show that `stack` is associative, two that it equals `pipe`, one is enough for silence. */
export const layerLaws = <Received, Submitted>(
  parts: readonly AnyLayerPart[],
  { name, events, quietMs = 864_000_000, runs = 1_000, seed }: LayerLawOptions<Received, Submitted>,
): readonly Law[] => {
  const scripts = fc.array(fc.tuple(fc.oneof(fc.constant(0), fc.nat(3_000), fc.nat(300_000)), events), { maxLength: 20 })
  const law = (title: string, holds: (script: TimedScript) => void): Law => ({
    name: `${name}: ${title}`,
    check: () => examine(`${name}: ${title}`, scripts, holds, { runs, seed }, told),
  })
  const fused = parts.reduce((below, above) => stack(below, above))
  const fromAbove = parts.reduceRight((above, below) => stack(below, above))
  return [
    ...(parts.length < 3
      ? []
      : [
          law('stacked from below or from above, the run is the same', (script) =>
            alike(driven(fused, script, quietMs), driven(fromAbove, script, quietMs)),
          ),
        ]),
    ...(parts.length < 2
      ? []
      : [
          law('stacked or piped, the outer lanes are the same', (script) =>
            alike(driven(fused, script, quietMs), drivenPiped(parts, script, quietMs)),
          ),
        ]),
    law('after the last deadline there is silence', (script) => {
      const { quiet } = driven(fused, script, quietMs)
      if (!quiet) throw new Error(`still at work after ${quietMs} ms without an event`)
    }),
  ]
}

type TimedScript = readonly (readonly [waitMs: number, event: LayerEvent<unknown, unknown>])[]
interface Run {
  readonly transmitted: readonly unknown[]
  readonly delivered: readonly unknown[]
  /** Nothing is scheduled any more. */
  readonly quiet: boolean
}

/** The run of a part, on its own. */
const driven = (part: AnyLayerPart, script: TimedScript, quietMs: number): Run =>
  inTime(script, quietMs, (env, lanes) => {
    const attended = attend(part, env, ({ type, value }) => lanes(type, value), rethrow)
    return attended.post
  })

/** The run of the same layers, each on the one below, joined by streams. */
const drivenPiped = (parts: readonly AnyLayerPart[], script: TimedScript, quietMs: number): Run =>
  inTime(script, quietMs, (env, lanes) => {
    const received$ = new Subject<unknown>()
    const submitted$ = new Subject<unknown>()
    const wire = (transmitted$: Observable<unknown>) =>
      new Observable<unknown>((observer) => {
        observer.add(transmitted$.subscribe((value) => lanes('down', value)))
        observer.add(received$.subscribe(observer))
      })
    const street = parts.reduce((below, part) => layer(part, env)(below), wire)
    street(submitted$).subscribe({ next: (value) => lanes('up', value), error: rethrow })
    return ({ type, value }) => (type === 'up' ? received$ : submitted$).next(value)
  })

const inTime = (
  script: TimedScript,
  quietMs: number,
  begin: (env: Surroundings, lanes: (type: 'up' | 'down', value: unknown) => void) => (event: LayerEvent<unknown, unknown>) => void,
): Run => {
  const scheduler: VirtualScheduler = virtualScheduler()
  const transmitted: unknown[] = []
  const delivered: unknown[] = []
  let last = 0
  const env: Surroundings = { scheduler, wall: () => epochMs + scheduler.now(), random: seeded(1), journal: silent, strict: true }
  const post = begin(env, (type, value) => {
    last = scheduler.now()
    ;(type === 'down' ? transmitted : delivered).push({ at: last, value })
  })
  for (const [waitMs, event] of script) {
    scheduler.flush(scheduler.now() + waitMs)
    post(event)
  }
  const ended = scheduler.now()
  scheduler.flush(ended + quietMs)
  const quietFrom = scheduler.now()
  scheduler.flush(quietFrom + quietMs)
  return { transmitted, delivered, quiet: last <= quietFrom }
}

const alike = (one: Run, other: Run) => {
  for (const lane of ['transmitted', 'delivered'] as const) {
    if (equal(one[lane], other[lane])) continue
    const { path, expected, actual } = differenceOf(one[lane], other[lane])!
    throw new Error(`${lane} differ at ${path}: ${show(expected)} and ${show(actual)}`)
  }
}
const rethrow = (bug: unknown) => {
  throw bug
}
const told = (script: TimedScript) =>
  script.map(([waitMs, event]) => `  ${waitMs === 0 ? '' : `after ${waitMs} ms: `}${show(event)}`).join('\n')
