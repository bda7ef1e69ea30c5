/** Our client, our bootstrap server and our server in one world: from nothing but a bootstrap account to registered (ETS int-0, int-1, int-4). */
import { EMPTY, of, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { lwm2mBootstrapServer, type BootstrapConfiguration, type BootstrapServerOptions } from '../../src/bootstrap-server.ts'
import { client, type ClientOptions } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Faults } from '../../src/datagram/faults.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { lwm2mServer } from '../../src/server.ts'
import { world, type World } from '../../src/simulation/world.ts'

const key = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index)
const secured: BootstrapConfiguration = {
  servers: [
    { uri: 'coaps://10.0.0.99:5684', shortServerId: 101, psk: { identity: 'device', key: new Secret(key) }, lifetimeSeconds: 3_600 },
  ],
}
const plain: BootstrapConfiguration = { servers: [{ uri: 'coap://10.0.0.99:5683', shortServerId: 101, lifetimeSeconds: 3_600 }] }

const play = (
  made: World,
  configuration: BootstrapConfiguration,
  options: Partial<BootstrapServerOptions> = {},
  own: Partial<ClientOptions> = {},
) => {
  const log: string[] = []
  const say = (line: string) => log.push(line)
  made.node('bootstrap', { address: '10.0.0.98' }).start((env) => {
    const store = { configurationOf: (name: string) => of(name === 'device' ? configuration : undefined) }
    const one = lwm2mBootstrapServer(env, { store, listen: { address: '10.0.0.98', port: 5783 }, ...options })
    return one.event$.pipe(
      tap((event) => say(event.type === 'stepped' ? `${event.step.type} ${event.step.path} ${event.code}` : event.type)),
    )
  })
  made.node('server', { address: '10.0.0.99' }).start((env) => {
    const credentials = {
      find: (identity: Uint8Array) =>
        of(new TextDecoder().decode(identity) === 'device' ? { key: new Secret(key), endpointClientName: 'device' } : undefined),
    }
    const one = lwm2mServer(env, {
      listen: { address: '10.0.0.99', port: 5683 },
      secure: { credentials, listen: { address: '10.0.0.99', port: 5684 }, unsecured: true },
    })
    return one.registrations$.pipe(
      tap(({ type, registration: { endpointClientName, remote } }) => say(`${type} ${endpointClientName} ${remote.split(':')[0]}`)),
    )
  })
  made.node('device').start((env) => {
    const device = client(env, {
      endpointClientName: 'device',
      servers: { uri: 'coap://10.0.0.98:5783', bootstrap: true },
      objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
      ...own,
    })
    return device.run$
  })
  return log
}

describe('a client with nothing but a bootstrap account', () => {
  test.each([
    ['by a Bootstrap-Pack', true, 'packed'],
    ['step by step', false, 'finished'],
  ])('%s is registered, with the key that it was given, a moment later [LwM2M Core §6.1.3.3]', async (_, pack, last) => {
    const made = world(1, { crypto })
    const log = play(made, secured, { pack })
    await made.settle(120_000)
    expect(log.slice(-2)).toEqual([last, 'registered device coaps'])
  })

  test('is registered without security where that is configured', async () => {
    const made = world(2, { crypto })
    const log = play(made, plain)
    await made.settle(120_000)
    expect(log).toEqual(['packed', 'registered device coap'])
  })

  test('takes the other way when there are no Packs [LwM2M Core §6.1.7.7]', async () => {
    const made = world(3, { crypto })
    const log = play(made, plain, { pack: false })
    await made.settle(120_000)
    expect(log).toEqual([
      'refused',
      'begun',
      'discover / 2.05',
      'delete /0 2.02',
      'delete /1 2.02',
      'write /0/1 2.04',
      'write /1/1 2.04',
      'finish / 2.04',
      'finished',
      'registered device coap',
    ])
  })

  test('of whom nobody knows anything is never registered', async () => {
    const made = world(4, { crypto })
    const log = play(made, plain, {}, { endpointClientName: 'stranger' })
    await made.settle(600_000)
    expect(new Set(log)).toEqual(new Set(['refused']))
  })
})

describe('a bootstrap server that listens for coaps', () => {
  const own = new Secret(Uint8Array.from({ length: 16 }, (_, index) => index))
  const credentialsOf = (endpointClientName?: string) => ({
    find: (identity: Uint8Array) =>
      of(
        new TextDecoder().decode(identity) === 'device'
          ? { key: own, ...(endpointClientName === undefined ? {} : { endpointClientName }) }
          : undefined,
      ),
  })
  const options = (endpointClientName?: string) => ({
    secure: { credentials: credentialsOf(endpointClientName), listen: { address: '10.0.0.98', port: 5784 } },
  })
  const servers = { uri: 'coaps://10.0.0.98:5784', bootstrap: true, psk: { identity: 'device', key: own } }

  test('hands out the keys over DTLS; they are used at once [LwM2M Transport §5.2]', async () => {
    const made = world(11, { crypto })
    const log = play(made, secured, options(), { servers })
    await made.settle(120_000)
    expect(log.slice(-2)).toEqual(['packed', 'registered device coaps'])
  })

  test('answers 4.00 to an identity that asks in the name of another endpoint [LwM2M Transport §6.4.2]', async () => {
    for (const [name, bound] of [
      ['device', 'another'],
      ['another', undefined],
    ] as const) {
      const made = world(12, { crypto })
      const log = play(made, secured, options(bound), { servers, endpointClientName: name })
      await made.settle(120_000)
      expect(new Set(log)).toEqual(new Set(['refused']))
    }
  })

  test('answers 4.03 to those who come without security', async () => {
    const made = world(13, { crypto })
    const log = play(made, secured, options())
    await made.settle(120_000)
    expect(new Set(log)).toEqual(new Set(['refused']))
  })
})

describe('over a bad link', () => {
  const bad: Faults = { loss: 0.1, duplication: 0.2, reorder: 0.1, minMs: 5, maxMs: 400 }
  test.each(Array.from({ length: 15 }, (_, index) => index + 1))(
    'a bootstrap that finished leads to exactly the server that was configured (seed %d)',
    async (seed) => {
      const made = world(seed, { faults: bad, crypto })
      const log = play(made, plain, { pack: seed % 2 === 0 })
      await made.settle(3_600_000)
      const registered = log.filter((line) => line.startsWith('registered'))
      expect(new Set(registered).size).toBeLessThanOrEqual(1)
      if (log.includes('finished') || log.includes('packed')) expect(registered).toContain('registered device coap')
      else expect(log.some((line) => ['failed', 'refused'].includes(line))).toBe(true)
    },
  )
})
