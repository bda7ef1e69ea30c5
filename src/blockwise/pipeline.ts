/** The block-wise floor as layers: bodies in blocks, and bodies that stream from Sources and to Sinks (RFC 7959). */
import {
  catchError,
  concat,
  concatMap,
  defaultIfEmpty,
  defer,
  EMPTY,
  endWith,
  ignoreElements,
  map,
  Observable,
  of,
  Subject,
  take,
  takeWhile,
  type OperatorFunction,
} from 'rxjs'
import { layer, type Layer } from '../core/duplex.ts'
import type { Surroundings } from '../core/environment.ts'
import { Lwm2mError } from '../core/error.ts'
import { single } from '../core/part.ts'
import type { Remote, Sink, Source } from '../core/ports.ts'
import type { LayerPart } from '../core/stack.ts'
import type { Answer, Ask, ExchangeDown, ExchangeId, ExchangeUp, Request } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import { noBytes } from '../message/message.ts'
import type { Abandoned, Offer, Refused, Supplied, Taken, TransferDown, TransferUp, Want } from './body.ts'
import type { TransfersOptions } from './transfer.ts'
import { transfers as transfersMachine } from './transfers.ts'

/** Bodies larger than a message, whole or streaming (RFC 7959). */
export const transfersPart = (
  p: Parameters,
  options: TransfersOptions = {},
): LayerPart<ExchangeUp, ExchangeDown, TransferDown, TransferUp> => single(transfersMachine(p, options))
export const transfers = (
  env: Surroundings,
  p: Parameters,
  options: TransfersOptions = {},
): Layer<ExchangeDown, ExchangeUp, TransferDown, TransferUp> => layer(transfersPart(p, options), env)

/** Where the streaming bodies of peers' requests go. */
export interface BodiesOptions {
  /** The sink of a body, by its first block's request; nothing is stored before it is opened. Without a sink the body is refused with 5.00. */
  readonly sinkFor?: ((request: Request) => Sink | undefined) | undefined
}

/** Stores what a sink is offered, one block at a time, in order; ends after the last block, or with the one word that refuses. */
export const store =
  (sink: Sink): OperatorFunction<Offer, Taken | Refused> =>
  (offer$) =>
    offer$.pipe(
      concatMap((offer, index) => storeOne(sink, offer, index === 0)), // in order: one call at a time
      takeWhile(({ type }) => type === 'taken', true),
    )

/** Reads the pieces that are wanted, one at a time, in order. */
export const supply = (source: Source): OperatorFunction<Want, Supplied | Refused> =>
  concatMap(({ exchange, remote, offset, count }) =>
    defer(() => source.read(offset, count)).pipe(
      take(1),
      map((bytes): Supplied | Refused => ({ type: 'supplied', exchange, remote, offset, bytes })),
      defaultIfEmpty<Supplied | Refused, Refused>({ type: 'refused', exchange, remote, reason: 'sink' }),
      catchError((error: unknown) => of<Refused>({ type: 'refused', exchange, remote, reason: reasonOf(error) })),
    ),
  )

/**
 * Performs the Sinks and Sources that requests and responses carry, and those of `sinkFor`. A body that ends early, by failure,
 * cancellation or unsubscription, abandons its sink. Nothing is buffered beyond the window of the floor below.
 */
export const bodies =
  ({ sinkFor }: BodiesOptions = {}): Layer<TransferDown, TransferUp, ExchangeDown, ExchangeUp> =>
  (below) =>
  (down$) =>
    new Observable((observer) => {
      const lower$ = new Subject<TransferDown>()
      const open = new Map<string, Body>()
      const drop = (exchange: ExchangeId, remote: Remote) => {
        const key = keyOf(exchange, remote)
        open.get(key)?.end()
        open.delete(key)
      }
      const down = (value: ExchangeDown) => {
        if (value.type === 'ask')
          return lower$.next(value.request.source === undefined && value.request.sink === undefined ? value : begin(value))
        if (value.type === 'answer' && value.response.source !== undefined) return lower$.next(answering(value))
        if (value.type === 'cancel' && open.size > 0) drop(value.exchange, value.remote)
        lower$.next(value)
      }
      const begin = (value: Ask): Ask => {
        const { exchange } = value
        const { source, sink, ...request } = value.request
        const key = keyOf(exchange, request.remote)
        drop(exchange, request.remote)
        open.set(key, body(lower$, source, sink))
        const asked: Request =
          source === undefined ? request : { ...request, payload: noBytes, body: { size: source.size, etag: source.etag } }
        return { type: 'ask', exchange, request: asked, stream: sink !== undefined }
      }
      const answering = (value: Answer): Answer => {
        const { source, ...response } = value.response
        drop(value.exchange, value.request.remote)
        const key = keyOf(value.exchange, value.request.remote)
        open.set(
          key,
          body(lower$, source, undefined, () => open.delete(key)),
        )
        return { ...value, response: { ...response, payload: noBytes, body: { size: source!.size, etag: source!.etag } } }
      }
      const up = (value: TransferUp) => {
        if (value.type === 'offer') return offered(value)
        if (value.type === 'want') return open.get(keyOf(value.exchange, value.remote))?.want(value)
        if (value.type === 'abandoned') return drop(value.exchange, value.remote)
        if (open.size > 0) ended(value, drop)
        observer.next(value)
      }
      const offered = (offer: Offer) => {
        const key = keyOf(offer.exchange, offer.request.remote)
        let known = open.get(key)
        if (known === undefined) {
          const sink = typeof offer.exchange === 'number' ? sinkFor?.(offer.request) : undefined
          if (sink === undefined)
            return lower$.next({ type: 'refused', exchange: offer.exchange, remote: offer.request.remote, reason: 'sink' })
          known = body(lower$, undefined, sink, () => open.delete(key))
          open.set(key, known)
        }
        known.offer(offer)
      }
      observer.add(() => {
        for (const one of open.values()) one.end()
        open.clear()
      })
      observer.add(
        below(lower$).subscribe({ next: up, error: (error: unknown) => observer.error(error), complete: () => observer.complete() }),
      )
      observer.add(down$.subscribe({ next: down, error: (error: unknown) => observer.error(error) }))
    })

/** One exchange with what streams in it. */
interface Body {
  readonly offer: (offer: Offer) => void
  readonly want: (want: Want) => void
  /** Nothing more comes: an unfinished sink is abandoned. */
  readonly end: () => void
}
const body = (lower$: Subject<TransferDown>, source: Source | undefined, sink: Sink | undefined, over?: () => void): Body => {
  const offer$ = new Subject<Offer>()
  const want$ = new Subject<Want>()
  let state: 'untouched' | 'open' | 'stored' = 'untouched'
  let lastAt = -1
  const tell = (word: Taken | Refused | Supplied) => {
    if (word.type === 'refused') end()
    else if (word.type === 'taken' && word.offset === lastAt) state = 'stored'
    if (word.type === 'refused' || state === 'stored') over?.()
    lower$.next(word)
  }
  const reading = source === undefined ? undefined : want$.pipe(supply(source)).subscribe(tell)
  const storing = sink === undefined ? undefined : offer$.pipe(store(sink)).subscribe(tell)
  const end = () => {
    reading?.unsubscribe()
    storing?.unsubscribe()
    if (state !== 'open') return
    state = 'stored'
    sink!.abandon().subscribe({ error: () => {} })
  }
  return {
    offer: (offer) => {
      if (state === 'untouched') state = 'open'
      if (offer.last) lastAt = offer.offset
      offer$.next(offer)
    },
    want: (want) => want$.next(want),
    end,
  }
}

const storeOne = (
  sink: Sink,
  { exchange, request: { remote }, offset, bytes, last }: Offer,
  first: boolean,
): Observable<Taken | Refused> => {
  const written =
    first || last
      ? concat(
          first ? defer(() => sink.open(offset)) : EMPTY,
          bytes.length > 0 ? defer(() => sink.write(bytes, offset)) : EMPTY,
          last ? defer(() => sink.close()) : EMPTY,
        )
      : defer(() => sink.write(bytes, offset))
  return written.pipe(
    ignoreElements(),
    endWith<Taken>({ type: 'taken', exchange, remote, offset }),
    catchError((error: unknown) => of<Refused>({ type: 'refused', exchange, remote, reason: reasonOf(error) })),
  )
}

const reasonOf = (error: unknown): Refused['reason'] =>
  error instanceof Lwm2mError && error.code === 'too-large'
    ? 'too-large'
    : error instanceof Lwm2mError && error.code === 'refused'
      ? 'busy'
      : 'sink'

/** Our own exchange is over, and with it what streamed in it. */
const ended = (value: Exclude<TransferUp, Offer | Want | Abandoned>, drop: (exchange: ExchangeId, remote: Remote) => void) => {
  if (value.type === 'failed') drop(value.exchange, value.remote)
  else if (value.type === 'answered' && value.last) drop(value.exchange, value.request.remote)
}

const keyOf = (exchange: ExchangeId, remote: Remote) => `${exchange}@${remote}`
