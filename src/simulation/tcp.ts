/** TCP on a host of a simulated network: one socket for peers that come by themselves, a connection for each link that was opened (RFC 9293, RFC 8323 §3). */
import { Observable, Subscription } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import type { ClosedReason, DatagramDown, DatagramUp, Open, Remote, SocketOptions } from '../core/ports.ts'
import { endpoint, nameOf, placeOf } from '../datagram/remote.ts'
import { conversation, type Conversation } from './conversation.ts'
import { endpointOf, hostOf, streamPlace } from './places.ts'
import { decodeSegment, encodeSegment } from './segment.ts'
import type { Borrowed } from './sockets.ts'

/** A link: the connection at work, or the search for its address. */
interface Stream {
  readonly send: (bytes: Uint8Array) => void
  readonly close: () => void
}

/** The same as `tcp` of the platform, over the datagrams of a network in memory: whatever befalls those delays or ends it. */
export const tcp =
  (
    borrowed: Borrowed,
    { listen, address: local = borrowed.address, connectionsMax = 10_000 }: SocketOptions,
  ): Duplex<DatagramDown, DatagramUp> =>
  (down$) =>
    new Observable((observer) => {
      const { bind, free, leave, way, resolve, scheduler } = borrowed
      const streams = new Map<Remote, Stream>()
      const talks = new Set<Conversation>()
      const emit = (up: DatagramUp) => observer.next(up)
      /** A connection between a port of ours and one of somebody's; `gone` when nothing can come for it any more. */
      const talk = (remote: Remote, key: string, target: string, active: boolean, gone: () => void): Conversation => {
        const road = way(hostOf(target))
        const made: Conversation = conversation(
          {
            scheduler,
            leave: (segment) => leave(key, target, road, encodeSegment(segment)),
            opened: () => {
              if (!active) streams.set(remote, { send: made.write, close: made.close })
              emit({ type: 'opened', remote, address: endpointOf(target), local: endpointOf(key) })
            },
            arrived: (bytes) => emit({ type: 'datagram', remote, bytes }),
            ended: (reason, detail) => ended(remote, reason, detail),
            gone: () => {
              talks.delete(made)
              gone()
            },
          },
          active,
        )
        talks.add(made)
        return made
      }
      const ended = (remote: Remote, reason: ClosedReason, detail?: string) => {
        streams.delete(remote)
        emit({ type: 'closed', remote, reason, ...(detail === undefined ? {} : { detail }) })
      }

      // ── peers that come by themselves ────────────────────────────────────────────────────────────────────────────────────

      const accept = (key: string) => {
        const peers = new Map<string, Conversation>()
        observer.add(
          bind(key, (source, bytes) => {
            const segment = decodeSegment(bytes)
            if (segment === undefined) return
            const known = peers.get(source)
            if (known !== undefined) return known.take(segment)
            if (segment.kind === 'reset') return
            if (segment.kind !== 'syn' || peers.size >= connectionsMax)
              return leave(key, source, way(hostOf(source)), encodeSegment({ kind: 'reset', sequence: 0, acknowledged: 0, bytes: noBytes }))
            const place = placeOf(`coap+tcp://${endpointOf(source)}`)!
            const made = talk(nameOf('coap+tcp', place.host, place.port), key, source, false, () => peers.delete(source))
            peers.set(source, made)
            made.take(segment)
          }),
        )
      }

      // ── links that we open ───────────────────────────────────────────────────────────────────────────────────────────────

      const dialled = ({ remote, uri }: Open): Stream => {
        const waiting: Uint8Array[] = []
        let talking: Conversation | undefined
        const refuse = () => ended(remote, 'name-not-found')
        const place = placeOf(uri)
        const looking = new Subscription()
        observer.add(looking)
        const begin = (address: string, port: number) => {
          const key = streamPlace(free())
          const bound = bind(key, (source, bytes) => {
            const segment = decodeSegment(bytes)
            if (source === target && segment !== undefined) talking?.take(segment)
          })
          const target = streamPlace(endpoint(address, port))
          talking = talk(remote, key, target, true, () => bound.unsubscribe())
          for (const bytes of waiting.splice(0)) talking.write(bytes)
        }
        const search = place === undefined ? undefined : resolve(place.host)
        // Later, so that whoever opened it has it in hand before it fails.
        looking.add(
          scheduler.schedule(() =>
            looking.add(
              search?.subscribe({
                next: ([first]) => (first === undefined ? refuse() : begin(first.address, place!.port)),
                error: refuse,
              }) ?? refuse(),
            ),
          ),
        )
        return {
          send: (bytes) => (talking === undefined ? void waiting.push(bytes) : talking.write(bytes)),
          close: () => {
            looking.unsubscribe()
            talking?.close()
          },
        }
      }
      // An open of what is open makes it anew, in silence: who asked wants the new one.
      const open = (word: Open) => {
        streams.get(word.remote)?.close()
        streams.set(word.remote, dialled(word))
      }
      const send = (remote: Remote, bytes: Uint8Array) => {
        if (!streams.has(remote)) {
          if (placeOf(remote) === undefined) return emit({ type: 'undeliverable', remote, reason: 'not-open' })
          open({ type: 'open', remote, uri: remote })
        }
        streams.get(remote)?.send(bytes)
      }
      const close = (remote: Remote) => {
        streams.get(remote)?.close()
        ended(remote, 'asked')
      }

      if (listen !== undefined) {
        const port = listen.port === 0 ? Number(free().slice(borrowed.address.length + 1)) : listen.port
        const address = listen.address ?? local
        accept(streamPlace(endpoint(address, port)))
        observer.add(scheduler.schedule(() => emit({ type: 'listening', scheme: 'coap+tcp', address, port })))
      }
      observer.add(() => {
        for (const talk of talks) talk.drop()
      })
      observer.add(
        down$.subscribe({
          next: (down) => {
            if (down.type === 'datagram') send(down.remote, down.bytes)
            else if (down.type === 'open') open(down)
            else close(down.remote)
          },
          error: (error: unknown) => observer.error(error),
        }),
      )
    })

const noBytes = new Uint8Array(0)
