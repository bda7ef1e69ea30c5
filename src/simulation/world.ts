/** A world from a seed: nodes with clocks, stores and a network between them, in virtual time; the same seed gives the same log. */
import type { Observable } from 'rxjs'
import { seeded, type Random } from '../core/dice.ts'
import { journal, type Turn } from '../core/journal.ts'
import type { Crypto } from '../core/ports.ts'
import type { Faults } from '../datagram/faults.ts'
import { familyOf } from '../datagram/remote.ts'
import { digests } from './digest.ts'
import { network, type Network } from './network.ts'
import { nodeOn, type Ground, type Node, type NodeOptions } from './node.ts'
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
  const nodes = new Map<string, Node>()
  const byAddress = new Map<string, Node>()
  const ground: Omit<Ground, 'host' | 'random' | 'fail'> = {
    scheduler,
    wall: () => wall + scheduler.now(),
    journal: turns,
    strict,
    crypto,
    served: new Map(),
    lookUp: (name) => (familyOf(name) === undefined ? nodes.get(name)?.address : name),
    isOn: (address) => byAddress.get(address)?.isOn() ?? false,
    passes: net.passes,
    note: (text) => {
      if (logged) write(text)
    },
  }

  const node = (name: string, options: NodeOptions = {}): Node => {
    if (nodes.has(name)) throw new Error(`two nodes are called ${name}`)
    const index = nodes.size + 1
    const address = options.address ?? addressOf(10, index)
    const host = net.host(address, options.nat === undefined ? undefined : { address: addressOf(198, (18 << 16) + index), ...options.nat })
    const made = nodeOn({ ...ground, host, random: random.fork(`node ${name}`), fail: fail(name) }, name, options)
    nodes.set(name, made)
    byAddress.set(address, made)
    return made
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

const addressOf = (net: number, index: number) => `${net}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`

const lineOf = ({ node = '', machine, event, effects, fault }: Turn): string =>
  `${node} ${machine} ${wordOf(event)}${effects.length === 0 ? '' : ` -> ${effects.map(wordOf).join(', ')}`}${fault === undefined ? '' : ` fault ${fault instanceof Error ? fault.message : JSON.stringify(fault)}`}`

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
