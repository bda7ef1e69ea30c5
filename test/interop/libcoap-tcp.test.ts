/** libcoap over TCP, both ways: methods, bodies in blocks, Observe, signals (RFC 8323). */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BehaviorSubject, filter, firstValueFrom, map, of, take, timer, toArray, type Observable, type Subscription } from 'rxjs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { coapEndpoint, type CoapOptions } from '../../src/coap.ts'
import type { Endpoint } from '../../src/exchange/ask.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { request, type RequestDetails } from '../../src/exchange/request.ts'
import { responses, type Code, type Method } from '../../src/message/code.ts'
import { noBytes } from '../../src/message/message.ts'
import { options, strings, uint, uintOption } from '../../src/message/option.ts'
import { live } from '../../src/platform/live.ts'
import { folder, freePort, mebibyte, octets, run, serve, type Ended, type Peer } from './peer.ts'

const room = folder()
const peers: Peer[] = []
const opened: Subscription[] = []
afterEach(() => opened.splice(0).forEach((subscription) => subscription.unsubscribe()))
afterAll(async () => {
  await Promise.all(peers.map(({ stop }) => stop()))
  room.remove()
})

describe("our requests at libcoap's server", () => {
  let uri = ''
  beforeAll(async () => {
    const port = await freePort()
    uri = `coap+tcp://127.0.0.1:${port}`
    const ready = async () => (await run('coap-client-notls', ['-B', '1', `${uri}/`])).stdout.length > 0
    peers.push(await serve('coap-server-notls', ['-A', '127.0.0.1', '-p', String(port), '-d', '100'], room.path, ready))
  })
  const open = (more: CoapOptions = {}): Endpoint => {
    const endpoint = coapEndpoint(live(), more)
    opened.push(endpoint.up$.subscribe())
    return endpoint
  }
  const ask = (endpoint: Endpoint, method: Method, at: string, details: RequestDetails = {}): Promise<Response> =>
    firstValueFrom(endpoint.ask(request(method, at, details)))
  const text = ({ payload }: Response): string => new TextDecoder().decode(payload)

  test('PUT, GET and DELETE a resource [RFC 8323 §3]', async () => {
    const endpoint = open()
    const at = `${uri}/made`
    expect((await ask(endpoint, 'PUT', at, { payload: 'one', contentFormat: 0 })).code).toBe('2.01')
    expect(text(await ask(endpoint, 'GET', at))).toBe('one')
    expect((await ask(endpoint, 'PUT', at, { payload: 'two', contentFormat: 0 })).code).toBe('2.04')
    expect(text(await ask(endpoint, 'GET', at))).toBe('two')
    expect((await ask(endpoint, 'DELETE', at)).code).toBe('2.02')
    expect((await ask(endpoint, 'GET', at)).code).toBe('4.04')
  })

  test('an answer that takes its time comes when it comes; a ping has its pong [RFC 8323 §5.4]', async () => {
    const endpoint = open()
    const done = ask(endpoint, 'GET', `${uri}/async?1`)
    expect(await firstValueFrom(endpoint.ping(uri))).toBe(uri)
    expect(text(await done)).toBe('done')
  })

  test('its settings are read, and its resources discovered [RFC 8323 §5.3; RFC 6690 §4]', async () => {
    const endpoint = open()
    const settings = firstValueFrom(endpoint.up$.pipe(filter((up) => up.type === 'settings')))
    const found = await ask(endpoint, 'GET', `${uri}/.well-known/core`)
    expect(uint(found.options, options.ContentFormat)).toBe(40)
    expect(text(found)).toContain('</time>')
    expect(await settings).toMatchObject({ remote: uri, bert: true })
    expect((await settings).maxMessageBytes).toBeGreaterThan(1_152)
  })

  test.each([1, 1023, 1024, 1025, 5_000, 40_000])('%i octets go there and come back [RFC 8323 §6]', async (size) => {
    const endpoint = open()
    const body = octets(size, size)
    expect((await ask(endpoint, 'PUT', `${uri}/s${size}`, { payload: body, contentFormat: 42 })).code).toMatch(/^2/)
    expect(Buffer.compare((await ask(endpoint, 'GET', `${uri}/s${size}`)).payload, body)).toBe(0)
  })

  test('1 MiB goes there and comes back [RFC 8323 §6]', async () => {
    const endpoint = open({ parameters: { bodyBytesMax: 2 * mebibyte } })
    const body = octets(mebibyte)
    expect((await ask(endpoint, 'PUT', `${uri}/large`, { payload: body, contentFormat: 42 })).code).toMatch(/^2/)
    expect(Buffer.compare((await ask(endpoint, 'GET', `${uri}/large`)).payload, body)).toBe(0)
  })

  test('a body in small blocks, as we wish [RFC 7959 §2.4]', async () => {
    const endpoint = open({ parameters: { szx: 2 } })
    const body = octets(3_000, 3)
    await ask(endpoint, 'PUT', `${uri}/small`, { payload: body, contentFormat: 42 })
    expect(Buffer.compare((await ask(endpoint, 'GET', `${uri}/small`)).payload, body)).toBe(0)
  })

  test('an observation is notified until it is cancelled [RFC 7641 §3; RFC 8323 §7]', async () => {
    const endpoint = open()
    const seen = await firstValueFrom(endpoint.ask(request('GET', `${uri}/time`, { observe: true })).pipe(take(3), toArray()))
    expect(new Set(seen.map(text)).size).toBe(3)
    expect((await ask(endpoint, 'GET', `${uri}/time`)).code).toBe('2.05')
  })
})

describe("libcoap's client at our server", () => {
  const answer = (code: Code, payload: Uint8Array | string = noBytes, format?: number): Response => ({
    code,
    options: format === undefined ? [] : [uintOption(options.ContentFormat, format)],
    payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
  })
  const open = async (more: CoapOptions = {}) => {
    const bodies = new Map<string, BehaviorSubject<Uint8Array>>()
    const handler = ({ code, options: all, payload }: Request): Observable<Response> => {
      const path = strings(all, options.UriPath).join('/')
      const body = bodies.get(path)
      switch (code) {
        case '0.01':
          if (path === 'slow') return timer(500).pipe(map(() => answer(responses.Content, 'at last', 0)))
          if (path === 'ticks') return timer(0, 300).pipe(map((tick) => answer(responses.Content, `tick ${tick}`, 0)))
          return body === undefined ? of(answer(responses.NotFound)) : body.pipe(map((bytes) => answer(responses.Content, bytes, 42)))
        case '0.03':
          if (body === undefined) bodies.set(path, new BehaviorSubject(payload))
          else body.next(payload)
          return of(answer(body === undefined ? responses.Created : responses.Changed))
        case '0.04':
          bodies.delete(path)
          return of(answer(responses.Deleted))
        default:
          return of(answer(responses.MethodNotAllowed))
      }
    }
    const heard: string[] = []
    const { up$ } = coapEndpoint(live(), { tcp: { listen: { address: '127.0.0.1', port: 0 } }, handler, ...more })
    const port = await new Promise<number>((resolve, reject) => {
      opened.push(
        up$.subscribe({
          next: (up) => {
            heard.push(up.type === 'closed' ? `closed ${up.detail ?? ''}` : up.type)
            if (up.type === 'listening' && up.scheme === 'coap+tcp') resolve(up.port)
          },
          error: reject,
        }),
      )
    })
    return { uri: `coap+tcp://127.0.0.1:${port}`, bodies, heard }
  }
  const coapClient = (...args: readonly string[]): Promise<Ended> => run('coap-client-notls', args, { cwd: room.path })
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(room.path, name)
    writeFileSync(path, bytes)
    return path
  }
  let fetched = 0
  const fetch = async (...args: readonly string[]): Promise<Uint8Array> => {
    const path = join(room.path, `tcp-${++fetched}`)
    const { stderr } = await coapClient('-o', path, ...args)
    try {
      return readFileSync(path)
    } catch {
      throw new Error(`nothing was fetched: ${stderr}`)
    }
  }

  test('PUT, GET, DELETE; 4.04 afterwards [RFC 8323 §3]', async () => {
    const { uri, bodies, heard } = await open()
    await coapClient('-m', 'put', '-e', 'one', '-t', '0', `${uri}/a/b`)
    expect(Buffer.from(bodies.get('a/b')!.value).toString()).toBe('one')
    expect((await coapClient(`${uri}/a/b`)).stdout.toString().trim()).toBe('one')
    expect((await coapClient(`${uri}/slow`)).stdout.toString().trim()).toBe('at last')
    await coapClient('-m', 'delete', `${uri}/a/b`)
    expect((await coapClient(`${uri}/a/b`)).stderr).toContain('4.04')
    expect(heard).toContain('settings')
    expect(heard.filter((word) => word.includes('malformed') || word.includes('CSM'))).toEqual([])
  })

  test.each([1, 1024, 1025, 5_000, 40_000, mebibyte])('%i octets come and go [RFC 8323 §6]', async (size) => {
    const { uri, bodies } = await open({ parameters: { bodyBytesMax: 2 * mebibyte } })
    const body = octets(size, size + 1)
    await coapClient('-m', 'put', '-f', file('body', body), `${uri}/body`)
    expect(Buffer.compare(bodies.get('body')!.value, body)).toBe(0)
    expect(Buffer.compare(await fetch(`${uri}/body`), body)).toBe(0)
  })

  test('who takes little is sent little [RFC 8323 §5.3.1]', async () => {
    const { uri, bodies } = await open()
    const body = octets(5_000, 9)
    bodies.set('body', new BehaviorSubject(body))
    expect(Buffer.compare(await fetch('-X', '600', `${uri}/body`), body)).toBe(0)
  })

  test('it subscribes, hears of changes, and leaves [RFC 7641 §3]', async () => {
    const { uri } = await open()
    const { stdout } = await coapClient('-s', '2', '-B', '4', '-w', `${uri}/ticks`)
    const ticks = stdout.toString().match(/tick \d+/g) ?? []
    expect(ticks.length).toBeGreaterThanOrEqual(4)
    expect(ticks).toEqual(ticks.map((_, index) => `tick ${index}`))
  })
})
