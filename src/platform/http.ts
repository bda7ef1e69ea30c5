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
        (cause: unknown) => observer.error(cause instanceof Lwm2mError ? cause : unreachable(request.url, cause)),
      )
    }),
  serve,
}

/** How many redirections are followed; the next one is the answer. */
const redirections = 5

/** Octets come as they are stored, or a Range would not fit. */
const follow = async ({ url, method = 'GET', headers = {}, redirect = 'follow' }: HttpRequest, signal: AbortSignal): Promise<Response> => {
  let { at, authorization } = meant(url)
  const most = redirect === 'manual' ? 0 : redirections
  for (let count = 0; ; count++) {
    const response = await fetch(at, {
      method,
      headers: { 'accept-encoding': 'identity', ...authorization, ...headers },
      redirect: 'manual',
      signal,
    })
    const location = response.headers.get('location')
    const next =
      location === null || !redirecting.has(response.status) || !URL.canParse(location, at.href) ? undefined : new URL(location, at)
    if (next === undefined || count === most || !followable(at, next)) return response
    await response.body?.cancel()
    // What is said to one server is not for another.
    if (next.origin !== at.origin) {
      authorization = {}
      headers = without(headers, 'authorization')
    }
    at = next
  }
}

/** A redirection is followed to HTTP only, and never from https to http: that response is then the answer. */
export const followable = (from: URL, to: URL): boolean =>
  to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')

/** Where the URL points; credentials in it become a header, as they must not be in what fetch is given (RFC 7617). */
const meant = (url: string): { at: URL; authorization: Record<string, string> } => {
  if (!URL.canParse(url)) throw new Lwm2mError('invalid', 'this is no URL')
  const at = new URL(url)
  if (at.protocol !== 'http:' && at.protocol !== 'https:') throw new Lwm2mError('unsupported', `no HTTP: ${at.protocol}`)
  const { username, password } = at
  at.username = at.password = ''
  if (username === '' && password === '') return { at, authorization: {} }
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  return { at, authorization: { authorization: `Basic ${credentials}` } }
}

const without = (headers: Readonly<Record<string, string>>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => header.toLowerCase() !== name))

const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

const heard = (response: Response): HttpResponse => {
  const reader = response.body?.getReader()
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    next: defer(() => from(reader?.read() ?? Promise.resolve({ done: true as const, value: undefined }))).pipe(
      map(({ done, value }): Uint8Array | undefined => (done ? undefined : (value as Uint8Array))),
      catchError((cause: unknown) => throwError(() => unreachable(response.url, cause))),
    ),
  }
}

/** Credentials in a URL are not for a log. */
const unreachable = (url: string, cause: unknown): Lwm2mError =>
  new Lwm2mError('unreachable', `no answer from ${url.replace(/\/\/[^/@]*@/, '//')}`, {
    cause: cause instanceof Error ? (cause.cause ?? cause) : cause,
  })
