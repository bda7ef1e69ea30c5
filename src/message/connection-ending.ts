/** How a connection ends: aborted with a reason, or released once nothing is under way on it (RFC 8323 §5.5, §5.6). */
import { none } from '../core/machine.ts'
import { down } from '../core/stack.ts'
import { signals as codes } from './code.ts'
import type { Connection } from './connection.ts'
import { noBytes, noOptions } from './message.ts'
import type { Option } from './option.ts'
import { custody, signal, type SignalsEffect } from './signal.ts'

/** What becomes of a connection, and what is said of it. */
export type Next = readonly [row: Connection | undefined, effects: readonly SignalsEffect[]]

/** Nothing is under way any more: pings that asked for custody have it, and what was released is closed. */
export const finished = (row: Connection, effects: readonly SignalsEffect[]): Next => {
  if (row.uncounted || row.owed.length > 0) return [row, effects]
  const pongs = row.custodies.map(({ token }) => signal(row.remote, codes.Pong, token, [{ number: custody, value: noBytes }]))
  const all = pongs.length === 0 ? effects : [...effects, ...pongs]
  const next = pongs.length === 0 ? row : { ...row, custodies: none }
  return next.closeAt < Infinity && next.awaited.length === 0 ? ending(next, 'released', all) : [next, all]
}

/** Says why, and closes (RFC 8323 §5.6). */
export const abort = (row: Connection, why: string, options: readonly Option[] = noOptions): Next =>
  ending(row, why, [signal(row.remote, codes.Abort, '', options, new TextEncoder().encode(why))])

/** It is closed below; what is handed down for it until then is aborted. */
export const ending = (row: Connection, detail: string, effects: readonly SignalsEffect[]): Next => [
  { ...row, phase: 'ending', closeAt: Infinity, ended: { reason: 'lost', detail } },
  [...effects, down({ type: 'close', remote: row.remote, keepSession: false })],
]
