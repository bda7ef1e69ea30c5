/** A client on Leshan's libraries, bootstrapped by ours: it registers with our server a moment later (LwM2M Core §6.1.3.3). */
import { resolve } from 'node:path'
import { filter, firstValueFrom, of, Subscription, take, toArray } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lwm2mBootstrapServer, type BootstrapEvent } from '../../src/bootstrap-server.ts'
import { live } from '../../src/platform/live.ts'
import { lwm2mServer } from '../../src/server.ts'
import { folder, serve, type Peer } from './peer.ts'

const room = folder()
const all = new Subscription()
let peer: Peer | undefined
afterAll(async () => {
  await peer?.stop()
  all.unsubscribe()
  room.remove()
})

const events: BootstrapEvent[] = []
const server = lwm2mServer(live(), { listen: { address: '127.0.0.1', port: 0 } })
beforeAll(() => all.add(server.registrations$.subscribe()))

test('it takes what it is given, its bootstrap account stays, and it registers', { timeout: 120_000 }, async () => {
  const { port } = await firstValueFrom(server.listening$)
  const servers = [{ uri: `coap://127.0.0.1:${port}`, shortServerId: 123, lifetimeSeconds: 300 }]
  const bootstrap = lwm2mBootstrapServer(live(), {
    store: { configurationOf: (name) => of(name === 'leshan' ? { servers } : undefined) },
    listen: { address: '127.0.0.1', port: 0 },
  })
  all.add(bootstrap.event$.subscribe((event) => events.push(event)))
  const { port: at } = await firstValueFrom(bootstrap.listening$)
  const registered = firstValueFrom(server.registrations$.pipe(filter(({ type }) => type === 'registered')))
  const main = resolve(import.meta.dirname, 'libraries/LeshanBootstrapped.java')
  const args = ['-cp', resolve(import.meta.dirname, 'target/libraries/*'), main, `coap://127.0.0.1:${at}`, 'leshan']
  peer = await serve('java', args, room.path, (said) => Promise.resolve(said.includes('ready')), 90_000)
  const { registration } = await registered
  expect(registration).toMatchObject({ endpointClientName: 'leshan', lifetimeSeconds: 300 })
  expect(events.map((event) => (event.type === 'stepped' ? `${event.step.type} ${event.step.path} ${event.code}` : event.type))).toEqual([
    'begun',
    'discover / 2.05',
    'delete /0 2.02',
    'delete /1 2.02',
    'write /0/1 2.04',
    'write /1/1 2.04',
    'finish / 2.04',
    'finished',
  ])
  const device = server.client('leshan')
  expect(await firstValueFrom(device.read('/1/1/0').pipe(take(1), toArray()))).toMatchObject([{ value: 123 }])
})
