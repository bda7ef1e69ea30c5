/** What a server orders of an update: put before the machine, and answered (LwM2M Core §E.6, Resources 5/0/0-5/0/2). */
import { catchError, defer, EMPTY, Observable, of, Subject, tap, throwError } from 'rxjs'
import type { Sink } from '../../core/ports.ts'
import { afterwards } from '../image/pipeline.ts'
import type { Waiting } from '../job/pipeline.ts'
import type { FirmwareOptions } from '../options.ts'
import { pushed, refusal } from '../push/pipeline.ts'
import { resultOf } from '../result.ts'
import { isIdle, updateResults, type UpdateEvent, type UpdateMachine, type UpdateResult } from '../update.ts'
import { refusedUri } from '../uri.ts'

/** Each order completes when it is done as ordered; its error has the code of the answer. */
export interface Orders {
  readonly event$: Observable<UpdateEvent>
  readonly waiting: Waiting
  readonly current: () => UpdateMachine
  readonly became: (machine: UpdateMachine) => void
  readonly execute: () => Observable<unknown>
  /** An empty one resets. */
  readonly writeUri: (uri: string) => Observable<unknown>
  /** A package that was assembled, being part of a structured body. */
  readonly writePackage: (bytes: Uint8Array) => Observable<unknown>
  /** Takes a package as it comes. */
  readonly push: () => Sink
}

/** The orders of one object. */
export const orders = (initial: UpdateMachine, options: FirmwareOptions): Orders => {
  const { delivery, store, bytesMax = Infinity } = options
  const event$ = new Subject<UpdateEvent>()
  const waiting: Waiting = new Map()
  let current = initial
  let requests = 0

  /** Hands the machine what a server asks; completes if the answer is success. */
  const asked = (event: (request: number) => UpdateEvent): Observable<never> =>
    new Observable((observer) => {
      const request = ++requests
      observer.add(() => waiting.delete(request))
      waiting.set(request, (code) => (code.startsWith('2') ? observer.complete() : observer.error(refusal(code))))
      event$.next(event(request))
    })
  const begin = () =>
    afterwards(
      asked((request) => ({ type: 'push-began', request })),
      () => of(current.update.attempt),
    )
  const push = () =>
    pushed({
      sink: store.sink,
      bytesMax,
      begin: () => (delivery === 'pull' ? throwError(() => refusal('4.05')) : begin()),
      isCurrent: (attempt) => current.update.attempt === attempt && current.update.state === 1,
      end: (attempt) => asked((request) => ({ type: 'push-ended', request, attempt })),
      failed: (attempt, result) => event$.next({ type: 'push-failed', attempt, result }),
      reset: () => asked((request) => ({ type: 'wrote-reset', request })),
    })
  return {
    event$,
    waiting,
    current: () => current,
    became: (machine) => (current = machine),
    execute: () => asked((request) => ({ type: 'executed-update', request })),
    writeUri: (uri) => {
      if (uri !== '' && !isIdle(current)) return throwError(() => refusal('4.05'))
      return refused(uri, options).pipe(wroteAs((result) => asked((request) => ({ type: 'wrote-uri', request, uri, refused: result }))))
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
const refused = (uri: string, { delivery, accept }: FirmwareOptions): Observable<UpdateResult | undefined> =>
  defer(() => {
    if (uri === '') return of(undefined)
    const result = delivery === 'push' ? updateResults.unsupportedProtocol : refusedUri(uri)
    if (result !== undefined || accept === undefined) return of(result)
    return afterwards(
      defer(() => accept(uri)),
      () => of(undefined),
    ).pipe(catchError((error: unknown) => of(resultOf(error, updateResults.invalidUri))))
  })
const wroteAs =
  (write: (result: UpdateResult | undefined) => Observable<unknown>) =>
  (result$: Observable<UpdateResult | undefined>): Observable<unknown> => {
    let result: UpdateResult | undefined
    return afterwards(result$.pipe(tap((found) => (result = found))), () => write(result))
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
