/** Devices and a server in bad worlds: whatever happens to them, in the end everybody is registered, and can be read and observed. */
import { EMPTY, interval, map, merge, mergeMap, of, retry, tap, timer, catchError } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { lwm2mServer, type RegistrationEvent, type Server } from '../../src/server.ts'
import { everySeed, misfortunes, world, type Faults, type Node, type World } from '../../src/simulation/index.ts'
import { keptSeeds } from './seeds.ts'

const bad: Faults = { loss: 0.15, duplication: 0.1, reorder: 0.1, minMs: 20, maxMs: 500 }
const good: Faults = { minMs: 20, maxMs: 60 }
const kept = keptSeeds('fleet')

/** What a server has seen. */
interface Books {
  server: Server | undefined
  readonly events: string[]
  readonly registered: Set<string>
  /** The last temperature of each, and when it came. */
  readonly heard: Map<string, readonly [value: unknown, at: number]>
}
const books = (): Books => ({ server: undefined, events: [], registered: new Set(), heard: new Map() })

const serverIn = (it: World, book: Books): Node => {
  const node = it.node('server', { address: '10.9.9.9' })
  node.start((env) => {
    const at = { address: '10.9.9.9', port: 5683 }
    const server = lwm2mServer(env, { listen: at, tcp: at })
    book.server = server
    book.registered.clear()
    const note = ({ type, registration: { endpointClientName: name } }: RegistrationEvent) => {
      book.events.push(`${type} ${name}`)
      if (type === 'registered' || type === 'updated' || type === 'replaced') book.registered.add(name)
      else book.registered.delete(name)
    }
    const observed$ = server.client$.pipe(
      mergeMap((one) =>
        one.observe('/3303/0/5700').pipe(
          retry({ delay: () => timer(30_000, env.scheduler) }),
          tap(({ value }) => book.heard.set(one.endpointClientName, [value, it.now()])),
        ),
      ),
    )
    return merge(server.registrations$.pipe(tap(note)), observed$)
  })
  return node
}
/** Its temperature is the minute of its life. */
const deviceIn = (it: World, name: string, nat = false, scheme: 'coap' | 'coap+tcp' = 'coap'): Node => {
  const node = it.node(name, nat ? { nat: { timeoutMs: 60_000 } } : {})
  node.start(
    (env) =>
      client(env, {
        endpointClientName: name,
        servers: {
          uri: `${scheme}://server:5683`,
          lifetimeSeconds: 300,
          retryTimerSeconds: 20,
          retryCount: 5,
          sequenceCount: 100,
          sequenceDelaySeconds: 60,
        },
        objects: [
          deviceObject({ manufacturer: 'Acme', serialNumber: { read: () => of(name) }, reboot: () => EMPTY }),
          instances(temperature, { 0: { 5700: interval(60_000, env.scheduler).pipe(map((minute) => minute)), 5701: 'min' } }),
        ],
      }).run$,
  )
  return node
}
const names = (count: number) => Array.from({ length: count }, (_, n) => `device ${n}`)

describe('a fleet', () => {
  test('is registered in the end, and can be read and observed, whatever happened to links, devices and server', () => {
    everySeed({ count: 12, kept }, (seed) => {
      const it = world(seed, { faults: bad, log: false })
      const book = books()
      const server = serverIn(it, book)
      const devices = names(6).map((name, n) => deviceIn(it, name, n % 2 === 1, n < 3 ? 'coap' : 'coap+tcp'))
      misfortunes(it, [...devices, server], { untilMs: 3_600_000, crashesPerHour: 3, partitionsPerHour: 4, rebindsPerHour: 6 })
      it.at(3_600_000, () => it.network.faults(good))
      it.run(7_200_000)
      expect([...book.registered].sort()).toEqual(names(6))
      const read: string[] = []
      const heard = new Map<string, unknown[]>()
      const server$ = merge(
        ...names(6).map((name) =>
          merge(
            book
              .server!.client(name)
              .read('/3/0/2')
              .pipe(
                map(({ value }) => read.push(`${name} is ${value}`)),
                catchError((error: unknown) => of(read.push(`${name}: ${String(error)}`))),
              ),
            book
              .server!.client(name)
              .observe('/3303/0/5700')
              .pipe(tap(({ value }) => heard.set(name, [...(heard.get(name) ?? []), value]))),
          ),
        ),
      )
      it.at(7_200_000, () => server$.subscribe())
      it.run(7_330_000)
      expect(read.sort()).toEqual(names(6).map((name) => `${name} is ${name}`))
      for (const name of names(6)) expect(heard.get(name)?.length, name).toBeGreaterThanOrEqual(3)
      // Also the observation made at first: a device that gave it up while the link was cut is observed anew after two silent Updates.
      for (const name of names(6)) expect(book.heard.get(name)?.[1], name).toBeGreaterThan(7_330_000 - 120_000)
    })
  })
  test('with good links registers once each and says nothing but Updates', () => {
    const it = world(1, { faults: good, log: false })
    const book = books()
    serverIn(it, book)
    for (const name of names(10)) deviceIn(it, name)
    it.run(3_600_000)
    expect(book.events.filter((event) => event.startsWith('registered'))).toHaveLength(10)
    expect(new Set(book.events.map((event) => event.split(' ')[0]))).toEqual(new Set(['registered', 'updated']))
    for (const name of names(10)) expect(book.heard.get(name)?.[0]).toBe(58)
  })
})
