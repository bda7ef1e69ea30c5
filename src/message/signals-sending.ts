/** What is handed down for a connection: it is opened, written on, pinged and closed (RFC 8323 §3.4, §5.4, §5.5). */
import { none } from '../core/machine.ts'
import type { Close } from '../core/ports.ts'
import { down, up } from '../core/stack.ts'
import { empty, isRequest, signals as codes } from './code.ts'
import { opening, pingsMax, type Connection, type SignalParameters } from './connection.ts'
import { finished, type Next } from './connection-ending.ts'
import { frameLength } from './frame.ts'
import type { Message, MessageDown, Submission } from './message.ts'
import { isMeaningless, referenceOf, settled, signal, told, type SignalsEffect } from './signal.ts'
import { add, remove } from './tokens.ts'

/** Something was handed down. */
export const submit = (p: SignalParameters, row: Connection | undefined, value: MessageDown): Next => {
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
export const transmit = (row: Connection, message: Message, effects: SignalsEffect[]): Connection => {
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

/** Its pong is told under the reference, if there is one. */
export const ping = (row: Connection, reference: Submission['reference'], effects: SignalsEffect[]): Connection => {
  if (row.pings.length >= pingsMax) {
    if (reference !== '') effects.push(settled(row.remote, reference, 'refused'))
    return row
  }
  const token = (row.nextPing & 0xffff).toString(16).padStart(4, '0')
  effects.push(signal(row.remote, codes.Ping, token))
  return { ...row, nextPing: row.nextPing + 1, pings: [...row.pings, { token, reference }] }
}
