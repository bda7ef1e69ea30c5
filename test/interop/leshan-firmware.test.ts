/** Leshan orders firmware over coaps: our client, registered there with a pre-shared key, pulls it from Leshan's own endpoint, restarts, and reports (LwM2M Core §E.6, Transport §5). */
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { concatMap, EMPTY, NEVER, tap, type Observable, type Subscription } from 'rxjs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { Secret } from '../../src/core/secret.ts'
import { storedIn, type FirmwareImage, type FirmwareStore } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { live } from '../../src/platform/live.ts'
import { folder, freePort, pause, serve, type Peer } from './peer.ts'

const room = folder()
const name = 'urn:dev:ops:1234-updated-over-coaps'
const key = randomBytes(16)
const image = randomBytes((1 << 20) + 17)
const sha256Of = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')
const sha256 = sha256Of(image)
let [plain, secured] = [0, 0]
let peer: Peer

beforeAll(async () => {
  ;[plain, secured] = [await freePort(), await freePort()]
  const file = join(room.path, 'image.bin')
  writeFileSync(file, image)
  const main = resolve(import.meta.dirname, 'libraries/LeshanServer.java')
  const args = ['-cp', `${resolve(import.meta.dirname, 'target/libraries')}/*`, main]
  const secrets = [String(secured), name, 'the device', key.toString('hex'), file]
  peer = await serve('java', [...args, String(plain), ...secrets], room.path, (said) => Promise.resolve(said.includes('ready')), 90_000)
}, 100_000)
afterAll(async () => {
  await peer?.stop()
  room.remove()
})

const until = async (holds: () => boolean, what: () => string, withinMs = 30_000): Promise<void> => {
  const late = Date.now() + withinMs
  while (!holds()) {
    if (Date.now() > late) throw new Error(`${what()}\n${peer.said()}`)
    await pause(10)
  }
}
/** What the server says after that place, once it has said it. */
const says = async (words: string, from: number): Promise<string> => {
  await until(
    () => peer.said().slice(from).includes(words) && peer.said().slice(peer.said().indexOf(words, from)).includes('\n'),
    () => `not said: ${words}`,
  )
  return peer
    .said()
    .slice(peer.said().indexOf(words, from) + words.length)
    .split('\n')[0]!
}
/** Asks the server to do something with the device; its answer. */
const asks = async (line: string): Promise<string> => {
  const from = peer.said().length
  peer.process.stdin!.write(`${line}\n`)
  return says(`answer ${line} = `, from)
}
/** Reads State or Result until it is that. */
const becomes = async (path: string, value: string): Promise<void> => {
  let last = ''
  for (let tries = 0; tries < 600; tries++) {
    last = await asks(`read TEXT ${path}`)
    if (last === `205 ${path}=${value}`) return
    await pause(25)
  }
  throw new Error(`${path} is not ${value}, but ${last}`)
}

/** One life of the device; its storage outlives it. */
interface Life {
  readonly end: () => void
  /** Where the store was opened: the offsets at which downloads began. */
  readonly begun: readonly number[]
  /** Digests of what was being installed when this life ended. */
  readonly installing: readonly string[]
}
const lives: Subscription[] = []
afterEach(() => {
  lives.splice(0).forEach((life) => life.unsubscribe())
  storage.remove()
})
let storage: ReturnType<typeof folder>
beforeEach(() => {
  storage = folder()
})
const born = async (watch: (bytes: number) => void = () => {}): Promise<Life> => {
  const env = live({ folder: storage.path })
  const begun: number[] = []
  const installing: string[] = []
  const store = watched(storedIn(env.storage), begun, watch)
  const device = client(env, {
    endpointClientName: name,
    servers: {
      uri: `coaps://127.0.0.1:${secured}`,
      version: '1.1',
      lifetimeSeconds: 300,
      psk: { identity: 'the device', key: new Secret(key) },
    },
    objects: [
      deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
      firmware({
        store,
        // It reboots, and so never answers; the octets are those that the installer has read.
        install: (stored) =>
          octetsOf(stored).pipe(
            tap((octets) => installing.push(sha256Of(octets))),
            concatMap(() => NEVER),
          ),
        installed: () => EMPTY,
        reset: () => env.storage.remove('firmware'),
        installDelayMs: 0,
      }),
    ],
  })
  const from = peer.said().length
  const life = device.run$.subscribe()
  lives.push(life)
  await says(`registered ${name} 1.1 300`, from)
  return { end: () => life.unsubscribe(), begun, installing }
}
const watched = ({ sink, source }: FirmwareStore, begun: number[], watch: (bytes: number) => void): FirmwareStore => ({
  source,
  sink: {
    ...sink,
    open: (offset, about) => (begun.push(offset), sink.open(offset, about)),
    write: (bytes, offset) => sink.write(bytes, offset).pipe(tap({ complete: () => watch(offset + bytes.length) })),
  },
})
const octetsOf = ({ source, size }: FirmwareImage): Observable<Uint8Array> => source.read(0, size)
const uri = () => `coaps://127.0.0.1:${secured}/firmware`

test('it is pulled from the server over DTLS, installed over a restart, and reported: State 2, Result 1 [LwM2M Core §E.6]', async () => {
  const first = await born()
  const from = peer.said().length
  expect(await asks(`write TEXT /5/0/1 ${uri()}`)).toMatch(/^204/)
  await becomes('/5/0/3', '2')
  expect(await says('served to ', from)).toBe('the device from octet 0')
  expect(await asks('read TEXT /5/0/5')).toBe('205 /5/0/5=0')
  expect(first.installing).toEqual([])
  expect(await asks('execute /5/0/2')).toMatch(/^204/)
  await until(
    () => first.installing.length > 0,
    () => 'not installed',
  )
  expect(first.installing).toEqual([sha256])
  expect(await asks('read TEXT /5/0/3')).toBe('205 /5/0/3=3')
  first.end()
  const second = await born()
  await becomes('/5/0/5', '1')
  expect(await asks('read TEXT /5/0/3')).toBe('205 /5/0/3=0')
  expect([first.begun, second.begun, second.installing]).toEqual([[0], [], []])
})

test('a device that is switched off in the midst of it goes on where it was, on a new association [RFC 7959 §2.4]', async () => {
  let off = () => {}
  const first = await born((bytes) => bytes > 700_000 && off())
  off = first.end
  expect(await asks(`write TEXT /5/0/1 ${uri()}`)).toMatch(/^204/)
  await until(
    () => lives[0]!.closed,
    () => 'not switched off',
  )
  const from = peer.said().length
  const second = await born()
  expect(Number(await says('served to the device from octet ', from))).toBeGreaterThan(250_000)
  await becomes('/5/0/3', '2')
  expect(second.begun).toHaveLength(1)
  expect(second.begun[0]).toBeGreaterThan(250_000)
  expect(await asks('execute /5/0/2')).toMatch(/^204/)
  await until(
    () => second.installing.length > 0,
    () => 'not installed',
  )
  expect(second.installing).toEqual([sha256])
})

test('without a key for the place that the URI names nothing is asked there: 4.00 and Result 9 [LwM2M Core §E.6]', async () => {
  const life = await born()
  expect(await asks(`write TEXT /5/0/1 coaps://127.0.0.1:${plain}/firmware`)).toMatch(/^400/)
  expect(await asks('read TEXT /5/0/5')).toBe('205 /5/0/5=9')
  expect(await asks('read TEXT /5/0/3')).toBe('205 /5/0/3=0')
  expect(life.begun).toEqual([])
})

test('the same resource over coap is refused by the server: State 0 and Result 7 [LwM2M Core §E.6]', async () => {
  await born()
  expect(await asks(`write TEXT /5/0/1 coap://127.0.0.1:${plain}/firmware`)).toMatch(/^204/)
  await becomes('/5/0/5', '7')
  expect(await asks('read TEXT /5/0/3')).toBe('205 /5/0/3=0')
})
