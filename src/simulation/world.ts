/** A world from a seed: nodes with clocks, stores and a network between them, in virtual time; the same seed gives the same log. */
import { of, Subscription, throwError, type Observable, type SchedulerAction, type SchedulerLike } from 'rxjs'
import { seeded, type Random } from '../core/dice.ts'
import type { Environment } from '../core/environment.ts'
import { Lwm2mError } from '../core/error.ts'
import { journal, named, type Turn } from '../core/journal.ts'
import type { Crypto, Resolve, Storage } from '../core/ports.ts'
import type { Faults } from '../datagram/faults.ts'
import { familyOf } from '../datagram/remote.ts'
import { digests } from './digest.ts'
import { worldHttp, type Served } from './http.ts'
import type { NatOptions } from './nat.ts'
import { network, type Host, type Network } from './network.ts'
import { memory, type Stored } from './storage.ts'
import { virtualScheduler, type VirtualScheduler } from './virtual.ts'

export interface WorldOptions {
  /** Of every link, until `network.faults` says otherwise. */
  readonly faults?: Faults
  /** What the worlds' digests are made with; default: SHA-256 only. */
  readonly crypto?: Crypto
  /** Keep a log of turns and datagrams; off, a turn costs nothing. Default: on. */
  readonly log?: boolean
  /** A throw in a row fails the run. Default: it does. */
  readonly strict?: boolean
  /** The wall clock at the beginning, in ms since 1970; default 2030-01-01. */
  readonly wall?: number
}

export interface NodeOptions {
  /** Default: the next of 10.0.0.0/8. */
  readonly address?: string
  /** It stands behind a translator of its own; the address seen outside defaults to the next of 198.18.0.0/15. */
  readonly nat?: NatOptions & { readonly address?: string }
  /** A store that was there before. */
  readonly stored?: Stored
  /** A store of your own kind over it: a full disk, torn writes. */
  readonly storage?: (stored: Stored) => Storage
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
  /** Moves its wall clock. */
  readonly setClock: (byMs: number) => void
}

export interface World {
  readonly seed: number
  readonly scheduler: VirtualScheduler
  readonly random: Random
  readonly network: Network
  /** A line for each datagram and each turn. */
  readonly log: readonly string[]
  /** Every turn of every node; something is built only while somebody listens, or the log is kept. */
  readonly turn$: Observable<Turn>
  readonly now: () => number
  readonly node: (name: string, options?: NodeOptions) => Node
  /** Does something at an instant. */
  readonly at: (atMs: number, work: () => void) => void
  /** Lets time pass up to and including that instant; throws, with the seed, what failed. */
  readonly run: (untilMs: number) => void
  /** The same, for programs with promises in them. */
  readonly settle: (untilMs: number) => Promise<void>
}

/** The failure of a world: its message has the seed, the instant and the node. */
export const world = (
  seed: number,
  { faults = {}, crypto = digests, log: logged = true, strict = true, wall = 1_893_456_000_000 }: WorldOptions = {},
): World => {
  const scheduler = virtualScheduler()
  const random = seeded(seed)
  const lines: string[] = []
  const write = (text: string) => lines.push(`${scheduler.now()} ${text}`)
  const turns = journal()
  const net = network({
    scheduler,
    random: random.fork('network'),
    faults,
    log: logged ? (what, from, to, bytes) => write(`${from} > ${to} ${what} ${digestOf(bytes)}`) : undefined,
  })
  if (logged) turns.turn$.subscribe((turn) => write(lineOf(turn)))
  let failure: { readonly error: unknown; readonly node: string; readonly at: number } | undefined
  const fail = (node: string) => (error: unknown) => {
    failure ??= { error, node, at: scheduler.now() }
  }
  const nodes = new Map<string, { readonly address: string; readonly isOn: () => boolean }>()
  const byAddress = new Map<string, { readonly isOn: () => boolean }>()
  const served: Served = new Map()
  const lookUp = (host: string) => (familyOf(host) === undefined ? nodes.get(host)?.address : host)

  const node = (name: string, options: NodeOptions = {}): Node => {
    const index = nodes.size + 1
    const address = options.address ?? addressOf(10, index)
    const host = net.host(address, options.nat === undefined ? undefined : { address: addressOf(198, (18 << 16) + index), ...options.nat })
    const stored: Stored = options.stored ?? { values: new Map(), bodies: new Map() }
    const luck = random.fork(`node ${name}`)
    const programs: Program[] = []
    let life = new Subscription()
    let clockMs = 0
    let lives = 0
    const begin = (): Environment => {
      const bootAt = scheduler.now()
      const current = lives++
      const alive = () => current === lives - 1 && !life.closed
      return {
        scheduler: clock(scheduler, bootAt, alive),
        wall: () => wall + scheduler.now() + clockMs,
        random: luck.fork(`life ${current}`),
        journal: named(turns, name),
        strict,
        crypto,
        transports: { udp: host.udp(resolver(lookUp)) },
        http: worldHttp({ scheduler, address, served, lookUp, reaches: (target) => alive() && (byAddress.get(target)?.isOn() ?? false) }),
        resolve: resolver(lookUp),
        storage: mortal((options.storage ?? memory)(stored), alive),
      }
    }
    let env = begin()
    const launch = (program: Program) => {
      const running = program(env).subscribe({ error: fail(name) })
      life.add(running)
      return running
    }
    const on = { address, isOn: () => !life.closed }
    if (nodes.has(name)) throw new Error(`two nodes are called ${name}`)
    nodes.set(name, on)
    byAddress.set(address, on)
    return {
      name,
      address,
      host,
      stored,
      get env() {
        return env
      },
      start: (program) => {
        programs.push(program)
        const running = launch(program)
        return new Subscription(() => {
          programs.splice(programs.indexOf(program), 1)
          running.unsubscribe()
        })
      },
      crash: () => {
        if (logged) write(`${name} is off`)
        host.unplug()
        const ending = life
        lives++
        life = new Subscription()
        life.unsubscribe()
        ending.unsubscribe()
      },
      restart: () => {
        if (!life.closed) throw new Error(`${name} is on`)
        if (logged) write(`${name} is on`)
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

  const check = () => {
    if (failure === undefined) return
    const { error, node: where, at } = failure
    throw new Error(`world ${seed} failed at ${at} ms in ${where}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  return {
    seed,
    scheduler,
    random: random.fork('world'),
    network: net,
    log: lines,
    turn$: turns.turn$,
    now: scheduler.now,
    node,
    at: (atMs, work) => void scheduler.schedule(work, atMs - scheduler.now()),
    run: (untilMs) => {
      while (failure === undefined && scheduler.nextAt() <= untilMs) scheduler.flush(Math.min(untilMs, scheduler.nextAt() + strideMs))
      check()
      scheduler.flush(untilMs)
      check()
    },
    settle: async (untilMs) => {
      while (failure === undefined && scheduler.nextAt() <= untilMs)
        await scheduler.settle(Math.min(untilMs, scheduler.nextAt() + strideMs))
      check()
      await scheduler.settle(untilMs)
      check()
    },
  }
}

/** A failed world goes on for at most so long. */
const strideMs = 1_000

/** A node's own clock: begins at 0 with each life, and schedules nothing after it. */
const clock = (scheduler: VirtualScheduler, bootAt: number, alive: () => boolean): SchedulerLike => ({
  now: () => scheduler.now() - bootAt,
  schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T) =>
    alive() ? scheduler.schedule(work, delay ?? 0, state as T) : Subscription.EMPTY,
})

/** A store that nothing reaches any more once its node is off. */
const mortal = (storage: Storage, alive: () => boolean): Storage => {
  const only = <Value>(made: () => Observable<Value>) => (alive() ? made() : throwError(() => new Lwm2mError('stopped', 'the node is off')))
  return {
    read: (name) => only(() => storage.read(name)),
    write: (name, bytes) => only(() => storage.write(name, bytes)),
    remove: (name) => only(() => storage.remove(name)),
    source: (name) => only(() => storage.source(name)),
    sink: (name) => {
      const sink = storage.sink(name)
      return {
        open: (offset) => only(() => sink.open(offset)),
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

const addressOf = (net: number, index: number) => `${net}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`

const lineOf = ({ node = '', machine, event, effects, fault }: Turn): string =>
  `${node} ${machine} ${wordOf(event)}${effects.length === 0 ? '' : ` -> ${effects.map(wordOf).join(', ')}`}${fault === undefined ? '' : ` fault ${String(fault)}`}`

/** What a log says of a word: its types, the way in. */
const wordOf = (word: unknown): string => {
  if (typeof word !== 'object' || word === null) return String(word)
  const {
    type = '',
    value,
    code,
    messageId,
  } = word as { readonly type?: string; readonly value?: unknown; readonly code?: string; readonly messageId?: number }
  if (value !== undefined && (type === 'up' || type === 'down')) return `${type} ${wordOf(value)}`
  return [type, code, messageId === undefined ? undefined : `#${messageId}`].filter((part) => part !== undefined).join(' ')
}

/** Enough of the octets to tell datagrams apart (FNV-1a). */
const digestOf = (bytes: Uint8Array): string => {
  let mixed = 0x811c9dc5
  for (const octet of bytes) mixed = Math.imul(mixed ^ octet, 0x01000193)
  return `${bytes.length}:${(mixed >>> 0).toString(16)}`
}
