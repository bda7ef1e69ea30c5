/** The Firmware Update object at work: pushed or pulled into one store, verified, installed, reported (LwM2M Core §E.6). */
import { catchError, defer, EMPTY, merge, Observable, of, Subject, tap, throwError } from 'rxjs'
import { run } from '../core/run.ts'
import { contentFormats } from '../format/format.ts'
import { methods } from '../message/code.ts'
import type { Change } from '../model/change.ts'
import { supporting } from '../model/definition.ts'
import type { Path } from '../model/path.ts'
import type { Value } from '../model/value.ts'
import { firmwareUpdate } from '../objects/firmware-update.ts'
import type { ClientObject, ObjectWorld, Proposal } from '../operation/object.ts'
import { shapeOf } from '../operation/shape.ts'
import { afterwards } from './image/pipeline.ts'
import { recalled, working, type Waiting } from './job/pipeline.ts'
import type { FirmwareOptions } from './options.ts'
import { pushed, refusal } from './push/pipeline.ts'
import { resultOf } from './result.ts'
import { isIdle, update, updateResults, type Update, type UpdateEvent, type UpdateMachine, type UpdateResult } from './update.ts'
import { protocolSupport, refusedUri } from './uri.ts'

export type { FirmwareOptions } from './options.ts'

/** Object 5. Only the server starts a download or an update; no call of the application does. */
export const firmware = (options: FirmwareOptions): ClientObject => {
  const { delivery = 'both', store, bytesMax = Infinity } = options
  const machine = update()
  const event$ = new Subject<UpdateEvent>()
  const waiting: Waiting = new Map()
  let current: UpdateMachine = machine.initial
  let requests = 0

  /** Hands the machine what a server asks; completes if the answer is success. */
  const asked = (event: (request: number) => UpdateEvent): Observable<never> =>
    new Observable((observer) => {
      const request = ++requests
      observer.add(() => waiting.delete(request))
      waiting.set(request, (code) => (code.startsWith('2') ? observer.complete() : observer.error(refusal(code))))
      event$.next(event(request))
    })

  const wroteUri = (uri: string): Observable<unknown> => {
    if (uri !== '' && !isIdle(current)) return throwError(() => refusal('4.05'))
    return refused(uri, options).pipe(wroteAs((result) => asked((request) => ({ type: 'wrote-uri', request, uri, refused: result }))))
  }
  const push = () =>
    pushed({
      sink: store.sink,
      bytesMax,
      begin: () =>
        delivery === 'pull'
          ? throwError(() => refusal('4.05'))
          : afterwards(
              asked((request) => ({ type: 'push-began', request })),
              () => of(current.update.attempt),
            ),
      isCurrent: (attempt) => current.update.attempt === attempt && current.update.state === 1,
      end: (attempt) => asked((request) => ({ type: 'push-ended', request, attempt })),
      failed: (attempt, result) => event$.next({ type: 'push-failed', attempt, result }),
      reset: () => asked((request) => ({ type: 'wrote-reset', request })),
    })
  /** A package that was assembled, being part of a structured body. */
  const wrotePackage = (bytes: Uint8Array): Observable<unknown> =>
    defer(() => {
      const sink = push()
      const write$ = bytes.length === 0 ? EMPTY : sink.write(bytes, 0)
      const stored$ = afterwards(sink.open(0, { size: bytes.length }), () => afterwards(write$, () => sink.close()))
      return untilDone(stored$, () => sink.abandon())
    })

  return {
    definition: supporting(firmwareUpdate, [6, 7, 8, 9]),
    instances: {
      0: {
        ...values(machine.initial.update),
        8: delivery === 'push' ? {} : protocolSupport,
        9: { pull: 0, push: 1, both: 2 }[delivery],
      },
    },
    run: (world: ObjectWorld) =>
      new Observable<readonly Change[]>((observer) => {
        current = machine.initial
        const changed = (known: Update) => observer.next(changes(known))
        const perform = working(world, options, { waiting, current: () => current, changed })
        observer.add(
          merge(event$, recalled(world.env.storage))
            .pipe(run(machine, world.env, { perform }))
            .subscribe({ next: ({ state }) => (current = state), error: (error: unknown) => observer.error(error) }),
        )
      }),
    accept: ({ change, streamed }: Proposal) => {
      if (streamed !== undefined) return EMPTY // closing its sink was the whole of it
      if (change.type === 'create' || change.type === 'delete') return throwError(() => refusal('4.05'))
      const [node, ...others] = change.nodes
      if (node === undefined || others.length > 0) return throwError(() => refusal('4.00'))
      const { value } = node
      if (typeof value === 'string') return wroteUri(value)
      return value instanceof Uint8Array ? wrotePackage(value) : throwError(() => refusal('4.05'))
    },
    execute: ({ resource }) =>
      resource === 2 ? asked((request) => ({ type: 'executed-update', request })) : throwError(() => refusal('4.05')),
    sinkFor: (path, request) => (isPackage(path) && isPlainWrite(shapeOf(request)) ? push() : undefined),
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

const isPackage = ({ instance, resource, resourceInstance }: Path): boolean =>
  instance === 0 && resource === 0 && resourceInstance === undefined
/** The octets of the body are those of the package. */
const isPlainWrite = ({ method, query, contentFormat }: ReturnType<typeof shapeOf>): boolean =>
  method === methods.PUT && query.length === 0 && (contentFormat === undefined || contentFormat === contentFormats.opaque)

/** What a server reads of an update. */
const values = ({ state, result, uri, name, version }: Update): Readonly<Record<number, Value>> => ({
  1: uri,
  3: state,
  5: result,
  6: name,
  7: version,
})
const changes = (known: Update): readonly Change[] => [
  {
    type: 'update',
    path: { object: 5, instance: 0 },
    nodes: Object.entries(values(known)).map(([id, value]) => ({ path: { object: 5, instance: 0, resource: Number(id) }, value })),
  },
]
