/** Our client's life with a server on Leshan's libraries: queue mode, and a server that is killed and comes back without its memory (LwM2M Core §6.2, Transport §6.5). */
import { resolve } from 'node:path'
import { EMPTY, filter, firstValueFrom, timeout, type Subscription } from 'rxjs'
import { afterEach, test } from 'vitest'
import { client, type ClientOptions } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { live } from '../../src/platform/live.ts'
import { memory } from '../../src/simulation/storage.ts'
import { folder, freePort, pause, serve, type Peer } from './peer.ts'

const room = folder()
const peers: Peer[] = []
const running: Subscription[] = []
afterEach(async () => {
  running.splice(0).forEach((subscription) => subscription.unsubscribe())
  for (const peer of peers.splice(0)) await peer.stop()
})

const start = async (port: number): Promise<Peer> => {
  const main = resolve(import.meta.dirname, 'libraries/LeshanServer.java')
  const args = ['-cp', `${resolve(import.meta.dirname, 'target/libraries')}/*`, main, String(port)]
  const peer = await serve('java', args, room.path, (said) => Promise.resolve(said.includes('ready')), 90_000)
  peers.push(peer)
  return peer
}
const says = async (peer: Peer, words: string, from = 0): Promise<void> => {
  const until = Date.now() + 30_000
  while (!peer.said().slice(from).includes(words)) {
    if (Date.now() > until) throw new Error(`not said: ${words}\n${peer.said().slice(from)}`)
    await pause(20)
  }
}
const device = (name: string, port: number, more: Partial<ClientOptions>, lifetimeSeconds: number) => {
  const made = client(live({ storage: memory() }), {
    endpointClientName: name,
    servers: { uri: `coap://127.0.0.1:${port}`, version: '1.1', lifetimeSeconds },
    objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
    ...more,
  })
  running.push(made.notice$.subscribe())
  return made
}

test('a client in queue mode sleeps, wakes for an Update, and is asked then [LwM2M Transport §6.5]', { timeout: 150_000 }, async () => {
  const port = await freePort()
  const peer = await start(port)
  const made = device('sleeper', port, { queueMode: true, lifecycle: { awakeMs: 1_000 } }, 300)
  await says(peer, 'registered sleeper 1.1 300 queue mode')
  await firstValueFrom(
    made.state$.pipe(
      filter(([account]) => account?.state === 'asleep'),
      timeout(20_000),
    ),
  )
  const from = peer.said().length
  made.command({ type: 'update' })
  await says(peer, 'updated sleeper 300', from)
  peer.process.stdin!.write('read TEXT /3/0/0\n')
  await says(peer, 'answer read TEXT /3/0/0 = 205 /3/0/0=Acme', from)
})

test(
  'a server that was killed and has forgotten everything: the next Update is 4.04, and the client registers anew [LwM2M Core §6.2.2]',
  { timeout: 200_000 },
  async () => {
    const port = await freePort()
    const first = await start(port)
    device('survivor', port, {}, 20)
    await says(first, 'registered survivor 1.1 20')
    await first.stop()
    const second = await start(port)
    await says(second, 'registered survivor 1.1 20')
  },
)
