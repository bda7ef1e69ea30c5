/** What every database promises: a folder, one in memory, and one with a slow disk. */
import { spawn } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { asapScheduler, firstValueFrom, lastValueFrom, take, toArray, type Observable } from 'rxjs'
import { afterAll, describe, expect, test } from 'vitest'
import type { Database, EntryChange } from '../../src/core/ports.ts'
import { database } from '../../src/platform/database.ts'
import { memoryDatabase, slowDatabase } from '../../src/simulation/database.ts'

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
const put = (key: string, value: string): EntryChange => ({ key, value: octets(value) })
const gone = (key: string): EntryChange => ({ key, value: undefined })
const get = async (db: Database, key: string) => text(await firstValueFrom(db.get(key)))
const all = async (db: Database, prefix = '') =>
  (await lastValueFrom(db.entries(prefix).pipe(toArray()))).map(({ key, value }) => `${key}=${text(value)}`)

const kinds: readonly [string, () => Promise<Database>][] = [
  ['a folder', async () => database(join(await folder(), 'not', 'there', 'yet'))],
  ['memory', () => Promise.resolve(memoryDatabase())],
  ['a slow disk', () => Promise.resolve(slowDatabase(new Map(), { scheduler: asapScheduler, writeMs: () => 0 }))],
]
describe.each(kinds)('a database: %s', (_, make) => {
  test('what was never written is undefined, there are no entries, and taking away nothing is no error', async () => {
    const db = await make()
    expect(await get(db, 'nothing')).toBeUndefined()
    expect(await all(db)).toEqual([])
    await done(db.write([gone('nothing')]))
    await done(db.close)
  })

  test('the last change of a key counts, within a batch and after it', async () => {
    const db = await make()
    await done(db.write([put('k', 'one'), put('k', 'two'), put('l', 'there'), gone('l')]))
    expect([await get(db, 'k'), await get(db, 'l')]).toEqual(['two', undefined])
    await done(db.write([gone('k'), put('l', '')]))
    expect([await get(db, 'k'), await get(db, 'l')]).toEqual([undefined, ''])
    await done(db.close)
  })

  test('entries come by prefix, in the order of their octets', async () => {
    const db = await make()
    await done(db.write(['b/2', 'a/1', 'b/10', 'b', 'b/ä', 'c', 'b/\u{1F600}', 'b/\uFFFD', 'b0'].map((key) => put(key, 'x'))))
    expect(await all(db, 'b/')).toEqual(['b/10=x', 'b/2=x', 'b/ä=x', 'b/\uFFFD=x', 'b/\u{1F600}=x'])
    expect(await all(db, 'd')).toEqual([])
    expect((await all(db)).length).toBe(9)
    expect(await lastValueFrom(db.entries('b').pipe(take(2), toArray()))).toHaveLength(2)
    await done(db.close)
  })

  test('nothing is written before someone subscribes, and what was handed over may be changed afterwards', async () => {
    const db = await make()
    const value = octets('whole')
    const write$ = db.write([{ key: 'k', value }])
    expect(await get(db, 'k')).toBeUndefined()
    const written = done(write$)
    await written
    value.fill(0)
    expect(await get(db, 'k')).toBe('whole')
    const read = (await firstValueFrom(db.get('k')))!
    read.fill(0)
    expect(await get(db, 'k')).toBe('whole')
    await done(db.close)
  })

  test('after it was closed it is opened again by whatever is asked', async () => {
    const db = await make()
    await done(db.write([put('k', 'v')]))
    await done(db.close)
    await done(db.close)
    expect(await get(db, 'k')).toBe('v')
    const [, value] = await Promise.all([done(db.close), get(db, 'k')])
    expect(value).toBe('v')
    await done(db.close)
  })

  test('batches that are asked at once are all done, in order', async () => {
    const db = await make()
    const settled: number[] = []
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'a/b'),
      value: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 8 }), async (batches) => {
        const model = new Map<string, string>()
        await done(db.write(['a', 'b', 'c', 'a/b'].map(gone)))
        settled.length = 0
        await Promise.all(
          batches.map((batch, index) => {
            for (const { key, value } of batch)
              if (value === undefined) model.delete(key)
              else model.set(key, value)
            return done(db.write(batch.map(({ key, value }) => ({ key, value: value === undefined ? undefined : octets(value) })))).then(
              () => settled.push(index),
            )
          }),
        )
        expect(settled).toEqual(batches.map((_, index) => index))
        expect(await all(db)).toEqual(
          [...model].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, value]) => `${key}=${text(octets(value))}`),
        )
      }),
      { numRuns: 1_000 },
    )
    await done(db.close)
  }, 60_000)
})

describe('a folder only', () => {
  test('a power cut in the midst of writes takes nothing that was acknowledged, and no batch by halves', async () => {
    const where = join(await folder(), 'db')
    let from = 0
    for (let life = 0; life < 4; life++) {
      const writer = spawn(process.execPath, [
        '--import',
        'tsx',
        fileURLToPath(new URL('./database-writer.ts', import.meta.url)),
        where,
        String(from),
      ])
      let said = ''
      // Killed at once when so many are acknowledged: in the midst of whatever it does.
      await new Promise<void>((resolve) => {
        writer.stdout.on('data', (some: Buffer) => {
          said += some.toString()
          if (said.length > 400 * (life + 1)) writer.kill('SIGKILL')
        })
        writer.on('exit', () => resolve())
      })
      const acknowledged = said.split('\n').slice(0, -1).map(Number)
      const last = Math.max(...acknowledged)
      expect(acknowledged.length).toBeGreaterThan(50)
      const db = database(where)
      const a = Number(await get(db, 'a'))
      expect(a).toBeGreaterThanOrEqual(last)
      expect(Number(await get(db, 'b'))).toBe(a)
      const own = (await all(db, 'own/')).map((entry) => Number(entry.split('=')[1])).sort((one, other) => one - other)
      expect(own.slice(-10)).toEqual(Array.from({ length: 10 }, (_, at) => a - 9 + at))
      await done(db.close)
      from = a + 1
    }
  }, 60_000)

  const damaged = async (harm: (where: string, files: readonly string[]) => Promise<void>) => {
    const where = join(await folder(), 'db')
    const db = database(where)
    for (let n = 0; n < 20; n++) await done(db.write([put(`k${n}`, 'v'.repeat(100))]))
    await done(db.close)
    await harm(where, await readdir(where))
    return where
  }
  const manifestLost = (where: string, files: readonly string[]) =>
    writeFile(
      join(
        where,
        files.find((name) => name.startsWith('MANIFEST'))!,
      ),
      'garbage',
    )

  test('a damaged folder errors with corrupt, whatever is asked, and again', async () => {
    const db = database(await damaged(manifestLost))
    const refused = { name: 'Lwm2mError', code: 'corrupt', hint: expect.stringContaining('repair') as string }
    await expect(done(db.get('k0'))).rejects.toMatchObject(refused)
    await expect(done(db.entries(''))).rejects.toMatchObject(refused)
    await expect(done(db.write([put('x', 'y')]))).rejects.toMatchObject(refused)
    await done(db.close)
    const other = database(await damaged((where) => writeFile(join(where, 'CURRENT'), 'nonsense')))
    await expect(done(other.get('k0'))).rejects.toMatchObject(refused)
  })

  test('with `repair` what can be read of a damaged folder is kept, and said', async () => {
    const heard: string[] = []
    const db = database(await damaged(manifestLost), { repair: true, repaired: ({ code }) => heard.push(code) })
    expect((await all(db)).length).toBe(20)
    expect(heard).toEqual(['corrupt'])
    await done(db.write([put('x', 'y')]))
    await done(db.close)
  })

  test('half an entry at the end of the log is what a power cut leaves, and no damage', async () => {
    const where = await damaged(async (at, files) => {
      const log = join(
        at,
        files.find((name) => name.endsWith('.log'))!,
      )
      const whole = await readFile(log)
      await appendFile(log, whole.subarray(0, 30))
    })
    const db = database(where)
    expect((await all(db)).length).toBe(20)
    await done(db.close)
  })

  test('a folder that another has is refused with invalid, and free when that is closed', async () => {
    const where = join(await folder(), 'db')
    const [one, other] = [database(where), database(where)]
    await done(one.write([put('k', 'v')]))
    await expect(done(other.get('k'))).rejects.toMatchObject({ code: 'invalid', retryable: true })
    await done(one.close)
    expect(await get(other, 'k')).toBe('v')
    await done(other.close)
  })

  test('a place that cannot be written errors with sink', async () => {
    const where = await folder()
    await writeFile(join(where, 'file'), '')
    await expect(done(database(join(where, 'file')).get('k'))).rejects.toMatchObject({ code: 'sink' })
    const db = database(join(where, 'db'))
    await done(db.write([put('k', 'v')]))
    await done(db.close)
  })
})
