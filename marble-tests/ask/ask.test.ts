/** Asking: a cold Observable for each exchange (RFC 7252 §5; RFC 7641 §3). */
import { BehaviorSubject, EMPTY, Observable, of, retry, Subject, take, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import { endpoint } from '../../src/exchange/ask.ts'
import type { Ask, Cancel, ExchangeDown, ExchangeUp, Response } from '../../src/exchange/exchange.ts'
import { request } from '../../src/exchange/request.ts'
import { noOptions } from '../../src/message/message.ts'
import { options, uintOption } from '../../src/message/option.ts'
import { seeded } from '../../src/core/dice.ts'
import { pair, serverName } from './pair.ts'

const get = (path = '/t', observe = false) => request('GET', serverName, { observe }, path)
const text = (payload: string): Response => ({ code: '2.05', options: noOptions, payload: new TextEncoder().encode(payload) })
const read = ({ code, payload }: Response) => `${code} ${new TextDecoder().decode(payload)}`.trim()

/** What an Observable says, in order. */
const seen = <T>(of$: Observable<T>, show: (value: T) => string) => {
  const log: string[] = []
  const subscription = of$.subscribe({
    next: (value) => log.push(show(value)),
    error: (error: unknown) => log.push(error instanceof Lwm2mError ? `! ${error.code} ${error.responseCode ?? ''}`.trim() : String(error)),
    complete: () => log.push('|'),
  })
  return { log, stop: () => subscription.unsubscribe() }
}

/** A duplex in hand: what goes down, and a way to say what comes up. */
const fake = () => {
  const down: ExchangeDown[] = []
  const up$ = new Subject<ExchangeUp>()
  let open = 0
  const duplex = (down$: Observable<ExchangeDown>) =>
    new Observable<ExchangeUp>((observer) => {
      open++
      observer.add(down$.subscribe((word) => down.push(word)))
      observer.add(up$.subscribe(observer))
      observer.add(() => open--)
    })
  return { ...endpoint(duplex, seeded(1)), down, up$, open: () => open, lastAsk: () => down.filter((word) => word.type === 'ask').at(-1)! }
}

describe('without Observe', () => {
  test('nothing is sent until it is subscribed; then it emits once and completes', () => {
    const { client, scheduler } = pair({ handler: () => of(text('21')) })
    const asked = client.ask(get())
    scheduler.flush(1000)
    const { log } = seen(asked, read)
    expect(log).toEqual([])
    scheduler.flush(2000)
    expect(log).toEqual(['2.05 21', '|'])
  })

  test('each subscription is an exchange of its own, with a token of its own [RFC 7252 §5.3.1]', () => {
    const { ask, down } = fake()
    const asked = ask(get())
    asked.subscribe()
    asked.subscribe()
    const tokens = down.map((word) => (word as Ask).exchange)
    expect(new Set(tokens).size).toBe(2)
  })

  test('an error response is a value', () => {
    const { client, scheduler } = pair({ handler: () => of({ ...text('no'), code: '4.04' }) })
    const { log } = seen(client.ask(get()), read)
    scheduler.flush()
    expect(log).toEqual(['4.04 no', '|'])
  })

  test('unsubscribing cancels', () => {
    const { ask, down, lastAsk } = fake()
    ask(get()).subscribe().unsubscribe()
    expect(down.at(-1)).toEqual({ type: 'cancel', exchange: lastAsk().exchange, remote: serverName })
  })

  test('a completed exchange is not cancelled', () => {
    const { ask, down, up$, lastAsk } = fake()
    const subscription = ask(get()).subscribe()
    up$.next({ type: 'answered', exchange: lastAsk().exchange, request: get(), response: text('x'), last: true })
    subscription.unsubscribe()
    expect(down.filter(({ type }) => type === 'cancel')).toEqual([])
  })

  test.each([
    ['timeout', 'timeout'],
    ['reset', 'reset'],
    ['refused', 'refused'],
    ['unreachable', 'unreachable'],
    ['aborted', 'aborted'],
    ['bad-option', 'malformed'],
    ['incomplete', 'incomplete'],
    ['changed', 'changed'],
    ['too-large', 'too-large'],
    ['sink', 'sink'],
  ] as const)('an exchange that failed with %s is an error with the code %s', (reason, code) => {
    const { ask, up$, lastAsk } = fake()
    const { log } = seen(ask(get()), read)
    up$.next({ type: 'failed', exchange: lastAsk().exchange, remote: serverName, reason })
    expect(log).toEqual([`! ${code}`])
  })

  test('nobody there is a timeout after every retransmission [RFC 7252 §4.2]', () => {
    const { client, scheduler } = pair()
    const { log } = seen(client.ask(request('GET', 'coap://10.9.9.9', {}, '')), read)
    scheduler.flush()
    expect(log).toEqual(['! timeout'])
    expect(scheduler.now()).toBeGreaterThan(62_000)
    expect(client.rows()).toBe(0)
  })

  test('a request that wants no response completes without one [RFC 7967 §2]', () => {
    const { client, scheduler } = pair({ handler: () => of(text('x')) })
    const { log } = seen(client.ask(request('PUT', serverName, { options: [uintOption(options.NoResponse, 26)] }, '/t')), read)
    scheduler.flush()
    expect(log).toEqual(['|'])
  })

  test('retry asks again, over a duplex that is open all the time', () => {
    const { ask, up$, lastAsk, down, open } = fake()
    const { log } = seen(ask(get()).pipe(retry(1)), read)
    up$.next({ type: 'failed', exchange: lastAsk().exchange, remote: serverName, reason: 'timeout' })
    expect(open()).toBe(1)
    up$.next({ type: 'answered', exchange: lastAsk().exchange, request: get(), response: text('x'), last: true })
    expect(log).toEqual(['2.05 x', '|'])
    expect(down.filter(({ type }) => type === 'ask')).toHaveLength(2)
    expect(open()).toBe(0)
  })
})

describe('with Observe', () => {
  test('it emits until it is unsubscribed, which deregisters [RFC 7641 §3.6]', () => {
    const value$ = new BehaviorSubject(text('a'))
    const { client, server, scheduler } = pair({ handler: () => value$ })
    const { log, stop } = seen(client.ask(get('/t', true)), read)
    const keep = client.up$.subscribe()
    scheduler.flush(200)
    value$.next(text('b'))
    scheduler.flush(300)
    expect(log).toEqual(['2.05 a', '2.05 b'])
    expect(value$.observed).toBe(true)
    stop()
    scheduler.flush(10_000)
    expect(value$.observed).toBe(false)
    expect([client.rows(), server.rows()]).toEqual([0, 0])
    keep.unsubscribe()
  })

  test('it completes after one value if the peer declines [RFC 7641 §3.1]', () => {
    const { client, scheduler } = pair({ handler: () => of(text('x')).pipe(take(1)), parameters: { observationsMax: 0 } })
    const { log } = seen(client.ask(get('/t', true)), read)
    scheduler.flush()
    expect(log).toEqual(['2.05 x', '|'])
  })

  test('an error response is an error with its code [RFC 7641 §3.2]', () => {
    const { client, scheduler } = pair({ handler: () => EMPTY })
    const { log } = seen(client.ask(get('/t', true)), read)
    scheduler.flush()
    expect(log).toEqual(['! response 4.04'])
  })

  test('an error notification ends it with an error [RFC 7641 §3.2]', () => {
    const value$ = new Subject<Response>()
    const { client, server, scheduler } = pair({ handler: () => value$ })
    const { log } = seen(client.ask(get('/t', true)), read)
    scheduler.flush(100)
    value$.next(text('x'))
    scheduler.flush(200)
    value$.error(new Lwm2mError('response', 'gone', { responseCode: '4.04' }))
    scheduler.flush()
    expect(log).toEqual(['2.05 x', '! response 4.04'])
    expect([client.rows(), server.rows()]).toEqual([0, 0])
  })
})

describe('the duplex', () => {
  test('is open while anything is subscribed', () => {
    const { ask, open } = fake()
    expect(open()).toBe(0)
    const keep = ask(get()).subscribe()
    const other = ask(get()).subscribe()
    expect(open()).toBe(1)
    keep.unsubscribe()
    expect(open()).toBe(1)
    other.unsubscribe()
    expect(open()).toBe(0)
  })

  test('that errors fails everything asked of it, and the next asker opens it anew', () => {
    let opened = 0
    const { ask, up$ } = endpoint(
      () =>
        new Observable((observer) => {
          if (++opened === 1) timerSoon(() => observer.error(new Error('broken')))
        }),
      seeded(1),
    )
    const a = seen(ask(get()), read)
    const u = seen(up$, ({ type }) => type)
    expect(opened).toBe(1)
    run()
    expect([a.log, u.log]).toEqual([['Error: broken'], ['Error: broken']])
    ask(get()).subscribe()
    expect(opened).toBe(2)
  })

  test('that ends aborts what was asked of it', () => {
    const { ask } = endpoint(() => EMPTY, seeded(1))
    expect(seen(ask(get()), read).log).toEqual(['! aborted'])
  })

  test('words about links go down while it is open', () => {
    const { ask, say, down } = fake()
    ask(get()).subscribe()
    say({ type: 'close', remote: serverName, keepSession: false })
    expect(down.at(-1)).toMatchObject({ type: 'close' })
  })

  let later: (() => void) | undefined
  const timerSoon = (work: () => void) => (later = work)
  const run = () => later?.()
})

describe('ping', () => {
  test('says once that the peer is there [RFC 7252 §4.3]', () => {
    const { client, scheduler } = pair()
    const { log } = seen(client.ping(serverName), String)
    scheduler.flush()
    expect(log).toEqual([serverName, '|'])
  })
  test('fails when nobody is there [RFC 7252 §4.3]', () => {
    const { client, scheduler } = pair()
    const { log } = seen(client.ping('coap://10.9.9.9:5683'), String)
    scheduler.flush()
    expect(log).toEqual(['! timeout'])
  })
})

test('a late answer to a cancelled exchange is rejected, and the handler is let go [RFC 7252 §5.3.2]', () => {
  const { client, server, scheduler } = pair({
    handler: () => new Observable((observer) => timer(5_000, scheduler).subscribe(() => observer.next(text('late')))),
  })
  const keep = client.up$.subscribe()
  const { log, stop } = seen(client.ask(get()), read)
  scheduler.flush(2_000)
  stop()
  scheduler.flush(20_000)
  expect(log).toEqual([])
  expect([client.rows(), server.rows()]).toEqual([0, 0])
  keep.unsubscribe()
})

test('a cancel word names the exchange that was asked', () => {
  const { ask, down } = fake()
  ask(get('/t', true)).subscribe().unsubscribe()
  const [first, second] = down as [Ask, Cancel]
  expect(second).toEqual({ type: 'cancel', exchange: first.exchange, remote: first.request.remote })
})
