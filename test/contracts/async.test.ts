/** Observables for programs made of promises. */
import { EMPTY, NEVER, Observable, of, Subject, throwError } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { toAsyncIterable, withSignal } from '../../src/interop/async.ts'

const collected = async <Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> => {
  const all: Value[] = []
  for await (const value of values) all.push(value)
  return all
}

describe('an async iterable', () => {
  test('has every value, in order, and ends with the stream', async () => {
    expect(await collected(toAsyncIterable(of(1, 2, 3)))).toEqual([1, 2, 3])
    expect(await collected(toAsyncIterable(EMPTY))).toEqual([])
  })

  test('subscribes when it is iterated, each time anew, and unsubscribes when the loop is left', async () => {
    let subscribed = 0
    let left = 0
    const value$ = new Observable<number>((observer) => {
      subscribed++
      observer.next(1)
      observer.next(2)
      return () => left++
    })
    const values = toAsyncIterable(value$)
    expect(subscribed).toBe(0)
    for (let round = 1; round <= 2; round++) {
      for await (const value of values) {
        expect(value).toBe(1)
        break
      }
      expect([subscribed, left]).toEqual([round, round])
    }
  })

  test('throws the error of the stream after the values before it, once', async () => {
    const values = toAsyncIterable(new Observable<number>((observer) => (observer.next(1), observer.error(new Error('lost')))))
    const iterator = values[Symbol.asyncIterator]()
    expect(await iterator.next()).toEqual({ done: false, value: 1 })
    await expect(iterator.next()).rejects.toThrow('lost')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  test('answers those who ask before there is anything, in the order in which they asked', async () => {
    const value$ = new Subject<string>()
    const iterator = toAsyncIterable(value$)[Symbol.asyncIterator]()
    const asked = [iterator.next(), iterator.next(), iterator.next()]
    value$.next('a')
    value$.next('b')
    value$.complete()
    expect(await Promise.all(asked)).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'b' },
      { done: true, value: undefined },
    ])
    expect(value$.observed).toBe(false)
  })

  test('is bounded: one value too many ends it with refused, after those that were kept', async () => {
    const value$ = new Subject<number>()
    const iterator = toAsyncIterable(value$, { limit: 2 })[Symbol.asyncIterator]()
    const first = iterator.next()
    for (const value of [1, 2, 3, 4]) value$.next(value)
    expect(await first).toEqual({ done: false, value: 1 })
    expect(value$.observed).toBe(false)
    expect(await iterator.next()).toEqual({ done: false, value: 2 })
    expect(await iterator.next()).toEqual({ done: false, value: 3 })
    await expect(iterator.next()).rejects.toMatchObject({ code: 'refused' })
  })

  test('is bounded: a stream that emits all at once does no harm', async () => {
    await expect(collected(toAsyncIterable(of(1, 2, 3, 4, 5), { limit: 2 }))).rejects.toMatchObject({ code: 'refused' })
  })

  test('may keep the newest instead', async () => {
    const value$ = new Subject<number>()
    const iterator = toAsyncIterable(value$, { limit: 2, overflow: 'drop-oldest' })[Symbol.asyncIterator]()
    const first = iterator.next()
    for (const value of [1, 2, 3, 4]) value$.next(value)
    value$.complete()
    expect([await first, await iterator.next(), await iterator.next(), await iterator.next()].map(({ value }) => value)).toEqual([
      1,
      3,
      4,
      undefined,
    ])
  })

  test('that is left before it began never subscribes', async () => {
    let subscribed = false
    const iterator = toAsyncIterable(new Observable(() => void (subscribed = true)))[Symbol.asyncIterator]()
    expect(await iterator.return!()).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(subscribed).toBe(false)
  })
})

describe('under a signal', () => {
  test('a stream is what it was, and nothing listens to the signal after it', () => {
    const { signal } = new AbortController()
    const seen: unknown[] = []
    withSignal(of(1, 2), signal).subscribe({ next: (value) => seen.push(value), complete: () => seen.push('|') })
    withSignal(
      throwError(() => 'lost'),
      signal,
    ).subscribe({ error: (error: unknown) => seen.push(error) })
    expect(seen).toEqual([1, 2, '|', 'lost'])
  })

  test('it ends with cancelled when that is aborted, and the reason is its cause', () => {
    const controller = new AbortController()
    let error: unknown
    let left = false
    withSignal(new Observable<never>(() => () => (left = true)), controller.signal).subscribe({
      error: (failed: unknown) => (error = failed),
    })
    controller.abort('enough')
    expect(error).toMatchObject({ code: 'cancelled', cause: 'enough', retryable: false })
    expect(left).toBe(true)
  })

  test('that was aborted before, nothing is subscribed', () => {
    let subscribed = false
    let error: unknown
    const value$ = new Observable<never>(() => void (subscribed = true))
    withSignal(value$, AbortSignal.abort()).subscribe({ error: (failed: unknown) => (error = failed) })
    expect(error).toMatchObject({ code: 'cancelled' })
    expect(subscribed).toBe(false)
    withSignal(NEVER, new AbortController().signal).subscribe().unsubscribe()
  })
})
