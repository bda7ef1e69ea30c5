/** The server in a world with bad links, against devices made by hand; the seed of a failure is printed. */
import { createHash } from 'node:crypto'
import { concatMap, endWith, filter, firstValueFrom, map, merge, mergeMap, NEVER, Observable, of, take, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Environment } from '../../src/core/environment.ts'
import type { Faults } from '../../src/datagram/faults.ts'
import { request } from '../../src/exchange/request.ts'
import { responses } from '../../src/message/code.ts'
import { lwm2mServer, type RegisteredClient, type Server } from '../../src/server.ts'
import type { Progress } from '../../src/server/firmware/update.ts'
import type { Image } from '../../src/server/image/image.ts'
import { options, strings } from '../../src/message/option.ts'
import { world, type World } from '../../src/simulation/world.ts'
import { handmadeDevice, text, type HandmadeDevice } from '../contracts/server-device.ts'

/** A server on a node of its own; what happens to registrations there, with the instants. */
const serverIn = (made: World, use: (server: Server) => Observable<unknown> = () => NEVER): readonly string[] => {
  const events: string[] = []
  made.node('server', { address: '10.0.0.99' }).start((env) => {
    const server = lwm2mServer(env, { listen: { address: '10.0.0.99', port: 5683 } })
    const note = tap(({ type, registration }: { type: string; registration: { endpointClientName: string } }) =>
      events.push(`${env.scheduler.now()} ${type} ${registration.endpointClientName}`),
    )
    return merge(server.registrations$.pipe(note), use(server))
  })
  return events
}
/** A device whose life is a program: it registers when it starts. */
const deviceIn = (made: World, name: string, make: (env: Environment) => HandmadeDevice) => {
  const node = made.node(name)
  node.start(
    (env) =>
      new Observable((observer) => {
        const device = make(env)
        observer.add(device.stop)
        device.register('lt=600&lwm2m=1.1').catch((error: unknown) => !observer.closed && observer.error(error))
      }),
  )
  return node
}
/** The client's streams once it is registered. */
const once = <Value>(server: Server, name: string, use: (client: ReturnType<Server['client']>) => Observable<Value>): Observable<Value> => {
  const client = server.client(name)
  return client.registration$.pipe(
    filter((registration) => registration !== undefined),
    take(1),
    concatMap(() => use(client)),
  )
}

describe('in a world', () => {
  test('a client that dies expires with its lifetime, not before', async () => {
    const made = world(1)
    const events = serverIn(made)
    const node = deviceIn(made, 'device', (env) => handmadeDevice(env, 'coap://server', 'device', {}))
    made.at(1_000, node.crash)
    await made.settle(700_000)
    expect(events).toEqual(['0 registered device', '600000 expired device'])
  })

  test('an observation goes on when the device has lost its power and comes back from another port', async () => {
    const made = world(2)
    const seen: unknown[] = []
    const events = serverIn(made, (server) =>
      once(server, 'device', (client) => client.observe('/3/0/9').pipe(tap(({ value }) => seen.push(value)))),
    )
    let boots = 0
    const node = deviceIn(made, 'device', (env) => handmadeDevice(env, 'coap://server', 'device', { '/3/0/9': String(++boots) }))
    made.at(10_000, node.crash)
    made.at(20_000, node.restart)
    await made.settle(60_000)
    expect(seen).toEqual([1, 2])
    expect(events).toEqual(['0 registered device', '20000 replaced device', '20000 registered device'])
  })

  const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 2_654_435_761) >>> 24)
  const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')
  const image: Image = {
    name: 'image',
    size: bytes.length,
    sha256: sha256(bytes),
    source: { size: bytes.length, etag: undefined, read: (offset, count) => of(bytes.slice(offset, offset + count)) },
  }
  /** Downloads what it is told to, tries again when that fails, and installs it; its power goes while it does. */
  const updating = (env: Environment, installed: { digest?: string }, reboot: () => void, name = 'device') => {
    const start = { '/5/0/1': '', '/5/0/3': '0', '/5/0/5': installed.digest === undefined ? '0' : '1' }
    return handmadeDevice(env, 'coap://server', name, start, (path, { payload }, device) => {
      const state = (value: number) => device.resources.get('/5/0/3')!.next(String(value))
      const download = (uri: string): Promise<void> =>
        firstValueFrom(device.endpoint.ask(request('GET', uri))).then(
          (response) => {
            installed.digest = sha256(response.payload)
            state(2)
          },
          () => download(uri),
        )
      if (path === '/5/0/1') {
        state(1)
        void download(new TextDecoder().decode(payload))
      }
      if (path === '/5/0/2') {
        state(3)
        env.scheduler.schedule(reboot, 5_000)
      }
      return path === '/5/0/1' || path === '/5/0/2' ? text(responses.Changed) : undefined
    })
  }
  const bad: Faults = { loss: 0.08, duplication: 0.1, reorder: 0.05, minMs: 5, maxMs: 300 }

  test.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    'a firmware update over a bad link ends with Result 1, whatever the network does (seed %d)',
    async (seed) => {
      const made = world(seed, { faults: bad })
      const progress: Progress[] = []
      const installed: { digest?: string } = {}
      serverIn(made, (server) =>
        once(server, 'device', (client) => client.updateFirmware(image, { pollMs: 30_000 }).pipe(tap((step) => progress.push(step)))),
      )
      const node = deviceIn(made, 'device', (env) =>
        updating(env, installed, () => {
          node.crash()
          made.at(made.now() + 20_000, node.restart)
        }),
      )
      await made.settle(3_600_000)
      expect(progress.at(-1)).toMatchObject({ phase: 'updated', result: 1, bytes: image.size })
      expect(installed.digest).toBe(image.sha256)
    },
  )

  test('clients that come are a stream, each observed while it is there', async () => {
    const made = world(5)
    const seen: string[] = []
    const observed = (client: RegisteredClient) =>
      client.observe('/3/0/9', { whenGone: 'complete' }).pipe(
        map(({ value }) => `${client.endpointClientName} ${value}`),
        endWith(`${client.endpointClientName} is gone`),
      )
    const events = serverIn(made, (server) =>
      server.client$.pipe(
        mergeMap(observed),
        tap((line) => seen.push(line)),
      ),
    )
    const make = (name: string) => deviceIn(made, name, (env) => handmadeDevice(env, 'coap://server', name, { '/3/0/9': '1' }))
    const one = make('one')
    made.at(10_000, () => void make('two'))
    // It comes back in time: the same client, whose registration is replaced.
    made.at(20_000, one.crash)
    made.at(30_000, one.restart)
    made.at(40_000, one.crash)
    made.at(900_000, one.restart)
    await made.settle(950_000)
    expect(events.filter((event) => event.endsWith('one')).map((event) => event.split(' ')[1])).toEqual([
      'registered',
      'replaced',
      'registered',
      'expired',
      'registered',
    ])
    expect(seen.filter((line) => line.startsWith('one'))).toEqual(['one 1', 'one 1', 'one is gone', 'one 1'])
    expect(seen.filter((line) => line === 'two is gone')).toHaveLength(1)
  })

  test('an observation that was lost on the way is taken up at the next sign of life', async () => {
    const made = world(3)
    const seen: unknown[] = []
    let device: HandmadeDevice | undefined
    serverIn(made, (server) => once(server, 'device', (client) => client.observe('/3/0/9').pipe(tap(({ value }) => seen.push(value)))))
    deviceIn(made, 'device', (env) => (device = handmadeDevice(env, 'coap://server', 'device', { '/3/0/9': '1' })))
    // It registers anew, but the Observe that follows is not answered; then it sends an Update.
    made.at(10_000, () => {
      device!.silent.add('/3/0/9')
      device!.reboot({ '/3/0/9': '2' })
      void device!.register('lt=600&lwm2m=1.1').then(({ options: all }) =>
        made.at(300_000, () => {
          device!.silent.clear()
          void device!.post(`/${strings(all, options.LocationPath).join('/')}`)
        }),
      )
    })
    await made.settle(299_000)
    expect(seen).toEqual([1])
    await made.settle(350_000)
    expect(seen).toEqual([1, 2])
  })

  test('many clients pull one image at once', async () => {
    const made = world(4, { faults: { loss: 0.02, minMs: 5, maxMs: 50 } })
    const names = ['one', 'two', 'three', 'four', 'five']
    const done = new Set<string>()
    serverIn(made, (server) =>
      merge(
        ...names.map((name) =>
          once(server, name, (client) => client.updateFirmware(image).pipe(tap(({ phase }) => phase === 'updated' && done.add(name)))),
        ),
      ),
    )
    for (const name of names) {
      const installed: { digest?: string } = {}
      const node = deviceIn(made, name, (env) =>
        updating(
          env,
          installed,
          () => {
            node.crash()
            made.at(made.now() + 20_000, node.restart)
          },
          name,
        ),
      )
    }
    await made.settle(1_800_000)
    expect([...done].sort()).toEqual([...names].sort())
  })
})
