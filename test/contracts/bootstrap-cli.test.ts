/** `lwm2m-rx bootstrap-server` as a process of its own: its file is checked, a client is brought to its server, no key is printed. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { bootstrapConfigurations } from '../../src/platform/bootstrap-file.ts'

const room = mkdtempSync(join(tmpdir(), 'lwm2m-rx-bootstrap-'))
const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
const running: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(running.splice(0).map((stop) => stop())))
afterAll(() => rmSync(room, { recursive: true, force: true }))

const start = (...args: readonly string[]) => {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], { cwd: room, stdio: 'pipe' })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
  const ended = new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)))
  const hear = async (pattern: RegExp) => {
    while (!pattern.test(said)) {
      const over = await Promise.race([ended.then(() => true), new Promise<false>((done) => child.stdout.once('data', () => done(false)))])
      if (over && !pattern.test(said)) throw new Error(`not said: ${String(pattern)} but ${said}`)
    }
    return pattern.exec(said)!
  }
  running.push(() => {
    child.kill('SIGKILL')
    return ended
  })
  return { said: () => said, ended, hear }
}
const run = async (...args: readonly string[]) => {
  const { ended, said } = start(...args)
  return { code: await ended, said: said() }
}
const freePort = () =>
  new Promise<number>((done) => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => done(port))
    })
  })
const key = 'hex:00112233445566778899aabbccddeeff'
const file = (name: string, content: unknown) => {
  writeFileSync(join(room, name), typeof content === 'string' ? content : JSON.stringify(content))
  return name
}

describe('the file', () => {
  const server = { uri: 'coap://192.0.2.1', shortServerId: 1 }
  test.each<[string, unknown, RegExp]>([
    ['is no JSON', '{', /is no JSON/],
    ['is a list', [], /an object with an entry for each endpoint is needed/],
    ['has an entry without servers', { a: {} }, /"a", servers: a list is missing/],
    ['has a server without its URI', { a: { servers: [{ shortServerId: 1 }] } }, /servers\[0\], uri: a text is missing/],
    ['has a server of another scheme', { a: { servers: [{ ...server, uri: 'http://x' }] } }, /servers\[0\]: uri: coap:\/\/host:port/],
    ['has a Short Server ID of 0', { a: { servers: [{ ...server, shortServerId: 0 }] } }, /shortServerId: 1-65534/],
    ['has a Short Server ID twice', { a: { servers: [server, server] } }, /a Short Server ID is there twice/],
    ['has a misspelt word', { a: { servers: [{ ...server, lifetime: 60 }] } }, /"lifetime" is not known/],
    ['has a secured server without a key', { a: { servers: [{ ...server, uri: 'coaps://x' }] } }, /a coaps:\/\/ server needs one/],
    ['has a key and no identity', { a: { servers: [{ ...server, key }] } }, /identity and key go together/],
    ['has a key that is none', { a: { servers: [{ ...server, identity: 'a', key: 'hex:123' }] } }, /pairs of hexadecimal digits/],
    [
      'writes at no place',
      { a: { servers: [server], writes: [{ path: '/3', content: {} }] } },
      /writes\[0\]: an Object Instance or a Resource/,
    ],
    ['writes under no ID', { a: { servers: [server], writes: [{ path: '/3/0', content: { x: 1 } }] } }, /"x" is no ID/],
    ['deletes at no place', { a: { servers: [server], deletes: ['/3/0/1'] } }, /deletes\[0\]/],
  ])('that %s is said to be so, with the place', (_, content, words) => {
    expect(() => bootstrapConfigurations(typeof content === 'string' ? content : JSON.stringify(content))).toThrow(words)
  })

  test('that is wrong ends the command with 1, and no key is in what it says', async () => {
    const name = file('wrong.json', { a: { servers: [{ ...server, identity: 'a', key, keyy: 1 }] } })
    const { code, said } = await run('bootstrap-server', name)
    expect([code, said]).toEqual([1, expect.stringMatching(/wrong.json, "a", servers\[0\]: "keyy" is not known \[invalid\]/)])
    expect(said).not.toContain(key.slice(4))
  })
  test('that is right is said to be so by --check', async () => {
    const { code, said } = await run('bootstrap-server', file('right.json', { a: { servers: [server] } }), '--check')
    expect([code, said.trim()]).toEqual([0, 'right.json: 1 configuration'])
  })
})

describe('a client', () => {
  test('is given its key and registers with it; progress is shown, the key is not', async () => {
    const [port, coapsPort, bootstrapPort] = [await freePort(), await freePort(), await freePort()]
    file('credentials.json', [{ identity: 'device-1', key, endpointClientName: 'device-1' }])
    file('bootstrap.json', {
      'device-1': {
        servers: [{ uri: `coaps://127.0.0.1:${coapsPort}`, shortServerId: 7, identity: 'device-1', key, lifetimeSeconds: 600 }],
      },
    })
    const server = start('server', '--credentials', 'credentials.json', '-p', String(port), '--coaps-port', String(coapsPort), '--json')
    const bootstrap = start('bootstrap-server', 'bootstrap.json', '-p', String(bootstrapPort), '--no-pack')
    await server.hear(/"scheme":"coaps"/)
    await bootstrap.hear(/listening at coap:/)
    const client = start('client', '-s', `coap://127.0.0.1:${bootstrapPort}`, '--bootstrap', '-e', 'device-1', '--json')
    await bootstrap.hear(/device-1 \[4\/6\] write \/0\/1: 2.04/)
    await bootstrap.hear(/device-1 is bootstrapped/)
    await server.hear(/"event":"registered","endpoint":"device-1","remote":"coaps:/)
    for (const { said } of [server, bootstrap, client]) expect(said()).not.toContain(key.slice(4))
  }, 30_000)

  test('that is not in the file is refused', async () => {
    const port = await freePort()
    const bootstrap = start(
      'bootstrap-server',
      file('other.json', { other: { servers: [{ uri: 'coap://192.0.2.1', shortServerId: 1 }] } }),
      '-p',
      String(port),
      '--json',
    )
    await bootstrap.hear(/"type":"listening"/)
    start('client', '-s', `coap://127.0.0.1:${port}`, '--bootstrap', '-e', 'device-1', '--json')
    await bootstrap.hear(/"type":"refused".*"code":"4.00"|"code":"4.00".*"type":"refused"/)
  }, 30_000)
})
