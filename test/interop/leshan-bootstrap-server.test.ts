/** Our client, bootstrapped by a server on Leshan's libraries over coap and coaps, registers with our server (LwM2M Core §6.1.3.3). */
import { resolve } from 'node:path'
import { EMPTY, filter, firstValueFrom, Subscription, timeout } from 'rxjs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { client, type ClientOptions } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { Secret } from '../../src/core/secret.ts'
import { live } from '../../src/platform/live.ts'
import { lwm2mServer } from '../../src/server.ts'
import { memory } from '../../src/simulation/storage.ts'
import { folder, freePort, serve, type Peer } from './peer.ts'

const room = folder()
const all = new Subscription()
const plainName = 'urn:dev:ops:bootstrapped'
const identity = 'bootstrapped'
const key = new Uint8Array(16).fill(7)
const server = lwm2mServer(live({ storage: memory() }), { listen: { address: '127.0.0.1', port: 0 } })
let peer: Peer
let ports: readonly [number, number]

beforeAll(async () => {
  all.add(server.registrations$.subscribe())
  const { port } = await firstValueFrom(server.listening$)
  ports = [await freePort(), await freePort()]
  const main = resolve(import.meta.dirname, 'libraries/LeshanBootstrapServer.java')
  const own = [...ports.map(String), plainName, identity, Buffer.from(key).toString('hex'), `coap://127.0.0.1:${port}`]
  const args = ['-cp', `${import.meta.dirname}:${resolve(import.meta.dirname, 'target/dependency')}/*`, main, ...own]
  peer = await serve('java', args, room.path, (said) => Promise.resolve(said.includes('ready\n')), 90_000)
}, 100_000)
const running: Subscription[] = []
afterEach(() => running.splice(0).forEach((subscription) => subscription.unsubscribe()))
afterAll(async () => {
  await peer?.stop()
  all.unsubscribe()
  room.remove()
})

const bootstrapped = async (
  name: string,
  account: Extract<ClientOptions['servers'], { readonly uri: string }>,
  more: Partial<ClientOptions> = {},
) => {
  const from = peer.said().length
  const registered = firstValueFrom(
    server.registrations$.pipe(
      filter(({ type }) => type === 'registered'),
      timeout(20_000),
    ),
  )
  const device = client(live({ storage: memory() }), {
    endpointClientName: name,
    servers: { ...account, bootstrap: true },
    objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
    ...more,
  })
  running.push(device.notice$.subscribe())
  const { registration } = await registered
  expect(registration).toMatchObject({ endpointClientName: name, lifetimeSeconds: 300 })
  expect((await firstValueFrom(server.client(name).read('/3/0/0'))).value).toBe('Acme')
  const said = peer.said().slice(from)
  expect(said).toMatch(/BootstrapDeleteRequest \/0 DELETED[^]*BootstrapDeleteRequest \/1 DELETED/)
  expect(said).toMatch(/BootstrapWriteRequest \/0\/\d+ CHANGED[^]*BootstrapWriteRequest \/1\/\d+ CHANGED/)
  expect(said).toContain('finished')
  await firstValueFrom(device.stop(), { defaultValue: undefined })
}

test('over coap', () => bootstrapped(plainName, { uri: `coap://127.0.0.1:${ports[0]}` }), 60_000)

// Its Scandium knows no Extended Master Secret.
test(
  'over coaps, with a pre-shared key',
  () =>
    bootstrapped(
      `${plainName}-secured`,
      { uri: `coaps://127.0.0.1:${ports[1]}`, psk: { identity, key: new Secret(key) } },
      { dtls: { extendedMasterSecret: 'waived' } },
    ),
  60_000,
)
