/** What is no message stays off the wire, and ends no socket (RFC 7252 §3). */
import { test } from 'vitest'
import { pipe } from 'rxjs'
import { layer } from '../../src/core/duplex.ts'
import { messagesPart } from '../../src/exchange/pipeline.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { codec } from '../../src/message/pipeline.ts'
import { ladder } from '../../src/testing/index.ts'
import { emptyAck, message, peer, piggybacked, play, settled, submission } from './letters.ts'

const octets = (hex: string) => ({ type: 'datagram', remote: peer, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) })
const floors = { layer: (env: Parameters<typeof layer>[1]) => pipe(codec(), layer(messagesPart(defaultParameters), env)) }

test('an answer with a code that is none is not sent; the next one is', () => {
  const values = {
    a: octets('4101 0007 aa'.replaceAll(' ', '')),
    b: octets('4101 0008 aa'.replaceAll(' ', '')),
    A: message(),
    B: message({ messageId: 8 }),
    x: piggybacked({ messageId: 7, code: '2.5' }),
    y: piggybacked({ messageId: 8 }),
    Y: octets('6145 0008 aa'.replaceAll(' ', '')),
    u: { type: 'undeliverable', remote: peer, reason: 'invalid', about: 7 },
  }
  const shown = (wanted: { readonly messageId: number }) => (value: unknown) =>
    (value as { readonly messageId: number }).messageId === wanted.messageId
  ladder(
    floors,
    { values: { ...values, A: shown(values.A), B: shown(values.B) } },
    { received: 'a-b', submitted: '-x-y', transmitted: '---Y', delivered: 'AuB' },
  )
})
test('a request with an option that cannot be written is told of, and the next goes', () => {
  const [c, d] = [submission({ reference: 'c', options: [{ number: 70_000, value: new Uint8Array(0) }] }), submission({ reference: 'd' })]
  const values = {
    c,
    d,
    D: octets('41010001aa'),
    s: settled('undeliverable', 'c'),
    u: { type: 'undeliverable', remote: peer, reason: 'invalid', about: 0 },
  }
  ladder(floors, { values }, { submitted: '(cd)', transmitted: 'D-D---D', delivered: '(su)' })
})
test('of several under way the one that is meant ends', () => {
  const [c, d] = [submission({ reference: 'c' }), submission({ reference: 'd' })]
  const u = { type: 'undeliverable', remote: peer, reason: 'too-large', about: 1 }
  play(
    { submitted: '(cd)', received: '-u---k', transmitted: '*', delivered: '-(su)r' },
    { c, d, u, k: emptyAck(0), s: settled('undeliverable', 'd'), r: settled('acknowledged', 'c') },
    { nstart: 2, ackTimeoutMs: 30_000, untilMs: 6_000 },
  )
})
