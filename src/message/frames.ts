/** The pieces of a stream, put together to messages (RFC 8323 §3.2). */
import { keyed, type Keyed, type RowStep } from '../core/keyed.ts'
import { none, type Instant, type Key, type Machine, type Stamp, type Tick } from '../core/machine.ts'
import type { Datagram, DatagramDown, DatagramUp, LinkDown, LinkUp, Remote } from '../core/ports.ts'
import { down, up, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import { decodeFrame, encodeFrame, frameHead } from './frame.ts'
import type { Malformed, Message } from './message.ts'

/** The bounds. */
export interface FrameLimits {
  /** The longest frame taken; our Max-Message-Size (RFC 8323 §5.3.1). */
  readonly maxMessageBytes: number
  readonly maxConnections: number
  /** How long a message may take from its first octet to its last. */
  readonly messageMs: number
}

/** What has come of the next frame. Chunks shrink at least by half, so that many small pieces cost little; `broken` hears no more. */
export interface Partial {
  readonly remote: Remote
  readonly chunks: readonly Uint8Array[]
  readonly broken: boolean
  /** When the message begun must be whole. */
  readonly dueAt: Instant
}
export type FramesEvent = LayerEvent<DatagramUp, Message | LinkDown>
export type FramesEffect = LayerEffect<DatagramDown, Message | Malformed | LinkUp>

/** One row per connection. After something that is no frame the rest of the stream has no meaning: it is malformed once, and then silent. */
export const frames = (limits: FrameLimits): Machine<Keyed<Partial, undefined>, FramesEvent, FramesEffect> =>
  keyed({
    name: 'frames',
    shared: undefined,
    limit: limits.maxConnections,
    route: ({ value }): Key | undefined => ('remote' in value ? value.remote : undefined),
    deadline: ({ dueAt }) => dueAt,
    step: (row, _, event, stamp) => step(limits, row, event, stamp),
    otherwise: (event) => [event as FramesEffect],
    full: (event) =>
      event.type === 'up' && event.value.type === 'opened'
        ? [down({ type: 'close', remote: event.value.remote, keepSession: false })]
        : none,
  })

type Made = RowStep<Partial, undefined, FramesEffect>

const step = (limits: FrameLimits, row: Partial | undefined, event: FramesEvent | Tick, { now }: Stamp): Made => {
  if (event.type === 'tick') return row === undefined || row.dueAt > now ? [row, undefined, none] : tooSlow(row)
  if (event.type === 'down')
    return [
      row,
      undefined,
      [event.value.type === 'open' || event.value.type === 'close' ? down(event.value) : down(encodeFrame(event.value))],
    ]
  const { value } = event
  switch (value.type) {
    case 'opened':
      return [{ remote: value.remote, chunks: none, broken: false, dueAt: Infinity }, undefined, [up(value)]]
    case 'closed':
      return [undefined, undefined, [up(value)]]
    case 'datagram':
      return row === undefined || row.broken ? [row, undefined, none] : taken(limits, row, value, now)
    default:
      return [row, undefined, [up(value)]]
  }
}

/** A piece came: every frame that it completes goes up. */
const taken = ({ maxMessageBytes, messageMs }: FrameLimits, row: Partial, { remote, bytes: piece }: Datagram, now: Instant): Made => {
  const chunks = absorb(row.chunks, piece)
  const have = lengthOf(chunks)
  const first = frameHead(chunks.length === 1 || chunks[0]!.length >= longestHead ? chunks[0]! : joined(chunks))
  if (first === undefined || (first.tokenLength <= 8 && first.frameBytes <= maxMessageBytes && have < first.frameBytes))
    return [{ remote, chunks, broken: false, dueAt: row.chunks.length === 0 ? now + messageMs : row.dueAt }, undefined, none]
  const effects: FramesEffect[] = []
  let bytes = joined(chunks)
  for (let head = frameHead(bytes); head !== undefined; head = frameHead(bytes)) {
    const flaw = head.tokenLength > 8 ? 'token' : head.frameBytes > maxMessageBytes ? 'length' : undefined
    if (flaw === undefined && bytes.length < head.frameBytes) break
    const message: Message | Malformed =
      flaw === undefined
        ? decodeFrame(remote, bytes.subarray(0, head.frameBytes), head)
        : { type: 'malformed', remote, reason: flaw, confirmable: false, messageId: 0 }
    effects.push(up(message))
    if (message.type === 'malformed') return [brokenOff(remote), undefined, effects]
    bytes = bytes.subarray(head.frameBytes)
  }
  if (bytes.length === 0) return [row.chunks.length === 0 ? row : { ...row, chunks: none, dueAt: Infinity }, undefined, effects]
  return [{ remote, chunks: [bytes.slice()], broken: false, dueAt: now + messageMs }, undefined, effects]
}
const brokenOff = (remote: Remote): Partial => ({ remote, chunks: none, broken: true, dueAt: Infinity })

/** Half a message, and no more of it. */
const tooSlow = ({ remote }: Partial): Made => [
  brokenOff(remote),
  undefined,
  [up({ type: 'malformed', remote, reason: 'slow' as const, confirmable: false, messageId: 0 })],
]
const longestHead = 6

/** The piece after the others: smaller ones before it are joined with it, so that there are few. */
const absorb = (chunks: readonly Uint8Array[], piece: Uint8Array): readonly Uint8Array[] => {
  let from = chunks.length
  let size = piece.length
  while (from > 0 && chunks[from - 1]!.length <= 2 * size) size += chunks[--from]!.length
  return [...chunks.slice(0, from), joined([...chunks.slice(from), piece])]
}
const lengthOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0)
const joined = (chunks: readonly Uint8Array[]): Uint8Array => {
  if (chunks.length === 1) return chunks[0]!
  const bytes = new Uint8Array(lengthOf(chunks))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
