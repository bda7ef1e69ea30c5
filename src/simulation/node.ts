/** One machine in a world: its environment while it is on, what it keeps while it is off. */
import { defer, of, Subscription, throwError, type Observable, type SchedulerAction, type SchedulerLike } from 'rxjs'
import type { Random } from '../core/dice.ts'
import type { Environment } from '../core/environment.ts'
import { Lwm2mError } from '../core/error.ts'
import { named, type Journal } from '../core/journal.ts'
import type { Crypto, Database, Resolve, Storage } from '../core/ports.ts'
import { memoryDatabase, type Entries } from './database.ts'
import type { Host } from './host.ts'
import { worldHttp, type Served } from './http.ts'
import type { NatOptions } from './nat.ts'
import { memory, type Stored } from './storage.ts'
import type { VirtualScheduler } from './virtual.ts'

export interface NodeOptions {
  /** Default: the next of 10.0.0.0/8. */
  readonly address?: string
  /** It stands behind a translator of its own; the address seen outside defaults to the next of 198.18.0.0/15. */
  readonly nat?: NatOptions & { readonly address?: string }
  /** A store that was there before. */
  readonly stored?: Stored
  /** A store of your own kind over it: a full disk, torn writes. */
  readonly storage?: (stored: Stored) => Storage
  /** A database of your own kind: a slow disk. */
  readonly database?: (entries: Entries, scheduler: SchedulerLike) => Database
}

/** What a node does while it is on; unsubscribed when it goes off. An error fails the world. */
export type Program = (env: Environment) => Observable<unknown>

/** One machine in the world, on or off. */
export interface Node {
  readonly name: string
  readonly address: string
  /** What its programs run in. A new one after each start; its monotonic clock begins at 0. */
  readonly env: Environment
  readonly host: Host
  /** Survives whatever happens to the node. */
  readonly stored: Stored
  /** Runs one more program; it ends with the node's life, and is started again with `restart`. */
  readonly start: (program: Program) => Subscription
  /** Power loss: from this instant nothing leaves it, nothing is stored, nothing is said in farewell. */
  readonly crash: () => void
  /** Power is back, and its programs begin anew. */
  readonly restart: () => void
  readonly isOn: () => boolean
  /** Moves its wall clock. */
  readonly setClock: (byMs: number) => void
}

/** What a world lends a node. */
export interface Ground {
  readonly scheduler: VirtualScheduler
  readonly wall: () => number
  readonly journal: Journal
  readonly strict: boolean
  readonly crypto: Crypto
  readonly host: Host
  readonly random: Random
  readonly served: Served
  /** The address of a name. */
  readonly lookUp: (name: string) => string | undefined
  readonly isOn: (address: string) => boolean
  /** Whether anything passes between two addresses. */
  readonly passes: (one: string, other: string) => boolean
  readonly note: (text: string) => void
  readonly fail: (error: unknown) => void
}

/** A node that is on. */
export const nodeOn = (ground: Ground, name: string, options: NodeOptions): Node => {
  const { host } = ground
  const stored: Stored = options.stored ?? { values: new Map(), bodies: new Map() }
  const entries = stored.entries ?? new Map<string, Uint8Array>()
  const store = options.storage ?? memory
  const base = options.database ?? memoryDatabase
  const programs: Program[] = []
  let life = new Subscription()
  let lives = 0
  let clockMs = 0
  const begin = (): Environment => {
    const mine = life
    return environment(ground, {
      ...{ name, number: lives++, isAlive: () => !mine.closed, clockMs: () => clockMs, storage: store(stored) },
      database: (scheduler) => base(entries, scheduler),
    })
  }
  let env = begin()
  const launch = (program: Program) => {
    const running = program(env).subscribe({ error: ground.fail })
    life.add(running)
    return running
  }
  return {
    name,
    address: host.address,
    host,
    stored,
    get env() {
      return env
    },
    isOn: () => !life.closed,
    start: (program) => {
      programs.push(program)
      const running = life.closed ? Subscription.EMPTY : launch(program)
      return new Subscription(() => {
        programs.splice(programs.indexOf(program), 1)
        running.unsubscribe()
      })
    },
    crash: () => {
      ground.note(`${name} is off`)
      host.unplug()
      life.unsubscribe()
    },
    restart: () => {
      if (!life.closed) throw new Error(`${name} is on`)
      ground.note(`${name} is on`)
      host.plug()
      life = new Subscription()
      env = begin()
      for (const program of [...programs]) launch(program)
    },
    setClock: (byMs) => {
      clockMs += byMs
    },
  }
}

/** One life of a node: what says so while it lasts. */
interface Life {
  readonly name: string
  readonly number: number
  readonly isAlive: () => boolean
  readonly clockMs: () => number
  readonly storage: Storage
  readonly database: (scheduler: SchedulerLike) => Database
}
const environment = (ground: Ground, { name, number, isAlive, clockMs, storage, database }: Life): Environment => {
  const { scheduler, wall, random, journal, strict, crypto, host, served, lookUp, isOn, passes } = ground
  const resolve = resolver(lookUp)
  const outside = host.nat?.address ?? host.address
  const own = clock(scheduler, scheduler.now(), isAlive)
  return {
    scheduler: own,
    wall: () => wall() + clockMs(),
    random: random.fork(`life ${number}`),
    journal: named(journal, name),
    strict,
    crypto,
    transports: host.transports(resolve),
    http: worldHttp({
      scheduler,
      address: host.address,
      served,
      lookUp,
      reaches: (target) => isAlive() && isOn(target),
      passes: (target) => passes(outside, target),
    }),
    resolve,
    storage: mortal(storage, isAlive),
    database: mortalDatabase(database(own), isAlive),
  }
}

/** A node's own clock: begins at 0 with each life, and schedules nothing after it. */
const clock = (scheduler: VirtualScheduler, bootAt: number, alive: () => boolean): SchedulerLike => ({
  now: () => scheduler.now() - bootAt,
  schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T) =>
    alive() ? scheduler.schedule(work, delay ?? 0, state as T) : Subscription.EMPTY,
})

/** What is asked of a store once its node is off reaches nothing any more. */
const living =
  (alive: () => boolean) =>
  <Value>(made: () => Observable<Value>): Observable<Value> =>
    defer(() => (alive() ? made() : throwError(() => new Lwm2mError('stopped', 'the node is off'))))
const mortalDatabase = ({ get, entries, write, close }: Database, alive: () => boolean): Database => {
  const only = living(alive)
  return {
    get: (key) => only(() => get(key)),
    entries: (prefix) => only(() => entries(prefix)),
    write: (changes) => only(() => write(changes)),
    close,
  }
}
const mortal = (storage: Storage, alive: () => boolean): Storage => {
  const only = living(alive)
  return {
    read: (name) => only(() => storage.read(name)),
    write: (name, bytes) => only(() => storage.write(name, bytes)),
    remove: (name) => only(() => storage.remove(name)),
    source: (name) => only(() => storage.source(name)),
    sink: (name) => {
      const sink = storage.sink(name)
      return {
        open: (offset, about) => only(() => sink.open(offset, about)),
        write: (bytes, offset) => only(() => sink.write(bytes, offset)),
        close: () => only(() => sink.close()),
        abandon: () => only(() => sink.abandon()),
      }
    },
  }
}

/** Names of nodes are names of hosts. */
const resolver =
  (lookUp: (host: string) => string | undefined): Resolve =>
  (host) => {
    const address = lookUp(host)
    return address === undefined
      ? throwError(() => new Lwm2mError('unreachable', `no node is called ${host}`))
      : of([{ address, family: 4 as const }])
  }
