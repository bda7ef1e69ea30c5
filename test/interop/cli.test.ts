/** `lwm2m-rx coap` at libcoap's server, as a person uses it. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folder, freePort, mebibyte, octets, run, serve, type Ended, type Peer } from './peer.ts'

const room = folder()
const root = resolve(import.meta.dirname, '../..')
const command = ['--import', import.meta.resolve('tsx'), resolve(root, 'src/cli/main.ts'), 'coap']
let peer: Peer
let uri = ''
beforeAll(async () => {
  const port = await freePort()
  uri = `coap://127.0.0.1:${port}`
  const ready = async () => (await run('coap-client-notls', ['-B', '1', `${uri}/`])).stdout.length > 0
  peer = await serve('coap-server-notls', ['-A', '127.0.0.1', '-p', String(port), '-d', '100'], room.path, ready)
})
afterAll(async () => {
  await peer?.stop()
  room.remove()
})
const coap = (args: readonly string[], input?: Uint8Array | string): Promise<Ended> =>
  run(process.execPath, [...command, ...args], { cwd: room.path, ...(input === undefined ? {} : { input }) })

describe('lwm2m-rx coap', () => {
  test('put, get and delete; a path that is not there is exit code 4', async () => {
    expect((await coap(['put', `${uri}/light`, '-p', 'on'])).code).toBe(0)
    const { code, stdout } = await coap(['get', `${uri}/light`])
    expect([code, stdout.toString()]).toEqual([0, 'on'])
    expect((await coap(['delete', `${uri}/light`, '--non'])).code).toBe(0)
    const gone = await coap(['get', `${uri}/light`])
    expect(gone.code).toBe(4)
    expect(gone.stderr).toContain('4.04')
  })

  test.each([16, 256, 1024])('a file goes there and comes back in blocks of %i', async (size) => {
    const body = octets(size === 1024 ? mebibyte : 300 * size + 5, size)
    const path = join(room.path, 'sent')
    writeFileSync(path, body)
    const put = await coap(['put', `${uri}/file-${size}`, '-f', path, '-t', '42', '--block-size', String(size)])
    expect([put.code, put.stderr]).toEqual([0, expect.stringContaining('2.01')])
    expect((await coap(['get', `${uri}/file-${size}`, '-o', 'got', '--block-size', String(size)])).code).toBe(0)
    expect(Buffer.compare(readFileSync(join(room.path, 'got')), body)).toBe(0)
  })

  test('standard input goes there, and comes back to standard output, whatever is lost', async () => {
    const body = octets(3_000, 2)
    expect((await coap(['put', `${uri}/piped`, '-t', '42', '--loss', '0.1', '--seed', '3'], body)).code).toBe(0)
    expect(Buffer.compare((await coap(['get', `${uri}/piped`, '--loss', '0.1', '--seed', '4'])).stdout, body)).toBe(0)
  })

  test('observe prints a line for each change until it is interrupted', async () => {
    const child = spawn(process.execPath, [...command, 'observe', `${uri}/time`, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    await new Promise<void>((done) => {
      child.stdout.on('data', (piece: Buffer) => {
        said += piece.toString()
        if (said.split('\n').length > 3) done()
      })
    })
    child.kill('SIGINT')
    expect(await new Promise((done) => child.once('close', done))).toBe(130)
    const lines = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly code: string; readonly text: string })
    expect(lines.map(({ code }) => code)).toEqual(lines.map(() => '2.05'))
    expect(new Set(lines.map(({ text }) => text)).size).toBe(lines.length)
  })
})
