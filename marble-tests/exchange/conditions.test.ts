/** Conditional requests and validation, as handlers use them (RFC 7252 §5.6.2, §5.10.6, §5.10.8). */
import { expect, test } from 'vitest'
import { precondition, validate } from '../../src/exchange/condition.ts'
import { maxAgeOf } from '../../src/exchange/observing.ts'
import { opaqueOption, options, uintOption } from '../../src/message/option.ts'
import { get } from './lanes.ts'

const one = Uint8Array.of(1)
const two = Uint8Array.of(2)
const none = new Uint8Array(0)
const failed = { code: '4.12' }

test('If-Match holds when the resource has one of the ETags [RFC 7252 §5.10.8.1]', () => {
  expect(precondition(get({ ifMatch: [two, one] }), one)).toBeUndefined()
})
test('If-Match fails with 4.12 when the resource has another ETag, or does not exist [RFC 7252 §5.10.8.1]', () => {
  expect(precondition(get({ ifMatch: [one] }), two)).toMatchObject(failed)
  expect(precondition(get({ ifMatch: [one] }), undefined)).toMatchObject(failed)
})
test('an empty If-Match holds for any resource that exists [RFC 7252 §5.10.8.1]', () => {
  expect(precondition(get({ ifMatch: [none] }), two)).toBeUndefined()
  expect(precondition(get({ ifMatch: [none] }), none)).toBeUndefined()
  expect(precondition(get({ ifMatch: [none] }), undefined)).toMatchObject(failed)
})
test('If-None-Match holds when the resource does not exist, and fails with 4.12 when it does [RFC 7252 §5.10.8.2]', () => {
  expect(precondition(get({ ifNoneMatch: true }), undefined)).toBeUndefined()
  expect(precondition(get({ ifNoneMatch: true }), one)).toMatchObject(failed)
})
test('without a condition anything may be performed [RFC 7252 §5.10.8]', () => {
  expect(precondition(get(), one)).toBeUndefined()
})
test('a request with the ETag of the representation is answered 2.03 with that ETag and no payload [RFC 7252 §5.9.1.3, §5.10.6.2]', () => {
  const valid = validate(get({ etags: [two, one] }), one, 30)
  expect(valid).toEqual({ code: '2.03', options: [opaqueOption(options.ETag, one), uintOption(options.MaxAge, 30)], payload: none })
})
test('a request without that ETag is answered in full [RFC 7252 §5.10.6.2]', () => {
  expect(validate(get({ etags: [two] }), one)).toBeUndefined()
  expect(validate(get(), one)).toBeUndefined()
})
test('a response without Max-Age is fresh for 60 seconds [RFC 7252 §5.10.5]', () => {
  expect(maxAgeOf([])).toBe(60)
  expect(maxAgeOf([uintOption(options.MaxAge, 0)])).toBe(0)
})
