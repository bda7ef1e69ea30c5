/** Judges a year: registered in time whenever nothing was in the way for long enough, one Register at a time, no more said than need be. */
import { first, type Subscription } from 'rxjs'
import { backWithinMs, day, transmitWait, type Fate, type Spell } from './fate.ts'
import { begin, isIn, type Story } from './story.ts'

export interface Verdict {
  readonly seed: number
  readonly way: Fate['way']
  readonly scheme: Fate['scheme']
  readonly queueMode: boolean
  readonly days: number
  /** Times without network, without a server or without power. */
  readonly outages: number
  /** How often it was looked whether the device is registered, and how often its application had to restart it. */
  readonly looks: number
  readonly restarts: number
  /** CoAP messages, those of the same year without any trouble, and how many there might be. */
  readonly messages: number
  readonly undisturbed: number
  readonly allowed: number
  readonly registers: number
  readonly mostRegistersAtOnce: number
  /** The longest time from the end of an outage to a registration, and how long it might take. */
  readonly longestBackSeconds: number
  readonly backWithinSeconds: number
  /** What was not as it should be. */
  readonly flaws: readonly string[]
}

/** Lives the year of that fate, and the same year without trouble; registered again within so long. */
export const judge = (fate: Fate, withinMs: number = backWithinMs(fate)): Verdict => {
  const undisturbed = live({ ...fate, spells: [] }, withinMs).story.counts.messages
  const { story, flaws, looks, restarts, longestBackMs } = live(fate, withinMs)
  const { messages, registers, mostAtOnce } = story.counts
  const outages = fate.spells.filter(isOutage).length
  const allowed = Math.floor(1.2 * undisturbed + 20 * outages)
  const all = [
    ...flaws,
    ...(mostAtOnce > 1 ? [`${mostAtOnce} Registers were under way at once`] : []),
    ...(messages > allowed ? [`${messages} messages, ${allowed} would do`] : []),
  ]
  const { seed, way, scheme, queueMode, days } = fate
  return {
    ...{ seed, way, scheme, queueMode, days, outages, looks, restarts, messages, undisturbed, allowed, registers },
    mostRegistersAtOnce: mostAtOnce,
    longestBackSeconds: Math.ceil(longestBackMs / 1_000),
    backWithinSeconds: Math.ceil(withinMs / 1_000),
    flaws: all,
  }
}
const isOutage = ({ trouble }: Spell) => trouble !== 'rebind'

interface Lived {
  readonly fate: Fate
  readonly withinMs: number
  readonly story: Story
  readonly flaws: string[]
  looks: number
  restarts: number
  longestBackMs: number
}
const live = (fate: Fate, withinMs: number): Lived => {
  const it: Lived = { fate, withinMs, story: begin(fate), flaws: [], looks: 0, restarts: 0, longestBackMs: 0 }
  for (const [from, to] of calms(fate)) lookWithin(it, from, to)
  try {
    it.story.made.run(fate.days * day)
  } catch (error) {
    it.flaws.push(error instanceof Error ? error.message : String(error))
  }
  return it
}

/** When nothing is in the way, from and to. */
const calms = ({ spells, days }: Fate): readonly (readonly [from: number, to: number])[] => {
  const made: (readonly [number, number])[] = []
  let since = 0
  for (const { from, to } of spells.filter(isOutage)) {
    if (from > since) made.push([since, from])
    since = Math.max(since, to)
  }
  return [...made, [since, days * day]]
}

/** How long it takes to come back, where it had been noticed that something is missing. */
const timeReturn = (it: Lived, from: number, to: number): void => {
  const { made } = it.story
  let heard: Subscription | undefined
  made.at(from, () => {
    if (isIn(it.story.state)) return
    heard = it.story.state$.pipe(first(() => isIn(it.story.state))).subscribe(() => {
      it.longestBackMs = Math.max(it.longestBackMs, made.now() - from)
    })
  })
  made.at(Math.min(to - 1, from + it.withinMs), () => heard?.unsubscribe())
}

/** Looks at what there is once it must be good, and again at the end of the calm. */
const lookWithin = (it: Lived, from: number, to: number): void => {
  const { fate, withinMs, story } = it
  const { made } = story
  const goodAt = from + withinMs
  const restartedAt = goodAt + 2 * transmitWait
  if (to <= restartedAt) return
  timeReturn(it, from, to)
  made.at(goodAt, () => {
    if (fate.way !== 'gives-up' || story.state?.state !== 'failure') return look(it, from, 'in time')
    it.restarts++
    story.device?.command({ type: 'restart' })
    made.at(restartedAt, () => look(it, goodAt, 'after a restart'))
  })
  made.at(to - 1, () => look(it, to - withinMs, 'for long'))
  const knownAt = restartedAt + fate.lifetimeSeconds * 1_000
  if (knownAt < to)
    made.at(knownAt, () => {
      if (!story.known) it.flaws.push(`${timeOf(made.now())}: the server does not know it`)
    })
}
/** What was lost during an outage may come to light long after it: only who has not been registered since then is missed. */
const look = (it: Lived, since: number, what: string): void => {
  it.looks++
  const { state, sinceAt, made } = it.story
  if (isIn(state) || sinceAt > since) return
  it.flaws.push(
    `${timeOf(made.now())}: ${state?.state ?? 'off'} (${state?.by?.reason ?? ''} ${state?.by?.detail ?? ''}), not registered ${what}`,
  )
}
const timeOf = (atMs: number): string => `day ${Math.floor(atMs / day)} ${new Date(atMs).toISOString().slice(11, 19)}`
