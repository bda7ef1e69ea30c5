/** Requests made from a URI, and the URI that a request means (RFC 7252 §6.4, §6.5). */
import { Lwm2mError } from '../core/error.ts'
import type { Remote, Sink, Source } from '../core/ports.ts'
import { nameOf, placeOf } from '../datagram/remote.ts'
import { methods, type Method } from '../message/code.ts'
import { noBytes, type Purpose } from '../message/message.ts'
import { find, opaqueOption, options, sorted, stringOption, strings, uint, uintOption, type Option } from '../message/option.ts'
import type { Request } from './exchange.ts'

/** What a request has beside its method and its target. */
export interface RequestDetails {
  readonly payload?: Uint8Array | string
  readonly contentFormat?: number
  readonly accept?: number
  /** Asks to be notified of changes. */
  readonly observe?: boolean
  /** Representations that are known already: 2.03 says that one of them is still right (RFC 7252 §5.10.6.2). */
  readonly etags?: readonly Uint8Array[]
  /** Only if the resource has one of these ETags; an empty one: only if it exists (RFC 7252 §5.10.8.1). */
  readonly ifMatch?: readonly Uint8Array[]
  /** Only if the resource does not exist (RFC 7252 §5.10.8.2). */
  readonly ifNoneMatch?: boolean
  /** Default: true. */
  readonly confirmable?: boolean
  readonly purpose?: Purpose
  /** Any others. */
  readonly options?: readonly Option[]
  /** Where the body comes from, instead of `payload`. */
  readonly source?: Source
  /** Where the response's body goes. */
  readonly sink?: Sink
}

/**
 * A request to a URI, or to a path at a remote: `request('GET', 'coap://[::1]/3303/0/5700?k=v')`, `request('GET', remote, { … }, '/3/0')`.
 * Throws an `Lwm2mError` `invalid` when the URI is none, or says what no option can carry.
 */
export const request = (method: Method, target: string, details: RequestDetails = {}, path = ''): Request => {
  const found = target.includes('://') && path === '' ? targetOf(target) : withRemote(target, path)
  if (found === undefined)
    throw new Lwm2mError('invalid', `not a CoAP URI: ${target}${path}`, { hint: 'coap://host[:port][/path][?query], without a fragment' })
  const { payload, confirmable = true, purpose = 'request', source, sink } = details
  return {
    remote: found.remote,
    code: methods[method],
    options: sorted([...found.options, ...optionsOf(details)]),
    payload: payload === undefined ? noBytes : typeof payload === 'string' ? utf8.encode(payload) : payload,
    confirmable,
    purpose,
    ...(source === undefined ? {} : { source }),
    ...(sink === undefined ? {} : { sink }),
  }
}

/** Whom a URI means, and the options that say the rest of it. */
export interface Target {
  readonly remote: Remote
  readonly options: readonly Option[]
}

/** The URI taken apart; `undefined` when it is none, or cannot be said in options (RFC 7252 §6.4). A host name becomes Uri-Host. */
export const targetOf = (uri: string): Target | undefined => {
  const place = placeOf(uri)
  if (place === undefined || uri.includes('#') || !schemes.has(place.scheme)) return undefined
  const { scheme, host, port, family } = place
  const name = family === undefined ? decoded(host.toLowerCase()) : undefined
  const rest = partsOf(/^[^:]+:\/\/[^/?#]*(.*)$/s.exec(uri)![1]!)
  if (rest === undefined || (family === undefined && (name === undefined || !fits(name, 1)))) return undefined
  return { remote: nameOf(scheme, host, port), options: name === undefined ? rest : [stringOption(options.UriHost, name), ...rest] }
}

/** The URI that the request means (RFC 7252 §6.5). */
export const uriOf = ({ remote, options: all }: Pick<Request, 'remote' | 'options'>): string => {
  const segments = strings(all, options.UriPath).map((segment) => encoded(segment, pathExcept))
  const queries = strings(all, options.UriQuery).map((query) => encoded(query, queryExcept))
  return `${originOf(remote, all)}/${segments.join('/')}${queries.length === 0 ? '' : `?${queries.join('&')}`}`
}

/** The method's name; the code where it has none. */
export const methodOf = ({ code }: Pick<Request, 'code'>): string => methodNames.get(code) ?? code
const methodNames: ReadonlyMap<string, string> = new Map(Object.entries(methods).map(([name, code]) => [code, name]))

const optionsOf = ({
  contentFormat,
  accept,
  observe,
  etags = [],
  ifMatch = [],
  ifNoneMatch,
  options: others = [],
}: RequestDetails): readonly Option[] => [
  ...ifMatch.map((etag) => opaqueOption(options.IfMatch, etag)),
  ...etags.map((etag) => opaqueOption(options.ETag, etag)),
  ...(ifNoneMatch === true ? [opaqueOption(options.IfNoneMatch, noBytes)] : []),
  ...(observe === true ? [uintOption(options.Observe, 0)] : []),
  ...(contentFormat === undefined ? [] : [uintOption(options.ContentFormat, contentFormat)]),
  ...(accept === undefined ? [] : [uintOption(options.Accept, accept)]),
  ...others,
]

const withRemote = (remote: Remote, path: string): Target | undefined => {
  const rest = partsOf(path)
  return rest === undefined ? undefined : { remote, options: rest }
}

/** Path and query as options, in the order of their numbers. A lone `/` is no segment. */
const partsOf = (pathAndQuery: string): readonly Option[] | undefined => {
  const mark = pathAndQuery.indexOf('?')
  const path = mark < 0 ? pathAndQuery : pathAndQuery.slice(0, mark)
  const segments = path === '' || path === '/' ? [] : resolved(path.replace(/^\//, '').split('/'))
  const queries = mark < 0 ? [] : pathAndQuery.slice(mark + 1).split('&')
  const parts: Option[] = []
  for (const [number, texts] of [
    [options.UriPath, segments],
    [options.UriQuery, queries],
  ] as const)
    for (const text of texts) {
      const value = decoded(text)
      if (value === undefined || !fits(value, 0)) return undefined
      parts.push(stringOption(number, value))
    }
  return parts
}

/** Without `.` and `..`, which no Uri-Path may be (RFC 3986 §5.2.4; RFC 7252 §5.10.1). */
const resolved = (segments: readonly string[]): readonly string[] => {
  if (!segments.some((segment) => dots.test(segment))) return segments
  const all: string[] = []
  segments.forEach((segment, at) => {
    if (!dots.test(segment)) return all.push(segment)
    if (segment.replace(/%2e/gi, '.') === '..') all.pop()
    return at === segments.length - 1 ? all.push('') : all.length
  })
  return all.length === 1 && all[0] === '' ? [] : all
}
const dots = /^(?:\.|%2e){1,2}$/i

/** Scheme, host and port; the port only where it is not the scheme's own. A remote that we named ourselves stands as it is. */
const originOf = (remote: Remote, all: readonly Option[]): string => {
  const place = placeOf(remote)
  const host = find(all, options.UriHost) === undefined ? undefined : encoded(strings(all, options.UriHost)[0]!, hostExcept)
  if (place === undefined) return host === undefined ? remote : `coap://${host}`
  const port = uint(all, options.UriPort) ?? place.port
  const named = nameOf(place.scheme, host ?? place.host, port)
  return placeOf(`${place.scheme}://h`)?.port === port ? named.slice(0, named.lastIndexOf(':')) : named
}

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
/** Percent-encodes everything but unreserved characters, sub-delims and what else may stand there. */
const encoded = (text: string, except: RegExp): string =>
  encodeURIComponent(text).replace(/%(?:[2-7][\dA-F])/g, (escape) => unescaped(escape, except))
const unescaped = (escape: string, except: RegExp): string => {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return except.test(character) ? character : escape
}
const pathExcept = /[$&+,;=:@]/
const queryExcept = /[$+,;=:@/?]/
const hostExcept = /[$&+,;=]/

const fits = (text: string, minLength: number): boolean => {
  const { length } = utf8.encode(text)
  return length >= minLength && length <= 255
}
const utf8 = new TextEncoder()
const schemes: ReadonlySet<string> = new Set(['coap', 'coaps', 'coap+tcp', 'coaps+tcp'])
