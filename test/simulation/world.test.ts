/** The world itself: the same seed gives the same log, what is off is silent, translators forget, timers are cheap. */
import { createHash } from 'node:crypto'
import { concatMap, interval, map, Observable, of, repeat, Subject, takeWhile, tap, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Environment } from '../../src/core/environment.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { digests, misfortunes, world, type World } from '../../src/simulation/index.ts'

const octets = (text: string) => new TextEncoder().encode(text)
const textOf = (up: DatagramUp) => (up.type === 'datagram' ? `${up.remote} ${new TextDecoder().decode(up.bytes)}` : up.type)
/** A socket in the hand: what it hears, and how to speak. */
const socket = (env: Environment, port?: number) => {
  const down$ = new Subject<DatagramDown>()
  const heard: string[] = []
  const hearing = env.transports
    .udp(port === undefined ? {} : { listen: { port } })(down$)
    .subscribe((up) => heard.push(textOf(up)))
  return { heard, hearing, say: (remote: string, text: string) => down$.next({ type: 'datagram', remote, bytes: octets(text) }), down$ }
}
/** Answers each datagram with the same. */
const echo = (env: Environment) =>
  new Observable<never>((observer) => {
    const down$ = new Subject<DatagramDown>()
    observer.add(
      env.transports
        .udp({ listen: { port: 7 } })(down$)
        .subscribe((up) => {
          if (up.type === 'datagram') down$.next(up)
        }),
    )
  })

const busy = (seed: number): World => {
  const it = world(seed, { faults: { loss: 0.2, duplication: 0.1, reorder: 0.1, corruption: 0.1, minMs: 5, maxMs: 50 } })
  const server = it.node('server')
  server.start(echo)
  for (let n = 0; n < 3; n++)
    it.node(`client ${n}`, { nat: {} }).start((env) => {
      const { say } = socket(env)
      return interval(1_000, env.scheduler).pipe(
        map((count) => say(`coap://${server.address}:7`, `${n}: ${count} ${env.random.uint32() % 100}`)),
      )
    })
  misfortunes(it, [server], { untilMs: 600_000, crashesPerHour: 30, partitionsPerHour: 30 })
  return it
}

describe('a world', () => {
  test('has the same log for the same seed, whether it is run or settled, and another for another', async () => {
    const one = busy(4)
    one.run(600_000)
    const other = busy(4)
    await other.settle(600_000)
    const third = busy(5)
    third.run(600_000)
    expect(one.log.length).toBeGreaterThan(3_000)
    expect(other.log).toEqual(one.log)
    expect(third.log).not.toEqual(one.log)
    expect(one.log.some((line) => line.includes('server is off'))).toBe(true)
  })
  test('fails with its seed, the instant and the node when a program errors, and stops there', () => {
    const it = world(77)
    it.node('bad').start((env) =>
      timer(1_500, env.scheduler).pipe(
        map(() => {
          throw new Error('planted')
        }),
      ),
    )
    let late = 0
    it.at(60_000, () => late++)
    expect(() => it.run(100_000)).toThrow('world 77 failed at 1500 ms in bad: planted')
    expect(late).toBe(0)
  })
  test('carries 20,000 timers for next to nothing', () => {
    const it = world(1, { log: false })
    let rung = 0
    const { env } = it.node('many')
    for (let n = 0; n < 20_000; n++) interval(10_000 + n, env.scheduler).subscribe(() => rung++)
    const began = performance.now()
    it.run(600_000)
    const each = ((performance.now() - began) * 1_000) / rung
    expect(rung).toBeGreaterThan(400_000)
    expect(each).toBeLessThan(25) // microseconds; an array sorted at each schedule takes 166
  })
})

describe('a node', () => {
  test('that is off sends, hears, stores and schedules nothing; back on, its programs and its monotonic clock begin anew', () => {
    const it = world(1)
    const server = it.node('server')
    server.start(echo)
    const starts: number[] = []
    const walls: number[] = []
    const client = it.node('client')
    const heard: string[][] = []
    client.start((env) => {
      starts.push(env.scheduler.now())
      walls.push(env.wall())
      const mine = socket(env)
      heard.push(mine.heard)
      return interval(1_000, env.scheduler).pipe(
        concatMap((n) => {
          mine.say(`coap://${server.address}:7`, `${n}`)
          return env.storage.write('count', Uint8Array.of(n))
        }),
      )
    })
    it.at(3_500, client.crash)
    it.at(9_500, client.restart)
    it.run(9_000)
    expect(heard).toEqual([[0, 1, 2].map((n) => `coap://${server.address}:7 ${n}`)])
    expect([...client.stored.values.get('count')!]).toEqual([2])
    it.run(11_600)
    expect(starts).toEqual([0, 0])
    expect(walls[1]! - walls[0]!).toBe(9_500)
    expect(heard[1]).toHaveLength(2)
  })
  test('opens links by name, each from a port of its own, and hears of a name that is not there', () => {
    const it = world(1)
    it.node('server').start(echo)
    const mine = socket(it.node('client').env)
    mine.down$.next({ type: 'open', remote: 'account 1', uri: 'coap://server:7' })
    mine.down$.next({ type: 'open', remote: 'account 2', uri: 'coap://nowhere' })
    mine.say('account 1', 'hello')
    mine.say('account 2', 'hello')
    it.run(10)
    mine.down$.next({ type: 'close', remote: 'account 1', keepSession: false })
    expect(mine.heard).toEqual(['opened', 'closed', 'undeliverable', 'account 1 hello', 'closed'])
  })
})

describe('a network', () => {
  test('loses and cuts what it is told to, on one link or everywhere', () => {
    const it = world(1)
    const server = it.node('server')
    server.start(echo)
    const [near, far] = [it.node('near'), it.node('far')]
    const [one, other] = [socket(near.env), socket(far.env)]
    const speak = (untilMs: number) => {
      one.say(`coap://${server.address}:7`, 'x')
      other.say(`coap://${server.address}:7`, 'x')
      it.run(untilMs)
      return [one.heard.splice(0).length, other.heard.splice(0).length]
    }
    expect(speak(1_000)).toEqual([1, 1])
    it.network.faults({ loss: 1 }, far.address, server.address)
    expect(speak(2_000)).toEqual([1, 0])
    it.network.cut(true, server.address)
    expect(speak(3_000)).toEqual([0, 0])
    it.network.cut(false, server.address)
    it.network.cut(true, near.address, server.address)
    it.network.faults({}, far.address, server.address)
    expect(speak(4_000)).toEqual([0, 1])
  })
  test('takes as long as it is told, and lets one overtake another', () => {
    const it = world(3, { faults: { minMs: 10, maxMs: 200 } })
    it.node('server').start(echo)
    const mine = socket(it.node('client').env)
    for (let n = 0; n < 20; n++) mine.say('coap://10.0.0.1:7', String.fromCharCode(97 + n))
    it.run(19)
    expect(mine.heard).toEqual([])
    it.run(400)
    const order = mine.heard.map((line) => line.at(-1))
    expect(order).toHaveLength(20)
    expect([...order].sort()).not.toEqual(order)
  })
})

describe('a translator', () => {
  const behind = (options: { readonly timeoutMs?: number; readonly symmetric?: boolean }) => {
    const it = world(1)
    const servers = [it.node('one'), it.node('two')].map(({ env }) => socket(env, 7))
    it.run(1)
    const client = it.node('client', { nat: options })
    const mine = socket(client.env)
    return { it, servers, client, mine }
  }
  test('shows one outer port to everybody, lets in only who was written to, and forgets after its time', () => {
    const { it, servers, mine } = behind({ timeoutMs: 30_000 })
    mine.say('coap://10.0.0.1:7', 'a')
    mine.say('coap://10.0.0.2:7', 'b')
    it.run(10)
    const [, outer] = servers[0]!.heard
    expect(servers[1]!.heard[1]!.replace(/ b$/, ' a')).toBe(outer)
    const remote = outer!.replace(/ a$/, '')
    expect(remote).toMatch(/^coap:\/\/198\./)
    servers[0]!.say(remote, 'answer')
    const stranger = socket(it.node('stranger').env)
    stranger.say(remote, 'let me in')
    it.run(20)
    expect(mine.heard).toEqual(['coap://10.0.0.1:7 answer'])
    it.run(40_000)
    servers[0]!.say(remote, 'too late')
    it.run(40_010)
    expect(mine.heard).toHaveLength(1)
    mine.say('coap://10.0.0.1:7', 'a')
    it.run(40_020)
    expect(servers[0]!.heard.at(-1)).not.toBe(outer)
  })
  test('gives each destination a port of its own when it is symmetric, and other ports after a rebinding', () => {
    const { it, servers, mine, client } = behind({ symmetric: true })
    mine.say('coap://10.0.0.1:7', 'a')
    mine.say('coap://10.0.0.2:7', 'a')
    it.run(10)
    expect(servers[0]!.heard[1]).not.toBe(servers[1]!.heard[1])
    client.host.nat!.rebind()
    mine.say('coap://10.0.0.1:7', 'a')
    it.run(20)
    expect(new Set(servers[0]!.heard.slice(1)).size).toBe(2)
  })
})

describe('a world without a platform', () => {
  test('digests as the platform does', () => {
    for (const size of [0, 1, 55, 56, 63, 64, 65, 1_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, n) => n & 255)
      const hash = digests.hash('sha256')
      hash.update(bytes.subarray(0, size >> 1))
      hash.update(bytes.subarray(size >> 1))
      expect(Buffer.from(hash.digest()).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
    }
  })
  test('serves bodies over HTTP in pieces, on demand', () => {
    const it = world(1)
    const body = new Uint8Array(40_000).fill(7)
    const source = { size: body.length, etag: undefined, read: (offset: number, count: number) => of(body.slice(offset, offset + count)) }
    it.node('files').start((env) =>
      env.http.serve({ port: 80 }, ({ path }) =>
        of(path === '/f?x' ? { status: 200, body: { source, offset: 0, length: body.length } } : { status: 404 }),
      ),
    )
    const client = it.node('client')
    const statuses: number[] = []
    const sizes: (number | undefined)[] = []
    const errors: unknown[] = []
    client.env.http
      .request({ url: 'http://files/f?x' })
      .pipe(
        tap(({ status }) => statuses.push(status)),
        concatMap(({ next }) => next.pipe(repeat())),
        takeWhile((piece) => piece !== undefined, true),
      )
      .subscribe((piece) => sizes.push(piece?.length))
    client.env.http.request({ url: 'http://files/g' }).subscribe(({ status }) => statuses.push(status))
    client.env.http.request({ url: 'http://nobody/g' }).subscribe({ error: (error: unknown) => errors.push(error) })
    it.run(1_000)
    expect(statuses).toEqual([200, 404])
    expect(sizes).toEqual([16_384, 16_384, 7_232, undefined])
    expect(errors).toMatchObject([{ code: 'unreachable' }])
  })
})
