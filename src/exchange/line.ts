/** Messages of one peer that wait for their turn: each purpose takes its own, so that none waits for a whole transfer (RFC 7252 §4.7). */
import type { Remote } from '../core/ports.ts'
import { Table } from '../core/table.ts'
import type { Purpose, Submission } from '../message/message.ts'
import type { Parameters } from './parameters.ts'

/** Lanes of waiting messages: one for the confirmable ones of each purpose, one for the non-confirmable. Tickets of a lane are called in order. */
export interface Line {
  /** Of each lane: the ticket called next. */
  readonly heads: readonly number[]
  /** Of each lane: the ticket given out next. */
  readonly tails: readonly number[]
  /** The lane that was called last. */
  readonly last: number
}
export const emptyLine: Line = { heads: [0, 0, 0, 0, 0, 0], tails: [0, 0, 0, 0, 0, 0], last: 0 }

/** By remote and ticket; alias: the reference. */
export const waitingTable = (p: Parameters): Table<Submission> =>
  new Table({ name: 'waiting', limit: p.outgoingMax, alias: ({ reference }) => (reference === '' ? undefined : reference) })

/** Puts the message at the end of its lane. */
export const queue = (waiting: Table<Submission>, line: Line, message: Submission): Line => {
  const lane = message.type === 'CON' ? lanes[message.purpose] : nonConfirmable
  const tails = [...line.tails]
  waiting.put(message.remote, keyOf(lane, tails[lane]!++), message)
  return { heads: line.heads, tails, last: line.last }
}

/** The line after a message of this purpose had a turn without waiting. */
export const afterTurn = (line: Line, purpose: Purpose): Line =>
  line.last === lanes[purpose] ? line : { heads: line.heads, tails: line.tails, last: lanes[purpose] }

/** Whose turn it is. */
export interface Turn {
  readonly message: Submission
  readonly line: Line
}

/** Takes the next confirmable message out: the oldest of the purpose whose turn it is. */
export const callConfirmable = (waiting: Table<Submission>, remote: Remote, { heads, tails, last }: Line): Turn | undefined => {
  const next = [...heads]
  for (let i = 1; i <= nonConfirmable; i++) {
    const lane = (last + i) % nonConfirmable
    const message = call(waiting, remote, next, tails, lane)
    if (message !== undefined) return { message, line: { heads: next, tails, last: lane } }
  }
  return undefined
}

/** The next non-confirmable message; it stays where it is. */
export const peekNonConfirmable = (waiting: Table<Submission>, remote: Remote, { heads, tails }: Line): Submission | undefined => {
  for (let ticket = heads[nonConfirmable]!; ticket < tails[nonConfirmable]!; ticket++) {
    const message = waiting.get(remote, keyOf(nonConfirmable, ticket))
    if (message !== undefined) return message
  }
  return undefined
}
/** Takes the next non-confirmable message out. */
export const callNonConfirmable = (waiting: Table<Submission>, remote: Remote, { heads, tails, last }: Line): Turn | undefined => {
  const next = [...heads]
  const message = call(waiting, remote, next, tails, nonConfirmable)
  return message === undefined ? undefined : { message, line: { heads: next, tails, last } }
}

/** Moves the lane's head past those who left, and past the one who is called. */
const call = (
  waiting: Table<Submission>,
  remote: Remote,
  heads: number[],
  tails: readonly number[],
  lane: number,
): Submission | undefined => {
  while (heads[lane]! < tails[lane]!) {
    const key = keyOf(lane, heads[lane]!++)
    const message = waiting.get(remote, key)
    if (message === undefined) continue
    waiting.remove(remote, key)
    return message
  }
  return undefined
}

const lanes: Readonly<Record<Purpose, number>> = { request: 0, response: 1, notification: 2, block: 3, registration: 4, burst: 3 }
const nonConfirmable = 5
const keyOf = (lane: number, ticket: number) => ticket * 8 + lane
