/** Exchanges over a bad network: each is answered once, with its own answer, under a token of its own (RFC 7252 §5.3). */
import * as fc from 'fast-check'
import { map, timer } from 'rxjs'
import { expect, test } from 'vitest'
import { seeded } from '../../src/core/dice.ts'
import { request } from '../../src/exchange/request.ts'
import { token } from '../../src/exchange/token.ts'
import { noOptions } from '../../src/message/message.ts'
import { options, strings } from '../../src/message/option.ts'
import { pair, serverName } from '../../marble-tests/ask/pair.ts'

const runs = { numRuns: 1_000, seed: Number(process.env['SEED'] ?? 7252) }
const network = fc.record({
  loss: fc.constantFrom(0, 0.2),
  duplication: fc.constantFrom(0, 0.3),
  reorder: fc.constantFrom(0, 0.3),
  maxMs: fc.constantFrom(10, 4_000),
})
/** What is asked: how long the handler takes, whether it is confirmable, whether it is given up after some time. */
const asked = fc.record({
  takesMs: fc.constantFrom(0, 500, 3_000, 20_000),
  confirmable: fc.boolean(),
  cancelMs: fc.option(fc.integer({ min: 0, max: 30_000 })),
})

test(`each request has its own answer, at most once, and nothing is left in the end (seed ${runs.seed}) [RFC 7252 §5.3]`, () => {
  fc.assert(
    fc.property(network, fc.array(asked, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 1_000_000 }), (faults, all, seed) => {
      const world = pair({
        faults,
        seed,
        parameters: { maxRetransmit: 12 },
        handler: ({ options: of }) => {
          const [name = '', takesMs] = strings(of, options.UriPath)
          return timer(Number(takesMs), world.scheduler).pipe(
            map(() => ({ code: '2.05', options: noOptions, payload: Uint8Array.of(Number(name)) })),
          )
        },
      })
      const { client, server, scheduler } = world
      const keep = client.up$.subscribe()
      const answers = all.map(({ takesMs, confirmable, cancelMs }, i) => {
        const values: number[] = []
        let ended = 0
        const subscription = client
          .ask(request('GET', serverName, { confirmable }, `/${i}/${takesMs}`))
          .subscribe({ next: ({ payload }) => values.push(payload[0]!), error: () => ended++, complete: () => ended++ })
        if (cancelMs !== null) scheduler.schedule(() => subscription.unsubscribe(), cancelMs)
        return { values, ended: () => ended, cancelled: cancelMs !== null }
      })
      scheduler.flush(100_000_000)
      answers.forEach(({ values, ended, cancelled }, i) => {
        expect(values).toEqual(values.length === 0 ? [] : [i])
        if (!cancelled) expect(ended()).toBe(1)
        if (!cancelled && all[i]!.confirmable) expect(values).toEqual([i])
      })
      expect([client.rows(), server.rows()]).toEqual([0, 0])
      keep.unsubscribe()
    }),
    runs,
  )
})

test('tokens of one endpoint do not come again [RFC 7252 §5.3.1]', () => {
  const random = seeded(1)
  const tokens = new Set(Array.from({ length: 200_000 }, () => token(random)))
  expect(tokens.size).toBe(200_000)
  for (const one of [...tokens].slice(0, 100)) expect(one).toMatch(/^[0-9a-f]{16}$/)
})
