/** Where a server listens, as far as its sockets have said it: scheme by scheme (LwM2M Transport 1.2.2 §6.4). */
import { filter, pipe, ReplaySubject, share, type Observable, type OperatorFunction } from 'rxjs'
import type { Listening } from '../../core/ports.ts'
import type { ExchangeUp } from '../../exchange/exchange.ts'
import type { WhileOpen } from '../open/pipeline.ts'

/** Where it listens for each scheme. */
export interface ListeningStreams {
  /** Where it listens for `coap://`. */
  readonly listening$: Observable<Listening>
  /** Where it listens for `coap+tcp://`; nothing comes when it does not. */
  readonly listeningTcp$: Observable<Listening>
  /** Where it listens for `coaps://`; nothing comes when it does not. */
  readonly listeningSecure$: Observable<Listening>
}

/** What the sockets say, remembered for those who come later. */
export const listening: OperatorFunction<ExchangeUp, Listening> = pipe(
  filter((up) => up.type === 'listening'),
  share({ connector: () => new ReplaySubject<Listening>(schemes) }),
)
const schemes = 3

/** One stream for each scheme. */
export const listeningByScheme = (listening$: Observable<Listening>, whileOpen: WhileOpen): ListeningStreams => {
  const of = (wanted: string) => whileOpen(listening$.pipe(filter(({ scheme }) => scheme === wanted)))
  return { listening$: of('coap'), listeningTcp$: of('coap+tcp'), listeningSecure$: of('coaps') }
}
