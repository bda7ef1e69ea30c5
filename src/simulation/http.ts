/** HTTP between the hosts of a world: bodies in pieces, on demand, without the octets of RFC 9112. */
import { concatMap, defer, map, NEVER, Observable, of, throwError, timer, type SchedulerLike } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Http, HttpRequest, HttpServed, Listening } from '../core/ports.ts'
import { placeOf } from '../datagram/remote.ts'

type Handler = Parameters<Http['serve']>[1]
/** Who serves, by `address:port`. */
export type Served = Map<string, Handler>

export interface WorldHttpOptions {
  readonly scheduler: SchedulerLike
  readonly address: string
  readonly served: Served
  /** Names to addresses. */
  readonly lookUp: (host: string) => string | undefined
  /** Whether anything can pass to an address now. */
  readonly reaches: (address: string) => boolean
  /** Whether the network between is whole: while it is not, nothing comes and nothing says so. Default: it is. */
  readonly passes?: (address: string) => boolean
  /** How long a piece travels. */
  readonly pieceMs?: number
  readonly pieceBytes?: number
}

export const worldHttp = ({
  scheduler,
  address,
  served,
  lookUp,
  reaches,
  passes = () => true,
  pieceMs = 20,
  pieceBytes = 16_384,
}: WorldHttpOptions): Http => {
  const ask = ({ url, method = 'GET', headers = {} }: HttpRequest) => {
    const place = placeOf(url)
    const host = place === undefined ? undefined : lookUp(place.host)
    if (host !== undefined && !passes(host)) return NEVER
    const handler = host === undefined || place === undefined ? undefined : served.get(`${host}:${place.port}`)
    if (host === undefined || handler === undefined || !reaches(host))
      return throwError(
        () => new Lwm2mError('unreachable', `no connection to ${url}`, host === undefined ? { cause: 'name-not-found' } : {}),
      )
    return handler({ method, path: pathOf(url), headers }).pipe(map((answer) => ({ host, answer })))
  }
  return {
    request: (request) =>
      timer(pieceMs, scheduler).pipe(
        concatMap(() => ask(request)),
        map(({ host, answer }) => ({ status: answer.status, headers: answer.headers ?? {}, next: pieces(answer, host) })),
      ),
    serve: ({ address: at = address, port }, handler) =>
      new Observable<Listening>((observer) => {
        served.set(`${at}:${port}`, handler)
        observer.next({ type: 'listening', scheme: 'http', address: at, port })
        return () => served.delete(`${at}:${port}`)
      }),
  }

  function pieces({ body }: HttpServed, host: string): Observable<Uint8Array | undefined> {
    let taken = 0
    return timer(pieceMs, scheduler).pipe(
      concatMap(() =>
        defer(() => {
          if (!passes(host)) return NEVER
          if (!reaches(host)) return throwError(() => new Lwm2mError('aborted', 'the connection broke'))
          const count = body === undefined ? 0 : Math.min(pieceBytes, body.length - taken)
          if (body === undefined || count <= 0) return of(undefined)
          const from = body.offset + taken
          taken += count
          return body.source.read(from, count)
        }),
      ),
    )
  }
}

const pathOf = (url: string): string => /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] || '/'
