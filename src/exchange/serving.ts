/** Peers' requests meet the handler; all who observe one resource share one subscription (RFC 7252 §5.2, RFC 7641 §4). */
import type { Observable, Observer, Unsubscribable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Remote } from '../core/ports.ts'
import { isSuccess, methods, responses, type Code } from '../message/code.ts'
import { noBytes, noOptions } from '../message/message.ts'
import { options } from '../message/option.ts'
import type { Answer, Asked, Cancelled, ExchangeId, Request, Response } from './exchange.ts'
import { observes } from './matching.ts'

/**
 * Answers a peer's request. Without Observe the first value is taken. With Observe every value is notified; one subscription per
 * resource and format serves all observers; completion keeps the last value. Completion without a value is 4.04; an error is 5.00, or
 * the `responseCode` of an `Lwm2mError`, and ends the observation.
 */
export type Handler = (request: Request) => Observable<Response>

/** The requests in hand. */
export interface Serving {
  readonly asked: (word: Asked) => void
  readonly cancelled: (word: Cancelled) => void
  readonly stop: () => void
}
/** A resource in one format, with those who observe it. */
interface Watched {
  readonly key: string
  readonly observers: Set<Asked>
  latest: Response | undefined
  source: Unsubscribable | undefined
  over: boolean
}
type Say = (word: Answer) => void
type Stops = Map<Remote, Map<ExchangeId, () => void>>

/** Runs the handler for each request; without one everything is 4.04, and 4.05 for PATCH and iPATCH. */
export const serving = (say: Say, handler: Handler | undefined): Serving => {
  const stops: Stops = new Map()
  const watched = new Map<string, Watched>()
  return {
    asked: (asked) => {
      if (handler === undefined) say(answerOf(asked, nobody(asked.request), true))
      else if (observes(asked.request)) watch(say, handler, stops, watched, asked)
      else once(say, handler, stops, asked)
    },
    cancelled: ({ remote, exchange }) => stops.get(remote)?.get(exchange)?.(),
    stop: () => {
      for (const some of [...stops.values()]) for (const stop of [...some.values()]) stop()
    },
  }
}

/** The first value is the answer. */
const once = (say: Say, handler: Handler, stops: Stops, asked: Asked): void => {
  const { exchange, request } = asked
  const hand = { waiting: true, source: undefined as Unsubscribable | undefined }
  const stop = () => {
    hand.waiting = false
    if (hand.source === undefined) return
    forget(stops, request.remote, exchange)
    hand.source.unsubscribe()
  }
  const answer = (response: Response) => {
    if (!hand.waiting) return
    stop()
    say(answerOf(asked, response, true))
  }
  const source = listen(handler, request, {
    next: answer,
    error: (error: unknown) => answer(failure(error)),
    complete: () => answer(bare(responses.NotFound)),
  })
  if (!hand.waiting) return source?.unsubscribe()
  hand.source = source
  keep(stops, asked, stop)
}

/** One more observer; the first one subscribes. */
const watch = (say: Say, handler: Handler, stops: Stops, watched: Map<string, Watched>, asked: Asked): void => {
  const key = keyOf(asked.request)
  const known = watched.get(key)
  const resource: Watched = known ?? { key, observers: new Set(), latest: undefined, source: undefined, over: false }
  resource.observers.add(asked)
  keep(stops, asked, () => leave(stops, watched, resource, asked))
  if (known === undefined) return begin(say, handler, stops, watched, resource, asked.request)
  if (resource.latest !== undefined) say(answerOf(asked, resource.latest, false))
}

const begin = (say: Say, handler: Handler, stops: Stops, watched: Map<string, Watched>, resource: Watched, request: Request): void => {
  watched.set(resource.key, resource)
  const end = (response: Response) => {
    const observers = [...resource.observers]
    for (const asked of observers) leave(stops, watched, resource, asked)
    for (const asked of observers) say(answerOf(asked, response, true))
  }
  const source = listen(handler, request, {
    next: (response) => {
      if (resource.over) return
      if (!isSuccess(response.code)) return end(response)
      resource.latest = response
      for (const asked of resource.observers) say(answerOf(asked, response, false))
    },
    error: (error: unknown) => end(failure(error)),
    complete: () => {
      if (resource.latest === undefined) end(bare(responses.NotFound))
    },
  })
  if (resource.over) source?.unsubscribe()
  else resource.source = source
}

/** The last one to go unsubscribes. */
const leave = (stops: Stops, watched: Map<string, Watched>, resource: Watched, asked: Asked): void => {
  forget(stops, asked.request.remote, asked.exchange)
  if (!resource.observers.delete(asked) || resource.observers.size > 0) return
  resource.over = true
  watched.delete(resource.key)
  resource.source?.unsubscribe()
}

/** A handler that throws fails like its Observable. */
const listen = (handler: Handler, request: Request, observer: Observer<Response>): Unsubscribable | undefined => {
  let answer$: Observable<Response>
  try {
    answer$ = handler(request)
  } catch (error) {
    observer.error(error)
    return undefined
  }
  return answer$.subscribe(observer)
}

const keep = (stops: Stops, { exchange, request: { remote } }: Asked, stop: () => void): void => {
  const some = stops.get(remote)
  if (some === undefined) stops.set(remote, new Map([[exchange, stop]]))
  else some.set(exchange, stop)
}
const forget = (stops: Stops, remote: Remote, exchange: ExchangeId): void => {
  const some = stops.get(remote)
  if (some?.delete(exchange) === true && some.size === 0) stops.delete(remote)
}

/** Resource and format: what must be equal for two observers to see the same (RFC 7252 §5.6, RFC 8132 §2). */
const keyOf = ({ code, options: all, payload }: Request): string => {
  let key: string = code
  for (const { number, value } of all) if (!passing.has(number)) key += ` ${number}:${value.join()}`
  return payload.length === 0 ? key : `${key} ${payload.join()}`
}
/** Options that do not change what is represented. */
const passing: ReadonlySet<number> = new Set([
  options.Observe,
  options.ETag,
  options.Block1,
  options.Block2,
  options.Size1,
  options.Size2,
  options.HopLimit,
  options.Echo,
  options.NoResponse,
  options.RequestTag,
])

const answerOf = ({ exchange, request }: Asked, response: Response, last: boolean): Answer => ({
  type: 'answer',
  exchange,
  request,
  response,
  last,
})
const bare = (code: Code): Response => ({ code, options: noOptions, payload: noBytes })
const nobody = ({ code }: Request): Response =>
  bare(code === methods.PATCH || code === methods.iPATCH ? responses.MethodNotAllowed : responses.NotFound)
const failure = (error: unknown): Response =>
  bare(error instanceof Lwm2mError && error.responseCode !== undefined ? (error.responseCode as Code) : responses.InternalServerError)
