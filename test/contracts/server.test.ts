/** The server over real UDP on loopback, against a device made by hand. */
import { createHash } from 'node:crypto'
import { filter, firstValueFrom, lastValueFrom, map, of, take, tap, toArray, type Subscription } from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import type { Lwm2mError } from '../../src/core/error.ts'
import type { Source } from '../../src/core/ports.ts'
import { request } from '../../src/exchange/request.ts'
import { responses } from '../../src/message/code.ts'
import { options, strings } from '../../src/message/option.ts'
import { live } from '../../src/platform/live.ts'
import { lwm2mServer, type ServerOptions } from '../../src/server.ts'
import type { RegistrationEvent } from '../../src/server/registration.ts'
import { handmadeDevice, text, type HandmadeDevice } from './server-device.ts'

const stops: (() => void)[] = []
afterEach(() => stops.splice(0).forEach((stop) => stop()))

const serve = async (more: ServerOptions = {}) => {
  const server = lwm2mServer(live(), { listen: { address: '127.0.0.1', port: 0 }, ...more })
  const events: RegistrationEvent[] = []
  const open: Subscription = server.registrations$.subscribe((event) => events.push(event))
  stops.push(() => open.unsubscribe())
  const { port } = await firstValueFrom(server.listening$)
  return { server, events, port, uri: `coap://127.0.0.1:${port}`, close: () => open.unsubscribe() }
}
const device = (
  ...[server, name, resources, acted]: [string, string, Readonly<Record<string, string>>, Parameters<typeof handmadeDevice>[4]?]
): HandmadeDevice => {
  const made = handmadeDevice(live(), server, name, resources, acted)
  stops.push(made.stop)
  return made
}
const failureOf = async (promise: Promise<unknown>): Promise<Lwm2mError> =>
  promise.then(
    () => Promise.reject(new Error('no error')),
    (error: unknown) => error as Lwm2mError,
  )
const locationOf = ({ options: all }: { readonly options: Parameters<typeof strings>[0] }) =>
  `/${strings(all, options.LocationPath).join('/')}`

describe('a server', () => {
  test('is open while something is subscribed, closes then, and can be opened again', async () => {
    const { server, port, close } = await serve()
    const one = device(`coap://127.0.0.1:${port}`, 'one', {})
    await one.register()
    close()
    expect(await firstValueFrom(server.registered$)).toEqual([])
    const again = lwm2mServer(live(), { listen: { address: '127.0.0.1', port } })
    expect((await firstValueFrom(again.listening$)).port).toBe(port)
    expect((await firstValueFrom(again.listening$)).port).toBe(port)
  })

  test('that finds its port taken says so', async () => {
    const { port } = await serve()
    const other = lwm2mServer(live(), { listen: { address: '127.0.0.1', port } })
    expect(await failureOf(firstValueFrom(other.listening$))).toMatchObject({ name: 'Lwm2mError' })
    expect(await failureOf(firstValueFrom(other.registrations$))).toMatchObject({ name: 'Lwm2mError' })
  })

  test('answers what is neither a registration nor an image with the handler it is given', async () => {
    const { uri } = await serve({ handler: ({ options: all }) => of(text(responses.Content, strings(all, options.UriPath).join(' '))) })
    const one = device(uri, 'one', {})
    expect(new TextDecoder().decode((await one.post('/a/b')).payload)).toBe('a b')
    expect((await firstValueFrom(one.endpoint.ask(request('GET', 'server', {}, '/fw/0')))).code).toBe('4.04')
  })
})

describe('registrations', () => {
  test('a client registers, updates and de-registers [LwM2M Core §6.2]', async () => {
    const { server, events, uri } = await serve()
    const one = device(uri, 'one', {})
    const created = await one.register()
    expect(created.code).toBe('2.01')
    expect(await firstValueFrom(server.registered$)).toMatchObject([{ endpointClientName: 'one', version: '1.1', lifetimeSeconds: 300 }])
    const location = locationOf(created)
    expect(location).toMatch(/^\/rd\/\w{17}$/)
    expect((await one.post(`${location}?lt=60`)).code).toBe('2.04')
    const gone = await firstValueFrom(one.endpoint.ask(request('DELETE', 'server', {}, location)))
    expect(gone.code).toBe('2.02')
    expect((await one.post(location)).code).toBe('4.04')
    expect(events.map(({ type }) => type)).toEqual(['registered', 'updated', 'deregistered'])
    expect(await firstValueFrom(server.registered$)).toEqual([])
  })

  test('a client with many Objects registers in blocks [RFC 7959 §2.5]', async () => {
    const { server, uri } = await serve()
    const links = Array.from({ length: 300 }, (_, instance) => `</3303/${instance}>`).join(',')
    expect((await device(uri, 'one', {}).register('lt=300&lwm2m=1.1', links)).code).toBe('2.01')
    expect((await firstValueFrom(server.registered$))[0]!.has.objects).toHaveLength(300)
  })

  test('what is no Register is refused with its code [LwM2M Transport §6.4]', async () => {
    const { uri, events } = await serve()
    const one = device(uri, 'one', {})
    expect((await one.register('lwm2m=3.0')).code).toBe('4.12')
    expect((await one.register('lt=5')).code).toBe('4.00')
    expect((await one.register('lwm2m=1.1', 'no links')).code).toBe('4.00')
    expect((await one.post('/rd?lwm2m=1.1')).code).toBe('4.00')
    expect((await one.post('/elsewhere')).code).toBe('4.04')
    expect(events).toEqual([])
  })
})

describe('a registered client', () => {
  const connected = async (resources: Readonly<Record<string, string>>, acted?: Parameters<typeof handmadeDevice>[4]) => {
    const { server, uri } = await serve()
    const one = device(uri, 'one', resources, acted)
    await one.register()
    return { server, one, client: server.client('one'), uri }
  }

  test('is read, written and executed', async () => {
    const acts: string[] = []
    const { client, one } = await connected({ '/3/0/0': 'Acme', '/3/0/9': '95', '/3/0/14': '+01:00' }, (path, { payload }) => {
      if (path !== '/3/0/4') return undefined
      acts.push(new TextDecoder().decode(payload))
      return text(responses.Changed)
    })
    expect(await firstValueFrom(client.read('/3/0/0'))).toMatchObject({ path: '/3/0/0', value: 'Acme' })
    expect((await firstValueFrom(client.read('/3/0/9'))).value).toBe(95)
    expect((await firstValueFrom(client.write('/3/0/14', '+02:00'))).code).toBe('2.04')
    expect(one.resources.get('/3/0/14')!.value).toBe('+02:00')
    await firstValueFrom(client.execute('/3/0/4', { 0: 'now' }))
    expect(acts).toEqual(["0='now'"])
  })

  test('is observed until nobody listens any more', async () => {
    const { client, one } = await connected({ '/3303/0/5700': '20.5' })
    const readings$ = client.observe('/3303/0/5700').pipe(
      map(({ value }) => value),
      take(3),
      toArray(),
    )
    const temperature = one.resources.get('/3303/0/5700')!
    const both = Promise.all([firstValueFrom(readings$), firstValueFrom(readings$)])
    for (const value of ['21.5', '22.5']) {
      // Both observations stand once a later request is answered.
      await firstValueFrom(client.read('/3303/0/5700'))
      temperature.next(value)
    }
    expect(await both).toEqual([
      [20.5, 21.5, 22.5],
      [20.5, 21.5, 22.5],
    ])
    await firstValueFrom(client.read('/3303/0/5700'))
    expect(temperature.observed).toBe(false)
  })

  test('is observed again when it registers anew', async () => {
    const { client, one } = await connected({ '/3/0/9': '1' })
    const values$ = client.observe('/3/0/9').pipe(take(2), toArray())
    const values = firstValueFrom(values$)
    await firstValueFrom(client.read('/3/0/9'))
    one.reboot({ '/3/0/9': '2' })
    await one.register()
    expect((await values).map(({ value }) => value)).toEqual([1, 2])
  })

  test('that is not registered, refuses, or is asked nonsense is an error with its code', async () => {
    const { server, client } = await connected({})
    expect(await failureOf(firstValueFrom(server.client('nobody').read('/3/0/0')))).toMatchObject({ code: 'not-registered' })
    expect(await failureOf(firstValueFrom(client.read('/3/0/99')))).toMatchObject({ code: 'response', responseCode: '4.04' })
    expect(await failureOf(firstValueFrom(client.read('/3/0/70000')))).toMatchObject({ code: 'invalid' })
    expect(await failureOf(firstValueFrom(client.observe('/3/0/99')))).toMatchObject({ code: 'response', responseCode: '4.04' })
  })
})

describe('updateFirmware', () => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 2_654_435_761) >>> 24)
  const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')
  const source: Source = { size: bytes.length, etag: undefined, read: (offset, count) => of(bytes.subarray(offset, offset + count)) }
  const image = { name: 'acme 2.0', source, size: bytes.length, sha256: sha256(bytes) }

  /** A device that does what it is told with the image: downloads it, and when it is told to, reboots and registers anew. */
  const updating = (
    uri: string,
    got: (octets: Uint8Array) => void,
    fetch_: (uri: string, device: HandmadeDevice) => Promise<Uint8Array>,
  ) => {
    const state = (one: HandmadeDevice, value: number) => one.resources.get('/5/0/3')!.next(String(value))
    return device(uri, 'one', { '/5/0/1': '', '/5/0/3': '0', '/5/0/5': '0' }, (path, { payload }, one) => {
      if (path === '/5/0/0') {
        got(payload)
        state(one, 2)
        return text(responses.Changed)
      }
      if (path === '/5/0/1') {
        state(one, 1)
        void fetch_(new TextDecoder().decode(payload), one).then((octets) => {
          got(octets)
          state(one, 2)
        })
        return text(responses.Changed)
      }
      if (path !== '/5/0/2') return undefined
      state(one, 3)
      queueMicrotask(() => {
        one.reboot({ '/5/0/3': '0', '/5/0/5': '1' })
        void one.register()
      })
      return text(responses.Changed)
    })
  }
  const overCoap = async (uri: string, one: HandmadeDevice) => (await firstValueFrom(one.endpoint.ask(request('GET', uri)))).payload
  const overHttp = async (uri: string) => {
    const whole = new Uint8Array(await (await fetch(uri)).arrayBuffer())
    const part = await fetch(uri, { headers: { range: 'bytes=1000-1999' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000-1999/${whole.length}`])
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(whole.slice(1000, 2000))
    return whole
  }

  test.each([
    { mode: 'pull', protocol: 'coap', fetch: overCoap },
    { mode: 'pull', protocol: 'http', fetch: overHttp },
    { mode: 'push', protocol: 'coap', fetch: overCoap },
  ] as const)('$mode over $protocol ends with Result 1 and the same octets', async ({ mode, protocol, fetch }) => {
    const { server, uri } = await serve({ http: { address: '127.0.0.1', port: 0 } })
    let octets: Uint8Array | undefined
    const one = updating(uri, (got) => (octets = got), fetch)
    await one.register()
    const progress = await lastValueFrom(server.client('one').updateFirmware(image, { mode, protocol, pollMs: 500 }).pipe(toArray()))
    expect(sha256(octets!)).toBe(image.sha256)
    expect(progress.at(-1)).toMatchObject({ phase: 'updated', result: 1, bytes: bytes.length, total: bytes.length })
    expect(progress.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(['offering', 'transferring', 'executing', 'installing', 'updated']),
    )
    const counts = progress.map((step) => step.bytes)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
  })

  test('what cannot be updated is an error with the Result as its cause', async () => {
    const { server, uri } = await serve()
    await device(uri, 'none', {}).register()
    expect(await failureOf(lastValueFrom(server.client('none').updateFirmware(image)))).toMatchObject({ code: 'firmware' })
    const one = updating(
      uri,
      () => undefined,
      () => new Promise(() => undefined),
    )
    await one.register()
    const update = lastValueFrom(
      server
        .client('one')
        .updateFirmware(image)
        .pipe(
          tap(({ state }) => {
            if (state !== 1) return
            one.resources.get('/5/0/5')!.next('7')
            one.resources.get('/5/0/3')!.next('0')
          }),
        ),
    )
    expect(await failureOf(update)).toMatchObject({ code: 'firmware', cause: 7, message: 'Update Result 7: invalid URI' })
    expect(await failureOf(lastValueFrom(server.client('nobody').updateFirmware(image)))).toMatchObject({ code: 'not-registered' })
  })

  test('the image is gone when nobody watches the update any more', async () => {
    const { server, uri } = await serve()
    const uris: string[] = []
    const one = updating(
      uri,
      () => undefined,
      (at) => new Promise(() => uris.push(at)),
    )
    await one.register()
    await firstValueFrom(
      server
        .client('one')
        .updateFirmware(image)
        .pipe(filter(({ state }) => state === 1)),
    )
    expect(uris).toHaveLength(1)
    expect((await firstValueFrom(one.endpoint.ask(request('GET', uris[0]!)))).code).toBe('4.04')
  })
})
