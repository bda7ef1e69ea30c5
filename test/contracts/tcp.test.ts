/** TCP over loopback. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { of, throwError } from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Resolve, SocketOptions } from '../../src/core/ports.ts'
import { close, datagram, open } from '../../src/datagram/datagram.ts'
import { tcp } from '../../src/platform/tcp.ts'
import { datagramContract } from './datagram-contract.ts'
import { end, octets, textOf, type End } from './street.ts'

const loopback: SocketOptions = { listen: { address: '127.0.0.1', port: 0 } }
const bound = async (options: SocketOptions) => {
  const street = end(tcp(options))
  const { address, port } = await street.one('listening')
  return { street, address, port, remote: address.includes(':') ? `coap+tcp://[${address}]:${port}` : `coap+tcp://${address}:${port}` }
}
datagramContract('tcp over IPv4', { listening: () => bound(loopback), going: () => tcp(), stream: true })
datagramContract('tcp over IPv6', { listening: () => bound({ listen: { address: '::1', port: 0 } }), going: () => tcp(), stream: true })

describe('tcp', () => {
  const stops: (() => unknown)[] = []
  const kept = (street: End): End => {
    stops.push(street.stop)
    return street
  }
  const client = (options: SocketOptions = {}, resolve?: Resolve) => kept(end(tcp(options, resolve)))
  const server = async (options = loopback) => {
    const made = await bound(options)
    kept(made.street)
    return made
  }
  /** A peer made of a bare socket. */
  const bare = (port: number, allowHalfOpen = false): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen }, () => resolve(socket))
      socket.on('error', reject)
      stops.push(() => socket.destroy())
    })
  const ended = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()).resume())
  const listener = (serve: (socket: Socket) => void): Promise<{ readonly port: number; readonly server: Server }> =>
    new Promise((resolve) => {
      const made = createServer(serve)
      stops.push(() => made.close())
      made.listen(0, '127.0.0.1', () => resolve({ port: (made.address() as { port: number }).port, server: made }))
    })
  afterEach(() => stops.splice(0).forEach((stop) => stop()))

  test('a port that is taken ends the street with an error that says what to do', async () => {
    const { port } = await server()
    const failed = end(tcp({ listen: { address: '127.0.0.1', port } })).one('listening')
    await expect(failed).rejects.toMatchObject({ code: 'invalid', retryable: true, hint: expect.stringContaining('another') as string })
  })

  test('a port where nobody listens is closed with refused, and what waited is undeliverable', async () => {
    const { street, remote } = await server()
    street.stop()
    await new Promise((done) => setImmediate(done))
    const one = client()
    one.send(open('x', remote))
    one.send(datagram('x', octets('anybody?')))
    expect(await one.one('closed')).toMatchObject({ remote: 'x', reason: 'refused' })
    expect(one.heard).toContainEqual({ type: 'undeliverable', remote: 'x', reason: 'not-open' })
  })

  test('a name that no resolver knows, and a URI without a host, are closed with name-not-found', async () => {
    const one = client({}, () => throwError(() => new Lwm2mError('unreachable', 'no address for nowhere')))
    one.send(open('x', 'coap+tcp://nowhere'))
    one.send(open('y', 'nonsense'))
    expect((await one.until('closed', 2)).map(({ remote, reason }) => [remote, reason])).toEqual([
      ['x', 'name-not-found'],
      ['y', 'name-not-found'],
    ])
  })

  test('a name is resolved anew at each open, and when an address does not work the next one is tried', async () => {
    const { street, port } = await server()
    let asked = 0
    const one = client({}, () => {
      asked++
      return of([
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    })
    for (let count = 1; count <= 2; count++) {
      one.send(open('x', `coap+tcp://example:${port}`))
      expect((await one.until('opened', count)).at(-1)).toMatchObject({ address: `127.0.0.1:${port}` })
    }
    one.send(datagram('x', octets('second')))
    expect(textOf(await street.one('datagram'))).toBe('second')
    expect(asked).toBe(2)
  })

  test('an octet at a time arrives whole and in order', async () => {
    const { street, port } = await server()
    const socket = await bare(port)
    socket.setNoDelay(true)
    const text = 'one octet at a time'
    for (const octet of text) {
      socket.write(octet)
      await new Promise((done) => setImmediate(done))
    }
    const heard = () => street.heard.flatMap((up) => (up.type === 'datagram' ? [textOf(up)] : []))
    for (let count = 1; heard().join('').length < text.length; count++) await street.until('datagram', count)
    expect(heard().join('')).toBe(text)
    expect(street.heard[1]).toMatchObject({ type: 'opened', remote: `coap+tcp://127.0.0.1:${socket.localPort}` })
  })

  test('a peer that closes its side is lost, and still gets what it was answered', async () => {
    const { street, port } = await server()
    const socket = await bare(port, true)
    socket.end('the last question')
    let answer = ''
    socket.on('data', (piece) => (answer += piece.toString()))
    const asked = await street.one('datagram')
    street.send(datagram(asked.remote, octets('the answer')))
    expect(await street.one('closed')).toMatchObject({ remote: asked.remote, reason: 'lost' })
    await new Promise<void>((done) => socket.once('end', () => done()))
    expect(answer).toBe('the answer')
  })

  test('a peer that resets the connection is lost, and nothing more can be sent there', async () => {
    const { street, port } = await server()
    const socket = await bare(port)
    socket.write('x')
    const { remote } = await street.one('datagram')
    socket.resetAndDestroy()
    expect(await street.one('closed')).toMatchObject({ remote, reason: 'lost' })
    street.send(datagram(remote, octets('anybody?')))
    expect((await street.until('closed', 2))[1]).toMatchObject({ remote, reason: 'refused' })
  })

  test('connections beyond the limit are ended at once; the others go on', async () => {
    const { street, port } = await server({ ...loopback, connectionsMax: 2 })
    const [one] = [await bare(port), await bare(port)]
    await street.until('opened', 2)
    await ended(await bare(port))
    one.write('still here')
    expect(textOf(await street.one('datagram'))).toBe('still here')
    expect(street.heard.filter(({ type }) => type === 'opened').length).toBe(2)
  })

  test('who does not read is given up before its answers fill the memory', async () => {
    const { street, port } = await server()
    const socket = await bare(port)
    socket.pause()
    socket.write('x')
    const { remote } = await street.one('datagram')
    let sent = 0
    while (!street.heard.some(({ type }) => type === 'closed') && sent++ < 1_000) {
      street.send(datagram(remote, new Uint8Array(1 << 16)))
      await new Promise((done) => setImmediate(done))
    }
    expect(sent).toBeLessThan(1_000)
    expect(await street.one('closed')).toMatchObject({ remote, reason: 'lost', detail: 'the peer does not read' })
  })

  test('closing right after sending lets everything leave', async () => {
    let heard = 0
    const { port } = await listener((socket) => socket.on('data', (piece) => (heard += piece.length)))
    const one = client()
    one.send(open('x', `coap+tcp://127.0.0.1:${port}`))
    await one.one('opened')
    for (let i = 0; i < 20; i++) one.send(datagram('x', new Uint8Array(10_000)))
    one.send(close('x'))
    one.stop()
    while (heard < 200_000) await new Promise((done) => setImmediate(done))
    expect(heard).toBe(200_000)
  })

  const sockets = () => process.getActiveResourcesInfo().filter((what) => what.startsWith('TCP')).length
  test('a street stopped while it opens leaves no socket behind', async () => {
    const { port } = await listener((socket) => socket.resume())
    const before = sockets()
    for (let i = 0; i < 10; i++) {
      const one = end(tcp(loopback))
      one.send(open('x', `coap+tcp://127.0.0.1:${port}`))
      one.send(datagram(`coap+tcp://127.0.0.1:${port}`, octets('x')))
      one.stop()
    }
    for (let i = 0; i < 200 && sockets() > before; i++) await new Promise((done) => setImmediate(done))
    expect(sockets()).toBeLessThanOrEqual(before)
  })
})
