/** A body arrives whole or not at all, over networks that lose, repeat and reorder datagrams (RFC 7959 §2.4, §2.5). */
import * as fc from 'fast-check'
import { defer, EMPTY, of, timer, map, type Observable } from 'rxjs'
import { expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Sink, Source } from '../../src/core/ports.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { noOptions } from '../../src/message/message.ts'
import { bytesOf, path, request } from './blockwise-pair.ts'
import { world } from './blockwise-world.ts'

const serverName = 'coap://server:5683'
const clientName = 'coap://client:40000'
const bad = fc.record({
  loss: fc.double({ min: 0, max: 0.25, noNaN: true }),
  duplication: fc.double({ min: 0, max: 0.3, noNaN: true }),
  reorder: fc.double({ min: 0, max: 0.3, noNaN: true }),
  minMs: fc.integer({ min: 0, max: 20 }),
  maxMs: fc.integer({ min: 20, max: 300 }),
})
const sizes = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 4_000 }), fc.constantFrom(1024, 2048))
const szx = fc.integer({ min: 0, max: 6 })
const seeds = fc.integer()
const content = (payload: Uint8Array, code: Response['code'] = '2.05'): Response => ({ code, options: noOptions, payload })
const possible = new Set(['timeout', 'incomplete', 'changed', 'reset'])
const outcome = (response$: Observable<Response>) => {
  const seen: { response?: Response; error?: unknown } = {}
  response$.subscribe({ next: (response) => (seen.response = response), error: (error: unknown) => (seen.error = error) })
  return seen
}
const failsOnlySo = (error: unknown) => {
  expect(error).toBeInstanceOf(Lwm2mError)
  expect(possible).toContain((error as Lwm2mError).code)
}
const same = (a: Uint8Array | undefined, b: Uint8Array) => expect(a !== undefined && Buffer.compare(a, b) === 0).toBe(true)

/** A sink that keeps what it is given; each call takes its time. */
export const memorySink = (write: () => Observable<unknown> = () => of(undefined)) => {
  const kept = { bytes: [] as number[], opened: -1, closed: false, abandoned: 0, calls: 0 }
  const sink: Sink = {
    open: (offset) =>
      defer(() => {
        kept.opened = offset
        kept.bytes.length = offset
        return EMPTY
      }),
    write: (bytes, offset) =>
      defer(() => {
        expect(offset).toBe(kept.bytes.length)
        expect(++kept.calls).toBe(1)
        return write().pipe(
          map(() => {
            kept.calls--
            kept.bytes.push(...bytes)
          }),
        )
      }),
    close: () =>
      defer(() => {
        kept.closed = true
        return EMPTY
      }),
    abandon: () =>
      defer(() => {
        kept.abandoned++
        return EMPTY
      }),
  }
  return { kept, sink }
}
const memorySource = (body: Uint8Array, sized: boolean): Source => ({
  size: sized ? body.length : undefined,
  etag: Uint8Array.of(1, 2, 3),
  read: (offset, count) => of(body.subarray(offset, offset + count)),
})

test('a PUT and its response arrive whole, and the request is performed at most once, or it fails with a reason', () => {
  fc.assert(
    fc.property(seeds, bad, sizes, sizes, szx, szx, fc.boolean(), (seed, faults, up, down, mine, yours, confirmable) => {
      const { node, scheduler } = world(seed, faults)
      const [sent, returned] = [bytesOf(up, 3), bytesOf(down, 5)]
      const performed: Uint8Array[] = []
      const server = node(serverName, {
        parameters: { szx: yours },
        handler: ({ payload }) => {
          performed.push(payload)
          return of(content(returned, '2.04'))
        },
      })
      const client = node(clientName, { parameters: { szx: mine } })
      const subscription = server.up$.subscribe()
      const seen = outcome(client.ask(request('0.03', { payload: sent, confirmable })))
      scheduler.flush(3_600_000)
      for (const one of performed) same(one, sent)
      expect(performed.length).toBeLessThan(2)
      if (seen.response === undefined) failsOnlySo(seen.error)
      else if (seen.response.code === '2.04') {
        expect(performed).toHaveLength(1)
        same(seen.response.payload, returned)
      } else expect(seen.response.code).toBe('4.08')
      subscription.unsubscribe()
    }),
    { numRuns: 1_000 },
  )
})

test('what is read is one of the representations that there were, whole, though it changes while it is read', () => {
  fc.assert(
    fc.property(
      seeds,
      bad,
      fc.array(sizes, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 3_000 }),
      szx,
      szx,
      (seed, faults, lengths, periodMs, mine, yours) => {
        const { node, scheduler } = world(seed, faults)
        const versions = lengths.map((length, version) => bytesOf(length, version * 13))
        const server = node(serverName, {
          parameters: { szx: yours, transferTimeoutMs: 400 }, // so that bodies are made anew between two blocks, too
          handler: () => of(content(versions[Math.floor(scheduler.now() / periodMs) % versions.length]!)),
        })
        const client = node(clientName, { parameters: { szx: mine } })
        const subscription = server.up$.subscribe()
        const seen = outcome(client.ask(request('0.01')))
        scheduler.flush(3_600_000)
        if (seen.response === undefined) failsOnlySo(seen.error)
        else if (seen.response.code === '2.05')
          expect(versions.some((version) => Buffer.compare(version, seen.response!.payload) === 0)).toBe(true)
        else expect(seen.response.code).toBe('4.00') // it became shorter than the block that was asked for
        subscription.unsubscribe()
      },
    ),
    { numRuns: 1_000 },
  )
})

test('a streamed body reaches the sink whole and is closed, or is abandoned, in both directions', () => {
  fc.assert(
    fc.property(
      seeds,
      bad,
      sizes,
      szx,
      szx,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 4_000 }),
      fc.boolean(),
      (seed, faults, size, mine, yours, windowBlocks, slowMs, sized) => {
        const { node, scheduler } = world(seed, faults)
        const body = bytesOf(size, 9)
        const slow = () => (slowMs === 0 ? of(undefined) : timer(slowMs % 7 === 0 ? slowMs : slowMs % 40, scheduler))
        const stored: ReturnType<typeof memorySink>[] = []
        const asked: number[] = []
        const server = node(serverName, {
          parameters: { szx: yours, windowBlocks },
          streams: ({ code }) => code === '0.03',
          sinkFor: () => {
            const one = memorySink(slow)
            stored.push(one)
            return one.sink
          },
          handler: (request) => {
            if (request.code === '0.01') return of({ ...content(new Uint8Array(0)), source: memorySource(body, sized) })
            asked.push(request.body?.size ?? -1)
            return of(content(new Uint8Array(0), '2.04'))
          },
        })
        const client = node(clientName, { parameters: { szx: mine, windowBlocks } })
        const subscription = server.up$.subscribe()
        const here = memorySink(slow)
        const pulled = outcome(client.ask(request('0.01', { sink: here.sink })))
        const pushed = outcome(client.ask(request('0.03', { options: path('store'), source: memorySource(body, sized) })))
        scheduler.flush(10 * 3_600_000)
        if (pulled.response?.code === '2.05') {
          expect(here.kept.closed).toBe(true)
          same(Uint8Array.from(here.kept.bytes), body)
        } else {
          if (pulled.response === undefined) failsOnlySo(pulled.error)
          expect(here.kept.closed).toBe(false)
          expect(here.kept.abandoned).toBe(here.kept.opened === -1 ? 0 : 1)
        }
        if (pushed.response?.code === '2.04') {
          const last = stored.at(-1)
          if (size > 0) expect(asked.at(-1)).toBe(size)
          if (size > 0) same(Uint8Array.from(last!.kept.bytes), body)
          if (size > 0) expect(last!.kept.closed).toBe(true)
        } else if (pushed.response === undefined) failsOnlySo(pushed.error)
        for (const { kept } of stored) expect(kept.closed ? kept.abandoned === 0 : kept.abandoned <= 1).toBe(true)
        for (const { kept } of stored) if (kept.closed) same(Uint8Array.from(kept.bytes), body)
        subscription.unsubscribe()
        for (const { kept } of stored) expect(kept.closed || kept.abandoned === 1).toBe(true)
      },
    ),
    { numRuns: 1_000 },
  )
})
