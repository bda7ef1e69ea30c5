/** A client that knows nothing but its bootstrap server: it is given its accounts, and registers (LwM2M Core 1.2.2 §6.1, §6.2). */
import { EMPTY, merge, of, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import {
  lwm2mBootstrapServer,
  type BootstrapConfiguration,
  type BootstrapEvent,
  type BootstrapServerOptions,
} from '../../src/bootstrap-server.ts'
import { client, type ClientOptions } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import type { Notice } from '../../src/client/word.ts'
import { Secret } from '../../src/core/secret.ts'
import { lwm2mServer } from '../../src/server.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { world } from '../../src/simulation/world.ts'

const key = new Secret(Uint8Array.from([0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))
const configuration: BootstrapConfiguration = {
  servers: [{ uri: 'coaps://10.0.0.1:5684', shortServerId: 101, psk: { identity: 'device', key }, lifetimeSeconds: 600 }],
}

const play = (seed: number, server: Partial<BootstrapServerOptions> = {}, how: Partial<ClientOptions> = {}, faults = {}) => {
  const made = world(seed, { faults: { minMs: 5, maxMs: 50, ...faults }, crypto })
  const events: BootstrapEvent[] = []
  const notices: Notice[] = []
  const registered: string[] = []
  made.node('server', { address: '10.0.0.1' }).start((env) => {
    const one = lwm2mServer(env, {
      listen: { port: 5683 },
      secure: {
        credentials: {
          find: (identity) => of(new TextDecoder().decode(identity) === 'device' ? { key, endpointClientName: 'device' } : undefined),
        },
      },
    })
    return one.registrations$.pipe(tap(({ type, registration }) => registered.push(`${type} ${registration.endpointClientName}`)))
  })
  made.node('bootstrap', { address: '10.0.0.98' }).start((env) => {
    const store = { configurationOf: (name: string) => of(name === 'device' ? configuration : undefined) }
    return lwm2mBootstrapServer(env, { store, ...server }).event$.pipe(tap((event) => events.push(event)))
  })
  made.node('device').start((env) => {
    const device = client(env, {
      endpointClientName: 'device',
      servers: { uri: 'coap://10.0.0.98:5783', bootstrap: true },
      objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
      ...how,
    })
    return merge(device.notice$.pipe(tap((notice) => notices.push(notice))))
  })
  return { made, events, notices, registered }
}

describe('a client without servers', () => {
  test.each([
    ['with a Pack [LwM2M Core §6.1.7.7]', {}],
    ['when there are no Packs [LwM2M Core §6.1.7.7]', { pack: false }],
  ])('is bootstrapped and registers with its new key: %s', (_, server) => {
    const { made, events, notices, registered } = play(1, server)
    made.run(60_000)
    expect({ events, notices, registered }).toMatchObject({ registered: ['registered device'] })
  })

  test('the new key is in no turn of the journal, neither as octets nor as text', () => {
    for (const server of [{}, { pack: false }]) {
      const run = play(2, server)
      const leaks: string[] = []
      run.made.turn$.subscribe((turn) => {
        if (turn.node !== 'device') return
        const text = JSON.stringify(turn, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value))
        for (const form of forms) if (text.includes(form)) leaks.push(`${turn.machine}: ${form}`)
      })
      run.made.run(60_000)
      expect(run.registered).toEqual(['registered device'])
      expect(leaks).toEqual([])
    }
  })
})
const forms = ['hex', 'base64', 'latin1'].map((form) => Buffer.from(key.reveal()).toString(form as BufferEncoding))
