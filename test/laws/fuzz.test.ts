/** Fuzzing a handler finds what is planted, shrinks it, and says how to see it again. */
import * as fc from 'fast-check'
import { EMPTY, NEVER, of, throwError } from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Handler } from '../../src/exchange/ask.ts'
import { fuzz, replayVariable, requestsFor, textOf, type Exchanged } from '../../src/testing/index.ts'

const answer = (code: `${number}.${string}`, text = '') => of({ code, options: [], payload: new TextEncoder().encode(text) })
/** Keeps a text; as broken as asked. */
const shelf =
  ({ forgets = () => false }: { readonly forgets?: (text: string) => boolean } = {}) =>
  (): Handler => {
    let kept = ''
    return (request) => {
      if (request.code === '0.01') return answer('2.05', kept)
      if (!forgets(textOf(request))) kept = textOf(request)
      return answer('2.04')
    }
  }
const requests = requestsFor({ paths: ['/shelf'], payloads: fc.constantFrom('a', 'bb', 'ccc') })
const holds = (exchanged: readonly Exchanged[]) => {
  let kept = ''
  for (const { request, response } of exchanged) {
    if (request.code === '0.03') kept = textOf(request)
    else if (textOf(response!) !== kept) throw new Error(`read '${textOf(response!)}', not '${kept}'`)
  }
}
const complaint = (work: () => void): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return ''
}
afterEach(() => {
  process.env[replayVariable] = ''
})

describe('fuzz', () => {
  test('is content with a sound handler, over a bad network too', () => {
    fuzz({ handler: shelf(), requests, holds, runs: 300 })
    fuzz({ handler: shelf(), requests, holds: () => true, runs: 100, faults: { loss: 0.3, duplication: 0.3, reorder: 0.3, maxMs: 500 } })
  })
  test('finds a broken one, with the shortest story, its ladder, its seed and how to replay it', () => {
    const found = complaint(() => fuzz({ handler: shelf({ forgets: (text) => text.length === 3 }), requests, holds, seed: 3 }))
    expect(found).toMatch(/^the handler: read '', not 'ccc'\n/)
    expect(found).toMatch(/simpler:\n {2}PUT \/shelf 'ccc' -> 2.04\n {2}GET \/shelf -> 2.05\n\n/)
    expect(found).toMatch(/1 character = 100 ms\nreceived {5}-+c/)
    expect(found).toMatch(/\nseed 3, path "[\d:]+"\nreplay: LWM2M_RX_REPLAY=3:[\d:]+ npx vitest run test\/laws\/fuzz\.test\.ts$/)
  })
  test('replays that one story when it is asked to, and nothing else', () => {
    const broken = shelf({ forgets: (text) => text.length === 3 })
    const found = complaint(() => fuzz({ handler: broken, requests, holds }))
    process.env[replayVariable] = /LWM2M_RX_REPLAY=(\S+)/.exec(found)![1]!
    let runs = 0
    const again = complaint(() => fuzz({ handler: () => (runs++, broken()), requests, holds }))
    expect(again.split('\n').slice(4, 9)).toEqual(found.split('\n').slice(4, 9))
    expect(again).toContain("not 'ccc'")
    expect(runs).toBeLessThan(20)
  })
  test.each([
    [
      'throws',
      () => {
        throw new TypeError('planted')
      },
      /the handler threw: TypeError: planted/,
    ],
    ['errors', () => throwError(() => new Error('planted')), /the handler threw: Error: planted/],
    ['says nothing', () => NEVER, /no answer to GET \/shelf/],
  ] as const)('finds one that %s', (_, handler, why) => {
    expect(
      complaint(() =>
        fuzz({ handler: () => handler, requests: requestsFor({ paths: ['/shelf'], methods: ['GET'] }), holds: () => true, runs: 20 }),
      ),
    ).toMatch(why)
  })
  test('takes errors with a code, and nothing at all, for the answers that they are', () => {
    const codes: (string | undefined)[] = []
    const handler: Handler = ({ code }) =>
      code === '0.01' ? EMPTY : throwError(() => new Lwm2mError('response', 'busy', { responseCode: '4.09' }))
    fuzz({
      handler: () => handler,
      requests,
      holds: (exchanged) => void codes.push(...exchanged.map(({ response }) => response?.code)),
      runs: 50,
    })
    expect(new Set(codes)).toEqual(new Set(['4.04', '4.09']))
  })
  test('finds an answer that is wrong when holds answers false', () => {
    expect(complaint(() => fuzz({ handler: shelf(), requests, holds: (exchanged) => exchanged.length < 3, seed: 1 }))).toMatch(
      /it does not hold[^]*simpler:(\n {2}(GET|PUT) [^\n]*){3}\n\n/,
    )
  })
})
