/** The command line over coaps: keys are made, found and refused, and none of them is ever printed. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'

const room = mkdtempSync(join(tmpdir(), 'lwm2m-rx-secure-'))
const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
const running: { readonly stop: () => Promise<void> }[] = []
afterEach(() => Promise.all(running.splice(0).map(({ stop }) => stop())))
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
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  running.push({ stop })
  return { child, said: () => said, ended, hear }
}
const run = async (...args: readonly string[]) => {
  const { ended, said } = start(...args)
  return { code: await ended, said: said() }
}
const freePort = () =>
  new Promise<string>((done) => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => done(String(port)))
    })
  })
const keyOf = (name: string) => readFileSync(join(room, `${name}.key`), 'utf8').trim()

describe('lwm2m-rx keys', () => {
  test('makes a key for each endpoint, readable by its owner alone, and prints none', async () => {
    const { code, said } = await run('keys', 'one', 'two')
    expect(code).toBe(0)
    expect(said).toContain('--psk-key @one.key')
    for (const name of ['one', 'two']) {
      expect(keyOf(name)).toMatch(/^hex:[0-9a-f]{32}$/)
      expect(said).not.toContain(keyOf(name).slice(4))
      expect(statSync(join(room, `${name}.key`)).mode & 0o077).toBe(0)
    }
    expect(statSync(join(room, 'credentials.json')).mode & 0o077).toBe(0)
    expect(keyOf('one')).not.toBe(keyOf('two'))
  })

  test('never overwrites one', async () => {
    const before = keyOf('one')
    const { code, said } = await run('keys', 'one')
    expect([code, said]).toEqual([1, expect.stringContaining('one is in credentials.json')])
    expect(keyOf('one')).toBe(before)
  })
})

describe('server and client', () => {
  const server = async () => {
    const [port, coapsPort] = [await freePort(), await freePort()]
    const talker = start('server', '--credentials', 'credentials.json', '-p', port, '--coaps-port', coapsPort, '--json')
    await talker.hear(/"scheme":"coaps"/)
    return { ...talker, uri: `coaps://127.0.0.1:${coapsPort}`, plain: `coap://127.0.0.1:${port}` }
  }
  const client = (uri: string, endpoint: string, identity: string, key: string) =>
    start('client', '-s', uri, '-e', endpoint, '--psk-identity', identity, '--psk-key', key, '--json', '-v')

  test('register with the key of the file, under the name of the identity only', async () => {
    const peer = await server()
    const device = client(peer.uri, 'one', 'one', '@one.key')
    await device.hear(/"state":"registered"/)
    await peer.hear(/"event":"registered","endpoint":"one"/)
    const thief = client(peer.uri, 'one', 'two', '@two.key')
    await thief.hear(/"detail":"4.00"/)
    const liar = client(peer.uri, 'one', 'one', 'hex:00112233445566778899aabbccddeeff')
    await liar.hear(/"state":"waiting","reason":"unreachable"/)
    await peer.hear(/"event":"unheard","reason":"handshake","address":"127.0.0.1:\d+","failure":"wrong-key","identity":"one"/)
    const open = start('client', '-s', peer.plain, '-e', 'three', '--json')
    await open.hear(/"detail":"4.03"/)
    const all = [peer, device, thief, liar, open].map(({ said }) => said()).join('')
    for (const name of ['one', 'two']) expect(all).not.toContain(keyOf(name).slice(4))
    expect(all).not.toContain('00112233445566778899aabbccddeeff')
  })
})

test.each([[[]], [['--mode', 'push']]])('the demo over DTLS, %j: everything goes over coaps, and it says so', async (how) => {
  const { code, said } = await run('demo', '--secure', '--size', '1', '--json', ...how)
  expect(code).toBe(0)
  const lines = said
    .trim()
    .split('\n')
    .flatMap((line) =>
      line.startsWith('{') ? [JSON.parse(line) as { readonly event: string; readonly uri?: string; readonly remote?: string }] : [],
    )
  const seen = (event: string) => lines.find((line) => line.event === event)
  expect(seen('secure')).toBeDefined()
  expect(seen('listening-bootstrap')?.uri).toMatch(/^coaps:/)
  expect(lines.findIndex(({ event }) => event === 'bootstrap')).toBeLessThan(lines.findIndex(({ event }) => event === 'registered'))
  expect(seen('bootstrap')?.remote).toMatch(/^coaps:/)
  expect(seen('listening')?.uri).toMatch(/^coaps:/)
  expect(seen('registered')?.remote).toMatch(/^coaps:/)
  expect(seen('installed')).toBeDefined()
})

describe('what is missing or wrong', () => {
  test.each([
    [['client', '-s', 'coaps://127.0.0.1', '-e', 'x'], /needs an identity and a key/],
    [['coap', 'get', 'coaps://127.0.0.1/x'], /needs an identity and a key/],
    [['coap', 'get', 'coaps://127.0.0.1/x', '--psk-identity', 'x'], /an identity and a key are needed/],
    [['coap', 'get', 'coaps://127.0.0.1/x', '--psk-identity', 'x', '--psk-key', '@nowhere'], /nowhere cannot be read/],
    [['coap', 'get', 'coaps://127.0.0.1/x', '--psk-identity', 'x', '--psk-key', 'hex:topsecret'], /pairs of hexadecimal/],
    [['server', '--psk-identity', 'x', '--psk-key', ''], /1 to 64/],
    [['server', '--psk-identity', 'x', '--psk-key', 'topsecret', '--credentials', 'credentials.json'], /not both/],
    [['demo', '--secure', '--protocol', 'http'], /would not be secured/],
  ])('%j', async (args, message) => {
    const { code, said } = await run(...args)
    expect(code).toBe(1)
    expect(said).toMatch(message)
    expect(said).not.toContain('topsecret')
  })

  test('a file of credentials that is no JSON: nobody comes in, and nothing of it is said', async () => {
    writeFileSync(join(room, 'broken.json'), '[{"identity":"one","key":"topsecret"')
    const { code, said } = await run('keys', 'three', '-f', 'broken.json')
    expect([code, said]).toEqual([1, expect.stringContaining('broken.json is no list')])
    expect(said).not.toContain('topsecret')
  })
})
