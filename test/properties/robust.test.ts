/** Bodies in bursts over a bad network: what arrives is what was sent, or the request fails with a reason (RFC 9177). */
import * as fc from 'fast-check'
import { concat, ignoreElements, of, timer, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { bodyOf, pair, serverName, sourceOf, storeOf } from '../../marble-tests/blockwise/qblock-pair.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Sink } from '../../src/core/ports.ts'
import type { Faults } from '../../src/datagram/faults.ts'
import { request } from '../../src/exchange/request.ts'
import { noBytes } from '../../src/message/message.ts'

interface Case {
  readonly octets: number
  readonly szx: number
  readonly maxPayloads: number
  /** What the other end takes for a set. */
  readonly otherPayloads: number
  readonly windowBlocks: number
  readonly streams: boolean
  readonly sinkMs: number
  readonly seed: number
  readonly knows: boolean
}
const cases: fc.Arbitrary<Case> = fc.record({
  octets: fc.oneof(fc.nat(400), fc.nat(1_500)),
  szx: fc.constantFrom(0, 1, 2),
  maxPayloads: fc.constantFrom(1, 3, 10),
  otherPayloads: fc.constantFrom(0, 0, 0, 4),
  windowBlocks: fc.constantFrom(1, 4),
  streams: fc.boolean(),
  sinkMs: fc.constantFrom(0, 0, 30, 900),
  seed: fc.nat(1_000_000),
  knows: fc.boolean(),
})
const bad: fc.Arbitrary<Faults> = fc.record({
  loss: fc.constantFrom(0, 0.02, 0.1, 0.3),
  duplication: fc.constantFrom(0, 0.1),
  reorder: fc.constantFrom(0, 0.1),
  minMs: fc.constant(0),
  maxMs: fc.constantFrom(0, 40, 300),
})

/** Plays one body one way. */
const play = (way: 'GET' | 'PUT', one: Case, faults: Faults | undefined) => {
  const body = bodyOf(one.octets)
  const store = storeOf()
  const slow: Sink = {
    ...store,
    write: (bytes, offset): Observable<unknown> => {
      const written$ = store.write(bytes, offset)
      return one.sinkMs === 0 ? written$ : concat(timer(one.sinkMs, made.scheduler).pipe(ignoreElements()), written$)
    },
  }
  let performed: Uint8Array | undefined
  let times = 0
  const made = pair({
    seed: one.seed,
    ...(faults === undefined ? {} : { faults }),
    parameters: { szx: one.szx, maxPayloads: one.maxPayloads, windowBlocks: one.windowBlocks },
    server: {
      parameters: { robustBlocks: one.knows ? 'auto' : 'off', ...(one.otherPayloads === 0 ? {} : { maxPayloads: one.otherPayloads }) },
      ...(one.streams ? { sinkFor: () => slow } : {}),
      handler: ({ payload, code }) => {
        if (code === '0.01')
          return of({
            code: '2.05',
            options: [],
            payload: one.streams ? noBytes : body,
            ...(one.streams ? { source: sourceOf(body, Uint8Array.of(1)) } : {}),
          })
        times++
        performed = one.streams ? store.bytes() : Uint8Array.from(payload)
        return of({ code: '2.04', options: [], payload: noBytes })
      },
    },
  })
  let outcome: string | undefined
  const details = way === 'GET' ? { sink: slow } : one.streams ? { source: sourceOf(body) } : { payload: body }
  made.client.ask(request(way, serverName, details, '/path')).subscribe({
    next: ({ code }) => (outcome = code),
    error: (error: unknown) => (outcome = error instanceof Lwm2mError ? error.code : 'unknown'),
  })
  made.scheduler.flush(40_000_000)
  return { outcome, body, received: way === 'GET' ? store.bytes() : performed, state: store.state(), times }
}

const seedOf = { numRuns: 1_000, seed: 9_177 }

describe('a body in bursts', () => {
  for (const way of ['GET', 'PUT'] as const) {
    test(`${way}: arrives whole on a network that loses nothing, whatever the sizes`, () => {
      fc.assert(
        fc.property(cases, (one) => {
          const { outcome, body, received, times } = play(way, one, undefined)
          expect(outcome).toBe(way === 'GET' ? '2.05' : '2.04')
          expect(received).toEqual(body)
          if (way === 'PUT') expect(times).toBe(1)
        }),
        seedOf,
      )
    })
    test(`${way}: arrives whole over a bad network, or fails with a reason; it is performed once`, () => {
      fc.assert(
        fc.property(cases, bad, (one, faults) => {
          const { outcome, body, received, state, times } = play(way, one, faults)
          if (one.knows && faults.loss! < 0.1) expect(outcome).toMatch(/^2/)
          expect(outcome).toMatch(/^(2\.05|2\.04|4\.08|5\.03|timeout|incomplete|reset|unavailable)$/)
          if (outcome === '2.05' || outcome === '2.04') {
            expect(received).toEqual(body)
          } else if (way === 'GET') expect(state).not.toBe('closed')
          if (way === 'PUT' && one.knows) expect(times).toBeLessThanOrEqual(1)
        }),
        seedOf,
      )
    })
  }
})
