/** Answering: a cold Observable for each request, shared by all who observe the same (RFC 7252 §5.2; RFC 7641 §4). */
import { BehaviorSubject, EMPTY, finalize, map, NEVER, Observable, of, Subject, throwError } from 'rxjs'
import { expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Answer, ExchangeUp, Request, Response } from '../../src/exchange/exchange.ts'
import { request, type RequestDetails } from '../../src/exchange/request.ts'
import { serving, type Handler } from '../../src/exchange/serving.ts'
import type { Code, Method } from '../../src/message/code.ts'
import { noOptions } from '../../src/message/message.ts'

const text = (payload: string, code: Code = '2.05'): Response => ({ code, options: noOptions, payload: new TextEncoder().encode(payload) })

/** A handler, what it is asked and what it says. */
const serve = (handler?: Handler) => {
  const log: string[] = []
  const words: Answer[] = []
  const { asked, cancelled, stop } = serving((word) => {
    words.push(word)
    log.push(`${word.exchange} ${word.response.code} ${new TextDecoder().decode(word.response.payload)}${word.last ? ' |' : ''}`)
  }, handler)
  const ask = (exchange: number, details: RequestDetails = {}, method: Method = 'GET', path = '/t', remote = 'coap://10.0.0.1:5683') =>
    asked({ type: 'asked', exchange, request: request(method, remote, details, path) })
  const observe = (exchange: number, details: RequestDetails = {}, path = '/t', remote?: string) =>
    ask(exchange, { observe: true, ...details }, 'GET', path, remote)
  const cancel = (exchange: number, remote = 'coap://10.0.0.1:5683') => cancelled({ type: 'cancelled', exchange, remote })
  return { log, words, ask, observe, cancel, stop }
}
/** Counts its subscriptions. */
const counted = <T>(source: Observable<T>) => {
  const count = { now: 0, ever: 0 }
  return {
    count,
    source: new Observable<T>((observer) => {
      count.now++
      count.ever++
      observer.add(source.pipe(finalize(() => count.now--)).subscribe(observer))
    }),
  }
}

test('the first value is the answer, and the rest is let go', () => {
  const value$ = new Subject<Response>()
  const { ask, log } = serve(() => value$)
  ask(1)
  value$.next(text('a'))
  expect(value$.observed).toBe(false)
  value$.next(text('b'))
  expect(log).toEqual(['1 2.05 a |'])
})

test('of values at once only the first is the answer', () => {
  const { ask, log } = serve(() => of(text('a'), text('b')))
  ask(1)
  expect(log).toEqual(['1 2.05 a |'])
})

test('completion without a value is 4.04', () => {
  const { ask, observe, log } = serve(() => EMPTY)
  ask(1)
  observe(2)
  expect(log).toEqual(['1 4.04  |', '2 4.04  |'])
})

test('an error is 5.00, or the code that it carries', () => {
  const plain = serve(() => throwError(() => new Error('x')))
  plain.ask(1)
  plain.observe(2)
  const coded = serve(() => throwError(() => new Lwm2mError('response', 'x', { responseCode: '4.05' })))
  coded.ask(1)
  coded.observe(2)
  expect(plain.log).toEqual(['1 5.00  |', '2 5.00  |'])
  expect(coded.log).toEqual(['1 4.05  |', '2 4.05  |'])
})

test('a handler that throws is 5.00', () => {
  const { ask, observe, log } = serve(() => {
    throw new Error('x')
  })
  ask(1)
  observe(2)
  expect(log).toEqual(['1 5.00  |', '2 5.00  |'])
})

test('without a handler everything is 4.04, PATCH and iPATCH 4.05', () => {
  const { ask, log } = serve()
  ask(1)
  ask(2, {}, 'PATCH')
  ask(3, {}, 'iPATCH')
  expect(log).toEqual(['1 4.04  |', '2 4.05  |', '3 4.05  |'])
})

test('a request that is cancelled lets go of its handler', () => {
  const { count, source } = counted(NEVER)
  const { ask, cancel, log } = serve(() => source)
  ask(1)
  expect(count.now).toBe(1)
  cancel(1)
  expect(count.now).toBe(0)
  expect(log).toEqual([])
})

test('every value is notified; completion keeps the last one, and the observation with it', () => {
  const value$ = new Subject<Response>()
  const { observe, log } = serve(() => value$)
  observe(1)
  value$.next(text('a'))
  value$.next(text('b'))
  value$.complete()
  expect(log).toEqual(['1 2.05 a', '1 2.05 b'])
  observe(2)
  expect(log.slice(2)).toEqual(['2 2.05 b'])
})

test('one subscription serves all who observe the same in the same format', () => {
  const value$ = new BehaviorSubject('a')
  const { count, source } = counted(value$.pipe(map((value) => text(value))))
  const { observe, cancel, log } = serve(() => source)
  observe(1)
  observe(2, {}, '/t', 'coap://10.0.0.9:5683')
  expect(count).toEqual({ now: 1, ever: 1 })
  expect(log).toEqual(['1 2.05 a', '2 2.05 a'])
  value$.next('b')
  expect(log.slice(2)).toEqual(['1 2.05 b', '2 2.05 b'])
  cancel(1)
  expect(count.now).toBe(1)
  cancel(2, 'coap://10.0.0.9:5683')
  expect(count.now).toBe(0)
})

test.each<[string, RequestDetails, string]>([
  ['path', {}, '/u'],
  ['query', {}, '/t?a'],
  ['format', { accept: 60 }, '/t'],
])('another %s is another subscription', (_what, details, path) => {
  const { count, source } = counted(NEVER)
  const { observe } = serve(() => source)
  observe(1)
  observe(2, details, path)
  expect(count.now).toBe(2)
})

test('what does not change the representation does not make another subscription', () => {
  const { count, source } = counted(NEVER)
  const { observe } = serve(() => source)
  observe(1)
  observe(2, { etags: [Uint8Array.of(1)] })
  expect(count.now).toBe(1)
})

test('FETCH requests share a subscription when they ask for the same', () => {
  const { count, source } = counted(NEVER)
  const { ask } = serve(() => source)
  ask(1, { observe: true, payload: '/3' }, 'FETCH')
  ask(2, { observe: true, payload: '/3' }, 'FETCH')
  expect(count.now).toBe(1)
  ask(3, { observe: true, payload: '/4' }, 'FETCH')
  expect(count.now).toBe(2)
})

test('an error ends the observation for all, and the next observer begins anew [RFC 7641 §4.2]', () => {
  let value$ = new Subject<Response>()
  const { observe, log } = serve(() => (value$ = new Subject()))
  observe(1)
  observe(2)
  value$.next(text('a'))
  value$.error(new Error('x'))
  expect(log.slice(2)).toEqual(['1 5.00  |', '2 5.00  |'])
  observe(3)
  value$.next(text('b'))
  expect(log.slice(4)).toEqual(['3 2.05 b'])
})

test('a value that is no success ends the observation for all [RFC 7641 §4.2]', () => {
  const value$ = new Subject<Response>()
  const { observe, log } = serve(() => value$)
  observe(1)
  value$.next(text('a'))
  value$.next(text('gone', '4.04'))
  value$.next(text('c'))
  expect(log).toEqual(['1 2.05 a', '1 4.04 gone |'])
  expect(value$.observed).toBe(false)
})

test('values at once on subscription are all notified', () => {
  const { observe, log } = serve(() => of(text('a'), text('b')))
  observe(1)
  expect(log).toEqual(['1 2.05 a', '1 2.05 b'])
})

test('when the endpoint stops, every handler is let go', () => {
  const { count, source } = counted(NEVER)
  const { ask, observe, stop } = serve(() => source)
  ask(1)
  observe(2)
  observe(3, {}, '/u')
  expect(count.now).toBe(3)
  stop()
  expect(count.now).toBe(0)
})

test('an observer that goes while it is notified is no trouble', () => {
  const value$ = new Subject<Response>()
  const seen: number[] = []
  const words: ExchangeUp[] = []
  const server = serving(
    ({ exchange }) => {
      seen.push(exchange as number)
      server.cancelled({ type: 'cancelled', exchange, remote: 'r' })
    },
    () => value$,
  )
  const observer = (exchange: number): Request => ({ ...request('GET', 'r', { observe: true }, '/t'), remote: exchange > 0 ? 'r' : 'r' })
  server.asked({ type: 'asked', exchange: 1, request: observer(1) })
  server.asked({ type: 'asked', exchange: 2, request: observer(2) })
  value$.next(text('a'))
  expect(seen).toEqual([1, 2])
  expect(value$.observed).toBe(false)
  expect(words).toEqual([])
})
