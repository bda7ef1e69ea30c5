/** A network address translator: hosts behind it are seen under its address, at ports that it gives and forgets (RFC 4787, RFC 5382). */
import type { Instant } from '../core/machine.ts'
import { isStream } from './places.ts'

export interface NatOptions {
  /** How long a mapping outlives its last use; RFC 4787 asks for two minutes, many give thirty seconds. */
  readonly timeoutMs?: number
  /** The same of a TCP connection; default two hours and four minutes (RFC 5382 REQ-5), many are shorter. */
  readonly tcpTimeoutMs?: number
  /** A new port for each destination (RFC 4787 §4.1: address and port-dependent mapping). */
  readonly symmetric?: boolean
}

/** Translates between `address:port` inside and outside. */
export interface Nat {
  readonly address: string
  /** What is seen of a datagram that leaves; keeps or makes the mapping. */
  readonly outward: (inside: string, destination: string, now: Instant) => string
  /** For whom inside a datagram is; only those who were written to may answer (RFC 4787 §5). */
  readonly inward: (outside: string, source: string, now: Instant) => string | undefined
  /** Forgets every mapping, as after a restart: what is sent next comes from another port. */
  readonly rebind: () => void
}

interface Mapping {
  readonly inside: string
  readonly outside: string
  readonly peers: Set<string>
  usedAt: Instant
}

/** A translator with that address; `taken` hears of each new outer `address:port`, `freed` of each that is forgotten. */
export const nat = (
  address: string,
  { timeoutMs = 120_000, tcpTimeoutMs = 7_440_000, symmetric = false }: NatOptions,
  taken: (outside: string) => void,
  freed: (outside: string) => void,
): Nat => {
  const outgoing = new Map<string, Mapping>()
  const incoming = new Map<string, Mapping>()
  let nextPort = 20_000
  const isForgotten = ({ inside, usedAt }: Mapping, now: Instant) => now - usedAt > (isStream(inside) ? tcpTimeoutMs : timeoutMs)
  const drop = (name: string, mapping: Mapping) => {
    outgoing.delete(name)
    incoming.delete(mapping.outside)
    freed(mapping.outside)
  }
  return {
    address,
    outward: (inside, destination, now) => {
      const name = symmetric ? `${inside}>${destination}` : inside
      let mapping = outgoing.get(name)
      if (mapping !== undefined && isForgotten(mapping, now)) {
        drop(name, mapping)
        mapping = undefined
      }
      if (mapping === undefined) {
        mapping = { inside, outside: `${address}:${nextPort}`, peers: new Set(), usedAt: now }
        nextPort = nextPort === 65_535 ? 20_000 : nextPort + 1
        outgoing.set(name, mapping)
        incoming.set(mapping.outside, mapping)
        taken(mapping.outside)
      }
      mapping.usedAt = now
      mapping.peers.add(destination)
      return mapping.outside
    },
    inward: (outside, source, now) => {
      const mapping = incoming.get(outside)
      return mapping !== undefined && !isForgotten(mapping, now) && mapping.peers.has(source) ? mapping.inside : undefined
    },
    rebind: () => {
      for (const [name, mapping] of outgoing) drop(name, mapping)
    },
  }
}
