/** CoAP and LwM2M over real TCP on loopback: devices, servers, and peers that mean harm (RFC 8323). */
import { createHash } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { BehaviorSubject, concat, EMPTY, filter, firstValueFrom, lastValueFrom, map, of, take, tap, timer, toArray } from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { coapEndpoint, request, type CoapOptions } from '../../src/coap.ts'
import type { Environment } from '../../src/core/environment.ts'
import { storedIn, type FirmwareImage } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { decodeFrame, encodeFrame, frameHead } from '../../src/message/frame.ts'
import type { Malformed, Message } from '../../src/message/message.ts'
import { uintOption } from '../../src/message/option.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { live } from '../../src/platform/live.ts'
import { lwm2mServer } from '../../src/server.ts'
import type { RegistrationEvent } from '../../src/server/registration.ts'
import { bytesSource, memory } from '../../src/simulation/storage.ts'

const stops: (() => unknown)[] = []
afterEach(() => stops.splice(0).forEach((stop) => stop()))
const loopback = { listen: { address: '127.0.0.1', port: 0 } }
const noise = (size: number) => Uint8Array.from({ length: size }, (_, i) => Math.imul(i + 7, 2_654_435_761) >>> 23)

/** A server of the handler, and where it listens. */
const serve = async (options: CoapOptions) => {
  const endpoint = coapEndpoint(live(), { tcp: loopback, ...options })
  const heard: string[] = []
  const port = await new Promise<number>((resolve) => {
    const open = endpoint.up$.subscribe((up) => {
      heard.push(up.type === 'closed' ? `closed ${up.reason} ${up.detail ?? ''}` : up.type)
      if (up.type === 'listening' && up.scheme === 'coap+tcp') resolve(up.port)
    })
    stops.push(() => open.unsubscribe())
  })
  return { endpoint, heard, port, uri: `coap+tcp://127.0.0.1:${port}` }
}
const echo: CoapOptions['handler'] = ({ payload }) => of({ code: '2.05', options: [], payload })

describe('a LwM2M device over TCP', () => {
  const listening = async () => {
    const server = lwm2mServer(live(), { ...loopback, tcp: { address: '127.0.0.1', port: 0 } })
    const events: RegistrationEvent[] = []
    const open = server.registrations$.subscribe((event) => events.push(event))
    stops.push(() => open.unsubscribe())
    const { port } = await firstValueFrom(server.listeningTcp$)
    return { server, events, uri: `coap+tcp://127.0.0.1:${port}` }
  }
  const start = (env: Environment, uri: string, more: Parameters<typeof client>[1]['objects'] = []) => {
    const celsius$ = new BehaviorSubject(21)
    const device = client(env, {
      endpointClientName: 'd',
      servers: { uri, lifetimeSeconds: 300, retryTimerSeconds: 1 },
      objects: [
        deviceObject({ manufacturer: 'x'.repeat(3_000), reboot: () => EMPTY }),
        instances(temperature, { 0: { 5700: celsius$, 5701: 'Cel' } }),
        ...more,
      ],
    })
    const running = device.run$.subscribe()
    stops.push(() => running.unsubscribe())
    return { device, celsius$ }
  }

  test('registers with binding T, is read, written, observed, and de-registers [LwM2M Core §6.2.1.2; RFC 8323 §3]', async () => {
    const { server, events, uri } = await listening()
    const { device, celsius$ } = start(live(), uri)
    const registered = await firstValueFrom(server.client('d').registration$.pipe(filter((now) => now !== undefined)))
    expect(registered).toMatchObject({
      binding: 'T',
      version: '1.2',
      remote: expect.stringMatching(/^coap\+tcp:\/\/127\.0\.0\.1:\d+$/) as string,
    })
    const one = server.client('d')
    expect((await firstValueFrom(one.read('/3/0/0'))).value).toBe('x'.repeat(3_000))
    expect((await firstValueFrom(one.read('/1/0/7'))).value).toBe('T')
    expect((await firstValueFrom(one.write('/1/0/1', 600))).code).toBe('2.04')
    const seen = lastValueFrom(
      one.observe('/3303/0/5700').pipe(
        map(({ value }) => value),
        tap((value) => typeof value === 'number' && value < 24 && setImmediate(() => celsius$.next(value + 1))),
        take(4),
        toArray(),
      ),
    )
    expect(await seen).toEqual([21, 22, 23, 24])
    await lastValueFrom(device.stop(), { defaultValue: undefined })
    expect(events.map(({ type }) => type)).toEqual(['registered', 'updated', 'deregistered'])
  })

  test('pulls its firmware over coap+tcp from the server that it is registered with [LwM2M Core §E.6]', async () => {
    const { server, uri } = await listening()
    const installed: string[] = []
    const env = { ...live(), storage: memory() }
    const body = noise(300_000)
    const sha256 = createHash('sha256').update(body).digest('hex')
    const uris: string[] = []
    start(env, uri, [
      firmware({
        store: storedIn(env.storage),
        verify: () => EMPTY,
        install: (image: FirmwareImage) => {
          installed.push(image.sha256)
          return EMPTY
        },
        reset: () => env.storage.remove('firmware'),
      }),
    ])
    const one = server.client('d')
    await firstValueFrom(one.registration$.pipe(filter((now) => now !== undefined)))
    const watching = one.observe('/5/0/1').subscribe({ next: ({ value }) => uris.push(value), error: () => undefined })
    stops.push(() => watching.unsubscribe())
    await lastValueFrom(one.updateFirmware({ name: 'new', source: bytesSource(body), size: body.length, sha256 }))
    expect(installed).toEqual([sha256])
    expect(uris.some((at) => at.startsWith(uri))).toBe(true)
  })

  test('whose connection is lost connects and registers anew', async () => {
    const { server, events, uri } = await listening()
    const sockets: Socket[] = []
    // A relay, so that the connection can be cut in the middle.
    const relay = createServer((near) => {
      const far = connect(Number(uri.split(':').at(-1)), '127.0.0.1')
      sockets.push(near, far)
      near.pipe(far)
      far.pipe(near)
      for (const socket of [near, far]) socket.on('error', () => undefined)
    })
    await new Promise<void>((done) => relay.listen(0, '127.0.0.1', done))
    stops.push(
      () => relay.close(),
      () => sockets.forEach((socket) => socket.destroy()),
    )
    start(live(), `coap+tcp://127.0.0.1:${(relay.address() as { port: number }).port}`)
    await firstValueFrom(server.client('d').registration$.pipe(filter((now) => now !== undefined)))
    const again = firstValueFrom(server.registrations$.pipe(filter(({ type }) => type === 'replaced')))
    sockets.splice(0).forEach((socket) => socket.resetAndDestroy())
    await again
    expect(events.map(({ type }) => type)).toContain('replaced')
    const { remote } = (await firstValueFrom(server.client('d').registration$))!
    expect(remote).toBe(`coap+tcp://127.0.0.1:${sockets[1]!.localPort}`)
  })
})

describe('an endpoint', () => {
  test('asks over UDP and TCP side by side, each under its own scheme', async () => {
    const endpoint = coapEndpoint(live(), {
      socket: loopback,
      tcp: loopback,
      handler: ({ remote }) => of({ code: '2.05', options: [], payload: new TextEncoder().encode(remote.split(':')[0]) }),
    })
    const ports = lastValueFrom(
      endpoint.up$.pipe(
        filter((up) => up.type === 'listening'),
        take(2),
        toArray(),
      ),
    )
    const open = endpoint.up$.subscribe()
    stops.push(() => open.unsubscribe())
    const asking = coapEndpoint(live())
    for (const { scheme, port } of await ports) {
      const { payload } = await firstValueFrom(asking.ask(request('GET', `${scheme}://127.0.0.1:${port}/x`)))
      expect(new TextDecoder().decode(payload)).toBe(scheme)
    }
  })

  test('fails a request to nobody with unreachable, one whose connection breaks with aborted, and asks again on a new connection', async () => {
    const { uri, port } = await serve({
      handler: () => timer(60_000).pipe(map(() => ({ code: '2.05', options: [], payload: new Uint8Array(0) }))),
    })
    const asking = coapEndpoint(live())
    const kept = asking.up$.subscribe()
    await expect(firstValueFrom(asking.ask(request('GET', 'coap+tcp://127.0.0.1:1/x')))).rejects.toMatchObject({ code: 'unreachable' })
    const broken = firstValueFrom(asking.ask(request('GET', `${uri}/x`)))
    const failed = expect(broken).rejects.toMatchObject({ code: 'aborted' })
    await new Promise((done) => setImmediate(done))
    await firstValueFrom(asking.ping(uri))
    stops.splice(0).forEach((stop) => stop())
    await failed
    const again = coapEndpoint(live(), { tcp: { listen: { address: '127.0.0.1', port } }, handler: echo })
    const open = again.up$.subscribe()
    stops.push(() => open.unsubscribe())
    await firstValueFrom(again.up$.pipe(filter((up) => up.type === 'listening')), { defaultValue: undefined }).catch(() => undefined)
    expect((await firstValueFrom(asking.ask(request('POST', `${uri}/x`, { payload: 'here' })))).payload.length).toBe(4)
    kept.unsubscribe()
  })

  test('sends nothing longer than its peer takes: a body goes in smaller blocks [RFC 8323 §5.3.1]', async () => {
    const small = await serve({
      handler: ({ payload }) => of({ code: '2.05', options: [], payload: payload.slice().reverse() }),
      signals: { maxMessageBytes: 300 },
    })
    const body = noise(5_000)
    const asking = coapEndpoint(live())
    const kept = asking.up$.subscribe()
    stops.push(() => kept.unsubscribe())
    // Until its settings have come, a peer takes 1152 octets.
    await firstValueFrom(asking.ping(small.uri))
    const { payload } = await firstValueFrom(asking.ask(request('POST', `${small.uri}/x`, { payload: body })))
    expect(Buffer.compare(payload, body.slice().reverse())).toBe(0)
  })
})

describe('a peer', () => {
  const bare = (code: Message['code'], more: Partial<Message> = {}): Uint8Array =>
    encodeFrame({ type: 'NON', remote: '', messageId: 0, code, token: '', options: [], payload: new Uint8Array(0), ...more }).bytes
  const csm = bare('7.01')
  /** A ping after which nothing more is waited for. */
  const last = bare('7.02', { token: 'ffff' })
  /** What the octets are answered until the server closes the connection, or answers `last`. */
  const talk = async (port: number, ...pieces: readonly Uint8Array[]) => {
    const socket = connect(port, '127.0.0.1')
    stops.push(() => socket.destroy())
    socket.setNoDelay(true)
    const said: (Message | Malformed)[] = []
    let rest = new Uint8Array(0)
    const closed = new Promise<boolean>((done) => {
      socket.on('close', () => done(true))
      socket.on('error', () => undefined)
      socket.on('data', (piece) => {
        rest = Uint8Array.from([...rest, ...piece])
        for (let head = frameHead(rest); head !== undefined && head.frameBytes <= rest.length; head = frameHead(rest)) {
          const message = decodeFrame('', rest.subarray(0, head.frameBytes), head)
          rest = rest.slice(head.frameBytes)
          if (message.type !== 'malformed' && message.token === 'ffff') done(false)
          else said.push(message)
        }
      })
    })
    for (const piece of pieces) {
      socket.write(piece)
      await new Promise((done) => setImmediate(done))
    }
    return { closed: await closed, said }
  }
  const codes = ({ said }: { readonly said: (Message | Malformed)[] }) =>
    said.map((one) => (one.type === 'malformed' ? one.reason : one.code))

  test('that speaks one octet at a time is answered like any other [RFC 8323 §3.2]', async () => {
    const { port } = await serve({ handler: echo })
    const all = Buffer.concat([csm, bare('0.02', { token: '01', payload: new TextEncoder().encode('slowly') })])
    const { said } = await talk(port, ...Array.from(all, (octet) => Uint8Array.of(octet)), last)
    expect(codes({ said })).toEqual(['7.01', '2.05'])
    expect(new TextDecoder().decode((said[1] as Message).payload)).toBe('slowly')
  })

  test.each([
    ['a length of four gibibytes', [csm, Uint8Array.of(0xf0, 0xff, 0xff, 0xff, 0xff, 0x01)], 'malformed: length'],
    ['a message longer than we said', [csm, bare('0.02', { payload: new Uint8Array(70_000) })], 'malformed: length'],
    ['a reserved token length', [csm, Uint8Array.of(0x0f, 0x01)], 'malformed: token'],
    ['an option that runs beyond its message', [csm, Uint8Array.of(0x20, 0x01, 0xb8, 0x41)], 'malformed: option'],
    ['a request before its settings', [bare('0.01')], 'the first message is no CSM'],
    ['an unknown critical option in its settings', [bare('7.01', { options: [uintOption(9, 1)] })], 'critical option 9'],
    ['an unknown critical option in a ping', [csm, bare('7.02', { options: [uintOption(1, 1)] })], 'critical option 1'],
    ['an abort', [csm, bare('7.05', { payload: new TextEncoder().encode('bored') })], 'aborted: bored'],
    ['HTTP', [new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n')], ''],
  ])('that sends %s loses its connection, and nobody else theirs [RFC 8323 §5.6]', async (what, pieces, why) => {
    const { port, heard, endpoint, uri } = await serve({ handler: echo })
    const other = coapEndpoint(live())
    await firstValueFrom(other.ask(request('POST', `${uri}/x`, { payload: 'before' })))
    const answer = await talk(port, ...pieces)
    expect(answer.closed).toBe(true)
    if (what !== 'an abort') expect(codes(answer).at(-1)).toBe('7.05')
    expect(heard.some((word) => word.startsWith('closed lost') && word.includes(why))).toBe(true)
    expect((await firstValueFrom(other.ask(request('POST', `${uri}/x`, { payload: 'after' })))).payload.length).toBe(5)
    expect(endpoint).toBeDefined()
  })

  test('that sends unknown elective options and unknown signals is answered as ever [RFC 8323 §5.2]', async () => {
    const { port } = await serve({ handler: echo })
    const strange = [
      bare('7.01', { options: [uintOption(20, 1)] }),
      bare('7.02', { token: 'aa', options: [uintOption(30, 1)] }),
      bare('0.01', { token: '01' }),
    ]
    const answer = await talk(port, ...strange, last)
    expect([...codes(answer), answer.closed]).toEqual(['7.01', '7.03', '2.05', false])
  })

  test('that releases the connection is answered what it asked, then the connection ends [RFC 8323 §5.5]', async () => {
    const { port } = await serve({
      handler: ({ payload }) => concat(timer(50).pipe(filter(() => false)), of({ code: '2.05' as const, options: [], payload })) as never,
    })
    const answer = await talk(port, csm, bare('0.01', { token: '01' }), bare('7.04'))
    expect([...codes(answer), answer.closed]).toEqual(['7.01', '2.05', true])
  })

  test('that says nothing, or only half a message, loses its connection after a while [RFC 8323 §5.3]', async () => {
    const { port } = await serve({ handler: echo, signals: { settingsMs: 100, messageMs: 100 } })
    const [silent, half] = await Promise.all([talk(port), talk(port, csm, Uint8Array.of(0x80))])
    expect([codes(silent), silent.closed]).toEqual([['7.01', '7.05'], true])
    expect([codes(half), half.closed]).toEqual([['7.01', '7.05'], true])
  })

  test('beyond the limit of connections is turned away', async () => {
    const { port } = await serve({ handler: echo, tcp: { ...loopback, connectionsMax: 1 } })
    const [one, other] = await Promise.all([talk(port, csm, last), talk(port, csm, last)])
    expect([one.closed, other.closed].sort()).toEqual([false, true])
  })
})
