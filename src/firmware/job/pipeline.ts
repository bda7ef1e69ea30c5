/** The work of an update, one job after the other: download, verify, install, let go, remember (LwM2M Core §E.6). */
import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  map,
  merge,
  Observable,
  of,
  takeUntil,
  tap,
  timer,
  type OperatorFunction,
} from 'rxjs'
import type { Storage } from '../../core/ports.ts'
import type { Code } from '../../message/code.ts'
import type { ObjectWorld } from '../../operation/object.ts'
import { download } from '../download.ts'
import type { FirmwareImage } from '../image.ts'
import { afterwards, imageIn, thenGive } from '../image/pipeline.ts'
import { recall, remember } from '../memory.ts'
import type { FirmwareOptions } from '../options.ts'
import { pullResult, resultOf } from '../result.ts'
import { updateResults, type Update, type UpdateEffect, type UpdateEvent, type UpdateMachine } from '../update.ts'

/** Who waits for an answer, by request. */
export type Waiting = Map<number, (code: Code) => void>
/** The update around its jobs. */
export interface Desk {
  readonly waiting: Waiting
  readonly current: () => UpdateMachine
  /** Tells the servers. */
  readonly changed: (update: Update) => void
}
type Job = Exclude<UpdateEffect, { type: 'answer' | 'abandon' }>

/** Answers and changes go out at once; jobs follow each other, so that the store is let go of before it is used again. */
export const working =
  (world: ObjectWorld, options: FirmwareOptions, desk: Desk): OperatorFunction<UpdateEffect, UpdateEvent> =>
  (effect$) => {
    const abandoned$ = effect$.pipe(filter(({ type }) => type === 'abandon'))
    return merge(
      effect$.pipe(tap(told(desk)), ignoreElements()),
      effect$.pipe(
        filter((effect): effect is Job => effect.type !== 'answer' && effect.type !== 'abandon'),
        // In order. What was abandoned before its turn came does not begin.
        concatMap((job) =>
          isClerical(job) ? clerical(world, options, job) : current(world, options, desk, job).pipe(takeUntil(abandoned$)),
        ),
      ),
    )
  }

/** What was remembered before a restart; nothing, if nothing was. */
export const recalled = (storage: Pick<Storage, 'read'>): Observable<UpdateEvent> =>
  defer(() => storage.read(memoryName)).pipe(
    map(recall),
    filter((known) => known !== undefined),
    map((known): UpdateEvent => ({ type: 'restarted', known })),
    catchError(() => EMPTY),
  )
const memoryName = 'firmware-update'

const told =
  ({ waiting, changed }: Desk) =>
  (effect: UpdateEffect): void => {
    if (effect.type === 'answer') waiting.get(effect.request)?.(effect.code)
    else if (effect.type === 'publish') changed(effect.update)
  }

/** Jobs that are done whatever has happened since. */
type Clerical = Extract<Job, { type: 'reset' | 'publish' }>
const isClerical = (job: Job): job is Clerical => job.type === 'reset' || job.type === 'publish'
const clerical = ({ env }: ObjectWorld, { store, reset }: FirmwareOptions, job: Clerical): Observable<UpdateEvent> =>
  job.type === 'publish'
    ? troubled(
        defer(() => env.storage.write(memoryName, remember(job.update))),
        { type: 'trouble', attempt: job.update.attempt, about: 'memory' },
      )
    : troubled(afterwards(defer(() => store.sink.abandon()).pipe(catchError(() => EMPTY)), reset), {
        type: 'trouble',
        attempt: job.attempt,
        about: 'reset',
      })
const troubled = (work$: Observable<unknown>, trouble: UpdateEvent): Observable<UpdateEvent> =>
  outcome(
    work$,
    () => EMPTY,
    () => trouble,
  )

const current = (world: ObjectWorld, options: FirmwareOptions, desk: Desk, job: Exclude<Job, Clerical>): Observable<UpdateEvent> =>
  defer(() => (job.attempt === desk.current().update.attempt ? work(world, options, desk, job) : late(desk, job)))
const late = ({ waiting }: Desk, job: Job): Observable<never> => {
  if (job.type === 'admit') waiting.get(job.request)?.('4.05')
  return EMPTY
}

const work = ({ env, ask }: ObjectWorld, options: FirmwareOptions, desk: Desk, job: Exclude<Job, Clerical>): Observable<UpdateEvent> => {
  const { attempt } = job
  const image$ = imageIn(options.store, env.crypto)
  const failed = (error: unknown): UpdateEvent => ({
    type: 'installation-failed',
    attempt,
    result: resultOf(error, updateResults.updateFailed),
  })
  switch (job.type) {
    case 'admit':
      return admit(desk, job)
    case 'pull': {
      const limit = options.bytesMax === undefined ? {} : { bytesMax: options.bytesMax }
      return outcome(
        download(job.uri, { ...options.download, ...limit, sink: options.store.sink, ask, http: env.http, scheduler: env.scheduler }),
        () => of({ type: 'pulled', attempt }),
        (error) => ({ type: 'pull-failed', attempt, result: pullResult(error) }),
      )
    }
    case 'verify':
      return verify(image$, options, attempt)
    case 'install':
      return outcome(
        timer(options.installDelayMs ?? 500, env.scheduler).pipe(concatMap(() => image$.pipe(concatMap(options.install)))),
        () => of({ type: 'installed', attempt }),
        failed,
      )
    case 'confirm': {
      const { installed } = options
      return installed === undefined
        ? of(failed(undefined))
        : outcome(image$.pipe(concatMap(installed)), () => of({ type: 'installed', attempt }), failed)
    }
  }
}

/** Whoever wanted to push may have gone while the store was being emptied. */
const admit = ({ waiting }: Desk, { request, attempt }: UpdateEffect & { type: 'admit' }): Observable<UpdateEvent> => {
  const answer = waiting.get(request)
  if (answer === undefined) return of({ type: 'push-failed', attempt, result: updateResults.connectionLost })
  answer('2.04')
  return EMPTY
}

const verify = (image$: Observable<FirmwareImage>, options: FirmwareOptions, attempt: number): Observable<UpdateEvent> =>
  image$.pipe(
    concatMap((image) => thenGive(options.verify?.(image) ?? EMPTY, image)),
    map((image): UpdateEvent => ({ type: 'verified', attempt, name: said(options.name, image), version: said(options.version, image) })),
    catchError((error: unknown) =>
      of<UpdateEvent>({ type: 'verification-failed', attempt, result: resultOf(error, updateResults.integrityFailure) }),
    ),
  )
const said = (what: FirmwareOptions['name'], image: FirmwareImage): string =>
  (typeof what === 'function' ? what(image) : (what ?? '')).slice(0, 255)

/** How the work ended, as an event; its values do not matter. */
const outcome = (
  work$: Observable<unknown>,
  done: () => Observable<UpdateEvent>,
  failed: (error: unknown) => UpdateEvent,
): Observable<UpdateEvent> => afterwards(work$, done).pipe(catchError((error: unknown) => of(failed(error))))
