/** Notifications in bursts, as the RFC draws them (RFC 9177 §10.2, §4.4, §4.5). The registration goes as CON here, the notifications as NON. */
import { BehaviorSubject, map, of, type Observable } from 'rxjs'
import { expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { request } from '../../src/exchange/request.ts'
import type { Method } from '../../src/message/code.ts'
import { noBytes } from '../../src/message/message.ts'
import { options, strings, uintOption } from '../../src/message/option.ts'
import { bodyOf, pair, serverName, storeOf, type PairOptions } from './qblock-pair.ts'
import { drawn } from './qblock-line.ts'

const blocks = (count: number, seed = 0) => bodyOf((count - 1) * 1024 + 100).map((octet) => (octet + seed) & 255)
const first = (pattern: RegExp) => (line: string, times: number) => pattern.test(line) && times === 1

interface Stage extends PairOptions {
  readonly bodies: readonly Uint8Array[]
  readonly confirmable?: boolean
  readonly acquainted?: boolean
  readonly method?: Method
  readonly payload?: Uint8Array
}

/** An observer and what it observes: a body that changes. */
const staged = ({ bodies, confirmable = false, acquainted = true, method = 'GET', payload = noBytes, parameters = {}, ...rest }: Stage) => {
  const value$ = new BehaviorSubject(bodies[0]!)
  const made = pair({
    ...rest,
    parameters: { ackRandomFactor: 1, ...parameters },
    server: {
      handler: ({ options: all }): Observable<Response> =>
        strings(all, options.UriPath)[0] === 'hello'
          ? of({ code: '2.05', options: [], payload: bodyOf(1_100) })
          : value$.pipe(map((body) => ({ code: '2.05' as const, options: [], payload: body, confirmable }))),
      ...rest.server,
    },
  })
  const { scheduler, lines } = made
  if (acquainted) made.client.ask(request('GET', serverName, { sink: storeOf() }, '/hello')).subscribe()
  scheduler.flush(scheduler.now() + 1_000)
  made.arm()
  let start = scheduler.now()
  const got: Uint8Array[] = []
  let error: string | undefined
  const observing = made.client
    .ask(request(method, serverName, { options: [uintOption(options.Observe, 0)], payload }, '/path'))
    .subscribe({
      next: (response) => got.push(Uint8Array.from(response.payload)),
      error: (one: unknown) => (error = one instanceof Lwm2mError ? one.code : 'unknown'),
    })
  /** What is drawn from here on. */
  const anew = () => {
    lines.length = 0
    start = scheduler.now()
  }
  return {
    ...made,
    got,
    error: () => error,
    change: (body: Uint8Array) => value$.next(body),
    pass: (ms: number) => scheduler.flush(scheduler.now() + ms),
    anew,
    observing,
    lines: () => drawn(lines.map((line) => `${Number(line.slice(0, 6)) - start} ${line.slice(7)}`)),
  }
}

test('four blocks at once, and four more when it changes, with the next number and another ETag [RFC 9177 §10.2.1]', () => {
  const it = staged({ bodies: [blocks(4)] })
  it.pass(5_000)
  it.change(blocks(4, 1))
  it.pass(60_000)
  expect(it.lines()).toEqual([
    '0 -> CON GET O:0 QB2:0/1',
    '10 <- ACK 2.05 O:1 QB2:0/1',
    '10 <- NON 2.05 O:1 QB2:1-2/1',
    '10 <- NON 2.05 O:1 QB2:3/0',
    '5000 <- NON 2.05 O:2 QB2:0-2/1',
    '5000 <- NON 2.05 O:2 QB2:3/0',
  ])
  expect(it.got).toEqual([blocks(4), blocks(4, 1)])
})

test('eleven blocks: the next set goes when the observer says so, under the token of the observation, with its number [RFC 9177 §10.2.2]', () => {
  const it = staged({ bodies: [blocks(11)] })
  it.pass(5_000)
  it.change(blocks(11, 1))
  it.pass(60_000)
  expect(it.lines()).toEqual([
    '0 -> CON GET O:0 QB2:0/1',
    '10 <- ACK 2.05 O:1 QB2:0/1',
    '10 <- NON 2.05 O:1 QB2:1-9/1',
    '20 -> NON GET QB2:10/1',
    '30 <- NON 2.05 O:1 QB2:10/0',
    '5000 <- NON 2.05 O:2 QB2:0-9/1',
    '5010 -> NON GET QB2:10/1',
    '5020 <- NON 2.05 O:2 QB2:10/0',
  ])
  expect(it.got).toEqual([blocks(11), blocks(11, 1)])
})

test('missing blocks are asked for without Observe, and come without it [RFC 9177 §10.2.3, §4.5]', () => {
  const lost = (line: string, times: number) => (/2.05( O:2)? QB2:1\/1/.test(line) && times < 2) || first(/O:2 QB2:9\/1/)(line, times)
  const it = staged({ bodies: [blocks(11)], lost })
  it.pass(5_000)
  it.anew()
  it.change(blocks(11, 1))
  it.pass(60_000)
  expect(it.lines()).toEqual([
    '0 <- NON 2.05 O:2 QB2:0/1',
    '0 <- NON 2.05 O:2 QB2:1/1 X',
    '0 <- NON 2.05 O:2 QB2:2-8/1',
    '0 <- NON 2.05 O:2 QB2:9/1 X',
    '2000 <- NON 2.05 O:2 QB2:10/0',
    '2010 -> NON GET QB2:1/0 QB2:9/0',
    '2020 <- NON 2.05 QB2:1/1 X',
    '2020 <- NON 2.05 QB2:9/1',
    '6030 -> NON GET QB2:1/0',
    '6040 <- NON 2.05 QB2:1/1',
  ])
  expect(it.got).toEqual([blocks(11), blocks(11, 1)])
})

test('the rest of a set is asked for with the M bit, and the next set with the word to go on [RFC 9177 §10.2.4]', () => {
  const it = staged({ bodies: [blocks(11)], lost: first(/O:2 QB2:([2-9]\/1|10\/0)/) })
  it.pass(5_000)
  it.anew()
  it.change(blocks(11, 1))
  it.pass(60_000)
  expect(it.lines().filter((line) => !line.endsWith('X'))).toEqual([
    '0 <- NON 2.05 O:2 QB2:0-1/1',
    '4010 -> NON GET QB2:2/1',
    '4020 <- NON 2.05 QB2:2-9/1',
    '4030 -> NON GET QB2:10/1',
    '4040 <- NON 2.05 O:2 QB2:10/0',
  ])
  expect(it.got).toEqual([blocks(11), blocks(11, 1)])
})

test('a FETCH is observed in bursts as a GET is: what is missing is asked for with its payload [RFC 9177 §10.3]', () => {
  const it = staged({ bodies: [blocks(4)], method: 'FETCH', payload: bodyOf(8), lost: first(/O:2 QB2:1\/1/) })
  it.pass(5_000)
  it.change(blocks(4, 1))
  it.pass(60_000)
  expect(it.lines()).toEqual([
    '0 -> CON FETCH O:0 QB2:0/1',
    '10 <- ACK 2.05 O:1 QB2:0/1',
    '10 <- NON 2.05 O:1 QB2:1-2/1',
    '10 <- NON 2.05 O:1 QB2:3/0',
    '5000 <- NON 2.05 O:2 QB2:0/1',
    '5000 <- NON 2.05 O:2 QB2:1/1 X',
    '5000 <- NON 2.05 O:2 QB2:2/1',
    '5000 <- NON 2.05 O:2 QB2:3/0',
    '9010 -> NON FETCH QB2:1/0',
    '9020 <- NON 2.05 QB2:1/1',
  ])
  expect(it.got).toEqual([blocks(4), blocks(4, 1)])
})

test('a newer notification takes the place of one that is not whole; of that one nothing more is asked for or sent [RFC 9177 §4.4]', () => {
  const it = staged({ bodies: [blocks(4)], lost: first(/O:2 QB2:(1|10)\//), parameters: { nonNotificationMs: 0 } })
  it.pass(5_000)
  it.anew()
  it.change(blocks(11, 1))
  it.pass(1_000)
  it.change(blocks(4, 2))
  it.pass(60_000)
  expect(it.lines().filter((line) => !line.endsWith('X'))).toEqual([
    '0 <- NON 2.05 O:2 QB2:0/1',
    '0 <- NON 2.05 O:2 QB2:2-9/1',
    '1000 <- NON 2.05 O:3 QB2:0-2/1',
    '1000 <- NON 2.05 O:3 QB2:3/0',
  ])
  expect(it.got).toEqual([blocks(4), blocks(4, 2)])
})

test('a newer one that fits in a message takes its place, too', () => {
  const it = staged({ bodies: [blocks(4)], lost: first(/O:2 QB2:1\//), parameters: { nonNotificationMs: 0 } })
  it.pass(5_000)
  it.anew()
  it.change(blocks(11, 1))
  it.pass(1_000)
  it.change(bodyOf(3))
  it.pass(60_000)
  expect(it.lines().slice(-1)).toEqual(['1000 <- NON 2.05 O:3'])
  expect(it.got).toEqual([blocks(4), bodyOf(3)])
})

test('what is missing comes of another representation, whose notification was lost: that one is fetched [RFC 9177 §4.4]', () => {
  const it = staged({ bodies: [blocks(4)], lost: (line) => /O:2 QB2:1\//.test(line) || /O:3/.test(line) })
  it.pass(5_000)
  it.anew()
  it.change(blocks(4, 1))
  it.pass(3_100)
  it.change(blocks(4, 2))
  it.pass(60_000)
  expect(it.lines().filter((line) => !line.endsWith('X'))).toEqual([
    '0 <- NON 2.05 O:2 QB2:0/1',
    '0 <- NON 2.05 O:2 QB2:2/1',
    '0 <- NON 2.05 O:2 QB2:3/0',
    '4010 -> NON GET QB2:1/0',
    '4020 <- NON 2.05 QB2:1/1',
    '8030 -> NON GET QB2:0/0 QB2:2/0 QB2:3/0',
    '8040 <- NON 2.05 QB2:0/1',
    '8040 <- NON 2.05 QB2:2/1',
    '8040 <- NON 2.05 QB2:3/0',
  ])
  expect(it.got).toEqual([blocks(4), blocks(4, 2)])
})

test('a notification of what has already come ahead of it brings nothing new, and nothing is asked for', () => {
  const late = (line: string) => /O:2 QB2:1\//.test(line) || /O:3 QB2:[0-2]/.test(line)
  const it = staged({ bodies: [blocks(4)], lost: late })
  it.pass(5_000)
  it.anew()
  it.change(blocks(4, 1))
  it.pass(3_100)
  it.change(blocks(4, 2))
  it.pass(60_000)
  expect(it.got).toEqual([blocks(4), blocks(4, 2)])
})

test('by default the first block of a notification is confirmable, the others are not [RFC 7641 §4.5]', () => {
  const it = staged({ bodies: [blocks(4)], confirmable: true })
  it.pass(5_000)
  it.anew()
  it.change(blocks(4, 1))
  it.pass(60_000)
  expect(it.lines()).toEqual(['0 <- CON 2.05 O:2 QB2:0/1', '0 <- NON 2.05 O:2 QB2:1-2/1', '0 <- NON 2.05 O:2 QB2:3/0', '10 -> ACK 0.00'])
  expect(it.got).toEqual([blocks(4), blocks(4, 1)])
})

test('while one is outstanding the next waits: only its first block takes the place, the rest follows the acknowledgement [RFC 7641 §4.5.1, §4.5.2]', () => {
  const it = staged({ bodies: [blocks(4)], confirmable: true, lost: first(/ACK 0.00/) })
  it.pass(5_000)
  it.anew()
  it.change(blocks(4, 1))
  it.pass(500)
  it.change(blocks(4, 2))
  it.change(blocks(4, 3))
  it.pass(60_000)
  expect(it.lines()).toEqual([
    '0 <- CON 2.05 O:2 QB2:0/1',
    '0 <- NON 2.05 O:2 QB2:1-2/1',
    '0 <- NON 2.05 O:2 QB2:3/0',
    '10 -> ACK 0.00 X',
    '2000 <- CON 2.05 O:4 QB2:0/1',
    '2010 -> ACK 0.00',
    '2020 <- NON 2.05 O:4 QB2:1-2/1',
    '2020 <- NON 2.05 O:4 QB2:3/0',
  ])
  expect(it.got).toEqual([blocks(4), blocks(4, 1), blocks(4, 3)])
})

test('notifications that nobody answers keep their distance, all blocks of one together [RFC 7641 §4.5.1]', () => {
  const it = staged({ bodies: [blocks(2)] })
  it.pass(5_000)
  it.anew()
  for (const seed of [1, 2, 3, 4]) it.change(blocks(2, seed))
  it.pass(60_000)
  expect(it.lines()).toEqual([
    '0 <- NON 2.05 O:2 QB2:0/1',
    '0 <- NON 2.05 O:2 QB2:1/0',
    '3000 <- NON 2.05 O:3 QB2:0/1',
    '3000 <- NON 2.05 O:3 QB2:1/0',
  ])
  expect(it.got).toEqual([blocks(2), blocks(2, 1), blocks(2, 4)])
})

test('of a notification that waits for its turn no later set goes before the first: it is asked for', () => {
  const it = staged({ bodies: [blocks(2)], parameters: { nonNotificationMs: 5_000 } })
  it.pass(9_000)
  it.anew()
  it.change(blocks(2, 1))
  it.change(blocks(12, 2))
  it.pass(60_000)
  const numbers = it.lines().flatMap((line) => (/<- NON .*O:(\d+)/.exec(line) ?? []).slice(1))
  expect([...new Set(numbers)]).toEqual(['2', '3'])
  expect(it.lines().filter((line) => line.includes('O:2 QB2:10'))).toEqual([])
  expect(it.got).toEqual([blocks(2), blocks(2, 1), blocks(12, 2)])
})

test('what does not come at all is given up after four questions, and the observation registered again [RFC 9177 §7.2, RFC 7641 §3.3.1]', () => {
  const it = staged({
    bodies: [blocks(4)],
    parameters: { renewObservations: false },
    lost: (line) => /QB2:1\/1/.test(line) && !line.includes('O:1 ') && !line.includes('O:3') && !line.includes('O:4'),
  })
  it.pass(5_000)
  it.anew()
  it.change(blocks(4, 1))
  it.pass(400_000)
  expect(it.lines().filter((line) => !line.endsWith('X') && line.includes('->'))).toEqual([
    '4010 -> NON GET QB2:1/0',
    '12010 -> NON GET QB2:1/0',
    '28010 -> NON GET QB2:1/0',
    '60010 -> NON GET QB2:1/0',
    '124010 -> CON GET O:0 QB2:0/1',
  ])
  expect(it.got).toEqual([blocks(4), blocks(4, 1)])
  it.change(blocks(4, 2))
  it.pass(10_000)
  expect(it.got.at(-1)).toEqual(blocks(4, 2))
  expect(it.error()).toBeUndefined()
})

test('a peer of which nothing is known is asked with bursts, and observed block by block when it does not know them [RFC 9177 §4.1]', () => {
  const it = staged({ bodies: [blocks(2)], acquainted: false, server: { parameters: { robustBlocks: 'off' } } })
  it.pass(5_000)
  it.change(blocks(2, 1))
  it.pass(5_000)
  expect(it.lines().slice(0, 4)).toEqual(['0 -> CON GET O:0 QB2:0/1', '10 <- ACK 4.02', '20 -> CON GET O:0', '30 <- ACK 2.05 O:1 B2:0/1'])
  expect(it.lines().some((line) => line.includes('NON 2.05 O:2 B2:0/1'))).toBe(true)
  expect(it.got).toEqual([blocks(2), blocks(2, 1)])
})

test('deregistering asks for no burst, and ends one that is under way [RFC 7641 §3.6]', () => {
  const it = staged({ bodies: [blocks(2)] })
  it.pass(5_000)
  it.anew()
  it.change(blocks(40, 1))
  it.pass(5)
  it.observing.unsubscribe()
  it.pass(60_000)
  const from = it.lines().findIndex((line) => line.includes('CON GET O:1'))
  expect(it.lines().slice(from)).toContain('5 -> CON GET O:1')
  expect(
    it
      .lines()
      .slice(from)
      .filter((line) => line.includes('2.05')).length,
  ).toBe(1)
})
