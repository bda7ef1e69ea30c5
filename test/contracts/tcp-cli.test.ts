/** The command line over TCP: a server with a second port, a device, a request with its signals shown. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, test } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lwm2m-rx-tcp-'))
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
/** A command, and its words once they match. */
const start = (...args: readonly string[]) => {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], { cwd: tmpdir() })
  children.push(child)
  let text = ''
  const said = new Set<() => void>()
  const hear = (piece: Buffer) => {
    text += piece.toString()
    for (const look of said) look()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(text)
        if (found !== null) resolve(found)
      }
      said.add(look)
      child.once('close', () => setImmediate(() => reject(new Error(`ended before ${pattern}:\n${text}`))))
      look()
    })
  return { child, until }
}

test('a device registers over TCP, is read from the prompt, and a request shows its signals', async () => {
  const server = start('server', '--port', '0', '--tcp-port', '0')
  await server.until(/listening at coap:\/\/127\.0\.0\.1:\d+/)
  const uri = (await server.until(/listening at (coap\+tcp:\/\/127\.0\.0\.1:\d+)/))[1]!
  const device = start('client', '-s', uri, '-e', 'tcp-device', '--folder', folder)
  await server.until(/registered +tcp-device from coap\+tcp:\/\/127\.0\.0\.1:\d+/)
  server.child.stdin.write('read tcp-device /3/0/0\n')
  await server.until(/lwm2m-rx/)
  device.child.kill('SIGINT')
  await server.until(/deregistered tcp-device/)
  const get = start('coap', 'get', `${uri}/nothing`, '-v')
  await get.until(/-> coap\+tcp:\/\/\S+ .*7\.01/)
  await get.until(/4\.04/)
}, 30_000)
