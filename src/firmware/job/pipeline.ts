/** The work of an update: what is remembered, who is asked, and one job after the other: download, verify, install, let go (LwM2M Core §E.6). */
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
import type { Environment } from '../../core/environment.ts'
import type { Storage } from '../../core/ports.ts'
import type { Code } from '../../message/code.ts'
import type { ObjectWorld } from '../../operation/object.ts'
import type { ExecuteArguments } from '../../operation/operation.ts'
import { approval } from '../approval/pipeline.ts'
import { download, memoryIn, type DownloadOptions } from '../download.ts'
import { afterwards, imageIn } from '../image/pipeline.ts'
import { installation, verification } from '../outcome/pipeline.ts'
import { recall, remember } from '../memory.ts'
import type { FirmwareOptions } from '../options.ts'
import { pullResult, whyOf } from '../result.ts'
import { updateResults, type Update, type UpdateEffect, type UpdateEvent, type UpdateMachine } from '../update.ts'

/** Who waits for an answer, by request. */
export type Waiting = Map<number, (code: Code) => void>
/** The update around its jobs. */
export interface Desk {
  readonly waiting: Waiting
  readonly current: () => UpdateMachine
  /** The arguments of the last Execute. */
  readonly given: () => ExecuteArguments
  /** Tells the servers. */
  readonly changed: (update: Update) => void
}
type Effect<Type extends UpdateEffect['type']> = Extract<UpdateEffect, { readonly type: Type }>
type Job = Effect<'admit' | 'pull' | 'verify' | 'install' | 'confirm' | 'reset' | 'tidy'>
const jobs: ReadonlySet<UpdateEffect['type']> = new Set(['admit', 'pull', 'verify', 'install', 'confirm', 'reset', 'tidy'])

/** Answers and changes go out at once; the storage, the asking and the jobs go side by side, each in order. */
export const working =
  (world: ObjectWorld, options: FirmwareOptions, desk: Desk): OperatorFunction<UpdateEffect, UpdateEvent> =>
  (effect$) => {
    const abandoned$ = effect$.pipe(filter(({ type }) => type === 'abandon'))
    return merge(
      effect$.pipe(tap(told(desk)), ignoreElements()),
      // In order: the last one is what is remembered.
      effect$.pipe(filter(isOf('remember')), concatMap(memorised(world.env.storage))),
      effect$.pipe(approval(options, () => ({ ...desk.current().update, arguments: desk.given() }))),
      effect$.pipe(
        filter((effect): effect is Job => jobs.has(effect.type)),
        // In order, so that the store is let go of before it is used again. What was abandoned before its turn came does not begin.
        concatMap((job) =>
          isClerical(job) ? clerical(world, options, job) : current(world, options, desk, job).pipe(takeUntil(abandoned$)),
        ),
      ),
    )
  }
const isOf =
  <Type extends UpdateEffect['type']>(type: Type) =>
  (effect: UpdateEffect): effect is Effect<Type> =>
    effect.type === type

/** What was remembered before a restart; one that cannot be read is none. */
export const recalled = (storage: Pick<Storage, 'read'>): Observable<UpdateEvent> =>
  defer(() => storage.read(memoryName)).pipe(
    map(recall),
    catchError(() => of(undefined)),
    map((known): UpdateEvent => ({ type: 'restarted', known })),
  )
const memorised =
  (storage: Pick<Storage, 'write'>) =>
  ({ revision, update }: Effect<'remember'>): Observable<UpdateEvent> =>
    outcome(
      defer(() => storage.write(memoryName, remember(update))),
      () => of({ type: 'remembered', revision }),
      () => ({ type: 'unremembered', revision }),
    )
const memoryName = 'firmware-update'

const told =
  ({ waiting, changed }: Desk) =>
  (effect: UpdateEffect): void => {
    if (effect.type === 'answer') waiting.get(effect.request)?.(effect.code)
    else if (effect.type === 'publish') changed(effect.update)
  }

/** Jobs that are done whatever has happened since. */
type Clerical = Extract<Job, { type: 'reset' | 'tidy' }>
const isClerical = (job: Job): job is Clerical => job.type === 'reset' || job.type === 'tidy'
const clerical = ({ env }: ObjectWorld, { store, reset }: FirmwareOptions, { type, attempt }: Clerical): Observable<UpdateEvent> => {
  const leaving = (work: () => Observable<unknown>) => defer(work).pipe(catchError(() => EMPTY))
  const forgotten$ = merge(
    leaving(() => store.sink.abandon()),
    leaving(() => env.storage.remove(placeName)),
  )
  const letGo$ = afterwards(forgotten$, reset)
  const isThere$ = store.source.pipe(filter((source) => source !== undefined))
  return outcome(
    type === 'reset' ? letGo$ : isThere$.pipe(concatMap(() => letGo$)),
    () => EMPTY,
    () => ({ type: 'trouble', attempt, about: 'reset' }),
  )
}

const current = (world: ObjectWorld, options: FirmwareOptions, desk: Desk, job: Exclude<Job, Clerical>): Observable<UpdateEvent> =>
  defer(() => (job.attempt === desk.current().update.attempt ? work(world, options, desk, job) : late(desk, job)))
const late = ({ waiting }: Desk, job: Job): Observable<never> => {
  if (job.type === 'admit') waiting.get(job.request)?.('4.05')
  return EMPTY
}

const work = ({ env, ask }: ObjectWorld, options: FirmwareOptions, desk: Desk, job: Exclude<Job, Clerical>): Observable<UpdateEvent> => {
  const { attempt } = job
  const image$ = imageIn(options.store, env.crypto)
  switch (job.type) {
    case 'admit':
      return admit(desk, job)
    case 'pull':
      return outcome(
        download(job.uri, downloading(env, ask, options, job.resumed)),
        () => of({ type: 'pulled', attempt }),
        (error) => ({ type: 'pull-failed', attempt, result: pullResult(error), why: whyOf(error) }),
      )
    case 'verify':
      return verification(image$, options, env, attempt)
    case 'install':
      return afterwards(timer(options.installDelayMs ?? 500, env.scheduler), () =>
        installation(
          image$,
          (image) => options.install(image!, { severity: desk.current().update.severity, arguments: desk.given() }),
          attempt,
          'required',
        ),
      )
    case 'confirm': {
      const { installed } = options
      if (installed !== undefined) return installation(image$, installed, attempt, 'optional')
      return of({ type: 'installation-failed', attempt, result: updateResults.updateFailed, why: 'nobody says whether it was installed' })
    }
  }
}

/** Into the store, and on from what an earlier life has stored, if it was this update that it did so for. */
const downloading = (env: Environment, ask: ObjectWorld['ask'], options: FirmwareOptions, resumed: boolean): DownloadOptions => {
  const { store, bytesMax, download: settings } = options
  const kept = memoryIn(env.storage, placeName)
  const memory = resumed ? kept : { ...kept, read: () => of(undefined) }
  // The environment last: its `http` is the port, that of the settings whether it may be used.
  return { ...(settings === false ? {} : settings), ...env, ...(bytesMax === undefined ? {} : { bytesMax }), ...store, ask, memory }
}
const placeName = 'firmware-download'

/** Whoever wanted to push may have gone while the store was being emptied. */
const admit = ({ waiting }: Desk, { request, attempt }: Effect<'admit'>): Observable<UpdateEvent> => {
  const answer = waiting.get(request)
  if (answer === undefined)
    return of({ type: 'push-failed', attempt, result: updateResults.connectionLost, why: 'the server that pushed has gone' })
  answer('2.04')
  return EMPTY
}

/** How the work ended, as an event; its values do not matter. */
const outcome = (
  work$: Observable<unknown>,
  done: () => Observable<UpdateEvent>,
  failed: (error: unknown) => UpdateEvent,
): Observable<UpdateEvent> => afterwards(work$, done).pipe(catchError((error: unknown) => of(failed(error))))
