/** Why something failed, as an Update Result; and what an application must say (LwM2M Core §E.6, Resources 5/0/1 and 5/0/5). */
import { EMPTY } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Lwm2mError, type ErrorCode } from '../../src/core/error.ts'
import { storedIn } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { pullResult, resultOf } from '../../src/firmware/result.ts'
import { refusedUri } from '../../src/firmware/uri.ts'
import { memory } from '../../src/simulation/storage.ts'

test.each<[ErrorCode, number]>([
  ['timeout', 4],
  ['reset', 4],
  ['refused', 4],
  ['aborted', 4],
  ['unreachable', 4],
  ['malformed', 4],
  ['incomplete', 4],
  ['changed', 4],
  ['too-large', 2],
  ['sink', 2],
  ['invalid', 7],
  ['unsupported', 9],
  ['firmware', 5],
])('a download that ends with %s has the Result %i [LwM2M Core §E.6]', (code, result) => {
  expect(pullResult(new Lwm2mError(code, ''))).toBe(result)
})
test('a file that is not there is an invalid URI, a server that is not well a lost connection [LwM2M Core §E.6]', () => {
  const answered = (responseCode: string, retryable: boolean) => new Lwm2mError('response', '', { responseCode, retryable })
  expect(pullResult(answered('4.04', false))).toBe(7)
  expect(pullResult(answered('404', false))).toBe(7)
  expect(pullResult(answered('5.03', true))).toBe(4)
  expect(pullResult(new Error('?'))).toBe(4)
})
test('a name that nobody knows is an invalid URI, a place that is not reached a lost connection [LwM2M Core §E.6]', () => {
  const because = (cause: unknown) => pullResult(new Lwm2mError('unreachable', '', { cause }))
  const ofNode = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })
  expect([because('name-not-found'), because(ofNode), because(new Error('fetch failed', { cause: ofNode }))]).toEqual([7, 7, 7])
  expect([because('refused'), because(undefined), because(new Error('no'))]).toEqual([4, 4, 4])
})
test('an application says an Update Result as the cause of its error; other causes say nothing', () => {
  const because = (cause: unknown) => resultOf(new Lwm2mError('firmware', '', { cause }), 8)
  expect([2, 5, 9].map(because)).toEqual([2, 5, 9])
  expect([0, 1, 10, 2.5, '5', undefined].map(because)).toEqual([8, 8, 8, 8, 8, 8])
  expect(resultOf('no error', 5)).toBe(5)
})

describe('a Package URI', () => {
  test.each(['coap://h/f', 'coap://h:1/f?a=b', 'coap://[::1]:5683/f', 'http://h/f', 'HTTPS://h:8443/f'])('%s can be tried', (uri) => {
    expect(refusedUri(uri)).toBeUndefined()
  })
  test.each(['f', '/f', '//h/f', 'http:', 'http:///f', 'coap://', 'coap://h/f#part', 'coap://h/%zz', 'http://h:99999/', ' coap://h/f'])(
    '%s is none: Result 7 [LwM2M Core §E.6]',
    (uri) => {
      expect(refusedUri(uri)).toBe(7)
    },
  )
  test.each(['ftp://h/f', 'coaps+tcp://h/f', 'coap+ws://h/f', 'mqtt://h/f', 'file:///f', 'x:y'])(
    '%s is of a protocol that is not spoken: Result 9 [LwM2M Core §E.6]',
    (uri) => {
      expect(refusedUri(uri)).toBe(9)
    },
  )
})

test('what is mandatory is enforced by types: a store, install and reset; accept only where a URI may come', () => {
  const all = { store: storedIn(memory()), install: () => EMPTY, reset: () => EMPTY }
  const objects = [
    firmware(all),
    firmware({ ...all, delivery: 'push' }),
    firmware({ ...all, delivery: 'pull', accept: () => EMPTY, download: { retries: 1 } }),
  ]
  const never = () => [
    // @ts-expect-error: without reset
    firmware({ store: all.store, install: all.install }),
    // @ts-expect-error: without install
    firmware({ store: all.store, reset: all.reset }),
    // @ts-expect-error: without a store
    firmware({ install: all.install, reset: all.reset }),
    // @ts-expect-error: nothing is pulled
    firmware({ ...all, delivery: 'push', accept: () => EMPTY }),
  ]
  expect(never).toBeTypeOf('function')
  expect(objects.map(({ instances }) => instances[0]![9])).toEqual([2, 1, 0])
})
