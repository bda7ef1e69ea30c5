/** An HTTP server whose answers are values with a body that is read on demand (RFC 9110). */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  catchError,
  concatMap,
  defaultIfEmpty,
  defer,
  EMPTY,
  ignoreElements,
  map,
  Observable,
  of,
  range,
  take,
  type Subscription,
} from 'rxjs'
import type { Http, HttpServed } from '../core/ports.ts'
import { endpoint } from '../datagram/remote.ts'
import { unbindable } from './trouble.ts'

/** Serves until unsubscribed, which ends open connections too. A handler without an answer is 404, one that errors 500. */
export const serve: Http['serve'] = ({ address, port }, handler) =>
  new Observable((observer) => {
    const server = createServer((request, response) => {
      const served = defer(() => handler({ method: request.method ?? 'GET', path: request.url ?? '/', headers: headersOf(request) })).pipe(
        take(1),
        defaultIfEmpty<HttpServed, HttpServed>({ status: 404 }),
        catchError(() => of<HttpServed>({ status: 500 })),
        // One answer per request; its pieces follow each other.
        concatMap((answer) => respond(answer, request.method === 'HEAD', response)),
      )
      const answering: Subscription = served.subscribe({ error: () => response.destroy(), complete: () => response.end() })
      response.on('close', () => answering.unsubscribe())
    })
    // One more client is turned away as soon as it comes: it will try again.
    server.maxConnections = connectionsMax
    server.on('error', (error) => observer.error(unbindable(endpoint(address ?? '*', port), error)))
    server.listen(port, address, () => {
      const bound = server.address() as AddressInfo
      observer.next({ type: 'listening', scheme: 'http', address: bound.address, port: bound.port })
    })
    observer.add(() => {
      server.close()
      server.closeAllConnections()
    })
  })

/** Clients at once; each has no more than a piece of a body in memory. */
const connectionsMax = 1_024

/** Names in lower case; what came several times is one value. */
export const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]))

/** The head, then the body by pieces, each read when the one before it has left. */
const respond = ({ status, headers = {}, body }: HttpServed, headOnly: boolean, response: ServerResponse): Observable<never> => {
  response.writeHead(status, { 'content-length': body?.length ?? 0, ...headers })
  if (body === undefined || headOnly) return EMPTY
  return range(0, Math.ceil(body.length / piece)).pipe(
    map((index) => ({ at: index * piece, count: Math.min(piece, body.length - index * piece) })),
    concatMap(({ at, count }) => body.source.read(body.offset + at, count).pipe(concatMap((bytes) => write(response, bytes)))),
    ignoreElements(),
  )
}
const piece = 1 << 16

/** Completes when the octets have gone to the system. */
const write = (response: ServerResponse, bytes: Uint8Array): Observable<never> =>
  new Observable((observer) => {
    response.write(bytes, (error) => (error === undefined || error === null ? observer.complete() : observer.error(error)))
  })
