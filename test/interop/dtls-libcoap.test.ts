/** libcoap's OpenSSL and GnuTLS builds over coaps, in both roles: methods, blocks, Observe (RFC 7252 §9, RFC 7959, RFC 7641). */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstValueFrom, map, of, take, timer, toArray, type Subscription } from 'rxjs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { coapEndpoint, request, responses, strings, options as numbers, type Request, type Response } from '../../src/coap.ts'
import { Secret } from '../../src/core/secret.ts'
import { noOptions } from '../../src/message/message.ts'
import { live } from '../../src/platform/live.ts'
import { bytesOf, identity, text } from './dtls.ts'
import { folder, freePort, octets, run, serve, type Peer } from './peer.ts'

const words = 'a key in letters'
const key = new Secret(bytesOf(words))
const credentials = {
  own: () => of({ identity: bytesOf(identity), key }),
  peer: ({ identity: asked }: { readonly identity: Uint8Array }) => of(text(asked) === identity ? key : undefined),
}
const room = folder()
const opened: Subscription[] = []
const peers: Peer[] = []
afterEach(async () => {
  opened.splice(0).forEach((subscription) => subscription.unsubscribe())
  await Promise.all(peers.splice(0).map((peer) => peer.stop()))
})
afterAll(() => room.remove())

const builds = ['openssl', 'gnutls'] as const

describe.each(builds)('coap-client-%s at our server', (build) => {
  const answer = (payload: Uint8Array): Response => ({ code: responses.Content, options: noOptions, payload })
  const bodies = new Map<string, Uint8Array>()
  const handler = ({ code, options, payload }: Request) => {
    const path = strings(options, numbers.UriPath).join('/')
    if (code === '0.03') {
      bodies.set(path, payload)
      return of({ ...answer(new Uint8Array(0)), code: responses.Changed })
    }
    if (path === 'ticks') return timer(0, 200).pipe(map((tick) => answer(bytesOf(`tick ${tick}`))))
    const body = bodies.get(path)
    return of(body === undefined ? { ...answer(new Uint8Array(0)), code: responses.NotFound } : answer(body))
  }
  const start = async (): Promise<string> => {
    const { up$ } = coapEndpoint(live(), { dtls: { credentials, socket: { listen: { address: '127.0.0.1', port: 0 } } }, handler })
    const port = await new Promise<number>((resolve) =>
      opened.push(up$.subscribe((up) => up.type === 'listening' && up.scheme === 'coaps' && resolve(up.port))),
    )
    return `coaps://127.0.0.1:${port}`
  }
  const coap = (...args: readonly string[]) =>
    run(`coap-client-${build}`, ['-B', '10', '-u', identity, '-k', words, ...args], { cwd: room.path })

  test('PUT and GET', async () => {
    const uri = await start()
    await coap('-m', 'put', '-e', 'one', `${uri}/a`)
    expect(text(bodies.get('a')!)).toBe('one')
    expect((await coap(`${uri}/a`)).stdout.toString().trim()).toBe('one')
  })

  test('100,000 octets there and back in blocks', async () => {
    const uri = await start()
    const body = octets(100_000)
    const path = join(room.path, `sent-${build}`)
    writeFileSync(path, body)
    await coap('-m', 'put', '-f', path, '-b', '1024', `${uri}/big`)
    expect(Buffer.compare(bodies.get('big')!, body)).toBe(0)
    await coap('-o', `${path}-got`, '-b', '1024', `${uri}/big`)
    expect(Buffer.compare(readFileSync(`${path}-got`), body)).toBe(0)
  })

  test('Observe', async () => {
    const { stdout } = await coap('-s', '1', '-w', `${await start()}/ticks`)
    expect(stdout.toString()).toMatch(/tick 0[^]*tick 1[^]*tick 2/)
  })

  test('a wrong key gets nothing', async () => {
    const uri = await start()
    bodies.set('a', bytesOf('precious'))
    const { stdout, stderr } = await run(`coap-client-${build}`, ['-B', '3', '-u', identity, '-k', 'another key', `${uri}/a`])
    expect(stdout.toString() + stderr).not.toContain('precious')
  })
})

describe.each(builds)('our client at coap-server-%s', (build) => {
  const start = async () => {
    const port = await freePort()
    // `-p` is for coap; coaps is one above.
    const uri = `coaps://127.0.0.1:${port + 1}`
    const ready = async () => (await run(`coap-client-${build}`, ['-B', '1', '-u', identity, '-k', words, `${uri}/`])).stdout.length > 0
    peers.push(
      await serve(
        `coap-server-${build}`,
        ['-A', '127.0.0.1', '-p', String(port), '-d', '100', '-k', words, '-h', 'hint'],
        room.path,
        ready,
      ),
    )
    const client = coapEndpoint(live(), { dtls: { credentials } })
    return { uri, client }
  }

  test('PUT, GET, blocks, Observe on one link', async () => {
    const { uri, client } = await start()
    opened.push(client.up$.subscribe())
    const body = octets(20_000)
    const put = await firstValueFrom(client.ask(request('PUT', `${uri}/file`, { payload: body, contentFormat: 42 })))
    expect(put.code).toBe(responses.Created)
    const got = await firstValueFrom(client.ask(request('GET', `${uri}/file`)))
    expect(Buffer.compare(got.payload, body)).toBe(0)
    const ticks = await firstValueFrom(client.ask(request('GET', `${uri}/time`, { observe: true })).pipe(take(2), toArray()))
    expect(ticks.map(({ code }) => code)).toEqual(['2.05', '2.05'])
  })
})
