/** Flights: messages that go together and go again together until the other end's next flight is there (RFC 6347 §4.2.4). */
import type { Instant } from '../../core/machine.ts'
import type { Ciphers } from '../../core/ports.ts'
import { fragmentBytes, fragmentHeadBytes, handshakeTypes, type HandshakeMessage } from './handshake.ts'
import type { Link } from './link.ts'
import { concat, nothing } from './octets.ts'
import type { DtlsLimits } from './options.ts'
import { seal } from './protection.ts'
import { contentTypes, headBytes, plainRecord } from './record.ts'

/** A handshake message, in the clear or under the new keys; or ChangeCipherSpec. */
export type Sent =
  { readonly type: 'message'; readonly epoch: 0 | 1; readonly message: HandshakeMessage } | { readonly type: 'change-cipher-spec' }
export const changeCipherSpec: Sent = { type: 'change-cipher-spec' }
export const clear = (message: HandshakeMessage): Sent => ({ type: 'message', epoch: 0, message })
export const covered = (message: HandshakeMessage): Sent => ({ type: 'message', epoch: 1, message })

/** A flight on its way. */
export interface Flight {
  readonly sent: readonly Sent[]
  readonly retransmissions: number
  readonly timeoutMs: number
  readonly dueAt: Instant
}
export const flight = (sent: readonly Sent[], now: Instant, { retransmitMs }: DtlsLimits): Flight => ({
  sent,
  retransmissions: 0,
  timeoutMs: retransmitMs,
  dueAt: now + retransmitMs,
})
/** Once more, with the time-out doubled; `undefined` when it was sent often enough. */
export const again = ({ sent, retransmissions, timeoutMs }: Flight, now: Instant, p: DtlsLimits): Flight | undefined => {
  if (retransmissions >= p.retransmissionsMax) return undefined
  const doubledMs = Math.min(2 * timeoutMs, p.retransmitMaxMs)
  return { sent, retransmissions: retransmissions + 1, timeoutMs: doubledMs, dueAt: now + doubledMs }
}

/** What was written, and the sequence numbers that come next in either epoch. */
export interface Written {
  readonly datagrams: readonly Uint8Array[]
  readonly sequence: number
  readonly linkSequence: number
}
/** The messages as datagrams of at most so many octets. A ClientHello stays whole, for a server looks at nothing less. */
export const written = (ciphers: Ciphers, sent: readonly Sent[], sequence: number, link: Link | undefined, bytesMax: number): Written => {
  let [next, nextOfLink] = [sequence, link?.sequence ?? 0]
  const records: Uint8Array[] = []
  for (const one of sent) {
    if (one.type === 'change-cipher-spec') records.push(plainRecord(contentTypes.changeCipherSpec, next++, Uint8Array.of(1)))
    else
      for (const piece of pieces(one.message, bytesMax - (one.epoch === 0 ? 0 : protectionBytes))) {
        if (one.epoch === 0) records.push(plainRecord(contentTypes.handshake, next++, piece))
        else if (link !== undefined) records.push(seal(ciphers, link.write, placing(link, nextOfLink++), piece))
      }
  }
  return { datagrams: packed(records, bytesMax), sequence: next, linkSequence: nextOfLink }
}
const placing = ({ peerCid }: Link, sequence: number) => ({ type: contentTypes.handshake, epoch: 1, sequence, cid: peerCid ?? nothing })
/** The most that protection and a Connection ID add. */
const protectionBytes = 110

const pieces = ({ type, number, body }: HandshakeMessage, recordBytes: number): readonly Uint8Array[] => {
  const room = Math.max(16, recordBytes - headBytes - 2 - fragmentHeadBytes)
  const size = type === handshakeTypes.clientHello ? Math.max(1, body.length) : room
  const list: Uint8Array[] = []
  for (let offset = 0; offset === 0 || offset < body.length; offset += size)
    list.push(fragmentBytes({ type, length: body.length, number, offset, bytes: body.subarray(offset, offset + size) }))
  return list
}
const packed = (records: readonly Uint8Array[], bytesMax: number): readonly Uint8Array[] => {
  const datagrams: Uint8Array[] = []
  let together: Uint8Array[] = []
  let length = 0
  for (const record of records) {
    if (length > 0 && length + record.length > bytesMax) {
      datagrams.push(concat(...together))
      together = []
      length = 0
    }
    together.push(record)
    length += record.length
  }
  if (length > 0) datagrams.push(concat(...together))
  return datagrams
}
