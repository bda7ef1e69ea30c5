/** `lwm2m-rx client --store` as a process of its own: killed at any instant, it goes on where it was; and what is provisioned from a file. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { filter, firstValueFrom, map, of, take } from 'rxjs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { live } from '../../src/platform/live.ts'
import { lwm2mServer } from '../../src/server.ts'

const room = mkdtempSync(join(tmpdir(), 'lwm2m-rx-store-'))
const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
const endings: (() => unknown)[] = []
afterEach(() => Promise.all(endings.splice(0).map((end) => end())))
afterAll(() => rmSync(room, { recursive: true, force: true }))

const start = (...args: readonly string[]) => {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, 'client', ...args], { cwd: room, stdio: 'pipe' })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()))
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const kill = () => {
    child.kill('SIGKILL')
    return ended
  }
  endings.push(kill)
  const hear = async (pattern: RegExp) => {
    while (!pattern.test(said)) {
      const over = await Promise.race([ended.then(() => true), new Promise<false>((done) => child.stdout.once('data', () => done(false)))])
      if (over && !pattern.test(said)) throw new Error(`not said: ${String(pattern)} but ${said}`)
    }
  }
  return { kill, hear, said: () => said }
}
const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
const freePort = () =>
  new Promise<number>((done) => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => done(port))
    })
  })
const serving = async () => {
  const [port, coapsPort] = [await freePort(), await freePort()]
  const listen = (at: number) => ({ address: '127.0.0.1', port: at })
  const secure = { listen: listen(coapsPort), credentials: { find: () => of({ key, endpointClientName: 'device-1' }) }, unsecured: true }
  const server = lwm2mServer(live({ folder: join(room, 'server') }), { listen: listen(port), secure })
  const events: string[] = []
  const all = server.registrations$.subscribe(({ type }) => events.push(type))
  endings.push(() => all.unsubscribe())
  const next = (type: string) =>
    firstValueFrom(
      server.registrations$.pipe(
        filter((event) => event.type === type),
        take(1),
      ),
    )
  return { server, port, coapsPort, events, next }
}

describe('lwm2m-rx client --store', () => {
  test('killed with -9 right after a Write was answered, it has what was written, and goes on with an Update', async () => {
    const { server, port, events, next } = await serving()
    const args = ['-s', `coap://127.0.0.1:${port}`, '-e', 'device-1', '--store', 'store', '--json']
    const peer = server.client('device-1')
    let registered: Promise<unknown> = next('registered')
    for (const lifetime of [301, 302, 303, 304]) {
      const device = start(...args)
      await registered
      await firstValueFrom(peer.write('/1/0/1', lifetime))
      await device.kill()
      registered = next('updated')
    }
    const device = start(...args)
    await registered
    await device.hear(/"what":"restored"/)
    expect((await firstValueFrom(peer.read('/1/0/1').pipe(map(({ value }) => value)))) as unknown).toBe(304)
    expect(events.filter((type) => type === 'registered')).toHaveLength(1)
  }, 60_000)

  test('a damaged file is told, and the one before it counts', async () => {
    const { port, next } = await serving()
    const args = ['-s', `coap://127.0.0.1:${port}`, '-e', 'device-1', '--store', 'damaged']
    const once = next('registered')
    const device = start(...args)
    await once
    await device.hear(/server 0 knows us/)
    await new Promise<void>((done) => {
      const look = () =>
        readdirSync(join(room, 'damaged')).filter((name) => name.includes('state')).length === 2 ? done() : void setTimeout(look, 50)
      look()
    })
    await device.kill()
    const file = join(
      room,
      'damaged',
      readdirSync(join(room, 'damaged')).find((name) => name.includes('state-a'))!,
    )
    writeFileSync(file, readFileSync(file).subarray(0, 200))
    await start(...args).hear(/store: damaged \(state a is not what was written\)[^]*store: restored/)
  }, 60_000)
})

describe('lwm2m-rx client --provision', () => {
  const provisioning = (uri: string, shortServerId: number) =>
    JSON.stringify([
      { bn: '/0/0/', n: '0', vs: uri },
      { n: '1', vb: false },
      { n: '2', v: 0 },
      { n: '3', vd: Buffer.from('device-1').toString('base64url') },
      { n: '5', vd: Buffer.from(key.reveal()).toString('base64url') },
      { n: '10', v: shortServerId },
      { bn: '/1/0/', n: '0', v: 7 },
      { n: '1', v: 600 },
      { n: '6', vb: false },
      { n: '7', vs: 'U' },
    ])

  test('registers with the server of the file, with its key, and in queue mode; no key is printed, nor kept beside others', async () => {
    const { coapsPort, next } = await serving()
    writeFileSync(join(room, 'factory.json'), provisioning(`coaps://127.0.0.1:${coapsPort}`, 7))
    const registered = next('registered').then(({ registration }) => registration)
    const device = start('-e', 'device-1', '--provision', 'factory.json', '--queue-mode', '--store', 'provisioned', '--json')
    expect(await registered).toMatchObject({ queueMode: true, lifetimeSeconds: 600 })
    await device.kill()
    const updated = next('updated')
    const again = start('-e', 'device-1', '--provision', 'factory.json', '--queue-mode', '--store', 'provisioned', '--json')
    await Promise.race([updated, again.hear(/"state":"asleep"|"state":"registered"/)])
    for (const { said } of [device, again]) expect(said()).not.toContain(Buffer.from(key.reveal()).toString('hex'))
  }, 60_000)

  test('what makes no account is refused, with the reason', async () => {
    writeFileSync(join(room, 'wrong.json'), provisioning('coaps://127.0.0.1:1', 8))
    await start('-e', 'device-1', '--provision', 'wrong.json').hear(/provision refused: inconsistent, /)
  }, 30_000)

  test('a file that is none ends the command, and nothing of it is said', async () => {
    writeFileSync(join(room, 'none.json'), '{"key":"secret"')
    const device = start('-e', 'device-1', '--provision', 'none.json')
    await device.hear(/none\.json is no SenML JSON/)
    expect(device.said()).not.toContain('secret"')
  }, 30_000)
})
