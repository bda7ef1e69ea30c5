/** Cables in memory between named ends: datagrams as over UDP, or ordered streams of octets as over TCP. */
import { Observable, type SchedulerLike } from 'rxjs'
import type { Random } from '../core/dice.ts'
import type { Duplex } from '../core/duplex.ts'
import type { Closed, DatagramDown, DatagramUp, Open, Remote } from '../core/ports.ts'
import { addresses } from './addresses.ts'
import { closed } from './datagram.ts'

/** What a cable borrows. */
export interface CableSurroundings {
  readonly scheduler: SchedulerLike
  readonly random: Random
}
export interface CableOptions {
  /** How long everything takes from end to end; default 0, which still is a turn of the scheduler. */
  readonly delayMs?: number
  /** A longer datagram is `undeliverable`. */
  readonly mtuBytes?: number
}
export interface StreamCableOptions {
  readonly delayMs?: number
  /** Pieces are cut at random into smaller ones, of at most so many octets. */
  readonly pieceBytes?: number
}

/** Gives the end of that name; peers reach it by the name, or by a URI that means the same address and port. Two ends of one name are a bug. */
export type Ends = (name: Remote) => Duplex<DatagramDown, DatagramUp>

/** A cable for datagrams. Each opened link has an address of its own, as a socket would; what is sent to nobody is lost. */
export const cable = ({ scheduler }: CableSurroundings, { delayMs = 0, mtuBytes = Infinity }: CableOptions = {}): Ends => {
  const ends = addresses<(from: Remote, bytes: Uint8Array) => void>()
  return (name) => (down$) =>
    new Observable((observer) => {
      const links = new Map<Remote, { readonly source: Remote; readonly uri: string; readonly leave: () => void }>()
      // An answer comes under the name that we used, however it was written.
      const called = new Map<string, Remote>()
      const soon = (up: DatagramUp): void => void scheduler.schedule(() => observer.next(up), 0)
      const unplug = (remote: Remote) => {
        links.get(remote)?.leave()
        links.delete(remote)
      }
      const plug = ({ remote, uri }: Open) => {
        unplug(remote)
        const source = ends.ephemeral(name)
        const leave = ends.add(source, (from, bytes) => {
          if (ends.same(from, uri)) observer.next({ type: 'datagram', remote, bytes })
        })
        links.set(remote, { source, uri, leave })
        soon({ type: 'opened', remote, address: ends.keyOf(uri), local: ends.keyOf(source) })
      }
      const send = (remote: Remote, bytes: Uint8Array) => {
        if (bytes.length > mtuBytes) return soon({ type: 'undeliverable', remote, reason: 'too-large' })
        const opened = links.get(remote)
        if (opened === undefined) called.set(ends.keyOf(remote), remote)
        const { source, uri } = opened ?? { source: name, uri: remote }
        scheduler.schedule(() => ends.get(uri)?.(source, bytes), delayMs)
      }
      observer.add(
        ends.add(name, (from, bytes) => observer.next({ type: 'datagram', remote: called.get(ends.keyOf(from)) ?? from, bytes })),
      )
      observer.add(() => links.forEach(({ leave }) => leave()))
      observer.add(
        down$.subscribe({
          next: (down) => {
            if (down.type === 'datagram') send(down.remote, down.bytes)
            else if (down.type === 'open') plug(down)
            else {
              unplug(down.remote)
              soon(closed(down.remote, 'asked'))
            }
          },
          error: (error: unknown) => observer.error(error),
        }),
      )
    })
}

/** One direction of a stream: what its receiving end hears, after what was sent before. */
interface Wire {
  readonly hear: (up: DatagramUp) => void
  other: Wire | undefined
  readonly remote: Remote
}

/**
 * A cable for streams: nothing is lost or overtaken, pieces may be cut anywhere. The end that is reached hears `opened` too. Sending to an end
 * that was not opened opens it, under its own name. When one end closes or goes away, the other hears `closed` with `lost`; nobody there: `refused`.
 */
export const streamCable = (
  { scheduler, random }: CableSurroundings,
  { delayMs = 0, pieceBytes = Infinity }: StreamCableOptions = {},
): Ends => {
  const ends = addresses<(from: Remote) => Wire>()
  const luck = random.fork('pieces')
  const pieces = (bytes: Uint8Array): readonly Uint8Array[] => {
    const cut: Uint8Array[] = []
    for (let at = 0; at < bytes.length;) {
      const size = Math.min(pieceBytes === Infinity ? bytes.length : 1 + (luck.uint32() % pieceBytes), bytes.length - at)
      cut.push(bytes.subarray(at, at + size))
      at += size
    }
    return cut
  }
  return (name) => (down$) =>
    new Observable((observer) => {
      const wires = new Map<Remote, Wire>()
      const soon = (work: () => void, waitMs = delayMs) => scheduler.schedule(work, waitMs)
      const hearing = (remote: Remote): Wire => {
        const wire: Wire = {
          remote,
          other: undefined,
          hear: (up) => {
            if (wires.get(remote) !== wire) return
            if (up.type === 'closed') wires.delete(remote)
            observer.next(up)
          },
        }
        wires.set(remote, wire)
        return wire
      }
      const end = (remote: Remote, reason?: Closed['reason']) => {
        const wire = wires.get(remote)
        wires.delete(remote)
        const other = wire?.other
        if (other !== undefined) soon(() => other.hear(closed(other.remote, 'lost')))
        if (reason !== undefined) soon(() => observer.next(closed(remote, reason)), 0)
      }
      const begin = (remote: Remote, uri: string, source: Remote): Wire | undefined => {
        end(remote)
        const accept = ends.get(uri)
        if (accept === undefined) {
          end(remote, 'refused')
          return undefined
        }
        const here = hearing(remote)
        const there = accept(source)
        here.other = there
        there.other = here
        const [address, local] = [ends.keyOf(uri), ends.keyOf(source)]
        soon(() => here.hear({ type: 'opened', remote, address, local }))
        soon(() => there.hear({ type: 'opened', remote: there.remote, address: local, local: address }))
        return here
      }
      const send = (remote: Remote, bytes: Uint8Array) => {
        const other = (wires.get(remote) ?? begin(remote, remote, name))?.other
        if (other === undefined) return soon(() => observer.next({ type: 'undeliverable', remote, reason: 'not-open' }), 0)
        return soon(() => pieces(bytes).forEach((piece) => other.hear({ type: 'datagram', remote: other.remote, bytes: piece })))
      }
      observer.add(ends.add(name, hearing))
      observer.add(() => [...wires.keys()].forEach((remote) => end(remote)))
      observer.add(
        down$.subscribe({
          next: (down) => {
            if (down.type === 'datagram') send(down.remote, down.bytes)
            else if (down.type === 'open') begin(down.remote, down.uri, ends.ephemeral(name))
            else end(down.remote, 'asked')
          },
          error: (error: unknown) => observer.error(error),
        }),
      )
    })
}
