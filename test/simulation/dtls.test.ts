/** DTLS in worlds with bad links, translators and power cuts; the seed of a failure is printed (RFC 6347 §4.2.4, RFC 9146 §6). */
import { EMPTY, NEVER, of, Subject, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { client, type ClientOptions } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import type { Notice } from '../../src/client/word.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import type { DtlsOptions } from '../../src/datagram/dtls/options.ts'
import { dtls } from '../../src/datagram/dtls/pipeline.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { lwm2mServer, type RegistrationEvent, type SecureServerOptions } from '../../src/server.ts'
import { world, type Faults, type World } from '../../src/simulation/index.ts'

const octets = (text: string) => new TextEncoder().encode(text)
const secret = 'sixteen octets!!'
const key = new Secret(octets(secret))
const identity = 'device'
const credentials: DtlsOptions['credentials'] = {
  own: () => of({ identity: octets(identity), key }),
  peer: ({ identity: asked }) => of(new TextDecoder().decode(asked) === identity ? key : undefined),
}

// ── handshakes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Ends {
  readonly client: readonly { readonly at: number; readonly word: DatagramUp }[]
  readonly server: readonly { readonly at: number; readonly word: DatagramUp }[]
  /** Says something at the client. */
  readonly say: (word: DatagramDown) => void
}
/** A client and a server, each in the raw. */
const ends = (made: World, options: Partial<DtlsOptions> = {}, listens: Partial<DtlsOptions> = {}): Ends => {
  const heard = { client: [] as { at: number; word: DatagramUp }[], server: [] as { at: number; word: DatagramUp }[] }
  const say$ = new Subject<DatagramDown>()
  const hear = (name: 'client' | 'server', env: Environment) =>
    tap((word: DatagramUp) => heard[name].push({ at: env.scheduler.now(), word }))
  made.node('server', { address: '10.0.0.1' }).start((env) => {
    const answer$ = new Subject<DatagramDown>()
    const street = dtls(env, { credentials, ...listens })(env.transports.udp({ listen: { address: '10.0.0.1', port: 5684 } }))
    return street(answer$).pipe(
      hear('server', env),
      tap((word) => word.type === 'datagram' && answer$.next(word)),
    )
  })
  made.node('client').start((env) => {
    return dtls(env, { credentials, ...options })(env.transports.udp({}))(say$).pipe(hear('client', env))
  })
  return { ...heard, say: (word) => say$.next(word) }
}
const open = { type: 'open', remote: 'server', uri: 'coaps://10.0.0.1:5684' } as const
/** The world until that instant, with a client that opens at once. */
const handshake = (
  seed: number,
  faults: Faults,
  untilMs: number,
  options: Partial<DtlsOptions> = {},
  listens: Partial<DtlsOptions> = {},
) => {
  const made = world(seed, { faults, crypto, log: false })
  const it = ends(made, options, listens)
  made.at(0, () => it.say(open))
  made.run(untilMs)
  return { made, ...it }
}
const bad: Faults = { loss: 0.25, duplication: 0.2, reorder: 0.2, minMs: 5, maxMs: 200 }
const firstOf = (heard: Ends['client'], type: DatagramUp['type']) => heard.find(({ word }) => word.type === type)

describe('handshakes', () => {
  test('25 % loss each way, duplicates, out of order: 99 of 100 are through in two minutes, the others say why not [RFC 6347 §4.2.4]', () => {
    const late: number[] = []
    const reasons: (string | undefined)[] = []
    const seeds = Array.from({ length: 1_000 }, (_, seed) => seed)
    for (const seed of seeds) {
      const { client: heard } = handshake(seed, bad, 300_000)
      const done = firstOf(heard, 'opened')
      if (done !== undefined && done.at <= 120_000) continue
      late.push(seed)
      const closed = firstOf(heard, 'closed')
      if (done === undefined) expect(closed?.word, `seed ${seed}`).toMatchObject({ detail: expect.any(String) as string })
      if (closed?.word.type === 'closed') reasons.push(closed.word.detail)
    }
    expect(late.length, `late: ${late.join(', ')}; reasons: ${reasons.join(', ')}`).toBeLessThanOrEqual(10)
  })

  test('the server has the session too, and what the client says in it comes back', () => {
    for (let seed = 0; seed < 100; seed++) {
      const made = world(seed, { faults: bad, crypto, log: false })
      const it = ends(made)
      made.at(0, () => it.say(open))
      for (let second = 1; second < 200; second++)
        made.at(second * 1_000, () => it.say({ type: 'datagram', remote: 'server', bytes: octets(`${second}`) }))
      made.run(250_000)
      expect(firstOf(it.client, 'datagram'), `seed ${seed}`).toBeDefined()
      expect(it.server.filter(({ word }) => word.type === 'opened').length, `seed ${seed}`).toBeGreaterThanOrEqual(1)
      const said = it.server.flatMap(({ word }) => (word.type === 'datagram' ? [new TextDecoder().decode(word.bytes)] : []))
      expect(new Set(said).size, `seed ${seed}: delivered once`).toBe(said.length)
    }
  })

  test.each([
    ['in order', { minMs: 5, maxMs: 50 }],
    ['out of order', { reorder: 0.3, minMs: 5, maxMs: 100 }],
  ])('without loss, %s: nothing is sent again', (_, faults) => {
    const sent = new Set<number>()
    for (let seed = 0; seed < 200; seed++) {
      const { made, client: heard } = handshake(seed, faults, 60_000)
      expect(firstOf(heard, 'opened'), `seed ${seed}`).toBeDefined()
      sent.add(made.network.counts.sent)
    }
    expect([...sent]).toEqual([6]) // ClientHello, HelloVerifyRequest, ClientHello, ServerHello…, ClientKeyExchange…Finished, …Finished
  })

  test('with datagrams of 256 octets and loss, messages in pieces find together', () => {
    const small = { datagramBytesMax: 256, suites: ['TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256'] } as const
    let through = 0
    for (let seed = 0; seed < 100; seed++)
      if (firstOf(handshake(seed, bad, 120_000, small, small).client, 'opened') !== undefined) through++
    expect(through).toBeGreaterThanOrEqual(98)
  })

  test.each([
    ['a wrong key', { credentials: { own: () => of({ identity: octets(identity), key: new Secret(octets('another key')) }) } }, {}],
    ['an identity that nobody knows', { credentials: { own: () => of({ identity: octets('stranger'), key }) } }, {}],
    ['no key of ours', { credentials: { own: () => of(undefined) } }, {}],
    ['a look-up that never answers', {}, { credentials: { peer: () => NEVER } }],
    ['no common suite', { suites: ['TLS_PSK_WITH_AES_128_CCM_8'] }, { suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] }],
  ] as const)('%s: no session at either end, and a reason at ours', (_, options, listens) => {
    for (let seed = 0; seed < 20; seed++) {
      const it = handshake(seed, bad, 600_000, options, listens)
      expect(firstOf(it.client, 'opened')).toBeUndefined()
      expect(firstOf(it.server, 'opened')).toBeUndefined()
      expect(firstOf(it.client, 'closed')?.word, `seed ${seed}`).toMatchObject({ detail: expect.any(String) as string })
    }
  })
})

// ── LwM2M over it ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const name = 'urn:device'
interface Told {
  readonly registrations: (readonly [at: number, RegistrationEvent])[]
  readonly notices: (readonly [at: number, Notice])[]
}
/** A server and a secured device behind a translator. */
const device = (made: World, options: Partial<Omit<DtlsOptions, 'credentials'>> = {}, secure: Partial<SecureServerOptions> = {}) => {
  const told: Told = { registrations: [], notices: [] }
  const server = made.node('server', { address: '10.0.0.1' })
  const reads: unknown[] = []
  let ask = () => {}
  server.start((env) => {
    const it = lwm2mServer(env, {
      listen: { address: '10.0.0.1', port: 5683 },
      secure: {
        listen: { address: '10.0.0.1', port: 5684 },
        credentials: { find: (asked) => of(new TextDecoder().decode(asked) === identity ? { key, endpointClientName: name } : undefined) },
        ...options,
        ...secure,
      },
    })
    ask = () =>
      it
        .client(name)
        .read('/3/0/0')
        .subscribe({ next: ({ value }) => reads.push(value), error: (error: unknown) => reads.push(String(error)) })
    return it.registrations$.pipe(tap((event) => told.registrations.push([env.scheduler.now(), event])))
  })
  const node = made.node('device', { nat: {} })
  const settings: ClientOptions = {
    endpointClientName: name,
    servers: { uri: 'coaps://10.0.0.1:5684', psk: { identity, key }, lifetimeSeconds: 300 },
    objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
    dtls: options,
  }
  node.start((env) => client(env, settings).notice$.pipe(tap((notice) => told.notices.push([made.now(), notice]))))
  return { told, node, server, reads, ask: () => ask() }
}
const events = ({ registrations }: Told) => registrations.map(([, { type }]) => type)
const openings = ({ notices }: Told) => notices.filter(([, { type }]) => type === 'opened').length
const good: Faults = { minMs: 5, maxMs: 20 }

describe('a device behind a translator that forgets', () => {
  test('with a Connection ID the session goes on: one handshake, one registration, one name [RFC 9146 §6]', () => {
    const made = world(1, { faults: good, crypto, log: false })
    const { told, node, reads, ask } = device(made)
    made.at(10_000, () => node.host.nat!.rebind())
    made.at(250_000, ask)
    made.run(260_000)
    expect(events(told)).toEqual(['registered', 'updated'])
    expect(openings(told)).toBe(1)
    expect(new Set(told.registrations.map(([, { registration }]) => `${registration.location} ${registration.remote}`)).size).toBe(1)
    expect(reads).toEqual(['Acme'])
  })

  test('without one it recovers: a new handshake, then Update of the registration that it has [LwM2M Core §6.2.2]', () => {
    const made = world(2, { faults: good, crypto, log: false })
    const { told, node, reads, ask } = device(made, { connectionIdBytes: undefined })
    made.at(10_000, () => node.host.nat!.rebind())
    made.at(330_000, ask)
    made.run(340_000)
    expect(events(told)).toEqual(['registered', 'updated'])
    expect(openings(told)).toBe(2)
    const [first, second] = told.registrations.map(([, { registration }]) => registration)
    expect(second!.location).toBe(first!.location)
    expect(second!.remote).not.toBe(first!.remote)
    expect(reads).toEqual(['Acme'])
  })

  test('a server that lost everything: the device shakes hands anew, hears 4.04 and registers', () => {
    const made = world(3, { faults: good, crypto, log: false })
    const { told, server } = device(made)
    made.at(10_000, server.crash)
    made.at(11_000, server.restart)
    made.run(600_000)
    expect(events(told).slice(0, 2)).toEqual(['registered', 'registered'])
    expect(
      told.notices.some(([, notice]) => notice.type === 'account' && notice.reason === 'update-failed' && notice.detail === '4.04'),
    ).toBe(true)
    const last = told.notices.filter(([, { type }]) => type === 'account').at(-1)![1]
    expect(last).toMatchObject({ state: 'registered' })
  })

  test('a device that lost everything takes its own registration over, and nobody else does', () => {
    const made = world(4, { faults: good, crypto, log: false })
    const { told, node } = device(made)
    made.at(10_000, node.crash)
    made.at(20_000, node.restart)
    made.run(60_000)
    expect(events(told)).toEqual(['registered', 'replaced', 'registered'])
  })

  test('bad links for an hour: registered in the end, whatever was lost', () => {
    for (let seed = 10; seed < 20; seed++) {
      const made = world(seed, { faults: { ...bad, corruption: 0.05 }, crypto, log: false })
      const { told, node } = device(made)
      for (let minute = 3; minute < 60; minute += 7) made.at(minute * 60_000, () => node.host.nat!.rebind())
      made.at(3_600_000, () => made.network.faults(good))
      made.run(4_500_000)
      const last = told.notices.filter(([, { type }]) => type === 'account').at(-1)![1]
      expect(last, `seed ${seed}`).toMatchObject({ state: 'registered' })
    }
  })
})

test('neither the key nor a master secret is in any turn or notice of a whole life', () => {
  const made = world(5, { faults: good, crypto, log: false })
  const turns: unknown[] = []
  made.turn$.subscribe((turn) => turns.push(turn))
  const masters: string[] = []
  const { told } = device(made, { keyLog: (line) => masters.push(line.split(' ')[2]!) })
  made.run(400_000)
  const hex = Buffer.from(secret).toString('hex')
  const seen = [...turns, ...told.notices, ...told.registrations].map(
    (value) =>
      JSON.stringify(value, (_, held: unknown) =>
        held instanceof Uint8Array ? Buffer.from(held).toString('hex') : typeof held === 'bigint' ? String(held) : held,
      ) ?? '',
  )
  expect(turns.length).toBeGreaterThan(20)
  expect(masters.length).toBeGreaterThan(0)
  expect(seen.filter((text) => [hex, secret, ...masters].some((octets) => text.includes(octets)))).toEqual([])
})
