/** Peers that say something wrong about a block: the body is whole, or there is none (RFC 7959 §2.3, §2.4, §2.5). */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockOf, blockOption, offsetOf, sizeOf } from '../../src/blockwise/block.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { noOptions } from '../../src/message/message.ts'
import { opaqueOption, options as numbers, withOption, without, type Option } from '../../src/message/option.ts'
import { ask, bytesOf, pair, request } from './blockwise-pair.ts'

type Lie =
  'number up' | 'number down' | 'larger' | 'smaller' | 'more' | 'short' | 'long' | 'no block' | 'ETag' | 'no ETag' | 'again' | 'first again'
const lies = fc.constantFrom<Lie>(
  'number up',
  'number down',
  'larger',
  'smaller',
  'more',
  'short',
  'long',
  'no block',
  'ETag',
  'no ETag',
  'again',
  'first again',
)

/** The message with something wrong; `before` are the earlier ones. */
const wrong = <M extends { readonly options: readonly Option[]; readonly payload: Uint8Array }>(
  lie: Lie,
  number: number,
  message: M,
  before: readonly M[],
): M => {
  const { options, payload } = message
  const block = blockOf(options, number)
  const say = (num: number, more: boolean, szx: number): M => ({
    ...message,
    options: withOption(options, blockOption(number, num * sizeOf(szx), more, szx)),
  })
  switch (lie) {
    case 'number up':
      return block === undefined ? message : say(block.num + 1, block.more, block.szx)
    case 'number down':
      // A last block that calls itself the first is a small body of its own: nobody can tell.
      return block === undefined || block.num === 0 || (block.num === 1 && !block.more)
        ? message
        : say(block.num - 1, block.more, block.szx)
    case 'larger':
      return block === undefined || block.szx === 6 ? message : say(block.num, block.more, block.szx + 1)
    case 'smaller':
      return block === undefined || block.szx === 0 ? message : say(block.num, block.more, block.szx - 1)
    case 'more':
      return block === undefined ? message : say(block.num, true, block.szx)
    case 'short':
      return block?.more === true ? { ...message, payload: payload.subarray(1) } : message
    case 'long':
      return block?.more === true ? { ...message, payload: Uint8Array.of(...payload, 1) } : message
    case 'no block':
      return block?.num === 0 ? message : { ...message, options: without(options, number) }
    case 'ETag':
      return { ...message, options: withOption(options, opaqueOption(numbers.ETag, Uint8Array.of(9))) }
    case 'no ETag':
      return { ...message, options: without(options, numbers.ETag) }
    case 'again':
      return before.at(-1) ?? message
    case 'first again':
      return before[0] ?? message
  }
}
const sizes = fc.integer({ min: 17, max: 900 })
const szx = fc.integer({ min: 0, max: 4 })

test('whatever one answer says wrong, a body that is delivered is the body [RFC 7959 §2.4]', () => {
  let whole = 0
  fc.assert(
    fc.property(sizes, szx, szx, lies, fc.nat(60), (size, mine, yours, lie, at) => {
      const body = bytesOf(size)
      const before: Response[] = []
      const both = pair({
        client: { szx: mine },
        server: { szx: yours },
        respond: (response, _, count) => {
          const said = count === at ? wrong(lie, numbers.Block2, response, before) : response
          before.push(response)
          return said
        },
      })
      both.serve(() => ({ code: '2.05', options: noOptions, payload: body }))
      both.client.post(ask('a1', request('0.01')))
      expect(both.client.heard).toHaveLength(1)
      const [heard] = both.client.heard
      if (
        heard?.type === 'answered' &&
        heard.response.code === '2.05' &&
        offsetOf(blockOf(heard.response.options, numbers.Block2) ?? { num: 0, more: false, szx: 0 }) === 0
      ) {
        expect(Buffer.compare(heard.response.payload, body)).toBe(0)
        whole++
      } else
        expect(heard).toSatisfy(
          (word: typeof heard) => word?.type === 'failed' || (word?.type === 'answered' && word.response.code.startsWith('4')),
        )
      expect(both.deadline() === Infinity || both.deadline() > 0).toBe(true)
    }),
    { numRuns: 2_000 },
  )
  expect(whole).toBeGreaterThan(100)
})

test('whatever one block of a request says wrong, a request that is performed has the whole body [RFC 7959 §2.5]', () => {
  let performed = 0
  fc.assert(
    fc.property(sizes, szx, szx, lies, fc.nat(60), (size, mine, yours, lie, at) => {
      const body = bytesOf(size)
      const before: Request[] = []
      const seen: Uint8Array[] = []
      const both = pair({
        client: { szx: mine },
        server: { szx: yours },
        request: (request, count) => {
          const said = count === at ? wrong(lie, numbers.Block1, request, before) : request
          before.push(request)
          return said
        },
      })
      both.serve(({ payload }) => {
        seen.push(payload)
        return { code: '2.04', options: noOptions, payload: new Uint8Array(0) }
      })
      both.client.post(ask('a1', request('0.03', { payload: body })))
      // A last block that says nothing of blocks is another request.
      for (const payload of seen) if (lie !== 'no block') expect(Buffer.compare(payload, body)).toBe(0)
      performed += seen.length
      expect(both.client.heard).toHaveLength(1)
    }),
    { numRuns: 2_000 },
  )
  expect(performed).toBeGreaterThan(100)
})
