/** Error responses as errors (RFC 7252 §5.9.2, §5.9.3; RFC 8516). */
import { expect, test } from 'vitest'
import { responseError } from '../../src/exchange/response-error.ts'
import type { Code } from '../../src/message/code.ts'
import { noOptions, noBytes } from '../../src/message/message.ts'
import { uintOption } from '../../src/message/option.ts'
import { get, maxAge, text } from './lanes.ts'

const bare = (code: Code) => ({ code, options: noOptions, payload: noBytes })

test('an error response becomes an error with its code and its diagnostic message [RFC 7252 §5.5.2]', () => {
  const error = responseError(get(), { ...bare('4.00'), payload: text('no such thing') })
  expect(error).toMatchObject({
    code: 'response',
    responseCode: '4.00',
    retryable: false,
    message: 'GET coap://10.0.0.2/t was answered 4.00: no such thing',
  })
})
test('a payload with a Content-Format is no diagnostic message [RFC 7252 §5.5.2]', () => {
  expect(responseError(get(), { ...bare('4.00'), options: [uintOption(12, 60)], payload: text('x') }).message).not.toContain('x was')
  expect(responseError(get(), { ...bare('4.00'), options: [uintOption(12, 60)], payload: text('zzz') }).message).not.toContain('zzz')
})
test('4.29 may be tried again when Max-Age has passed [RFC 8516 §4]', () => {
  expect(responseError(get(), { ...bare('4.29'), options: [maxAge(7)] })).toMatchObject({
    retryable: true,
    retryAfterMs: 7_000,
    hint: 'try again in 7 s',
  })
  expect(responseError(get(), bare('4.29'))).toMatchObject({ retryAfterMs: 60_000 })
})
test('5.03 may be tried again when Max-Age has passed [RFC 7252 §5.9.3.4]', () => {
  expect(responseError(get(), { ...bare('5.03'), options: [maxAge(7)] })).toMatchObject({ retryable: true, retryAfterMs: 7_000 })
})
