/** Observations at registered clients over a restart of the server: what is notified meanwhile is taken (RFC 7641 §3.1, §4.5). */
import { Observable, share, type Subscriber, type Subscription } from 'rxjs'
import type { Random } from '../../core/dice.ts'
import type { Ask } from '../../exchange/ask.ts'
import type { Response } from '../../exchange/exchange.ts'
import { token } from '../../exchange/token.ts'
import type { Registration, RegistrationEvent } from '../registration.ts'
import type { Keeping } from '../store.ts'
import { isSame, keptOf, outlived, type KeptObservation } from './kept.ts'

/** What they stand on. */
export interface ObservationFloor {
  readonly random: Random
  readonly ask: Ask
  readonly store: Keeping<KeptObservation>
  /** What becomes of registrations: those of before the restart first. */
  readonly registration$: Observable<RegistrationEvent>
  readonly find: (endpointClientName: string) => Registration | undefined
}
/** The observations of one server. */
export interface Observations {
  /** Observes at that client under a token that outlives the server; `ask` is how it is asked. */
  readonly askOf: (endpointClientName: string, ask: Ask) => Ask
  /** Emits nothing; while it is subscribed, what was observed before the restart is heard until somebody observes the same. */
  readonly run$: Observable<never>
}
/** One of before the restart that nobody has asked for yet. */
interface Unclaimed {
  readonly kept: KeptObservation
  remote: string
  /** The newest notification. */
  latest: Response | undefined
  claimedBy: Subscriber<Response> | undefined
  hearing: Subscription | undefined
}

/** The observations. */
export const observations = ({ random, ask, store, registration$, find }: ObservationFloor): Observations => {
  const unclaimed = new Map<string, Unclaimed[]>()
  /** Nobody waits for it: what cannot be kept, or dropped, is observed anew after the next restart. */
  const settle = (work$: Observable<unknown>) => void work$.subscribe({ error: () => undefined })
  const hear = (one: Unclaimed, remote: string) => {
    one.remote = remote
    const before = one.hearing
    one.hearing = ask(outlived(one.kept, remote)).subscribe({
      next: (response) => {
        if (one.claimedBy === undefined) one.latest = response
        else one.claimedBy.next(response)
      },
      // The client lets go of it.
      error: () => forget(one),
      complete: () => forget(one),
    })
    before?.unsubscribe()
  }
  const take = (one: Unclaimed): boolean => {
    const { endpointClientName } = one.kept
    const all = unclaimed.get(endpointClientName) ?? []
    const others = all.filter((other) => other !== one)
    if (others.length === 0) unclaimed.delete(endpointClientName)
    else unclaimed.set(endpointClientName, others)
    return others.length < all.length
  }
  const forget = (one: Unclaimed) => {
    if (!take(one)) return
    one.hearing?.unsubscribe()
    settle(store.drop(one.kept))
  }
  /** Notifications come from where the client is, as long as it is the same registration. */
  const follow = ({ type, registration: { endpointClientName, location, remote } }: RegistrationEvent) => {
    const ended = type === 'deregistered' || type === 'expired'
    for (const one of unclaimed.get(endpointClientName) ?? [])
      if (ended || (type !== 'replaced' && one.kept.location !== location)) forget(one)
      else if (type !== 'replaced' && one.remote !== remote) hear(one, remote)
  }
  const begin = (all: readonly KeptObservation[]) => {
    for (const kept of all) {
      const registration = find(kept.endpointClientName)
      if (registration?.location !== kept.location) {
        settle(store.drop(kept))
        continue
      }
      const one: Unclaimed = { kept, remote: registration.remote, latest: undefined, claimedBy: undefined, hearing: undefined }
      unclaimed.set(kept.endpointClientName, [...(unclaimed.get(kept.endpointClientName) ?? []), one])
      hear(one, registration.remote)
    }
  }
  const stop = () => {
    const all = [...unclaimed.values()].flat()
    unclaimed.clear()
    for (const { hearing } of all) hearing?.unsubscribe()
  }
  const hearing$ = new Observable<never>((observer) => {
    const fail = (error: unknown) => observer.error(error)
    observer.add(stop)
    observer.add(registration$.subscribe({ next: follow, error: fail }))
    observer.add(store.load.subscribe({ next: begin, error: fail }))
  })
  return {
    run$: hearing$.pipe(share()),
    askOf: (endpointClientName, askHere) => (request) =>
      new Observable((observer) => {
        const registration = find(endpointClientName)
        if (registration === undefined) return askHere(request).subscribe(observer)
        const before = (unclaimed.get(endpointClientName) ?? []).find(
          ({ kept }) => kept.location === registration.location && isSame(kept, request),
        )
        if (before !== undefined) take(before)
        const kept = before?.kept ?? keptOf(registration, token(random), request)
        let isKept = before !== undefined
        if (before?.latest !== undefined) observer.next(before.latest)
        if (before !== undefined) before.claimedBy = observer
        const asking = askHere({ ...request, token: kept.token }).subscribe({
          next: (response) => {
            if (!isKept) settle(store.keep(kept))
            isKept = true
            observer.next(response)
          },
          error: (error: unknown) => observer.error(error),
          complete: () => observer.complete(),
        })
        return () => {
          asking.unsubscribe()
          before?.hearing?.unsubscribe()
          if (isKept) settle(store.drop(kept))
        }
      }),
  }
}
