/** Our client at a server on the newer Leshan libraries, which speak LwM2M 1.1 at most and refuse more with 4.12. */
import { resolve } from 'node:path'
import { EMPTY, filter, firstValueFrom, type Subscription } from 'rxjs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { AccountNotice, Notice } from '../../src/client/word.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { live } from '../../src/platform/live.ts'
import { memory } from '../../src/simulation/storage.ts'
import { folder, freePort, pause, serve, type Peer } from './peer.ts'

const room = folder()
let peer: Peer
let uri = ''
beforeAll(async () => {
  const port = await freePort()
  uri = `coap://127.0.0.1:${port}`
  const classPath = `${resolve(import.meta.dirname, 'target/libraries')}/*`
  const ready = (said: string) => Promise.resolve(said.includes('ready'))
  peer = await serve(
    'java',
    ['-cp', classPath, resolve(import.meta.dirname, 'libraries/LeshanServer.java'), String(port)],
    room.path,
    ready,
    90_000,
  )
})
afterAll(async () => {
  await peer?.stop()
  room.remove()
})
const opened: Subscription[] = []
afterEach(() => opened.splice(0).forEach((subscription) => subscription.unsubscribe()))

/** Waits until the server has said it. */
const says = async (line: string): Promise<void> => {
  const until = Date.now() + 20_000
  while (!peer.said().split('\n').includes(line)) {
    if (Date.now() > until) throw new Error(`not said: ${line}\n${peer.said()}`)
    await pause(20)
  }
}

describe('a server of version 1.1', () => {
  test('refuses 1.2 with 4.12, and the client steps down to 1.1: it is registered, read, updated and gone [LwM2M Core §6.2.1]', async () => {
    const name = 'urn:dev:ops:1234-stepping-down'
    const device = client(live({ storage: memory() }), {
      endpointClientName: name,
      servers: { uri, lifetimeSeconds: 300 },
      objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }), instances(temperature, { 0: { 5700: 20.5, 5701: 'Cel' } })],
    })
    const notices: Notice[] = []
    opened.push(device.notice$.subscribe((notice) => notices.push(notice)))
    await firstValueFrom(device.state$.pipe(filter(([account]) => account?.state === 'registered')))
    await says(`registered ${name} 1.1 300`)
    const versions = notices.filter((notice): notice is AccountNotice => notice.type === 'account').map(({ version }) => version)
    expect([versions[0], versions.at(-1)]).toEqual(['1.2', '1.1'])
    for (const format of ['TLV', 'SENML_CBOR', 'TEXT']) await says(`read ${format} CONTENT(205) Acme`)
    device.command({ type: 'update' })
    await says(`updated ${name} 300`)
    await firstValueFrom(device.stop(), { defaultValue: undefined })
    await says(`unregistered ${name}`)
  })
})
