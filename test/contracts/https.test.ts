/** Whom `https://` trusts: a certificate that is not trusted, is not valid now, or is for another name ends a download at once, in words (RFC 9110 §4.3.4). */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastValueFrom, take, takeUntil, timer } from 'rxjs'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { HttpRequest } from '../../src/core/ports.ts'
import { pullResult } from '../../src/firmware/result.ts'
import { download, DownloadError, storedIn } from '../../src/index.ts'
import { httpWith, live } from '../../src/platform/index.ts'
import { authority, inHours, selfSigned, type Authority, type Claims, type Identity } from './certificates.ts'
import { clientOf, serving } from './web.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'lwm2m-rx-https-'))
  closing.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}
const file = randomBytes(100_000)
const sha256 = createHash('sha256').update(file).digest('hex')

let own: Authority
let other: Authority
beforeAll(async () => {
  own = await authority('ours')
  other = await authority('of somebody else')
})

/** A server of the file with that certificate; its port, and how often it was asked for the file. */
const served = async (identity: Identity) => {
  const asked: string[] = []
  const { at, close } = await serving(
    'https',
    ({ url = '' }, response) => {
      asked.push(url)
      response.end(file)
    },
    identity,
  )
  closing.push(close)
  return { port: Number(at.split(':')[1]), asked }
}
const device = (ca?: string) => {
  const env = live({ folder: folder(), ...(ca === undefined ? {} : { tls: { ca } }) })
  return { ...env, ...storedIn(env.storage), sha256: true as const }
}
const failing = (uri: string, ca?: string): Promise<DownloadError> =>
  lastValueFrom(download(uri, device(ca)).pipe(takeUntil(timer(5_000)))).then(
    ({ phase }) => Promise.reject(new Error(`no error, but ${phase}`)),
    (error: unknown) => (error instanceof DownloadError ? error : Promise.reject(error as Error)),
  )

describe('a server whose certificate the given authority has signed is trusted', () => {
  test.each(['127.0.0.1', 'localhost'])('under the name %s', async (host) => {
    const { port } = await served(await own.issue())
    const last = await lastValueFrom(download(`https://${host}:${port}/f`, device(own.pem)))
    expect(last).toMatchObject({ phase: 'stored', sha256, attempt: 0 })
  })
  test('among others, with words between them', async () => {
    const { port } = await served(await own.issue())
    const last = await lastValueFrom(download(`https://localhost:${port}/f`, device(`# of theirs\n${other.pem}\n# ours\n${own.pem}\n`)))
    expect(last.sha256).toBe(sha256)
  })
  test('by its own certificate, if that is what is given', async () => {
    const identity = await selfSigned()
    const { port } = await served(identity)
    expect((await lastValueFrom(download(`https://localhost:${port}/f`, device(identity.cert)))).sha256).toBe(sha256)
  })
})

/** Certificates that are not to be taken, and what is said of each. */
const wrong: readonly (readonly [string, () => Promise<Identity>, string | RegExp])[] = [
  ['signed by another authority', () => other.issue(), 'its certificate is signed by nobody who is trusted here'],
  ['signed by nobody but itself', () => selfSigned(), 'its certificate is signed by nobody but itself'],
  ['that has expired', () => issued({ from: inHours(-2), until: inHours(-1) }), 'its certificate has expired'],
  ['that is not valid yet', () => issued({ from: inHours(1), until: inHours(2) }), 'its certificate is not valid yet'],
  ['for another name', () => issued({ names: [{ type: 'dns', value: 'files.example' }] }), 'its certificate is for another name'],
]
const issued = (claims: Claims) => own.issue(claims)

describe.each(wrong)('a server with a certificate %s', (_, identity, sentence) => {
  test('is asked for nothing: the download ends at once, and says why', async () => {
    const { port, asked } = await served(await identity())
    const began = performance.now()
    const error = await failing(`https://me:secret@localhost:${port}/f?key=hush`, own.pem)
    // Not after retries: the first of them would come a second later.
    expect(performance.now() - began).toBeLessThan(900)
    expect(error).toMatchObject({ reason: 'untrusted', code: 'untrusted', retryable: false, bytes: 0 })
    expect(error.message).toBe(`https://localhost:${port} is not trusted: ${String(sentence)}`)
    expect(error.hint).toBeTypeOf('string')
    expect(asked).toEqual([])
  })
})

test('without an authority of ours, only those that come with Node are trusted', async () => {
  const { port, asked } = await served(await own.issue())
  expect((await failing(`https://localhost:${port}/f`)).reason).toBe('untrusted')
  expect(asked).toEqual([])
})
test('a server that is not trusted is a lost connection to the server of LwM2M: Result 4 [LwM2M Core §E.6]', async () => {
  const { port } = await served(await other.issue())
  expect(pullResult(await failing(`https://localhost:${port}/f`, own.pem))).toBe(4)
})
test('what speaks no TLS is unreachable, and tried again; what says nothing is waited for no longer than idleMs', async () => {
  const plain = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')).listen(0, '127.0.0.1')
  const mute = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  closing.push(() => plain.close())
  closing.push(() => mute.close())
  await Promise.all([plain, mute].map((server) => new Promise((up) => server.once('listening', up))))
  const patience = { ...device(own.pem), retries: 1, retryDelayMs: 1, idleMs: 100 }
  const to = (server: typeof plain) => `https://localhost:${(server.address() as AddressInfo).port}/f`
  await expect(lastValueFrom(download(to(plain), patience))).rejects.toMatchObject({ reason: 'unreachable', retryable: true })
  await expect(lastValueFrom(download(to(mute), patience))).rejects.toMatchObject({ reason: 'timeout' })
})
test('what is no certificate is refused when it is given, not when it is needed', () => {
  const broken = own.pem.replace(/\n[^-\n]{20}/, '\n')
  for (const ca of ['', 'nonsense', '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----', `${own.pem}\n${broken}`]) {
    expect(() => httpWith({ tls: { ca } })).toThrow(expect.objectContaining({ code: 'invalid' }) as Error)
    expect(() => live({ tls: { ca } })).toThrow(expect.objectContaining({ code: 'invalid' }) as Error)
  }
  expect(live({ tls: {} }).http).toBeDefined()
})

describe('a redirection that the platform follows', () => {
  const status = async (request: HttpRequest) => {
    const client = await clientOf('https')
    return lastValueFrom(client.request(request).pipe(take(1)))
  }
  const redirecting = async (scheme: 'http' | 'https', location: string) => {
    const { at, close } = await serving(scheme, (_, response) => void response.writeHead(302, { location }).end())
    closing.push(close)
    return `${scheme}://${at}/f`
  }
  const target = async (scheme: 'http' | 'https') => {
    const seen: (string | undefined)[] = []
    const { at, close } = await serving(scheme, ({ headers }, response) => void (seen.push(headers.authorization), response.end('there')))
    closing.push(close)
    return { url: `${scheme}://${at}/there`, seen }
  }
  test('goes from http to https, without the credentials', async () => {
    const { url, seen } = await target('https')
    const from = (await redirecting('http', url)).replace('//', '//me:secret@')
    expect((await status({ url: from })).status).toBe(200)
    expect(seen).toEqual([undefined])
  })
  test('never goes from https to http: that response is the answer', async () => {
    const { url, seen } = await target('http')
    expect((await status({ url: await redirecting('https', url) })).status).toBe(302)
    expect(seen).toEqual([])
  })
  test('to a server that is not trusted fails, and names that one', async () => {
    const { port } = await served(await other.issue())
    await expect(status({ url: await redirecting('http', `https://localhost:${port}/`) })).rejects.toMatchObject({
      code: 'untrusted',
      message: expect.stringContaining(`https://localhost:${port} `) as string,
    })
  })
})

describe('lwm2m-rx firmware pull https://', () => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const pulled = (cwd: string, ...args: readonly string[]) =>
    new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, 'firmware', 'pull', ...args], { cwd })
      closing.push(() => child.kill('SIGKILL'))
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
      child.on('close', (code) => resolve({ code, stdout, stderr }))
    })
  test('says whom it does not trust, and what to do; with --ca it stores the file', async () => {
    const cwd = folder()
    const { port, asked } = await served(await own.issue())
    const uri = `https://localhost:${port}/v2.bin`
    const refused = await pulled(cwd, uri)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      `lwm2m-rx: https://localhost:${port} is not trusted: its certificate is signed by nobody who is trusted here [untrusted]\n`,
    )
    expect(refused.stderr).toContain('--ca FILE')
    expect(refused.stderr).toMatch(/the download failed .*\[untrusted\]/)
    expect(refused.stderr).not.toMatch(/trying again|\n\s+at /)
    expect(asked).toEqual([])
    expect(readdirSync(cwd).filter((name) => !name.includes('.part'))).toEqual([])
    writeFileSync(join(cwd, 'ca.pem'), own.pem)
    const done = await pulled(cwd, uri, '--ca', 'ca.pem', '--sha256', sha256)
    expect(done, done.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining(`sha256:${sha256}`) as string })
    expect(readFileSync(join(cwd, 'v2.bin')).equals(file)).toBe(true)
  })
  test('says what is wrong with the file of --ca', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'ca.pem'), 'nonsense')
    const [missing, nonsense] = await Promise.all(['none.pem', 'ca.pem'].map((ca) => pulled(cwd, 'https://localhost:1/f', '--ca', ca)))
    expect([missing!.code, nonsense!.code]).toEqual([2, 2])
    expect(missing!.stderr).toContain('none.pem cannot be read')
    expect(nonsense!.stderr).toMatch(/there is no certificate in it[^]*BEGIN CERTIFICATE/)
  })
})
