/** A client's memory over restarts: loads what was stored before the client begins, stores what it is while it lives. */
import { defer, EMPTY, from, merge, Observable, Subject, Subscription, switchMap, tap } from 'rxjs'
import type { Duplex } from '../../core/duplex.ts'
import type { Environment } from '../../core/environment.ts'
import type { DtlsOptions } from '../../datagram/dtls/options.ts'
import type { ClientState } from '../state.ts'
import type { Configuration } from '../configuration.ts'
import type { ClientUp, StoreNotice } from '../word.ts'
import { load, placesOf, told, type Loaded, type Places } from './load/pipeline.ts'
import type { PersistOptions } from './options.ts'
import type { Persisted } from './promise.ts'
import { writer } from './save/pipeline.ts'

/** What goes along with one run of a client. */
export interface Memory {
  /** Where the client goes on. */
  readonly from: ClientState | undefined
  /** Sees the state after each step. */
  readonly see: (state: ClientState) => void
  /** Hears what the client says. */
  readonly hear: (word: ClientUp) => void
  readonly persisted$: Observable<Persisted>
  readonly notice$: Observable<StoreNotice>
  /** Completes when what is under way is stored. */
  readonly flush: Observable<never>
  /** For the links: where they go on, and when they are asked what they are. */
  readonly sessions: Pick<DtlsOptions, 'from' | 'save$' | 'saved'>
}

/** Loads, then runs the street that is made with what was there; commands wait until then. */
export const remembering =
  <Command, Up>(
    env: Environment,
    it: Configuration,
    options: PersistOptions,
    street: (memory: Memory) => Duplex<Command, Up>,
  ): Duplex<Command, Up | StoreNotice> =>
  (command$) =>
    new Observable((observer) => {
      const early: Command[] = []
      const now$ = new Subject<Command>()
      let begun = false
      const take = (command: Command) => (begun ? now$.next(command) : early.length < earlyMax && early.push(command))
      const places = placesOf(env, options)
      const all = load(env, it, places).pipe(
        switchMap((loaded) => {
          const life = new Subscription()
          observer.add(life)
          const memory = memoryOf(env, it, places, loaded, life)
          const opened$ = defer(() => {
            begun = true
            for (const command of early.splice(0)) now$.next(command)
            return EMPTY
          })
          return merge(
            from(loaded.notices),
            memory.notice$,
            street(memory)(now$).pipe(tap({ complete: () => life.unsubscribe() })),
            opened$,
          )
        }),
      )
      observer.add(all.subscribe(observer))
      observer.add(command$.subscribe({ next: take, error: (error: unknown) => observer.error(error) }))
    })
const earlyMax = 1_024

const memoryOf = (env: Environment, it: Configuration, places: Places, loaded: Loaded, life: Subscription): Memory => {
  const persisted$ = new Subject<Persisted>()
  const notice$ = new Subject<StoreNotice>()
  const save$ = new Subject<void>()
  const { scheduler } = env
  const store = writer(env, it, places, loaded)
  let state: ClientState | undefined = loaded.from
  let [wanted, writing, dirty, parting, frozen, troubled] = [0, false, false, false, false, false]
  let savedAt = -Infinity
  let alarm: Subscription | undefined
  let alarmAt = Infinity
  const idle$ = new Subject<void>()

  const save = () => {
    if (writing || frozen || state === undefined || life.closed) return
    alarm?.unsubscribe()
    alarmAt = Infinity
    ;[writing, dirty, savedAt] = [true, false, scheduler.now()]
    const number = wanted
    save$.next()
    store.write(state).subscribe({
      error: (error: unknown) => done({ type: 'persisted', number, failed: true }, error),
      complete: () => done({ type: 'persisted', number }),
    })
  }
  const done = (word: Persisted, error?: unknown) => {
    writing = false
    if (troubled !== (word.failed === true)) {
      troubled = word.failed === true
      notice$.next(told(troubled ? 'not-stored' : 'stored', error instanceof Error ? error.message : ''))
    }
    if (word.failed === true) dirty = true
    persisted$.next(word)
    if (wanted > word.number) return save()
    idle$.next()
    if (dirty) at(savedAt + places.everyMs)
    arm()
  }
  /** Stores then, if not before. */
  const at = (instant: number) => {
    if (instant >= alarmAt) return
    alarmAt = instant
    arm()
  }
  const arm = () => {
    alarm?.unsubscribe()
    if (frozen || writing || alarmAt === Infinity || life.closed) return
    alarm = scheduler.schedule(save, Math.max(0, Math.ceil(alarmAt - scheduler.now())))
  }
  life.add(() => {
    alarm?.unsubscribe()
    notice$.complete()
  })

  return {
    from: loaded.from,
    see: (next) => {
      if (state === next) return
      state = next
      // Who stops without De-register means to go on: what is stored stays.
      const phases = [...next.accounts.in('')].map(({ row }) => row.phase)
      if (!parting && phases.length > 0 && phases.every((phase) => phase === 'stopped')) frozen = true
      parting ||= phases.includes('deregistering')
      if (frozen) return
      dirty = true
      if (savedAt === -Infinity) at(scheduler.now() + soonMs)
      else at(Math.max(scheduler.now() + soonMs, savedAt + places.everyMs))
    },
    hear: (word) => {
      if (word.type === 'persist') {
        wanted = word.number
        if (frozen) persisted$.next({ type: 'persisted', number: word.number, failed: true })
        else save()
      } else if (word.type === 'account') at(Math.max(scheduler.now(), savedAt + soonMs))
    },
    persisted$,
    notice$,
    flush: defer(() => {
      if (dirty && !frozen && !writing) save()
      return writing ? idle$.pipe(takeOne) : EMPTY
    }),
    sessions: places.sessions ? { ...(loaded.sessions === undefined ? {} : { from: loaded.sessions }), save$, saved: store.sessions } : {},
  }
}
/** What changed what an application sees of an account is stored so soon after the last time. */
const soonMs = 100
const takeOne = (source$: Observable<unknown>): Observable<never> =>
  new Observable((observer) => source$.subscribe({ next: () => observer.complete(), complete: () => observer.complete() }))
