/** The command line's server with a database: killed, started anew, damaged, mended. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const all: ChildProcessWithoutNullStreams[] = []
const folders: string[] = []
afterEach(async () => {
  for (const child of all.splice(0)) child.kill('SIGKILL')
  for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true })
})
const start = (...args: readonly string[]) => {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args])
  all.push(child)
  let text = ''
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (chunk?: Buffer) => {
        text += chunk?.toString() ?? ''
        const found = pattern.exec(text)
        if (found !== null) resolve(found)
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      void closed.then(() => reject(new Error(`ended before ${pattern}:\n${text}`)))
      look()
    })
  return { child, closed, until, text: () => text }
}

test('a server that was killed knows its clients, and one whose database is damaged says so and is mended on request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lwm2m-rx-cli-'))
  folders.push(folder)
  const first = start('server', '--port', '0', '--store', folder)
  const [, port] = await first.until(/listening at coap:\/\/127\.0\.0\.1:(\d+)/)
  const device = start('client', '--server', `coap://127.0.0.1:${port}`, '--endpoint', 'thing')
  await first.until(/registered {3}thing from/)
  await device.until(/registered/)
  first.child.kill('SIGKILL')
  await first.closed
  device.child.kill('SIGKILL')

  const second = start('server', '--port', port!, '--store', folder)
  await second.until(/restored {5}thing from/)
  await second.until(/listening/)
  second.child.stdin.write('list\n')
  await second.until(/thing .*LwM2M 1\.2/)
  // One at a time.
  const third = start('server', '--port', '0', '--store', folder)
  await third.until(/in use \[invalid\]/)
  expect(await third.closed).toBe(1)
  second.child.kill('SIGKILL')
  await second.closed

  const base = join(folder, 'database')
  for (const name of await readdir(base)) if (name.startsWith('MANIFEST')) await writeFile(join(base, name), 'garbage')
  const fourth = start('server', '--port', port!, '--store', folder)
  await fourth.until(/damaged.*\[corrupt\]\n.*--repair/)
  expect(await fourth.closed).toBe(1)
  const fifth = start('server', '--port', port!, '--store', folder, '--repair')
  await fifth.until(/mended: /)
  await fifth.until(/restored {5}thing from/)
}, 60_000)
