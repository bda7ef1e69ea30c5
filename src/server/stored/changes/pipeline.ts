/** What is said of registrations is kept first: a Register is answered when it will survive a restart (LwM2M Core 1.2.2 §6.2). */
import { catchError, defaultIfEmpty, endWith, forkJoin, ignoreElements, merge, of, take, type Observable } from 'rxjs'
import { responses } from '../../../message/code.ts'
import type { Outcome } from '../../../operation/operation.ts'
import type { Profile } from '../../profiles.ts'
import type { Learnt, RegistrationEffect } from '../../registrations.ts'
import type { Keeping, KeptRegistration, ServerStore } from '../../store.ts'

/** What was there before the restart. */
export interface Loaded {
  readonly kept: readonly KeptRegistration[]
  readonly learnt: readonly Profile[]
}

/** The same effects, when what they say is kept; success that cannot be kept is none. */
export const durable = (
  store: ServerStore | undefined,
  effects: readonly RegistrationEffect[],
): Observable<readonly RegistrationEffect[]> => {
  const changes = store === undefined ? [] : effects.flatMap((effect) => keeping(store, effect))
  if (changes.length === 0) return of(effects)
  return merge(...changes).pipe(
    ignoreElements(),
    endWith(effects),
    catchError(() => of(effects.map((effect) => (effect.type === 'reply' ? { ...effect, outcome: notKept } : effect)))),
  )
}
const keeping = (store: ServerStore, effect: RegistrationEffect): readonly Observable<unknown>[] => {
  switch (effect.type) {
    case 'registered':
    case 'updated':
      return [store.keep(effect.registration)]
    case 'deregistered':
    case 'expired':
      return [store.drop(effect.registration.endpointClientName)]
    case 'learnt':
      return store.profiles === undefined ? [] : remembered(store.profiles, effect)
    default:
      return []
  }
}
const remembered = ({ keep, drop }: Keeping<Profile>, { profile, forgotten }: Learnt): readonly Observable<unknown>[] => [
  ...forgotten.map((id) => drop({ id, objects: [] })),
  keep(profile),
]
/** What was there before the restart; without a store nothing. */
export const loaded = (store: ServerStore | undefined): Observable<Loaded> =>
  store === undefined
    ? of({ kept: [], learnt: [] })
    : forkJoin({
        kept: store.load.pipe(take(1), defaultIfEmpty([])),
        learnt: (store.profiles?.load ?? of([])).pipe(take(1), defaultIfEmpty([])),
      })
const notKept: Outcome = { code: responses.ServiceUnavailable, diagnostic: 'registrations cannot be kept now' }
