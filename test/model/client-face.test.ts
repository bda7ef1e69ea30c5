/** The client's face, in a world: it runs while subscribed, says where it is, and stops in time. */
import { createHash } from 'node:crypto'
import { concatMap, EMPTY, filter, ignoreElements, interval, map, merge, NEVER, of, startWith, take, tap, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { client, type Client, type ClientOptions } from '../../src/client.ts'
import type { Environment } from '../../src/core/environment.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import { storedIn } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { lwm2mServer, type Server } from '../../src/server.ts'
import { bytesSource } from '../../src/simulation/storage.ts'
import { world, type World } from '../../src/simulation/world.ts'

const serverIn = (made: World, use: (server: Server) => Observable<unknown> = () => NEVER) => {
  const events: string[] = []
  made.node('server', { address: '10.0.0.99' }).start((env) => {
    const server = lwm2mServer(env, { listen: { address: '10.0.0.99', port: 5683 } })
    return merge(server.registrations$.pipe(tap(({ type }) => events.push(`${env.scheduler.now()} ${type}`))), use(server))
  })
  return events
}
const registered = (server: Server): Observable<unknown> =>
  server.client('dev').registration$.pipe(
    filter((registration) => registration !== undefined),
    take(1),
  )
const made1 = (env: Environment, more: Partial<ClientOptions> = {}): Client =>
  client(env, {
    endpointClientName: 'dev',
    servers: 'coap://server:5683',
    objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }), instances(temperature, { 0: { 5700: 20 } })],
    ...more,
  })
/** A client on a node, run for so long; what it was and said. */
const live = (made: World, more: (env: Environment) => Partial<ClientOptions> = () => ({})) => {
  const seen: { device?: Client; states: string[]; ended: boolean } = { states: [], ended: false }
  made.node('dev').start((env) => {
    seen.device = made1(env, more(env))
    return merge(
      seen.device.state$.pipe(
        tap({
          next: ([account]) => seen.states.push(`${env.scheduler.now()} ${account!.state} ${account!.reason}`),
          complete: () => (seen.ended = true),
        }),
      ),
      seen.device.run$,
    )
  })
  return seen
}

describe('state$', () => {
  test('says where each account is, and why', () => {
    const made = world(1)
    serverIn(made)
    const seen = live(made)
    made.run(1_000)
    expect(seen.states).toEqual(['0 connecting start', '0 registering start', '0 registered registered'])
  })

  test('begins with what is', () => {
    const made = world(1)
    serverIn(made)
    const seen = live(made)
    made.run(1_000)
    const late: string[] = []
    seen.device!.state$.subscribe(([account]) => late.push(account!.state))
    expect(late).toEqual(['registered'])
  })
})

describe('stop', () => {
  test('de-registers and ends the run', () => {
    const made = world(1)
    const events = serverIn(made)
    const seen = live(made)
    let stopped = false
    made.at(1_000, () => void seen.device!.stop().subscribe({ complete: () => (stopped = true) }))
    made.run(2_000)
    expect(events).toEqual(['0 registered', '1000 deregistered'])
    expect(seen.states.at(-1)).toBe('1000 stopped asked')
    expect([stopped, seen.ended]).toEqual([true, true])
  })

  test('ends after five seconds though the server is silent', () => {
    const made = world(1)
    serverIn(made)
    const seen = live(made)
    const stops: string[] = []
    made.at(1_000, () => {
      made.network.cut(true, '10.0.0.99')
      seen.device!.stop().subscribe({ complete: () => stops.push(`stopped at ${made.now()}`) })
    })
    made.run(60_000)
    expect(stops).toEqual(['stopped at 6000'])
    expect(seen.ended).toBe(true)
  })

  test('of a client that does not run is over at once', () => {
    const made = world(1)
    let stopped = false
    made1(made.node('dev').env)
      .stop()
      .subscribe({ complete: () => (stopped = true) })
    expect(stopped).toBe(true)
  })
})

describe('a client in its world', () => {
  test('runs only while it is subscribed: unsubscribed, it says nothing more', () => {
    const made = world(1)
    const events = serverIn(made)
    const device = made1(made.node('dev').env, { servers: { uri: 'coap://server:5683', lifetimeSeconds: 60 } })
    const running = device.run$.subscribe()
    made.at(10_000, () => running.unsubscribe())
    made.run(100_000)
    expect(events).toEqual(['0 registered', '60000 expired'])
  })

  test('steps down to a server that knows only 1.1, and registers after an outage', () => {
    const made = world(1)
    const events = serverIn(made)
    const seen = live(made, () => ({ servers: { uri: 'coap://server:5683', lifetimeSeconds: 100 } }))
    made.at(40_000, () => made.network.cut(true, '10.0.0.99'))
    made.at(300_000, () => made.network.cut(false, '10.0.0.99'))
    made.run(1_000_000)
    expect(events.slice(0, 3).map((line) => line.split(' ')[1])).toEqual(['registered', 'expired', 'registered'])
    expect(seen.states.some((line) => line.includes('update-failed'))).toBe(true)
  })

  test('feeds its resources from streams, and notifies who observes', () => {
    const made = world(1)
    const values: unknown[] = []
    serverIn(made, (server) =>
      registered(server).pipe(
        concatMap(() =>
          server
            .client('dev')
            .observe('/3303/0/5700')
            .pipe(tap(({ value }) => values.push(value))),
        ),
      ),
    )
    live(made, ({ scheduler }) => ({
      objects: [
        instances(temperature, {
          0: {
            5700: interval(1_000, scheduler).pipe(
              map((count) => count + 20.5),
              take(4),
              startWith(20),
            ),
            5701: 'Cel',
          },
        }),
      ],
    }))
    made.run(10_000)
    expect(values).toEqual([20, 20.5, 21.5, 22.5, 23.5])
  })

  test.each([
    ['a server’s URI', { servers: 'http://server' }],
    ['two Objects of one ID', { objects: [instances(temperature, {}), instances(temperature, {})] }],
    ['a value of the wrong type', { objects: [instances(temperature, { 0: { 5700: 'warm' as never } })] }],
  ])('%s that cannot be meant is thrown as invalid', (_, more) => {
    expect(() => made1(world(1).node('dev').env, more)).toThrow(Lwm2mError)
  })

  test('commands are heard while it runs: a new Object Instance is registered', () => {
    const made = world(1)
    const events = serverIn(made)
    const seen = live(made)
    made.at(5_000, () => seen.device!.command({ type: 'change', changes: [{ type: 'create', object: 3303, instance: 1, nodes: [] }] }))
    made.run(10_000)
    expect(events).toEqual(['0 registered', '5000 updated'])
  })
})

describe('a firmware update', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 2_654_435_761) >>> 24)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  test.each(['pull', 'push'] as const)('by %s: every octet arrives, and reads go on meanwhile', async (mode) => {
    const made = world(3, { faults: { minMs: 10, maxMs: 20 }, log: false })
    const installed: string[] = []
    const states: unknown[] = []
    const reads: unknown[] = []
    serverIn(made, (server) =>
      registered(server).pipe(
        concatMap(() => {
          const device = server.client('dev')
          const image = { name: 'image', size: bytes.length, source: bytesSource(bytes), sha256 }
          return merge(
            device.updateFirmware(image, { mode }).pipe(tap((progress) => states.push(progress))),
            interval(500, made.scheduler).pipe(
              take(4),
              concatMap(() => device.read('/3/0/0')),
              tap(({ value }) => reads.push(value)),
            ),
          )
        }),
      ),
    )
    live(made, (env) => ({
      objects: [
        deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
        firmware({
          store: storedIn(env.storage),
          install: (image) =>
            of(image).pipe(
              tap(({ sha256: digest }) => installed.push(digest)),
              ignoreElements(),
            ),
          reset: () => EMPTY,
        }),
      ],
    }))
    await made.settle(600_000)
    expect(reads).toEqual(['Acme', 'Acme', 'Acme', 'Acme'])
    expect(installed).toEqual([sha256])
    expect(JSON.stringify(states.at(-1))).toContain('1')
  })
})
