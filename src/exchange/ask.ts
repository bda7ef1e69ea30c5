/** The face that applications use: ask, and be asked, in cold Observables (RFC 7252 §5; CoAP Observe is an Observable, RFC 7641). */
import { Observable, Subject, type Subscriber, type Subscription } from 'rxjs'
import type { Random } from '../core/dice.ts'
import type { Duplex } from '../core/duplex.ts'
import { Lwm2mError } from '../core/error.ts'
import type { Remote } from '../core/ports.ts'
import { empty, isSuccess } from '../message/code.ts'
import { noBytes, noOptions } from '../message/message.ts'
import type { Answered, ExchangeDown, ExchangeId, ExchangeUp, Failed, Request, Response } from './exchange.ts'
import { observes } from './matching.ts'
import { failureError, responseError } from './response-error.ts'
import { serving, type Handler } from './serving.ts'
import { token } from './token.ts'

/**
 * Subscribing sends, unsubscribing cancels. Without Observe: one response, whatever its code, then completion. With Observe: every
 * representation until unsubscribed; one, if the peer declines to be observed; an error response is an error. A request that wants no
 * response (RFC 7967) completes without one. Fails with an `Lwm2mError`.
 */
export type Ask = (request: Request) => Observable<Response>
export type { Handler } from './serving.ts'

/** One end of CoAP. */
export interface Endpoint {
  readonly ask: Ask
  /** Asks whether the peer is there: emits its name once when it says so (RFC 7252 §4.3). */
  readonly ping: (remote: Remote) => Observable<Remote>
  /** Everything that comes up: subscribing keeps the duplex open, and peers are answered. */
  readonly up$: Observable<ExchangeUp>
  /** Words to the floors below: open, close. Unheard while nothing is subscribed. */
  readonly say: (word: ExchangeDown) => void
}

/** Stands on a duplex of exchanges; it is open while anything is subscribed. Without a handler everything is 4.04. */
export const endpoint = (duplex: Duplex<ExchangeDown, ExchangeUp>, random: Random, handler?: Handler): Endpoint => {
  const asking = new Map<ExchangeId, Subscriber<Response>>()
  const listening = new Set<Subscriber<ExchangeUp>>()
  const street = opened(duplex, {
    begin: (say) => serving(say, handler),
    received: (word, server) => {
      if (word.type === 'answered' || word.type === 'failed') settle(asking, word)
      else if (word.type === 'asked') server.asked(word)
      else if (word.type === 'cancelled') server.cancelled(word)
      if (listening.size > 0) for (const listener of listening) listener.next(word)
    },
    ended: (error) => {
      const askers = [...asking.values()]
      const listeners = [...listening]
      asking.clear()
      listening.clear()
      for (const asker of askers) asker.error(error ?? new Lwm2mError('aborted', 'the endpoint has ended'))
      for (const listener of listeners)
        if (error === undefined) listener.complete()
        else listener.error(error)
    },
  })
  const ask: Ask = (request) =>
    new Observable((asker) => {
      const exchange = request.token ?? token(random)
      asking.set(exchange, asker)
      const use = street.enter()
      use.say({ type: 'ask', exchange, request })
      return () => {
        // Not if it was asked anew under the same token meanwhile.
        if (asking.get(exchange) === asker && asking.delete(exchange)) use.say({ type: 'cancel', exchange, remote: request.remote })
        street.leave(use)
      }
    })
  const up$ = new Observable<ExchangeUp>((listener) => {
    listening.add(listener)
    const use = street.enter()
    return () => {
      listening.delete(listener)
      street.leave(use)
    }
  })
  return { ask, ping: pinging(ask), up$, say: street.say }
}

/** What happens on the street while it is open. */
interface Traffic<State> {
  readonly begin: (say: (word: ExchangeDown) => void) => State & { readonly stop: () => void }
  readonly received: (word: ExchangeUp, state: State) => void
  readonly ended: (error: unknown) => void
}
/** The duplex while it is open. */
interface Use {
  readonly say: (word: ExchangeDown) => void
  readonly close: () => void
  users: number
  subscription: Subscription | undefined
}

/** Opens the duplex for the first user and closes it after the last. Counted by hand: `share` costs more than the rest of an exchange. */
const opened = <State>(duplex: Duplex<ExchangeDown, ExchangeUp>, { begin, received, ended }: Traffic<State>) => {
  let current: Use | undefined
  const open = (): Use => {
    const down$ = new Subject<ExchangeDown>()
    const say = (word: ExchangeDown) => down$.next(word)
    const state = begin(say)
    const use: Use = {
      say,
      close: () => {
        if (current === use) current = undefined
        state.stop()
        use.subscription?.unsubscribe()
        down$.complete()
      },
      users: 1,
      subscription: undefined,
    }
    const over = (error: unknown) => {
      use.close()
      ended(error)
    }
    current = use
    use.subscription = duplex(down$).subscribe({ next: (word) => received(word, state), error: over, complete: () => over(undefined) })
    return use
  }
  return {
    enter: (): Use => {
      if (current === undefined) return open()
      current.users++
      return current
    },
    leave: (use: Use) => {
      if (--use.users === 0) use.close()
    },
    say: (word: ExchangeDown) => current?.say(word),
  }
}

/** An answer finds its asker. */
const settle = (asking: Map<ExchangeId, Subscriber<Response>>, word: Answered | Failed): void => {
  const { exchange } = word
  const asker = asking.get(exchange)
  if (asker === undefined) return
  if (word.type === 'failed') {
    asking.delete(exchange)
    return asker.error(failureError(word))
  }
  const { response, request, last } = word
  if (!last) return asker.next(response)
  asking.delete(exchange)
  if (!isSuccess(response.code)) {
    if (response.code === empty) return asker.complete()
    if (observes(request)) return asker.error(responseError(request, response))
  }
  asker.next(response)
  asker.complete()
}

const pinging =
  (ask: Ask) =>
  (remote: Remote): Observable<Remote> =>
    new Observable((observer) =>
      ask({ remote, code: empty, options: noOptions, payload: noBytes, confirmable: true, purpose: 'request' }).subscribe({
        error: (error: unknown) => observer.error(error),
        complete: () => {
          observer.next(remote)
          observer.complete()
        },
      }),
    )
