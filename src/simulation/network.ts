/** Datagrams between hosts, with faults on each link, in virtual time. */
import type { Random } from '../core/dice.ts'
import type { Faults } from '../datagram/faults.ts'
import { host, type Host } from './host.ts'
import type { NatOptions } from './nat.ts'
import { hostOf } from './places.ts'
import type { Link, Port } from './sockets.ts'
import type { VirtualScheduler } from './virtual.ts'

export interface NetworkOptions {
  readonly scheduler: VirtualScheduler
  readonly random: Random
  /** On every link that has none of its own. */
  readonly faults?: Faults
  /** Hears of every datagram. */
  readonly log?: ((what: 'sent' | 'lost' | 'arrived' | 'nobody', from: string, to: string, bytes: Uint8Array) => void) | undefined
}

export interface Network {
  /** A host with that address, behind a translator of its own if so asked. */
  readonly host: (address: string, behind?: NatOptions & { readonly address: string }) => Host
  /** The faults of all links, or of those between two addresses, both ways. Effective for what is sent from now on. */
  readonly faults: (faults: Faults, one?: string, other?: string) => void
  /** Nothing passes between two addresses, or (without `other`) to and from one, while it is cut. */
  readonly cut: (cut: boolean, one: string, other?: string) => void
  /** Whether anything can pass between two addresses now, luck aside. */
  readonly passes: (one: string, other: string) => boolean
  readonly counts: Readonly<Counts>
}
interface Counts {
  sent: number
  lost: number
  arrived: number
}

/** A network of hosts that do not exist yet. */
export const network = ({ scheduler, random, faults: begun = {}, log }: NetworkOptions): Network => {
  const ports = new Map<string, Port>()
  const links = new Map<string, Map<string, Link>>()
  const alone = new Set<string>()
  const counts: Counts = { sent: 0, lost: 0, arrived: 0 }
  let everywhere = begun

  const linkBetween = (from: string, to: string): Link => {
    let ways = links.get(from)
    if (ways === undefined) links.set(from, (ways = new Map<string, Link>()))
    let way = ways.get(to)
    if (way === undefined) ways.set(to, (way = { random: random.fork(`link ${from} ${to}`), faults: undefined, cut: false }))
    return way
  }
  const arrive = (source: string, target: string, bytes: Uint8Array) => {
    const port = ports.get(target)
    log?.(port === undefined ? 'nobody' : 'arrived', source, target, bytes)
    if (port === undefined) return
    counts.arrived++
    port(source, bytes)
  }
  /** A datagram from an outer `address:port` to another. */
  const send = (source: string, target: string, way: Link, bytes: Uint8Array) => {
    counts.sent++
    log?.('sent', source, target, bytes)
    const { loss = 0, duplication = 0, reorder = 0, corruption = 0, minMs = 0, maxMs = minMs } = way.faults ?? everywhere
    const luck = way.random
    if (way.cut || (alone.size > 0 && (alone.has(hostOf(source)) || alone.has(hostOf(target)))) || happens(luck, loss)) {
      counts.lost++
      log?.('lost', source, target, bytes)
      return
    }
    for (let copies = happens(luck, duplication) ? 2 : 1; copies > 0; copies--) {
      const held = happens(luck, reorder) ? Math.max(1, 2 * (maxMs - minMs), minMs) : 0
      const travels = held + (maxMs > minMs ? minMs + (luck.uint32() % (maxMs - minMs + 1)) : minMs)
      const seen = happens(luck, corruption) ? damaged(bytes, luck) : bytes
      scheduler.post(() => arrive(source, target, seen), travels)
    }
  }

  return {
    host: (address, behind) => host({ ports, scheduler, way: linkBetween, send }, address, behind),
    counts,
    faults: (faults, one, other) => {
      if (one === undefined || other === undefined) everywhere = faults
      else for (const link of [linkBetween(one, other), linkBetween(other, one)]) link.faults = faults
    },
    cut: (cut, one, other) => {
      if (other !== undefined) for (const link of [linkBetween(one, other), linkBetween(other, one)]) link.cut = cut
      else if (cut) alone.add(one)
      else alone.delete(one)
    },
    passes: (one, other) => !alone.has(one) && !alone.has(other) && !linkBetween(one, other).cut,
  }
}

const happens = (luck: Random, chance: number): boolean => chance > 0 && luck.uint32() < chance * 2 ** 32
const damaged = (bytes: Uint8Array, luck: Random): Uint8Array => {
  const wrong = bytes.slice()
  if (wrong.length === 0) return wrong
  if (luck.uint32() % 4 === 0) return wrong.subarray(0, luck.uint32() % wrong.length)
  wrong[luck.uint32() % wrong.length]! ^= 1 + (luck.uint32() % 255)
  return wrong
}
