/** One street out of many: each value goes down the street of its remote's scheme, and what comes up is joined. */
import { Observable, Subject } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import type { Remote } from '../core/ports.ts'

/** By scheme (`coap`, `coaps`, `coap+tcp`). A remote that was opened goes where its URI said. */
export const byScheme =
  <Sent extends { readonly type: string; readonly remote: Remote }, Received>(streets: Readonly<Record<string, Duplex<Sent, Received>>>): Duplex<Sent, Received> =>
  (sent$) =>
    new Observable((observer) => {
      const lanes = new Map<string, Subject<Sent>>()
      const opened = new Map<Remote, Subject<Sent>>()
      const fail = (error: unknown) => observer.error(error)
      for (const [scheme, street] of Object.entries(streets)) {
        const lane = new Subject<Sent>()
        lanes.set(scheme, lane)
        observer.add(street(lane).subscribe({ next: (value) => observer.next(value), error: fail }))
      }
      const only = lanes.size === 1 ? [...lanes.values()][0] : undefined
      const laneOf = (value: Sent): Subject<Sent> | undefined => {
        if (only !== undefined) return only
        const { type, remote } = value
        if (type === 'open') {
          const lane = lanes.get(schemeOf((value as Sent & { readonly uri: string }).uri))
          if (lane !== undefined) opened.set(remote, lane)
          return lane
        }
        const lane = opened.get(remote) ?? lanes.get(schemeOf(remote))
        if (type === 'close') opened.delete(remote)
        return lane
      }
      observer.add(sent$.subscribe({ next: (value) => laneOf(value)?.next(value), error: fail }))
    })

const schemeOf = (uri: string) => uri.slice(0, Math.max(0, uri.indexOf(':')))
