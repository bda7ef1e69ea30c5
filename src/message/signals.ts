/** Connections and their signals: settings, ping and pong, release, abort (RFC 8323 §5). Takes the place of the message layer on a reliable transport. */
import { keyed, type Keyed, type RowStep } from '../core/keyed.ts'
import { none, type Instant, type Key, type Machine, type Stamp, type Tick } from '../core/machine.ts'
import type { ClosedReason, LinkUp, Opened } from '../core/ports.ts'
import { down, up } from '../core/stack.ts'
import { signals as codes } from './code.ts'
import { defaultSignals, dueAt, isAsked, opening, type Connection, type SignalParameters } from './connection.ts'
import { abort, ending, type Next } from './connection-ending.ts'
import { noBytes, type Malformed, type Message } from './message.ts'
import { uintBytes } from './option.ts'
import { blockWiseTransfer, maxMessageSize, settled, signal, told, type SignalsEffect, type SignalsEvent } from './signal.ts'
import { hear } from './signals-receiving.ts'
import { ping, submit, transmit } from './signals-sending.ts'

export { defaultSignals, type Connection, type SignalParameters } from './connection.ts'
export type { SignalsEffect, SignalsEvent } from './signal.ts'

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
const made = ([row, effects]: Next): RowStep<Connection, undefined, SignalsEffect> => [row, undefined, effects]

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
      return opened(p, row, value, now)
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
      return row?.phase === 'open' ? hear(p, row, value, now) : [row, none]
  }
}

/** Our CSM is the first that the peer hears; then what waited (RFC 8323 §5.3). */
const opened = (p: SignalParameters, asked: Connection | undefined, word: Opened, now: Instant): Next => {
  const { remote } = word
  const isOurs = asked?.phase === 'opening'
  const effects: SignalsEffect[] = [
    up(word),
    signal(remote, codes.CSM, '', [
      { number: maxMessageSize, value: uintBytes(p.maxMessageBytes) },
      { number: blockWiseTransfer, value: noBytes },
    ]),
  ]
  let open: Connection = { ...opening(remote), phase: 'open', accepted: !isOurs, heardAt: now }
  for (const message of isOurs ? asked.waiting : none) open = transmit(open, message, effects)
  return [open, effects]
}

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
