/** Connections and their signals: settings, ping and pong, release, abort (RFC 8323 §5). Takes the place of the message layer on a reliable transport. */
import { keyed, type Keyed, type RowStep } from '../core/keyed.ts'
import { none, type Instant, type Key, type Machine, type Stamp, type Tick } from '../core/machine.ts'
import type { Close, ClosedReason, LinkUp } from '../core/ports.ts'
import { down, up } from '../core/stack.ts'
import { empty, isRequest, signals as codes } from './code.ts'
import { baseMaxBytes, defaultSignals, dueAt, opening, type Connection, type SignalParameters } from './connection.ts'
import { frameLength } from './frame.ts'
import { noBytes, noOptions, type Malformed, type Message, type MessageDown, type Submission } from './message.ts'
import { has, isCritical, uint, uintBytes, type Option } from './option.ts'
import {
  badCsmOption,
  blockWiseTransfer,
  custody,
  diagnosticOf,
  isMeaningless,
  isSignal,
  maxMessageSize,
  referenceOf,
  settled,
  signal,
  told,
  type SignalsEffect,
  type SignalsEvent,
} from './signal.ts'
import { add, remove } from './tokens.ts'

export { defaultSignals, type Connection, type SignalParameters } from './connection.ts'
export type { SignalsEffect, SignalsEvent } from './signal.ts'

type Made = RowStep<Connection, undefined, SignalsEffect>

/** One row per connection. A message to a remote that is not connected opens it; what arrived is a NON, for there is nothing to acknowledge. */
export const signals = (p: SignalParameters = defaultSignals): Machine<Keyed<Connection, undefined>, SignalsEvent, SignalsEffect> =>
  keyed({
    name: 'signals',
    shared: undefined,
    limit: p.maxConnections,
    route: ({ value }): Key | undefined => ('remote' in value ? value.remote : undefined),
    deadline: (row) => dueAt(p, row),
    step: (row, _, event, stamp) => made(step(p, row, event, stamp)),
    otherwise: (event) => [event as SignalsEffect],
    full: overloaded,
  })
type Next = readonly [row: Connection | undefined, effects: readonly SignalsEffect[]]
const made = ([row, effects]: Next): Made => [row, undefined, effects]

const step = (p: SignalParameters, row: Connection | undefined, event: SignalsEvent | Tick, { now }: Stamp): Next => {
  switch (event.type) {
    case 'tick':
      return row === undefined || dueAt(p, row) > now ? [row, none] : due(row, now)
    case 'up':
      return receive(p, row, event.value, now)
    case 'down':
      return submit(p, row, event.value)
  }
}

/** The connection's own moment has come. */
const due = (row: Connection, now: Instant): Next => {
  if (row.closeAt <= now) return ending(row, 'released', none)
  const late = row.custodies.filter((ping) => ping.dueAt <= now)
  if (late.length > 0)
    return [
      { ...row, custodies: row.custodies.filter((ping) => ping.dueAt > now) },
      late.map(({ token }) => signal(row.remote, codes.Pong, token)),
    ]
  if (!row.heard) return abort(row, 'no settings came')
  if (row.probedAt < Infinity) return ending(row, 'silent', none)
  const effects: SignalsEffect[] = []
  return [ping({ ...row, probedAt: now }, '', effects), effects]
}

const receive = (p: SignalParameters, row: Connection | undefined, value: Message | Malformed | LinkUp, now: Instant): Next => {
  switch (value.type) {
    case 'opened':
      return opened(p, { ...opening(value.remote), heardAt: now, waiting: row?.phase === 'opening' ? row.waiting : none }, up(value))
    case 'closed':
      return [
        undefined,
        row === undefined
          ? [up(value)]
          : [...dismissed(row, value.reason), up(row.ended === undefined ? value : { ...value, ...row.ended })],
      ]
    case 'undeliverable':
    case 'listening':
    case 'settings':
      return [row, [up(value)]]
    case 'malformed':
      return row?.phase === 'open' ? abort(row, `malformed: ${value.reason}`) : [row, none]
    default:
      return row?.phase === 'open' ? arrived(p, lively(p, row, now), value, now) : [row, none]
  }
}

/** Something came. The note of it moves in strides, so that most messages leave the row alone. */
const lively = ({ idleMs }: SignalParameters, row: Connection, now: Instant): Connection =>
  row.probedAt < Infinity || now - row.heardAt > idleMs / 8
    ? { ...row, heardAt: now, probedAt: Infinity, pings: row.probedAt < Infinity ? row.pings.filter(isAsked) : row.pings }
    : row
const isAsked = ({ reference }: Connection['pings'][number]): boolean => reference !== ''

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
  if (!isSignal(code)) return code === empty ? [row, none] : counted(row, message)
  const strange = options.find(({ number }) => isCritical(number))
  if (strange !== undefined)
    return abort(
      row,
      `critical option ${strange.number}`,
      code === codes.CSM ? [{ number: badCsmOption, value: uintBytes(strange.number) }] : noOptions,
    )
  switch (code) {
    case codes.CSM:
      return settingsCame(p, row, options)
    case codes.Ping:
      return pinged(p, row, message, now)
    case codes.Pong:
      return ponged(row, token)
    case codes.Release:
      return finished({ ...row, closeAt: Math.min(row.closeAt, now + p.releaseMs) }, none)
    case codes.Abort:
      return ending(row, `aborted: ${diagnosticOf(message)}`, none)
    default:
      return [row, none]
  }
}

/** A request is owed an answer; a response is what a request of ours waited for. */
const counted = (row: Connection, message: Message): Next => {
  const { code, token } = message
  if (!isRequest(code)) {
    const awaited = remove(row.awaited, token)
    return awaited === row.awaited ? [row, [up(message)]] : finished({ ...row, awaited }, [up(message)])
  }
  const owed = add(row.owed, token)
  return [owed === undefined ? { ...row, uncounted: true } : { ...row, owed }, [up(message)]]
}

/** Nothing is under way any more: pings that asked for custody have it, and what was released is closed. */
const finished = (row: Connection, effects: readonly SignalsEffect[]): Next => {
  if (row.uncounted || row.owed.length > 0) return [row, effects]
  const pongs = row.custodies.map(({ token }) => signal(row.remote, codes.Pong, token, [{ number: custody, value: noBytes }]))
  const all = pongs.length === 0 ? effects : [...effects, ...pongs]
  const next = pongs.length === 0 ? row : { ...row, custodies: none }
  return next.closeAt < Infinity && next.awaited.length === 0 ? ending(next, 'released', all) : [next, all]
}

/** What the peer takes; each CSM replaces what it names (RFC 8323 §5.3). */
const settingsCame = (p: SignalParameters, row: Connection, options: readonly Option[]): Next => {
  const peerMaxBytes = uint(options, maxMessageSize) ?? row.peerMaxBytes
  const blockWise = row.blockWise || has(options, blockWiseTransfer)
  return [
    { ...row, heard: true, peerMaxBytes, blockWise },
    [
      up({
        type: 'settings',
        remote: row.remote,
        maxMessageBytes: peerMaxBytes,
        bert: blockWise && Math.min(peerMaxBytes, p.maxMessageBytes) > baseMaxBytes,
      }),
    ],
  ]
}

/** A pong at once; with custody when everything before it is done (RFC 8323 §5.4.1). */
const pinged = (p: SignalParameters, row: Connection, { token, options }: Message, now: Instant): Next => {
  if (!has(options, custody) || row.custodies.length >= pingsMax) return [row, [signal(row.remote, codes.Pong, token)]]
  return finished({ ...row, custodies: [...row.custodies, { token, dueAt: now + p.releaseMs }] }, none)
}

const ponged = (row: Connection, token: string): Next => {
  // libcoap 4.3.1 leaves the token out: on a stream that can only be about the oldest.
  const ping = row.pings.find((each) => each.token === token) ?? (token === '' ? row.pings[0] : undefined)
  if (ping === undefined) return [row, none]
  // A ping over datagrams is answered with RST: the floors above know it by that (RFC 7252 §4.3).
  return [
    { ...row, pings: row.pings.filter((each) => each !== ping) },
    isAsked(ping) ? [settled(row.remote, ping.reference, 'reset')] : none,
  ]
}

/** Something was handed down. */
const submit = (p: SignalParameters, row: Connection | undefined, value: MessageDown): Next => {
  switch (value.type) {
    case 'open':
      return [{ ...opening(value.remote), waiting: row?.phase === 'opening' ? row.waiting : none }, [down(value)]]
    case 'close':
      return row === undefined ? [row, [down(value)]] : closing(row, value)
    case 'forget':
      if (row === undefined || row.waiting.length === 0) return [row, none]
      return [{ ...row, waiting: row.waiting.filter((message) => referenceOf(message) !== value.reference) }, none]
    default:
      return isMeaningless(value) ? [row, none] : send(p, row, value)
  }
}

/** An orderly end: the peer is told (RFC 8323 §5.5). */
const closing = (row: Connection, word: Close): Next => [
  { ...row, phase: 'ending', closeAt: Infinity },
  row.phase === 'open' ? [signal(row.remote, codes.Release, ''), down(word)] : [down(word)],
]

const send = (p: SignalParameters, row: Connection | undefined, message: Message): Next => {
  const { remote } = message
  if (row === undefined) return [{ ...opening(remote), waiting: [message] }, [down({ type: 'open', remote, uri: remote })]]
  if (row.phase === 'ending' || (row.closeAt < Infinity && isRequest(message.code))) return [row, told(message, 'aborted')]
  if (row.phase === 'opening')
    return row.waiting.length < p.waitingMax ? [{ ...row, waiting: [...row.waiting, message] }, none] : [row, told(message, 'refused')]
  const effects: SignalsEffect[] = []
  const next = transmit(row, message, effects)
  return next.owed === row.owed ? [next, effects] : finished(next, effects)
}

/** What leaves is as good as acknowledged: the transport sees to it. */
const transmit = (row: Connection, message: Message, effects: SignalsEffect[]): Connection => {
  const { remote, code, token, options, payload } = message
  if (code === empty) return ping(row, referenceOf(message), effects)
  if (frameLength(message) > row.peerMaxBytes) {
    effects.push(...told(message, 'undeliverable'))
    if (referenceOf(message) === '') effects.push(up({ type: 'undeliverable', remote, reason: 'too-large' }))
    return row
  }
  effects.push(down({ type: 'NON', remote, messageId: 0, code, token, options, payload }))
  if (message.type === 'CON') effects.push(...told(message, 'acknowledged'))
  if (!isRequest(code)) {
    const owed = remove(row.owed, token)
    return owed === row.owed ? row : { ...row, owed }
  }
  const awaited = add(row.awaited, token)
  return awaited === undefined ? { ...row, uncounted: true } : { ...row, awaited }
}

/** At most so many pings wait for their pong. */
const pingsMax = 16
const ping = (row: Connection, reference: Submission['reference'], effects: SignalsEffect[]): Connection => {
  if (row.pings.length >= pingsMax) {
    if (reference !== '') effects.push(settled(row.remote, reference, 'refused'))
    return row
  }
  const token = (row.nextPing & 0xffff).toString(16).padStart(4, '0')
  effects.push(signal(row.remote, codes.Ping, token))
  return { ...row, nextPing: row.nextPing + 1, pings: [...row.pings, { token, reference }] }
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
  return [
    ...waiting.flatMap((message) => told(message, outcome)),
    ...pings.filter(isAsked).map(({ reference }) => settled(remote, reference, outcome)),
  ]
}
