/** Queue mode at work: each command is an Observable with an outcome of its own, whenever it is sent (LwM2M Transport 1.2.2 §6.5). */
import { concatMap, distinctUntilChanged, finalize, merge, Observable, of, share, Subject, switchMap, type Subscription } from 'rxjs'
import type { Surroundings } from '../../core/environment.ts'
import { Lwm2mError, type ErrorCode } from '../../core/error.ts'
import type { Remote } from '../../core/ports.ts'
import { run } from '../../core/run.ts'
import type { Ask } from '../../exchange/ask.ts'
import type { Registration, RegistrationEvent } from '../registration.ts'
import { watched } from '../watched/pipeline.ts'
import { queues, type QueueEffect, type QueueEvent, type QueueLimits, type Ticket } from './queue.ts'

/** What queues stand on. */
export interface QueueFloor {
  readonly env: Surroundings
  readonly ask: Ask
  readonly limits: QueueLimits
  /** What becomes of registrations. */
  readonly registration$: Observable<RegistrationEvent>
  readonly find: (endpointClientName: string) => Registration | undefined
  /** Who is there. */
  readonly at: (remote: Remote) => Registration | undefined
}
/** The queues of one server. */
export interface Queue {
  /** Asks of one client: at once, or when it listens. `expiryMs`: how long it may wait. */
  readonly askOf: (endpointClientName: string, expiryMs?: number) => Ask
  /** Whether that client listens, now and after each change; one that is not in queue mode does while it is registered. */
  readonly awake: (endpointClientName: string, registration$: Observable<Registration | undefined>) => Observable<boolean>
  /** Something came from there. */
  readonly note: (remote: Remote) => void
  /** Emits nothing; the queues work while it is subscribed. */
  readonly run$: Observable<never>
}
interface Held {
  readonly start: () => void
  readonly fail: (reason: Extract<QueueEffect, { type: 'fail' }>['reason']) => void
}

/** The queues. */
export const queue = ({ env, ask, limits, registration$, find, at }: QueueFloor): Queue => {
  const word$ = new Subject<QueueEvent>()
  const held = new Map<Ticket, Held>()
  const awakes = awakeness()
  let tickets: Ticket = 0
  const perform = (effect: QueueEffect): readonly never[] => {
    if (effect.type === 'awake') awakes.set(effect.endpointClientName, effect.awake)
    else if (effect.type === 'release') held.get(effect.ticket)?.start()
    else held.get(effect.ticket)?.fail(effect.reason)
    return []
  }
  const run$ = merge(registration$.pipe(concatMap(wordsOf)), word$).pipe(
    run(queues(limits), env),
    // A turn's effects, in order.
    concatMap(({ effects }) => effects.flatMap(perform)),
    finalize(awakes.clear),
    share(),
  )
  const askOf =
    (endpointClientName: string, expiryMs?: number): Ask =>
    (request) =>
      new Observable((observer) => {
        if (find(endpointClientName)?.queueMode !== true) return ask(request).subscribe(observer)
        const ticket = tickets++
        let inner: Subscription | undefined
        let settled = false
        const settle = (heard: boolean) => {
          if (!settled) word$.next({ type: 'settled', endpointClientName, ticket, heard })
          settled = true
        }
        const start = () => {
          const now = find(endpointClientName)
          if (now === undefined) return observer.error(failure(endpointClientName, 'aborted'))
          inner = ask({ ...request, remote: now.remote }).subscribe({
            next: (response) => {
              observer.next(response)
              settle(true)
            },
            error: (error: unknown) => {
              settle(!isSilence(error))
              observer.error(error)
            },
            complete: () => {
              settle(true)
              observer.complete()
            },
          })
          if (observer.closed) inner.unsubscribe()
        }
        held.set(ticket, { start, fail: (reason) => observer.error(failure(endpointClientName, reason)) })
        observer.add(() => {
          held.delete(ticket)
          inner?.unsubscribe()
          if (!settled) word$.next({ type: 'withdrawn', endpointClientName, ticket })
        })
        word$.next({ type: 'asked', endpointClientName, ticket, ...(expiryMs === undefined ? {} : { expiryMs }) })
        return
      })
  return {
    askOf,
    run$,
    awake: (endpointClientName, current$) =>
      current$.pipe(
        // The latest registration is the one that counts.
        switchMap((now) => (now === undefined ? of(false) : now.queueMode ? awakes.watch(endpointClientName) : of(true))),
        distinctUntilChanged(),
      ),
    note: (remote) => {
      const there = at(remote)
      if (there?.queueMode === true) word$.next({ type: 'heard', endpointClientName: there.endpointClientName })
    },
  }
}

const wordsOf = ({ type, registration }: RegistrationEvent): readonly QueueEvent[] => {
  const { endpointClientName, queueMode } = registration
  if (type === 'replaced') return []
  if (type === 'restored') return [{ type: 'registered', endpointClientName, queueMode, silent: true }]
  return type === 'registered' || type === 'updated'
    ? [{ type: 'registered', endpointClientName, queueMode }]
    : [{ type: 'gone', endpointClientName }]
}

/** No word of the client, in whatever way. */
const isSilence = (error: unknown): boolean => error instanceof Lwm2mError && silent.has(error.code)
const silent: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['timeout', 'unreachable', 'aborted', 'refused'])

const failure = (endpointClientName: string, reason: 'expired' | 'refused' | 'aborted'): Lwm2mError =>
  new Lwm2mError(reason, `${endpointClientName} ${why[reason]}`)
const why = {
  expired: 'did not wake in time',
  refused: 'has too many commands waiting',
  aborted: 'is not registered any more',
} as const

/** Who listens. */
const awakeness = () => {
  const awake = new Map<string, boolean>()
  const { watch, changed } = watched((name) => awake.get(name) === true)
  return {
    watch,
    clear: () => awake.clear(),
    set: (name: string, now: boolean) => {
      awake.set(name, now)
      changed(name)
    },
  }
}
