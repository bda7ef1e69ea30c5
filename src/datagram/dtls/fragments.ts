/** Handshake messages put together from fragments, in order, within a bound (RFC 6347 §4.2.3). */
import type { HandshakeFragment, HandshakeMessage } from './handshake.ts'

/** A message of which something is there. */
export interface Unfinished {
  readonly type: number
  readonly number: number
  readonly body: Uint8Array
  /** Where octets are, as offsets from and to, apart and ascending. */
  readonly spans: readonly (readonly [from: number, to: number])[]
}
/** What waits for the message of this number. */
export interface Assembly {
  /** The message_seq that is next. */
  readonly next: number
  readonly unfinished: readonly Unfinished[]
}
export const assembly = (next: number): Assembly => ({ next, unfinished: [] })

/** How far ahead of the next message others are kept. */
const ahead = 8

/** With one fragment more. One that is old, too far ahead, contradictory, or would need more than `bytesMax` octets in all changes nothing. */
export const withFragment = (state: Assembly, fragment: HandshakeFragment, bytesMax: number): Assembly => {
  const { type, number, length } = fragment
  if (number < state.next || number >= state.next + ahead) return state
  const known = near(state).find((one) => one.number === number)
  if (known !== undefined && (known.type !== type || known.body.length !== length)) return state
  const held = near(state).reduce((sum, { body }) => sum + body.length, 0)
  if (known === undefined && held + length > bytesMax) return state
  if (known !== undefined && isWhole(known)) return state
  const more = added(known ?? { type, number, body: new Uint8Array(length), spans: [] }, fragment)
  return { next: state.next, unfinished: [...near(state).filter((one) => one !== known), more] }
}

/** What can still be wanted. */
const near = ({ next, unfinished }: Assembly): readonly Unfinished[] =>
  unfinished.filter(({ number }) => number >= next && number < next + ahead)

/** The next message, if it is whole, and the assembly without it. */
export const nextMessage = (state: Assembly): readonly [HandshakeMessage, Assembly] | undefined => {
  const whole = state.unfinished.find((one) => one.number === state.next && isWhole(one))
  if (whole === undefined) return undefined
  const { type, number, body } = whole
  return [
    { type, number, body },
    { next: state.next + 1, unfinished: state.unfinished.filter((one) => one !== whole) },
  ]
}

const isWhole = ({ body, spans }: Unfinished): boolean => spans.length === 1 && spans[0]![0] === 0 && spans[0]![1] === body.length

/** What is there already stays as it is. */
const added = (known: Unfinished, { offset, bytes }: HandshakeFragment): Unfinished => {
  const body = known.body.slice()
  body.set(bytes, offset)
  for (const [from, to] of known.spans) body.set(known.body.subarray(from, to), from)
  const spans: [number, number][] = []
  for (const [from, to] of [...known.spans, [offset, offset + bytes.length] as const].sort((a, b) => a[0] - b[0])) {
    const last = spans[spans.length - 1]
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to)
    else spans.push([from, to])
  }
  return { ...known, body, spans }
}
