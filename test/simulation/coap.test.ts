/** CoAP endpoints in worlds with bad links: performed once, answers not mixed up, everybody served once the links are good again. */
import { catchError, concatMap, EMPTY, ignoreElements, map, merge, mergeMap, NEVER, of, repeat, retry, take, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { transfers } from '../../src/blockwise/transfers.ts'
import { coapEndpoint, parametersOf, type CoapOptions } from '../../src/coap.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { Turn } from '../../src/core/journal.ts'
import type { Handler } from '../../src/exchange/ask.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { exchanges } from '../../src/exchange/exchanges.ts'
import { messages } from '../../src/exchange/messages.ts'
import { options, sorted, strings, stringOption, uintOption } from '../../src/message/option.ts'
import { everySeed, misfortunes, world, type Faults, type World } from '../../src/simulation/index.ts'
import { replaysAlike } from '../../src/testing/index.ts'
import { keptSeeds } from './seeds.ts'

const port = 5683
const bad: Faults = { loss: 0.25, duplication: 0.2, reorder: 0.2, minMs: 5, maxMs: 400 }
const good: Faults = { minMs: 5, maxMs: 20 }
const kept = keptSeeds('coap')

const octets = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const response = (code: Response['code'], text = ''): Response => ({ code, options: [], payload: octets(text) })
const request = (remote: string, code: Request['code'], path: string, text = '', more: Request['options'] = []): Request => ({
  remote,
  code,
  options: sorted([stringOption(options.UriPath, path), ...more]),
  payload: octets(text),
  confirmable: true,
  purpose: 'request',
})
const pathOf = ({ options: all }: Request) => strings(all, options.UriPath).join('/')
const serving = (more: Omit<CoapOptions, 'socket'>) => (env: Environment) =>
  coapEndpoint(env, { ...more, socket: { listen: { port } } }).up$

/** Counts what it performs, and says it back. */
const counting = () => {
  const performed = new Map<string, number>()
  const handler: Handler = ({ payload }) => {
    const what = textOf(payload)
    performed.set(what, (performed.get(what) ?? 0) + 1)
    return of(response('2.04', what))
  }
  return { performed, handler }
}
/** Clients that each POST a list of jobs at these instants; what became of each. */
const posting = (
  it: World,
  remote: string,
  names: readonly string[],
  instants: readonly number[],
  body: (what: string) => string = (what) => what,
) => {
  const outcome = new Map<string, string>()
  for (const name of names)
    it.node(name).start((env) => {
      const { ask, up$ } = coapEndpoint(env)
      const one = (what: string) =>
        ask(request(remote, '0.02', 'job', body(what))).pipe(
          map(({ code, payload }) =>
            outcome.set(what, code === '2.04' && textOf(payload) === body(what) ? 'answered' : `${code} ${textOf(payload).slice(0, 50)}`),
          ),
          catchError((error: unknown) => of(outcome.set(what, `failed: ${String(error)}`))),
        )
      return merge(up$, ...instants.map((at, index) => timer(at, env.scheduler).pipe(concatMap(() => one(`${name}:${index}`)))))
    })
  return outcome
}
const every = (count: number, ms: number) => Array.from({ length: count }, (_, index) => index * ms)

describe('over links that lose, double, delay and reorder', () => {
  test('what was answered was performed once, what was not at most once, and each answer is its own [RFC 7252 §4.5]', () => {
    let lost = 0
    everySeed({ count: 60, kept }, (seed) => {
      const it = world(seed, { faults: bad, log: false })
      const { performed, handler } = counting()
      const server = it.node('server')
      server.start(serving({ handler }))
      const outcome = posting(it, `coap://${server.address}:${port}`, ['a', 'b', 'c'], every(15, 1_000))
      it.run(400_000)
      expect(outcome.size).toBe(45)
      for (const [what, became] of outcome) {
        expect(became).toMatch(/^(answered$|failed)/)
        if (became === 'answered') expect(performed.get(what), what).toBe(1)
        else {
          lost++
          expect(performed.get(what) ?? 0, what).toBeLessThanOrEqual(1)
        }
      }
    })
    expect(lost).toBeLessThan(60 * 45 * 0.2)
  })
  test('everything asked once the links are good again is answered', () => {
    everySeed({ count: 30, kept }, (seed) => {
      const it = world(seed, { faults: { ...bad, loss: 0.6 }, log: false })
      const server = it.node('server')
      const { performed, handler } = counting()
      server.start(serving({ handler }))
      misfortunes(it, [server], { untilMs: 300_000, partitionsPerHour: 60, crashesPerHour: 30 })
      it.at(300_000, () => it.network.faults(good))
      const remote = `coap://${server.address}:${port}`
      const during = posting(it, remote, ['a', 'b'], every(20, 10_000))
      const after = posting(
        it,
        remote,
        ['c', 'd'],
        every(20, 1_000).map((at) => at + 301_000),
      )
      it.run(700_000)
      expect(during.size).toBe(40)
      expect([...after.values()]).toEqual(Array<string>(40).fill('answered'))
      for (const what of after.keys()) expect(performed.get(what)).toBe(1)
    })
  })
  test('a body of many blocks arrives whole and is performed once, or not at all [RFC 7959 §2.4, §2.5]', () => {
    let whole = 0
    everySeed({ count: 25, kept }, (seed) => {
      const it = world(seed, { faults: { ...bad, loss: 0.1 }, log: false })
      const { performed, handler } = counting()
      const server = it.node('server')
      server.start(serving({ handler, parameters: { szx: 4 } }))
      const body = (what: string) => `${what} `.repeat(500)
      const outcome = posting(it, `coap://${server.address}:${port}`, ['a', 'b', 'c'], [0], body)
      it.run(3_000_000)
      for (const [what, became] of outcome) {
        expect(became).toMatch(/^(answered$|failed|4.08|5.03)/)
        if (became === 'answered') expect(performed.get(body(what))).toBe(1)
      }
      for (const what of performed.keys()) expect(['a', 'b', 'c'].map((name) => body(`${name}:0`))).toContain(what)
      whole += [...outcome.values()].filter((became) => became === 'answered').length
    })
    expect(whole).toBeGreaterThan(60)
  })
  test.each([true, false])(
    'an observer never goes back in time, and in the end knows the last value, confirmable: %s [RFC 7641 §1.3, §3.4]',
    (confirmable) => {
      everySeed({ count: 30, kept }, (seed) => {
        const it = world(seed, { faults: { ...bad, maxMs: confirmable ? 400 : 12_000 }, log: false })
        const server = it.node('server')
        const last = 60
        server.start((env) => {
          const now = () => ({ ...response('2.05', `${Math.min(last, Math.floor(env.scheduler.now() / 3_000))}`), confirmable })
          const value$ = merge(timer(0, 3_000, env.scheduler).pipe(take(last + 2), map(now)), NEVER)
          const shared = { handler: ((asked) => (pathOf(asked) === 'clock' ? value$ : EMPTY)) as Handler }
          return serving(shared)(env)
        })
        const seen: number[][] = []
        for (const name of ['a', 'b'])
          it.node(name).start((env) => {
            const mine: number[] = []
            seen.push(mine)
            const { ask } = coapEndpoint(env)
            return ask(request(`coap://${server.address}:${port}`, '0.01', 'clock', '', [uintOption(options.Observe, 0)])).pipe(
              retry({ delay: () => timer(1_000, env.scheduler) }),
              map(({ payload }) => mine.push(Number(textOf(payload)))),
            )
          })
        it.at(150_000, () => it.network.faults(good))
        it.run(600_000)
        for (const mine of seen) {
          expect(
            mine.every((value, index) => index === 0 || value >= mine[index - 1]!),
            mine.join(),
          ).toBe(true)
          expect(mine.at(-1)).toBe(last)
        }
      })
    },
  )
  test('observers behind a translator that forgets, of a server that restarts, hear of it again [RFC 7641 §3.3.1]', () => {
    everySeed({ count: 15, kept }, (seed) => {
      const it = world(seed, { faults: { ...good, loss: 0.05 }, log: false })
      const server = it.node('server')
      server.start((env) =>
        serving({
          handler: () =>
            timer(0, 10_000, env.scheduler).pipe(
              map((n) => ({ ...response('2.05', `${env.wall()} ${n}`), options: [uintOption(options.MaxAge, 20)] })),
            ),
        })(env),
      )
      const heardAt: number[] = []
      const client = it.node('client', { nat: { timeoutMs: 30_000 } })
      client.start((env) => {
        const { ask } = coapEndpoint(env)
        return ask(request(`coap://${server.address}:${port}`, '0.01', 'clock', '', [uintOption(options.Observe, 0)])).pipe(
          map(() => heardAt.push(it.now())),
          retry({ delay: () => timer(5_000, env.scheduler) }),
          repeat({ delay: () => timer(5_000, env.scheduler) }),
        )
      })
      misfortunes(it, [server, client], { untilMs: 1_800_000, crashesPerHour: 6, rebindsPerHour: 12 })
      it.run(2_400_000)
      expect(heardAt.filter((at) => at > 2_100_000).length, heardAt.slice(-5).join()).toBeGreaterThan(20)
    })
  })
})

describe('over links that corrupt', () => {
  test('endpoints go on, and nothing throws', () => {
    everySeed({ count: 25, kept }, (seed) => {
      const it = world(seed, { faults: { ...bad, loss: 0.05, corruption: 0.4 }, log: false })
      const server = it.node('server')
      server.start(serving({ handler: counting().handler }))
      const remote = `coap://${server.address}:${port}`
      posting(it, remote, ['a', 'b'], every(15, 2_000))
      it.node('observer').start((env) =>
        timer(0, 5_000, env.scheduler).pipe(
          mergeMap(
            () =>
              coapEndpoint(env)
                .ask(request(remote, '0.01', 'x', '', [uintOption(options.Observe, 0)]))
                .pipe(
                  ignoreElements(),
                  catchError(() => EMPTY),
                ),
            3,
          ),
        ),
      )
      it.at(200_000, () => it.network.faults(good))
      const after = posting(it, remote, ['c'], [210_000, 220_000])
      it.run(600_000)
      expect([...after.values()]).toEqual(['answered', 'answered'])
    })
  })
})

describe('a world of endpoints', () => {
  const story = (seed: number, log: boolean): { readonly it: World; readonly turns: readonly Turn[] } => {
    const it = world(seed, { faults: bad, log })
    const turns: Turn[] = []
    it.turn$.subscribe((turn) => turns.push(turn))
    const server = it.node('server')
    server.start(serving({ handler: counting().handler, parameters: { szx: 2 } }))
    posting(it, `coap://${server.address}:${port}`, ['a', 'b'], every(10, 2_000), (what) => what.repeat(30))
    it.run(300_000)
    return { it, turns }
  }
  test('tells the same story from the same seed, turn by turn and datagram by datagram', () => {
    const [one, other] = [story(11, true), story(11, true)]
    expect(one.it.log.length).toBeGreaterThan(500)
    expect(other.it.log).toEqual(one.it.log)
    expect(story(12, true).it.log).not.toEqual(one.it.log)
  })
  test('is a recording: every machine of every node replays to the same turns', () => {
    const { turns } = story(11, false)
    const p = parametersOf({})
    for (const node of ['server', 'a', 'b']) {
      const own = node === 'server' ? parametersOf({ parameters: { szx: 2 } }) : p
      replaysAlike(messages(own), turns, node)
      replaysAlike(exchanges(own), turns, node)
      replaysAlike(transfers(own), turns, node)
    }
    expect(turns.length).toBeGreaterThan(500)
  })
})
