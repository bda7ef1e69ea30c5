/** What the peer says on a connection: signals end here, the empty message says nothing, all others go up (RFC 8323 §3.4, §5). */
import { none, type Instant } from '../core/machine.ts'
import { up } from '../core/stack.ts'
import { empty, isRequest, signals as codes } from './code.ts'
import { baseMaxBytes, isAsked, pingsMax, type Connection, type SignalParameters } from './connection.ts'
import { abort, ending, finished, type Next } from './connection-ending.ts'
import { noOptions, type Message } from './message.ts'
import { has, isCritical, uint, uintBytes, type Option } from './option.ts'
import { badCsmOption, blockWiseTransfer, custody, diagnosticOf, isSignal, maxMessageSize, settled, signal } from './signal.ts'
import { add, remove } from './tokens.ts'

/** A message of the peer, on a connection that is open. */
export const hear = (p: SignalParameters, row: Connection, message: Message, now: Instant): Next =>
  arrived(p, lively(p, row, now), message, now)

/** Something came. The note of it moves in strides, so that most messages leave the row alone. */
const lively = ({ idleMs }: SignalParameters, row: Connection, now: Instant): Connection =>
  row.probedAt < Infinity || now - row.heardAt > idleMs / 8
    ? { ...row, heardAt: now, probedAt: Infinity, pings: row.probedAt < Infinity ? row.pings.filter(isAsked) : row.pings }
    : row

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
