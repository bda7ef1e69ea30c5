/** TCP in a world keeps the promises of sockets: octets in order whatever befalls the datagrams below, and an end that is told (RFC 9293, RFC 8323 §3). */
import fc from 'fast-check'
import { Observable, of, Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../src/core/dice.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { DatagramDown, DatagramUp, SocketOptions } from '../../src/core/ports.ts'
import { close, datagram, open } from '../../src/datagram/datagram.ts'
import { familyOf } from '../../src/datagram/remote.ts'
import { live } from '../../src/platform/live.ts'
import { network, world, type Node, type VirtualScheduler } from '../../src/simulation/index.ts'
import { decodeSegment, encodeSegment } from '../../src/simulation/segment.ts'
import { datagramContract } from '../contracts/datagram-contract.ts'
import { end } from '../contracts/street.ts'

/** A network in real time, for the contract. */
const hosts = () => {
  const { scheduler } = live()
  const inTime = { ...scheduler, now: () => scheduler.now(), schedule: scheduler.schedule.bind(scheduler) } as unknown as VirtualScheduler
  const post = (work: () => void, ms: number) => void scheduler.schedule(work, ms)
  return network({ scheduler: { ...inTime, post }, random: seeded(1), faults: { minMs: 1, maxMs: 1 } })
}
for (const kind of ['udp', 'tcp'] as const) {
  let net = hosts()
  let next = 2
  const at = (address: string, options: SocketOptions) =>
    net
      .host(address)
      .transports((host) => of(familyOf(host) === undefined ? [] : [{ address: host, family: 4 as const }]))
      [kind](options)
  datagramContract(`simulated ${kind}`, {
    listening: () => {
      net = hosts()
      const street = end(at('10.0.0.1', { listen: { port: 5683 } }))
      return Promise.resolve({ street, remote: `${kind === 'tcp' ? 'coap+tcp' : 'coap'}://10.0.0.1:5683` })
    },
    going: () => at(`10.0.0.${next++}`, {}),
    stream: kind === 'tcp',
  })
}

/** A socket of a node in the hand. */
const socket = (env: Environment, options: SocketOptions = {}) => {
  const down$ = new Subject<DatagramDown>()
  const heard: DatagramUp[] = []
  const hearing = env.transports.tcp!(options)(down$).subscribe((up) => heard.push(up))
  const octets = (remote?: string) =>
    heard.flatMap((up) => (up.type === 'datagram' && (remote === undefined || up.remote === remote) ? [...up.bytes] : []))
  const words = () => heard.flatMap((up) => (up.type === 'datagram' ? [] : [up.type === 'closed' ? `closed ${up.reason}` : up.type]))
  return { say: (word: DatagramDown) => down$.next(word), heard, hearing, octets, words }
}
type Socket = ReturnType<typeof socket>
const there = 'coap+tcp://server'
const bytesOf = (size: number, salt = 0) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + salt) & 255)
/** A server that listens and a client with a link to it that has said something. */
const pair = (seed: number, faults = {}, nat = false) => {
  const it = world(seed, { faults: { minMs: 10, maxMs: 30, ...faults }, log: false })
  const server = it.node('server')
  const device = it.node('device', nat ? { nat: { timeoutMs: 600_000 } } : {})
  const at: { server: Socket; device: Socket } = {} as never
  const keep = (node: Node, name: 'server' | 'device', options: SocketOptions) =>
    node.start(
      (env) =>
        new Observable<never>((observer) => {
          at[name] = socket(env, options)
          observer.add(at[name].hearing)
        }),
    )
  keep(server, 'server', { listen: { port: 5683 } })
  keep(device, 'device', {})
  return { it, server, device, at }
}
/** The same, with a link that has said a word each way. */
const talking = (seed: number, faults = {}, nat = false) => {
  const all = pair(seed, faults, nat)
  const { it, at } = all
  at.device.say(open('link', there))
  at.device.say(datagram('link', bytesOf(3)))
  it.run(60_000)
  const peer = at.server.heard.find((up) => up.type === 'opened')!.remote
  at.server.say(datagram(peer, bytesOf(5)))
  it.run(120_000)
  expect([at.server.octets(peer), at.device.octets('link')]).toEqual([[...bytesOf(3)], [...bytesOf(5)]])
  return { ...all, peer }
}

describe('TCP in a world', () => {
  test('carries every octet both ways, once and in order, over datagrams that are lost, doubled, overtaken and damaged', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.record({ fromDevice: fc.boolean(), size: fc.integer({ min: 1, max: 20_000 }) }), { minLength: 1, maxLength: 8 }),
        (seed, pieces) => {
          const { it, at } = pair(seed)
          at.device.say(open('link', there))
          it.run(60_000)
          const peer = at.server.heard.find((up) => up.type === 'opened')!.remote
          it.network.faults({ loss: 0.15, duplication: 0.2, reorder: 0.2, corruption: 0.1, minMs: 10, maxMs: 200 })
          const sent = { device: [] as number[], server: [] as number[] }
          pieces.forEach(({ fromDevice, size }, index) => {
            const bytes = bytesOf(size, index)
            it.at(60_000 + index * 300, () => (fromDevice ? at.device.say(datagram('link', bytes)) : at.server.say(datagram(peer, bytes))))
            sent[fromDevice ? 'device' : 'server'].push(...bytes)
          })
          it.run(1_800_000)
          expect(at.server.octets(peer)).toEqual(sent.device)
          expect(at.device.octets('link')).toEqual(sent.server)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a close is told to the other end after everything that was sent before it', () => {
    const { it, at, peer } = talking(1, { loss: 0.1 })
    at.device.say(datagram('link', bytesOf(9_000)))
    at.device.say(close('link'))
    it.run(200_000)
    expect(at.server.octets(peer)).toEqual([...bytesOf(3), ...bytesOf(9_000)])
    expect(at.server.words()).toEqual(['listening', 'opened', 'closed lost'])
    expect(at.device.words()).toEqual(['opened', 'closed asked'])
  })

  test('a partition ends the connection after a hundred seconds, if something waits; a shorter one only delays', () => {
    const { it, at, peer } = talking(2)
    it.network.cut(true, '10.0.0.1', '10.0.0.2')
    at.device.say(datagram('link', bytesOf(100, 7)))
    it.run(200_000)
    it.network.cut(false, '10.0.0.1', '10.0.0.2')
    it.run(260_000)
    expect(at.server.octets(peer)).toEqual([...bytesOf(3), ...bytesOf(100, 7)])
    it.network.cut(true, '10.0.0.1', '10.0.0.2')
    at.device.say(datagram('link', bytesOf(100, 9)))
    it.run(359_000)
    expect(at.device.words()).toEqual(['opened'])
    it.run(361_000)
    expect(at.device.words()).toEqual(['opened', 'closed lost'])
    expect(at.server.words()).toEqual(['listening', 'opened'])
  })

  test('a server that lost its power knows nothing of the connection, and says so to the next segment', () => {
    const { it, at, server } = talking(3)
    server.crash()
    it.run(130_000)
    expect(at.device.words()).toEqual(['opened'])
    server.restart()
    it.run(140_000)
    at.device.say(datagram('link', bytesOf(1)))
    it.run(141_000)
    expect(at.device.words()).toEqual(['opened', 'closed lost'])
    expect(at.server.octets()).toEqual([])
    at.device.say(open('link', there))
    at.device.say(datagram('link', bytesOf(2)))
    it.run(142_000)
    expect(at.server.octets()).toEqual([...bytesOf(2)])
  })

  test('a program that ends says farewell, one whose node is off does not', () => {
    const one = talking(4)
    one.at.server.hearing.unsubscribe()
    one.it.run(130_000)
    expect(one.at.device.words()).toEqual(['opened', 'closed lost'])
    const other = talking(4)
    other.server.crash()
    other.it.run(500_000)
    expect(other.at.device.words()).toEqual(['opened'])
  })

  test('behind a translator that forgot, the connection is reset', () => {
    const { it, at, device } = talking(5, {}, true)
    device.host.nat!.rebind()
    at.device.say(datagram('link', bytesOf(1)))
    it.run(121_000)
    expect(at.device.words()).toEqual(['opened', 'closed lost'])
  })

  test('nobody there: unreachable after twenty seconds; a name that no node has: name-not-found', () => {
    const { it, at, server } = pair(6)
    server.crash()
    at.device.say(open('one', there))
    at.device.say(open('other', 'coap+tcp://nobody'))
    it.run(19_999)
    expect(at.device.heard).toEqual([{ type: 'closed', remote: 'other', reason: 'name-not-found' }])
    it.run(20_000)
    expect(at.device.heard.at(-1)).toMatchObject({ type: 'closed', remote: 'one', reason: 'unreachable' })
  })

  test('connections beyond the bound are reset, and those that ended leave room', () => {
    const it = world(7, { faults: { minMs: 10, maxMs: 10 }, log: false })
    const sockets: Socket[] = []
    it.node('server').start((env) => {
      sockets.push(socket(env, { listen: { port: 5683 }, connectionsMax: 1 }))
      return of()
    })
    it.node('device').start((env) => {
      sockets.push(socket(env))
      return of()
    })
    const device = sockets[1]!
    device.say(open('one', there))
    it.run(100)
    device.say(open('two', there))
    it.run(200)
    expect(device.words()).toEqual(['opened', 'closed refused'])
    device.say(close('one'))
    it.run(10_000)
    device.say(open('three', there))
    it.run(10_100)
    expect(device.words()).toEqual(['opened', 'closed refused', 'closed asked', 'opened'])
  })
})

test('a segment comes out as it went in, and a damaged one is none', () => {
  fc.assert(
    fc.property(
      fc.record({
        kind: fc.constantFrom('syn', 'data', 'fin', 'reset'),
        sequence: fc.nat(0xffff_ffff),
        acknowledged: fc.nat(0xffff_ffff),
        bytes: fc.uint8Array({ maxLength: 50 }),
      } as const),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (segment, place, mask) => {
        const whole = encodeSegment(segment)
        expect(decodeSegment(whole)).toEqual(segment)
        const damaged = whole.slice()
        damaged[place % whole.length]! ^= mask
        expect(decodeSegment(damaged)).toBeUndefined()
        expect(decodeSegment(whole.subarray(0, place % whole.length))).toBeUndefined()
      },
    ),
  )
})
