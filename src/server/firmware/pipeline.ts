/** A firmware update at work: the image is served or pushed, State and Result are watched, progress is a stream (LwM2M Core 1.2.2 §E.6). */
import {
  catchError,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  of,
  pipe,
  ReplaySubject,
  share,
  skip,
  Subject,
  switchMap,
  take,
  takeWhile,
  tap,
  throwError,
  zip,
  type Observable,
  type OperatorFunction,
} from 'rxjs'
import type { Surroundings } from '../../core/environment.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { Source } from '../../core/ports.ts'
import { run } from '../../core/run.ts'
import { contentFormats } from '../../format/format.ts'
import type { PathString } from '../../model/path.ts'
import type { FirmwareOptions, Reading } from '../client/client.ts'
import { performAt, type ClientFloor } from '../client/performing/pipeline.ts'
import type { Device } from '../client/pipeline.ts'
import type { Registration } from '../registration.ts'
import type { Image } from '../image/image.ts'
import { update } from './update.ts'
import { defaultTimes, type Progress, type UpdateEffect, type UpdateEvent } from './words.ts'

/** What an update stands on. */
export interface FirmwareFloor extends ClientFloor {
  readonly env: Surroundings
  /** Serves the image to whoever asks; emits the URI by which this client reaches it, and serves until unsubscribed. */
  readonly offer: (image: Image, protocol: 'coap' | 'http', to: Registration) => Observable<string>
}

/** Updates the firmware of a client. */
export const updateFirmware = (floor: FirmwareFloor, client: Device, image: Image, options: FirmwareOptions = {}): Observable<Progress> => {
  const {
    pollMs = defaultTimes.pollMs,
    stallMs = defaultTimes.stallMs,
    reportMs = defaultTimes.reportMs,
    deferMs = defaultTimes.deferMs,
  } = options
  return client.registration$.pipe(
    take(1),
    // There is only one.
    switchMap((registration) => {
      if (registration === undefined) throw new Lwm2mError('not-registered', `${client.endpointClientName} is not registered`)
      const { mode = 'pull', protocol = 'coap' } = options
      const whose = { endpointClientName: client.endpointClientName, remote: registration.remote, mode, protocol }
      const moved$ = new Subject<UpdateEvent>()
      const offer = offering(
        floor,
        client,
        counted(image, options, (bytes) => moved$.next({ type: 'moved', bytes })),
        options,
        registration,
      )
      const heard$ = merge(heard(client, '/5/0/3', 'state'), heard(client, '/5/0/5', 'result'), anew(client))
      return merge(of<UpdateEvent>({ type: 'begin' }), moved$, offer.open$, heard$).pipe(
        run(update(image.size, { pollMs, stallMs, reportMs, deferMs }, whose), floor.env, { perform: perform(client, offer.order$) }),
        // A turn's effects, in order.
        concatMap(({ effects }) => from(effects)),
        told,
      )
    }),
  )
}

/** Effects that are for whoever watches. */
const told: OperatorFunction<UpdateEffect, Progress> = pipe(
  tap((effect) => {
    if (effect.type === 'fail')
      throw new Lwm2mError(effect.code, effect.message, effect.result === undefined ? {} : { cause: effect.result })
  }),
  takeWhile(({ type }) => type !== 'succeed'),
  filter((effect) => effect.type === 'report'),
  map(({ progress }) => progress),
)

/** A Resource of the client, as it is notified; without notifications the machine asks. */
const heard = (client: Device, path: PathString, name: 'state' | 'result'): Observable<UpdateEvent> =>
  client.observe(path).pipe(
    concatMap((reading): Observable<UpdateEvent> => {
      const value = numberOf(reading)
      return value === undefined ? EMPTY : of({ type: 'heard', [name]: value })
    }),
    catchError((error: unknown) => (isAbsent(error) ? throwError(() => error) : of<UpdateEvent>({ type: 'unobserved' }))),
  )
const isAbsent = (error: unknown): boolean => error instanceof Lwm2mError && error.code === 'not-registered'

const anew = (client: Device): Observable<UpdateEvent> =>
  client.registration$.pipe(
    filter((registration) => registration !== undefined),
    distinctUntilChanged((a, b) => a.location === b.location),
    skip(1),
    map(() => ({ type: 'registered' })),
  )

/** What the machine asks of the client. */
const perform =
  (client: Device, offer$: Observable<unknown>): OperatorFunction<UpdateEffect, UpdateEvent> =>
  (effect$) => {
    const asked$ = effect$.pipe(filter(({ type }) => type !== 'report'))
    return merge(
      // An inquiry is dropped for whatever is ordered after it: its answer would be of before.
      asked$.pipe(switchMap(({ type }) => (type === 'inquire' ? inquire(client) : EMPTY))),
      // There is one order at a time, and none is dropped.
      asked$.pipe(concatMap((effect) => order(client, offer$, effect))),
    )
  }
const order = (client: Device, offer$: Observable<unknown>, { type }: UpdateEffect): Observable<UpdateEvent> => {
  switch (type) {
    case 'clear':
      return done(client.write('/5/0/1', ''), { type: 'cleared' })
    case 'offer':
      return done(offer$, { type: 'offered' })
    case 'execute':
      return done(client.execute('/5/0/2'), { type: 'executed' })
    default:
      return EMPTY
  }
}
const done = (order$: Observable<unknown>, event: UpdateEvent): Observable<UpdateEvent> =>
  order$.pipe(
    map(() => event),
    catchError((error: unknown) => of(failed('declined', error))),
  )

/** How the image gets there: `open$` serves it while subscribed, `order$` hands it over. */
const offering = (
  floor: FirmwareFloor,
  client: Device,
  image: Image,
  { mode = 'pull', protocol = 'coap' }: FirmwareOptions,
  registration: Registration,
) => {
  if (mode === 'push') {
    const write = {
      type: 'write',
      mode: 'replace',
      path: { object: 5, instance: 0, resource: 0 },
      nodes: [],
      format: contentFormats.opaque,
      source: image.source,
    } as const
    return { open$: EMPTY, order$: performAt(floor, registration, write) }
  }
  const uri$ = floor.offer(image, protocol, registration).pipe(share({ connector: () => new ReplaySubject<string>(1) }))
  return {
    open$: uri$.pipe(ignoreElements()),
    order$: uri$.pipe(
      take(1),
      concatMap((uri) => client.write('/5/0/1', uri)),
    ),
  }
}

/** The image, telling now and then how far it has got: what was served, or, when it is pushed, what was acknowledged before more was wanted. */
const counted = (image: Image, { mode = 'pull' }: FirmwareOptions, moved: (bytes: number) => void): Image => {
  const { source, size } = image
  let toldAt = 0
  const tell = (bytes: number) => {
    if (bytes < toldAt && bytes < size) return
    toldAt = bytes + Math.min(1 << 14, size >> 8)
    moved(bytes)
  }
  const read: Source['read'] = (offset, count) =>
    defer(() => {
      if (mode === 'push') tell(offset)
      const bytes$ = source.read(offset, count)
      return mode === 'push' ? bytes$ : bytes$.pipe(tap((bytes) => tell(offset + bytes.length)))
    })
  return { ...image, source: { size, etag: source.etag, read } }
}

const inquire = (client: Device): Observable<UpdateEvent> =>
  zip(client.read('/5/0/3'), client.read('/5/0/5')).pipe(
    map(([state, result]): UpdateEvent => {
      const heardState = numberOf(state)
      const heardResult = numberOf(result)
      if (heardState === undefined || heardResult === undefined) throw new Lwm2mError('malformed', 'State and Update Result are no numbers')
      return { type: 'heard', state: heardState, result: heardResult, asked: true }
    }),
    catchError((error: unknown) => of(failed('unheard', error))),
  )
/** What went wrong, for the machine; what is no `Lwm2mError` is a bug. */
const failed = <Type extends 'unheard' | 'declined'>(type: Type, error: unknown): { type: Type; code: string; message: string } => {
  if (error instanceof Lwm2mError) return { type, code: error.code, message: error.message }
  throw error
}
const numberOf = ({ value }: Reading): number | undefined => (typeof value === 'number' ? value : undefined)
