/** Sinks and Sources as an application gives them, through whole endpoints in virtual time (RFC 7959; bounded memory). */
import { concat, defer, EMPTY, map, NEVER, of, throwError, timer, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Sink, Source } from '../../src/core/ports.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { options as numbers, uint } from '../../src/message/option.ts'
import { bytesOf, path, request as made } from './blockwise-pair.ts'
import { world, type NodeOptions } from './blockwise-world.ts'

const content = (code: Response['code'] = '2.05', payload: Uint8Array = noBytes): Response => ({ code, options: noOptions, payload })

/** A sink that writes down what it is told to do. */
const noting = (over: Partial<Sink> = {}) => {
  const calls: string[] = []
  const parts: Uint8Array[] = []
  const note = (text: string, then: Observable<unknown> = EMPTY) => defer(() => (calls.push(text), then))
  const sink: Sink = {
    open: (offset) => note(`open ${offset}`, over.open?.(offset)),
    write: (bytes, offset) =>
      note(
        `write ${bytes.length} at ${offset}`,
        concat(
          over.write?.(bytes, offset) ?? EMPTY,
          defer(() => (parts.push(bytes), EMPTY)),
        ),
      ),
    close: () => note('close', over.close?.()),
    abandon: () => note('abandon', over.abandon?.()),
  }
  return { calls, sink, stored: () => Buffer.concat(parts) }
}
const reading = (body: Uint8Array, size: number | undefined = body.length): { readonly source: Source; readonly reads: string[] } => {
  const reads: string[] = []
  return {
    reads,
    source: {
      size,
      etag: Uint8Array.of(7),
      read: (offset, count) => {
        reads.push(`${count} at ${offset}`)
        return of(body.subarray(offset, offset + count))
      },
    },
  }
}
const seen = (response$: Observable<Response>) => {
  const found: { code?: string; error?: string; response?: Response; stop: () => void } = { stop: () => {} }
  const subscription = response$.subscribe({
    next: (response) => {
      found.code = response.code
      found.response = response
    },
    error: (error: unknown) => (found.error = (error as Lwm2mError).code),
  })
  found.stop = () => subscription.unsubscribe()
  return found
}
const body = bytesOf(2500)

describe.each([
  { street: 'datagrams', scheme: 'coap' },
  { street: 'a reliable stream', scheme: 'coap+tcp' },
])('over $street', ({ scheme }) => {
  const serverName = `${scheme}://server:5683`
  const other = `${scheme}://other:5683`
  const clientName = `${scheme}://client:40000`
  const request = (code: Request['code'], more: Partial<Request> = {}): Request => made(code, { remote: serverName, ...more })
  const both = (server: NodeOptions, client: NodeOptions = {}, faults = {}) => {
    const made = world(7, faults, 10, scheme === 'coap+tcp')
    const there = made.node(serverName, server)
    const up = there.up$.subscribe()
    return { ...made, client: made.node(clientName, client), server: there, close: () => up.unsubscribe() }
  }

  describe('a body that is pulled into a sink', () => {
    test('is opened, written in order, and closed, before the answer comes', () => {
      const { client, scheduler } = both({ handler: () => of(content('2.05', body)) })
      const { sink, calls, stored } = noting()
      const got = seen(client.ask(request('0.01', { sink })))
      scheduler.flush(10_000)
      expect(calls).toEqual(['open 0', 'write 1024 at 0', 'write 1024 at 1024', 'write 452 at 2048', 'close'])
      expect(stored().equals(body)).toBe(true)
      expect(got).toMatchObject({ code: '2.05', response: { payload: noBytes, body: { size: 2500 } } })
    })
    test('is abandoned when the asker goes away, even in the midst of a write', () => {
      const { client, scheduler } = both({ handler: () => of(content('2.05', body)) })
      const { sink, calls } = noting({ write: () => NEVER })
      const got = seen(client.ask(request('0.01', { sink })))
      scheduler.flush(500)
      got.stop()
      scheduler.flush(10_000)
      expect(calls).toEqual(['open 0', 'write 1024 at 0', 'abandon'])
    })
    test('is abandoned when the sink fails, and the request fails with sink', () => {
      const { client, scheduler } = both({ handler: () => of(content('2.05', body)) })
      const { sink, calls } = noting({ write: (_, offset) => (offset === 0 ? EMPTY : throwError(() => new Error('disk'))) })
      const got = seen(client.ask(request('0.01', { sink })))
      scheduler.flush(10_000)
      expect(got.error).toBe('sink')
      expect(calls.at(-1)).toBe('abandon')
      expect(calls.filter((call) => call === 'abandon')).toHaveLength(1)
    })
    test('does not touch its sink when the answer is an error', () => {
      const { client, scheduler } = both({ handler: () => of(content('4.04')) })
      const { sink, calls } = noting()
      expect(seen(client.ask(request('0.01', { sink })))).toMatchObject({})
      scheduler.flush(10_000)
      expect(calls).toEqual([])
    })
    test('may be stored more slowly than acknowledgements wait', () => {
      const made = both({ handler: () => of(content('2.05', body)) })
      const { sink, stored } = noting({ write: () => timer(9_000, made.scheduler) })
      const got = seen(made.client.ask(request('0.01', { sink })))
      made.scheduler.flush(60_000)
      expect(got.code).toBe('2.05')
      expect(stored().equals(body)).toBe(true)
    })
  })

  describe('a body that is pushed into a sink', () => {
    test('is stored more slowly than acknowledgements wait: each block is acknowledged empty and answered later [RFC 7252 §5.2.2]', () => {
      const { sink, stored, calls } = noting({ write: () => timer(5_000, made.scheduler) })
      const made = both({ sinkFor: () => sink, streams: () => true, handler: () => of(content('2.04')) })
      const got = seen(made.client.ask(request('0.03', { payload: body })))
      made.scheduler.flush(60_000)
      expect(got.code).toBe('2.04')
      expect(stored().equals(body)).toBe(true)
      expect(calls.at(-1)).toBe('close')
    })
    test('is refused when there is no sink for it, and with what the sink says', () => {
      const sinks: (Sink | undefined)[] = [
        undefined,
        noting({ open: () => throwError(() => new Lwm2mError('too-large', 'full')) }).sink,
        noting({ write: () => throwError(() => new Lwm2mError('refused', 'later')) }).sink,
      ]
      const { client, scheduler } = both({ sinkFor: () => sinks.shift(), streams: () => true, handler: () => of(content('2.04')) })
      const codes = [1, 2, 3].map(() => {
        const got = seen(client.ask(request('0.03', { payload: body })))
        scheduler.flush(scheduler.now() + 10_000)
        return got.code
      })
      expect(codes).toEqual(['5.00', '4.13', '5.03'])
    })
    test('is abandoned when the endpoint closes', () => {
      const { sink, calls } = noting({ write: () => NEVER })
      const { client, scheduler, close } = both({ sinkFor: () => sink, streams: () => true, handler: () => of(content('2.04')) })
      seen(client.ask(request('0.03', { payload: body })))
      scheduler.flush(500)
      close()
      expect(calls).toEqual(['open 0', 'write 1024 at 0', 'abandon'])
    })
    test('from two peers at once goes to two sinks, and a request of a third party is answered between', () => {
      const sinks = [noting({ write: () => timer(100, made.scheduler) }), noting({ write: () => timer(100, made.scheduler) })]
      const waiting = [...sinks]
      const made = both({
        sinkFor: () => waiting.shift()?.sink,
        streams: ({ code }) => code === '0.03',
        handler: ({ code }) => of(content(code === '0.01' ? '2.05' : '2.04')),
      })
      const far = made.node(other)
      const large = bytesOf(20_000)
      const first = seen(made.client.ask(request('0.03', { payload: large })))
      const second = seen(far.ask(request('0.03', { payload: large })))
      made.scheduler.flush(300)
      const read = seen(far.ask(request('0.01', { options: path('x') })))
      made.scheduler.flush(600)
      expect(read.code).toBe('2.05')
      expect(first.code).toBeUndefined()
      made.scheduler.flush(60_000)
      expect([first.code, second.code]).toEqual(['2.04', '2.04'])
      for (const { stored } of sinks) expect(stored().equals(large)).toBe(true)
    })
  })

  describe('a body that is read from a source', () => {
    test('goes out with a request, each piece read once', () => {
      const seenBodies: Uint8Array[] = []
      const { client, scheduler } = both({ handler: ({ payload }) => (seenBodies.push(payload), of(content('2.04'))) })
      const { source, reads } = reading(body)
      const got = seen(client.ask(request('0.03', { source })))
      scheduler.flush(10_000)
      expect(got.code).toBe('2.04')
      expect(seenBodies.map((one) => Buffer.compare(one, body))).toEqual([0])
      expect(reads).toEqual(['1024 at 0', '1024 at 1024', '452 at 2048'])
    })
    test('goes out with a response, each piece read once, its ETag on each block', () => {
      const { source, reads } = reading(body)
      const { client, scheduler } = both({ handler: () => of({ ...content(), source }) })
      const got = seen(client.ask(request('0.01')))
      scheduler.flush(10_000)
      expect(got.response?.payload).toEqual(body)
      expect(got.response?.options.filter(({ number }) => number === numbers.ETag).map(({ value }) => [...value])).toEqual([[7]])
      expect(uint(got.response!.options, numbers.Size2)).toBe(2500)
      expect(reads).toEqual(['1024 at 0', '1024 at 1024', '452 at 2048'])
    })
    test('that fails, fails the request, or is answered 5.00', () => {
      const broken: Source = { size: 2000, etag: undefined, read: () => throwError(() => new Error('disk')) }
      const { client, scheduler } = both({ handler: () => of({ ...content(), source: broken }) })
      const [up, down] = [seen(client.ask(request('0.03', { source: broken }))), seen(client.ask(request('0.01')))]
      scheduler.flush(10_000)
      expect([up.error, down.code]).toEqual(['sink', '5.00'])
    })
  })

  test('a Read waits for one block at most while a body is fetched from the same peer, though only one message may be under way', () => {
    const { client, scheduler } = both({
      handler: ({ options }) =>
        of(
          content(
            '2.05',
            uint(options, numbers.UriPath) === undefined ? noBytes : options[0]!.value.length === 1 ? bytesOf(5) : bytesOf(100_000),
          ),
        ),
    })
    const large = seen(client.ask(request('0.01')))
    scheduler.flush(205)
    const began = scheduler.now()
    const read = seen(client.ask(request('0.01', { options: path('x') })))
    while (read.code === undefined) scheduler.flush(scheduler.now() + 1)
    expect(scheduler.now() - began).toBeLessThan(45) // two round trips of 20 ms
    expect(large.code).toBeUndefined()
    scheduler.flush(60_000)
    expect(large.response?.payload).toEqual(bytesOf(100_000))
  })

  test('a large observed resource is notified in blocks and seen whole each time [RFC 7959 §2.6]', () => {
    const made = both({
      handler: () =>
        concat(
          of(content('2.05', bytesOf(3000, 1))),
          timer(5_000, made.scheduler).pipe(map(() => content('2.05', bytesOf(2000, 2)))),
          NEVER,
        ),
    })
    const got: Uint8Array[] = []
    const subscription = made.client
      .ask(request('0.01', { options: [{ number: numbers.Observe, value: noBytes }, ...path('large')] }))
      .subscribe(({ payload }) => got.push(payload))
    made.scheduler.flush(30_000)
    subscription.unsubscribe()
    made.scheduler.flush(60_000)
    expect(got.map((one) => one.length)).toEqual([3000, 2000])
    expect(Buffer.compare(got[1]!, bytesOf(2000, 2))).toBe(0)
  })

  // Nothing comes twice on a stream.
  if (scheme !== 'coap') return

  test('answers that come twice do not multiply requests: 64 blocks, 64 requests', () => {
    const { client, scheduler, sent } = both({ handler: () => of(content('2.05', bytesOf(65_536))) }, {}, { duplication: 1 })
    const got = seen(client.ask(request('0.01')))
    scheduler.flush(60_000)
    expect(got.response?.payload).toEqual(bytesOf(65_536))
    expect(sent()).toBe(64 * 5) // faults at both ends: each request arrives four times and is answered four times
  })
})
