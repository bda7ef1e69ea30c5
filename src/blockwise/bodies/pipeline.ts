/** Sinks and Sources at work: what streams between the block-wise floor and the application (RFC 7959; one block at a time, nothing kept). */
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
import type { Layer } from '../../core/duplex.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { Remote, Sink, Source } from '../../core/ports.ts'
import type { Answer, Ask, ExchangeDown, ExchangeId, ExchangeUp, Request } from '../../exchange/exchange.ts'
import type { Code } from '../../message/code.ts'
import { noBytes } from '../../message/message.ts'
import type { Abandoned, Offer, Refused, Supplied, Taken, TransferDown, TransferUp, Want } from '../body.ts'

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
  (options: BodiesOptions = {}): Layer<TransferDown, TransferUp, ExchangeDown, ExchangeUp> =>
  (below) =>
  (down$) =>
    new Observable((observer) => {
      const lower$ = new Subject<TransferDown>()
      const fail = (error: unknown) => observer.error(error)
      const performed = performing(
        options,
        (word) => lower$.next(word),
        (word) => observer.next(word),
      )
      observer.add(performed.end)
      observer.add(below(lower$).subscribe({ next: performed.up, error: fail, complete: () => observer.complete() }))
      observer.add(down$.subscribe({ next: performed.down, error: fail }))
    })

type Say = (word: TransferDown) => void
/** The exchanges in which something streams. */
interface Performing {
  readonly down: (word: ExchangeDown) => void
  readonly up: (word: TransferUp) => void
  readonly end: () => void
}
const performing = ({ sinkFor }: BodiesOptions, say: Say, deliver: (word: ExchangeUp) => void): Performing => {
  const open = new Map<string, Body>()
  const drop = (exchange: ExchangeId, remote: Remote) => {
    const key = keyOf(exchange, remote)
    open.get(key)?.end()
    open.delete(key)
  }
  const begin = (exchange: ExchangeId, remote: Remote, source: Source | undefined, sink: Sink | undefined): Body => {
    drop(exchange, remote)
    const key = keyOf(exchange, remote)
    const begun = body(say, source, sink, typeof exchange === 'number' ? () => open.delete(key) : undefined)
    open.set(key, begun)
    return begun
  }
  const offered = (offer: Offer) => {
    const { exchange, request } = offer
    const known = open.get(keyOf(exchange, request.remote))
    if (known !== undefined) return known.offer(offer)
    const sink = typeof exchange === 'number' ? sinkFor?.(request) : undefined
    if (sink === undefined) return say({ type: 'refused', exchange, remote: request.remote, reason: 'sink' })
    begin(exchange, request.remote, undefined, sink).offer(offer)
  }
  return {
    down: (word) => {
      if (word.type === 'ask' && (word.request.source !== undefined || word.request.sink !== undefined)) {
        begin(word.exchange, word.request.remote, word.request.source, word.request.sink)
        return say(askWithout(word))
      }
      if (word.type === 'answer' && word.response.source !== undefined) {
        begin(word.exchange, word.request.remote, word.response.source, undefined)
        return say(answerWithout(word))
      }
      if (word.type === 'cancel' && open.size > 0) drop(word.exchange, word.remote)
      say(word)
    },
    up: (word) => {
      if (word.type === 'offer') return offered(word)
      if (word.type === 'want') return open.get(keyOf(word.exchange, word.remote))?.want(word)
      if (word.type === 'abandoned') return drop(word.exchange, word.remote)
      if (open.size > 0) ended(word, drop)
      deliver(word)
    },
    end: () => {
      for (const one of open.values()) one.end()
      open.clear()
    },
  }
}

/** The ask as the machines below see it: that its bodies stream, not where from and to. */
const askWithout = ({ exchange, request: { source, sink, ...request } }: Ask): Ask => ({
  type: 'ask',
  exchange,
  request: source === undefined ? request : { ...request, payload: noBytes, body: { size: source.size, etag: source.etag } },
  stream: sink !== undefined,
})
const answerWithout = (word: Answer): Answer => {
  const { source, ...response } = word.response
  return { ...word, response: { ...response, payload: noBytes, body: { size: source?.size, etag: source?.etag } } }
}

/** One exchange with what streams in it. */
interface Body {
  readonly offer: (offer: Offer) => void
  readonly want: (want: Want) => void
  /** Nothing more comes: an unfinished sink is abandoned. */
  readonly end: () => void
}
const body = (say: Say, source: Source | undefined, sink: Sink | undefined, over?: () => void): Body => {
  const offer$ = new Subject<Offer>()
  const want$ = new Subject<Want>()
  let state: 'untouched' | 'open' | 'stored' = 'untouched'
  let lastAt = -1
  const tell = (word: Taken | Refused | Supplied) => {
    if (word.type === 'refused') end()
    else if (word.type === 'taken' && word.offset === lastAt) state = 'stored'
    if (word.type === 'refused' || state === 'stored') over?.()
    say(word)
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
  { exchange, request: { remote }, offset, bytes, last, body }: Offer,
  first: boolean,
): Observable<Taken | Refused> => {
  const written =
    first || last
      ? concat(
          first ? defer(() => sink.open(offset, body)) : EMPTY,
          bytes.length > 0 ? defer(() => sink.write(bytes, offset)) : EMPTY,
          last ? defer(() => sink.close()) : EMPTY,
        )
      : defer(() => sink.write(bytes, offset))
  return written.pipe(
    ignoreElements(),
    endWith<Taken>({ type: 'taken', exchange, remote, offset }),
    catchError((error: unknown) => of<Refused>({ type: 'refused', exchange, remote, reason: reasonOf(error), ...codeOf(error) })),
  )
}
const codeOf = (error: unknown): Pick<Refused, 'code'> =>
  error instanceof Lwm2mError && error.responseCode !== undefined ? { code: error.responseCode as Code } : {}

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
