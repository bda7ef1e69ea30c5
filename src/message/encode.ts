/** A message to octets, on coap-packet: it writes the head, the payload is appended (RFC 7252 §3). */
import { generate } from 'coap-packet'
import type { Datagram } from '../core/ports.ts'
import type { Message } from './message.ts'

/** The octets. Nothing of the message is changed; coap-packet's own payload writing is avoided, it costs ten times the rest. */
export const encode = ({ remote, type, messageId, code, token, options, payload }: Message): Datagram => {
  const head = generate(
    {
      code,
      messageId,
      token: token === '' ? noToken : Buffer.from(token, 'hex'),
      confirmable: type === 'CON',
      ack: type === 'ACK',
      reset: type === 'RST',
      options: options.length === 0 ? [] : options.map(({ number, value }) => ({ name: number as never, value: asBuffer(value) })),
      payload: noToken,
    },
    maxHeadBytes,
  )
  if (payload.length === 0) return { type: 'datagram', remote, bytes: head }
  const bytes = Buffer.allocUnsafe(head.length + 1 + payload.length)
  bytes.set(head, 0)
  bytes[head.length] = 0xff
  bytes.set(payload, head.length + 1)
  return { type: 'datagram', remote, bytes }
}

/** What fits a UDP datagram. */
const maxHeadBytes = 65_507
const noToken = Buffer.alloc(0)
const asBuffer = (bytes: Uint8Array): Buffer => (bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
