/** Host names to addresses; and what the names of peers are made of. */
import fc from 'fast-check'
import { firstValueFrom } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { endpoint, nameOf, placeOf, remoteOf } from '../../src/datagram/remote.ts'
import { dns } from '../../src/platform/dns.ts'

describe('dns', () => {
  test('a numeric address is its own answer', async () => {
    expect(await firstValueFrom(dns('192.0.2.1'))).toEqual([{ address: '192.0.2.1', family: 4 }])
    expect(await firstValueFrom(dns('fe80::1%eth0'))).toEqual([{ address: 'fe80::1%eth0', family: 6 }])
  })

  test('localhost is on loopback, and a family is a wish that is kept', async () => {
    const all = await firstValueFrom(dns('localhost'))
    expect(all.length).toBeGreaterThan(0)
    for (const { address } of all) expect(['127.0.0.1', '::1']).toContain(address)
    expect((await firstValueFrom(dns('localhost', 4))).map(({ family }) => family)).toEqual([4])
  })

  test('a name that does not exist errors with unreachable', async () => {
    await expect(firstValueFrom(dns('nobody.invalid'))).rejects.toMatchObject({ name: 'Lwm2mError', code: 'unreachable' })
  })
})

describe('the names of peers', () => {
  test.each([
    ['coap://127.0.0.1', 'coap://127.0.0.1:5683'],
    ['coaps://127.0.0.1', 'coaps://127.0.0.1:5684'],
    ['coap+tcp://127.0.0.1', 'coap+tcp://127.0.0.1:5683'],
    ['COAP://127.0.0.1:61616/rd?ep=x', 'coap://127.0.0.1:61616'],
    ['coap://[::1]', 'coap://[::1]:5683'],
    ['coap://[0:0:0:0:0:0:0:1]:1', 'coap://[::1]:1'],
    ['coap://[2001:DB8::1]', 'coap://[2001:db8::1]:5683'],
    ['coap://[fe80::1%25eth0]', 'coap://[fe80::1%eth0]:5683'],
    ['coap://[fe80::1%eth0]:5', 'coap://[fe80::1%eth0]:5'],
    ['coap://[::ffff:192.0.2.1]', 'coap://192.0.2.1:5683'],
    ['coap://[::ffff:c000:201]', 'coap://192.0.2.1:5683'],
  ])('%s is %s [RFC 7252 §6.1]', (uri, remote) => expect(remoteOf(uri)).toBe(remote))

  test.each([
    'coap://example',
    'coap://',
    'coap://[::1',
    'coap://[::g]',
    'coap://1.2.3.4:65536',
    'coap://1.2.3',
    'coap://256.1.1.1',
    'x://1.2.3.4',
    '127.0.0.1:5683',
    '',
  ])('%s names no peer', (uri) => expect(remoteOf(uri)).toBeUndefined())

  test('a URI says where its host is', () => {
    expect(placeOf('coaps://Server.Example/bs')).toEqual({ scheme: 'coaps', host: 'server.example', port: 5684 })
    expect(placeOf('coap://user@host')).toBeUndefined()
  })

  test('an address mapped from IPv4 is that IPv4 address [RFC 4291 §2.5.5.2]', () => {
    expect(endpoint('::ffff:127.0.0.1', 5)).toBe('127.0.0.1:5')
    expect(endpoint('::ffff:1', 5)).toBe('[::ffff:1]:5')
  })

  test('every address and port is read again from its name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65_535), (address, port) => {
        const remote = remoteOf(address.includes(':') ? `coap://[${address}]:${port}` : `coap://${address}:${port}`)!
        const place = placeOf(remote)!
        expect(nameOf(place.scheme, place.host, place.port)).toBe(remote)
        expect(place.port).toBe(port)
      }),
      { numRuns: 1000 },
    )
  })
})
