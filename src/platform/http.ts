/** HTTP for firmware: a client and a server on node:http and node:https (RFC 9110, RFC 9112). */
import { defer, from, map, Observable, catchError, throwError } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Http, HttpRequest, HttpResponse } from '../core/ports.ts'
import { answered, type Answered, type Asking } from './http-client.ts'
import { headersOf, serve } from './http-server.ts'
import { authorities, type TlsOptions } from './tls.ts'

/** How HTTP is spoken. */
export interface HttpOptions {
  /** For `https://`. */
  readonly tls?: TlsOptions
}

/** The platform's HTTP, with options. Throws `invalid` when the certificates that it is given are none. */
export const httpWith = ({ tls = {} }: HttpOptions): Http => {
  const ask = answered(tls.ca === undefined ? {} : { ca: authorities(tls.ca) })
  return {
    request: (request) =>
      new Observable((observer) => {
        const abort = new AbortController()
        observer.add(() => abort.abort())
        follow(ask, request, abort.signal).then(
          (response) => observer.next(heard(request.url, response)),
          (cause: unknown) => observer.error(cause instanceof Lwm2mError ? cause : unreachable(request.url, cause)),
        )
      }),
    serve,
  }
}
/** The platform's HTTP. */
export const http: Http = httpWith({})

/** How many redirections are followed; the next one is the answer. */
const redirections = 5

/** Octets come as they are stored, or a Range would not fit. */
const follow = async (
  ask: Asking,
  { url, method = 'GET', headers = {}, redirect = 'follow' }: HttpRequest,
  signal: AbortSignal,
): Promise<Answered> => {
  let { at, authorization } = meant(url)
  const most = redirect === 'manual' ? 0 : redirections
  for (let count = 0; ; count++) {
    const answer = await ask(at, { method, headers: { 'accept-encoding': 'identity', ...authorization, ...headers }, signal })
    const { statusCode = 0, headers: said } = answer.head
    const { location } = said
    const next =
      location === undefined || !redirecting.has(statusCode) || !URL.canParse(location, at.href) ? undefined : new URL(location, at)
    if (next === undefined || count === most || !followable(at, next)) return answer
    answer.head.destroy()
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

/** Where the URL points; credentials in it become a header, as they must not be in an error or a log (RFC 7617). */
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

const heard = (url: string, { head, body }: Answered): HttpResponse => {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>
  return {
    status: head.statusCode ?? 0,
    headers: headersOf(head),
    next: defer(() => from(pieces.next())).pipe(
      map(({ done, value }): Uint8Array | undefined => (done === true ? undefined : value)),
      catchError((cause: unknown) => throwError(() => unreachable(url, cause))),
    ),
  }
}

/** Credentials in a URL are not for a log. */
const unreachable = (url: string, cause: unknown): Lwm2mError =>
  new Lwm2mError('unreachable', `no answer from ${url.replace(/\/\/[^/@]*@/, '//')}`, {
    cause,
  })
