/** A body from the server in bursts, as the RFC draws it (RFC 9177 §10.2). */
import { delay, EMPTY, type Observable, of } from 'rxjs'
import { expect, test } from 'vitest'
import { request } from '../../src/exchange/request.ts'
import { get } from './qblock-play.ts'
import { serverName, storeOf } from './qblock-pair.ts'

const blocks = (count: number) => (count - 1) * 1024 + 100
const first = (pattern: RegExp) => (line: string, times: number) => pattern.test(line) && times === 1

test('four blocks come at once [RFC 9177 §10.2.1]', () => {
  const { lines, store, body, result } = get({ length: blocks(4) })
  expect(lines).toEqual(['0 -> NON GET QB2:0/1', '10 <- NON 2.05 QB2:0-2/1', '10 <- NON 2.05 QB2:3/0'])
  expect(store.bytes()).toEqual(body)
  expect(result).toMatchObject({ code: '2.05', body: { size: body.length } })
})

test('after MAX_PAYLOADS blocks the server waits to be told to go on, and goes on under the first token [RFC 9177 §10.2.2]', () => {
  const { lines, store, body } = get({ length: blocks(11) })
  expect(lines).toEqual(['0 -> NON GET QB2:0/1', '10 <- NON 2.05 QB2:0-9/1', '20 -> NON GET QB2:10/1', '30 <- NON 2.05 QB2:10/0'])
  expect(store.bytes()).toEqual(body)
})

test('missing blocks are asked for in one go when the next set begins to come, and again when they do not [RFC 9177 §10.2.3]', () => {
  const lost = (line: string, times: number) => (/2.05 QB2:1\/1/.test(line) && times < 3) || first(/2.05 QB2:9\/1/)(line, times)
  const { lines, store, body, asked } = get({ length: blocks(11), lost })
  expect(lines).toEqual([
    '0 -> NON GET QB2:0/1',
    '10 <- NON 2.05 QB2:0/1',
    '10 <- NON 2.05 QB2:1/1 X',
    '10 <- NON 2.05 QB2:2-8/1',
    '10 <- NON 2.05 QB2:9/1 X',
    '2010 <- NON 2.05 QB2:10/0',
    '2020 -> NON GET QB2:1/0 QB2:9/0',
    '2030 <- NON 2.05 QB2:1/1 X',
    '2030 <- NON 2.05 QB2:9/1',
    '6040 -> NON GET QB2:1/0',
    '6050 <- NON 2.05 QB2:1/1',
  ])
  expect(store.bytes()).toEqual(body)
  expect(asked).toHaveLength(1)
})

test('the rest of a set is asked for with the M bit [RFC 9177 §10.2.4]', () => {
  const { lines, store, body } = get({ length: blocks(11), lost: first(/2.05 QB2:([2-9]\/1|10\/0)/) })
  expect(lines.filter((line) => !line.endsWith('X'))).toEqual([
    '0 -> NON GET QB2:0/1',
    '10 <- NON 2.05 QB2:0-1/1',
    '4020 -> NON GET QB2:2/1',
    '4030 <- NON 2.05 QB2:2-9/1',
    '4040 -> NON GET QB2:10/1',
    '4050 <- NON 2.05 QB2:10/0',
  ])
  expect(store.bytes()).toEqual(body)
})

test('when the word to go on is lost the next set comes by itself, NON_TIMEOUT_RANDOM later [RFC 9177 §7.2]', () => {
  const { lines, store, body } = get({ length: blocks(23), lost: first(/GET QB2:10\/1/) })
  expect(lines).toEqual([
    '0 -> NON GET QB2:0/1',
    '10 <- NON 2.05 QB2:0-9/1',
    '20 -> NON GET QB2:10/1 X',
    '2010 <- NON 2.05 QB2:10-19/1',
    '2020 -> NON GET QB2:20/1',
    '2030 <- NON 2.05 QB2:20-21/1',
    '2030 <- NON 2.05 QB2:22/0',
  ])
  expect(store.bytes()).toEqual(body)
})

test('a set that was lost as a whole is asked for as if it had not been sent', () => {
  const { lines, store, body } = get({ length: blocks(20), lost: first(/2.05 QB2:1\d/) })
  expect(lines.filter((line) => !line.endsWith('X'))).toEqual([
    '0 -> NON GET QB2:0/1',
    '10 <- NON 2.05 QB2:0-9/1',
    '20 -> NON GET QB2:10/1',
    '4020 -> NON GET QB2:10/1',
    '4030 <- NON 2.05 QB2:10-18/1',
    '4030 <- NON 2.05 QB2:19/0',
  ])
  expect(store.bytes()).toEqual(body)
})

test('a server that is gone is asked four times more, with doubled patience [RFC 9177 §7.2]', () => {
  const { lines, result, store } = get({ length: blocks(23), lost: (line) => line.includes('->') })
  expect(lines).toEqual([0, 4, 12, 28, 60].map((second) => `${second * 1000} -> NON GET QB2:0/1 X`))
  expect(result).toBe('timeout')
  expect(store.state()).toBe('new')
})

test('a client that is gone gets five sets at most; the body is let go [RFC 9177 §7.2]', () => {
  let left = 14
  const { lines, result, store } = get({ length: blocks(99), lost: () => left-- <= 0 })
  expect(Math.max(...lines.map((line) => Number(/2.05 QB2:(?:\d+-)?(\d+)/.exec(line)?.[1] ?? 0)))).toBe(59)
  expect(result).toBe('timeout')
  expect(store.state()).toBe('abandoned')
})

test('a peer of which nothing is known is asked with a CON, the others are NON [RFC 9177 §4.1]', () => {
  const { lines } = get({ length: blocks(2), acquainted: false })
  expect(lines).toEqual(['0 -> CON GET QB2:0/1', '10 <- ACK 2.05 QB2:0/1', '10 <- NON 2.05 QB2:1/0'])
})

test('a peer that does not know bursts is asked block by block; that is remembered for an hour, then it is asked again', () => {
  const played = get({ length: blocks(2), acquainted: false, server: { parameters: { robustBlocks: 'off' } }, untilMs: 1_000 })
  const [first, refusal, ...rest] = played.lines
  expect([first, refusal]).toEqual(['0 -> CON GET QB2:0/1', '10 <- ACK 4.02'])
  expect(rest).toEqual(['20 -> CON GET', '30 <- ACK 2.05 B2:0/1', '40 -> CON GET B2:1/0', '50 <- ACK 2.05 B2:1/0'])
  expect(played.store.bytes()).toEqual(played.body)
  const { client, scheduler, lines } = played.pair
  const again = (atMs: number): string => {
    scheduler.flush(atMs)
    lines.length = 0
    client.ask(request('GET', serverName, { sink: storeOf() }, '/path')).subscribe()
    scheduler.flush(atMs + 500)
    return lines[0]!.slice(7).trim()
  }
  expect(again(10_000)).toBe('-> CON GET')
  expect(again(3_590_000)).toBe('-> CON GET')
  expect(again(3_601_000)).toBe('-> CON GET QB2:0/1')
})

test('who does not speak in bursts rejects a NON that asks for them [RFC 9177 §4.3]', () => {
  const { lines } = get({ length: blocks(2), acquainted: false, client: { parameters: { robustBlocks: 'off' } } })
  expect(lines).toEqual(['0 -> CON GET', '10 <- ACK 2.05 B2:0/1', '20 -> CON GET B2:1/0', '30 <- ACK 2.05 B2:1/0'])
})

test('a sink slower than the network is not overrun: the word to go on waits for it', () => {
  const slow = storeOf((done): Observable<never> => {
    done()
    return EMPTY
  })
  const played = get({ length: blocks(12), acquainted: true })
  const { client, scheduler, lines } = played.pair
  lines.length = 0
  const from = scheduler.now()
  const write = slow.write
  const sink = {
    ...slow,
    write: (bytes: Uint8Array, offset: number) => write(bytes, offset).pipe(delay(0)),
    open: () => of(0).pipe(delay(1_500, scheduler)),
  }
  client.ask(request('GET', serverName, { sink }, '/path')).subscribe()
  scheduler.flush(from + 1_600)
  expect(lines.at(-1)).toBe(`${String(from + 1_530).padStart(6)} <- NON 2.05 QB2:11/0`)
})
