/** The command line as processes of their own: a server with its prompt, a device, signals, a reader who has had enough. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A running command. */
class Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly closed: Promise<number | null>
  text = ''
  readonly #listeners = new Set<() => void>()
  constructor(args: readonly string[], cwd: string) {
    this.child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], { cwd })
    const take = (chunk: Buffer) => {
      this.text += chunk.toString()
      for (const listener of this.#listeners) listener()
    }
    this.child.stdout.on('data', take)
    this.child.stderr.on('data', take)
    this.closed = new Promise((resolve) => this.child.on('close', resolve))
  }
  /** The text once it matches. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.text)
        if (found === null) return
        this.#listeners.delete(look)
        resolve(found)
      }
      void this.closed.then(() => reject(new Error(`ended before ${pattern}:\n${this.text}`)))
      this.#listeners.add(look)
      look()
    })
  }
}
const running: Running[] = []
const folders: string[] = []
const folder = async () => {
  const made = await mkdtemp(join(tmpdir(), 'lwm2m-rx-cli-'))
  folders.push(made)
  return made
}
const start = async (...args: readonly string[]) => {
  const made = new Running(args, await folder())
  running.push(made)
  return made
}
afterEach(async () => {
  for (const { child, closed } of running.splice(0)) {
    child.kill('SIGKILL')
    await closed
  }
  for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true })
})
const pair = async () => {
  const server = await start('server', '--port', '0')
  const [, port] = await server.until(/listening at coap:\/\/127\.0\.0\.1:(\d+)/)
  const device = await start('client', '--server', `coap://localhost:${port}`, '--endpoint', 'thing')
  await server.until(/registered {3}thing from/)
  return { server, device, port: port! }
}

test('the prompt of the server lists, reads, writes, executes, discovers, observes and says what it does not know', async () => {
  const { server } = await pair()
  const say = async (line: string, answer: RegExp) => {
    server.text = ''
    server.child.stdin.write(`${line}\n`)
    await server.until(answer)
  }
  await say('list', /thing .*LwM2M 1\.2/)
  await say('read thing /3/0/0', /\/3\/0\/0 = lwm2m-rx/)
  await say('write thing /1/0/1 120', /2\.04/)
  await say('execute thing /1/0/8', /2\.04/)
  await say('discover thing /3303/0', /5700/)
  await say('observe thing /3303/0/5700', /thing: \/3303\/0\/5700 = \d/)
  await say('read thing /3/0/4', /4\.05/)
  await say('read nobody /3', /not registered.*\[not-registered\]/)
  await say('read thing nonsense', /a path is needed/)
  await say('dance', /dance\? `help`/)
  await say('help', /update ENDPOINT FILE/)
})

test('the prompt of the server updates firmware', async () => {
  const { server, device } = await pair()
  const file = join(await folder(), 'image.bin')
  await writeFile(file, Buffer.alloc(100_000, 7))
  server.child.stdin.write(`update thing ${file}\n`)
  const [, sha256] = await server.until(/updated thing: sha256:([0-9a-f]{64})/)
  await device.until(new RegExp(`installed, sha256:${sha256!}`))
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('on %s a device de-registers and ends with %i', async (signal, code) => {
  const { server, device } = await pair()
  await device.until(/server 0 knows us at/)
  device.child.kill(signal)
  expect(await device.closed).toBe(code)
  await server.until(/deregistered thing/)
})

test('a second signal ends a device at once, though the server is silent', async () => {
  const { server, device } = await pair()
  await device.until(/server 0 knows us at/)
  server.child.kill('SIGSTOP')
  device.child.kill('SIGINT')
  await device.until(/server 0 is told that we go/)
  const begun = performance.now()
  device.child.kill('SIGINT')
  expect(await device.closed).toBe(130)
  expect(performance.now() - begun).toBeLessThan(4_000) // de-registering would have taken five seconds
  server.child.kill('SIGCONT')
})

test('a reader who closes the pipe is no error', async () => {
  const { port } = await pair()
  const observer = await start('coap', 'get', `coap://127.0.0.1:${port}/.well-known/nothing`, '-v')
  observer.child.stdout.destroy()
  observer.child.stderr.destroy()
  expect([0, 4]).toContain(await observer.closed)
})
