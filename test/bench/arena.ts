/** What a contest is given, and what it makes. */
import type { Worker } from './main.ts'
import type { Name } from './process.ts'

/** One line of the outcome: `ratio` is ours / peer. */
export interface Result {
  readonly name: string
  readonly of?: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly ours: number
  readonly peer: number
  readonly peerName: 'node-coap' | 'bare-loop' | 'openssl' | 'cbor-x' | 'JSON' | 'libcoap' | 'plain' | 'idle' | 'Block2'
  readonly ratio: number
}
export interface Arena {
  readonly worker: (name: Name) => Worker
  readonly say: (line: string) => void
  readonly rounds: number
}
export type Contest = (arena: Arena) => Promise<readonly Result[]>

/** The middle one, or the upper of the two. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
/** Least, median and most. */
export const spread = (values: readonly number[]): string => {
  const sorted = [...values].sort((a, b) => a - b)
  return [sorted[0]!, median(values), sorted[sorted.length - 1]!]
    .map((value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3)))
    .join('/')
}
