/** A device that loses its power at any instant: what a server was promised is there afterwards, and the registration goes on (LwM2M Core 1.2.2 §6.2.2). */
import { EMPTY, merge, of, startWith, Subject, tap, throwError } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { lwm2mBootstrapServer } from '../../src/bootstrap-server.ts'
import { client, type Client, type ClientOptions } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { Notice } from '../../src/client/word.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import { Secret } from '../../src/core/secret.ts'
import { defineObject, definitions } from '../../src/model/definition.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { lwm2mServer, type Server } from '../../src/server.ts'
import { disk, everySeed, type Node, type World, world } from '../../src/simulation/index.ts'
import { keptSeeds } from './seeds.ts'

const setpoint = defineObject({
  id: 3308,
  name: 'Set Point',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    5900: { name: 'Set Point Value', operations: 'RW', multiple: false, mandatory: true, type: 'float' },
    5701: { name: 'Sensor Units', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
  },
})
const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
const account = { uri: 'coap://10.0.0.1:5683', lifetimeSeconds: 3_600 }

interface Scene {
  readonly made: World
  readonly host: Node
  readonly node: Node
  readonly notices: Notice[]
  readonly events: string[]
  /** What the server was told. */
  readonly promised: { setpoint: number; instances: Set<number>; observed: boolean }
  readonly told: number[]
  full: boolean
  unreadable: boolean
  server: Server | undefined
  device: Client | undefined
}

const play = (seed: number, more: Partial<ClientOptions> = {}, battery$ = new Subject<number>()): Scene => {
  const made = world(seed, { faults: { minMs: 5, maxMs: 60 }, crypto, log: false })
  const luck = made.random.fork('disk')
  const it: Scene = {
    made,
    host: made.node('server', { address: '10.0.0.1' }),
    node: made.node('device', {
      address: '10.0.1.1',
      storage: (stored) => {
        const store = disk(stored, {
          scheduler: made.scheduler,
          writeMs: () => 1 + (luck.uint32() % 30),
          torn: () => (luck.uint32() % 100) / 100,
          isFull: () => it.full,
        })
        return {
          ...store,
          read: (name) => (it.unreadable ? throwError(() => new Lwm2mError('sink', 'the store is away')) : store.read(name)),
        }
      },
    }),
    notices: [],
    events: [],
    promised: { setpoint: 20, instances: new Set(), observed: false },
    told: [],
    full: false,
    unreadable: false,
    server: undefined,
    device: undefined,
  }
  it.host.start((env) => {
    const secure = { credentials: { find: () => of({ key, endpointClientName: 'device' }) }, unsecured: true }
    const server = lwm2mServer(env, {
      listen: { address: '10.0.0.1', port: 5683 },
      secure,
      context: { definitions: definitions([setpoint]) },
    })
    it.server = server
    return server.registrations$.pipe(tap(({ type }) => it.events.push(type)))
  })
  it.node.start((env) => {
    const device = client(env, {
      endpointClientName: 'device',
      servers: account,
      objects: [
        deviceObject({ manufacturer: 'Acme', batteryLevel: battery$.pipe(startWith(100)), reboot: () => EMPTY }),
        instances(setpoint, { 0: { 5900: 20, 5701: 'Cel' } }),
      ],
      persist: {},
      ...more,
    })
    it.device = device
    return device.notice$.pipe(tap((notice) => it.notices.push(notice)))
  })
  return it
}
const quietly = { error: () => undefined }
const peer = ({ server }: Scene) => server!.client('device')
const types = ({ notices }: Scene) =>
  notices.flatMap((notice) => (notice.type === 'account' ? [notice.state] : notice.type === 'store' ? [notice.what] : []))
const registers = (it: Scene) => types(it).filter((type) => type === 'registering').length

/** Writes, creations and an observation, and what the server was answered. */
const order = (it: Scene) => {
  const { made, promised } = it
  const write = (value: number) => () =>
    peer(it)
      .write('/3308/0/5900', value)
      .subscribe({ next: ({ code }) => code === '2.04' && (promised.setpoint = value), ...quietly })
  made.at(1_000, write(21))
  made.at(1_010, () =>
    peer(it)
      .create('/3308', { 5900: 5 })
      .subscribe({ next: () => promised.instances.add(1), ...quietly }),
  )
  made.at(1_100, write(22))
  made.at(1_150, () =>
    peer(it)
      .observe('/3/0/9')
      .subscribe({ next: ({ value }) => it.told.push(value), ...quietly }),
  )
  made.at(1_300, () => peer(it).writeAttributes('/3308/0/5900', { pmin: 5 }).subscribe(quietly))
}

/** What the device has of what it promised. A Write that was under way may have been done or not. */
const check = (it: Scene, possible: readonly number[]) => {
  const seen: { setpoint?: number; instances?: readonly number[] } = {}
  const { promised, made } = it
  const now = made.now()
  peer(it)
    .read('/3308/0/5900')
    .subscribe({ next: ({ value }) => (seen.setpoint = value), error: (error: unknown) => expect(String(error)).toBe('') })
  peer(it)
    .discover('/3308')
    .subscribe({ next: (listed) => (seen.instances = listed.flatMap(({ path }) => path.instance ?? [])), ...quietly })
  made.run(now + 20_000)
  expect(possible.slice(possible.indexOf(promised.setpoint))).toContain(seen.setpoint)
  for (const id of promised.instances) expect(seen.instances).toContain(id)
}

describe('a power cut', () => {
  test('at any instant of a short run: what was promised is there, and the registration goes on with an Update', () => {
    for (let at = 1; at <= 1_500; at += at < 300 || at > 990 ? 4 : 50) {
      const it = play(5)
      order(it)
      let resumes = false
      it.made.at(at, () => {
        resumes = it.notices.some((notice) => notice.type === 'account' && notice.state === 'registered') && it.made.now() > 500
        it.node.crash()
      })
      it.made.at(10_000, it.node.restart)
      it.made.run(15_000)
      const before = it.notices.findIndex((notice, index) => index > 0 && notice.type === 'store')
      try {
        check(it, [20, 21, 22])
        if (resumes) expect(registers(it)).toBe(1)
        expect(before).toBeGreaterThan(-1)
      } catch (error) {
        throw new Error(`cut at ${at} ms: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    }
  }, 120_000)

  test('many, at random instants of a long run, with torn writes', () => {
    everySeed({ count: 40, kept: keptSeeds('persist') }, (seed) => {
      const it = play(seed)
      const luck = it.made.random.fork('cuts')
      const sent = [20]
      for (let n = 0; n < 60; n++) {
        const at = 2_000 + n * 10_000 + (luck.uint32() % 5_000)
        sent.push(n)
        it.made.at(
          at,
          () =>
            it.node.isOn() &&
            peer(it)
              .write('/3308/0/5900', n)
              .subscribe({ next: ({ code }) => code === '2.04' && (it.promised.setpoint = n), ...quietly }),
        )
        if (luck.uint32() % 3 > 0) continue
        const cut = at + (luck.uint32() % 150)
        it.made.at(cut, () => it.node.isOn() && it.node.crash())
        it.made.at(cut + 1_000 + (luck.uint32() % 3_000), () => !it.node.isOn() && it.node.restart())
      }
      it.made.run(620_000)
      check(it, sent)
      expect(registers(it)).toBe(1)
      expect(it.events.filter((type) => type === 'registered')).toHaveLength(1)
    })
  }, 120_000)

  test('an observation goes on: what happens after the cut is told, under numbers that the server takes at once [RFC 7641 §3.4]', () => {
    const battery$ = new Subject<number>()
    const it = play(3, {}, battery$)
    order(it)
    for (let n = 0; n < 5; n++) it.made.at(2_000 + n * 1_000, () => battery$.next(90 - n))
    it.made.at(8_000, it.node.crash)
    it.made.at(9_000, it.node.restart)
    it.made.at(12_000, () => battery$.next(50))
    it.made.run(20_000)
    expect(it.told).toEqual([100, 90, 89, 88, 87, 86, 100, 50])
    expect(registers(it)).toBe(1)
  })
})

describe('a store in trouble', () => {
  test('a full disk: a Write is answered 5.03, told, and promised again when there is room', () => {
    const it = play(1)
    const codes: string[] = []
    const write = (value: number) => () =>
      peer(it)
        .write('/3308/0/5900', value)
        .subscribe({
          next: ({ code }) => codes.push(code),
          error: (error: unknown) => codes.push(error instanceof Lwm2mError ? String(error.responseCode) : ''),
        })
    it.made.at(5_000, () => (it.full = true))
    it.made.at(6_000, write(1))
    it.made.at(70_000, () => (it.full = false))
    it.made.at(200_000, write(2))
    it.made.run(210_000)
    expect(codes).toEqual(['5.03', '2.04'])
    expect(types(it).filter((type) => type === 'not-stored' || type === 'stored')).toEqual(['not-stored', 'stored'])
  })

  test('damaged octets are told, and the state before counts', () => {
    everySeed({ count: 30 }, (seed) => {
      const it = play(seed)
      order(it)
      it.made.at(30_000, () => {
        it.node.crash()
        const { values } = it.node.stored
        const newest = [...values.keys()].filter((name) => name.includes('state')).at(seed % 2)!
        const octets = values.get(newest)!
        const luck = it.made.random.fork('damage')
        const at = luck.uint32() % octets.length
        values.set(
          newest,
          seed % 3 === 0 ? octets.slice(0, at) : octets.map((octet, index) => (index === at ? octet ^ (1 + (luck.uint32() % 255)) : octet)),
        )
      })
      it.made.at(31_000, it.node.restart)
      it.made.run(60_000)
      expect(types(it)).toContain('damaged')
      expect(types(it)).toContain('restored')
      expect(registers(it)).toBe(1)
    })
  })

  test('a store that cannot be read once: the client begins anew, and what it stores then is newer than what was there', () => {
    const it = play(1)
    order(it)
    it.made.at(5_000, () => {
      it.node.crash()
      it.promised.instances.clear()
      it.unreadable = true
      it.node.restart()
    })
    it.made.at(6_000, () => (it.unreadable = false))
    it.made.at(8_000, () =>
      peer(it)
        .write('/3308/0/5900', 30)
        .subscribe({ next: () => (it.promised.setpoint = 30), ...quietly }),
    )
    it.made.at(9_000, it.node.crash)
    it.made.at(10_000, it.node.restart)
    it.made.run(15_000)
    check(it, [30])
    expect(types(it).filter((type) => type === 'unreadable').length).toBeGreaterThan(0)
  })

  test('nothing but damage: the client begins anew', () => {
    const it = play(1)
    it.made.at(5_000, () => {
      it.node.crash()
      for (const name of it.node.stored.values.keys()) it.node.stored.values.set(name, new TextEncoder().encode('{}'))
      it.node.restart()
    })
    it.made.run(20_000)
    expect(types(it).filter((type) => type === 'damaged').length).toBeGreaterThan(0)
    expect(registers(it)).toBe(2)
  })
})

describe('accounts', () => {
  test('keys that bootstrap brought survive, apart from the state; the device registers without bootstrap', () => {
    const secrets = new Map<string, Uint8Array>()
    const port = {
      read: (name: string) => of(secrets.get(name)),
      write: (name: string, bytes: Uint8Array) => (secrets.set(name, bytes.slice()), EMPTY),
      remove: (name: string) => (secrets.delete(name), EMPTY),
    }
    const it = play(2, { servers: { uri: 'coap://10.0.0.98:5783', bootstrap: true }, persist: { secrets: port } })
    let bootstraps = 0
    it.made.node('bootstrap', { address: '10.0.0.98' }).start((env) => {
      const configurationOf = () =>
        of({ servers: [{ uri: 'coaps://10.0.0.1:5684', shortServerId: 9, psk: { identity: 'device', key }, lifetimeSeconds: 3_600 }] })
      const server = lwm2mBootstrapServer(env, { store: { configurationOf }, listen: { address: '10.0.0.98', port: 5783 } })
      return merge(server.event$.pipe(tap(({ type }) => (bootstraps += Number(type === 'finished' || type === 'packed')))))
    })
    it.made.at(30_000, it.node.crash)
    it.made.at(40_000, it.node.restart)
    it.made.run(60_000)
    const text = (values: Iterable<Uint8Array>) => [...values].map((octets) => new TextDecoder().decode(octets)).join()
    const hex = Array.from(key.reveal(), (octet) => octet.toString(16)).join('')
    expect(bootstraps).toBe(1)
    expect(it.events).toEqual(['registered', 'updated'])
    expect(registers(it)).toBe(1)
    expect(text(secrets.values())).toContain(hex)
    expect(text(it.node.stored.values.values())).not.toContain(hex)
  })

  test('a secured link goes on without a handshake, and a session is never read twice', () => {
    const it = play(6, { servers: { uri: 'coaps://10.0.0.1:5684', psk: { identity: 'device', key }, lifetimeSeconds: 3_600 } })
    let sent = 0
    it.made.at(10_000, it.node.crash)
    it.made.at(19_999, () => (sent = it.made.network.counts.sent))
    it.made.at(20_000, () => {
      it.node.restart()
      expect([...it.node.stored.values.keys()].filter((name) => name.includes('session'))).toEqual([])
    })
    it.made.run(25_000)
    expect(it.events).toEqual(['registered', 'updated'])
    // An Update and its answer: a handshake would be seven more.
    expect(it.made.network.counts.sent - sent).toBe(2)
  })

  test('options that name another server begin anew; what servers wrote elsewhere stays', () => {
    const it = play(1)
    order(it)
    it.made.run(5_000)
    it.node.crash()
    const other = play(2, { servers: { ...account, shortServerId: 5 } })
    for (const [name, octets] of it.node.stored.values) other.node.stored.values.set(name, octets)
    other.node.crash()
    other.made.at(10, () => undefined)
    other.made.run(1)
    other.node.restart()
    other.promised.setpoint = 22
    other.made.run(10_000)
    check(other, [22])
    expect(types(other)).toContain('reconfigured')
    expect(registers(other)).toBeGreaterThan(0)
  })

  test('who stops without De-register goes on with an Update; who de-registers begins anew', () => {
    for (const deregister of [false, true]) {
      const it = play(4)
      it.made.at(5_000, () => it.device!.command({ type: 'stop', deregister }))
      it.made.at(9_000, it.node.crash)
      it.made.at(10_000, it.node.restart)
      it.made.run(20_000)
      expect(registers(it), String(deregister)).toBe(deregister ? 2 : 1)
    }
  })

  test('in queue mode it sleeps on until its Update is due, and says where it is', () => {
    const it = play(4, { queueMode: true })
    it.made.at(200_000, it.node.crash)
    it.made.at(300_000, it.node.restart)
    it.made.run(310_000)
    expect(types(it).slice(-2)).toEqual(['restored', 'asleep'])
    it.made.run(3_600_000)
    expect(registers(it)).toBe(1)
    expect(it.events.filter((type) => type === 'updated').length).toBeGreaterThan(0)
  })

  test('a clock gone backwards: everything is due', () => {
    const it = play(4)
    it.made.at(20_000, it.node.crash)
    it.made.at(30_000, () => {
      it.node.setClock(-86_400_000)
      it.node.restart()
    })
    it.made.run(60_000)
    expect(it.events).toEqual(['registered', 'updated'])
  })
})
