/** `lwm2m-rx firmware sign` and `verify`: packages from files, the private key never printed. */
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const room = mkdtempSync(join(tmpdir(), 'lwm2m-rx-sign-'))
const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
const image = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, index) => (index * 2_654_435_761) >>> 24))
afterAll(() => rmSync(room, { recursive: true, force: true }))

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  new Promise<{ readonly code: number; readonly said: string }>((done) => {
    const child = execFile(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), main, 'firmware', ...args],
      { cwd: room, env: { ...process.env, ...env } },
      (_, out, err) => done({ code: child.exitCode ?? -1, said: out + err }),
    )
  })
const file = (name: string) => join(room, name)

beforeAll(() => {
  writeFileSync(file('image.bin'), image)
  for (const [name, { privateKey, publicKey }] of [
    ['ed', generateKeyPairSync('ed25519')],
    ['ec', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ] as const) {
    writeFileSync(file(`${name}.pem`), privateKey.export({ format: 'pem', type: 'pkcs8' }))
    writeFileSync(
      file(`${name}.locked.pem`),
      privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open' }),
    )
    writeFileSync(file(`${name}.pub`), publicKey.export({ format: 'pem', type: 'spki' }))
  }
})

describe('lwm2m-rx firmware', () => {
  test.each(['ed', 'ec'])('sign puts a trailer behind the image, which verify believes with the key (%s)', async (key) => {
    const claims = ['--name', 'meter', '--version', '2.0', '--security-version', '4']
    const { code, said } = await run(['sign', '--key', `${key}.pem`, ...claims, 'image.bin', `${key}.fw`])
    expect([
      code,
      readFileSync(file(`${key}.fw`))
        .subarray(0, image.length)
        .equals(image),
    ]).toEqual([0, true])
    expect(said).toContain(readFileSync(file(`${key}.pub`), 'utf8').trim())
    expect(said).not.toContain(readFileSync(file(`${key}.pem`), 'utf8').split('\n')[1])
    const verified = await run(['verify', '--key', 'ed.pub', '--key', 'ec.pub', `${key}.fw`])
    expect(verified.code).toBe(0)
    for (const word of ['meter', '2.0', 'security version 4', 'verified']) expect(verified.said).toContain(word)
  })
  test('verify refuses what was changed, and what nobody signed: exit code 1', async () => {
    await run(['sign', '--key', 'ed.pem', 'image.bin', 'good.fw'])
    const bad = readFileSync(file('good.fw'))
    bad[7]! ^= 1
    writeFileSync(file('bad.fw'), bad)
    for (const [name, why] of [
      ['bad.fw', 'Result 5'],
      ['image.bin', 'Result 6'],
    ] as const) {
      const { code, said } = await run(['verify', '--key', 'ed.pub', name])
      expect([code, said]).toEqual([1, expect.stringContaining(why)])
    }
    expect((await run(['verify', '--key', 'ec.pub', 'good.fw'])).said).toContain('not trusted')
  })
  test('sign opens a key with the passphrase of the environment, and writes over nothing', async () => {
    const passphrase = { LWM2M_RX_PASSPHRASE: 'open' }
    expect((await run(['sign', '--key', 'ed.locked.pem', 'image.bin', 'locked.fw'], passphrase)).code).toBe(0)
    const wrong = await run(['sign', '--key', 'ed.locked.pem', 'image.bin', 'wrong.fw'], { LWM2M_RX_PASSPHRASE: 'shut' })
    expect([wrong.code, existsSync(file('wrong.fw')), wrong.said.includes('shut')]).toEqual([1, false, false])
    const before = readFileSync(file('image.bin'))
    expect((await run(['sign', '--key', 'ed.pem', 'locked.fw', 'image.bin'])).said).toContain('there already')
    expect(readFileSync(file('image.bin')).equals(before)).toBe(true)
  })
  test('what is wrong is said in a line', async () => {
    for (const [args, why] of [
      [['sign', '--key', 'nothing.pem', 'image.bin', 'x.fw'], 'nothing.pem is not there'],
      [['sign', '--key', 'ed.pem', 'nothing.bin', 'x.fw'], 'nothing.bin is not there'],
      [['sign', '--key', 'ed.pub', 'image.bin', 'x.fw'], 'no private key'],
      [['sign', '--key', 'ed.pem', '--name', 'x'.repeat(256), 'image.bin', 'x.fw'], '255 octets'],
      [['verify', '--key', 'ed.pem', 'image.bin'], 'no public key'],
    ] as const) {
      const { code, said } = await run(args)
      expect([code, said]).toEqual([1, expect.stringContaining(why)])
      expect(existsSync(file('x.fw'))).toBe(false)
    }
  })
})
