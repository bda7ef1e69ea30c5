/** What a server orders of an update: put before the machine, and answered (LwM2M Core §E.6, Resources 5/0/0-5/0/2, 5/0/10-5/0/14). */
import { catchError, concatMap, defer, EMPTY, Observable, of, Subject, throwError } from 'rxjs'
import type { Sink } from '../../core/ports.ts'
import type { ExecuteArguments } from '../../operation/operation.ts'
import { afterwards } from '../image/pipeline.ts'
import type { Waiting } from '../job/pipeline.ts'
import type { FirmwareOptions } from '../options.ts'
import { pushed, refusal } from '../push/pipeline.ts'
import { resultOf, whyOf } from '../result.ts'
import { isIdle, updateResults, type FailureResult, type UpdateEvent, type UpdateMachine, type UpdateSettings } from '../update.ts'

/** Each order completes when it is done as ordered; its error has the code of the answer. */
export interface Orders {
  readonly event$: Observable<UpdateEvent>
  readonly waiting: Waiting
  readonly current: () => UpdateMachine
  readonly became: (machine: UpdateMachine) => void
  /** 5/0/2. */
  readonly execute: (given: ExecuteArguments) => Observable<unknown>
  /** Of the last Execute that was taken. */
  readonly given: () => ExecuteArguments
  /** 5/0/10. */
  readonly cancel: () => Observable<unknown>
  /** An empty one resets. */
  readonly writeUri: (uri: string) => Observable<unknown>
  readonly writeSettings: (settings: Partial<UpdateSettings>) => Observable<unknown>
  /** A package that was assembled, being part of a structured body. */
  readonly writePackage: (bytes: Uint8Array) => Observable<unknown>
  /** Takes a package as it comes. */
  readonly push: () => Sink
}
type RefusalOf = (uri: string) => FailureResult | undefined

/** The orders of one object; `refusalOf` says why nothing can be pulled from a URI now. */
export const orders = (initial: UpdateMachine, options: FirmwareOptions, refusalOf: RefusalOf): Orders => {
  const { delivery, store, bytesMax = Infinity } = options
  const event$ = new Subject<UpdateEvent>()
  const waiting: Waiting = new Map()
  let current = initial
  let requests = 0
  let given: ExecuteArguments = {}

  /** Hands the machine what a server asks; completes if the answer is success. */
  const asked = (event: (request: number) => UpdateEvent, taken: () => void = () => undefined): Observable<never> =>
    new Observable((observer) => {
      const request = ++requests
      observer.add(() => waiting.delete(request))
      waiting.set(request, (code) => {
        if (!code.startsWith('2')) return observer.error(refusal(code))
        taken()
        observer.complete()
      })
      event$.next(event(request))
    })
  /** Another update: what was said of the last one is over. */
  const anew = () => (given = {})
  const begin = () =>
    afterwards(
      asked((request) => ({ type: 'push-began', request }), anew),
      () => of(current.update.attempt),
    )
  const push = () =>
    pushed({
      sink: store.sink,
      bytesMax,
      begin: () => (delivery === 'pull' ? throwError(() => refusal('4.05')) : begin()),
      isCurrent: (attempt) => current.update.attempt === attempt && current.update.state === 1,
      end: (attempt) => asked((request) => ({ type: 'push-ended', request, attempt })),
      failed: (attempt, result, why) => event$.next({ type: 'push-failed', attempt, result, why }),
      reset: () => asked((request) => ({ type: 'wrote-reset', request })),
    })
  return {
    event$,
    waiting,
    current: () => current,
    became: (machine) => (current = machine),
    execute: (said) =>
      asked(
        (request) => ({ type: 'executed-update', request }),
        () => (given = said),
      ),
    given: () => given,
    cancel: () => asked((request) => ({ type: 'executed-cancel', request })),
    writeSettings: (settings) => asked((request) => ({ type: 'wrote-settings', request, settings })),
    writeUri: (uri) => {
      if (uri !== '' && !isIdle(current)) return throwError(() => refusal('4.05'))
      return refused(uri, options, refusalOf).pipe(
        concatMap((why) => asked((request) => ({ type: 'wrote-uri', request, uri, ...why }), anew)),
      )
    },
    writePackage: (bytes) =>
      defer(() => {
        const sink = push()
        const write$ = bytes.length === 0 ? EMPTY : sink.write(bytes, 0)
        const stored$ = afterwards(sink.open(0, { size: bytes.length }), () => afterwards(write$, () => sink.close()))
        return untilDone(stored$, () => sink.abandon())
      }),
    push,
  }
}

/** Whether a URI is refused, and why: by itself, or by the application. Emits once. */
const refused = (uri: string, { accept }: FirmwareOptions, refusalOf: RefusalOf): Observable<Refused> =>
  defer(() => {
    if (uri === '') return of(welcome)
    const result = refusalOf(uri)
    if (result !== undefined) return of({ refused: result, why: reasons[result] ?? '' })
    if (accept === undefined) return of(welcome)
    return afterwards(
      defer(() => accept(uri)),
      () => of(welcome),
    ).pipe(catchError((error: unknown) => of({ refused: resultOf(error, updateResults.invalidUri), why: whyOf(error) })))
  })
interface Refused {
  readonly refused: FailureResult | undefined
  readonly why?: string
}
const welcome: Refused = { refused: undefined }
const reasons: Readonly<Partial<Record<FailureResult, string>>> = {
  7: 'this is no URI that could be pulled from',
  9: 'nothing is pulled over this protocol here',
}

/** Left before it is done, it is abandoned; so it is when it fails. */
const untilDone = (work$: Observable<unknown>, abandon: () => Observable<unknown>): Observable<unknown> =>
  new Observable((observer) => {
    let done = false
    observer.add(() => done || abandon().subscribe())
    observer.add(
      work$.subscribe({
        error: (error: unknown) => observer.error(error),
        complete: () => {
          done = true
          observer.complete()
        },
      }),
    )
  })
