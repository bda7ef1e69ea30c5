/** Pulling from libcoap's server over UDP, TCP and DTLS with a pre-shared key, into a file (RFC 7959 §2.4, RFC 8323, RFC 7252 §9). */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastValueFrom, of, takeWhile } from 'rxjs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { download, memoryIn, storedIn } from '../../src/index.ts'
import { live } from '../../src/platform/live.ts'
import { bytesOf, identity } from './dtls.ts'
import { folder, freePort, run, serve, type Peer } from './peer.ts'

const words = 'a key in letters'
const room = folder()
const peers: Peer[] = []
afterEach(() => Promise.all(peers.splice(0).map((peer) => peer.stop())))
afterAll(() => room.remove())
const bytes = randomBytes(1_000_003)
const sha256 = createHash('sha256').update(bytes).digest('hex')
const dtls = { credentials: { own: () => of({ identity: bytesOf(identity), key: new Secret(bytesOf(words)) }) } }

/** A server with the file. Its DTLS port is the one after the other. */
const server = async (scheme: 'coap' | 'coaps' | 'coap+tcp'): Promise<string> => {
  const port = await freePort()
  const secure = scheme === 'coaps'
  const tool = secure ? 'openssl' : 'notls'
  const key = secure ? ['-k', words] : []
  const at = (path: string) => `${scheme === 'coaps' ? 'coaps' : 'coap'}://127.0.0.1:${secure ? port + 1 : port}/${path}`
  const client = (...args: readonly string[]) =>
    run(`coap-client-${tool}`, ['-B', '5', ...(secure ? ['-u', identity] : []), ...key, ...args], { cwd: room.path })
  const ready = async () => (await client(at(''))).stdout.length > 0
  peers.push(await serve(`coap-server-${tool}`, ['-A', '127.0.0.1', '-p', String(port), '-d', '10', ...key], room.path, ready))
  writeFileSync(join(room.path, 'image'), bytes)
  await client('-m', 'put', '-b', '1024', '-f', join(room.path, 'image'), at('image'))
  return scheme === 'coap+tcp' ? `coap+tcp://127.0.0.1:${port}/image` : at('image')
}

describe.each(['coap', 'coap+tcp', 'coaps'] as const)('a download over %s from libcoap', (scheme) => {
  const options = (path: string) => {
    const env = live({ folder: path })
    return { ...env, ...storedIn(env.storage), dtls, sha256, memory: memoryIn(env.storage, 'download') }
  }
  test('is the file', async () => {
    const path = join(room.path, `whole-${scheme}`)
    await lastValueFrom(download(await server(scheme), options(path)))
    expect(readFileSync(join(path, 'firmware.body')).equals(bytes)).toBe(true)
  })
  test('interrupted starts over once, and says so: this server gives each transfer an entity tag of its own', async () => {
    const path = join(room.path, `resumed-${scheme}`)
    const uri = await server(scheme)
    await lastValueFrom(download(uri, options(path)).pipe(takeWhile((seen) => seen.bytes < 600_000)))
    const last = await lastValueFrom(download(uri, options(path)))
    expect(last).toMatchObject({ phase: 'stored', restarts: 1, sha256 })
    expect(readFileSync(join(path, 'firmware.body')).equals(bytes)).toBe(true)
  })
})
