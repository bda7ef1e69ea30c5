/** The live environment keeps what the engine is promised of a world. */
import { interval, take, timer, toArray, firstValueFrom, of } from 'rxjs'
import { expect, test } from 'vitest'
import { roll } from '../../src/core/dice.ts'
import { live, monotonic } from '../../src/platform/live.ts'
import { names } from '../../src/platform/names.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('the clock is in whole milliseconds and never goes back', async () => {
  const times = [monotonic.now()]
  for (let i = 0; i < 1000; i++) times.push(monotonic.now())
  await firstValueFrom(timer(5, monotonic))
  times.push(monotonic.now())
  for (const [i, time] of times.entries()) expect(Number.isInteger(time) && time >= (times[i - 1] ?? 0)).toBe(true)
  expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(4)
})

test('timers of RxJS run on it', async () => {
  expect(await firstValueFrom(interval(1, monotonic).pipe(take(3), toArray()))).toEqual([0, 1, 2])
})

test('each step has 256 bits of its own, whoever draws', () => {
  const { random } = live()
  const drawn = Array.from({ length: 2000 }, () => random.fork('a').dice())
  for (const dice of drawn) {
    expect(dice.length).toBe(8)
    for (const number of dice) expect(Number.isInteger(number) && number >= 0 && number < 2 ** 32).toBe(true)
  }
  expect(new Set(drawn.map((dice) => dice.join())).size).toBe(2000)
  expect(new Set(drawn.map((dice) => roll(dice, 'x'))).size).toBeGreaterThan(1990)
  expect(new Set(Array.from({ length: 10_000 }, random.uint32)).size).toBeGreaterThan(9990)
})

test('digests are those of FIPS 180-4, at once or by pieces', () => {
  const { crypto } = live()
  const abc = new TextEncoder().encode('abc')
  expect(hex(crypto.digest('sha256', abc))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(hex(crypto.digest('sha1', abc))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
  const growing = crypto.hash('sha384')
  for (const octet of abc) growing.update(Uint8Array.of(octet))
  expect(hex(growing.digest())).toBe(hex(crypto.digest('sha384', abc)))
})

test('anything may be replaced, and the resolver that is given is the one that links use', async () => {
  const asked: string[] = []
  const env = live({
    wall: () => 5,
    resolve: (host) => {
      asked.push(host)
      return of([])
    },
  })
  expect(env.wall()).toBe(5)
  const closed = await firstValueFrom(of({ type: 'open', remote: 'x', uri: 'coap://example' } as const).pipe(env.transports.udp({})))
  expect(closed).toMatchObject({ type: 'closed', reason: 'name-not-found' })
  expect(asked).toEqual(['example'])
})

test('names of peers are remembered up to a limit, and are the same after it', () => {
  let made = 0
  const nameOf = names((address, port) => `${address}:${port} ${made++ * 0}`, 10)
  const first = nameOf('a', 1)
  for (let port = 0; port < 1000; port++) nameOf('b', port)
  expect(nameOf('a', 1)).toBe(first)
  const before = made
  nameOf('a', 1)
  expect(made).toBe(before)
})
