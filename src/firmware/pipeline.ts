/** The Firmware Update object at work: pushed or pulled into one store, verified, installed, reported (LwM2M Core §E.6). */
import { concatMap, defer, EMPTY, filter, from, ignoreElements, map, merge, mergeMap, Observable, of, Subject, switchMap, take, tap, throwError, type OperatorFunction } from 'rxjs'
import type { ClientObject, ObjectWorld, Proposal } from '../operation/object.ts'
import { Lwm2mError } from '../core/error.ts'
import { run } from '../core/run.ts'
import type { Sink } from '../core/ports.ts'
import type { Change } from '../model/change.ts'
import { supporting } from '../model/definition.ts'
import type { Value } from '../model/value.ts'
import { firmwareUpdate } from '../objects/firmware-update.ts'
import { download, downloadSchemes } from './download.ts'
import { imageIn, type FirmwareImage, type FirmwareStore } from './image.ts'
import { mayPush, update, updateResults, type Update, type UpdateEffect, type UpdateEvent, type UpdateMachine, type UpdateResult } from './update.ts'

/** What an application says of its firmware. */
export interface FirmwareOptions {
  /** Where the package goes; see `storedIn`. */
  readonly store: FirmwareStore
  /** Asked before a download begins; an error refuses it: `Lwm2mError.cause` may be an Update Result, else 7. */
  readonly accept?: (uri: string) => Observable<unknown>
  /** Checks what was stored; an error refuses it: `Lwm2mError.cause` may be an Update Result, else 5 (integrity). */
  readonly verify?: (image: FirmwareImage) => Observable<unknown>
  /** Installs the package. Completes: success (result 1). An error: `Lwm2mError.cause` may be an Update Result, else 8. */
  readonly install: (image: FirmwareImage) => Observable<unknown>
  /** Lets go of what was stored: the update was reset, failed, or is done. */
  readonly reset: () => Observable<unknown>
  /** Resources 5/0/6 and 5/0/7, once downloaded. */
  readonly name?: string | ((image: FirmwareImage) => string)
  readonly version?: string | ((image: FirmwareImage) => string)
  /** How a package may come. Default: both ways. */
  readonly delivery?: 'pull' | 'push' | 'both'
}

/** Object 5. Only the server starts a download or an update; no call of the application does. */
export const firmware = (options: FirmwareOptions): ClientObject => {
  const { delivery = 'both', store } = options
  const event$ = new Subject<UpdateEvent>()
  const answer$ = new Subject<UpdateEffect & { type: 'answer' }>()
  let current: UpdateMachine = update().initial
  let requests = 0

  /** Hands the machine what a server asks and waits for the answer. */
  const asked = (event: (request: number) => UpdateEvent): Observable<never> =>
    defer(() => {
      const request = ++requests
      return new Observable<never>((observer) => {
        observer.add(answer$.pipe(filter((answer) => answer.request === request), take(1), mergeMap(({ code }) => answered(code))).subscribe(observer))
        event$.next(event(request))
      })
    })

  const wroteUri = (uri: string) => {
    const fault = uri === '' ? undefined : delivery === 'push' ? 'protocol' : faultOf(uri)
    const may$ = uri === '' || fault !== undefined || options.accept === undefined ? EMPTY : options.accept(uri).pipe(ignoreElements())
    return completes(may$, () => asked((request) => ({ type: 'wrote-uri', request, uri, fault })))
  }

  /** A package that came whole: nothing or one NUL resets, anything else is stored like one that came in blocks. */
  const wrotePackage = (bytes: Uint8Array) => {
    if (bytes.length === 0 || (bytes.length === 1 && bytes[0] === 0)) return asked((request) => ({ type: 'wrote-reset', request }))
    const sink = pushed()
    return completes(sink.open(0), () => completes(sink.write(bytes, 0), () => completes(sink.close(), ended)))
  }
  const ended = () => asked((request) => ({ type: 'push-ended', request }))

  /** The store behind the rule that only an idle update takes a push; a failed one is reported. */
  const pushed = (): Sink => ({
    open: (offset, about) =>
      defer(() => {
        if (delivery === 'pull' || !mayPush(current)) return throwError(() => refusal('4.05'))
        event$.next({ type: 'push-began' })
        return store.sink.open(offset, about).pipe(failing('push-failed'))
      }),
    write: (bytes, offset) => store.sink.write(bytes, offset).pipe(failing('push-failed')),
    close: () => store.sink.close().pipe(failing('push-failed')),
    abandon: () => {
      event$.next({ type: 'push-failed', result: updateResults.connectionLost })
      return store.sink.abandon()
    },
  })
  const failing = (type: 'push-failed'): OperatorFunction<unknown, unknown> =>
    tap({ error: (error: unknown) => event$.next({ type, result: resultOf(error, updateResults.notEnoughStorage) }) })

  const perform =
    (world: ObjectWorld): OperatorFunction<UpdateEffect, UpdateEvent> =>
    (effect$) => {
      const pulling$ = effect$.pipe(
        filter((effect) => effect.type === 'pull' || effect.type === 'abandon'),
        switchMap((effect) => (effect.type === 'pull' ? pull(world, effect) : EMPTY)), // the latest: a reset ends the download
      )
      const working$ = effect$.pipe(concatMap((effect) => work(world, effect))) // in order: a reset before the next verification
      return merge(pulling$, working$)
    }
  const pull = ({ env, ask }: ObjectWorld, { uri, attempt }: UpdateEffect & { type: 'pull' }): Observable<UpdateEvent> =>
    outcome(
      download(uri, { sink: store.sink, ask, http: env.http, scheduler: env.scheduler }),
      () => ({ type: 'pulled', attempt }),
      (error) => ({ type: 'pull-failed', attempt, result: pullResult(error) }),
    )
  const work = ({ env }: ObjectWorld, effect: UpdateEffect): Observable<UpdateEvent> => {
    const image$ = imageIn(store, env.crypto)
    switch (effect.type) {
      case 'verify':
        return verify(image$, effect.attempt)
      case 'install':
        return outcome(
          image$.pipe(concatMap(options.install)),
          () => ({ type: 'installed', attempt: effect.attempt }),
          (error) => ({ type: 'installation-failed', attempt: effect.attempt, result: resultOf(error, updateResults.updateFailed) }),
        )
      case 'reset':
        return merge(store.sink.abandon(), options.reset()).pipe(ignoreElements()) as Observable<never>
      case 'answer':
        answer$.next(effect)
        return EMPTY
      default:
        return EMPTY
    }
  }
  const verify = (image$: Observable<FirmwareImage>, attempt: number): Observable<UpdateEvent> =>
    outcome(
      image$.pipe(concatMap((image) => completes((options.verify?.(image) ?? EMPTY).pipe(ignoreElements()), () => of(image)))),
      (image) => ({ type: 'verified', attempt, name: said(options.name, image), version: said(options.version, image) }),
      (error) => ({ type: 'verification-failed', attempt, result: resultOf(error, updateResults.integrityFailure) }),
    )

  return {
    definition: supporting(firmwareUpdate, [6, 7, 8, 9]),
    instances: { 0: { ...values(update().initial.update), 8: delivery === 'push' ? {} : { 0: 0, 2: 2, 3: 3 }, 9: { pull: 0, push: 1, both: 2 }[delivery] } },
    run: (world) =>
      event$.pipe(
        run(update(), world.env, { perform: perform(world) }),
        tap(({ state }) => (current = state)),
        mergeMap(({ effects }) => from(effects)),
        filter((effect) => effect.type === 'publish'),
        map(({ update }) => changes(update)),
      ),
    accept: ({ change, streamed }: Proposal) => {
      const written = change.type === 'replace' || change.type === 'update' ? change : undefined
      if (streamed !== undefined) return ended()
      const value = written?.nodes[0]?.value
      switch (written?.nodes[0]?.path.resource) {
        case 0:
          return wrotePackage(value instanceof Uint8Array ? value : new Uint8Array(0))
        case 1:
          return wroteUri(String(value))
        default:
          return throwError(() => refusal('4.05'))
      }
    },
    execute: ({ resource }) => (resource === 2 ? asked((request) => ({ type: 'executed-update', request })) : throwError(() => refusal('4.05'))),
    sinkFor: ({ resource }) => (resource === 0 ? pushed() : undefined),
  }
}

/** What a server reads of an update. */
const values = ({ state, result, uri, name, version }: Update): Readonly<Record<number, Value>> => ({ 1: uri, 3: state, 5: result, 6: name, 7: version })
const changes = (update: Update): readonly Change[] => [
  { type: 'update', path: { object: 5, instance: 0 }, nodes: Object.entries(values(update)).map(([id, value]) => ({ path: { object: 5, instance: 0, resource: Number(id) }, value })) },
]

const faultOf = (uri: string): 'syntax' | 'protocol' | undefined => {
  const scheme = /^[a-z][a-z0-9+.-]*:(?=\/\/[^/])/i.exec(uri)?.[0].toLowerCase()
  if (scheme === undefined) return 'syntax'
  return downloadSchemes.includes(scheme) ? undefined : 'protocol'
}

/** Why a download failed, as an Update Result. */
const pullResult = (error: unknown): UpdateResult => {
  if (!(error instanceof Lwm2mError)) return updateResults.connectionLost
  switch (error.code) {
    case 'invalid':
      return updateResults.invalidUri
    case 'response':
      return /^4/.test(error.responseCode ?? '') ? updateResults.invalidUri : updateResults.connectionLost
    case 'unsupported':
      return updateResults.unsupportedProtocol
    case 'too-large':
    case 'sink':
      return updateResults.notEnoughStorage
    default:
      return updateResults.connectionLost
  }
}
const resultOf = (error: unknown, otherwise: UpdateResult): UpdateResult => {
  const cause = error instanceof Lwm2mError ? error.cause : undefined
  return typeof cause === 'number' && cause >= 2 && cause <= 9 ? (cause as UpdateResult) : otherwise
}

const answered = (code: string): Observable<never> => (code.startsWith('2') ? EMPTY : throwError(() => refusal(code)))
const refusal = (code: string) => new Lwm2mError('response', `not now: ${code}`, { responseCode: code })
const said = (what: FirmwareOptions['name'], image: FirmwareImage): string => (typeof what === 'function' ? what(image) : (what ?? ''))

/** The Observable's last value, or its error, as an event. */
const outcome = <Result>(work$: Observable<Result>, done: (last: Result) => UpdateEvent, failed: (error: unknown) => UpdateEvent): Observable<UpdateEvent> =>
  new Observable((observer) => {
    let last: Result
    const end = (event: UpdateEvent) => {
      observer.next(event)
      observer.complete()
    }
    observer.add(work$.subscribe({ next: (value) => (last = value), error: (error: unknown) => end(failed(error)), complete: () => end(done(last)) }))
  })

/** What comes after the first has completed; its values do not matter. */
const completes = <Result>(first$: Observable<unknown>, next: () => Observable<Result>): Observable<Result> =>
  new Observable((observer) => {
    observer.add(first$.subscribe({ error: (error: unknown) => observer.error(error), complete: () => observer.add(next().subscribe(observer)) }))
  })
