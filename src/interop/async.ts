/** For programs made of promises: Observables as async iterables, and under an AbortSignal. */
import { Observable, type Subscription } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'

/** How much may wait for a slow consumer, and what becomes of one value too many. */
export interface IterableOptions {
  /** Values that wait. Default: 1,024. */
  readonly limit?: number
  /** `fail` (the default): the iteration ends with an `Lwm2mError` `refused`. `drop-oldest`: only the newest wait. */
  readonly overflow?: 'fail' | 'drop-oldest'
}

/**
 * The values for `for await`: iterating subscribes, leaving the loop unsubscribes, an error of the stream is thrown where it is awaited.
 *
 *     for await (const { value } of toAsyncIterable(server.client('urn:a').observe('/3303/0/5700'))) console.log(value)
 */
export const toAsyncIterable = <Value>(
  value$: Observable<Value>,
  { limit = 1_024, overflow = 'fail' }: IterableOptions = {},
): AsyncIterable<Value, undefined> => ({
  [Symbol.asyncIterator]: () => iterator(value$, Math.max(1, limit), overflow),
})

/** The same stream under a signal: when it is aborted, the stream is unsubscribed and fails with an `Lwm2mError` `cancelled`, the signal's reason as its cause. */
export const withSignal = <Value>(value$: Observable<Value>, signal: AbortSignal): Observable<Value> =>
  new Observable((observer) => {
    const abort = () => observer.error(new Lwm2mError('cancelled', 'aborted by its signal', { cause: signal.reason }))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    observer.add(() => signal.removeEventListener('abort', abort))
    observer.add(value$.subscribe(observer))
  })

interface Awaiting<Value> {
  readonly resolve: (result: IteratorResult<Value, undefined>) => void
  readonly reject: (error: unknown) => void
}
/** How the stream ended. */
type End = { readonly failed: false } | { readonly failed: true; readonly error: unknown }

const iterator = <Value>(value$: Observable<Value>, limit: number, overflow: 'fail' | 'drop-oldest'): AsyncIterator<Value, undefined> => {
  const values: Value[] = []
  const awaiting: Awaiting<Value>[] = []
  let subscription: Subscription | undefined
  let ended: End | undefined
  const end = (how: End) => {
    ended = how
    for (const { resolve, reject } of awaiting.splice(0)) {
      if (how.failed) reject(how.error)
      else resolve(done)
    }
  }
  const take = (value: Value) => {
    const first = awaiting.shift()
    if (first !== undefined) return first.resolve({ done: false, value })
    values.push(value)
    if (values.length <= limit) return
    if (overflow === 'drop-oldest') return void values.shift()
    values.pop()
    subscription?.unsubscribe()
    end({ failed: true, error: new Lwm2mError('refused', `more than ${limit} values wait to be read`) })
  }
  const begin = () =>
    value$.subscribe({
      next: (value) => ended ?? take(value),
      error: (error: unknown) => ended ?? end({ failed: true, error }),
      complete: () => ended ?? end({ failed: false }),
    })
  return {
    next: () =>
      new Promise((resolve, reject) => {
        subscription ??= begin()
        if (values.length > 0) return resolve({ done: false, value: values.shift()! })
        if (ended === undefined) return awaiting.push({ resolve, reject })
        if (!ended.failed) return resolve(done)
        const { error } = ended
        ended = { failed: false } // thrown once, like a generator's
        return reject(error)
      }),
    return: () => {
      values.length = 0
      subscription?.unsubscribe()
      subscription ??= new Observable().subscribe()
      end({ failed: false })
      return Promise.resolve(done)
    },
  }
}
const done: IteratorReturnResult<undefined> = { done: true, value: undefined }
