/** A secured account: its registration belongs to the identity, not to the link (LwM2M Core 1.2.2 §6.2.2, Transport §5). One character is a second. */
import { describe, expect, test } from 'vitest'
import { configure } from '../../src/client/configure.ts'
import type { LinkUp } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { answered, changed, closed, created, device, failed, opened, play, remote, state } from './device.ts'

const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
const secured = { uri: 'coaps://server:5684', psk: { identity: 'me', key }, lifetimeSeconds: 60 }
const asleep = (keepSession: boolean) => ({ type: 'close', remote, keepSession })

describe('a link that broke', () => {
  test('the client shakes hands anew and sends Update, for its registration lives [LwM2M Core §6.2.2]', () => {
    const seen = play(device([secured]), { x: closed('lost'), d: changed }, { received: '(oc)x---o-d', transmitted: '(OR)O---U' })
    expect(seen.delivered.filter(({ value }) => state('registered')(value)).at(-1)!.value).toMatchObject({
      reason: 'updated',
      location: 'rd/x',
    })
  })

  test('4.04 to that Update: it registers anew, on the same link', () => {
    play(device([secured]), { x: closed('lost'), n: answered('4.04') }, { received: '(oc)x---o-n-c', transmitted: '(OR)O---U-R' })
  })
})

test('an Update without an answer: nothing of the session is kept, for the server may have lost its keys', () => {
  const seen = play(
    device([secured]),
    { x: failed('timeout'), d: changed },
    { received: '(oc) 27s x-----o', transmitted: '(OR) 26s U(CO)--U' },
  )
  expect(seen.transmitted.map(({ value }) => value)).toContainEqual(asleep(false))
})

test('an Update that is refused: the session is kept', () => {
  const seen = play(device([secured]), { x: answered('4.00') }, { received: '(oc) 27s x-----o', transmitted: '(OR) 26s U(CO)--R' })
  expect(seen.transmitted.map(({ value }) => value)).toContainEqual(asleep(true))
})

test('why the handshake failed is told', () => {
  const refused: LinkUp = { type: 'closed', remote, reason: 'refused', detail: 'unknown-identity' }
  const seen = play(device([secured]), { x: refused, p: opened(), d: created() }, { received: 'x', transmitted: 'O' }, { untilMs: 10_000 })
  expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'waiting', reason: 'unreachable', detail: 'refused unknown-identity' })
})

describe('the key', () => {
  const described = (psk?: object) => () =>
    configure({
      endpointClientName: 'dev',
      accounts: [{ uri: 'coaps://server', ...psk }],
      objects: [],
      parameters: defaultParameters,
    })

  test('is not in the model: Mode 0 and the identity are [LwM2M Core §E.1]', () => {
    const rows = described({ psk: secured.psk })().instances
    expect(rows.find(({ object }) => object === 0)!.resources).toEqual({
      0: 'coaps://server',
      1: false,
      2: 0,
      3: new TextEncoder().encode('me'),
      10: 1,
    })
    expect(JSON.stringify(rows)).not.toContain('sixteen')
  })

  test.each([
    ['is missing', {}],
    ['is empty', { psk: { identity: 'me', key: new Secret(new Uint8Array(0)) } }],
    ['is too long', { psk: { identity: 'me', key: new Secret(new Uint8Array(65)) } }],
    ['has an identity of no octets', { psk: { identity: '', key } }],
    ['has an identity of 129 octets', { psk: { identity: 'i'.repeat(129), key } }],
  ])('%s: refused at once, without being shown', (_, psk) => {
    expect(described(psk)).toThrow(/coaps:\/\/server/)
    expect(described(psk)).not.toThrow(/sixteen/)
  })

  test('is for coaps alone', () => {
    expect(described({ uri: 'coap://server', psk: secured.psk })).toThrow(/a key is for coaps/)
  })
})
