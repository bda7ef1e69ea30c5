/** What every store promises: a folder, and one in memory. */
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { concat, firstValueFrom, lastValueFrom, type Observable } from 'rxjs'
import { afterAll, describe, expect, test } from 'vitest'
import type { Storage } from '../../src/core/ports.ts'
import { fileName, files } from '../../src/platform/files.ts'
import { memory } from '../../src/simulation/storage.ts'

const folders: string[] = []
const folder = async () => {
  const made = await mkdtemp(join(tmpdir(), 'lwm2m-rx-'))
  folders.push(made)
  return made
}
afterAll(async () => {
  for (const made of folders) await rm(made, { recursive: true, force: true })
})
const done = (work$: Observable<unknown>) => lastValueFrom(work$, { defaultValue: undefined })
const octets = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : new TextDecoder().decode(bytes))

const stores: readonly [string, () => Promise<Storage>][] = [
  ['a folder', async () => files(join(await folder(), 'not', 'there', 'yet'))],
  ['memory', () => Promise.resolve(memory())],
]
describe.each(stores)('%s', (_, make) => {
  const read = async (storage: Storage, name: string) => text(await firstValueFrom(storage.read(name)))
  const body = async (storage: Storage, name: string) => {
    const source = await firstValueFrom(storage.source(name))
    return source === undefined ? undefined : text(await firstValueFrom(source.read(0, source.size!)))
  }

  test('what was never written is undefined, and removing it is no error', async () => {
    const storage = await make()
    expect(await firstValueFrom(storage.read('nothing'))).toBeUndefined()
    expect(await firstValueFrom(storage.source('nothing'))).toBeUndefined()
    await done(storage.remove('nothing'))
  })

  test('the last write is read, and what is removed is gone', async () => {
    const storage = await make()
    await done(storage.write('state', octets('one')))
    await done(storage.write('state', octets('two')))
    expect(await read(storage, 'state')).toBe('two')
    await done(storage.remove('state'))
    expect(await read(storage, 'state')).toBeUndefined()
  })

  test('nothing is written before someone subscribes', async () => {
    const storage = await make()
    storage.write('state', octets('never'))
    expect(await read(storage, 'state')).toBeUndefined()
  })

  test('writes that are asked at once end with the last', async () => {
    const storage = await make()
    await Promise.all(Array.from({ length: 20 }, (_, i) => done(storage.write('state', octets(`write ${i}`)))))
    expect(await read(storage, 'state')).toBe('write 19')
  })

  test('names that could mean another place stay apart, and inside', async () => {
    const storage = await make()
    const names = ['../up', '..', '.', '/etc/x', 'a/b', 'a%2fb', 'ä', 'A b', 'nul\0', 'a.b', '.a']
    for (const name of names) await done(storage.write(name, octets(name)))
    for (const name of names) expect(await read(storage, name)).toBe(name)
  })

  test('a sink goes on where it is opened, and lets go of what is beyond', async () => {
    const storage = await make()
    const sink = storage.sink('firmware')
    await done(concat(sink.open(0), sink.write(octets('hello '), 0), sink.write(octets('world!'), 6), sink.abandon()))
    expect(await body(storage, 'firmware')).toBe('hello world!')
    const again = storage.sink('firmware')
    await done(concat(again.open(6), again.write(octets('moon'), 6), again.close()))
    expect(await body(storage, 'firmware')).toBe('hello moon')
    await done(concat(again.open(0), again.close()))
    expect(await body(storage, 'firmware')).toBe('')
  })

  test('a sink cannot go on beyond what is stored, nor be written when it is not open', async () => {
    const storage = await make()
    const sink = storage.sink('firmware')
    await expect(done(sink.open(1))).rejects.toMatchObject({ name: 'Lwm2mError', code: 'sink' })
    await expect(done(sink.write(octets('x'), 0))).rejects.toMatchObject({ code: 'sink' })
    await done(concat(sink.open(0), sink.close()))
    await expect(done(sink.write(octets('x'), 0))).rejects.toMatchObject({ code: 'sink' })
  })

  test('a body is no value: each is found under its own', async () => {
    const storage = await make()
    const sink = storage.sink('x')
    await done(concat(sink.open(0), sink.write(octets('body'), 0), sink.close()))
    expect(await read(storage, 'x')).toBeUndefined()
    await done(storage.write('x', octets('value')))
    expect(await body(storage, 'x')).toBe('body')
    await done(storage.remove('x'))
    expect([await body(storage, 'x'), await read(storage, 'x')]).toEqual([undefined, undefined])
  })

  test('a source gives any piece, and less only at the end', async () => {
    const storage = await make()
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) & 255)
    const sink = storage.sink('firmware')
    await done(concat(sink.open(0), sink.write(bytes.subarray(0, 70_000), 0), sink.write(bytes.subarray(70_000), 70_000), sink.close()))
    const source = (await firstValueFrom(storage.source('firmware')))!
    expect(source.size).toBe(bytes.length)
    await fc.assert(
      fc.asyncProperty(fc.nat(210_000), fc.nat(100_000), async (offset, count) => {
        const piece = await firstValueFrom(source.read(offset, count))
        expect(Buffer.compare(piece, bytes.subarray(offset, offset + count))).toBe(0)
      }),
      { numRuns: 1000 },
    )
  })

  test('a body is what its writes make it, wherever it is resumed', async () => {
    const storage = await make()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ back: fc.nat(20), bytes: fc.uint8Array({ maxLength: 40 }) }), { minLength: 1, maxLength: 5 }),
        async (resumptions) => {
          let model: number[] = []
          const sink = storage.sink('resumed')
          await done(concat(sink.open(0), sink.abandon()))
          for (const { back, bytes } of resumptions) {
            const offset = Math.max(0, model.length - back)
            model = [...model.slice(0, offset), ...bytes]
            await done(concat(sink.open(offset), sink.write(bytes, offset), sink.abandon()))
          }
          const source = (await firstValueFrom(storage.source('resumed')))!
          expect([...(await firstValueFrom(source.read(0, 1000)))]).toEqual(model)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('a folder only', () => {
  test('a reader sees the old or the new, never half', async () => {
    const storage = files(await folder())
    const [old, young] = [new Uint8Array(300_000).fill(1), new Uint8Array(300_000).fill(2)]
    await done(storage.write('state', old))
    let writing = true
    const write = (async () => {
      for (let i = 0; i < 15; i++) await done(storage.write('state', i % 2 === 0 ? young : old))
      writing = false
    })()
    while (writing) {
      const seen = (await firstValueFrom(storage.read('state')))!
      expect(seen.length).toBe(300_000)
      expect(seen[0]).toBe(seen[seen.length - 1])
    }
    await write
  })

  test('what a crash in the midst of a write left behind is neither read nor in the way', async () => {
    const where = await folder()
    const storage = files(where)
    await done(storage.write('state', octets('whole')))
    await writeFile(join(where, 'state.value.new'), 'ha')
    expect(text(await firstValueFrom(storage.read('state')))).toBe('whole')
    await done(storage.write('state', octets('whole again')))
    expect(await readdir(where)).toEqual(['state.value'])
    expect(await readFile(join(where, 'state.value'), 'utf8')).toBe('whole again')
  })

  test('nothing leaves the folder', async () => {
    const where = await folder()
    const storage = files(join(where, 'inside'))
    for (const name of ['../outside', '..', '/outside']) await done(storage.write(name, octets('x')))
    expect(await readdir(where)).toEqual(['inside'])
  })

  test('a place that cannot be written errors with sink', async () => {
    const where = await folder()
    await writeFile(join(where, 'file'), '')
    await expect(done(files(join(where, 'file')).write('x', octets('x')))).rejects.toMatchObject({ name: 'Lwm2mError', code: 'sink' })
  })

  test('an abandoned sink keeps no file open', async () => {
    const storage = files(await folder())
    const sink = storage.sink('x')
    const opened = async () => (await readdir('/proc/self/fd').catch(() => [])).length
    await done(concat(sink.open(0), sink.open(0), sink.abandon(), sink.abandon()))
    const before = await opened()
    for (let i = 0; i < 20; i++) await done(concat(sink.open(0), sink.open(0), sink.abandon()))
    expect(await opened()).toBeLessThanOrEqual(before + 3)
    await (await open('/dev/null')).close()
  })

  test('names of files are told apart when the names are, and are bounded', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
        fc.pre(one !== '' && other !== '')
        expect(fileName(one) === fileName(other)).toBe(one === other)
        expect(fileName(one)).toMatch(/^[A-Za-z0-9_%-][A-Za-z0-9_%.-]*$/)
      }),
      { numRuns: 1000 },
    )
    expect(() => fileName('')).toThrow('no name')
    expect(() => fileName('x'.repeat(81))).toThrow('no name')
  })
})

describe('memory only', () => {
  test('beyond its limit a write fails with too-large and changes nothing', async () => {
    const storage = memory(undefined, 10)
    await done(storage.write('a', octets('12345')))
    await expect(done(storage.write('b', octets('123456')))).rejects.toMatchObject({ code: 'too-large' })
    await done(storage.write('a', octets('1234567890')))
    const sink = storage.sink('c')
    await done(sink.open(0))
    await expect(done(sink.write(octets('x'), 0))).rejects.toMatchObject({ code: 'too-large' })
    expect(text(await firstValueFrom(storage.read('a')))).toBe('1234567890')
    expect(await firstValueFrom(storage.read('b'))).toBeUndefined()
  })

  test("what was given and what is read is the reader's own", async () => {
    const storage = memory()
    const bytes = octets('abc')
    await done(storage.write('a', bytes))
    bytes[0] = 0
    ;(await firstValueFrom(storage.read('a')))![1] = 0
    expect(text(await firstValueFrom(storage.read('a')))).toBe('abc')
  })
})
