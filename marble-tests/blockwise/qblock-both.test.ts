/** Both bodies in bursts, and what a server makes of requests that no client may make (RFC 9177 §10.3, §4). */
import { of } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import { request, type RequestDetails } from '../../src/exchange/request.ts'
import type { Method } from '../../src/message/code.ts'
import { noBytes } from '../../src/message/message.ts'
import { opaqueOption, options, uintOption, type Option } from '../../src/message/option.ts'
import { drawn } from './qblock-line.ts'
import { bodyOf, pair, serverName, type PairOptions } from './qblock-pair.ts'

const blocks = (count: number) => (count - 1) * 1024 + 100
const q1 = (num: number, more: boolean, szx = 6): Option => uintOption(options.QBlock1, num * 16 + (more ? 8 : 0) + szx)
const q2 = (num: number, more: boolean, szx = 6): Option => uintOption(options.QBlock2, num * 16 + (more ? 8 : 0) + szx)
const tag = opaqueOption(options.RequestTag, Uint8Array.of(30))
const size1 = (size: number) => uintOption(options.Size1, size)

/** The server answers a FETCH with a body of that length. */
const serving = (length: number, more: PairOptions = {}) => {
  const made = pair({
    parameters: { ackRandomFactor: 1 },
    server: {
      handler: (one) =>
        of({ code: one.code === '0.04' ? '2.02' : '2.05', options: [], payload: one.code === '0.04' ? noBytes : bodyOf(length) }),
    },
    ...more,
  })
  made.client.ask(request('PUT', serverName, { payload: bodyOf(1_025) }, '/hello')).subscribe()
  made.scheduler.flush(1_000)
  made.arm()
  return made
}
const ask = (made: ReturnType<typeof serving>, method: Method, details: RequestDetails) => {
  const start = made.scheduler.now()
  let code = ''
  let payload = noBytes
  made.client.ask(request(method, serverName, details, '/path')).subscribe({
    next: (response) => ([code, payload] = [response.code, response.payload]),
    error: (error: unknown) => (code = error instanceof Lwm2mError ? error.code : 'unknown'),
  })
  made.scheduler.flush(start + 60_000)
  return { code, payload, lines: drawn(made.lines.map((line) => `${Number(line.slice(0, 6)) - start} ${line.slice(7)}`)) }
}

test('a FETCH of three blocks is answered with four, under the token of the last [RFC 9177 §10.3.1]', () => {
  const { lines, payload } = ask(serving(blocks(4)), 'FETCH', { payload: bodyOf(blocks(3)) })
  expect(lines).toEqual(['0 -> NON FETCH QB1:0-1/1', '0 -> NON FETCH QB1:2/0', '10 <- NON 2.05 QB2:0-2/1', '10 <- NON 2.05 QB2:3/0'])
  expect(payload).toEqual(bodyOf(blocks(4)))
})

test('eleven blocks each way: 2.31 up, a word to go on down [RFC 9177 §10.3.2]', () => {
  const { lines, payload } = ask(serving(blocks(11)), 'FETCH', { payload: bodyOf(blocks(11)) })
  expect(lines).toEqual([
    '0 -> NON FETCH QB1:0-9/1',
    '10 <- NON 2.31',
    '20 -> NON FETCH QB1:10/0',
    '30 <- NON 2.05 QB2:0-9/1',
    '40 -> NON FETCH QB2:10/1',
    '50 <- NON 2.05 QB2:10/0',
  ])
  expect(payload).toEqual(bodyOf(blocks(11)))
})

test('losses both ways: the server asks for blocks 1 and 2, the client for 1 and 3 [RFC 9177 §10.3.3]', () => {
  const lost = (line: string, times: number) => (/QB1:[12]\/1/.test(line) || /2.05 QB2:(1\/1|3\/0)/.test(line)) && times === 1
  const { lines, payload } = ask(serving(blocks(4), { lost }), 'FETCH', { payload: bodyOf(blocks(4)) })
  expect(lines.filter((line) => !line.endsWith('X'))).toEqual([
    '0 -> NON FETCH QB1:0/1',
    '0 -> NON FETCH QB1:3/0',
    '4010 <- NON 4.08 [Missing 1,2]',
    '4020 -> NON FETCH QB1:1-2/1',
    '4030 <- NON 2.05 QB2:0/1',
    '4030 <- NON 2.05 QB2:2/1',
    '8040 -> NON FETCH QB2:1/0 QB2:3/0',
    '8050 <- NON 2.05 QB2:1/1',
    '8050 <- NON 2.05 QB2:3/0',
  ])
  expect(payload).toEqual(bodyOf(blocks(4)))
})

describe('a server answers', () => {
  const code = (method: Method, all: readonly Option[], payload = noBytes) =>
    ask(serving(blocks(3)), method, { options: all, payload }).code
  const block = bodyOf(1024)
  test('4.00 to a block without Request-Tag, or without Size1 [RFC 9177 §4.3]', () => {
    expect(code('PUT', [q1(0, true), size1(blocks(3))], block)).toBe('4.00')
    expect(code('PUT', [q1(0, true), tag], block)).toBe('4.00')
  })
  test('4.00 to a block whose length, number or M bit is not what Size1 says [RFC 9177 §4.6]', () => {
    expect(code('PUT', [q1(0, true), size1(blocks(3)), tag], bodyOf(1000))).toBe('4.00')
    expect(code('PUT', [q1(3, false), size1(blocks(3)), tag], bodyOf(100))).toBe('4.00')
    expect(code('PUT', [q1(2, true), size1(blocks(3)), tag], block)).toBe('4.00')
  })
  test('4.00 to missing blocks whose numbers do not ascend [RFC 9177 §4.4]', () => {
    expect(code('GET', [q2(1, false), q2(1, false)])).toBe('4.00')
    expect(code('GET', [q2(2, false), q2(1, false)])).toBe('4.00')
  })
  test('4.02 to blocks of both kinds in one message [RFC 9177 §4.1]', () => {
    expect(code('GET', [uintOption(options.Block2, 6), q2(0, true)])).toBe('4.02')
    expect(code('PUT', [q1(0, true), uintOption(options.Block1, 14), size1(blocks(3)), tag], block)).toBe('4.02')
  })
  test('4.13 to a body that is larger than it takes', () => {
    expect(code('PUT', [q1(0, true), size1(2 ** 21), tag], block)).toBe('4.13')
  })
  test('2.05 without blocks to a body that fits [RFC 9177 §4.2]', () => {
    expect(ask(serving(100), 'GET', { options: [q2(0, true)] }).lines).toEqual(['0 -> CON GET QB2:0/1', '10 <- ACK 2.05'])
  })
})

test('a block that is asked for twice in one request comes once [RFC 9177 §4.4]', () => {
  const made = serving(blocks(12))
  ask(made, 'GET', { options: [q2(0, true)] })
  made.lines.length = 0
  const { lines } = ask(made, 'GET', { options: [q2(7, true), q2(8, false), q2(9, false)] })
  expect(lines.filter((line) => line.includes('<-'))).toEqual(['10 <- ACK 2.05 QB2:7/1', '10 <- NON 2.05 QB2:8-9/1'])
})
