/** One host on a simulated network: its ports, its sockets, its translator. */
import { Subscription } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import type { DatagramDown, DatagramUp, Resolve, SocketOptions } from '../core/ports.ts'
import { nat, type Nat, type NatOptions } from './nat.ts'
import { udp, type Borrowed, type Link, type Port } from './sockets.ts'
import { tcp } from './tcp.ts'
import type { VirtualScheduler } from './virtual.ts'

/** One host on the network. */
export interface Host {
  readonly address: string
  readonly nat: Nat | undefined
  /** Its UDP and TCP; names are looked up with `resolve`. */
  readonly transports: (resolve: Resolve) => Readonly<Record<'udp' | 'tcp', (options: SocketOptions) => Duplex<DatagramDown, DatagramUp>>>
  /** Off: nothing leaves, nothing arrives, its sockets are gone. */
  readonly unplug: () => void
  readonly plug: () => void
}

/** What a host needs of its network. */
export interface Around {
  /** Everybody's ports, by `address:port`. */
  readonly ports: Map<string, Port>
  readonly scheduler: VirtualScheduler
  readonly way: (from: string, to: string) => Link
  readonly send: (source: string, target: string, link: Link, bytes: Uint8Array) => void
}

/** A host with that address, behind a translator of its own if so asked. */
export const host = (
  { ports, scheduler, way, send }: Around,
  address: string,
  behind?: NatOptions & { readonly address: string },
): Host => {
  let plugged = true
  let nextPort = 49_152
  const open = new Set<string>()
  const outside = behind === undefined ? undefined : translator(ports, scheduler, behind)
  const bind = (key: string, port: Port): Subscription => {
    if (ports.has(key)) throw new Error(`${key} is in use`)
    ports.set(key, port)
    open.add(key)
    return new Subscription(() => {
      if (ports.get(key) !== port) return
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
  const wayTo = (target: string) => way(outside?.address ?? address, target)
  return {
    address,
    nat: outside,
    transports: (resolve) => {
      const borrowed: Borrowed = { address, bind, free, leave, way: wayTo, resolve, scheduler }
      return { udp: (options) => udp(borrowed, options), tcp: (options) => tcp(borrowed, options) }
    },
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

/** A translator whose outer ports are on the network. */
const translator = (ports: Map<string, Port>, scheduler: VirtualScheduler, behind: NatOptions & { readonly address: string }): Nat => {
  const made: Nat = nat(
    behind.address,
    behind,
    (outer) =>
      void ports.set(outer, (source, bytes) => {
        const inner = made.inward(outer, source, scheduler.now())
        if (inner !== undefined) ports.get(inner)?.(source, bytes)
      }),
    (outer) => void ports.delete(outer),
  )
  return made
}
