/** Several blocks in one message, where both ends of a stream take them (RFC 8323 §6). */
import fc from 'fast-check'
import { EMPTY, of } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Sink } from '../../src/core/ports.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { request } from '../../src/exchange/request.ts'
import { noBytes } from '../../src/message/message.ts'
import { options as numbers, uintOption } from '../../src/message/option.ts'
import { bytesSource } from '../../src/simulation/storage.ts'
import { bytesOf } from './blockwise-pair.ts'
import { world, type NodeOptions } from './blockwise-world.ts'

const server = 'coap+tcp://10.0.0.1:5683'
const pair = (maxMessageBytes: number, at: NodeOptions, from: NodeOptions = {}) => {
  const it = world(7, {}, 10, true, maxMessageBytes)
  const serving = it.node(server, at)
  const asking = it.node('coap+tcp://10.0.0.2:5683', from)
  serving.up$.subscribe()
  asking.up$.subscribe()
  asking.ping(server).subscribe()
  it.scheduler.flush(100)
  return { ...it, asking }
}
const answer = (payload: Uint8Array): Response => ({ code: '2.05', options: [], payload })
const gathered = () => {
  const parts: Uint8Array[] = []
  const sink: Sink = {
    open: () => EMPTY,
    write: (bytes, offset) => {
      expect(offset).toBe(parts.reduce((sum, { length }) => sum + length, 0))
      parts.push(bytes)
      return EMPTY
    },
    close: () => EMPTY,
    abandon: () => EMPTY,
  }
  return { sink, parts, bytes: () => Buffer.concat(parts) }
}

describe('several blocks in a message', () => {
  test('carry a body there and one back, whatever their sizes and what the ends take [RFC 8323 §6]', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1152, max: 40_000 }),
        fc.integer({ min: 0, max: 60_000 }),
        fc.integer({ min: 0, max: 60_000 }),
        fc.boolean(),
        fc.boolean(),
        (maxMessageBytes, there, back, fromSource, intoSink) => {
          const came: number[] = []
          const into = gathered()
          const { asking, scheduler } = pair(maxMessageBytes, {
            handler: ({ payload, body }) => {
              came.push(body?.size ?? payload.length)
              return of(fromSource ? { ...answer(noBytes), source: bytesSource(bytesOf(back)) } : answer(bytesOf(back)))
            },
            ...(intoSink ? { streams: () => true, sinkFor: () => into.sink } : {}),
          })
          const heard: Uint8Array[] = []
          const body = fromSource ? { source: bytesSource(bytesOf(there)) } : { payload: bytesOf(there) }
          asking.ask(request('POST', server, body, '/x')).subscribe(({ payload }) => heard.push(payload))
          scheduler.flush(600_000)
          expect(came).toEqual([there])
          expect(heard.map((bytes) => Buffer.compare(bytes, bytesOf(back)))).toEqual([0])
          if (intoSink && there > 0) expect(Buffer.compare(into.bytes(), bytesOf(there))).toBe(0)
        },
      ),
      { numRuns: 1_000 },
    )
  }, 60_000)

  test('need fewer messages than one block each', () => {
    const count = (maxMessageBytes: number) => {
      const { asking, scheduler, sent } = pair(maxMessageBytes, { handler: () => of(answer(bytesOf(100_000))) })
      const before = sent()
      const heard: number[] = []
      asking.ask(request('GET', server, {}, '/x')).subscribe(({ payload }) => heard.push(payload.length))
      scheduler.flush(60_000)
      expect(heard).toEqual([100_000])
      return sent() - before
    }
    expect([count(1152), count(65_536)]).toEqual([2 * 98, 2 * 4])
  })

  test('are not sent to who asks for smaller ones', () => {
    const into = gathered()
    const { asking, scheduler } = pair(65_536, { handler: () => of(answer(bytesOf(10_000))) })
    const options = [uintOption(numbers.Block2, 4)]
    asking.ask({ ...request('GET', server, { options }, '/x'), sink: into.sink }).subscribe()
    scheduler.flush(60_000)
    expect(into.parts.map(({ length }) => length)).toEqual([...Array.from({ length: 39 }, () => 256), 16])
    expect(Buffer.compare(into.bytes(), bytesOf(10_000))).toBe(0)
  })
})
