/** The fault lab: one server, one device and one firmware update in a world where exactly one thing goes wrong. */
import { createHash } from 'node:crypto'
import { catchError, concatMap, defer, EMPTY, filter, merge, of, retry, take, tap, throwError, timer, type Observable } from 'rxjs'
import { client } from '../../../src/client.ts'
import { deviceObject } from '../../../src/client/objects.ts'
import { seeded, type Random } from '../../../src/core/dice.ts'
import type { Environment } from '../../../src/core/environment.ts'
import { Lwm2mError } from '../../../src/core/error.ts'
import type { Storage } from '../../../src/core/ports.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { Faults } from '../../../src/datagram/faults.ts'
import { explain, type Explanation } from '../../../src/firmware/explain/explain.ts'
import type { Cause } from '../../../src/firmware/explain/cause.ts'
import { showFlight } from '../../../src/firmware/explain/text.ts'
import { storedIn, type FirmwareImage } from '../../../src/firmware/image.ts'
import type { FirmwareOptions } from '../../../src/firmware/options.ts'
import { firmware } from '../../../src/firmware/pipeline.ts'
import { recorder } from '../../../src/firmware/recorder/recorder.ts'
import type { Flight, Recording } from '../../../src/firmware/recorder/recording.ts'
import { crypto } from '../../../src/platform/crypto.ts'
import { lwm2mServer, type RegisteredClient } from '../../../src/server.ts'
import type { Node } from '../../../src/simulation/node.ts'
import { bytesSource, type Stored } from '../../../src/simulation/storage.ts'
import { world, type World } from '../../../src/simulation/world.ts'

/** How the image travels: who moves it, over what, in blocks of which kind. */
export type Way =
  'pull-coap' | 'push-coap' | 'pull-coaps' | 'push-coaps' | 'pull-tcp' | 'push-tcp' | 'pull-burst' | 'push-burst' | 'pull-http'
interface Road {
  readonly mode: 'pull' | 'push'
  readonly protocol?: 'http'
  readonly scheme: 'coap' | 'coaps' | 'coap+tcp'
  /** Q-Block1 and Q-Block2 (RFC 9177). */
  readonly bursts?: true
  /** Octets of the smallest image: enough that something can happen in the midst. */
  readonly bytes: number
}
const roads: Readonly<Record<Way, Road>> = {
  'pull-coap': { mode: 'pull', scheme: 'coap', bytes: 6_000 },
  'push-coap': { mode: 'push', scheme: 'coap', bytes: 6_000 },
  'pull-coaps': { mode: 'pull', scheme: 'coaps', bytes: 6_000 },
  'push-coaps': { mode: 'push', scheme: 'coaps', bytes: 6_000 },
  'pull-tcp': { mode: 'pull', scheme: 'coap+tcp', bytes: 135_000 },
  'push-tcp': { mode: 'push', scheme: 'coap+tcp', bytes: 135_000 },
  'pull-burst': { mode: 'pull', scheme: 'coap', bursts: true, bytes: 30_000 },
  'push-burst': { mode: 'push', scheme: 'coap', bursts: true, bytes: 30_000 },
  'pull-http': { mode: 'pull', protocol: 'http', scheme: 'coap', bytes: 60_000 },
}
const key = new Secret(new TextEncoder().encode('sixteen octets!!'))

/** What a fault may do to the world before it begins, and while it runs. */
export interface Stage {
  readonly it: World
  readonly luck: Random
  readonly way: Way
  readonly size: number
  readonly device: () => Node
  readonly server: () => Node
  /** Calls once, at the first turn at which the device's flight has so many octets. */
  readonly atBytes: (bytes: number, work: () => void) => void
  /** The client, as the server that updates it has it: for what an operator does beside the update. */
  readonly client: () => RegisteredClient
  /** What the device's flight is, if there is one. */
  readonly flight: () => Flight | undefined
}

/** One kind of fault. */
export interface Fault {
  readonly name: string
  readonly ways: readonly Way[]
  /** `installed`: the fault ends, or is repaired, and the image runs in the end. A number: the Update Result that the device reports. */
  readonly ends: 'installed' | number
  /** What `explain` says of the device's flight in the end; default: `none` for what was installed. */
  readonly cause?: Cause
  /** Where it shows itself otherwise. */
  readonly causeOver?: Partial<Record<Way, Cause>>
  /** What it says of the server's first flight in the end. */
  readonly serverCause?: Cause
  /** What `explain` must have said of the device's or the server's flight while the fault lasted. */
  readonly meanwhile?: Cause
  /** Orders of the server at the most; default 1. */
  readonly orders?: number
  readonly network?: Faults
  /** Behind a NAT of its own. */
  readonly nat?: boolean
  /** The device's environment and its store. */
  readonly onDevice?: (env: Environment, stage: Stage) => Environment
  readonly storage?: (stage: Stage) => (stored: Stored) => Storage
  readonly onServer?: (env: Environment, stage: Stage) => Environment
  /** What the application of the device does otherwise. */
  readonly application?: (stage: Stage) => Partial<Pick<FirmwareOptions, 'verify' | 'install' | 'bytesMax' | 'approve'>>
  /** What happens on the way. */
  readonly script?: (stage: Stage) => void
  /** When it must be over, in ms; default an hour. */
  readonly untilMs?: number
}

/** What came of it. */
export interface Outcome {
  readonly wanted: string
  readonly running: string
  /** Digests of what was installed, in order. */
  readonly installed: readonly string[]
  /** Installations that were done to their end. */
  readonly completed: number
  readonly orders: number
  /** State and Result on the device in the end. */
  readonly state: string
  readonly device: Explanation | undefined
  readonly server: Explanation | undefined
  readonly causes: ReadonlySet<Cause>
  readonly failures: readonly string[]
  /** Turns of the device from the first of its update to its end. */
  readonly turns: number
  readonly text: string
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const imageOf = (size: number, salt: number) => Uint8Array.from({ length: size }, (_, index) => ((index + salt) * 2_654_435_761) >>> 23)
const good: Faults = { minMs: 5, maxMs: 20 }

/** Plays one fault with one seed; `cutAt`: the turn of the device at which its power is cut, counted from the beginning of its update. */
export const play = (
  fault: Fault,
  way: Way,
  seed: number,
  { cutAt, octets }: { readonly cutAt?: number; readonly octets?: number } = {},
): Outcome => {
  const luck = seeded(seed).fork(`${fault.name} ${way}`)
  // Bursts are meant for secured links (RFC 9177 §11): every other seed has one.
  const road: Road = roads[way].bursts === true && seed % 2 === 0 ? { ...roads[way], scheme: 'coaps' } : roads[way]
  const size = octets ?? road.bytes + (luck.uint32() % 9_000)
  const bytes = imageOf(size, seed)
  const wanted = sha256(bytes)
  const it = world(seed, { faults: fault.network ?? good, log: false, ...(road.scheme === 'coaps' ? { crypto } : {}) })
  const { initial, record } = recorder()
  let recording: Recording = initial
  let running = ''
  let orders = 0
  let turns = 0
  let completed = 0
  const installed: string[] = []
  const failures: string[] = []
  const causes = new Set<Cause>()
  const waits: { readonly bytes: number; readonly work: () => void }[] = []
  const flight = (): Flight | undefined => recording.flights.filter(({ side }) => side === 'device').at(-1)
  const stage: Stage = {
    it,
    luck,
    way,
    size,
    device: () => device,
    server: () => server,
    client: () => there,
    atBytes: (at, work) => waits.push({ bytes: at, work }),
    flight,
  }

  it.turn$.subscribe((turn) => {
    recording = record(recording, turn)
    const now = flight()
    if (now === undefined || now.outcome !== 'open') return
    if (turn.node === 'device' && ++turns === cutAt) powerCut(it, device)
    for (const wait of waits.filter(({ bytes: at }) => now.bytes >= at)) {
      waits.splice(waits.indexOf(wait), 1)
      it.scheduler.post(wait.work, 0)
    }
  })
  const look = () => {
    for (const one of recording.flights) if (one.outcome === 'open') causes.add(explain(one, 1_893_456_000_000 + it.now()).cause)
  }

  const parameters = road.bursts === true ? { parameters: { robustBlocks: 'auto' as const } } : {}
  let there: RegisteredClient
  const device = it.node('device', {
    ...(fault.nat === true ? { nat: { timeoutMs: 600_000 } } : {}),
    ...(fault.storage === undefined ? {} : { storage: fault.storage(stage) }),
  })
  const server = it.node('server', { address: '10.0.0.99' })
  server.start((plain) => {
    const env = fault.onServer?.(plain, stage) ?? plain
    const made = lwm2mServer(env, {
      listen: { address: '10.0.0.99', port: 5683 },
      ...(road.scheme === 'coap+tcp' ? { tcp: { address: '10.0.0.99', port: 5683 } } : {}),
      ...(road.scheme === 'coaps'
        ? {
            secure: { credentials: { find: () => of({ key, endpointClientName: 'device' }) } },
            advertised: { coaps: 'coaps://server' }, // the device has keys for this name
          }
        : {}),
      ...parameters,
    })
    there = made.client('device')
    const image = { name: 'image', size, source: bytesSource(bytes), sha256: wanted }
    const order$ = defer(() => {
      if (running === wanted) return EMPTY
      return there.registration$.pipe(
        filter((registration) => registration !== undefined),
        take(1),
        tap(() => orders++),
        concatMap(() =>
          there.updateFirmware(image, {
            mode: road.mode,
            protocol: road.protocol ?? 'coap',
            stallMs: 3_000_000,
            pollMs: 60_000,
          }),
        ),
      )
    }).pipe(
      tap({ error: (error: unknown) => failures.push(error instanceof Lwm2mError ? `${error.code} ${error.message}` : String(error)) }),
      retry({
        count: (fault.orders ?? 1) - 1,
        delay: (error: unknown) => (error instanceof Lwm2mError ? timer(30_000, it.scheduler) : throwError(() => error)),
      }),
      catchError((error: unknown) => (error instanceof Lwm2mError ? EMPTY : throwError(() => error))),
    )
    return merge(made.registrations$, order$)
  })
  device.start((plain) => {
    const env = fault.onDevice?.(plain, stage) ?? plain
    const install = ({ source }: FirmwareImage): Observable<never> =>
      source.read(0, size + 1).pipe(
        tap((all) => installed.push(sha256(all))),
        concatMap(() => timer(2_000, it.scheduler)),
        tap(() => ((running = wanted), completed++)),
        concatMap(() => EMPTY),
      )
    const verify = ({ sha256: digest }: FirmwareImage): Observable<never> =>
      digest === wanted ? EMPTY : throwError(() => new Lwm2mError('firmware', 'not the image that was signed', { cause: 5 }))
    return client(env, {
      endpointClientName: 'device',
      servers: {
        uri: `${road.scheme}://server`,
        lifetimeSeconds: 300,
        retryTimerSeconds: 5,
        retryCount: 50,
        ...(road.scheme === 'coaps' ? { psk: { identity: 'device', key } } : {}),
      },
      ...parameters,
      objects: [
        deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
        firmware({
          store: storedIn(env.storage),
          verify,
          install,
          installed: () => (running === wanted ? EMPTY : throwError(() => new Lwm2mError('firmware', 'the old one still runs'))),
          reset: () => env.storage.remove('firmware'),
          ...(fault.application?.(stage) as object),
        }),
      ],
    }).notice$
  })
  fault.script?.(stage)
  const untilMs = fault.untilMs ?? 3_600_000
  for (let at = 0; at <= untilMs && !isOver(); at += 5_000) {
    it.run(at)
    look()
  }
  function isOver() {
    const now = flight()
    return (
      now !== undefined &&
      now.outcome !== 'open' &&
      recording.flights.every(({ outcome }) => outcome !== 'open') &&
      (running === wanted || orders >= (fault.orders ?? 1))
    )
  }
  it.run(Math.max(it.now(), 0) + 100)
  const last = flight()
  const ordered = recording.flights.find(({ side }) => side === 'server')
  const said = last === undefined ? undefined : explain(last, 1_893_456_000_000 + it.now())
  return {
    wanted,
    running,
    installed,
    completed,
    orders,
    state: last === undefined ? '' : `${last.state ?? '?'}/${last.result ?? '?'}`,
    device: said,
    server: ordered === undefined ? undefined : explain(ordered),
    causes,
    failures,
    turns,
    text: recording.flights.map((one) => showFlight(one)).join('\n'),
  }
}

/** In the midst of a turn: what it decided is not done, nothing leaves the node and nothing is stored; three seconds later it is on again. */
const powerCut = (it: World, node: Node) => {
  node.crash()
  it.scheduler.post(node.restart, 3_000)
}
