/** What a server has kept is read before it listens: nobody is answered by one that does not remember yet (LwM2M Core 1.2.2 §6.2). */
import { concat, defaultIfEmpty, defer, forkJoin, map, NEVER, of, shareReplay, take, type Observable } from 'rxjs'
import type { Keeping, ServerStore } from '../../store.ts'

/** A store of which everything is read at once. */
export interface Prepared {
  /** Emits when it is read, and stays open as long as what was read counts. */
  readonly ready$: Observable<unknown>
  /** The same store; it emits what was read then. */
  readonly store: ServerStore | undefined
}

/** The store, read anew whenever a server opens. */
export const prepared = (store: ServerStore | undefined): Prepared => {
  if (store === undefined) return { ready$: concat(of(undefined), NEVER), store }
  const { profiles = nothing, observations = nothing, commands = nothing, sessions = nothing } = store
  const all = {
    registrations: first(store.load),
    profiles: first(profiles.load),
    observations: first(observations.load),
    commands: first(commands.load),
    sessions: first(sessions.load),
  }
  const ready$ = concat(
    defer(() => forkJoin(all)),
    NEVER,
  ).pipe(shareReplay({ bufferSize: 1, refCount: true }))
  const read = <Name extends keyof typeof all>(name: Name): Observable<(typeof all)[Name] extends Observable<infer Read> ? Read : never> =>
    ready$.pipe(
      take(1),
      map((found) => found[name] as never),
    )
  return {
    ready$,
    store: {
      ...{ keep: store.keep, drop: store.drop, load: read('registrations') },
      ...(store.profiles === undefined ? {} : { profiles: { ...store.profiles, load: read('profiles') } }),
      ...(store.observations === undefined ? {} : { observations: { ...store.observations, load: read('observations') } }),
      ...(store.commands === undefined ? {} : { commands: { ...store.commands, load: read('commands') } }),
      ...(store.sessions === undefined ? {} : { sessions: { ...store.sessions, load: read('sessions') } }),
    },
  }
}
const nothing: Pick<Keeping<never>, 'load'> = { load: of([]) }
const first = <Kept>(load$: Observable<readonly Kept[]>): Observable<readonly Kept[]> => load$.pipe(take(1), defaultIfEmpty([]))
