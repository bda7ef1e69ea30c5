/** UDP sockets on a host of a simulated network: one for peers that come by themselves, one for each link that was opened. */
import { Observable, Subscription, type SchedulerLike } from 'rxjs'
import type { Random } from '../core/dice.ts'
import type { Duplex } from '../core/duplex.ts'
import type { Closed, DatagramDown, DatagramUp, Open, Remote, Resolve, SocketOptions } from '../core/ports.ts'
import type { Faults } from '../datagram/faults.ts'
import { nameOf, placeOf } from '../datagram/remote.ts'

/** One way from one address to another. */
export interface Link {
  readonly random: Random
  faults: Faults | undefined
  cut: boolean
}
/** Hears of a datagram: from whom, as `address:port`. */
export type Port = (source: string, bytes: Uint8Array) => void

/** What a socket needs of its host. */
export interface Borrowed {
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

/** The same as `udp` of the platform, over a network in memory. */
export const udp =
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
