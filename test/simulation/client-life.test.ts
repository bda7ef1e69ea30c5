/** A client's life in worlds: outages, a server that restarts, queue mode, bootstrap after everything failed (LwM2M Core 1.2.2 §6). Whatever happens, it is registered in the end. */
import { EMPTY, merge, of, startWith, Subject, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { lwm2mBootstrapServer } from '../../src/bootstrap-server.ts'
import { client, type Client, type ClientOptions } from '../../src/client.ts'
import type { ClientState } from '../../src/client/client-state.ts'
import type { AccountOptions } from '../../src/client/account-options.ts'
import { deviceObject } from '../../src/client/objects.ts'
import type { Notice } from '../../src/client/word.ts'
import { Secret } from '../../src/core/secret.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { lwm2mServer, type Server } from '../../src/server.ts'
import { world, type World } from '../../src/simulation/world.ts'
import type { Node } from '../../src/simulation/node.ts'
import { keptSeeds } from './seeds.ts'

const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
const psk = { identity: 'device', key }
const hour = 3_600_000
const seeds = (count: number): readonly number[] => [...keptSeeds('client-life'), ...Array.from({ length: count }, (_, seed) => seed)]

interface Life {
  readonly made: World
  readonly host: Node
  readonly events: string[]
  readonly notices: Notice[]
  last: ClientState | undefined
  server: Server | undefined
  device: Client | undefined
}
const play = (
  seed: number,
  account: AccountOptions | readonly AccountOptions[],
  more: Partial<ClientOptions> = {},
  battery$ = of(90),
): Life => {
  const made = world(seed, { faults: { minMs: 5, maxMs: 80, loss: 0.02 }, crypto, log: false })
  const host = made.node('server', { address: '10.0.0.1' })
  const it: Life = { made, host, events: [], notices: [], last: undefined, server: undefined, device: undefined }
  host.start((env) => {
    const secure = { credentials: { find: () => of({ key, endpointClientName: 'device' }) }, unsecured: true }
    const server = lwm2mServer(env, { listen: { address: '10.0.0.1', port: 5683 }, tcp: { address: '10.0.0.1', port: 5683 }, secure })
    it.server = server
    return server.registrations$.pipe(tap(({ type }) => it.events.push(`${Math.round(made.now() / 1000)} ${type}`)))
  })
  made.node('device', { address: '10.0.1.1' }).start((env) => {
    const device = client(env, {
      endpointClientName: 'device',
      servers: account,
      objects: [deviceObject({ manufacturer: 'Acme', batteryLevel: battery$, reboot: () => EMPTY })],
      ...more,
    })
    it.device = device
    return merge(device.notice$.pipe(tap((notice) => it.notices.push(notice))), device.lifecycle$.pipe(tap((state) => (it.last = state))))
  })
  return it
}
const types = ({ events }: Life) => events.map((event) => event.split(' ')[1])
const registers = (it: Life) => it.notices.filter((notice) => notice.type === 'account' && notice.state === 'registering').length

describe('outages', () => {
  test.each([
    ['coap', { uri: 'coap://10.0.0.1:5683', lifetimeSeconds: 600, sequenceCount: 2 ** 32 - 1, sequenceDelaySeconds: 600 }],
    ['coaps', { uri: 'coaps://10.0.0.1:5684', psk, lifetimeSeconds: 600, sequenceCount: 2 ** 32 - 1, sequenceDelaySeconds: 600 }],
    ['coap+tcp', { uri: 'coap+tcp://10.0.0.1:5683', lifetimeSeconds: 600, sequenceCount: 2 ** 32 - 1, sequenceDelaySeconds: 600 }],
  ] as const)('%s: an hour without network, and it is registered again within the longest wait', (_, account) => {
    for (const seed of seeds(10)) {
      const it = play(seed, account)
      it.made.at(10 * 60_000, () => it.made.network.cut(true, '10.0.1.1'))
      it.made.at(70 * 60_000, () => it.made.network.cut(false, '10.0.1.1'))
      it.made.run(70 * 60_000 - 1)
      expect(it.last?.state, `seed ${seed}`).not.toBe('registered')
      it.made.run(70 * 60_000 + (960 + 2 * 93) * 1_100)
      expect(it.last?.state, `seed ${seed}`).toBe('registered')
    }
  })

  test('a server that restarts without memory: 4.04, and one Register', () => {
    const it = play(1, { uri: 'coap://10.0.0.1:5683', lifetimeSeconds: 600 })
    it.made.at(5 * 60_000, () => it.host.crash())
    it.made.at(5 * 60_000 + 1_000, () => it.host.restart())
    it.made.run(hour)
    expect(it.last?.state).toBe('registered')
    expect(registers(it)).toBe(2)
  })

  test('over TCP a server that restarts resets the connection: another one is made at once, and one Register goes over it', () => {
    const it = play(1, { uri: 'coap+tcp://10.0.0.1:5683', lifetimeSeconds: 86_400 })
    it.made.at(300_000, () => it.host.crash())
    it.made.at(310_000, () => it.host.restart())
    it.made.at(400_000, () => it.device!.command({ type: 'update' }))
    it.made.run(399_999)
    expect(types(it)).toEqual(['registered'])
    it.made.run(403_000)
    expect(types(it)).toEqual(['registered', 'registered'])
    expect([it.last?.state, registers(it)]).toEqual(['registered', 2])
  })

  test('everything failed: bootstrap gives another server, and the device is there', () => {
    const it = play(2, [
      { uri: 'coap://10.0.0.77:5683', retryCount: 2, retryTimerSeconds: 30 },
      { uri: 'coap://10.0.0.98:5783', bootstrap: true },
    ])
    it.made.node('bootstrap', { address: '10.0.0.98' }).start((env) => {
      const configurationOf = () => of({ servers: [{ uri: 'coaps://10.0.0.1:5684', shortServerId: 9, psk }] })
      return lwm2mBootstrapServer(env, { store: { configurationOf }, listen: { address: '10.0.0.98', port: 5783 } }).event$
    })
    it.made.run(hour)
    expect(it.last).toMatchObject({ state: 'registered', by: { uri: 'coaps://10.0.0.1:5684' } })
    expect(types(it)).toEqual(['registered'])
  })

  test('no network for the bootstrap server either: it is asked again and again, and in the end it answers', () => {
    for (const seed of seeds(5)) {
      const it = play(seed, { uri: 'coap://10.0.0.98:5783', bootstrap: true })
      it.made.node('bootstrap', { address: '10.0.0.98' }).start((env) => {
        const configurationOf = () => of({ servers: [{ uri: 'coap://10.0.0.1:5683', shortServerId: 9 }] })
        return lwm2mBootstrapServer(env, { store: { configurationOf }, listen: { address: '10.0.0.98', port: 5783 } }).event$
      })
      it.made.at(0, () => it.made.network.cut(true, '10.0.1.1'))
      it.made.at(5 * hour, () => it.made.network.cut(false, '10.0.1.1'))
      it.made.run(11 * hour)
      expect(it.last?.state, `seed ${seed}`).toBe('registered')
    }
  })
})

describe('queue mode, client and server', () => {
  test.each([
    ['coap', { uri: 'coap://10.0.0.1:5683', lifetimeSeconds: 900 }],
    ['coaps', { uri: 'coaps://10.0.0.1:5684', psk, lifetimeSeconds: 900 }],
    ['coap+tcp', { uri: 'coap+tcp://10.0.0.1:5683', lifetimeSeconds: 900 }],
  ] as const)('%s: what the server wants waits until the device wakes, and is done; nothing is registered anew', (_, account) => {
    for (const seed of seeds(5)) {
      const it = play(seed, account, { queueMode: true })
      const done: string[] = []
      it.made.at(200_000, () => {
        expect(it.last?.state, `seed ${seed}`).toBe('queue-mode')
        const device = it.server!.client('device')
        device.read('/3/0/0').subscribe({ next: ({ value }) => done.push(value), error: (error: unknown) => done.push(String(error)) })
      })
      it.made.run(400_000)
      expect(done, `seed ${seed}`).toEqual([])
      it.made.run(hour)
      expect(done, `seed ${seed}`).toEqual(['Acme'])
      expect(registers(it), `seed ${seed}`).toBe(1)
    }
  })

  test.each([
    ['coap', { uri: 'coap://10.0.0.1:5683', lifetimeSeconds: 86_400 }],
    ['coaps', { uri: 'coaps://10.0.0.1:5684', psk, lifetimeSeconds: 86_400 }],
    ['coap+tcp', { uri: 'coap+tcp://10.0.0.1:5683', lifetimeSeconds: 86_400 }],
  ] as const)('%s: an observation lives through sleep; each change wakes the device and is told', (_, account) => {
    const battery$ = new Subject<number>()
    const it = play(3, account, { queueMode: true }, battery$.pipe(startWith(100)))
    const seen: unknown[] = []
    it.made.at(5_000, () =>
      it
        .server!.client('device')
        .observe('/3/0/9')
        .subscribe(({ value }) => seen.push(value)),
    )
    for (const hours of [1, 2, 3]) it.made.at(hours * hour, () => battery$.next(100 - hours))
    it.made.run(4 * hour)
    // A server that meets the device at another address asks anew, and is told the value again.
    expect(seen.filter((value, index) => value !== seen[index - 1])).toEqual([100, 99, 98, 97])
    expect(registers(it)).toBe(1)
    expect(it.last?.state).toBe('queue-mode')
  })
})

test('a month of days with outages: registered again after each', () => {
  for (const seed of seeds(2)) {
    const it = play(seed, { uri: 'coap://10.0.0.1:5683', lifetimeSeconds: 3_600, sequenceCount: 2 ** 32 - 1, sequenceDelaySeconds: 1_800 })
    const day = 24 * hour
    for (let n = 1; n <= 30; n++) {
      it.made.at(n * day, () => it.made.network.cut(true, '10.0.1.1'))
      it.made.at(n * day + ((n * 37) % 180) * 60_000, () => it.made.network.cut(false, '10.0.1.1'))
      it.made.at(n * day + 5 * hour, () => expect(it.last?.state, `seed ${seed}, day ${n}`).toBe('registered'))
    }
    it.made.run(31 * day)
    expect(it.last?.state, `seed ${seed}`).toBe('registered')
  }
})
