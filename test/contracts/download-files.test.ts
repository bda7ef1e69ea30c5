/** Downloads from real files into real files: a restart, a redirection, a full disk, many at once, over HTTP and CoAP (RFC 7959 §2.4; RFC 9110 §14). */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstValueFrom, lastValueFrom, of, Subject, takeWhile, tap, toArray, type Subscription } from 'rxjs'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { coapEndpoint } from '../../src/coap.ts'
import {
  askOver,
  download,
  DownloadError,
  memoryIn,
  storedIn,
  type DownloadOptions,
  type Image,
  type Progress,
  type Steering,
} from '../../src/index.ts'
import { fileSource, live } from '../../src/platform/index.ts'
import { coapAnswer, httpAnswer } from '../../src/server/image/image.ts'
import { schemes, secured, serving, trusted, type Scheme } from './web.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))
const keep = (subscription: Subscription) => closing.push(() => subscription.unsubscribe())
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'lwm2m-rx-download-'))
  closing.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}
const bytes = randomBytes(1_500_001)
const sha256Of = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')
const sha256 = sha256Of(bytes)

/** An image in a file, served over one protocol; gives its URI. */
const served = async (protocol: (typeof protocols)[number], octets: Uint8Array = bytes): Promise<string> => {
  const path = join(folder(), 'image')
  writeFileSync(path, octets)
  const source = await firstValueFrom(fileSource(path))
  const image: Image = { name: 'image', source, size: octets.length }
  const socket = { listen: { address: '127.0.0.1', port: 0 } }
  const env = live({ folder: folder() })
  const isWeb = protocol === 'http' || protocol === 'https'
  const listening = await new Promise<{ readonly port: number }>((resolve, reject) => {
    const at$ = isWeb
      ? env.http.serve({ address: '127.0.0.1', port: 0 }, (request) => of(httpAnswer(image, request)))
      : coapEndpoint(env, {
          ...(protocol === 'coap' ? { socket } : { tcp: socket }),
          handler: (request) => of(coapAnswer(image, request)),
        }).up$
    keep(
      at$.subscribe({
        next: (word) => word.type === 'listening' && word.scheme === (isWeb ? 'http' : protocol) && resolve(word),
        error: reject,
      }),
    )
  })
  if (protocol !== 'https') return `${protocol}://127.0.0.1:${listening.port}/image`
  const { at, close } = await secured(listening.port)
  closing.push(close)
  return `https://${at}/image`
}
let ca = ''
beforeAll(async () => {
  ca = await trusted()
})
const device = (path: string = folder()) => {
  const env = live({ folder: path, tls: { ca } })
  const options: DownloadOptions = {
    ...env,
    ...storedIn(env.storage),
    memory: memoryIn(env.storage, 'download'),
    sha256: true,
    retryDelayMs: 20,
  }
  return { env, options, stored: () => readFileSync(join(path, 'firmware.body')) }
}
const protocols = ['http', 'https', 'coap', 'coap+tcp'] as const

describe.each(protocols)('a download over %s', (protocol) => {
  test('on a link of its own stores the file, and says what it is', async () => {
    const { options, stored } = device()
    const progress = await lastValueFrom(download(await served(protocol), options).pipe(toArray()))
    expect(sha256Of(stored())).toBe(sha256)
    expect(progress.at(-1)).toMatchObject({ phase: 'stored', bytes: bytes.length, total: bytes.length, attempt: 0, sha256 })
  })
  test('that was interrupted goes on in another life where it was, and reads again what it did not see [RFC 7959 §2.4]', async () => {
    const uri = await served(protocol)
    const path = folder()
    await lastValueFrom(download(uri, device(path).options).pipe(takeWhile((seen) => seen.bytes < 900_000)))
    const { options, stored } = device(path)
    const opened: number[] = []
    const { sink } = options
    const watched = { ...sink, open: (offset: number, about = {}) => (opened.push(offset), sink.open(offset, about)) }
    const seen = await lastValueFrom(download(uri, { ...options, sink: watched }).pipe(toArray()))
    const last = seen.at(-1)!
    // As much in a message as both sides take, as from the start (RFC 8323 §6).
    const pieces = seen.flatMap(({ bytes: stored }, at) => (at === 0 ? [] : [stored - seen[at - 1]!.bytes]))
    expect(Math.max(...pieces.slice(2)) > 1_024).toBe(protocol !== 'coap')
    expect(opened.length).toBe(1)
    expect(opened[0]).toBeGreaterThan(500_000)
    expect(last).toMatchObject({ phase: 'stored', sha256, restarts: 0 })
    expect(sha256Of(stored())).toBe(sha256)
  })
  test('of what is too large for the disk fails before its first octet, with its reason', async () => {
    const { options } = device()
    const opened: number[] = []
    const sink = { ...options.sink, free: () => of(1_000), open: (offset: number) => (opened.push(offset), options.sink.open(offset)) }
    await expect(lastValueFrom(download(await served(protocol), { ...options, sink }))).rejects.toMatchObject({
      reason: 'no-space',
      bytes: 0,
    })
    await expect(lastValueFrom(download(await served(protocol), { ...options, bytesMax: 1_000 }))).rejects.toMatchObject({
      reason: 'too-large',
    })
    expect(opened).toEqual([])
  })
  test('with a wrong digest is refused, and nothing of it is gone on with', async () => {
    const { options, env } = device()
    const wrong = { ...options, sha256: 'ab'.repeat(32) }
    await expect(lastValueFrom(download(await served(protocol), wrong))).rejects.toMatchObject({ reason: 'checksum' })
    expect(await firstValueFrom(env.storage.read('download'))).toBeUndefined()
  })
  test('keeps to its rate', async () => {
    const { options } = device()
    const begun = performance.now()
    await lastValueFrom(download(await served(protocol, bytes.subarray(0, 300_000)), { ...options, bytesPerSecond: 500_000 }))
    expect(performance.now() - begun).toBeGreaterThan(450)
  })
  test('rests and goes on as it is told, and loses nothing', async () => {
    const { options, stored } = device()
    const steer$ = new Subject<Steering>()
    const seen: Progress[] = []
    const uri = await served(protocol)
    await lastValueFrom(
      download(uri, { ...options, steer$ }).pipe(
        tap((progress) => {
          const last = seen.at(-1)
          seen.push(progress)
          if (progress.bytes > 400_000 && (last?.bytes ?? 0) <= 400_000) steer$.next('suspend')
          if (progress.phase === 'suspended') setTimeout(() => steer$.next('resume'), 50)
        }),
      ),
    )
    expect(seen.filter(({ phase }) => phase === 'suspended').length).toBeGreaterThan(0)
    expect(sha256Of(stored())).toBe(sha256)
  })
  test('is served to many at once', async () => {
    const uri = await served(protocol, bytes.subarray(0, 100_000))
    const all = await Promise.all(Array.from({ length: 12 }, () => lastValueFrom(download(uri, device().options))))
    for (const { sha256: said } of all) expect(said).toBe(sha256Of(bytes.subarray(0, 100_000)))
  })
})

test('a download over a link that there is already takes no other', async () => {
  const uri = await served('coap')
  const { options, env, stored } = device()
  const endpoint = coapEndpoint(env)
  const opened: string[] = []
  keep(endpoint.up$.subscribe((word) => word.type === 'opened' && opened.push(word.remote)))
  endpoint.say({ type: 'open', remote: 'the server', uri })
  await lastValueFrom(download(uri, { ...options, ask: askOver(endpoint, 'the server') }))
  expect(sha256Of(stored())).toBe(sha256)
  expect(opened).toEqual(['the server'])
})
test('a download of what is no URI, of no known scheme, or with settings that cannot be meant fails with a reason', async () => {
  const reasonOf = (uri: string, more: Partial<DownloadOptions> = {}) =>
    lastValueFrom(download(uri, { ...device().options, ...more })).then(
      () => 'stored',
      (error: unknown) => (error instanceof DownloadError ? error.reason : String(error)),
    )
  expect(await reasonOf('ftp://127.0.0.1/f')).toBe('scheme')
  expect(await reasonOf('firmware.bin')).toBe('scheme')
  expect(await reasonOf('coap://[')).toBe('uri')
  expect(await reasonOf('http://[')).toBe('uri')
  expect(await reasonOf('coap://127.0.0.1/f', { bytesPerSecond: 1 })).toBe('uri')
  expect(await reasonOf('coap://127.0.0.1/f', { sha256: 'ab' })).toBe('uri')
  expect(await reasonOf('coap://127.0.0.1/f', { hours: { from: '25:00', until: '26:00' } })).toBe('uri')
  expect(await reasonOf('http://127.0.0.1:1/f', { retries: 0 })).toBe('unreachable')
})

describe('a redirected download', () => {
  const answering = async (
    scheme: Scheme,
    answer: (request: IncomingMessage) => { status: number; location?: string; body?: Uint8Array },
  ) => {
    const asked: { readonly path: string; readonly authorization: string | undefined }[] = []
    const { at, close } = await serving(scheme, (request, response) => {
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization })
      const { status, location, body } = answer(request)
      response.writeHead(status, location === undefined ? {} : { location }).end(body)
    })
    closing.push(close)
    return { at, asked }
  }
  test.each([
    ['http', 'http'],
    ['http', 'https'],
    ['https', 'https'],
  ] as const)('from %s to %s takes its credentials to its own server, and to no other [RFC 9110 §15.4]', async (from, to) => {
    const other = await answering(to, () => ({ status: 200, body: bytes.subarray(0, 100) }))
    const own = await answering(from, ({ url }) =>
      url === '/f' ? { status: 302, location: '/g' } : { status: 307, location: `${to}://${other.at}/h` },
    )
    const { options, stored } = device()
    await lastValueFrom(download(`${from}://me:secret@${own.at}/f`, options))
    expect(stored().equals(bytes.subarray(0, 100))).toBe(true)
    expect(own.asked.map(({ path, authorization }) => [path, authorization !== undefined])).toEqual([
      ['/f', true],
      ['/g', true],
    ])
    expect(other.asked).toEqual([{ path: '/h', authorization: undefined }])
  })
  test('from https to http is refused, and nobody is asked there', async () => {
    const other = await answering('http', () => ({ status: 200, body: bytes.subarray(0, 100) }))
    const own = await answering('https', () => ({ status: 302, location: `http://${other.at}/h` }))
    await expect(lastValueFrom(download(`https://${own.at}/f`, device().options))).rejects.toMatchObject({
      reason: 'redirect',
      bytes: 0,
      retryable: false,
    })
    expect([own.asked.length, other.asked.length]).toEqual([1, 0])
  })
  test.each(schemes)('over %s that goes round in circles ends', async (scheme) => {
    const own = await answering(scheme, () => ({ status: 302, location: '/f' }))
    const failed$ = lastValueFrom(download(`${scheme}://${own.at}/f`, { ...device().options, redirectsMax: 3 }))
    await expect(failed$).rejects.toMatchObject({ reason: 'redirect', code: 'response' })
    expect(own.asked.length).toBe(4)
  })
})
