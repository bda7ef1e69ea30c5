/** libcoap's requests at our endpoint: methods, bodies in blocks, Observe, loss on either side. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BehaviorSubject, map, of, timer, type Observable, type Subscription } from 'rxjs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { coapEndpoint } from '../../src/coap.ts'
import { seeded } from '../../src/core/dice.ts'
import { faulty } from '../../src/datagram/faults.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { responses, type Code } from '../../src/message/code.ts'
import { noBytes } from '../../src/message/message.ts'
import { options, strings, uintOption } from '../../src/message/option.ts'
import type { Parameters } from '../../src/exchange/parameters.ts'
import { live } from '../../src/platform/live.ts'
import { folder, mebibyte, octets, run, type Ended } from './peer.ts'
import { traced } from './traced.ts'

const room = folder()
const opened: Subscription[] = []
afterEach(() => opened.splice(0).forEach((subscription) => subscription.unsubscribe()))
afterAll(() => room.remove())

const answer = (code: Code, payload: Uint8Array | string = noBytes, format?: number): Response => ({
  code,
  options: format === undefined ? [] : [uintOption(options.ContentFormat, format)],
  payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
})

/** A store of bodies by path, with what libcoap's own example has: something slow, and something that changes. */
const shop = () => {
  const bodies = new Map<string, BehaviorSubject<Uint8Array>>()
  const requests: Request[] = []
  const handler = (request: Request): Observable<Response> => {
    requests.push(request)
    const path = strings(request.options, options.UriPath).join('/')
    const body = bodies.get(path)
    switch (request.code) {
      case '0.01':
        if (path === 'slow') return timer(1_500).pipe(map(() => answer(responses.Content, 'at last', 0)))
        if (path === 'ticks') return timer(0, 300).pipe(map((tick) => answer(responses.Content, `tick ${tick}`, 0)))
        return body === undefined ? of(answer(responses.NotFound)) : body.pipe(map((bytes) => answer(responses.Content, bytes, 42)))
      case '0.02':
        return of(answer(responses.Changed, request.payload.slice().reverse(), 42))
      case '0.03':
        if (body === undefined) bodies.set(path, new BehaviorSubject(request.payload))
        else body.next(request.payload)
        return of(answer(body === undefined ? responses.Created : responses.Changed))
      case '0.04':
        bodies.delete(path)
        return of(answer(responses.Deleted))
      default:
        return of(answer(responses.MethodNotAllowed))
    }
  }
  return { bodies, requests, handler }
}

const open = async ({ loss = 0, parameters = {} }: { readonly loss?: number; readonly parameters?: Partial<Parameters> } = {}) => {
  const env = live()
  const { udp } = env.transports
  const seen: string[] = []
  const weather = { scheduler: env.scheduler, random: seeded(11) }
  const { bodies, requests, handler } = shop()
  const { up$ } = coapEndpoint(
    { ...env, transports: { udp: (socket) => faulty(weather, { loss })(traced(seen)(udp(socket))) } },
    { socket: { listen: { address: '127.0.0.1', port: 0 } }, handler, parameters },
  )
  const port = await new Promise<number>((resolve, reject) => {
    opened.push(up$.subscribe({ next: (up) => up.type === 'listening' && resolve(up.port), error: reject }))
  })
  return { uri: `coap://127.0.0.1:${port}`, bodies, requests, seen }
}
const coapClient = (...args: readonly string[]): Promise<Ended> => run('coap-client-notls', args, { cwd: room.path })
const file = (name: string, bytes: Uint8Array): string => {
  const path = join(room.path, name)
  writeFileSync(path, bytes)
  return path
}
let fetched = 0
const fetch = async (...args: readonly string[]): Promise<Uint8Array> => {
  const path = join(room.path, `fetched-${++fetched}`)
  const { stderr } = await coapClient('-o', path, ...args)
  try {
    return readFileSync(path)
  } catch {
    throw new Error(`nothing was fetched: ${stderr}`)
  }
}

describe('methods', () => {
  test.each([[[]], [['-N']]])('PUT, GET, POST and DELETE with %j [RFC 7252 §5.8]', async (how) => {
    const { uri, bodies, requests } = await open()
    await coapClient(...how, '-m', 'put', '-e', 'one', '-t', '0', `${uri}/a/b?c=d`)
    expect(Buffer.from(bodies.get('a/b')!.value).toString()).toBe('one')
    expect(strings(requests[0]!.options, options.UriQuery)).toEqual(['c=d'])
    expect(requests[0]!.confirmable).toBe(how.length === 0)
    expect((await coapClient(...how, `${uri}/a/b`)).stdout.toString().trim()).toBe('one')
    expect((await coapClient(...how, '-m', 'post', '-e', 'abc', `${uri}/x`)).stdout.toString().trim()).toBe('cba')
    await coapClient(...how, '-m', 'delete', `${uri}/a/b`)
    expect((await coapClient(...how, `${uri}/a/b`)).stderr).toContain('4.04')
  })

  test('what takes its time is acknowledged and answered separately [RFC 7252 §5.2.2]', async () => {
    const { uri, seen } = await open()
    expect((await coapClient(`${uri}/slow`)).stdout.toString().trim()).toBe('at last')
    expect(seen.map((line) => line.slice(0, 10))).toEqual(['< CON GET ', '> ACK Empt', '> CON 2.05', '< ACK Empt'])
  })

  test('a critical option unknown to us is 4.02 [RFC 7252 §5.4.1]', async () => {
    const { uri } = await open()
    expect((await coapClient('-O', '2051,0x01', `${uri}/a`)).stderr).toContain('4.02')
  })

  test('a proxy is not here: 5.05 [RFC 7252 §5.10.2]', async () => {
    const { uri } = await open()
    expect((await coapClient('-B', '5', '-P', uri, 'coap://127.0.0.2/a')).stderr).toContain('5.05')
  })
})

describe('bodies', () => {
  const body = octets(mebibyte)

  test('1 MiB comes and goes [RFC 7959 §2]', async () => {
    const { uri, bodies } = await open()
    await coapClient('-m', 'put', '-f', file('large', body), `${uri}/large`)
    expect(Buffer.compare(bodies.get('large')!.value, body)).toBe(0)
    expect(Buffer.compare(await fetch(`${uri}/large`), body)).toBe(0)
  })

  test.each([16, 32, 64, 128, 256, 512, 1024])('any size comes and goes in blocks of %i [RFC 7959 §2.2]', async (size) => {
    const { uri, bodies } = await open()
    for (const count of [1, size - 1, size, size + 1, 5 * size, 7 * size + 3]) {
      const there = octets(count, size + count)
      await coapClient('-b', String(size), '-m', 'put', '-f', file('sized', there), `${uri}/s${count}`)
      expect(Buffer.compare(bodies.get(`s${count}`)!.value, there)).toBe(0)
      expect(Buffer.compare(await fetch('-b', String(size), `${uri}/s${count}`), there)).toBe(0)
    }
  })

  test('a large body is answered by a large one [RFC 7959 §2.7]', async () => {
    const { uri } = await open()
    const there = octets(20_000, 5)
    expect(Buffer.compare(await fetch('-m', 'post', '-f', file('posted', there), `${uri}/p`), there.slice().reverse())).toBe(0)
  })

  test('we say smaller blocks, and it goes on with them [RFC 7959 §2.4, §2.5]', async () => {
    const { uri, bodies } = await open({ parameters: { szx: 2 } })
    const there = octets(10_000, 6)
    await coapClient('-m', 'put', '-f', file('small', there), `${uri}/small`)
    expect(Buffer.compare(bodies.get('small')!.value, there)).toBe(0)
    expect(Buffer.compare(await fetch(`${uri}/small`), there)).toBe(0)
  })

  test('more than we take is 4.13 [RFC 7959 §2.9.3]', async () => {
    const { uri, bodies } = await open({ parameters: { bodyBytesMax: 50_000 } })
    expect((await coapClient('-B', '20', '-m', 'put', '-f', file('large', body), `${uri}/large`)).stderr).toContain('4.13')
    expect(bodies.size).toBe(0)
  })

  test.each([
    { where: 'our', loss: 0.05, args: [] },
    { where: 'its', loss: 0, args: ['-l', '5%'] },
  ])('bodies survive loss on $where side [RFC 7252 §4.2]', async ({ loss, args }) => {
    // Its time-outs are those of the standard, so a lost datagram of its costs seconds.
    const there = octets(24 << 10, 8)
    const { uri, bodies } = await open({ loss, parameters: { ackTimeoutMs: 100, maxRetransmit: 8 } })
    await coapClient('-B', '100', ...args, '-m', 'put', '-f', file('lossy', there), `${uri}/lossy`)
    expect(Buffer.compare(bodies.get('lossy')!.value, there)).toBe(0)
    expect(Buffer.compare(await fetch('-B', '100', ...args, `${uri}/lossy`), there)).toBe(0)
  })

  test('eight clients at once do not mix', async () => {
    const { uri, bodies } = await open()
    const all = Array.from({ length: 8 }, (_, index) => octets(30_000 + index, index + 20))
    await Promise.all(all.map((bytes, index) => coapClient('-m', 'put', '-f', file(`many-${index}`, bytes), `${uri}/m${index}`)))
    all.forEach((bytes, index) => expect(Buffer.compare(bodies.get(`m${index}`)!.value, bytes)).toBe(0))
    const back = await Promise.all(all.map((_, index) => fetch(`${uri}/m${index}`)))
    back.forEach((bytes, index) => expect(Buffer.compare(bytes, all[index]!)).toBe(0))
  })
})

describe('Observe', () => {
  test('it subscribes, hears of changes, and leaves [RFC 7641 §3.1, §3.6]', async () => {
    const { uri, seen } = await open()
    const { stdout } = await coapClient('-s', '2', '-B', '4', '-w', `${uri}/ticks`)
    const ticks = stdout.toString().match(/tick \d+/g) ?? []
    expect(ticks.length).toBeGreaterThanOrEqual(4)
    expect(ticks).toEqual(ticks.map((_, index) => `tick ${index}`))
    expect(seen.filter((line) => line.includes('Observe:1')).length).toBeGreaterThan(0)
  })

  test('large representations are notified whole [RFC 7959 §2.6]', async () => {
    const { uri, bodies } = await open()
    const subject = new BehaviorSubject(octets(5_000, 1))
    bodies.set('big', subject)
    const change = timer(800).subscribe(() => subject.next(octets(6_000, 2)))
    opened.push(change)
    const { stdout } = await coapClient('-s', '2', '-B', '4', '-o', '-', `${uri}/big`)
    expect(Buffer.compare(stdout.subarray(0, 5_000), octets(5_000, 1))).toBe(0)
    expect(Buffer.compare(stdout.subarray(5_000, 11_000), octets(6_000, 2))).toBe(0)
  })
})
