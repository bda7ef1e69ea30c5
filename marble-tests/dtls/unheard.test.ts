/** What cannot be used is dropped in silence, and explained once in a minute (RFC 6347 §4.1.2.7). */
import { of } from 'rxjs'
import { expect, test } from 'vitest'
import type { Environment } from '../../src/core/environment.ts'
import type { Unheard } from '../../src/datagram/dtls/unheard.ts'
import { dtls } from '../../src/datagram/dtls/pipeline.ts'
import { contentTypes, recordBytes, version12 } from '../../src/datagram/dtls/record.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { ladder } from '../../src/testing/index.ts'
import { key, octets } from './pair.ts'

const record = recordBytes({
  ...{ type: contentTypes.applicationData, version: version12, epoch: 1, sequence: 7, cid: new Uint8Array(0) },
  fragment: new Uint8Array(40),
})
const from = (port: number, bytes: Uint8Array) => ({ type: 'datagram', remote: `coap://198.51.100.7:${port}`, bytes })
/** `a` and `b`: records under keys that nobody has here, from two ports; `p`: no DTLS. One character is ten seconds. */
const heard = (received: string): readonly Unheard[] => {
  const told: Unheard[] = []
  ladder(
    { layer: (env: Environment) => dtls(env, { credentials: { peer: () => of(key) }, unheard: (why) => told.push(why) }) },
    { msPerChar: 10_000, env: { crypto }, values: { a: from(4711, record), b: from(4712, record), p: from(4711, octets('GET /rd')) } },
    { received, transmitted: '', delivered: '' },
  )
  return told
}
const shown = (received: string) => heard(received).map(({ reason, address, passedOver }) => `${reason} ${address} ${passedOver}`)

test('records under keys that are gone: nothing is sent, nothing delivered, and it is said why [RFC 6347 §4.1.2.7]', () => {
  expect(shown('a')).toEqual(['no-session 198.51.100.7:4711 0'])
})

test('the same address again is counted for a minute', () => {
  expect(shown('aaa---a-a')).toEqual(['no-session 198.51.100.7:4711 0', 'no-session 198.51.100.7:4711 2'])
})

test('another address, or another reason, is something new', () => {
  expect(shown('abpab')).toEqual(['no-session 198.51.100.7:4711 0', 'no-session 198.51.100.7:4712 0', 'not-dtls 198.51.100.7:4711 0'])
})
