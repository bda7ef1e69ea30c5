/** The client as a layer: its machine, and on it the application's functions and streams, keyed by path. */
import {
  BehaviorSubject,
  catchError,
  concat,
  defaultIfEmpty,
  defer,
  distinctUntilChanged,
  EMPTY,
  finalize,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type MonoTypeOperatorFunction,
  Observable,
  of,
  type SchedulerLike,
  startWith,
  Subject,
  Subscription,
  take,
  takeUntil,
  tap,
} from 'rxjs'
import { seeded } from '../core/dice.ts'
import { layer, type Layer } from '../core/duplex.ts'
import type { Environment, Surroundings } from '../core/environment.ts'
import { Lwm2mError } from '../core/error.ts'
import { silent } from '../core/journal.ts'
import { single } from '../core/part.ts'
import { run } from '../core/run.ts'
import type { LayerPart } from '../core/stack.ts'
import { nameOf, placeOf } from '../datagram/remote.ts'
import { responses, type Code } from '../message/code.ts'
import { ofValues } from '../model/comparison.ts'
import { notificationRule, type Conditions, type Measured } from '../model/notification-rule.ts'
import { parsePath } from '../model/path.ts'
import type { Value } from '../model/value.ts'
import type { OperationDown, OperationUp } from '../operation/word.ts'
import { downloads, type AccountOf } from './ask.ts'
import type { ClientObject, Keys } from '../operation/object.ts'
import { hosted, type Application } from './hosted/pipeline.ts'
import { noticesOf } from './notice.ts'
import type { Memory } from './persist/pipeline.ts'
import { valueAt } from './proposal.ts'
import type { Configuration } from './configuration.ts'
import { clientMachine } from './step.ts'
import type { Abandon, AccountNotice, ApplicationCommand, ClientDown, ClientUp, Decided, Notice, Question } from './word.ts'

/** The machine alone, as a part to be stacked. */
export const clientPart = (it: Configuration, memory?: Memory): LayerPart<OperationUp, OperationDown, ClientDown, ClientUp> =>
  memory === undefined
    ? single(clientMachine(it))
    : single(clientMachine(it, memory.from), { witness: (_stamp, _event, state) => memory.see(state) })
/** The machine alone, on operations. */
export const accounts = (env: Surroundings, it: Configuration, memory?: Memory): Layer<OperationDown, OperationUp, ClientDown, ClientUp> =>
  layer(clientPart(it, memory), env)

/** Performs what the machine asks of the application, and feeds it with the application's streams; commands and notices pass. */
export const hosting =
  (
    env: Environment,
    objects: readonly ClientObject[],
    accountOf?: AccountOf,
    keys?: Keys,
  ): Layer<ClientDown, ClientUp, ApplicationCommand, Notice> =>
  (below) =>
  (command$) =>
    new Observable((observer) => {
      const down$ = new Subject<ClientDown>()
      const say = (word: ClientDown) => down$.next(word)
      const tell = (notice: Notice) => observer.next(notice)
      const { ask, take: takeDownload } = downloads(say, env.random.fork('downloads'), accountOf)
      const application = hosted(objects, say, tell)
      const performing = perform(application, say)
      observer.add(performing.subscription)
      const up = (word: ClientUp) => {
        if (takeDownload(word) || performing.take(word)) return
        if (word.type === 'answered' || word.type === 'failed' || word.type === 'persist') return
        if (word.type === 'written') application.written(word.proposal)
        if (word.type === 'refused' && word.offered !== undefined) application.refused(word.offered)
        tell(word)
      }
      const fail = (error: unknown) => observer.error(error)
      observer.add(below(down$).subscribe({ next: up, error: fail, complete: () => observer.complete() }))
      observer.add(application.start({ env, ask, ...(keys === undefined ? {} : { keys }) }))
      observer.add(command$.subscribe({ next: application.obey, error: fail }))
    })

/** Puts the machine's questions to the application. */
const perform = (application: Application, say: (word: ClientDown) => void) => {
  const want$ = new Subject<Question>()
  const order$ = new Subject<Question>()
  const asked = questions()
  const work = (question: Question) => answer(application, question).pipe(asked.whileWanted(question.transaction))
  const subscription = new Subscription()
  // Reading runs side by side, so much at once; what was given up while it waited does not begin.
  subscription.add(want$.pipe(mergeMap(work, atOnce)).subscribe(say))
  // Writing and executing never wait for reading; the machine bounds how many there are.
  subscription.add(order$.pipe(mergeMap(work)).subscribe(say))
  return {
    subscription,
    take: (word: ClientUp | Question): word is Question | Abandon => {
      if (word.type === 'abandon') asked.abandon(word.transaction)
      else if (word.type === 'want' || word.type === 'consult' || word.type === 'invoke') {
        asked.begin(word.transaction)
        ;(word.type === 'want' ? want$ : order$).next(word)
      } else return false
      return true
    },
  }
}
const atOnce = 16

/** The client on operations: what an application sees is commands and notices. With a memory it goes on where it was. */
export const client =
  (
    env: Environment,
    it: Configuration,
    objects: readonly ClientObject[],
    memory?: Memory,
  ): Layer<OperationDown, OperationUp, ApplicationCommand, Notice> =>
  (below) => {
    const places = new Map<number, string>()
    const secured$ = new BehaviorSubject(false)
    const accountOf = accountAt(places)
    const keys: Keys = { areThere$: secured$.pipe(distinctUntilChanged()), areFor: (uri) => accountOf(uri) !== undefined }
    const machine = accounts(env, it, memory)(below)
    const noting = (word: ClientUp) => {
      if (note(places, word)) secured$.next([...places.values()].some((place) => place.startsWith('coaps:')))
    }
    const spoken = (down$: Observable<ClientDown>) => machine(down$).pipe(tap(noting))
    if (memory === undefined) return hosting(env, objects, accountOf, keys)(spoken)
    const known = memory.from === undefined ? [] : noticesOf(memory.from)
    return hosting(
      env,
      objects,
      accountOf,
      keys,
    )((down$) =>
      spoken(merge(down$, memory.persisted$)).pipe(
        startWith(...known),
        tap((word) => {
          if (known.includes(word as AccountNotice)) noting(word)
          else memory.hear(word)
        }),
      ),
    )
  }

/** Where each account's server is, as far as the machine has told: accounts come and go. Says whether one did. */
const note = (places: Map<number, string>, word: ClientUp): boolean => {
  if (word.type !== 'account') return false
  const place = remoteAt(word.uri)
  if (place === undefined || word.reason === 'removed') places.delete(word.account)
  else places.set(word.account, place)
  return true
}
/** The account of a server, by the place that a URI names. */
const accountAt =
  (places: ReadonlyMap<number, string>): AccountOf =>
  (uri) => {
    const place = remoteAt(uri)
    return place === undefined ? undefined : [...places].find(([, other]) => other === place)?.[0]
  }
const remoteAt = (uri: string): string | undefined => {
  const place = placeOf(uri)
  return place === undefined ? undefined : nameOf(place.scheme, place.host, place.port)
}

// ── the application's functions ──────────────────────────────────────────────────────────────────────────────────────────────

/** The application's answer: one word, whatever happens. */
const answer = (application: Application, question: Question): Observable<Decided> => {
  const { transaction, path } = question
  const decided = (code: Code): Decided => ({ type: 'decided', transaction, path, code })
  if (question.type === 'want') {
    const value$ = defer(() => application.resources.get(path)?.read?.() ?? EMPTY)
    // Without a value the answer is that there is none.
    return concat(
      value$.pipe(map((value): Decided => ({ ...decided(responses.Content), value }))),
      of(decided(responses.ServiceUnavailable)),
    ).pipe(
      take(1),
      catchError(() => of(decided(responses.ServiceUnavailable))),
    )
  }
  // At the very moment of completion: what follows from the work, such as a notification, comes after its answer.
  return defer(() => work(application, question)).pipe(
    ignoreElements(),
    defaultIfEmpty<never, Decided>(decided(responses.Changed)),
    catchError((error: unknown) => of(decided(codeOf(error)))),
  )
}
const work = ({ resources, objects }: Application, question: Exclude<Question, { type: 'want' }>): Observable<unknown> => {
  const { path } = question
  const object = objects.get(parsePath(path)!.object!)
  if (question.type === 'consult') {
    const { proposal } = question
    const value = valueAt(proposal, path)
    return resources.get(path)?.write !== undefined && value !== undefined
      ? resources.get(path)!.write!(value, proposal.account)
      : (object?.accept?.(proposal) ?? EMPTY)
  }
  const { target, account, arguments: given } = question
  return resources.get(path)?.execute?.(given, account) ?? object?.execute?.(parsePath(target)!, given, account) ?? EMPTY
}
const codeOf = (error: unknown): Code =>
  error instanceof Lwm2mError && error.responseCode !== undefined ? (error.responseCode as Code) : responses.InternalServerError

/** Which transactions still want their answers: an entry lives as long as one of their questions. */
interface Questions {
  readonly begin: (transaction: number) => void
  readonly abandon: (transaction: number) => void
  /** Ends the work when its transaction is abandoned; work that has not begun by then does not begin. */
  readonly whileWanted: (transaction: number) => MonoTypeOperatorFunction<Decided>
}
const questions = (): Questions => {
  const open = new Map<number, { left: number; abandoned: boolean; readonly abandoned$: Subject<void> }>()
  return {
    begin: (transaction) => {
      const entry = open.get(transaction) ?? { left: 0, abandoned: false, abandoned$: new Subject<void>() }
      entry.left++
      open.set(transaction, entry)
    },
    abandon: (transaction) => {
      const entry = open.get(transaction)
      if (entry === undefined) return
      entry.abandoned = true
      entry.abandoned$.next()
    },
    whileWanted: (transaction) => (work$) =>
      defer(() => {
        const entry = open.get(transaction)!
        return (entry.abandoned ? EMPTY : work$.pipe(takeUntil(entry.abandoned$))).pipe(
          finalize(() => {
            if (--entry.left === 0) open.delete(transaction)
          }),
        )
      }),
  }
}

// ── notifyWhen ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The LwM2M notification rule on any stream of values: pmin and pmax in seconds, gt, lt, st, edge (LwM2M Core §7.3.2). The first value passes at once;
 * after that a value passes when it meets the conditions and pmin has passed, and the newest one when pmax has.
 * Completes with its source, whatever waits for pmin.
 */
export const notifyWhen =
  <Kind extends Value>(conditions: Conditions, scheduler: SchedulerLike): MonoTypeOperatorFunction<Kind> =>
  (value$) => {
    const rule = notificationRule<Kind>(conditions, ofValues)
    return value$.pipe(
      map((value): Measured<Kind> => ({ type: 'measured', value })),
      run(rule, { scheduler, wall: () => 0, random: seeded(0), journal: silent }),
      mergeMap(({ effects }) => effects.map(({ value }) => value)),
    )
  }
