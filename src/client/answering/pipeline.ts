/** The machine's questions, put to the application's functions: each has one answer, whatever happens (LwM2M Core §6.3). */
import {
  catchError,
  concat,
  defaultIfEmpty,
  defer,
  EMPTY,
  finalize,
  ignoreElements,
  map,
  mergeMap,
  Observable,
  of,
  Subject,
  Subscription,
  take,
  takeUntil,
  type MonoTypeOperatorFunction,
} from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import { responses, type Code } from '../../message/code.ts'
import { parsePath } from '../../model/path.ts'
import type { Application } from '../hosted/pipeline.ts'
import { valueAt } from '../proposal.ts'
import type { Abandon, ClientUp, Decided, Question } from '../word.ts'

/** What is asked of one application. */
export interface Answering {
  /** The work on it. */
  readonly subscription: Subscription
  /** Whether the word was a question, or took one back. */
  readonly take: (word: ClientUp | Question) => word is Question | Abandon
}

/** Puts the machine's questions to the application. */
export const answering = (application: Application, say: (word: Decided) => void): Answering => {
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
