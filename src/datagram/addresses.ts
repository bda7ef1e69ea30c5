/** Who is where in a network of one's own: ends found by their name, or by any URI that means the same address and port. */
import { Bug } from '../core/assert.ts'
import type { Remote } from '../core/ports.ts'
import { endpoint, nameOf, placeOf } from './remote.ts'

/** Ends by their addresses. */
export interface Addresses<End> {
  /** What a name or URI means: `address:port` where it has both, else itself. */
  readonly keyOf: (name: string) => string
  readonly same: (one: string, other: string) => boolean
  readonly get: (name: string) => End | undefined
  /** Gives back how to take it away. Two ends of one name are a bug. */
  readonly add: (name: string, end: End) => () => void
  /** Another address of the same host (RFC 6056). */
  readonly ephemeral: (name: Remote) => Remote
}

/** No ends yet. */
export const addresses = <End>(): Addresses<End> => {
  const ends = new Map<string, End>()
  const keys = new Map<string, string>()
  let next = 49_152
  const keyOf = (name: string): string => {
    const known = keys.get(name)
    if (known !== undefined) return known
    const place = placeOf(name)
    const key = place === undefined ? name : endpoint(place.host, place.port)
    if (keys.size >= namesLimit) keys.clear()
    keys.set(name, key)
    return key
  }
  return {
    keyOf,
    same: (one, other) => keyOf(one) === keyOf(other),
    get: (name) => ends.get(keyOf(name)),
    add: (name, end) => {
      const key = keyOf(name)
      if (ends.has(key)) throw new Bug(`two ends are called ${name}`)
      ends.set(key, end)
      return () => void ends.delete(key)
    },
    ephemeral: (name) => {
      const place = placeOf(name)
      const port = next++
      return place === undefined ? `${name}#${port}` : nameOf(place.scheme, place.host, port)
    },
  }
}
const namesLimit = 1 << 16
