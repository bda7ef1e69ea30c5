/** Marble ladders: what goes in and what comes out of a layer on either side, in time, as the RFCs draw it. */
import { Observable, Subject } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { layer as layerOf, type Duplex, type Layer } from '../core/duplex.ts'
import type { Environment } from '../core/environment.ts'
import type { Machine } from '../core/machine.ts'
import { single } from '../core/part.ts'
import { up, type LayerEffect, type LayerEvent, type LayerPart } from '../core/stack.ts'
import { bareEnvironment, loaded } from './bare.ts'
import { ended, isFailed, laneNames, matches, named, names, type LaneName, type Recorded, type Seen } from './draw.ts'
import { differenceOf } from './equal.ts'
import { columnOf, drawLane, marblesOf, type Marble } from './marbles.ts'
import { show } from './show.ts'

/** What a ladder stands on: the machine of a layer, layers as a part, or `layer`, which makes any layer (or, over its own below, a whole duplex) in an environment. */
export type LadderSubject<Received, Transmitted, Submitted, Delivered> =
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever its state is
  | Machine<any, LayerEvent<Received, Submitted>, LayerEffect<Transmitted, Delivered>>
  | LayerPart<Received, Transmitted, Submitted, Delivered>
  | { readonly layer: (env: Environment) => Layer<Transmitted, Received, Submitted, Delivered> }

export interface LadderOptions {
  /** What one character is worth. Default: one second. */
  readonly msPerChar?: number
  /** Chances in [0, 1), one for each step; default 0: back-off is exactly ACK_TIMEOUT, message IDs begin at 0. One number: the same for each. */
  readonly dice?: readonly number[] | number
  /** What the letters mean: a value, or (of what comes out) a predicate such as `like({ code: '2.05' })`. */
  readonly values: Readonly<Record<string, unknown>>
  /** When to stop looking; default: where the longest lane ends. */
  readonly untilMs?: number
  /** When the ladder is unsubscribed. */
  readonly unsubscribeMs?: number
  readonly env?: Partial<Environment>
}

/** What goes in (`submitted` from above, `received` from below) and what must come out. A lane that is not given is silent; `'*'` is not looked at. */
export type Lanes = Readonly<Partial<Record<LaneName, string>>>

/** Plays the ladder and throws, with both ladders drawn, unless exactly this came out at exactly these instants. Gives what was seen. */
export const ladder = <Received, Transmitted, Submitted, Delivered>(
  subject: LadderSubject<Received, Transmitted, Submitted, Delivered>,
  options: LadderOptions,
  lanes: Lanes,
): Recorded => {
  const { msPerChar = 1000, values } = options
  const script = { submitted: marblesOf(lanes.submitted ?? '', msPerChar), received: marblesOf(lanes.received ?? '', msPerChar) }
  const expected = {
    transmitted: marblesOf(textOf(lanes.transmitted), msPerChar),
    delivered: marblesOf(textOf(lanes.delivered), msPerChar),
  }
  const untilMs = options.untilMs ?? Math.max(...[...Object.values(script), ...Object.values(expected)].map(({ endMs }) => endMs))
  const recorded = play(subject, options, script.submitted.marbles, script.received.marbles, untilMs)
  const compared = (['transmitted', 'delivered'] as const).filter((lane) => lanes[lane] !== '*')
  const flaws = compared.flatMap((lane) => flawOf(lane, expected[lane].marbles, recorded[lane], values) ?? [])
  if (flaws.length > 0) throw new Error(report(recorded, expected, flaws, msPerChar, values), causeOf(recorded))
  return recorded
}

/** A machine that is no layer, seen as one: its events are submitted, its effects delivered. */
export const alone =
  <State, Event, Effect>(machine: Machine<State, Event, Effect>): LayerPart<never, never, Event, Effect> =>
  (env, emit) => {
    const running = single(machine)(env, (effect, now) => emit(up(effect), now))
    return {
      post: (event, now) => {
        if (event.type === 'down') running.post(event.value, now)
      },
      deadline: running.deadline,
      tick: running.tick,
    }
  }

const play = <R, T, S, D>(
  subject: LadderSubject<R, T, S, D>,
  { dice = [], values, env = {}, unsubscribeMs }: LadderOptions,
  submitted: readonly Marble[],
  received: readonly Marble[],
  untilMs: number,
): Recorded => {
  const lanes = { submitted: [] as Seen[], received: [] as Seen[], transmitted: [] as Seen[], delivered: [] as Seen[] }
  const scheduler = new TestScheduler(() => undefined)
  const see = (lane: LaneName, value: unknown) => lanes[lane].push({ at: scheduler.now(), value })
  const chances = typeof dice === 'number' ? Array<number>(10_000).fill(dice) : dice
  scheduler.run(() => {
    scheduler.maxFrames = untilMs
    const submitted$ = new Subject<S>()
    const received$ = new Subject<R>()
    const below: Duplex<T, R> = (transmitted$) =>
      new Observable((observer) => {
        observer.add(transmitted$.subscribe((value) => see('transmitted', value)))
        observer.add(received$.subscribe(observer))
      })
    const surroundings = bareEnvironment({ scheduler, random: loaded(chances), ...env })
    const subscription = layerIn(
      subject,
      surroundings,
    )(below)(submitted$).subscribe({
      next: (value) => see('delivered', value),
      error: (failed: unknown) => see('delivered', { failed }),
      complete: () => see('delivered', ended),
    })
    const feed = <Value>(lane: 'submitted' | 'received', marbles: readonly Marble[], target: Subject<Value>) => {
      for (const { at, name } of marbles)
        scheduler.schedule(() => {
          if (name === '|') target.complete()
          else if (name === '#') target.error(new Error('#'))
          else {
            see(lane, valueOf(values, name))
            target.next(valueOf(values, name) as Value)
          }
        }, at)
    }
    feed('submitted', submitted, submitted$)
    feed('received', received, received$)
    if (unsubscribeMs !== undefined) scheduler.schedule(() => subscription.unsubscribe(), unsubscribeMs)
  })
  return lanes
}

const layerIn = <R, T, S, D>(subject: LadderSubject<R, T, S, D>, env: Environment): Layer<T, R, S, D> => {
  if (typeof subject === 'function') return layerOf(subject, env)
  if ('layer' in subject) return subject.layer(env)
  return layerOf(single(subject), env)
}

const textOf = (lane: string | undefined) => (lane === undefined || lane === '*' ? '' : lane)

const valueOf = (values: Readonly<Record<string, unknown>>, name: string): unknown => {
  if (!(name in values)) throw new Error(`'${name}' is in a lane but not among the values`)
  if (typeof values[name] === 'function') throw new Error(`'${name}' goes in, so it must be a value, not a predicate`)
  return values[name]
}

/** The first thing wrong with a lane. */
interface Flaw {
  readonly lane: LaneName
  readonly at: number
  readonly text: string
}
const flawOf = (
  lane: LaneName,
  expected: readonly Marble[],
  seen: readonly Seen[],
  values: Readonly<Record<string, unknown>>,
): Flaw | undefined => {
  for (let i = 0; i < Math.max(expected.length, seen.length); i++) {
    const want = expected[i]
    const got = seen[i]
    if (want === undefined) return { lane, at: got!.at, text: `${got!.at} ms: not expected: ${shown(got!.value)}` }
    if (got === undefined) return { lane, at: want.at, text: `${want.at} ms: expected ${want.name}, nothing more came` }
    const fits =
      want.name === '|' ? got.value === ended : want.name === '#' ? isFailed(got.value) : matches(entryOf(values, want.name), got.value)
    if (!fits)
      return {
        lane,
        at: Math.min(want.at, got.at),
        text: `${want.at} ms: expected ${want.name}, at ${got.at} ms came ${shown(got.value)}${where(values[want.name], got.value)}`,
      }
    if (want.at !== got.at)
      return { lane, at: Math.min(want.at, got.at), text: `expected ${want.name} at ${want.at} ms, it came at ${got.at} ms` }
  }
  return undefined
}
const entryOf = (values: Readonly<Record<string, unknown>>, name: string): unknown => {
  if (!(name in values)) throw new Error(`'${name}' is in a lane but not among the values`)
  return values[name]
}
const where = (wanted: unknown, got: unknown): string => {
  const entry: unknown = typeof wanted === 'function' && 'part' in wanted ? wanted.part : wanted
  if (typeof entry !== 'object' || entry === null) return ''
  const found = differenceOf(entry, got)
  return found === undefined || found.path === '' || typeof wanted === 'function'
    ? ''
    : `\n               ${found.path}: expected ${show(found.expected)}, got ${show(found.actual)}`
}
const shown = (value: unknown) => (value === ended ? 'the end' : isFailed(value) ? `the error ${show(value.failed)}` : show(value))

/** The lanes as drawn, what was expected above what came, marked where they part. */
const report = (
  recorded: Recorded,
  expected: Readonly<Record<'transmitted' | 'delivered', { readonly marbles: readonly Marble[] }>>,
  flaws: readonly Flaw[],
  msPerChar: number,
  values: Readonly<Record<string, unknown>>,
): string => {
  const naming = names(values)
  const endMs = Math.max(0, ...laneNames.flatMap((lane) => recorded[lane].map(({ at }) => at + msPerChar)))
  const lines: string[] = [`the ladder differs (1 character = ${msPerChar} ms)`]
  const line = (lane: string, kind: string, text: string) => lines.push(`  ${lane.padEnd(12)} ${kind.padEnd(8)} ${text}`)
  for (const lane of laneNames) {
    const actual = drawLane(named(recorded[lane], naming), msPerChar, endMs)
    const flaw = flaws.find((one) => one.lane === lane)
    if (flaw === undefined) line(lane, '', actual)
    else {
      line(lane, 'expected', drawLane(expected[lane as 'transmitted'].marbles, msPerChar, endMs))
      line('', 'actual', actual)
      line('', '', `${' '.repeat(columnOf(actual, flaw.at, msPerChar) ?? 0)}^ ${flaw.text}`)
    }
  }
  return [...lines, ...naming.legend().map((text) => `    ${text}`)].join('\n')
}
const causeOf = ({ delivered }: Recorded): { readonly cause?: unknown } => {
  const failure = delivered.map(({ value }) => value).find(isFailed)
  return failure === undefined ? {} : { cause: failure.failed }
}
