/** A handler of one's own under made-up requests, over a network that doubles and delays them: what does not hold is shrunk, drawn and can be replayed. */
import * as fc from 'fast-check'
import { catchError, concatMap, defer, merge, of, tap, throwError, timer } from 'rxjs'
import { coapEndpoint } from '../coap.ts'
import type { Environment } from '../core/environment.ts'
import { Lwm2mError } from '../core/error.ts'
import type { Turn } from '../core/journal.ts'
import type { Faults } from '../datagram/faults.ts'
import type { Handler } from '../exchange/ask.ts'
import type { Request, Response } from '../exchange/exchange.ts'
import { isRequest, methods, type Method } from '../message/code.ts'
import { options, sorted, stringOption, strings, uint, uintOption, type Option } from '../message/option.ts'
import { world } from '../simulation/world.ts'
import { draw, ladderOf, type Seen } from './draw.ts'
import { examine, type ExamineOptions } from './examine.ts'
import { show } from './show.ts'

/** A request before it is known whom it is for. */
export type RequestSketch = Omit<Request, 'remote'>

/** One request with what became of it; without a response there was none within five minutes. */
export interface Exchanged {
  readonly request: RequestSketch
  readonly response: Response | undefined
}

export interface FuzzOptions extends ExamineOptions {
  /** A new handler, with nothing remembered, for each run. */
  readonly handler: (env: Environment) => Handler
  readonly requests: fc.Arbitrary<RequestSketch>
  /** Throws, or answers false, when what was exchanged (one request after the other) is not as it must be. */
  readonly holds: (exchanged: readonly Exchanged[]) => unknown
  /** Default: one in five datagrams is doubled, each takes up to 300 ms. Requests that are lost altogether have no response. */
  readonly faults?: Faults
  readonly maxRequests?: number
}

/** Throws unless the handler answers every request, throws nothing, and all holds; says why, with the shortest story it can find. */
export const fuzz = ({
  handler,
  requests,
  holds,
  faults = { duplication: 0.2, maxMs: 300 },
  maxRequests = 12,
  ...often
}: FuzzOptions): void => {
  const stories = fc.record({ seed: fc.nat(0xffff), requests: fc.array(requests, { minLength: 1, maxLength: maxRequests }) })
  const check = (story: Story) => {
    const { exchanged, thrown } = played(story, handler, faults)
    if (thrown.length > 0) throw new Error(`the handler threw: ${show(thrown[0])}`)
    const silent = exchanged.find(({ response }) => response === undefined)
    if (silent !== undefined && !(faults.loss ?? 0)) throw new Error(`no answer to ${nameOf(silent.request)}`)
    if (holds(exchanged) === false) throw new Error('it does not hold')
  }
  examine('the handler', stories, check, often, (story) => told(story, played(story, handler, faults)))
}

/** What requests may be made of. */
export interface RequestParts {
  /** Such as `/tank/level`. */
  readonly paths: readonly string[]
  readonly methods?: readonly Method[]
  /** Of PUT and POST. Texts or octets. */
  readonly payloads?: fc.Arbitrary<string | Uint8Array>
  readonly contentFormats?: readonly number[]
}

/** Confirmable requests of these parts. */
export const requestsFor = ({
  paths,
  methods: names = ['GET', 'PUT'],
  payloads = fc.constant(''),
  contentFormats = [],
}: RequestParts): fc.Arbitrary<RequestSketch> =>
  fc
    .record({
      path: fc.constantFrom(...paths),
      method: fc.constantFrom(...names),
      payload: payloads,
      contentFormat: fc.constantFrom(undefined, ...contentFormats),
    })
    .map(({ path, method, payload, contentFormat }): RequestSketch => {
      const carries = method !== 'GET' && method !== 'DELETE'
      const format: readonly Option[] = carries && contentFormat !== undefined ? [uintOption(options.ContentFormat, contentFormat)] : []
      return {
        code: methods[method],
        options: sorted([
          ...path
            .split('/')
            .filter((segment) => segment !== '')
            .map((segment) => stringOption(options.UriPath, segment)),
          ...format,
        ]),
        payload: !carries ? new Uint8Array(0) : typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
        confirmable: true,
        purpose: 'request',
      }
    })

/** A payload, or any octets, as text. */
export const textOf = ({ payload }: { readonly payload: Uint8Array }): string => new TextDecoder().decode(payload)

interface Story {
  readonly seed: number
  readonly requests: readonly RequestSketch[]
}
interface Outcome {
  readonly exchanged: readonly Exchanged[]
  readonly thrown: readonly unknown[]
  readonly turns: readonly Turn[]
}

/** One server with the handler, one client that asks one thing after the other. */
const played = ({ seed, requests }: Story, make: FuzzOptions['handler'], faults: Faults): Outcome => {
  const it = world(seed, { faults, log: false })
  const turns: Turn[] = []
  const thrown: unknown[] = []
  const exchanged: Exchanged[] = []
  it.turn$.subscribe((turn) => turns.push(turn))
  const server = it.node('server')
  server.start((env) => coapEndpoint(env, { socket: { listen: { port: 5683 } }, handler: watched(make(env), thrown) }).up$)
  it.node('client').start((env) => {
    const { ask, up$ } = coapEndpoint(env)
    const one = (sketch: RequestSketch) =>
      ask({ ...sketch, remote: `coap://${server.address}:5683` }).pipe(
        tap((response) => exchanged.push({ request: sketch, response })),
        catchError(() => of(exchanged.push({ request: sketch, response: undefined }))),
      )
    return merge(
      up$,
      timer(1_000, env.scheduler).pipe(
        concatMap(() => requests),
        concatMap(one),
      ),
    )
  })
  it.run(1_000 + 300_000 * requests.length)
  return { exchanged, thrown, turns }
}

/** An error that says with which code to answer is an answer; any other is a bug. */
const watched =
  (handler: Handler, thrown: unknown[]): Handler =>
  (request) =>
    defer(() => handler(request)).pipe(
      catchError((error: unknown) => {
        if (!(error instanceof Lwm2mError && error.responseCode !== undefined)) thrown.push(error)
        return throwError(() => error)
      }),
    )

const told = ({ seed, requests }: Story, { exchanged, turns }: Outcome): string => {
  const lines = requests.map((request, index) => `  ${nameOf(request)} -> ${answerOf(exchanged[index])}`)
  const lanes = ladderOf(
    turns.filter(({ node }) => node === 'server'),
    { bottom: 'messages', top: 'exchanges' },
  )
  const isMessage = ({ value }: Seen) => typeof value === 'object' && value !== null && 'messageId' in value
  const messages = {
    submitted: [],
    delivered: [],
    received: lanes.received.filter(isMessage),
    transmitted: lanes.transmitted.filter(isMessage),
  }
  return [...lines, '', `at the server, in a world of seed ${seed}:`, draw(messages, { msPerChar: 100, label: labelOf })].join('\n')
}
const nameOf = (request: RequestSketch): string => {
  const method = Object.entries(methods).find(([, code]) => code === request.code)?.[0] ?? request.code
  return `${method} /${strings(request.options, options.UriPath).join('/')}${request.payload.length === 0 ? '' : ` ${show(textOf(request))}`}`
}
const answerOf = (exchanged: Exchanged | undefined): string =>
  exchanged?.response === undefined
    ? 'no answer'
    : `${exchanged.response.code}${exchanged.response.payload.length === 0 ? '' : ` ${show(textOf(exchanged.response))}`}`

/** A message in a line. */
const labelOf = (value: unknown): string => {
  const { type, code, messageId, payload } = value as {
    readonly type: string
    readonly code?: Response['code']
    readonly messageId?: number
    readonly payload?: Uint8Array
  }
  if (code === undefined || payload === undefined) return show(value)
  const all = (value as { readonly options: readonly Option[] }).options
  const what = isRequest(code)
    ? nameOf({ ...(value as RequestSketch), options: all })
    : `${code}${payload.length === 0 ? '' : ` ${show(textOf({ payload }))}`}`
  const block = uint(all, options.Block1) ?? uint(all, options.Block2)
  return `${type} #${messageId ?? ''} ${what}${block === undefined ? '' : ` block ${block >> 4}`}`
}
