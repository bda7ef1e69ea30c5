/** Datagrams between hosts, with faults on each link, in virtual time. */
import { Observable, Subscription, type SchedulerLike } from 'rxjs'
import type { Random } from '../core/dice.ts'
import type { Duplex } from '../core/duplex.ts'
import type { Closed, DatagramDown, DatagramUp, Open, Remote, Resolve, SocketOptions } from '../core/ports.ts'
import type { Faults } from '../datagram/faults.ts'
import { nameOf, placeOf } from '../datagram/remote.ts'
import { nat as translator, type Nat, type NatOptions } from './nat.ts'

export interface NetworkOptions {
  readonly scheduler: SchedulerLike
  readonly random: Random
  /** On every link that has none of its own. */
  readonly faults?: Faults
  /** Hears of every datagram. */
  readonly log?: ((what: 'sent' | 'lost' | 'arrived' | 'nobody', from: string, to: string, bytes: Uint8Array) => void) | undefined
}

/** One host on the network. */
export interface Host {
  readonly address: string
  readonly nat: Nat | undefined
  /** Its UDP; names are looked up with `resolve`. */
  readonly udp: (resolve: Resolve) => (options: SocketOptions) => Duplex<DatagramDown, DatagramUp>
  /** Off: nothing leaves, nothing arrives, its sockets are gone. */
  readonly unplug: () => void
  readonly plug: () => void
}

export interface Network {
  /** A host with that address, behind a translator of its own if so asked. */
  readonly host: (address: string, behind?: NatOptions & { readonly address: string }) => Host
  /** The faults of all links, or of those between two addresses, both ways. Effective for what is sent from now on. */
  readonly faults: (faults: Faults, one?: string, other?: string) => void
  /** Nothing passes between two addresses, or (without `other`) to and from one, while it is cut. */
  readonly cut: (cut: boolean, one: string, other?: string) => void
  readonly counts: Readonly<Counts>
}
interface Counts {
  sent: number
  lost: number
  arrived: number
}

/** One way from one address to another. */
interface Link {
  readonly random: Random
  faults: Faults | undefined
  cut: boolean
}
/** Hears of a datagram: from whom, as `address:port`. */
type Port = (source: string, bytes: Uint8Array) => void

export const network = ({ scheduler, random, faults: begun = {}, log }: NetworkOptions): Network => {
  const ports = new Map<string, Port>()
  const links = new Map<string, Map<string, Link>>()
  const alone = new Set<string>()
  const counts: Counts = { sent: 0, lost: 0, arrived: 0 }
  let everywhere = begun

  const linkBetween = (from: string, to: string): Link => {
    let ways = links.get(from)
    if (ways === undefined) links.set(from, (ways = new Map()))
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
      scheduler.schedule(() => arrive(source, target, seen), travels)
    }
  }

  const host: Network['host'] = (address, behind) => {
    let plugged = true
    let nextPort = 49_152
    const open = new Set<string>()
    const outside =
      behind === undefined
        ? undefined
        : translator(
            behind.address,
            behind,
            (outer) =>
              void ports.set(outer, (source, bytes) => {
                const inner = outside?.inward(outer, source, scheduler.now())
                if (inner !== undefined) ports.get(inner)?.(source, bytes)
              }),
            (outer) => void ports.delete(outer),
          )
    const way = (target: string) => linkBetween(outside?.address ?? address, target)
    const bind = (key: string, port: Port): Subscription => {
      if (ports.has(key)) throw new Error(`${key} is in use`)
      ports.set(key, (source, bytes) => {
        if (plugged) port(source, bytes)
      })
      open.add(key)
      return new Subscription(() => {
        open.delete(key)
        ports.delete(key)
      })
    }
    const free = (): string => {
      do nextPort = nextPort >= 65_535 ? 49_152 : nextPort + 1
      while (open.has(`${address}:${nextPort}`))
      return `${address}:${nextPort}`
    }
    const leave = (key: string, target: string, link: Link, bytes: Uint8Array) => {
      if (plugged) send(outside?.outward(key, target, scheduler.now()) ?? key, target, link, bytes)
    }
    return {
      address,
      nat: outside,
      udp: (resolve) => (options) => udp({ address, bind, free, leave, way, resolve, scheduler }, options),
      unplug: () => {
        plugged = false
        for (const key of open) ports.delete(key)
        open.clear()
      },
      plug: () => {
        plugged = true
      },
    }
  }
  return {
    host,
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
  }
}

/** What a socket needs of its host. */
interface Borrowed {
  readonly address: string
  readonly bind: (key: string, port: Port) => Subscription
  readonly free: () => string
  readonly leave: (key: string, target: string, link: Link, bytes: Uint8Array) => void
  readonly way: (targetAddress: string) => Link
  readonly resolve: Resolve
  readonly scheduler: SchedulerLike
}
/** Where datagrams to one remote go, and from which port. */
interface Flow {
  readonly key: string
  readonly target: string
  readonly link: Link
}

const udp =
  (
    { address, bind, free, leave, way, resolve, scheduler }: Borrowed,
    { listen, address: local = address }: SocketOptions,
  ): Duplex<DatagramDown, DatagramUp> =>
  (down$) =>
    new Observable((observer) => {
      const flows = new Map<Remote, Flow>()
      const links = new Map<Remote, Subscription>()
      const names = new Map<string, Remote>()
      let shared = ''
      const remoteFrom = (source: string): Remote => {
        const known = names.get(source)
        if (known !== undefined) return known
        const at = source.lastIndexOf(':')
        const name = nameOf('coap', source.slice(0, at), Number(source.slice(at + 1)))
        if (names.size >= namesLimit) names.clear()
        names.set(source, name)
        return name
      }
      const share = (key: string) => {
        shared = key
        observer.add(bind(key, (source, bytes) => observer.next({ type: 'datagram', remote: remoteFrom(source), bytes })))
      }
      const flowTo = (remote: Remote): Flow | undefined => {
        const place = placeOf(remote)
        if (place?.family === undefined) return undefined
        if (shared === '') share(free())
        const flow = { key: shared, target: `${place.host}:${place.port}`, link: way(place.host) }
        if (flows.size >= namesLimit) for (const name of flows.keys()) if (!links.has(name)) flows.delete(name)
        flows.set(remote, flow)
        return flow
      }
      const end = (remote: Remote, reason: Closed['reason']) => {
        links.get(remote)?.unsubscribe()
        links.delete(remote)
        flows.delete(remote)
        observer.next({ type: 'closed', remote, reason })
      }
      const connect = (remote: Remote, target: string, host: string, link: Subscription) => {
        const key = free()
        flows.set(remote, { key, target, link: way(host) })
        link.add(
          bind(key, (source, bytes) => {
            if (source === target) observer.next({ type: 'datagram', remote, bytes })
          }),
        )
        observer.next({ type: 'opened', remote, address: target, local: key })
      }
      const open = ({ remote, uri }: Open) => {
        links.get(remote)?.unsubscribe()
        flows.delete(remote)
        const link = new Subscription()
        links.set(remote, link)
        const place = placeOf(uri)
        if (place === undefined) return end(remote, 'name-not-found')
        link.add(
          resolve(place.host).subscribe({
            next: ([first]) =>
              first === undefined ? end(remote, 'name-not-found') : connect(remote, `${first.address}:${place.port}`, first.address, link),
            error: () => end(remote, 'name-not-found'),
          }),
        )
      }
      observer.add(() => links.forEach((link) => link.unsubscribe()))
      if (listen !== undefined) {
        share(`${listen.address ?? local}:${listen.port === 0 ? free().slice(address.length + 1) : listen.port}`)
        const [bound, port] = [shared.slice(0, shared.lastIndexOf(':')), Number(shared.slice(shared.lastIndexOf(':') + 1))]
        observer.add(scheduler.schedule(() => observer.next({ type: 'listening', scheme: 'coap', address: bound, port })))
      }
      observer.add(
        down$.subscribe({
          next: (down) => {
            if (down.type === 'open') open(down)
            else if (down.type === 'close') end(down.remote, 'asked')
            else {
              const flow = flows.get(down.remote) ?? (links.has(down.remote) ? undefined : flowTo(down.remote))
              if (flow === undefined) observer.next({ type: 'undeliverable', remote: down.remote, reason: 'not-open' })
              else leave(flow.key, flow.target, flow.link, down.bytes)
            }
          },
          error: (error: unknown) => observer.error(error),
        }),
      )
    })

/** How many peers' names one socket remembers. */
const namesLimit = 1 << 16

const happens = (luck: Random, chance: number): boolean => chance > 0 && luck.uint32() < chance * 2 ** 32
const hostOf = (key: string) => key.slice(0, key.lastIndexOf(':'))
const damaged = (bytes: Uint8Array, luck: Random): Uint8Array => {
  const wrong = bytes.slice()
  if (wrong.length === 0) return wrong
  if (luck.uint32() % 4 === 0) return wrong.subarray(0, luck.uint32() % wrong.length)
  wrong[luck.uint32() % wrong.length]! ^= 1 + (luck.uint32() % 255)
  return wrong
}
