/** One body in bursts from end to end: what is asked, what is lost, and what was drawn. NON_TIMEOUT_RANDOM is 2 s sharp here. */
import { of } from 'rxjs'
import { Lwm2mError } from '../../src/core/error.ts'
import { request, type RequestDetails } from '../../src/exchange/request.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import type { Method } from '../../src/message/code.ts'
import { noBytes } from '../../src/message/message.ts'
import { options, strings } from '../../src/message/option.ts'
import { bodyOf, pair, serverName, sourceOf, storeOf, type Pair, type PairOptions, type Store } from './qblock-pair.ts'
import { drawn } from './qblock-line.ts'

export interface Play extends PairOptions {
  /** Octets of the body. */
  readonly length: number
  /** The peers have met before: nothing has to be found out. Default: true. */
  readonly acquainted?: boolean
  readonly untilMs?: number
}
export interface Played {
  readonly lines: readonly string[]
  /** The response, or the code of the error. */
  readonly result: Response | string | undefined
  readonly store: Store
  readonly pair: Pair
  readonly body: Uint8Array
  /** What the server's application was asked. */
  readonly asked: readonly Request[]
}

/** A pair of which the client has asked the server once, and knows that it knows. */
const acquaint = ({ client, scheduler }: Pair): void => {
  client.ask(request('GET', serverName, { sink: storeOf() }, '/hello')).subscribe({ error: () => {} })
  scheduler.flush(scheduler.now() + 1_000)
}
const hello = { code: '2.05', options: [], payload: bodyOf(1_100) } as const
const isHello = ({ options: all }: Request) => strings(all, options.UriPath)[0] === 'hello'
const ask = (made: Pair, method: Method, details: RequestDetails, untilMs: number): Response | string | undefined => {
  let result: Response | string | undefined
  made.client.ask(request(method, serverName, details, '/path')).subscribe({
    next: (response) => (result = response),
    error: (error: unknown) => (result = error instanceof Lwm2mError ? error.code : 'unknown'),
  })
  made.scheduler.flush(made.scheduler.now() + untilMs)
  return result
}
const since = (lines: readonly string[], startMs: number): readonly string[] =>
  drawn(lines.map((line) => `${Number(line.slice(0, 6)) - startMs} ${line.slice(7)}`))

/** GET of a body that the server streams. */
export const get = ({ length, acquainted = true, untilMs = 1_000_000, parameters = {}, ...rest }: Play): Played => {
  const body = bodyOf(length)
  const asked: Request[] = []
  const store = storeOf()
  const made = pair({
    ...rest,
    parameters: { ackRandomFactor: 1, ...parameters },
    server: {
      handler: (one) => {
        if (isHello(one)) return of(hello)
        asked.push(one)
        return of({ code: '2.05', options: [], payload: noBytes, source: sourceOf(body, Uint8Array.of(23)) })
      },
      ...rest.server,
    },
  })
  if (acquainted) acquaint(made)
  made.arm()
  const start = made.scheduler.now()
  const result = ask(made, 'GET', { sink: store }, untilMs)
  return { lines: since(made.lines, start), result, store, pair: made, body, asked }
}

/** PUT of a body that the client streams. */
export const put = ({ length, acquainted = true, untilMs = 1_000_000, parameters = {}, ...rest }: Play): Played => {
  const body = bodyOf(length)
  const asked: Request[] = []
  const store = storeOf()
  const made = pair({
    ...rest,
    parameters: { ackRandomFactor: 1, ...parameters },
    server: {
      sinkFor: ({ code }) => (code === '0.03' ? store : undefined),
      handler: (one) => {
        if (isHello(one)) return of(hello)
        asked.push(one)
        return of({ code: '2.04', options: [], payload: noBytes })
      },
      ...rest.server,
    },
  })
  if (acquainted) acquaint(made)
  made.arm()
  const start = made.scheduler.now()
  const result = ask(made, 'PUT', { source: sourceOf(body) }, untilMs)
  return { lines: since(made.lines, start), result, store, pair: made, body, asked }
}
