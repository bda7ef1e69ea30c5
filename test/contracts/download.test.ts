/** Downloads over real HTTP on loopback, plain and over TLS: broken connections, silence, redirections (RFC 9110 §14, §15.4). */
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { asyncScheduler, lastValueFrom } from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import { download, type DownloadOptions } from '../../src/firmware/download.ts'
import { memory, type Stored } from '../../src/simulation/storage.ts'
import { clientOf, schemes, serving as listening, type Scheme } from './web.ts'

const file = randomBytes(1 << 20)
const etag = '"one"'
const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A server; gives the URL of its file, the ranges that were asked for, and of which file. */
const serving = async (scheme: Scheme, answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) => {
  const ranges: (string | undefined)[] = []
  const conditions: (string | string[] | undefined)[] = []
  const { at, close } = await listening(scheme, (request, response) => {
    ranges.push(request.headers.range)
    conditions.push(request.headers['if-range'])
    answer(request, response, ranges.length)
  })
  closing.push(close)
  return { url: `${scheme}://${at}/file`, ranges, conditions }
}
/** The file from where it is asked for; the connection breaks after so many octets. */
const send = ({ headers: { range } }: IncomingMessage, response: ServerResponse, octets = Infinity) => {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  const about = {
    etag,
    'content-length': file.length - from,
    ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` }),
  }
  response.writeHead(range === undefined ? 200 : 206, about)
  response.write(file.subarray(from, from + Math.min(octets, file.length)), () => {
    if (octets === Infinity) response.end()
    else response.destroy()
  })
}
const stored = async (url: string, more: Partial<DownloadOptions> = {}) => {
  const held: Stored = { values: new Map(), bodies: new Map() }
  const settings = {
    sink: memory(held).sink('file'),
    ask: () => {
      throw new Error('no CoAP')
    },
    http: await clientOf(url.startsWith('https:') ? 'https' : 'http'),
    scheduler: asyncScheduler,
    retryDelayMs: 1,
  }
  await lastValueFrom(download(url, { ...settings, ...more }))
  return createHash('sha256').update(held.bodies.get('file')!).digest('hex')
}
const sha256 = createHash('sha256').update(file).digest('hex')

describe.each(schemes)('a download over %s', (scheme) => {
  test('goes on where the connection broke, if the file is still the same [RFC 9110 §14.2]', async () => {
    const { url, ranges, conditions } = await serving(scheme, (request, response, count) =>
      send(request, response, count < 4 ? 200_000 : Infinity),
    )
    expect(await stored(url)).toBe(sha256)
    expect(ranges[0]).toBeUndefined()
    expect(ranges.length).toBe(4)
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/)
    expect(conditions).toEqual([undefined, etag, etag, etag])
  })
  test('from a server that falls silent ends in time, after its retries', async () => {
    const { url, ranges } = await serving(scheme, (_, response) => void response.writeHead(200, { etag, 'content-length': 100 }).write('x'))
    await expect(stored(url, { idleMs: 100, retries: 2 })).rejects.toMatchObject({ code: 'timeout' })
    expect(ranges.length).toBeGreaterThan(1)
  })
  test('follows a redirection', async () => {
    const { url } = await serving(scheme, (request, response) =>
      request.url === '/file' ? void response.writeHead(302, { location: '/there' }).end() : send(request, response),
    )
    expect(await stored(url)).toBe(sha256)
  })
  test('says no credentials of the URL in its error', async () => {
    const { url } = await serving(scheme, (_, response) => void response.writeHead(404).end())
    const error: unknown = await stored(url.replace('//', '//me:secret@')).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Lwm2mError)
    expect((error as Error).message).not.toContain('secret')
  })
})
