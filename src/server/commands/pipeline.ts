/** Commands that are kept until their client has done them, over sleep, silence and restarts of the server (LwM2M Transport 1.2.2 §6.5). */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  Observable,
  of,
  repeat,
  share,
  Subject,
  take,
  takeUntil,
  tap,
  timer,
  type Subscription,
} from 'rxjs'
import type { Surroundings } from '../../core/environment.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { Keeping } from '../store.ts'
import { attempts, type AttemptFloor } from './attempts/pipeline.ts'
import { commandId, expired, type Command, type CommandLimits, type KeptCommand, type SettledCommand } from './command.ts'
import { emptyLines, type Lines } from './lines.ts'

/** What commands stand on. */
export interface CommandFloor extends AttemptFloor {
  readonly env: Surroundings
  readonly limits: CommandLimits
  readonly store?: Keeping<KeptCommand> | undefined
}
/** How a command is submitted. */
export interface CommandOptions {
  /** How long it may wait; then it fails with `expired`. Default: a day. */
  readonly expiryMs?: number
}
/** The commands of one server. */
export interface Commands {
  /** Keeps a command, and emits it once it is kept: from then on it is done when its client listens, however often the server is started anew. */
  readonly submit: (endpointClientName: string, command: Command, options?: CommandOptions) => Observable<KeptCommand>
  /** Takes a command back; one that is on its way may be done nevertheless. */
  readonly withdraw: (id: string) => Observable<never>
  /** What waits, in the order in which it will be done. */
  readonly waiting: (endpointClientName?: string) => readonly KeptCommand[]
  /** What becomes of commands, each once. A command whose answer was lost with the server's power is done again. */
  readonly settled$: Observable<SettledCommand>
}

/** The commands, and what does them while it is subscribed. */
export const commands = ({ env, limits, store, watch, client }: CommandFloor): Commands & { readonly run$: Observable<never> } => {
  const lines = emptyLines()
  const clocks = new Map<string, Subscription>()
  const added$ = new Subject<string>()
  const ended$ = new Subject<KeptCommand>()
  const settled$ = new Subject<SettledCommand>()
  let serial = 0
  const enter = (one: KeptCommand) => {
    if (!lines.enter(one)) return
    clocks.set(
      one.id,
      atWall(env, one.expires).subscribe(() => expire(one)),
    )
    added$.next(one.endpointClientName)
  }
  /** False when it had left before. */
  const leave = (one: KeptCommand): boolean => {
    if (!lines.leave(one)) return false
    clocks.get(one.id)?.unsubscribe()
    clocks.delete(one.id)
    ended$.next(one)
    return true
  }
  const clear = () => {
    for (const clock of clocks.values()) clock.unsubscribe()
    clocks.clear()
    lines.clear()
  }
  const drop = (one: KeptCommand): Observable<never> => (store?.drop(one) ?? EMPTY).pipe(ignoreElements())
  /** First it is kept no more, then it is told. */
  const settle = (one: KeptCommand, word: SettledCommand): Observable<never> =>
    concat(
      drop(one).pipe(catchError(() => EMPTY)),
      defer(() => {
        if (leave(one)) settled$.next(word)
        return EMPTY
      }),
    )
  /** Dropping it goes on when the server closes meanwhile. */
  const expire = (one: KeptCommand): void => {
    settle(one, { ...one, outcome: 'failed', error: expired(one.endpointClientName) }).subscribe()
  }
  /** The first of its line, until it is settled, expired or taken back. */
  const work = (one: KeptCommand): Observable<never> =>
    attempts({ env, watch, client }, one).pipe(
      concatMap((word) => settle(one, word)),
      takeUntil(ended$.pipe(filter(({ id }) => id === one.id))),
    )
  const run$ = new Observable<never>((observer) => {
    const error = (fault: unknown) => observer.error(fault)
    observer.add(clear)
    observer.add(inTurn(lines, added$, work).subscribe({ error }))
    observer.add(store?.load.subscribe({ next: (all) => all.forEach(enter), error }))
  })
  const submitted = (endpointClientName: string, command: Command, expiryMs: number): KeptCommand => {
    if (lines.count() >= limits.allCommandsMax || lines.of(endpointClientName).length >= limits.commandsMax)
      throw new Lwm2mError('refused', `${endpointClientName} has too many commands waiting`)
    const now = env.wall()
    return { id: commandId(now, serial++), endpointClientName, command, submitted: now, expires: now + expiryMs }
  }
  return {
    submit: (endpointClientName, command, { expiryMs = limits.expiryMs } = {}) =>
      defer(() => {
        const one = submitted(endpointClientName, command, expiryMs)
        const kept$ = store?.keep(one) ?? EMPTY
        return concat(kept$.pipe(ignoreElements()), of(one).pipe(tap(enter)))
      }),
    withdraw: (id) =>
      defer(() => {
        const one = lines.all().find((each) => each.id === id)
        if (one === undefined) return EMPTY
        leave(one)
        return drop(one)
      }),
    waiting: (endpointClientName) => (endpointClientName === undefined ? lines.all() : lines.of(endpointClientName)),
    settled$: settled$.asObservable(),
    run$: run$.pipe(share()),
  }
}

/** Once the wall clock is there: timers go no further than 2^31-1 ms, and the clock may be moved. */
const atWall = ({ wall, scheduler }: Surroundings, at: number): Observable<unknown> =>
  defer(() => timer(Math.min(Math.max(0, at - wall()), 2 ** 31 - 1), scheduler)).pipe(
    repeat(),
    filter(() => wall() >= at),
    take(1),
  )

/** The first of each line until its work is over, then the next; `added$` says whose line has one more. */
const inTurn = (lines: Lines, added$: Observable<string>, work: (one: KeptCommand) => Observable<never>): Observable<never> =>
  new Observable((observer) => {
    const error = (fault: unknown) => observer.error(fault)
    const busy = new Set<string>()
    const next = (name: string): void => {
      const [first] = lines.of(name)
      if (busy.has(name) || first === undefined) return
      busy.add(name)
      const complete = () => {
        busy.delete(name)
        next(name)
      }
      observer.add(work(first).subscribe({ error, complete }))
    }
    observer.add(added$.subscribe(next))
    for (const name of lines.names()) next(name)
  })
