/** Notifications in bursts over a bad network: what is handed over was sent, whole and in order; in the end the last one arrives (RFC 9177 §4.4; RFC 7641 §1.3). */
import * as fc from 'fast-check'
import { map, ReplaySubject, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { pair, serverName, sourceOf } from '../../marble-tests/blockwise/qblock-pair.ts'
import { seeded } from '../../src/core/dice.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Faults } from '../../src/datagram/faults.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { request } from '../../src/exchange/request.ts'
import { noBytes } from '../../src/message/message.ts'
import { options, uintOption } from '../../src/message/option.ts'

interface Change {
  readonly afterMs: number
  readonly octets: number
}
interface Case {
  readonly first: number
  readonly changes: readonly Change[]
  readonly maxPayloads: number
  readonly otherPayloads: number
  readonly szx: number
  readonly confirmable: boolean
  readonly streams: boolean
  readonly knows: boolean
  readonly renews: boolean
  readonly seed: number
}
const octets = fc.oneof(fc.nat(40), fc.nat(300), fc.nat(900))
const cases: fc.Arbitrary<Case> = fc.record({
  first: octets,
  changes: fc.array(fc.record({ afterMs: fc.oneof(fc.constantFrom(0, 1), fc.nat(100), fc.nat(9_000), fc.nat(60_000)), octets }), {
    minLength: 1,
    maxLength: 6,
  }),
  maxPayloads: fc.constantFrom(1, 3, 10),
  otherPayloads: fc.constantFrom(0, 0, 0, 4),
  szx: fc.constantFrom(0, 1, 2),
  confirmable: fc.boolean(),
  streams: fc.boolean(),
  knows: fc.constantFrom(true, true, true, false),
  renews: fc.boolean(),
  seed: fc.nat(1_000_000),
})
const bad: fc.Arbitrary<Faults> = fc.record({
  loss: fc.constantFrom(0, 0.02, 0.1, 0.3),
  duplication: fc.constantFrom(0, 0.1),
  reorder: fc.constantFrom(0, 0.1),
  minMs: fc.constant(0),
  maxMs: fc.constantFrom(0, 40, 300),
})

/** Body number so-and-so: its number is in its octets. */
const numbered = (index: number, length: number) =>
  Uint8Array.from({ length: length + 2 }, (_, i) => (i < 2 ? index : (i * 7 + index * 31) & 255))

const play = (one: Case, faults: Faults) => {
  const sent: Uint8Array[] = []
  const body$ = new ReplaySubject<Uint8Array>(1)
  const say = (length: number) => {
    sent.push(numbered(sent.length, length))
    body$.next(sent.at(-1)!)
  }
  const luck = seeded(one.seed)
  let { loss = 0 } = faults
  const made = pair({
    seed: one.seed,
    faults: { ...faults, loss: 0 },
    lost: () => loss > 0 && luck.uint32() / 2 ** 32 < loss,
    parameters: { szx: one.szx, maxPayloads: one.maxPayloads, renewObservations: one.renews },
    server: {
      parameters: { robustBlocks: one.knows ? 'auto' : 'off', ...(one.otherPayloads === 0 ? {} : { maxPayloads: one.otherPayloads }) },
      handler: (): Observable<Response> =>
        body$.pipe(
          map((body) => ({
            code: '2.05' as const,
            options: [],
            confirmable: one.confirmable,
            ...(one.streams ? { payload: noBytes, source: sourceOf(body, Uint8Array.of(body[0]!, 1)) } : { payload: body }),
          })),
        ),
    },
  })
  const got: Uint8Array[] = []
  let error: string | undefined
  say(one.first)
  const observe = () =>
    made.client.ask(request('GET', serverName, { options: [uintOption(options.Observe, 0)] }, '/path')).subscribe({
      next: ({ payload }) => got.push(Uint8Array.from(payload)),
      error: (one: unknown) => (error = one instanceof Lwm2mError ? one.code : 'unknown'),
    })
  made.arm()
  observe()
  for (const { afterMs, octets: length } of one.changes) {
    made.scheduler.flush(made.scheduler.now() + afterMs)
    say(length)
  }
  // Losses stop. That a notification was lost as a whole is never found out where nobody confirms it, and nobody registers again.
  made.scheduler.flush(made.scheduler.now() + 5_000)
  loss = 0
  if (!one.confirmable && !one.renews) say(500)
  made.scheduler.flush(made.scheduler.now() + 1_000_000)
  return { sent, got, error, made }
}

const seedOf = { numRuns: 1_000, seed: 9_177 }

describe('an observation in bursts', () => {
  test('hands over bodies that were sent, whole and in order, and in the end the last; or it fails with a reason', () => {
    let failed = 0
    fc.assert(
      fc.property(cases, bad, (one, faults) => {
        const { sent, got, error } = play(one, faults)
        let latest = 0
        for (const body of got) {
          const index = sent.findIndex((other) => other.length === body.length && other.every((octet, i) => octet === body[i]))
          expect(index).toBeGreaterThanOrEqual(latest)
          latest = index
        }
        // A confirmable one that nobody acknowledged ends the observation at the server; its observer finds out when it renews it (RFC 7641 §4.5).
        const mayEnd = one.confirmable && !one.renews && faults.loss! > 0.02
        if (error === undefined && !mayEnd) expect(latest).toBe(sent.length - 1)
        else if (error === undefined) return
        else if (one.knows) {
          failed++
          expect(error).toMatch(/^(timeout|incomplete|changed|reset|unavailable)$/)
          expect(faults.loss).toBeGreaterThan(0)
        }
      }),
      seedOf,
    )
    expect(failed).toBeLessThan(10)
  })
})
