/** Notifications over a bad network: never backwards, and in the end the newest (RFC 7641 §1.3, §3.4, §4.5). */
import * as fc from 'fast-check'
import { BehaviorSubject } from 'rxjs'
import { expect, test } from 'vitest'
import { request } from '../../src/exchange/request.ts'
import { noOptions } from '../../src/message/message.ts'
import { pair, serverName } from '../../marble-tests/ask/pair.ts'

const runs = { numRuns: 1_000, seed: Number(process.env['SEED'] ?? 7641) }
const representation = (value: number, confirmable: boolean | undefined) => ({
  code: '2.05' as const,
  options: noOptions,
  payload: Uint8Array.of(value),
  ...(confirmable === undefined ? {} : { confirmable }),
})
const network = fc.record({
  loss: fc.constantFrom(0, 0.1, 0.2),
  duplication: fc.constantFrom(0, 0.2),
  reorder: fc.constantFrom(0, 0.3),
  minMs: fc.constantFrom(0, 50),
  maxMs: fc.constantFrom(50, 500, 3_000),
})
const changes = fc.array(fc.tuple(fc.integer({ min: 0, max: 6_000 }), fc.constantFrom(undefined, true, false)), {
  minLength: 1,
  maxLength: 12,
})

test(`the values that are delivered never go backwards, and after the last change the newest arrives (seed ${runs.seed}) [RFC 7641 §3.4, §4.5]`, () => {
  fc.assert(
    fc.property(network, changes, fc.integer({ min: 1, max: 1_000_000 }), (faults, steps, seed) => {
      const resource$ = new BehaviorSubject(representation(0, undefined))
      const { client, scheduler } = pair({
        handler: () => resource$,
        faults,
        seed,
        parameters: { maxRetransmit: 12, ackTimeoutMs: 1_000, renewObservations: false },
      })
      const delivered: number[] = []
      const errors: unknown[] = []
      client
        .ask(request('GET', serverName, { observe: true }, '/t'))
        .subscribe({ next: ({ payload }) => delivered.push(payload[0]!), error: (error: unknown) => errors.push(error) })
      scheduler.flush(100_000)
      steps.forEach(([waitMs, confirmable], i) => {
        resource$.next(representation(i + 1, i === steps.length - 1 ? true : confirmable))
        scheduler.flush(scheduler.now() + waitMs)
      })
      scheduler.flush(scheduler.now() + 20_000_000)
      expect(errors).toEqual([])
      expect(delivered).toEqual([...delivered].sort((a, b) => a - b))
      expect(delivered.at(-1)).toBe(steps.length)
    }),
    runs,
  )
})
