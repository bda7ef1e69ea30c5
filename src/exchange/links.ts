/** One street out of many: each value goes down the street of its remote's scheme, and what comes up is joined. */
import { Observable, Subject, type Observer } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import type { Closed, LinkUp, Open, Remote, Undeliverable } from '../core/ports.ts'

interface Word {
  readonly type: string
  readonly remote: Remote
}
interface Lanes<Sent> {
  readonly schemes: ReadonlyMap<string, Subject<Sent>>
  /** Remotes that were opened go where their URI said. */
  readonly opened: Map<Remote, Subject<Sent>>
}

/**
 * By scheme (`coap`, `coaps`, `coap+tcp`). What is for a scheme that nobody serves comes back as `undeliverable`, an `open` as `closed`,
 * both `unreachable`. Ends with the last street.
 */
export const byScheme =
  <Sent extends Word, Received extends { readonly type: string }>(streets: Readonly<Record<string, Duplex<Sent, Received | LinkUp>>>): Duplex<Sent, Received | LinkUp> =>
  (sent$) =>
    new Observable((observer) => {
      const schemes = new Map(Object.keys(streets).map((scheme) => [scheme, new Subject<Sent>()]))
      const lanes: Lanes<Sent> = { schemes, opened: new Map() }
      let running = schemes.size
      for (const [scheme, street] of Object.entries(streets))
        observer.add(
          street(schemes.get(scheme)!).subscribe({
            next: (value) => {
              if (value.type === 'closed') lanes.opened.delete((value as Closed).remote)
              observer.next(value)
            },
            error: (error: unknown) => observer.error(error),
            complete: () => {
              if (--running === 0) observer.complete()
            },
          }),
        )
      observer.add(sent$.subscribe({ next: (value) => send(lanes, value, observer), error: (error: unknown) => observer.error(error) }))
    })

const send = <Sent extends Word>(lanes: Lanes<Sent>, value: Sent, observer: Pick<Observer<LinkUp>, 'next'>): void => {
  const lane = laneOf(lanes, value)
  if (lane !== undefined) lane.next(value)
  else if (value.type !== 'close') observer.next(refusal(value))
}

const laneOf = <Sent extends Word>({ schemes, opened }: Lanes<Sent>, value: Sent): Subject<Sent> | undefined => {
  if (value.type !== 'open') return (opened.size === 0 ? undefined : opened.get(value.remote)) ?? schemes.get(schemeOf(value.remote))
  const lane = schemes.get(schemeOf((value as Sent & Open).uri))
  if (lane !== undefined) opened.set(value.remote, lane)
  return lane
}

const refusal = ({ type, remote }: Word): Closed | Undeliverable =>
  type === 'open' ? { type: 'closed', remote, reason: 'unreachable', detail: 'no transport for this scheme' } : { type: 'undeliverable', remote, reason: 'unreachable' }

const schemeOf = (uri: string): string => uri.slice(0, Math.max(0, uri.indexOf(':')))
