/** The names of peers: how a remote is made of an address and a port, and read again (RFC 7252 §6.1, RFC 3986 §3.2.2, RFC 6874). */
import type { Remote } from '../core/ports.ts'

/** Where a URI points. `host` is a name, or a numeric address without brackets. */
export interface Place {
  readonly scheme: string
  readonly host: string
  readonly port: number
  /** The family of a numeric host; absent for a name. */
  readonly family?: 4 | 6
}

/** Ports where a URI names none (RFC 7252 §6.1, §6.2; RFC 8323 §8.1, §8.2). */
const defaultPorts: ReadonlyMap<string, number> = new Map([
  ['coap', 5683],
  ['coaps', 5684],
  ['coap+tcp', 5683],
  ['coaps+tcp', 5684],
  ['http', 80],
  ['https', 443],
])
const uriShape = /^([a-z][a-z0-9+.-]*):\/\/(?:\[([^\]]+)\]|([^:/?#@[\]]+))(?::(\d{1,5}))?(?:[/?#]|$)/i

/** Where the URI points; `undefined` when that cannot be read from it. */
export const placeOf = (uri: string): Place | undefined => {
  const found = uriShape.exec(uri)
  if (found === null) return undefined
  const scheme = found[1]!.toLowerCase()
  const port = found[4] === undefined ? defaultPorts.get(scheme) : Number(found[4])
  if (port === undefined || port > 65_535) return undefined
  if (found[2] === undefined) return placeOfName(scheme, found[3]!.toLowerCase(), port)
  const host = normalAddress(found[2])
  return host === undefined ? undefined : { scheme, host, port, family: familyOf(host)! }
}

/** The remote that a URI with a numeric host means, as a peer's own datagrams would be named; `undefined` for any other. */
export const remoteOf = (uri: string): Remote | undefined => {
  const place = placeOf(uri)
  return place?.family === undefined ? undefined : nameOf(place.scheme, place.host, place.port)
}

/** `scheme://address:port`. The address is as the platform gives it; one mapped from IPv4 becomes that (RFC 4291 §2.5.5.2). */
export const nameOf = (scheme: string, address: string, port: number): Remote => `${scheme}://${endpoint(address, port)}`

/** `address:port`, with brackets where they belong. */
export const endpoint = (address: string, port: number): string => {
  const plain = unmapped(address)
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}

/** The family of a numeric address; `undefined` for a name. */
export const familyOf = (host: string): 4 | 6 | undefined => (host.includes(':') ? 6 : isIpv4(host) ? 4 : undefined)

/** An IPv4 address out of its IPv6 clothes; others as they are. */
export const unmapped = (address: string): string =>
  address.startsWith('::ffff:') && isIpv4(address.slice(7)) ? address.slice(7) : address

const placeOfName = (scheme: string, host: string, port: number): Place | undefined => {
  if (isIpv4(host)) return { scheme, host, port, family: 4 }
  return /^[\d.]+$/.test(host) ? undefined : { scheme, host, port }
}
const isIpv4 = (host: string): boolean => /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(host)

/** The shortest form of an IPv6 address (RFC 5952), its zone kept (`%25` is how a URI writes `%`). */
const normalAddress = (given: string): string | undefined => {
  const [address = '', ...zone] = given.replace('%25', '%').split('%')
  const hex = shortest(address)
  if (hex === undefined) return undefined
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(hex)
  if (mapped !== null)
    return [mapped[1]!, mapped[2]!]
      .map((group) => Number.parseInt(group, 16))
      .flatMap((group) => [group >> 8, group & 255])
      .join('.')
  return zone.length === 0 ? hex : `${hex}%${zone.join('%')}`
}
const shortest = (address: string): string | undefined => {
  try {
    return new URL(`http://[${address}]`).hostname.slice(1, -1)
  } catch {
    return undefined
  }
}
