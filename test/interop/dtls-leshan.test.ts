/** Our client at the Leshan demo server over coaps, offered Connection IDs and not (LwM2M Transport 1.2.2 §5; RFC 9146). */
import { createHash, randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { EMPTY, lastValueFrom, type Subscription } from 'rxjs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { client, type Client } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import type { AccountNotice, Notice } from '../../src/client/word.ts'
import { Secret } from '../../src/core/secret.ts'
import { storedIn } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { live } from '../../src/platform/live.ts'
import { memory } from '../../src/simulation/storage.ts'
import { folder, freePort, pause, serve, type Peer } from './peer.ts'

const here = import.meta.dirname
const room = folder()
afterAll(() => room.remove())

describe.each([
  ['that offers and is offered Connection IDs', 'on', {}],
  ['without Connection IDs at the server', 'off', {}],
  ['without Connection IDs at the client', 'on', { connectionIdBytes: undefined }],
])('Leshan %s', (_, cid, dtls) => {
  let peer: Peer
  let base = ''
  let uri = ''
  const opened: Subscription[] = []
  beforeAll(async () => {
    const [coap, coaps, web] = [await freePort(), await freePort(), await freePort()]
    base = `http://127.0.0.1:${web}/api`
    uri = `coaps://127.0.0.1:${coaps}`
    const ready = () =>
      fetch(`${base}/clients`).then(
        ({ ok }) => ok,
        () => false,
      )
    const opens = ['java.base/java.util', 'java.base/java.lang', 'java.base/java.net'].flatMap((name) => [
      '--add-opens',
      `${name}=ALL-UNNAMED`,
    ])
    peer = await serve(
      'java',
      [
        ...opens,
        `-Dlogback.configurationFile=${resolve(here, 'logback.xml')}`,
        ...['-cp', `${resolve(here, 'target/dependency')}/*`, 'org.eclipse.leshan.server.demo.LeshanServerDemo', '-cid', cid],
        ...['-lp', String(coap), '-slp', String(coaps), '-wp', String(web), '-lh', '127.0.0.1', '-slh', '127.0.0.1', '-wh', '127.0.0.1'],
      ],
      room.path,
      ready,
      90_000,
    )
  })
  afterEach(() => opened.splice(0).forEach((subscription) => subscription.unsubscribe()))
  afterAll(() => peer?.stop())

  let count = 0
  const device = async (known: string): Promise<{ readonly name: string; readonly it: Client; readonly notices: Notice[] }> => {
    const name = `dtls-${cid}-${++count}-${Object.keys(dtls).length}`
    const key = randomBytes(16)
    const added = await fetch(`${base}/security/clients`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(secured(known === '' ? name : known, name, key.toString('hex'))),
    })
    if (!added.ok) throw new Error(`${added.status} ${await added.text()}`)
    const notices: Notice[] = []
    const it = client(live(), {
      endpointClientName: name,
      servers: { uri, version: '1.1', lifetimeSeconds: 300, psk: { identity: name, key: new Secret(key) } },
      objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }), updated()],
      // Its Scandium 2.6 is older than RFC 7627.
      dtls: { ...dtls, extendedMasterSecret: 'waived' },
    })
    opened.push(it.notice$.subscribe((notice) => notices.push(notice)))
    return { name, it, notices }
  }
  const installed: string[] = []
  /** Firmware that is installed as soon as it is ordered. */
  const updated = () => {
    const storage = memory()
    const install = ({ sha256 }: { readonly sha256: string }) => {
      installed.push(sha256)
      return EMPTY
    }
    return firmware({ store: storedIn(storage), install, reset: () => storage.remove('firmware'), installDelayMs: 0 })
  }
  const secured = (endpoint: string, identity: string, key: string) => ({ endpoint, psk: { identity, key } })
  const until = async (holds: () => boolean, what: () => unknown) => {
    for (let passed = 0; passed < 400 && !holds(); passed++) await pause(50)
    if (!holds()) throw new Error(JSON.stringify(what()))
  }
  const accounts = (notices: readonly Notice[]) => notices.filter((notice): notice is AccountNotice => notice.type === 'account')
  const read = async (name: string): Promise<unknown> => (await fetch(`${base}/clients/${name}/3/0/0`)).json()

  test('registers, is read, updates and de-registers', async () => {
    const { name, it, notices } = await device('')
    await until(
      () => accounts(notices).some(({ state }) => state === 'registered'),
      () => notices,
    )
    expect(await read(name)).toMatchObject({ status: expect.stringMatching(/^CONTENT/) as string, content: { value: 'Acme' } })
    it.command({ type: 'update' })
    await until(
      () => accounts(notices).some(({ reason }) => reason === 'updated'),
      () => notices,
    )
    await lastValueFrom(it.stop(), { defaultValue: undefined })
    expect((await fetch(`${base}/clients/${name}`)).status).not.toBe(200)
  })

  test('firmware is pushed over coaps, installed, and reported [LwM2M Core §E.6]', async () => {
    const { name, notices } = await device('')
    await until(
      () => accounts(notices).some(({ state }) => state === 'registered'),
      () => notices,
    )
    const image = randomBytes(9_001)
    const send = async (method: string, path: string, body?: object) =>
      (await (
        await fetch(`${base}/clients/${name}${path}`, {
          method,
          ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
        })
      ).json()) as { readonly status: string; readonly content?: { readonly value: unknown } }
    expect((await send('PUT', '/5/0/0?format=OPAQUE', { id: 0, value: image.toString('hex') })).status).toBe('CHANGED(204)')
    // This server has no definition of version 1.1 of Object 5: what it reads of it is text.
    const becomes = async (path: string, value: string) => {
      for (let tries = 0; tries < 100 && (await send('GET', `${path}?format=TEXT`)).content?.value !== value; tries++) await pause(20)
      expect((await send('GET', `${path}?format=TEXT`)).content).toMatchObject({ value })
    }
    await becomes('/5/0/3', '2')
    expect((await send('POST', '/5/0/2')).status).toBe('CHANGED(204)')
    await until(
      () => installed.length > 0,
      () => notices,
    )
    expect(installed).toEqual([createHash('sha256').update(image).digest('hex')])
    await becomes('/5/0/5', '1')
  })

  test('an identity that belongs to another endpoint does not register', async () => {
    const { name, notices } = await device(`somebody-else-${cid}-${Object.keys(dtls).length}`)
    await until(
      () => accounts(notices).some(({ state }) => state === 'waiting'),
      () => notices,
    )
    expect(accounts(notices).at(-1)).toMatchObject({ reason: 'rejected', detail: expect.stringMatching(/^4\.0[03]/) as string })
    expect((await fetch(`${base}/clients/${name}`)).status).not.toBe(200)
  })
})
