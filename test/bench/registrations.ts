/** Registers and Updates at our server, and what a registered client and a simulated one weigh (LwM2M Core §6.2): one process, without sockets. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { generate, parse } from 'coap-packet'
import { EMPTY, lastValueFrom, merge, mergeMap, Subject, timer, type Observable } from 'rxjs'
import { client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { database } from '../../src/platform/database.ts'
import { live } from '../../src/platform/live.ts'
import { databaseStore, lwm2mServer, type ServerOptions, type ServerStore } from '../../src/server.ts'
import { virtualScheduler, world, type VirtualScheduler } from '../../src/simulation/index.ts'
import type { Contest } from './arena.ts'

const links = Buffer.from('</>;rt="oma.lwm2m";ct=110,</1/0>,</3/0>,</4/0>,</5/0>,</6/0>,</3303/0>,</3303/1>,</3304/0>')
const option = (name: 'Uri-Path' | 'Uri-Query' | 'Content-Format', value: string | Buffer) => ({ name, value: Buffer.from(value) })
const remoteOf = (i: number) => `coap://10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:5683`
const token = Buffer.of(1, 2, 3, 4)
const register = (i: number) =>
  generate({
    ...{ code: '0.02', confirmable: true, messageId: i & 0xffff, token, payload: links },
    options: [
      option('Uri-Path', 'rd'),
      option('Content-Format', Buffer.of(40)),
      ...[`ep=urn:imei:${String(i).padStart(15, '0')}`, 'lt=86400', 'lwm2m=1.1', 'b=U'].map((query) => option('Uri-Query', query)),
    ],
  })
const update = (i: number, location: string) =>
  generate({
    ...{ code: '0.02', confirmable: true, messageId: (i + 30_000) & 0xffff, token, payload: Buffer.alloc(0) },
    options: [option('Uri-Path', 'rd'), option('Uri-Path', location)],
  })

/** A server of ours between two subjects. */
const serving = (clients: number, store: ServerStore | undefined, scheduler?: VirtualScheduler) => {
  const received$ = new Subject<DatagramUp>()
  const locations = new Map<string, string>()
  let answers = 0
  let heard: (() => void) | undefined
  const udp = () => (sent$: Observable<DatagramDown>) => {
    sent$.subscribe((sent) => {
      if (sent.type !== 'datagram') return
      answers++
      const { code, options } = parse(Buffer.from(sent.bytes))
      if (code !== '2.01' && code !== '2.04') throw new Error(`answered ${code}`)
      const path = options.filter(({ name }) => name === 'Location-Path')
      if (path.length === 2) locations.set(sent.remote, String(path[1]!.value))
      heard?.()
    })
    return received$
  }
  const env: Environment = { ...live(), ...(scheduler === undefined ? {} : { scheduler }), transports: { udp } }
  const many = Math.max(20_000, 2 * clients)
  const options: ServerOptions = {
    parameters: { peersMax: many, outgoingMax: many, exchangesMax: many },
    limits: { registrationsMax: many },
    ...(store === undefined ? {} : { store }),
  }
  const open = lwm2mServer(env, options).registrations$.subscribe()
  /** So many, at most a thousand of them unanswered; seconds. */
  const all = async (octets: (i: number) => Buffer): Promise<number> => {
    const begun = performance.now()
    answers = 0
    for (let i = 0; i < clients; i++) {
      received$.next({ type: 'datagram', remote: remoteOf(i), bytes: octets(i) })
      if (i - answers >= 1_000 || i === clients - 1)
        await new Promise<void>((resolve) => {
          const enough = () => {
            if (answers <= (i === clients - 1 ? i : i - 500)) return
            heard = undefined
            resolve()
          }
          heard = enough
          enough()
        })
    }
    return (performance.now() - begun) / 1_000
  }
  return {
    // What was read of the store comes first.
    ready: () => new Promise((resolve) => setTimeout(resolve, 300)),
    register: () => all(register),
    update: () => all((i) => update(i, locations.get(remoteOf(i))!)),
    close: () => open.unsubscribe(),
  }
}

/** The least that it can cost: coap-packet both ways and a Map. */
const bare = (clients: number, make: (i: number) => Buffer): number => {
  const table = new Map<string, unknown>()
  const begun = performance.now()
  for (let i = 0; i < clients; i++) {
    const { messageId, payload } = parse(make(i))
    table.set(remoteOf(i), payload)
    generate({ code: '2.01', ack: true, messageId, token, options: [{ name: 'Location-Path', value: Buffer.from('rd') }] })
  }
  return (performance.now() - begun) / 1_000
}

/** Registers and Updates a second, without a store and with a database on this disk. */
export const registrations: Contest = async ({ say, rounds }) => {
  const clients = 10_000
  const results: {
    name: string
    of: string
    unit: string
    better: 'higher'
    ours: number
    peer: number
    peerName: 'bare-loop'
    ratio: number
  }[] = []
  for (const kind of ['without a store', 'with a database'] as const) {
    let [registers, updates, peer] = [0, 0, 0]
    for (let round = 0; round < Math.min(3, rounds); round++) {
      const folder = mkdtempSync(join(tmpdir(), 'lwm2m-rx-bench-'))
      const base = kind === 'with a database' ? database(folder) : undefined
      const server = serving(clients, base === undefined ? undefined : databaseStore(base))
      await server.ready()
      registers = Math.max(registers, clients / (await server.register()))
      updates = Math.max(updates, clients / (await server.update()))
      peer = Math.max(peer, clients / bare(clients, register))
      server.close()
      if (base !== undefined) await lastValueFrom(base.close, { defaultValue: undefined })
      rmSync(folder, { recursive: true, force: true })
    }
    say(
      `${clients} clients, ${kind}: ${registers.toFixed(0)} Registers/s, ${updates.toFixed(0)} Updates/s; coap-packet and a Map alone: ${peer.toFixed(0)}/s`,
    )
    for (const [of, ours] of [
      ['Registers', registers],
      ['Updates', updates],
    ] as const)
      results.push({
        name: 'registrations',
        of: `${of} ${kind}`,
        unit: '/s',
        better: 'higher',
        ours,
        peer,
        peerName: 'bare-loop',
        ratio: ours / peer,
      })
  }
  return results
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heap = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
/** Octets for each registered client: at once, and when their exchanges are forgotten (EXCHANGE_LIFETIME, 247 s). */
export const weightAtServer = async (clients: number): Promise<{ readonly fresh: number; readonly settled: number }> => {
  const scheduler = virtualScheduler()
  const server = serving(clients, undefined, scheduler)
  const before = heap()
  await server.register()
  const fresh = (heap() - before) / clients
  scheduler.flush(300_000)
  const settled = (heap() - before) / clients
  server.close()
  return { fresh, settled }
}
/** Octets for each client of a world, with its registration at a server in the same world, and the seconds until all are registered. */
export const weightInWorld = (clients: number): { readonly octets: number; readonly seconds: number } => {
  const begun = performance.now()
  const before = heap()
  const it = world(1, { log: false })
  let registered = 0
  it.node('server').start((env) =>
    lwm2mServer(env, {
      parameters: { peersMax: 2 * clients, outgoingMax: 2 * clients, exchangesMax: 2 * clients },
      limits: { registrationsMax: 2 * clients },
    }).registrations$.pipe(mergeMap(({ type }) => (type === 'registered' ? (registered++, EMPTY) : EMPTY))),
  )
  for (let i = 0; i < clients; i++)
    it.node(`client-${i}`).start((env) =>
      timer(i, env.scheduler).pipe(
        mergeMap(() =>
          merge(
            client(env, {
              endpointClientName: `client-${i}`,
              servers: { uri: 'coap://server:5683', lifetimeSeconds: 86_400 },
              objects: [deviceObject({ manufacturer: 'simulated', reboot: () => EMPTY }), instances(temperature, { 0: { 5700: 20 } })],
            }).notice$,
          ),
        ),
      ),
    )
  it.run(clients + 400_000)
  if (registered !== clients) throw new Error(`${registered} of ${clients} are registered`)
  const octets = (heap() - before) / clients
  return { octets, seconds: (performance.now() - begun) / 1_000 }
}
/** The least: what a server must know of each, as plain objects in a Map. */
const bareWeight = (clients: number): number => {
  const before = heap()
  const table = new Map<string, unknown>()
  for (let i = 0; i < clients; i++) {
    const objects = String(links)
      .split(',')
      .map((path) => ({ path, attributes: {} }))
    table.set(`urn:imei:${i}`, { location: `a-location-${i}`, remote: remoteOf(i), lifetimeSeconds: 86_400, objects, updated: i })
  }
  const octets = (heap() - before) / clients
  if (table.size !== clients) throw new Error('not every client is there')
  return octets
}

/** How many simulated clients there is memory for: 100,000 where there is, or as many as `LWM2M_RX_CLIENTS` says. */
const fleet = (): { readonly clients: number; readonly heapMiB: number } => {
  const said = process.env['LWM2M_RX_CLIENTS']
  const limit = process.constrainedMemory() as number | undefined
  const freeMiB = Math.min(freemem(), limit === undefined || limit === 0 ? Infinity : limit) / 2 ** 20
  const fitting = Math.floor((0.7 * freeMiB * 1_024) / reservedKiB / 1_000) * 1_000
  const clients = said === undefined ? Math.max(1_000, Math.min(100_000, fitting)) : Number(said)
  return { clients, heapMiB: Math.ceil((clients * reservedKiB) / 1_024) + 512 }
}
/** For each client: what it weighs, and room for the collector. */
const reservedKiB = 115
/** In a process of its own, with a heap of that size. */
const weighed = ({ clients, heapMiB }: ReturnType<typeof fleet>): ReturnType<typeof weightInWorld> => {
  const script = join(import.meta.dirname, 'fleet-process.js')
  const { status, stdout } = spawnSync(process.execPath, [`--max-old-space-size=${heapMiB}`, script, String(clients)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`a world of ${clients} clients did not end well`)
  return JSON.parse(stdout) as ReturnType<typeof weightInWorld>
}

/** 100,000 clients: what each weighs at the server, and (fewer where there is not the memory) in a simulated world. */
export const clients100k: Contest = async ({ say }) => {
  const clients = 100_000
  const { fresh, settled } = await weightAtServer(clients)
  const peer = bareWeight(clients)
  say(
    `${clients} clients at a server: ${fresh.toFixed(0)} octets each when just registered, ${settled.toFixed(0)} after EXCHANGE_LIFETIME; plain objects in a Map: ${peer.toFixed(0)}`,
  )
  const many = fleet()
  const { octets, seconds } = weighed(many)
  say(
    `${many.clients} clients in a world${many.clients < clients ? ' (there is no memory for more, or so it was said)' : ''}, with their server: ${(octets / 1_024).toFixed(1)} KiB each, registered in ${seconds.toFixed(1)} s, in a heap of ${many.heapMiB} MiB at the most`,
  )
  const one = { name: 'clients-100k', unit: 'octets', better: 'lower', peer, peerName: 'bare-loop' } as const
  return [
    { ...one, of: 'a registered client', ours: settled, ratio: settled / peer },
    { ...one, of: 'a simulated client', ours: octets, ratio: octets / peer },
  ]
}
