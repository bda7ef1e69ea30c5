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
  /** Where the last word went: most go there again. */
  last: { readonly remote: Remote; readonly lane: Subject<Sent> } | undefined
}

/**
 * By scheme (`coap`, `coaps`, `coap+tcp`). What is for a scheme that nobody serves comes back as `undeliverable`, an `open` as `closed`,
 * both `unreachable`. Ends with the last street.
 */
export const byScheme =
  <Sent extends Word, Received extends { readonly type: string }>(
    streets: Readonly<Record<string, Duplex<Sent, Received | LinkUp>>>,
  ): Duplex<Sent, Received | LinkUp> =>
  (sent$) =>
    new Observable((observer) => {
      const schemes = new Map(Object.keys(streets).map((scheme) => [scheme, new Subject<Sent>()]))
      const lanes: Lanes<Sent> = { schemes, opened: new Map(), last: undefined }
      let running = schemes.size
      for (const [scheme, street] of Object.entries(streets))
        observer.add(
          street(schemes.get(scheme)!).subscribe({
            next: (value) => {
              if (value.type === 'closed') forget(lanes, (value as Closed).remote)
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

const laneOf = <Sent extends Word>(lanes: Lanes<Sent>, value: Sent): Subject<Sent> | undefined => {
  const { schemes, opened, last } = lanes
  const { type, remote } = value
  if (type === 'open') {
    const lane = schemes.get(schemeOf((value as Sent & Open).uri))
    lanes.last = undefined
    if (lane !== undefined) opened.set(remote, lane)
    return lane
  }
  if (last?.remote === remote) return last.lane
  const lane = opened.get(remote) ?? schemes.get(schemeOf(remote))
  if (lane !== undefined) lanes.last = { remote, lane }
  return lane
}
const forget = <Sent>(lanes: Lanes<Sent>, remote: Remote): void => {
  lanes.opened.delete(remote)
  lanes.last = undefined
}

const refusal = ({ type, remote }: Word): Closed | Undeliverable =>
  type === 'open'
    ? { type: 'closed', remote, reason: 'unreachable', detail: 'no transport for this scheme' }
    : { type: 'undeliverable', remote, reason: 'unreachable' }

const schemeOf = (uri: string): string => uri.slice(0, Math.max(0, uri.indexOf(':')))
