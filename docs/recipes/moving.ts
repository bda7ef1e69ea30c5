/** A secured device that its network moves to another address: with a Connection ID nothing has to be said again. */
import { EMPTY, filter, of, tap } from 'rxjs'
import { client, deviceObject, lwm2mServer, Secret } from '../../src/index.ts'
import { crypto } from '../../src/platform/index.ts'
import { world } from '../../src/simulation/index.ts'

const made = world(5, { crypto })
const say = (what: string) => console.log(`${Math.round(made.now() / 1000)} s: ${what}`)
const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
const dtls = { connectionIdBytes: 6 }

made.node('server').start((env) => {
  const credentials = { find: () => of({ key, endpointClientName: 'urn:a' }) }
  const server = lwm2mServer(env, { secure: { credentials, ...dtls } })
  made.at(120_000, () =>
    server
      .client('urn:a')
      .read('/3/0/0')
      .subscribe(({ value }) => say(`reads ${String(value)}`)),
  )
  return server.registrations$.pipe(tap(({ type }) => say(type)))
})

const device = made.node('device', { nat: {} })
device.start((env) =>
  client(env, {
    endpointClientName: 'urn:a',
    servers: { uri: 'coaps://server', psk: { identity: 'urn:a', key }, lifetimeSeconds: 120 },
    objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
    dtls,
  }).notice$.pipe(
    filter(({ type }) => type === 'opened'),
    tap(() => say('a handshake')),
  ),
)
made.at(30_000, () => {
  say('the network gives the device another address')
  device.host.nat!.rebind()
})

made.run(130_000)
