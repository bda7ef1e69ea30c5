/** HTTP over loopback, plain and over TLS: the client and the server of the platform. */
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { EMPTY, firstValueFrom, NEVER, of, Subject, throwError, type Observable, type Subscription } from 'rxjs'
import type { RequestListener } from 'node:http'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Http, HttpRequest, HttpResponse, HttpServed } from '../../src/core/ports.ts'
import { followable, http } from '../../src/platform/http.ts'
import { bytesSource } from '../../src/simulation/storage.ts'
import { clientOf, schemes, secured, serving } from './web.ts'

const open: (() => unknown)[] = []
afterEach(() => open.splice(0).forEach((stop) => stop()))
const keep = (subscription: Subscription) => open.push(() => subscription.unsubscribe())

type Handler = Parameters<typeof http.serve>[1]
const whole = async ({ next }: HttpResponse): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = []
  for (;;) {
    const piece = await firstValueFrom(next)
    if (piece === undefined) return Buffer.concat(pieces)
    pieces.push(piece)
  }
}
const image = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 7) & 255)
/** A server of one file, with ranges. */
const fileServer: Handler = ({ path, headers }): Observable<HttpServed> => {
  if (path !== '/image') return EMPTY
  const from = Number(/^bytes=(\d+)-$/.exec(headers['range'] ?? '')?.[1] ?? -1)
  const source = bytesSource(image)
  return from < 0
    ? of({ status: 200, headers: { 'content-type': 'application/octet-stream' }, body: { source, offset: 0, length: image.length } })
    : of({
        status: 206,
        headers: { 'content-range': `bytes ${from}-${image.length - 1}/${image.length}` },
        body: { source, offset: from, length: image.length - from },
      })
}

describe.each(schemes)('%s:', (scheme) => {
  let ask: Http
  beforeAll(async () => {
    ask = await clientOf(scheme)
  })
  const served = async (handler: Handler, port = 0): Promise<string> => {
    const plain = await new Promise<number>((resolve, reject) =>
      keep(http.serve({ address: '127.0.0.1', port }, handler).subscribe({ next: (at) => resolve(at.port), error: reject })),
    )
    if (scheme === 'http') return `http://127.0.0.1:${plain}`
    const { at, close } = await secured(plain)
    open.push(close)
    return `https://${at}`
  }
  /** Node's own server. */
  const listened = async (listener: RequestListener): Promise<string> => {
    const { at, close } = await serving(scheme, listener)
    open.push(close)
    return `${scheme}://${at}`
  }
  const asked = (request: HttpRequest): Promise<HttpResponse> =>
    new Promise((resolve, reject) => keep(ask.request(request).subscribe({ next: resolve, error: reject })))

  describe('a download', () => {
    test('gives status, headers in lower case, and the body by pieces', async () => {
      const response = await asked({ url: `${await served(fileServer)}/image` })
      expect(response.status).toBe(200)
      expect(response.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-length': String(image.length) })
      expect(Buffer.compare(await whole(response), image)).toBe(0)
      expect(await firstValueFrom(response.next)).toBeUndefined()
    })

    test('goes on from an offset by Range [RFC 9110 §14.2]', async () => {
      const response = await asked({ url: `${await served(fileServer)}/image`, headers: { range: 'bytes=999000-' } })
      expect(response.status).toBe(206)
      expect(Buffer.compare(await whole(response), image.subarray(999_000))).toBe(0)
    })

    test('of HEAD has the length but no body [RFC 9110 §9.3.2]', async () => {
      const response = await asked({ url: `${await served(fileServer)}/image`, method: 'HEAD' })
      expect(response.headers['content-length']).toBe(String(image.length))
      expect((await whole(response)).length).toBe(0)
    })

    test('of what is not there is a response, not an error', async () => {
      expect((await asked({ url: `${await served(fileServer)}/nothing` })).status).toBe(404)
      expect((await asked({ url: `${await served(() => throwError(() => 'broken'))}/image` })).status).toBe(500)
      const thrower = () => {
        throw new Error('broken')
      }
      expect((await asked({ url: `${await served(thrower)}/image` })).status).toBe(500)
    })

    test('that comes encoded though it was not asked for is decoded, and breaks where it does [RFC 9110 §8.4]', async () => {
      const packed = gzipSync(image)
      const url = await listened(({ url: path }, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length })
        response.write(packed.subarray(0, packed.length >> 1), () =>
          path === '/whole' ? response.end(packed.subarray(packed.length >> 1)) : response.destroy(),
        )
      })
      const response = await asked({ url: `${url}/whole` })
      expect(response.headers['content-encoding']).toBe('gzip')
      expect(Buffer.compare(await whole(response), image)).toBe(0)
      await expect(asked({ url: `${url}/half` }).then(whole)).rejects.toMatchObject({ code: 'unreachable' })
    })

    test('reads no further than it is asked', async () => {
      let read = 0
      const endless: Handler = () =>
        of({
          status: 200,
          body: {
            source: {
              size: undefined,
              etag: undefined,
              read: (_, count) => {
                read += count
                return of(new Uint8Array(count))
              },
            },
            offset: 0,
            length: 1_000_000_000,
          },
        })
      const response = await asked({ url: await served(endless) })
      await firstValueFrom(response.next)
      for (let i = 0; i < 20; i++) await new Promise((turn) => setImmediate(turn))
      expect(read).toBeLessThan(50_000_000)
    })

    test('that is unsubscribed ends the connection', async () => {
      const gone = new Subject<void>()
      const url = await listened((request, response) => {
        response.write('some')
        request.on('close', () => gone.next())
      })
      const ended = firstValueFrom(gone, { defaultValue: undefined })
      const request = ask.request({ url }).subscribe(() => request.unsubscribe())
      await ended
    })

    test('of a server that answers nothing is waited for until unsubscribed', async () => {
      const url = await served(() => NEVER)
      let heard = false
      const request = ask.request({ url }).subscribe({ next: () => (heard = true), error: () => (heard = true) })
      for (let i = 0; i < 10; i++) await new Promise((turn) => setImmediate(turn))
      request.unsubscribe()
      expect(heard).toBe(false)
    })
  })

  describe('a failure of the network', () => {
    test('is unreachable when nobody listens, and shows no credentials', async () => {
      const server = createTcpServer().listen(0, '127.0.0.1')
      await new Promise((up) => server.once('listening', up))
      const { port } = server.address() as AddressInfo
      await new Promise((down) => server.close(down))
      await expect(asked({ url: `${scheme}://127.0.0.1:${port}` })).rejects.toMatchObject({
        name: 'Lwm2mError',
        code: 'unreachable',
        retryable: true,
      })
      await expect(asked({ url: `${scheme}://user:secret@127.0.0.1:${port}` })).rejects.toThrow(/^(?!.*secret)/)
    })

    test('in the midst of a body is unreachable, and no end of the body', async () => {
      const url = await listened((_, response) => {
        response.writeHead(200, { 'content-length': 1000 })
        response.write('half', () => setImmediate(() => response.destroy()))
      })
      const response = await asked({ url })
      await expect(whole(response)).rejects.toMatchObject({ code: 'unreachable' })
    })

    test('of a URL that is none is invalid', async () => {
      await expect(asked({ url: 'nonsense' })).rejects.toMatchObject({ code: 'invalid' })
      await expect(asked({ url: 'ftp://127.0.0.1/x' })).rejects.toMatchObject({ code: 'unsupported' })
    })
  })

  describe('a redirection', () => {
    test('is followed, a few times [RFC 9110 §15.4]', async () => {
      const hops =
        (count: number): Handler =>
        ({ path }) => {
          const hop = Number(path.slice(1))
          return of(hop < count ? { status: 302, headers: { location: `/${hop + 1}` } } : { status: 200 })
        }
      expect((await asked({ url: `${await served(hops(5))}/0` })).status).toBe(200)
      expect((await asked({ url: `${await served(hops(6))}/0` })).status).toBe(302)
    })

    test('to something that is not HTTP is the answer itself', async () => {
      const url = await served(() => of({ status: 302, headers: { location: 'file:///etc/passwd' } }))
      expect((await asked({ url })).status).toBe(302)
    })

    test('to another server does not take the credentials along', async () => {
      const seen: (string | undefined)[] = []
      const other = await served(({ headers }) => {
        seen.push(headers['authorization'])
        return of({ status: 200 })
      })
      const url = await served(({ headers }) => {
        seen.push(headers['authorization'])
        return of({ status: 302, headers: { location: other } })
      })
      expect((await asked({ url: url.replace('//', '//user:pass%20word@') })).status).toBe(200)
      expect(seen).toEqual([`Basic ${btoa('user:pass word')}`, undefined])
    })
  })
})

test('a taken port ends the server with an error that says so', async () => {
  const taken = createTcpServer().listen(0, '127.0.0.1')
  open.push(() => taken.close())
  await new Promise((up) => taken.once('listening', up))
  const { port } = taken.address() as AddressInfo
  await expect(firstValueFrom(http.serve({ address: '127.0.0.1', port }, fileServer))).rejects.toMatchObject({ code: 'invalid' })
})

test('a redirection from https to http, or to what is no HTTP, is not followed [RFC 9110 §15.4]', () => {
  const followed = (from: string, to: string) => followable(new URL(from), new URL(to))
  expect(followed('https://a/', 'http://a/')).toBe(false)
  expect(followed('http://a/', 'https://a/')).toBe(true)
  expect(followed('https://a/', 'https://b/')).toBe(true)
  expect(followed('http://a/', 'coap://a/')).toBe(false)
})
