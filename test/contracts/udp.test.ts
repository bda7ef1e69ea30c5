/** UDP over loopback. */
import { createSocket, type Socket } from 'node:dgram'
import { of, throwError } from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Resolve, SocketOptions } from '../../src/core/ports.ts'
import { close, datagram, open } from '../../src/datagram/datagram.ts'
import { udp } from '../../src/platform/udp.ts'
import { datagramContract } from './datagram-contract.ts'
import { end, octets, textOf, type End } from './street.ts'

const loopback: SocketOptions = { listen: { address: '127.0.0.1', port: 0 } }
const bound = async (options: SocketOptions) => {
  const street = end(udp(options))
  const { address, port } = await street.one('listening')
  return { street, address, port, remote: address.includes(':') ? `coap://[${address}]:${port}` : `coap://${address}:${port}` }
}
datagramContract('udp over IPv4', { listening: () => bound(loopback), going: () => udp(), stream: false })
datagramContract('udp over IPv6', { listening: () => bound({ listen: { address: '::1', port: 0 } }), going: () => udp(), stream: false })

describe('udp', () => {
  const stops: (() => unknown)[] = []
  const kept = (street: End): End => {
    stops.push(street.stop)
    return street
  }
  const client = (options: SocketOptions = {}, resolve?: Resolve) => kept(end(udp(options, resolve)))
  const server = async (options = loopback) => {
    const made = await bound(options)
    kept(made.street)
    return made
  }
  afterEach(() => stops.splice(0).forEach((stop) => stop()))

  test('a socket for both families names IPv4 peers by their IPv4 address, and reaches them', async () => {
    const { street, port } = await server({ listen: { port: 0 } })
    const one = client()
    one.send(datagram(`coap://127.0.0.1:${port}`, octets('four')))
    one.send(datagram(`coap://[::1]:${port}`, octets('six')))
    const came = await street.until('datagram', 2)
    expect(came.map(({ remote }) => remote.replace(/\d+$/, '')).sort()).toEqual(['coap://127.0.0.1:', 'coap://[::1]:'])
    for (const { remote } of came) street.send(datagram(remote, octets('back')))
    expect((await one.until('datagram', 2)).map(({ remote }) => remote).sort()).toEqual([
      `coap://127.0.0.1:${port}`,
      `coap://[::1]:${port}`,
    ])
  })

  test('the name of a peer is one and the same string each time', async () => {
    const { street, remote } = await server()
    const one = client()
    one.send(datagram(remote, octets('a')))
    one.send(datagram(remote, octets('b')))
    const [a, b] = await street.until('datagram', 2)
    expect(Object.is(a!.remote, b!.remote)).toBe(true)
  })

  test('a burst arrives whole', async () => {
    const { street, remote } = await server()
    const one = client()
    one.send(open('burst', remote))
    await one.one('opened')
    for (let i = 0; i < 2000; i++) one.send(datagram('burst', octets(String(i))))
    const came = await street.until('datagram', 2000)
    expect(came.map((up) => Number(textOf(up)))).toEqual(Array.from({ length: 2000 }, (_, i) => i))
  })

  test('a port that is taken ends the street with an error that says what to do', async () => {
    const { port } = await server()
    const failed = end(udp({ listen: { address: '127.0.0.1', port } })).one('listening')
    await expect(failed).rejects.toBeInstanceOf(Lwm2mError)
    await expect(failed).rejects.toMatchObject({ code: 'invalid', retryable: true, hint: expect.stringContaining('another') as string })
  })

  test('an address of no interface ends the street with an error', async () => {
    await expect(end(udp({ listen: { address: '192.0.2.1', port: 0 } })).one('listening')).rejects.toMatchObject({ code: 'invalid' })
  })

  test('a name that no resolver knows is closed with name-not-found', async () => {
    const one = client({}, () => throwError(() => new Lwm2mError('unreachable', 'no address for nowhere')))
    one.send(open('x', 'coap://nowhere'))
    one.send(datagram('x', octets('lost')))
    expect(await one.one('closed')).toMatchObject({ remote: 'x', reason: 'name-not-found' })
  })

  test('a URI without a host is closed with name-not-found', async () => {
    const one = client()
    one.send(open('x', 'nonsense'))
    expect(await one.one('closed')).toMatchObject({ remote: 'x', reason: 'name-not-found' })
  })

  test('a name is resolved anew at each open', async () => {
    const { port } = await server()
    let asked = 0
    const one = client({}, () => {
      asked++
      return of([{ address: '127.0.0.1', family: 4 }])
    })
    for (let count = 1; count <= 3; count++) {
      one.send(open('x', `coap://example:${port}`))
      await one.until('opened', count)
    }
    expect(asked).toBe(3)
  })

  test('when an address does not work the next one is tried', async () => {
    const { street, port } = await server()
    const one = client({}, () =>
      of([
        { address: '255.255.255.255', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]),
    )
    one.send(open('x', `coap://example:${port}`))
    one.send(datagram('x', octets('second')))
    expect(await one.one('opened')).toMatchObject({ address: `127.0.0.1:${port}` })
    expect(textOf(await street.one('datagram'))).toBe('second')
  })

  test('when no address works the link is closed with unreachable, and what waited is undeliverable', async () => {
    const one = client({}, () => of([{ address: '255.255.255.255', family: 4 }]))
    one.send(open('x', 'coap://example'))
    one.send(datagram('x', octets('lost')))
    expect(await one.one('closed')).toMatchObject({ remote: 'x', reason: 'unreachable' })
    expect(one.heard).toContainEqual({ type: 'undeliverable', remote: 'x', reason: 'not-open' })
  })

  test('a port where nobody listens makes a datagram undeliverable, and the link goes on', async () => {
    const { street, port, remote } = await server()
    street.stop()
    await new Promise((done) => setImmediate(done))
    const one = client()
    one.send(open('x', remote))
    one.send(datagram('x', octets('anybody?')))
    expect(await one.one('undeliverable')).toEqual({ type: 'undeliverable', remote: 'x', reason: 'unreachable' })
    const again = await server({ listen: { address: '127.0.0.1', port } })
    one.send(datagram('x', octets('and now?')))
    expect(textOf(await again.street.one('datagram'))).toBe('and now?')
  })

  test('a datagram that no network carries is undeliverable, whichever socket it leaves by', async () => {
    const { remote } = await server()
    const one = client()
    one.send(open('x', remote))
    for (const to of ['x', remote]) one.send(datagram(to, new Uint8Array(70_000)))
    const said = await one.until('undeliverable', 2)
    expect(new Set(said.map((up) => `${up.remote} ${up.reason}`))).toEqual(new Set([`x too-large`, `${remote} too-large`]))
  })

  test('what is sent to a host by its name opens a link under that name; a name that is no host is undeliverable, one that is not found is closed', async () => {
    const { street, port } = await server()
    const one = client({}, (host) =>
      host === 'server' ? of([{ address: '127.0.0.1', family: 4 as const }]) : throwError(() => new Lwm2mError('unreachable', host)),
    )
    const byName = `coap://server:${port}`
    one.send(datagram(byName, octets('there')))
    one.send(datagram(byName, octets('again')))
    const came = await street.until('datagram', 2)
    expect(came.map(textOf)).toEqual(['there', 'again'])
    street.send(datagram(came[0]!.remote, octets('back')))
    expect((await one.one('datagram')).remote).toBe(byName)
    one.send(datagram('the server', octets('lost')))
    expect(await one.one('undeliverable')).toEqual({ type: 'undeliverable', remote: 'the server', reason: 'not-open' })
    one.send(datagram('coap://nobody:1', octets('lost')))
    expect(await one.one('closed')).toMatchObject({ remote: 'coap://nobody:1', reason: 'name-not-found' })
  })

  test('an opened link hears its own peer only', async () => {
    const { street, remote } = await server()
    const one = client()
    one.send(open('x', remote))
    const { local } = await one.one('opened')
    const stranger: Socket = createSocket('udp4')
    stops.push(() => stranger.close())
    await new Promise<void>((sent) => stranger.send('intruder', Number(local.split(':')[1]), '127.0.0.1', () => sent()))
    one.send(datagram('x', octets('hello')))
    street.send(datagram((await street.one('datagram')).remote, octets('from the peer')))
    expect(textOf(await one.one('datagram'))).toBe('from the peer')
  })

  test('closing right after sending lets the datagram leave', async () => {
    const { street, remote } = await server()
    const one = client()
    one.send(open('x', remote))
    await one.one('opened')
    one.send(datagram('x', octets('last words')))
    one.send(close('x'))
    one.stop()
    expect(textOf(await street.one('datagram'))).toBe('last words')
  })

  const sockets = () => process.getActiveResourcesInfo().filter((what) => what === 'UDPWrap').length
  const turns = async () => {
    for (let i = 0; i < 5; i++) await new Promise((done) => setImmediate(done))
  }

  test('links that close right after sending leave no socket behind', async () => {
    const { remote } = await server()
    const one = client()
    await turns()
    const before = sockets()
    for (let count = 1; count <= 5; count++) {
      one.send(open('x', remote))
      await one.until('opened', count)
      one.send(datagram('x', octets('last words')))
      one.send(close('x'))
    }
    await turns()
    expect(sockets()).toBe(before)
  })

  test('a street stopped while it opens leaves no socket behind', async () => {
    await turns()
    const before = sockets()
    for (let i = 0; i < 20; i++) {
      const one = end(udp(loopback))
      one.send(open('x', 'coap://127.0.0.1:5683'))
      one.send(datagram('coap://127.0.0.1:5683', octets('x')))
      one.stop()
    }
    await turns()
    expect(sockets()).toBe(before)
  })
})
