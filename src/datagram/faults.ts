/** What a bad network does to datagrams, as operators. Words about links pass untouched. */
import {
  defer,
  filter,
  identity,
  map,
  mergeMap,
  Observable,
  of,
  pipe,
  timer,
  type MonoTypeOperatorFunction,
  type SchedulerLike,
} from 'rxjs'
import type { Random } from '../core/dice.ts'
import { translate, type Layer } from '../core/duplex.ts'
import type { Datagram, DatagramDown, DatagramUp } from '../core/ports.ts'

/** Where the luck and the time come from. */
export interface Weather {
  readonly scheduler: SchedulerLike
  readonly random: Random
}
/** Anything that travels where datagrams do. */
type Word = DatagramDown | DatagramUp

/** How bad a network is. Chances are from 0 to 1 and each datagram's own; what is absent does not happen. */
export interface Faults {
  readonly loss?: number
  readonly duplication?: number
  /** The chance of being held back long enough for later ones to overtake. */
  readonly reorder?: number
  readonly corruption?: number
  /** How long a datagram travels. */
  readonly minMs?: number
  readonly maxMs?: number
}

/** A street with these faults both ways; each way has luck of its own. */
export const faulty = (weather: Weather, faults: Faults): Layer<DatagramDown, DatagramUp, DatagramDown, DatagramUp> =>
  translate(suffer<DatagramDown>(fork(weather, 'down'), faults), suffer<DatagramUp>(fork(weather, 'up'), faults))

/** All the faults, one way. */
export const suffer = <W extends Word>(weather: Weather, faults: Faults): MonoTypeOperatorFunction<W> => {
  const { loss = 0, duplication = 0, reorder: late = 0, corruption = 0, minMs = 0, maxMs = minMs } = faults
  return pipe(
    lose<W>(weather, loss),
    corrupt<W>(weather, corruption),
    duplicate<W>(weather, duplication),
    delay<W>(weather, minMs, maxMs),
    reorder<W>(weather, late, Math.max(1, 2 * (maxMs - minMs), minMs)),
  )
}

/** Datagrams vanish. */
export const lose = <W extends Word>(weather: Weather, chance: number): MonoTypeOperatorFunction<W> =>
  lucky(weather, 'lose', chance, (happens) => filter((word: W) => word.type !== 'datagram' || !happens()))

/** Datagrams come twice. */
export const duplicate = <W extends Word>(weather: Weather, chance: number): MonoTypeOperatorFunction<W> =>
  // Each word's copies leave at once, so no limit is needed.
  lucky(weather, 'duplicate', chance, (happens) => mergeMap((word: W) => (word.type === 'datagram' && happens() ? [word, word] : [word])))

/** Datagrams are held back, `heldMs` each, while others overtake. */
export const reorder = <W extends Word>(weather: Weather, chance: number, heldMs: number): MonoTypeOperatorFunction<W> =>
  lucky(weather, 'reorder', chance, (happens) => later(weather.scheduler, () => (happens() ? heldMs : 0)))

/** Datagrams take between `minMs` and `maxMs`, so that one may overtake another. */
export const delay = <W extends Word>(weather: Weather, minMs: number, maxMs: number = minMs): MonoTypeOperatorFunction<W> =>
  lucky(weather, 'delay', maxMs, (_, random) => later(weather.scheduler, () => minMs + (random.uint32() % (maxMs - minMs + 1))))

/** Datagrams arrive with wrong octets, or cut short. */
export const corrupt = <W extends Word>(weather: Weather, chance: number): MonoTypeOperatorFunction<W> =>
  lucky(weather, 'corrupt', chance, (happens, random) =>
    map((word: W) => (word.type === 'datagram' && happens() ? (damaged(word, random) as W) : word)),
  )

/** Datagrams vanish while the last value of `cut$` is true. */
export const partition =
  <W extends Word>(cut$: Observable<boolean>): MonoTypeOperatorFunction<W> =>
  (word$) =>
    defer(() => {
      let cut = false
      const watched$ = new Observable<W>((observer) => {
        observer.add(cut$.subscribe({ next: (now) => (cut = now), error: (error: unknown) => observer.error(error) }))
        observer.add(word$.subscribe(observer))
      })
      return watched$.pipe(filter((word) => word.type !== 'datagram' || !cut))
    })

/** The operator with luck begun anew at each subscription; what never happens costs nothing. */
const lucky = <W>(
  { random }: Weather,
  name: string,
  chance: number,
  make: (happens: () => boolean, random: Random) => MonoTypeOperatorFunction<W>,
): MonoTypeOperatorFunction<W> => {
  if (chance <= 0) return identity
  return (word$) =>
    defer(() => {
      const luck = random.fork(name)
      return word$.pipe(make(() => luck.uint32() < chance * 2 ** 32, luck))
    })
}

/** Datagrams wait for the time that is drawn for each; in order where times are equal. Without a limit: whatever is on the way is on the way. */
const later = <W extends Word>(scheduler: SchedulerLike, waitMs: () => number): MonoTypeOperatorFunction<W> =>
  mergeMap((word: W) => {
    const wait = word.type === 'datagram' ? waitMs() : 0
    return wait === 0 ? of(word) : timer(wait, scheduler).pipe(map(() => word))
  })

const damaged = (word: Datagram, random: Random): Datagram => {
  const { bytes } = word
  if (bytes.length === 0) return word
  if (random.uint32() % 4 === 0) return { ...word, bytes: bytes.slice(0, random.uint32() % bytes.length) }
  const wrong = bytes.slice()
  wrong[random.uint32() % wrong.length]! ^= 1 + (random.uint32() % 255)
  return { ...word, bytes: wrong }
}

const fork = ({ scheduler, random }: Weather, name: string): Weather => ({ scheduler, random: random.fork(name) })
