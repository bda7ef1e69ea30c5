/** HTTP for firmware: a client on the platform's fetch, a server on node:http (RFC 9110). */
import { defer, from, map, Observable, catchError, throwError } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Http, HttpRequest, HttpResponse } from '../core/ports.ts'
import { serve } from './http-server.ts'

/** The platform's HTTP. */
export const http: Http = {
  request: (request) =>
    new Observable((observer) => {
      const abort = new AbortController()
      observer.add(() => abort.abort())
      follow(request, abort.signal).then(
        (response) => observer.next(heard(response)),
        (cause: unknown) => observer.error(unreachable(request.url, cause)),
      )
    }),
  serve,
}

/** How many redirections are followed; the next one is the answer. */
const redirections = 5

/** Follows redirections but never from https to http: that response is then the answer. Octets come as they are stored, or a Range would not fit. */
const follow = async ({ url, method = 'GET', headers }: HttpRequest, signal: AbortSignal): Promise<Response> => {
  let at = new URL(url)
  for (let count = 0; ; count++) {
    const response = await fetch(at, { method, headers: { 'accept-encoding': 'identity', ...headers }, redirect: 'manual', signal })
    const location = response.headers.get('location')
    if (location === null || !redirecting.has(response.status) || count === redirections) return response
    const next = new URL(location, at)
    if (next.protocol !== 'https:' && (at.protocol === 'https:' || next.protocol !== 'http:')) return response
    await response.body?.cancel()
    at = next
  }
}
const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

const heard = (response: Response): HttpResponse => {
  const reader = response.body?.getReader()
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    next: defer(() => from(reader?.read() ?? Promise.resolve({ done: true as const, value: undefined }))).pipe(
      map(({ done, value }) => (done ? undefined : value)),
      catchError((cause: unknown) => throwError(() => unreachable(response.url, cause))),
    ),
  }
}

/** Credentials in a URL are not for a log. */
const unreachable = (url: string, cause: unknown): Lwm2mError =>
  new Lwm2mError('unreachable', `no answer from ${url.replace(/\/\/[^/@]*@/, '//')}`, {
    cause: cause instanceof Error ? (cause.cause ?? cause) : cause,
  })
