/** `lwm2m-rx firmware pull | push | explain` as processes of their own, over loopback. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EMPTY, throwError } from 'rxjs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import { storedIn } from '../../src/firmware/image.ts'
import { firmware as firmwareObject } from '../../src/firmware/pipeline.ts'
import { live } from '../../src/platform/live.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const running: ChildProcessWithoutNullStreams[] = []
const closing: (() => void)[] = []
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lwm2m-rx-flight-'))
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  for (const close of closing.splice(0)) close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}
const begin = (...args: readonly string[]) => {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], { cwd: folder })
  running.push(child)
  let stdout = ''
  let stderr = ''
  const looks = new Set<() => void>()
  child.stdout.on('data', (chunk: Buffer) => ((stdout += chunk.toString()), looks.forEach((look) => look())))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Run>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(stdout)
        if (found !== null) resolve(found)
      }
      void ended.then((run) => reject(new Error(`ended before ${pattern}: ${JSON.stringify(run)}`)))
      looks.add(look)
      look()
    })
  return { child, ended, until }
}
const firmware = (...args: readonly string[]): Promise<Run> => begin('firmware', ...args).ended

/** An HTTP server of one file; the first answers break off after so many octets. */
const serving = async (bytes: Buffer, breaks: number, status = 200): Promise<string> => {
  let asked = 0
  const server = createServer((request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (status !== 200) return void response.writeHead(status).end()
    response.writeHead(from === 0 ? 200 : 206, {
      etag: '"one"',
      'content-length': bytes.length - from,
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    })
    if (++asked > breaks) return void response.end(bytes.subarray(from))
    response.write(bytes.subarray(from, from + 100_000), () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => (server.closeAllConnections(), server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2.bin?key=hush`
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('pull goes on where the connection broke, says what came, and its recording is explained', async () => {
  const bytes = randomBytes(300_000)
  const uri = await serving(bytes, 1)
  const { code, stdout, stderr } = await firmware('pull', uri, '--record', 'pull.json', '--sha256', sha256(bytes))
  expect(code, stderr).toBe(0)
  expect(stdout).toContain(`sha256:${sha256(bytes)}`)
  expect(sha256(await readFile(join(folder, 'v2.bin')))).toBe(sha256(bytes))
  expect((await readdir(folder)).filter((name) => name.includes('.part'))).toEqual([])
  expect(await readFile(join(folder, 'pull.json'), 'utf8')).not.toContain('hush')
  const explained = await firmware('explain', 'pull.json')
  expect(explained.code).toBe(0)
  expect(explained.stdout).toMatch(/downloaded: 300,000 octets in .* 1 times resumed.*\[none\]/)
})

test('pull says why it failed, in words and as JSON, with exit codes', async () => {
  const missing = await firmware('pull', await serving(Buffer.alloc(1), 0, 404), '--record', 'failed.json')
  expect(missing.code).toBe(4)
  expect(missing.stderr).toMatch(/the download failed .*404.*\[not-found\]/)
  expect(await readFile(join(folder, 'failed.json'), 'utf8')).not.toContain('hush')
  const explained = await firmware('explain', 'failed.json', '--json')
  expect(explained.code).toBe(1)
  expect(JSON.parse(explained.stdout)).toMatchObject({ outcome: 'failed', cause: 'not-found' })
  const wrong = await firmware('pull', await serving(Buffer.alloc(10), 0), '--sha256', '0'.repeat(64), '--json')
  expect(wrong.code).toBe(1)
  expect(JSON.parse(wrong.stdout.trim().split('\n').at(-1)!)).toMatchObject({ event: 'failed', code: 'firmware' })
  expect((await firmware('pull', 'coap://127.0.0.1/')).code).toBe(2)
  expect((await firmware('explain', 'nothing.json')).code).toBe(2)
  expect((await firmware('pull')).code).toBe(2)
  expect((await firmware('pull', '--help')).stdout).toContain('Exit codes')
})

test.each([
  ['a push', []],
  ['a pull', ['--pull']],
  ['a pull over HTTP', ['--pull', '--protocol', 'http']],
] as const)('push waits for the device and updates it by %s, with a summary and a recording', async (_, how) => {
  const bytes = randomBytes(50_000)
  await writeFile(join(folder, 'image.bin'), bytes)
  const server = begin('firmware', 'push', 'thing', 'image.bin', '--port', '0', '--record', 'push.json', ...how)
  const [, port] = await server.until(/listening at coap:\/\/127\.0\.0\.1:(\d+), waiting for thing/)
  begin('client', '--server', `coap://localhost:${port}`, '--endpoint', 'thing')
  const { code, stdout, stderr } = await server.ended
  expect(code, stderr).toBe(0)
  expect(stdout).toMatch(new RegExp(`updated thing: .*sha256:${sha256(bytes)}\nupdated: 50,000 octets in .*\\[none\\]`))
  const explained = await firmware('explain', 'push.json', '--json')
  expect(JSON.parse(explained.stdout)).toMatchObject({ client: 'thing', outcome: 'succeeded', cause: 'none' })
})

test('push to a device that never comes says so', async () => {
  await writeFile(join(folder, 'image.bin'), 'x')
  const { code, stderr } = await firmware('push', 'nobody', 'image.bin', '--port', '0', '--wait', '1')
  expect(code).toBe(1)
  expect(stderr).toContain('nobody did not register within 1 s')
})

test('the prompt of the server says why an update failed, and shows its time line', async () => {
  const server = begin('server', '--port', '0')
  const [, port] = await server.until(/listening at coap:\/\/127\.0\.0\.1:(\d+)/)
  await writeFile(join(folder, 'image.bin'), 'x')
  const env = live({ folder: join(folder, 'device') })
  const install = () => throwError(() => new Lwm2mError('firmware', 'no such partition'))
  const objects = [deviceObject({ reboot: () => EMPTY }), firmwareObject({ store: storedIn(env.storage), install, reset: () => EMPTY })]
  const device = client(env, { endpointClientName: 'thing', servers: `coap://localhost:${port}`, objects }).run$.subscribe()
  closing.push(() => device.unsubscribe())
  await server.until(/registered +thing/)
  server.child.stdin.write('explain thing\n')
  await server.until(/no update of thing was ordered here/)
  server.child.stdin.write('update thing image.bin\n')
  await server.until(/thing: the update failed .*Result 8.*\[installation-failed\]; `explain thing` shows how it went/)
  server.child.stdin.write('explain thing\n')
  await server.until(/pull to thing: the update failed .*\n.*[\s\S]*began +pull to thing/)
})
