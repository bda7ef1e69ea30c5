/** Discovery of what a server offers (RFC 7252 §7.2, RFC 6690 §4). */
import { expect, test } from 'vitest'
import { request } from '../../src/exchange/request.ts'
import { wellKnownCore } from '../../src/exchange/well-known.ts'
import { peer } from './lanes.ts'

const links =
  '</sensors>;ct=40;title="Sensors, and more",</sensors/temp>;rt="temperature-c outdoor";if=sensor,</light>;rt=light-lux;if=sensor'
const ask = (query = '', method: 'GET' | 'PUT' = 'GET', path = '/.well-known/core') =>
  wellKnownCore(request(method, peer, {}, path + query), links)
const text = (query?: string) => new TextDecoder().decode(ask(query)?.payload)

test('a GET of /.well-known/core is answered with the links, in Content-Format 40 [RFC 7252 §7.2]', () => {
  expect(ask()).toMatchObject({ code: '2.05', options: [{ number: 12, value: Uint8Array.of(40) }] })
  expect(text()).toBe(links)
})
test.each([
  ['?rt=light-lux', '</light>;rt=light-lux;if=sensor'],
  ['?rt=outdoor', '</sensors/temp>;rt="temperature-c outdoor";if=sensor'],
  ['?rt=temp*', '</sensors/temp>;rt="temperature-c outdoor";if=sensor'],
  ['?href=/sensors', '</sensors>;ct=40;title="Sensors, and more"'],
  ['?href=/sensors*', '</sensors>;ct=40;title="Sensors, and more",</sensors/temp>;rt="temperature-c outdoor";if=sensor'],
  ['?if=sensor&rt=light-lux', '</light>;rt=light-lux;if=sensor'],
  ['?rt=none', ''],
])('%s filters [RFC 6690 §4.1]', (query, expected) => {
  expect(text(query)).toBe(expected)
})
test('other methods are 4.05, and other paths are not ours', () => {
  expect(ask('', 'PUT')?.code).toBe('4.05')
  expect(ask('', 'GET', '/.well-known/other')).toBeUndefined()
  expect(ask('', 'GET', '/core')).toBeUndefined()
})
