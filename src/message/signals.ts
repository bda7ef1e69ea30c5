/** Connections and their signals: settings, ping and pong, release, abort (RFC 8323 §5). Takes the place of the message layer on a reliable transport. */
import { keyed, type Keyed, type RowStep } from '../core/keyed.ts'
import { none, type Instant, type Key, type Machine, type Stamp, type Tick } from '../core/machine.ts'
import type { ClosedReason, LinkDown, LinkUp, Remote } from '../core/ports.ts'
import { down, up, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import { empty, isRequest, signals as codes, type Code } from './code.ts'
import { frameLength } from './frame.ts'
import {
  noBytes,
  noOptions,
  type Malformed,
  type Message,
  type MessageDown,
  type MessageUp,
  type Outcome,
  type Submission,
} from './message.ts'
import { isCritical, uint, uintBytes, type Option } from './option.ts'

/** What a connection can be told. */
export interface SignalParameters {
  /** The longest message we take, said in our CSM (RFC 8323 §5.3.1). */
  readonly maxMessageBytes: number
  readonly maxConnections: number
  /** Messages that wait for a connection to open. */
  readonly waitingMax: number
  /** How long a peer that released the connection is still answered (RFC 8323 §5.5). */
  readonly releaseMs: number
}
export const defaultSignals: SignalParameters = { maxMessageBytes: 1 << 16, maxConnections: 10_000, waitingMax: 64, releaseMs: 2000 }

/** One connection. */
export interface Connection {
  readonly remote: Remote
  readonly phase: 'opening' | 'open' | 'ending'
  /** What waits for it to open. */
  readonly waiting: readonly Message[]
  /** The peer's CSM has come. */
  readonly heard: boolean
  /** The longest message that the peer takes. */
  readonly peerMaxBytes: number
  /** Pings without a pong yet, by token. */
  readonly pings: readonly { readonly token: string; readonly reference: Submission['reference'] }[]
  readonly nextPing: number
  /** Released: when it is closed. */
  readonly closeAt: Instant
  /** Why it ends, if that is not that we were asked. */
  readonly ended: { readonly reason: ClosedReason; readonly detail: string } | undefined
}
export type SignalsEvent = LayerEvent<Message | Malformed | LinkUp, MessageDown>
export type SignalsEffect = LayerEffect<Message | LinkDown, MessageUp>
type Made = RowStep<Connection, undefined, SignalsEffect>

/** One row per connection. A message to a remote that is not connected opens it; what arrived is a NON, for there is nothing to acknowledge. */
export const signals = (p: SignalParameters = defaultSignals): Machine<Keyed<Connection, undefined>, SignalsEvent, SignalsEffect> =>
  keyed({
    name: 'signals',
    shared: undefined,
    limit: p.maxConnections,
    route: ({ value }): Key | undefined => ('remote' in value ? value.remote : undefined),
    deadline: ({ closeAt }) => closeAt,
    step: (row, _, event, stamp) => made(step(p, row, event, stamp)),
    otherwise: (event) => [event as SignalsEffect],
    full: overloaded,
  })
type Next = readonly [row: Connection | undefined, effects: readonly SignalsEffect[]]
const made = ([row, effects]: Next): Made => [row, undefined, effects]

const opening = (remote: Remote): Connection => ({
  remote,
  phase: 'opening',
  waiting: none,
  heard: false,
  peerMaxBytes: 1152, // until its CSM says more (RFC 8323 §5.3.1)
  pings: none,
  nextPing: 0,
  closeAt: Infinity,
  ended: undefined,
})

const step = (p: SignalParameters, row: Connection | undefined, event: SignalsEvent | Tick, { now }: Stamp): Next => {
  switch (event.type) {
    case 'tick':
      return row === undefined ? [row, none] : ending(row, 'released', none)
    case 'up':
      return receive(p, row, event.value, now)
    case 'down':
      return submit(p, row, event.value)
  }
}

const receive = (p: SignalParameters, row: Connection | undefined, value: Message | Malformed | LinkUp, now: Instant): Next => {
  switch (value.type) {
    case 'opened':
      return opened(p, { ...opening(value.remote), waiting: row?.phase === 'opening' ? row.waiting : none }, up(value))
    case 'closed':
      return [
        undefined,
        row === undefined
          ? [up(value)]
          : [...dismissed(row, value.reason), up(row.ended === undefined ? value : { ...value, ...row.ended })],
      ]
    case 'undeliverable':
    case 'listening':
      return [row, [up(value)]]
    case 'malformed':
      return row?.phase === 'open' ? abort(row, `malformed: ${value.reason}`) : [row, none]
    default:
      return row?.phase === 'open' ? arrived(p, row, value, now) : [row, none]
  }
}

/** Our CSM is the first that the peer hears; then what waited (RFC 8323 §5.3). */
const opened = (p: SignalParameters, row: Connection, word: SignalsEffect): Next => {
  const effects: SignalsEffect[] = [
    word,
    signal(row.remote, codes.CSM, '', [
      { number: maxMessageSize, value: uintBytes(p.maxMessageBytes) },
      { number: blockWiseTransfer, value: noBytes },
    ]),
  ]
  let open: Connection = { ...row, phase: 'open', waiting: none }
  for (const message of row.waiting) open = transmit(open, message, effects)
  return [open, effects]
}

/** A message of the peer: signals end here, the empty one says nothing (RFC 8323 §3.4), all others go up. */
const arrived = (p: SignalParameters, row: Connection, message: Message, now: Instant): Next => {
  const { code, token, options } = message
  if (!row.heard && code !== codes.CSM) return abort(row, 'the first message is no CSM')
  if (!isSignal(code)) return [row, code === empty ? none : [up(message)]]
  const strange = options.find(({ number }) => isCritical(number))
  if (strange !== undefined)
    return abort(
      row,
      `critical option ${strange.number}`,
      code === codes.CSM ? [{ number: badCsmOption, value: uintBytes(strange.number) }] : noOptions,
    )
  switch (code) {
    case codes.CSM:
      return [{ ...row, heard: true, peerMaxBytes: uint(options, maxMessageSize) ?? row.peerMaxBytes }, none]
    case codes.Ping:
      return [row, [signal(row.remote, codes.Pong, token)]]
    case codes.Pong:
      return ponged(row, token)
    case codes.Release:
      return [{ ...row, closeAt: Math.min(row.closeAt, now + p.releaseMs) }, none]
    case codes.Abort:
      return ending(row, `aborted: ${diagnosticOf(message)}`, none)
    default:
      return [row, none]
  }
}

const ponged = (row: Connection, token: string): Next => {
  const ping = row.pings.find((each) => each.token === token)
  if (ping === undefined) return [row, none]
  // A ping over datagrams is answered with RST: the floors above know it by that (RFC 7252 §4.3).
  return [{ ...row, pings: row.pings.filter((each) => each !== ping) }, [settled(row.remote, ping.reference, 'reset')]]
}

/** Something was handed down. */
const submit = (p: SignalParameters, row: Connection | undefined, value: MessageDown): Next => {
  switch (value.type) {
    case 'open':
      return [{ ...opening(value.remote), waiting: row?.phase === 'opening' ? row.waiting : none }, [down(value)]]
    case 'close':
      return [row === undefined ? row : { ...row, phase: 'ending', closeAt: Infinity }, [down(value)]]
    case 'forget':
      if (row === undefined || row.waiting.length === 0) return [row, none]
      return [{ ...row, waiting: row.waiting.filter((message) => referenceOf(message) !== value.reference) }, none]
    default:
      return isMeaningless(value) ? [row, none] : send(p, row, value)
  }
}

const send = (p: SignalParameters, row: Connection | undefined, message: Message): Next => {
  const { remote } = message
  if (row === undefined) return [{ ...opening(remote), waiting: [message] }, [down({ type: 'open', remote, uri: remote })]]
  if (row.phase === 'ending' || (row.closeAt < Infinity && isRequest(message.code))) return [row, told(message, 'aborted')]
  if (row.phase === 'opening')
    return row.waiting.length < p.waitingMax ? [{ ...row, waiting: [...row.waiting, message] }, none] : [row, told(message, 'refused')]
  const effects: SignalsEffect[] = []
  return [transmit(row, message, effects), effects]
}

/** What leaves is as good as acknowledged: the transport sees to it. */
const transmit = (row: Connection, message: Message, effects: SignalsEffect[]): Connection => {
  const { remote, code, token, options, payload } = message
  if (code === empty) return ping(row, message, effects)
  if (frameLength(message) > row.peerMaxBytes) {
    effects.push(...told(message, 'undeliverable'))
    if (referenceOf(message) === '') effects.push(up({ type: 'undeliverable', remote, reason: 'too-large' }))
    return row
  }
  effects.push(down({ type: 'NON', remote, messageId: 0, code, token, options, payload }))
  if (message.type === 'CON') effects.push(...told(message, 'acknowledged'))
  return row
}

/** At most so many pings wait for their pong. */
const pingsMax = 16
const ping = (row: Connection, message: Message, effects: SignalsEffect[]): Connection => {
  if (row.pings.length >= pingsMax) {
    effects.push(...told(message, 'refused'))
    return row
  }
  const token = (row.nextPing & 0xffff).toString(16).padStart(4, '0')
  effects.push(signal(row.remote, codes.Ping, token))
  return { ...row, nextPing: row.nextPing + 1, pings: [...row.pings, { token, reference: referenceOf(message) }] }
}

/** Says why, and closes (RFC 8323 §5.6). */
const abort = (row: Connection, why: string, options: readonly Option[] = noOptions): Next =>
  ending(row, why, [signal(row.remote, codes.Abort, '', options, new TextEncoder().encode(why))])

const ending = (row: Connection, detail: string, effects: readonly SignalsEffect[]): Next => [
  { ...row, phase: 'ending', closeAt: Infinity, ended: { reason: 'lost', detail } },
  [...effects, down({ type: 'close', remote: row.remote, keepSession: false })],
]

/** There is no room for one more connection. */
const overloaded = ({ type, value }: SignalsEvent): readonly SignalsEffect[] => {
  if (type === 'down')
    return value.type === 'open'
      ? [up({ type: 'closed', remote: value.remote, reason: 'refused', detail: 'too many connections' })]
      : told(value as Message, 'refused')
  return 'remote' in value ? [down({ type: 'close', remote: value.remote, keepSession: false })] : none
}

const dismissed = ({ remote, waiting, pings }: Connection, reason: ClosedReason): readonly SignalsEffect[] => {
  const outcome = reason === 'asked' || reason === 'lost' || reason === 'socket' ? 'aborted' : 'undeliverable'
  return [...waiting.flatMap((message) => told(message, outcome)), ...pings.map(({ reference }) => settled(remote, reference, outcome))]
}

/** An RST, and an acknowledgement that carries nothing, mean nothing here. */
const isMeaningless = (message: Message): boolean => message.type === 'RST' || (message.code === empty && referenceOf(message) === '')
const isSignal = (code: Code): boolean => code.charCodeAt(0) === 55
const referenceOf = (message: Message): Submission['reference'] => (message as Partial<Submission>).reference ?? ''
const told = (message: Message, outcome: Outcome): readonly SignalsEffect[] => {
  const reference = referenceOf(message)
  return reference === '' ? none : [settled(message.remote, reference, outcome)]
}
const settled = (remote: Remote, reference: Submission['reference'], outcome: Outcome): SignalsEffect =>
  up({ type: 'settled', remote, reference, outcome })
const signal = (
  remote: Remote,
  code: Code,
  token: string,
  options: readonly Option[] = noOptions,
  payload: Uint8Array = noBytes,
): SignalsEffect => down({ type: 'NON', remote, messageId: 0, code, token, options, payload })
const diagnosticOf = ({ payload }: Message): string => new TextDecoder().decode(payload.subarray(0, 200))

/** Options of signals have numbers of their own (RFC 8323 §5.2): of CSM, and of Abort. */
const maxMessageSize = 2
const blockWiseTransfer = 4
const badCsmOption = 2
