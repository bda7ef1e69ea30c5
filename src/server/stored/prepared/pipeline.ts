/** What a server has kept is read before it listens: nobody is answered by one that does not remember yet (LwM2M Core 1.2.2 §6.2). */
import { concat, defaultIfEmpty, defer, finalize, forkJoin, map, NEVER, of, shareReplay, take, type Observable } from 'rxjs'
import type { KeptCommand } from '../../commands/command.ts'
import type { KeptObservation } from '../../observations/kept.ts'
import type { Profile } from '../../profiles.ts'
import type { Keeping, KeptRegistration, KeptSession, ServerStore } from '../../store.ts'

/** A store of which everything is read at once. */
export interface Prepared {
  /** Emits when it is read, and stays open as long as what was read counts. */
  readonly ready$: Observable<unknown>
  /** The same store; it emits what was read then. */
  readonly store: ServerStore | undefined
}

/** All that was kept. */
interface Found {
  readonly registrations: readonly KeptRegistration[]
  readonly profiles: readonly Profile[]
  readonly observations: readonly KeptObservation[]
  readonly commands: readonly KeptCommand[]
  readonly sessions: readonly KeptSession[]
}

/** The store, read anew whenever a server opens. */
export const prepared = (store: ServerStore | undefined): Prepared => {
  if (store === undefined) return { ready$: concat(of(undefined), NEVER), store }
  const { profiles = nothing, observations = nothing, commands = nothing, sessions = nothing } = store
  const all: { readonly [Name in keyof Found]: Observable<Found[Name]> } = {
    registrations: first(store.load),
    profiles: first(profiles.load),
    observations: first(observations.load),
    commands: first(commands.load),
    sessions: first(sessions.load),
  }
  let found$: Observable<Found> | undefined
  const found = () => (found$ ??= defer(() => forkJoin(all)).pipe(shareReplay({ bufferSize: 1, refCount: false })))
  const read = <Name extends keyof Found>(name: Name): Observable<Found[Name]> => defer(found).pipe(map((one) => one[name]))
  const ready$ = concat(defer(found), NEVER).pipe(finalize(() => (found$ = undefined)))
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
