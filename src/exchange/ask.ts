/** The face that applications use: ask, and be asked, in cold Observables (RFC 7252 §5; CoAP Observe is an Observable, RFC 7641). */
import { finalize, Observable, share, Subject, Subscription, take } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import type { Random } from '../core/dice.ts'
import { Lwm2mError, type ErrorCode } from '../core/error.ts'
import type { Remote } from '../core/ports.ts'
import { isSuccess, responses } from '../message/code.ts'
import { noBytes, noOptions } from '../message/message.ts'
import { options, uint } from '../message/option.ts'
import type { Answered, Asked, Cancelled, ExchangeDown, ExchangeId, ExchangeUp, Failed, FailureReason, Request, Response } from './exchange.ts'

/** Subscribing sends, unsubscribing cancels. Without Observe one response, then completion; with Observe until unsubscribed. */
export type Ask = (request: Request) => Observable<Response>
/** Answers a peer's request. Without Observe the first value is taken; with Observe every value is notified. */
export type Handler = (request: Request) => Observable<Response>

/** One end of CoAP. */
export interface Endpoint {
  readonly ask: Ask
  /** Everything that comes up: subscribing keeps the duplex open, and peers are answered. */
  readonly up$: Observable<ExchangeUp>
  /** Words to the floors below: open, close. */
  readonly say: (word: ExchangeDown) => void
}

/** Stands on a duplex of exchanges; it is open while anything is subscribed. */
export const endpoint = (duplex: Duplex<ExchangeDown, ExchangeUp>, random: Random, handler: Handler): Endpoint => {
  const down$ = new Subject<ExchangeDown>()
  const asking = new Map<ExchangeId, (up: Answered | Failed) => void>()
  const serving = new Map<Remote, Map<ExchangeId, Subscription>>()

  const take1 = (up: ExchangeUp) => {
    switch (up.type) {
      case 'answered':
      case 'failed':
        return asking.get(up.exchange)?.(up)
      case 'asked':
        return serve(up)
      case 'cancelled':
        return stop(up)
    }
  }
  const serve = ({ exchange, request }: Asked) => {
    const { remote } = request
    const observed = uint(request.options, options.Observe) === 0
    const mine = serving.get(remote) ?? new Map<ExchangeId, Subscription>()
    let latest: Response | undefined
    const subscription = new Subscription()
    const say = (response: Response, last: boolean) => down$.next({ type: 'answer', exchange, request, response, last: last || !isSuccess(response.code) })
    subscription.add(
      (observed ? handler(request) : handler(request).pipe(take(1))).subscribe({
        next: (response) => {
          latest = response
          say(response, !observed)
        },
        error: (error: unknown) => say(failure(error), true),
        complete: () => {
          if (latest === undefined) say({ code: responses.NotFound, options: noOptions, payload: noBytes }, true)
        },
      }),
    )
    if (subscription.closed) return
    serving.set(remote, mine.set(exchange, subscription))
    subscription.add(() => {
      mine.delete(exchange)
      if (mine.size === 0) serving.delete(remote)
    })
  }
  const stop = ({ exchange, remote }: Cancelled) => serving.get(remote)?.get(exchange)?.unsubscribe()

  const up$ = new Observable<ExchangeUp>((observer) => {
    observer.add(
      duplex(down$).subscribe({
        next: (up) => {
          take1(up)
          observer.next(up)
        },
        error: (error: unknown) => observer.error(error),
        complete: () => observer.complete(),
      }),
    )
  }).pipe(
    finalize(() => {
      for (const mine of serving.values()) for (const subscription of [...mine.values()]) subscription.unsubscribe()
    }),
    share(),
  )

  const ask: Ask = (request) =>
    new Observable((observer) => {
      observer.add(up$.subscribe({ error: (error: unknown) => observer.error(error) }))
      const exchange = token(random)
      const { remote } = request
      asking.set(exchange, (up) => {
        if (up.type === 'failed') {
          asking.delete(exchange)
          return observer.error(new Lwm2mError(codes[up.reason], `request to ${remote} failed: ${up.reason}`))
        }
        if (up.last) asking.delete(exchange)
        observer.next(up.response)
        if (up.last) observer.complete()
      })
      observer.add(() => {
        if (asking.delete(exchange)) down$.next({ type: 'cancel', exchange, remote })
      })
      down$.next({ type: 'ask', exchange, request })
    })
  return { ask, up$, say: (word) => down$.next(word) }
}

const failure = (error: unknown): Response => ({
  code: error instanceof Lwm2mError && error.responseCode !== undefined ? (error.responseCode as Response['code']) : responses.InternalServerError,
  options: noOptions,
  payload: noBytes,
})
const codes: Readonly<Record<FailureReason, ErrorCode>> = {
  timeout: 'timeout',
  reset: 'reset',
  refused: 'refused',
  unreachable: 'unreachable',
  aborted: 'aborted',
  'bad-option': 'malformed',
  incomplete: 'incomplete',
  changed: 'changed',
  'too-large': 'too-large',
  sink: 'sink',
}

/** Eight random octets (RFC 7252 §5.3.1). Sixteen characters built from ready-made fours stay flat strings. */
const token = (random: Random): string => {
  const high = random.uint32()
  const low = random.uint32()
  return fours[high >>> 16]! + fours[high & 0xffff]! + fours[low >>> 16]! + fours[low & 0xffff]!
}
const fours: readonly string[] = Array.from({ length: 0x10000 }, (_, value) => value.toString(16).padStart(4, '0'))
