/** The credential file of a server: what is found, what is refused, and that no key is ever said (LwM2M Core 1.2.2 §E.1). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstValueFrom } from 'rxjs'
import { afterAll, describe, expect, test } from 'vitest'
import { fileCredentials, secretOf } from '../../src/platform/credentials.ts'

const room = mkdtempSync(join(tmpdir(), 'lwm2m-rx-credentials-'))
afterAll(() => rmSync(room, { recursive: true, force: true }))
const path = join(room, 'credentials.json')
const found = (identity: string) => firstValueFrom(fileCredentials(path).find(new TextEncoder().encode(identity)))
const write = (entries: unknown) => writeFileSync(path, typeof entries === 'string' ? entries : JSON.stringify(entries))

describe('a credential file', () => {
  test('knows identities as text and as octets, keys as text and as octets', async () => {
    write([
      { identity: 'one', key: 'hex:00ff', endpointClientName: 'urn:one' },
      { identity: 'hex:74776f', key: 'plain' },
    ])
    const one = await found('one')
    expect([...one!.key.reveal()]).toEqual([0, 255])
    expect(one!.endpointClientName).toBe('urn:one')
    expect(new TextDecoder().decode((await found('two'))!.key.reveal())).toBe('plain')
    expect(await found('three')).toBeUndefined()
    expect(JSON.stringify(one)).toBe('{"key":"[secret]","endpointClientName":"urn:one"}')
  })

  test('is read again when it has changed', async () => {
    write([{ identity: 'a', key: 'k' }])
    const store = fileCredentials(path)
    const find = (identity: string) => firstValueFrom(store.find(new TextEncoder().encode(identity)))
    expect(await find('a')).toBeDefined()
    write([{ identity: 'another', key: 'k' }])
    expect(await find('a')).toBeUndefined()
    expect(await find('another')).toBeDefined()
  })

  test.each([
    ['no JSON', '[{ "identity": "a", "key": "topsecret" ', /no JSON/],
    ['no list', { identity: 'a', key: 'topsecret' }, /no list/],
    ['an entry without a key', [{ identity: 'topsecret' }], /entry 1: identity and key/],
    ['wrong digits', [{ identity: 'a', key: 'hex:topsecret' }], /entry 1: after hex/],
    ['an empty key', [{ identity: 'topsecret', key: '' }], /1 to 64/],
    [
      'an identity that is there twice',
      [
        { identity: 'topsecret', key: 'a' },
        { identity: 'topsecret', key: 'b' },
      ],
      /entry 2.*twice/,
    ],
  ])('that is wrong (%s) is refused without a word of what is in it', async (_, entries, message) => {
    write(entries)
    const error = await found('a').then(
      () => undefined,
      (failure: unknown) => failure as Error,
    )
    expect(error).toMatchObject({ code: 'invalid' })
    expect(error!.message).toMatch(message)
    expect(String(error!.stack)).not.toContain('topsecret')
  })

  test('that is not there is an error with its name', async () => {
    await expect(firstValueFrom(fileCredentials(join(room, 'nowhere')).find(new Uint8Array(1)))).rejects.toThrow(/nowhere cannot be read/)
  })

  test('a key of 65 octets is refused', () => {
    expect(() => secretOf('x'.repeat(65), 'the key')).toThrow(/64/)
  })
})
