/** Our requests at libcoap's server: methods, bodies in blocks, Observe, loss on either side. */
import { firstValueFrom, retry, take, toArray, type Subscription } from 'rxjs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { coapEndpoint, type CoapOptions } from '../../src/coap.ts'
import { seeded } from '../../src/core/dice.ts'
import { faulty } from '../../src/datagram/faults.ts'
import type { Endpoint } from '../../src/exchange/ask.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { request, type RequestDetails } from '../../src/exchange/request.ts'
import type { Method } from '../../src/message/code.ts'
import { options, uint, uintOption } from '../../src/message/option.ts'
import { live } from '../../src/platform/live.ts'
import { folder, freePort, mebibyte, octets, pause, run, serve, type Peer } from './peer.ts'
import { traced } from './traced.ts'

const room = folder()
const peers: Peer[] = []
let uri = ''
let lossy = ''
const opened: Subscription[] = []
afterEach(() => opened.splice(0).forEach((subscription) => subscription.unsubscribe()))

const coapServer = async (...more: readonly string[]): Promise<string> => {
  const port = await freePort()
  const there = `coap://127.0.0.1:${port}`
  const ready = async () => (await run('coap-client-notls', ['-B', '1', `${there}/`])).stdout.length > 0
  peers.push(await serve('coap-server-notls', ['-A', '127.0.0.1', '-p', String(port), '-d', '100', ...more], room.path, ready))
  return there
}
beforeAll(async () => {
  uri = await coapServer()
  lossy = await coapServer('-l', '5%')
})
afterAll(async () => {
  await Promise.all(peers.map(({ stop }) => stop()))
  room.remove()
})

interface Traced extends Endpoint {
  /** What passed its socket. */
  readonly seen: readonly string[]
}
const open = ({ loss = 0, ...more }: CoapOptions & { readonly loss?: number } = {}): Traced => {
  const env = live()
  const seen: string[] = []
  const weather = { scheduler: env.scheduler, random: seeded(7) }
  const { udp } = env.transports
  const endpoint = coapEndpoint({ ...env, transports: { udp: (socket) => faulty(weather, { loss })(traced(seen)(udp(socket))) } }, more)
  opened.push(endpoint.up$.subscribe())
  return { ...endpoint, seen }
}
const ask = (endpoint: Traced, method: Method, at: string, details: RequestDetails = {}): Promise<Response> =>
  firstValueFrom(endpoint.ask(request(method, at, details))).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${endpoint.seen.slice(-8).join('\n')}`)
  })
const text = ({ payload }: Response): string => new TextDecoder().decode(payload)
/** It does not deduplicate: a GET repeated too early makes a new ETag while the old one is being read. Such a download is `changed`, which may be tried again. */
const download = (endpoint: Traced, at: string): Promise<Response> => firstValueFrom(endpoint.ask(request('GET', at)).pipe(retry(5)))
/** Losses are made up for sooner than the standard says, so that a lost datagram does not cost seconds. */
const impatient: CoapOptions = { parameters: { ackTimeoutMs: 40, maxRetransmit: 10 } }

describe('methods', () => {
  test.each([{ confirmable: true }, { confirmable: false }])(
    'PUT, GET and DELETE a resource, confirmable: $confirmable [RFC 7252 §5.8]',
    async ({ confirmable }) => {
      const endpoint = open()
      const at = `${uri}/made-${confirmable}`
      expect((await ask(endpoint, 'PUT', at, { payload: 'one', contentFormat: 0, confirmable })).code).toBe('2.01')
      const one = await ask(endpoint, 'GET', at, { confirmable })
      expect([one.code, text(one)]).toEqual(['2.05', 'one'])
      expect((await ask(endpoint, 'PUT', at, { payload: 'two', contentFormat: 0, confirmable })).code).toBe('2.04')
      expect(text(await ask(endpoint, 'GET', at, { confirmable }))).toBe('two')
      expect((await ask(endpoint, 'DELETE', at, { confirmable })).code).toBe('2.02')
      expect((await ask(endpoint, 'GET', at, { confirmable })).code).toBe('4.04')
    },
  )

  test('POST where there is no POST is 4.05 [RFC 7252 §5.8]', async () => {
    expect((await ask(open(), 'POST', `${uri}/time`, { payload: 'x' })).code).toBe('4.05')
  })

  test('an answer that takes its time comes separately [RFC 7252 §5.2.2]', async () => {
    const endpoint = open()
    const done = await ask(endpoint, 'GET', `${uri}/async?2`)
    expect([done.code, text(done)]).toEqual(['2.05', 'done'])
    expect(endpoint.seen.filter((line) => line.startsWith('<')).map((line) => line.slice(0, 10))).toEqual(['< ACK Empt', '< CON 2.05'])
  })

  test('a peer is there when it is pinged [RFC 7252 §4.3]', async () => {
    expect(await firstValueFrom(open().ping(uri))).toBe(uri)
  })

  test('its resources can be discovered [RFC 6690 §4]', async () => {
    const found = await ask(open(), 'GET', `${uri}/.well-known/core`)
    expect(uint(found.options, options.ContentFormat)).toBe(40)
    expect(text(found)).toContain('</time>')
  })

  test('an answer with a critical option unknown to us is rejected: it returns the one that it did not know itself [RFC 7252 §5.4.1]', async () => {
    const endpoint = open()
    const answer = ask(endpoint, 'GET', `${uri}/time`, { options: [{ number: 2_051, value: Uint8Array.of(1) }] })
    await expect(answer).rejects.toThrow('bad-option')
    expect(endpoint.seen.at(-1)).toContain('ACK 4.02')
  })
})

describe('bodies', () => {
  const body = octets(mebibyte)

  test('1 MiB goes there and comes back [RFC 7959 §2]', async () => {
    const endpoint = open()
    const put = await ask(endpoint, 'PUT', `${uri}/large`, { payload: body, contentFormat: 42 })
    expect(put.code).toBe('2.01')
    const { payload } = await ask(endpoint, 'GET', `${uri}/large`)
    expect(Buffer.compare(payload, body)).toBe(0)
  })

  test.each([0, 1, 2, 3, 4, 5, 6])('any size goes there and comes back with block size exponent %i [RFC 7959 §2.2]', async (szx) => {
    const size = 16 << szx
    const endpoint = open({ parameters: { szx } })
    for (const count of [0, 1, size - 1, size, size + 1, 5 * size, 7 * size + 3]) {
      const at = `${uri}/sized-${szx}-${count}`
      const there = octets(count, szx + count)
      expect((await ask(endpoint, 'PUT', at, { payload: there, contentFormat: 42 })).code).toBe('2.01')
      const { payload } = await ask(endpoint, 'GET', at, { options: [uintOption(options.Block2, szx)] })
      expect(Buffer.compare(payload, there)).toBe(0)
      expect((await ask(endpoint, 'DELETE', at)).code).toBe('2.02')
    }
  })

  test('1 MiB survives loss on our side [RFC 7252 §4.2]', async () => {
    const endpoint = open({ loss: 0.05, ...impatient })
    expect((await ask(endpoint, 'PUT', `${uri}/lost-here`, { payload: body, contentFormat: 42 })).code).toBe('2.01')
    const { payload } = await download(endpoint, `${uri}/lost-here`)
    expect(Buffer.compare(payload, body)).toBe(0)
  })

  test('1 MiB survives loss on its side [RFC 7252 §4.2]', async () => {
    const endpoint = open(impatient)
    const put = await ask(endpoint, 'PUT', `${lossy}/lost-there`, { payload: body, contentFormat: 42 })
    expect(put.code).toBe('2.01')
    const { payload } = await download(endpoint, `${lossy}/lost-there`)
    expect(Buffer.compare(payload, body)).toBe(0)
  })

  test('sixteen transfers at once do not mix', async () => {
    const endpoint = open({ parameters: { nstart: 4 } })
    const bodies = Array.from({ length: 16 }, (_, index) => octets(20_000 + index * 1_000, index + 3))
    await Promise.all(bodies.map((payload, index) => ask(endpoint, 'PUT', `${uri}/many-${index}`, { payload, contentFormat: 42 })))
    const back = await Promise.all(bodies.map((_, index) => ask(endpoint, 'GET', `${uri}/many-${index}`)))
    back.forEach(({ payload }, index) => expect(Buffer.compare(payload, bodies[index]!)).toBe(0))
  })
})

describe('Observe', () => {
  test('a clock is an Observable, and is cancelled when nobody listens [RFC 7641 §3.1, §3.6]', async () => {
    const endpoint = open()
    const times = await firstValueFrom(endpoint.ask(request('GET', `${uri}/time`, { observe: true })).pipe(take(4), toArray()))
    expect(new Set(times.map(text)).size).toBe(4)
    const numbers = times.map(({ options: all }) => uint(all, options.Observe)!)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    await ask(endpoint, 'GET', `${uri}/time`)
    const before = endpoint.seen.length
    await pause(2_500)
    expect(endpoint.seen.slice(before).filter((line) => line.startsWith('< '))).toEqual([])
  })

  test('changes of a resource arrive, by our own PUT [RFC 7641 §3.2]', async () => {
    const endpoint = open()
    const at = `${uri}/example_data`
    const seen = firstValueFrom(endpoint.ask(request('GET', at, { observe: true })).pipe(take(3), toArray()))
    for (const payload of ['first', 'second']) {
      await ask(endpoint, 'GET', `${uri}/`)
      await ask(endpoint, 'PUT', at, { payload, contentFormat: 0 })
    }
    expect((await seen).slice(1).map(text)).toEqual(['first', 'second'])
  })

  test('a large representation is notified whole [RFC 7959 §2.6]', async () => {
    const endpoint = open()
    const at = `${uri}/example_data`
    const body = octets(30_000, 9)
    const seen = firstValueFrom(endpoint.ask(request('GET', at, { observe: true })).pipe(take(2), toArray()))
    await ask(endpoint, 'GET', `${uri}/`)
    await ask(endpoint, 'PUT', at, { payload: body, contentFormat: 42 })
    expect(Buffer.compare((await seen)[1]!.payload, body)).toBe(0)
  })

  test('what is not observable is answered once [RFC 7641 §3.1]', async () => {
    const all = await firstValueFrom(
      open()
        .ask(request('GET', `${uri}/`, { observe: true }))
        .pipe(toArray()),
    )
    expect(all).toHaveLength(1)
  })
})
