/** A server that keeps everything in a database and loses its power: clients notice nothing (LwM2M Core 1.2.2 §6.2; RFC 7641 §3.1). */
import { BehaviorSubject, EMPTY, ignoreElements, merge, mergeMap, NEVER, take, tap, timer, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { Lwm2mError } from '../../src/core/error.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { databaseStore, lwm2mServer, type Command, type Server } from '../../src/server.ts'
import type { Entries } from '../../src/simulation/database.ts'
import { world, type World } from '../../src/simulation/world.ts'

const address = '10.0.0.99'
/** A server with a database that is there whatever happens, and what its application does in each life. */
const serving = (made: World, entries: Entries, application: (server: Server, env: Environment, life: number) => Observable<unknown>) => {
  const log: string[] = []
  const damaged: string[] = []
  const it: { server?: Server } = {}
  let life = 0
  const node = made.node('server', { address, stored: { values: new Map(), bodies: new Map(), entries } })
  node.start((env) => {
    const store = databaseStore(env.database!, { damaged: (key) => damaged.push(key) })
    const server = lwm2mServer(env, { listen: { address, port: 5683 }, store })
    it.server = server
    return merge(
      server.registrations$.pipe(tap(({ type }) => log.push(`${made.now() / 1_000} ${type}`))),
      server.settled$.pipe(tap(({ command, outcome }) => log.push(`${made.now() / 1_000} ${command.type} ${outcome}`))),
      application(server, env, ++life).pipe(ignoreElements()),
    )
  })
  return { log, damaged, it, ...node, crash: node.crash, restart: node.restart }
}
const device = (made: World, celsius$: BehaviorSubject<number>, reboots: string[] = [], how: object = {}) =>
  made.node('device').start(
    (env) =>
      client(env, {
        endpointClientName: 'meter',
        servers: { uri: `coap://${address}`, lifetimeSeconds: 600, ...how },
        objects: [
          deviceObject({
            manufacturer: 'Acme',
            reboot: () => {
              reboots.push(`${made.now() / 1_000}`)
              return EMPTY
            },
          }),
          instances(temperature, { 0: { 5700: celsius$ } }),
        ],
      }).run$,
  )

describe('a server with a database', () => {
  test('goes on observing after it lost its power: what is notified before anybody asks again is acknowledged, and told then [RFC 7641 §4.5]', () => {
    const made = world(1)
    const celsius$ = new BehaviorSubject(20)
    const seen: string[] = []
    const entries: Entries = new Map()
    const tokens: string[] = []
    const { log, crash, restart } = serving(made, entries, (server, env, life) =>
      // The application of the second life takes a minute to begin.
      timer(life === 1 ? 0 : 60_000, env.scheduler).pipe(
        mergeMap(() =>
          server.client('meter').registration$.pipe(
            mergeMap((registration) => (registration === undefined ? EMPTY : [registration])),
            take(1),
            mergeMap(() => server.client('meter').observe('/3303/0/5700')),
          ),
        ),
        tap(({ value }) => seen.push(`${made.now() / 1_000} ${value}`)),
      ),
    )
    device(made, celsius$)
    made.at(10_000, () => celsius$.next(21))
    made.at(20_000, crash)
    made.at(50_000, restart)
    made.at(60_000, () => celsius$.next(22)) // nobody has asked for it yet
    for (const at of [15_000, 70_000, 200_000])
      made.at(at, () => tokens.push(...[...entries.keys()].filter((key) => key.startsWith('observation'))))
    made.at(120_000, () => celsius$.next(23))
    const resets: string[] = []
    made.run(300_000)
    for (const line of made.log) if (/^\d+ server messages .*RST/.test(line)) resets.push(line)
    expect(resets).toEqual([])
    expect(log.filter((line) => !line.endsWith('updated'))).toEqual(['0 registered', '50 restored'])
    // At 110 s what came before, and the value now; under one token all the while.
    expect(seen).toEqual(['0 20', '10 21', '110 22', '110 22', '120 23'])
    expect(tokens).toHaveLength(3)
    expect(new Set(tokens).size).toBe(1)
  })

  test('forgets an observation that nobody wants any more, and one of a registration that has ended', () => {
    const made = world(2)
    const entries: Entries = new Map()
    const observations = () => [...entries.keys()].filter((key) => key.startsWith('observation/')).length
    const { crash, restart } = serving(made, entries, (server, env, life) => {
      const watched$ = server.client('meter').observe('/3303/0/5700')
      return life === 1 ? timer(5_000, env.scheduler).pipe(mergeMap(() => merge(watched$, watched$.pipe(take(1))))) : NEVER
    })
    device(made, new BehaviorSubject(20))
    made.run(10_000)
    expect(observations()).toBe(1)
    crash()
    made.run(20_000)
    restart()
    made.run(30_000)
    expect(observations()).toBe(1)
    crash()
    // The registration goes with the disk; what was observed by it means nothing any more.
    for (const key of entries.keys()) if (key.startsWith('registration/')) entries.delete(key)
    restart()
    made.run(40_000)
    expect(observations()).toBe(0)
  })

  test('has a command done once when its client wakes, though it lost its power meanwhile [LwM2M Transport §6.5]', () => {
    const made = world(3)
    const entries: Entries = new Map()
    const reboots: string[] = []
    const { log, it, crash, restart } = serving(made, entries, () => EMPTY)
    device(made, new BehaviorSubject(20), reboots, { queueMode: true, binding: 'U' })
    made.at(200_000, () => {
      it.server!.submit('meter', { type: 'execute', path: '/3/0/4' }).subscribe()
      it.server!.submit('meter', { type: 'read', path: '/3/0/0' }).subscribe()
      it.server!.submit('meter', { type: 'write', path: '/1/0/1', content: 300 }, { expiryMs: 60_000 }).subscribe()
    })
    made.at(210_000, crash)
    made.at(230_000, restart)
    made.run(2_000_000)
    expect(reboots).toHaveLength(1)
    expect(log.filter((line) => !/updated|registered/.test(line)).map((line) => line.replace(/^[\d.]+ /, ''))).toEqual([
      'restored',
      'write failed',
      'execute done',
      'read done',
    ])
    expect(Number(reboots[0])).toBeGreaterThan(230)
    expect([...entries.keys()].filter((key) => key.startsWith('command/'))).toEqual([])
  })

  test('tells what became of commands: refused, expired, taken back, too many', () => {
    const made = world(4)
    const told: string[] = []
    const { it } = serving(made, new Map(), (server) =>
      server.settled$.pipe(
        tap((one) =>
          told.push(`${one.command.type} ${one.outcome === 'done' ? 'done' : `${one.error.code} ${one.error.responseCode ?? ''}`}`),
        ),
      ),
    )
    device(made, new BehaviorSubject(20))
    const submit = (name: string, command: Command, expiryMs = 3_600_000) => {
      let id = ''
      it.server!.submit(name, command, { expiryMs }).subscribe({
        next: (one) => (id = one.id),
        error: (error: unknown) => told.push(`not kept: ${(error as Lwm2mError).code}`),
      })
      return id
    }
    made.at(10_000, () => {
      submit('meter', { type: 'read', path: '/3/0/99' })
      submit('meter', { type: 'write-composite', content: { '/1/0/2': 5 } })
      submit('nobody', { type: 'read', path: '/3/0/0' }, 60_000)
      submit('nobody', { type: 'delete', path: '/3303/0' }, 5_000)
      const id = submit('nobody', { type: 'discover', path: '/3' })
      it.server!.withdraw(id).subscribe()
      for (let i = 0; i < 99; i++) submit('many', { type: 'read', path: '/3/0/0' })
      expect(it.server!.waiting('nobody').map(({ command }) => command.type)).toEqual(['read', 'delete'])
      submit('many', { type: 'read', path: '/3/0/0' })
      submit('many', { type: 'read', path: '/3/0/0' })
    })
    made.run(100_000)
    expect(told).toEqual(['not kept: refused', 'read response 4.04', 'write-composite done', 'delete expired ', 'read expired '])
    expect(it.server!.waiting()).toHaveLength(100)
  })

  test('sends a command that was not heard again when its client shows itself [RFC 7252 §4.2]', () => {
    const made = world(7)
    const { log, it } = serving(made, new Map(), () => EMPTY)
    device(made, new BehaviorSubject(20))
    made.at(10_000, () => {
      made.network.faults({ loss: 1 })
      it.server!.submit('meter', { type: 'read', path: '/3/0/0' }, { expiryMs: 3_600_000 }).subscribe()
    })
    made.at(300_000, () => made.network.faults({}))
    made.run(2_000_000)
    expect(log.filter((line) => line.includes('read'))).toHaveLength(1)
    const [done] = log.filter((line) => line.endsWith('read done'))
    expect(Number(done?.split(' ')[0])).toBeGreaterThan(300)
  })

  test('reports entries that are damaged and keeps the rest', () => {
    const made = world(5)
    const entries: Entries = new Map()
    const { log, damaged, it, crash, restart } = serving(made, entries, () => EMPTY)
    device(made, new BehaviorSubject(20))
    made.at(5_000, () => it.server!.submit('other', { type: 'read', path: '/3/0/0' }).subscribe())
    made.run(10_000)
    crash()
    const [key, value] = [...entries].find(([name]) => name.startsWith('command/'))!
    value[value.length >> 1]! ^= 1
    entries.set('registration/another', new Uint8Array([1, 2, 3]))
    entries.set('registration/copied', entries.get('registration/meter')!)
    restart()
    made.run(20_000)
    expect(damaged.sort()).toEqual([key, 'registration/another', 'registration/copied'])
    expect(log).toContain('10 restored')
    expect(it.server!.waiting()).toEqual([])
  })

  test('still understands a Profile ID that it learnt before', () => {
    // See marble-tests/server/registration.test.ts for how one is learnt; here: that it is kept.
    const entries: Entries = new Map()
    const profile = { id: '6:27354b9a', objects: [{ path: { object: 3, instance: 0 }, attributes: {} }] }
    const made = world(6)
    made
      .node('server', { stored: { values: new Map(), bodies: new Map(), entries } })
      .start((env) => databaseStore(env.database!).profiles.keep(profile))
    made.run(1)
    let found: unknown
    made
      .node('again', { stored: { values: new Map(), bodies: new Map(), entries } })
      .start((env) => databaseStore(env.database!).profiles.load.pipe(tap((all) => (found = all))))
    made.run(2)
    expect(found).toEqual([profile])
  })
})
