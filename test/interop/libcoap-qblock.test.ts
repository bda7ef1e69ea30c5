/** Bursts of blocks at a peer that does not know them: libcoap's server 4.3.1 says 4.02, and everything goes block by block (RFC 9177 §4.1). */
import { EMPTY, firstValueFrom, of, type Subscription } from 'rxjs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { coapEndpoint } from '../../src/coap.ts'
import type { Sink } from '../../src/core/ports.ts'
import { request } from '../../src/exchange/request.ts'
import { live } from '../../src/platform/live.ts'
import { folder, freePort, octets, run, serve, type Peer } from './peer.ts'
import { traced } from './traced.ts'

const room = folder()
let peer: Peer | undefined
let uri = ''
const opened: Subscription[] = []
afterEach(() => opened.splice(0).forEach((subscription) => subscription.unsubscribe()))
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

test('a body is put and got back, after one request that it does not understand', async () => {
  const env = live()
  const seen: string[] = []
  const { udp } = env.transports
  const endpoint = coapEndpoint(
    { ...env, transports: { udp: (socket) => traced(seen)(udp(socket)) } },
    { parameters: { robustBlocks: 'auto' } },
  )
  opened.push(endpoint.up$.subscribe())
  const body = octets(50_000)
  const source = { size: body.length, etag: undefined, read: (offset: number, count: number) => of(body.subarray(offset, offset + count)) }
  const put = await firstValueFrom(endpoint.ask(request('PUT', `${uri}/large`, { source })))
  expect(put.code).toBe('2.01')
  expect(seen.filter((line) => line.includes('4.02'))).toHaveLength(1)
  const pieces: Uint8Array[] = []
  const sink: Sink = {
    open: () => EMPTY,
    write: (bytes) => {
      pieces.push(Uint8Array.from(bytes))
      return EMPTY
    },
    close: () => EMPTY,
    abandon: () => EMPTY,
  }
  const got = await firstValueFrom(endpoint.ask(request('GET', `${uri}/large`, { sink })))
  expect(got.code).toBe('2.05')
  expect(Buffer.concat(pieces).equals(Buffer.from(body))).toBe(true)
  expect(seen.filter((line) => line.includes('4.02'))).toHaveLength(1)
})
