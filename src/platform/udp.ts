/** UDP as a duplex of datagrams: a listening socket for peers that come by themselves, and a socket of its own for each opened link (RFC 768). */
import { Observable } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import type { ClosedReason, Datagram, DatagramDown, DatagramUp, Open, Remote, Resolve, SocketOptions } from '../core/ports.ts'
import { placeOf } from '../datagram/remote.ts'
import { dns } from './dns.ts'
import { link, type Link } from './link.ts'
import { shared } from './shared.ts'

/**
 * Datagrams to a remote that was opened leave by its own connected socket. Those to any other numeric `coap://address:port` leave by the
 * listening socket, or by one unbound socket made when first needed; those to `coap://name:port` open a link by that name. Trouble is a value: `closed` or `undeliverable`; only a listening
 * socket that cannot be bound errors, with `invalid`. `dscp` has no effect: the platform offers no way to set it.
 */
export const udp =
  (options: SocketOptions = {}, resolve: Resolve = dns): Duplex<DatagramDown, DatagramUp> =>
  (down$) =>
    new Observable((observer) => {
      const emit = (up: DatagramUp) => observer.next(up)
      const links = new Map<Remote, Link>()
      // What is sent to a host's name without an open of its own opens a link under that name, up to a number.
      const byName = ({ remote, bytes }: Datagram): boolean => {
        if (placeOf(remote) === undefined || links.size >= linksByNameMax) return false
        open({ type: 'open', remote, uri: remote })
        links.get(remote)?.send(bytes)
        return true
      }
      const others = shared(options, emit, (error) => observer.error(error), byName)
      const end = (remote: Remote, reason: ClosedReason, detail?: string) => {
        links.get(remote)?.close()
        links.delete(remote)
        emit({ type: 'closed', remote, reason, ...(detail === undefined ? {} : { detail }) })
      }
      // An open of what is open makes it anew, in silence: who asked wants the new one.
      const open = (word: Open) => {
        links.get(word.remote)?.close()
        const made = link(word, options, resolve, emit, (reason, detail) => end(word.remote, reason, detail))
        links.set(word.remote, made)
        made.start()
      }
      observer.add(() => {
        others.close()
        for (const each of links.values()) each.close()
      })
      observer.add(
        down$.subscribe({
          next: (down) => {
            if (down.type === 'datagram') {
              const by = links.size === 0 ? undefined : links.get(down.remote)
              if (by === undefined) others.send(down)
              else by.send(down.bytes)
            } else if (down.type === 'open') open(down)
            else end(down.remote, 'asked')
          },
          error: (error: unknown) => observer.error(error),
        }),
      )
    })

/** Opened links beyond which a name is not opened by a datagram alone. */
const linksByNameMax = 1_024
