/** Firmware updates in whole worlds: servers, clients, bad links, power cuts; nothing false is installed, no state is illegal, every update ends (LwM2M Core §E.6). */
import { createHash } from 'node:crypto'
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  map,
  merge,
  of,
  retry,
  take,
  takeUntil,
  tap,
  throwError,
  timer,
  zip,
  type Observable,
} from 'rxjs'
import { describe, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import type { Environment } from '../../src/core/environment.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Source } from '../../src/core/ports.ts'
import type { Faults } from '../../src/datagram/faults.ts'
import { storedIn, type FirmwareImage } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import type { Update, UpdateMachine } from '../../src/firmware/update.ts'
import { lwm2mServer, type RegisteredClient, type Server } from '../../src/server.ts'
import { misfortunes } from '../../src/simulation/scenario.ts'
import { bytesSource } from '../../src/simulation/storage.ts'
import { world, type World } from '../../src/simulation/world.ts'
import { keptSeeds } from './seeds.ts'

const bad: Faults = { loss: 0.3, duplication: 0.2, reorder: 0.2, minMs: 5, maxMs: 400 }
const good: Faults = { minMs: 5, maxMs: 20 }
const goodAtMs = 1_200_000
const hourMs = 3_600_000

const bytesOf = (size: number, salt: number) => Uint8Array.from({ length: size }, (_, index) => ((index + salt) * 2_654_435_761) >>> 23)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What is known of one device from outside. */
interface Watched {
  readonly wanted: string
  /** Digests of what was installed. */
  readonly installed: string[]
  /** What is running now: survives power cuts. */
  running: string
  /** State and Result, each time they changed, from the machine's own turns. */
  readonly states: (Update | 'power cut')[]
  /** How the server's last attempt ended. */
  ended: string
  readonly failures: unknown[]
}

/** The whole of a source. */
const readAll = ({ read }: Source, size: number): Observable<Uint8Array> => read(0, size + 1)

const deviceIn = (it: World, name: string, seen: Watched) => {
  const install = ({ source, size, sha256: digest }: FirmwareImage) =>
    readAll(source, size).pipe(
      tap((bytes) => seen.installed.push(sha256(bytes))),
      concatMap(() => timer(3_000, it.scheduler)),
      tap(() => (seen.running = digest)),
      ignoreElements(),
    )
  const installed = (image: FirmwareImage | undefined) =>
    seen.running === image?.sha256 ? EMPTY : throwError(() => new Lwm2mError('firmware', 'the old one still runs'))
  const node = it.node(name)
  node.start(
    (env: Environment) =>
      client(env, {
        endpointClientName: name,
        servers: { uri: 'coap://server', lifetimeSeconds: 300, retryTimerSeconds: 5, retryCount: 50 },
        objects: [
          deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
          firmware({ store: storedIn(env.storage), install, installed, reset: () => env.storage.remove('firmware') }),
        ],
      }).notice$,
  )
  return node
}

/** The server goes on offering until it hears of success. */
const updating = (
  server: Server,
  it: World,
  name: string,
  bytes: Uint8Array,
  mode: 'pull' | 'push',
  protocol: 'coap' | 'http',
  seen: Watched,
) => {
  const device = server.client(name)
  const image = { name, size: bytes.length, source: bytesSource(bytes), sha256: sha256(bytes) }
  return defer(() =>
    device.registration$.pipe(
      filter((registration) => registration !== undefined),
      take(1),
      concatMap(() => device.updateFirmware(image, { mode, protocol, stallMs: 600_000 })),
    ),
  ).pipe(
    tap({
      error: (error: unknown) => {
        if (!(error instanceof Lwm2mError)) throw error
        seen.failures.push(`${error.code} ${error.message}`)
      },
      complete: () => (seen.ended = 'updated'),
    }),
    retry({ count: 60, delay: () => timer(30_000, it.scheduler) }),
    catchError(() => EMPTY),
  )
}

/** From State and Result to State and Result. */
const isLegal = (from: Update | 'power cut', to: Update | 'power cut'): boolean => {
  if (from === 'power cut' || to === 'power cut') return true
  const move = `${from.state}${to.state}`
  switch (move) {
    case '00':
      return [0, 7, 9].includes(to.result)
    case '01':
    case '12':
    case '23':
      return to.result === 0
    case '10':
      return to.result !== 1
    case '20':
      return to.result === 0
    case '30':
      return to.result === 1
    case '32':
      return to.result === 8
    default:
      return from.state === to.state && from.result === to.result
  }
}

const said = (known: Update | 'power cut') => (known === 'power cut' ? '!' : `${known.state}/${known.result}`)

const plans = [
  { name: 'a', mode: 'pull', protocol: 'coap', size: 60_000 },
  { name: 'b', mode: 'push', protocol: 'coap', size: 40_960 },
  { name: 'c', mode: 'pull', protocol: 'http', size: 700_001 },
  { name: 'd', mode: 'pull', protocol: 'coap', size: 1_024 },
  { name: 'e', mode: 'push', protocol: 'coap', size: 30_001 },
] as const

const play = async (seed: number, faults: Faults, cuts: boolean) => {
  const it = world(seed, { faults, log: false })
  const seen = new Map<string, Watched>()
  for (const { name, size } of plans)
    seen.set(name, { wanted: sha256(bytesOf(size, size)), installed: [], running: '', states: [], ended: '', failures: [] })
  it.turn$.subscribe(({ machine, node = '', state }) => {
    if (machine !== 'update' || node === 'server') return
    const { update } = state as UpdateMachine
    const { states } = seen.get(node)!
    const last = states.at(-1)
    if (last === undefined || last === 'power cut' || last.state !== update.state || last.result !== update.result) states.push(update)
  })
  it.node('server', { address: '10.0.0.99' }).start((env) => {
    const server = lwm2mServer(env, { listen: { address: '10.0.0.99', port: 5683 } })
    const all$ = merge(
      ...plans.map(({ name, mode, protocol, size }) => updating(server, it, name, bytesOf(size, size), mode, protocol, seen.get(name)!)),
    )
    return merge(server.registrations$, all$)
  })
  const nodes = plans.map(({ name }) => deviceIn(it, name, seen.get(name)!))
  const cutting = nodes.map((node) => ({
    ...node,
    crash: () => {
      node.crash()
      seen.get(node.name)!.states.push('power cut')
    },
  }))
  if (cuts) misfortunes(it, cutting, { untilMs: goodAtMs, crashesPerHour: 40, partitionsPerHour: 20, maxMs: 200_000 })
  it.at(goodAtMs, () => it.network.faults(good))
  await it.settle(goodAtMs + 2 * hourMs)
  return seen
}

const seeds = [...keptSeeds('fota'), ...Array.from({ length: 12 }, (_, index) => index + 1)]
describe.each([
  { title: 'on good links', faults: good, cuts: false },
  { title: 'on bad links', faults: bad, cuts: false },
  { title: 'on bad links, with power cuts', faults: bad, cuts: true },
])('updates $title', ({ faults, cuts }) => {
  test.each(faults === good ? seeds.slice(0, 2) : seeds)(
    'end with Result 1 and the very image, over legal States alone (seed %i) [LwM2M Core §E.6]',
    async (seed) => {
      const seen = await play(seed, faults, cuts)
      for (const [name, { wanted, installed, running, states, ended, failures }] of seen) {
        const told = { name, installed, failures, states: states.map(said).join(' ') }
        expect(
          installed.filter((digest) => digest !== wanted),
          JSON.stringify(told),
        ).toEqual([])
        for (let i = 1; i < states.length; i++) expect(isLegal(states[i - 1]!, states[i]!), JSON.stringify(told)).toBe(true)
        expect([ended, running], JSON.stringify(told)).toEqual(['updated', wanted])
        if (faults === good) expect(told.states, name).toBe('0/0 1/0 2/0 3/0 0/1')
      }
    },
  )
})

/** What a server does once the device is registered. */
const ordering = (it: World, use: (device: RegisteredClient) => Observable<unknown>) =>
  it.node('server', { address: '10.0.0.99' }).start((env) => {
    const server = lwm2mServer(env, { listen: { address: '10.0.0.99', port: 5683 } })
    const device = server.client('a')
    const registered$ = device.registration$.pipe(
      filter((registration) => registration !== undefined),
      take(1),
    )
    return merge(server.registrations$, registered$.pipe(concatMap(() => use(device))))
  })
const freshly = (): Watched => ({ wanted: '', installed: [], running: '', states: [], ended: '', failures: [] })
const codeOf = (order$: Observable<{ readonly code: string }>) =>
  order$.pipe(
    map(({ code }) => code),
    catchError((error: unknown) => of(error instanceof Lwm2mError ? (error.responseCode ?? error.code) : String(error))),
  )
const stateOf = (device: RegisteredClient) =>
  zip(device.read('/5/0/3'), device.read('/5/0/5')).pipe(map(([state, result]) => `${state.value}/${result.value}`))

describe('a package on the wire', () => {
  test('is refused with 4.05 at its first block while a download goes on, and a single NUL resets it [LwM2M Core §E.6]', async () => {
    const it = world(1, { faults: good, log: false })
    const seen: unknown[] = []
    const sent: number[] = []
    ordering(it, (device) =>
      concat(
        codeOf(device.write('/5/0/1', 'coap://10.0.0.77/nobody')),
        defer(() => (sent.push(it.now()), codeOf(device.write('/5/0/0', bytesOf(50_000, 1))))),
        defer(() => (sent.push(it.now()), stateOf(device))),
        codeOf(device.write('/5/0/0', Uint8Array.of(0))),
        stateOf(device),
        codeOf(device.write('/5/0/0', bytesOf(5_000, 1))),
        stateOf(device),
      ).pipe(tap((one) => seen.push(one))),
    )
    const node = deviceIn(it, 'a', freshly())
    await it.settle(60_000)
    expect(seen).toEqual(['2.04', '4.05', '1/0', '2.04', '0/0', '2.04', '2/0'])
    // One block there, one answer back.
    expect(sent[1]! - sent[0]!).toBeLessThanOrEqual(40)
    expect(sha256(node.stored.bodies.get('firmware')!)).toBe(sha256(bytesOf(5_000, 1)))
  })
  test('whose server goes away leaves State 0 with Result 4, and is taken when it comes again [LwM2M Core §E.6]', async () => {
    const it = world(2, { faults: good, log: false })
    const seen: unknown[] = []
    ordering(it, (device) =>
      concat(
        codeOf(device.write('/5/0/0', bytesOf(50_000, 1))).pipe(takeUntil(timer(400, it.scheduler))),
        stateOf(device),
        timer(250_000, it.scheduler).pipe(concatMap(() => stateOf(device))),
        codeOf(device.write('/5/0/0', bytesOf(5_000, 1))),
        stateOf(device),
      ).pipe(tap((one) => seen.push(one))),
    )
    deviceIn(it, 'a', freshly())
    await it.settle(400_000)
    expect(seen).toEqual(['1/0', '0/4', '2.04', '2/0'])
  })
})
