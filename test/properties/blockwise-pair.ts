/** Two block-wise floors facing each other, with exchanges that never fail between them: words in, words out, no time but what is given. */
import { seeded } from '../../src/core/dice.ts'
import { silent } from '../../src/core/journal.ts'
import { single, type Running } from '../../src/core/part.ts'
import type { LayerEffect, LayerEvent } from '../../src/core/stack.ts'
import type { Answered, Ask, Asked, ExchangeDown, ExchangeId, ExchangeUp, Request, Response } from '../../src/exchange/exchange.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import { noBytes } from '../../src/message/message.ts'
import { stringOption, type Option } from '../../src/message/option.ts'
import type { TransferDown, TransferUp } from '../../src/blockwise/body.ts'
import type { TransfersOptions } from '../../src/blockwise/transfer.ts'
import { transfers } from '../../src/blockwise/transfers.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'

export const server = 'coap://server:5683'
export const client = 'coap://client:40000'

export interface PairOptions {
  readonly client?: Partial<Parameters>
  readonly server?: Partial<Parameters>
  readonly streams?: TransfersOptions['streams']
  readonly random?: number
  /** What a response becomes on its way to the client; `undefined`: it never comes. */
  readonly respond?: (response: Response, request: Request, count: number) => Response | undefined
  /** What a request becomes on its way to the server. */
  readonly request?: (request: Request, count: number) => Request
}
/** A floor, and what it said. */
export interface Side {
  readonly post: (word: TransferDown) => void
  /** What the floor handed up, in order. */
  readonly heard: TransferUp[]
  /** Called for each word handed up. */
  on: (word: TransferUp) => void
}

export const pair = (options: PairOptions = {}) => {
  type Event = LayerEvent<ExchangeUp, TransferDown>
  type Effect = LayerEffect<ExchangeDown, TransferUp>
  const env = { scheduler: virtualScheduler(), wall: () => 0, random: seeded(options.random ?? 1), journal: silent, strict: true }
  let now = 0
  let exchanges = 0
  const open = new Map<ExchangeId, Ask>()
  const requests: Request[] = []
  const answers: Response[] = []
  const side = (p: Partial<Parameters> | undefined, below: (word: ExchangeDown) => void, random: string) => {
    const heard: TransferUp[] = []
    const running: Running<Event> = single(
      transfers({ ...defaultParameters, ...p }, options.streams === undefined ? {} : { streams: options.streams }),
    )({ ...env, random: env.random.fork(random) }, (effect: Effect) => {
      if (effect.type === 'down') return below(effect.value)
      heard.push(effect.value)
      self.on(effect.value)
    })
    const self = {
      heard,
      on: (() => {}) as (word: TransferUp) => void,
      post: (value: TransferDown) => running.post({ type: 'down', value }, now),
      arrive: (value: ExchangeUp) => running.post({ type: 'up', value }, now),
      running,
    }
    return self
  }
  const down = (word: ExchangeDown) => {
    if (word.type === 'ask') {
      const request = options.request?.(word.request, requests.length) ?? word.request
      requests.push(word.request)
      const exchange = ++exchanges
      open.set(exchange, word)
      const asked: Asked = { type: 'asked', exchange, request: { ...request, remote: client, purpose: 'request' } }
      there.arrive(asked)
    }
  }
  const back = (word: ExchangeDown) => {
    if (word.type !== 'answer') return
    const { exchange, response, last } = word
    const ask = open.get(exchange)
    if (ask === undefined) return
    if (last) open.delete(exchange)
    answers.push(response)
    const seen = options.respond === undefined ? response : options.respond(response, ask.request, answers.length - 1)
    if (seen === undefined) return
    const answered: Answered = { type: 'answered', exchange: ask.exchange, request: ask.request, response: seen, last }
    here.arrive(answered)
  }
  const here = side(options.client, down, 'client')
  const there = side(options.server, back, 'server')
  return {
    client: here,
    server: there,
    /** Every request and every answer between them. */
    requests,
    answers,
    /** Answers every request with what the handler says. */
    serve: (handler: (request: Request) => Response) => {
      there.on = (word) => {
        if (word.type === 'asked')
          there.post({ type: 'answer', exchange: word.exchange, request: word.request, response: handler(word.request), last: true })
      }
    },
    /** Time passes. */
    pass: (ms: number) => {
      now += ms
      here.running.tick(now)
      there.running.tick(now)
    },
    deadline: () => Math.min(here.running.deadline(), there.running.deadline()),
  }
}

export const bytesOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => ((i + seed) * 31 + (i >> 8) * 7) & 255)
export const path = (...segments: readonly string[]): readonly Option[] => segments.map((segment) => stringOption(11, segment))
export const request = (code: Request['code'], more: Partial<Request> = {}): Request => ({
  remote: server,
  code,
  options: path('large'),
  payload: noBytes,
  confirmable: true,
  purpose: 'request',
  ...more,
})
export const ask = (exchange: string, asked: Request, stream?: boolean): Ask => ({
  type: 'ask',
  exchange,
  request: asked,
  ...(stream === undefined ? {} : { stream }),
})
