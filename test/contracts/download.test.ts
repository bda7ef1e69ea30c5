/** Downloads over real HTTP on loopback: broken connections, silence, redirections (RFC 9110 §14, §15.4). */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asyncScheduler, lastValueFrom } from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import { download, type DownloadOptions } from '../../src/firmware/download.ts'
import { http } from '../../src/platform/http.ts'
import { memory, type Stored } from '../../src/simulation/storage.ts'

const file = randomBytes(1 << 20)
const etag = '"one"'
const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A server; gives the URL of its file, and the ranges that were asked for. */
const serving = async (answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) => {
  const ranges: (string | undefined)[] = []
  const server = createServer((request, response) => {
    ranges.push(request.headers.range)
    answer(request, response, ranges.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`, ranges }
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
    http,
    scheduler: asyncScheduler,
    retryDelayMs: 1,
  }
  await lastValueFrom(download(url, { ...settings, ...more }))
  return createHash('sha256').update(held.bodies.get('file')!).digest('hex')
}
const sha256 = createHash('sha256').update(file).digest('hex')

describe('a download over HTTP', () => {
  test('goes on where the connection broke, if the file is still the same [RFC 9110 §14.2]', async () => {
    const { url, ranges } = await serving((request, response, count) => send(request, response, count < 4 ? 200_000 : Infinity))
    expect(await stored(url)).toBe(sha256)
    expect(ranges[0]).toBeUndefined()
    expect(ranges.length).toBe(4)
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=\d+-$/)
  })
  test('from a server that falls silent ends in time, after its retries', async () => {
    const { url, ranges } = await serving((_, response) => void response.writeHead(200, { etag, 'content-length': 100 }).write('x'))
    await expect(stored(url, { idleMs: 100, retries: 2 })).rejects.toMatchObject({ code: 'timeout' })
    expect(ranges.length).toBeGreaterThan(1)
  })
  test('follows a redirection', async () => {
    const { url } = await serving((request, response) =>
      request.url === '/file' ? void response.writeHead(302, { location: '/there' }).end() : send(request, response),
    )
    expect(await stored(url)).toBe(sha256)
  })
  test('says no credentials of the URL in its error', async () => {
    const { url } = await serving((_, response) => void response.writeHead(404).end())
    const error: unknown = await stored(url.replace('//', '//me:secret@')).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Lwm2mError)
    expect((error as Error).message).not.toContain('secret')
  })
})
