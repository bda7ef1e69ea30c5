/** Commands that are kept until their client has done them, over sleep, silence and restarts of the server (LwM2M Transport 1.2.2 §6.5). */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  ignoreElements,
  last,
  map,
  Observable,
  of,
  share,
  Subject,
  take,
  takeUntil,
  tap,
  throwError,
  timer,
  type Subscription,
} from 'rxjs'
import type { Surroundings } from '../../core/environment.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { RegisteredClient } from '../client/client.ts'
import type { Registration } from '../registration.ts'
import type { Keeping } from '../store.ts'
import {
  byId,
  commandId,
  errorFrom,
  expired,
  isUnheard,
  performed,
  type Command,
  type CommandLimits,
  type KeptCommand,
  type SettledCommand,
} from './command.ts'

/** What commands stand on. */
export interface CommandFloor {
  readonly env: Surroundings
  readonly limits: CommandLimits
  readonly store?: Keeping<KeptCommand> | undefined
  /** The registration of an endpoint now, and after each change. */
  readonly watch: (endpointClientName: string) => Observable<Registration | undefined>
  readonly client: (endpointClientName: string, how: { readonly expiryMs: number }) => Omit<RegisteredClient, 'updateFirmware' | 'awake$'>
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
  const lines = new Map<string, readonly KeptCommand[]>()
  const clocks = new Map<string, Subscription>()
  const added$ = new Subject<string>()
  const ended$ = new Subject<KeptCommand>()
  const settled$ = new Subject<SettledCommand>()
  let serial = 0
  const enter = (one: KeptCommand) => {
    const line = lines.get(one.endpointClientName) ?? []
    if (line.some(({ id }) => id === one.id)) return
    lines.set(one.endpointClientName, [...line, one].sort(byId))
    wind(one)
    added$.next(one.endpointClientName)
  }
  /** False when it had left before. */
  const leave = (one: KeptCommand): boolean => {
    if (!clocks.has(one.id)) return false
    clocks.get(one.id)?.unsubscribe()
    clocks.delete(one.id)
    const rest = (lines.get(one.endpointClientName) ?? []).filter(({ id }) => id !== one.id)
    if (rest.length === 0) lines.delete(one.endpointClientName)
    else lines.set(one.endpointClientName, rest)
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
  /** Timers go no further than 2^31-1 ms, and the wall clock may be moved. */
  const wind = (one: KeptCommand): void => {
    const ring = () => {
      if (env.wall() < one.expires) wind(one)
      else settle(one, { ...one, outcome: 'failed', error: expired(one.endpointClientName) }).subscribe()
    }
    clocks.set(one.id, timer(Math.min(Math.max(0, one.expires - env.wall()), 2 ** 31 - 1), env.scheduler).subscribe(ring))
  }
  const attempt = (one: KeptCommand, unheardOf: () => Observable<SettledCommand>): Observable<SettledCommand> =>
    performed(client(one.endpointClientName, { expiryMs: Math.max(1, one.expires - env.wall()) }), one.command).pipe(
      last(),
      map((result): SettledCommand => ({ ...one, outcome: 'done', result })),
      catchError((error: unknown) =>
        isUnheard(error) ? unheardOf() : of<SettledCommand>({ ...one, outcome: 'failed', error: errorFrom(error) }),
      ),
    )
  /** The first of its line, until it is settled, expired or taken back. */
  const work = (one: KeptCommand): Observable<never> =>
    defer(() => {
      let now: Registration | undefined
      /** Again at once if the client showed itself meanwhile, else when it does. */
      const attempts = (): Observable<SettledCommand> => {
        const before = now
        return attempt(one, () => (now === undefined || now === before ? EMPTY : attempts()))
      }
      return watch(one.endpointClientName).pipe(
        tap((registration) => (now = registration)),
        // One attempt at a time.
        exhaustMap((registration) => (registration === undefined ? EMPTY : attempts())),
        take(1),
        concatMap((word) => settle(one, word)),
        takeUntil(ended$.pipe(filter(({ id }) => id === one.id))),
      )
    })
  const working$ = new Observable<never>((observer) => {
    const fail = (error: unknown) => observer.error(error)
    const busy = new Set<string>()
    const next = (name: string): void => {
      const [first] = lines.get(name) ?? []
      if (busy.has(name) || first === undefined) return
      busy.add(name)
      const over = () => {
        busy.delete(name)
        next(name)
      }
      observer.add(work(first).subscribe({ error: fail, complete: over }))
    }
    observer.add(clear)
    observer.add(added$.subscribe(next))
    for (const name of lines.keys()) next(name)
    observer.add(store?.load.subscribe({ next: (all) => all.forEach(enter), error: fail }))
  })
  const refusal = (name: string): Lwm2mError | undefined =>
    clocks.size >= limits.allCommandsMax || (lines.get(name)?.length ?? 0) >= limits.commandsMax
      ? new Lwm2mError('refused', `${name} has too many commands waiting`)
      : undefined
  return {
    submit: (endpointClientName, command, { expiryMs = limits.expiryMs } = {}) =>
      defer(() => {
        const refused = refusal(endpointClientName)
        if (refused !== undefined) return throwError(() => refused)
        const submitted = env.wall()
        const id = commandId(submitted, serial++)
        const one: KeptCommand = { id, endpointClientName, command, submitted, expires: submitted + expiryMs }
        const kept$ = store?.keep(one) ?? EMPTY
        return concat(
          kept$.pipe(ignoreElements()),
          defer(() => {
            enter(one)
            return of(one)
          }),
        )
      }),
    withdraw: (id) =>
      defer(() => {
        const one = [...lines.values()].flat().find((each) => each.id === id)
        if (one === undefined) return EMPTY
        leave(one)
        return drop(one)
      }),
    waiting: (endpointClientName) =>
      endpointClientName === undefined ? [...lines.values()].flat() : (lines.get(endpointClientName) ?? []),
    settled$: settled$.asObservable(),
    run$: working$.pipe(share()),
  }
}
