/** An image is served in any part, the same octets each time (RFC 7252 §5.8.1, RFC 9110 §14). */
import * as fc from 'fast-check'
import { firstValueFrom, of } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { request } from '../../../src/exchange/request.ts'
import { find, options } from '../../../src/message/option.ts'
import { uriFor } from '../../../src/server/image/address.ts'
import { coapAnswer, etagOf, httpAnswer, type Image } from '../../../src/server/image/image.ts'

const imageOf = (bytes: Uint8Array): Image => ({
  name: 'image',
  size: bytes.length,
  sha256: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  source: { size: undefined, etag: undefined, read: (offset, count) => of(bytes.subarray(offset, offset + count)) },
})
const ten = imageOf(Uint8Array.from({ length: 10 }, (_, index) => index))
const etag = '"0011223344556677"'
const get = (headers: Readonly<Record<string, string>> = {}, method = 'GET') => httpAnswer(ten, { method, headers })
const at = 'coap://192.0.2.1:5683'

describe('an image over HTTP', () => {
  test('is answered whole, with its length and its entity tag [RFC 9110 §8.8.3]', () => {
    expect(get()).toMatchObject({
      status: 200,
      headers: { 'content-length': '10', etag, 'accept-ranges': 'bytes' },
      body: { offset: 0, length: 10 },
    })
  })
  test('a range of HEAD is none: the whole is told of, and nothing is sent [RFC 9110 §14.2]', () => {
    expect(get({ range: 'bytes=2-4' }, 'HEAD')).toMatchObject({ status: 200, headers: { 'content-length': '10', etag } })
  })
  test('If-Range goes on only with the very tag: a weak one, a date or another one is answered whole [RFC 9110 §13.1.5]', () => {
    const from = (tag: string) => get({ range: 'bytes=7-', 'if-range': tag }).status
    expect([etag, `W/${etag}`, 'Wed, 21 Oct 2026 07:28:00 GMT', '"other"'].map(from)).toEqual([206, 200, 200, 200])
  })
  test('If-Match compares strongly, If-None-Match weakly [RFC 9110 §8.8.3.2]', () => {
    expect([etag, `"x", ${etag}`, '*', `W/${etag}`, '"other"'].map((tag) => get({ 'if-match': tag }).status)).toEqual([
      200, 200, 200, 412, 412,
    ])
    expect([etag, `W/${etag}`, '*', '"other"'].map((tag) => get({ 'if-none-match': tag }).status)).toEqual([304, 304, 304, 200])
  })
  test('a range behind the end is not satisfiable, and the answer says how long the image is [RFC 9110 §15.5.17]', () => {
    expect(get({ range: 'bytes=10-' })).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */10' } })
    expect(get({ range: 'bytes=-0' }).status).toBe(416)
  })
  test.each([
    ['bytes=2-4', 206, 2, 3, 'bytes 2-4/10'],
    ['bytes=7-', 206, 7, 3, 'bytes 7-9/10'],
    ['bytes=-3', 206, 7, 3, 'bytes 7-9/10'],
    ['bytes=-30', 206, 0, 10, 'bytes 0-9/10'],
    ['bytes=5-500', 206, 5, 5, 'bytes 5-9/10'],
  ])('a range %s is answered alone [RFC 9110 §14.2]', (range, status, offset, length, contentRange) => {
    expect(get({ range })).toMatchObject({
      status,
      headers: { 'content-range': contentRange, 'content-length': String(length) },
      body: { offset, length },
    })
  })
  test.each(['bytes=10-', 'bytes=-0'])('a range %s beyond the end is answered 416 with the size [RFC 9110 §15.5.17]', (range) => {
    expect(get({ range })).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */10' } })
  })
  test.each(['bytes=4-2', 'bytes=1-2,4-5', 'lines=1-2', 'bytes=', 'bytes=-'])(
    'a range %s that is none, or several, is passed over [RFC 9110 §14.2]',
    (range) => {
      expect(get({ range })).toMatchObject({ status: 200 })
    },
  )
  test('a range is of the image that the client has begun, or it is answered whole [RFC 9110 §13.1.5]', () => {
    expect(get({ range: 'bytes=2-', 'if-range': etag })).toMatchObject({ status: 206 })
    expect(get({ range: 'bytes=2-', 'if-range': '"other"' })).toMatchObject({ status: 200, body: { offset: 0 } })
  })
  test('If-Match and If-None-Match are obeyed [RFC 9110 §13.1]', () => {
    expect(get({ 'if-match': '"other"' })).toMatchObject({ status: 412 })
    expect(get({ 'if-match': `"other", ${etag}` })).toMatchObject({ status: 200 })
    expect(get({ 'if-match': '*' })).toMatchObject({ status: 200 })
    expect(get({ 'if-none-match': etag })).toMatchObject({ status: 304 })
    expect(get({}, 'PUT')).toMatchObject({ status: 405 })
  })
  test('whatever range is asked for, the octets are those of that place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(80), fc.nat(80), (bytes, first, last) => {
        const { status, body } = httpAnswer(imageOf(bytes), { method: 'GET', headers: { range: `bytes=${first}-${last}` } })
        if (status === 416) {
          expect(first).toBeGreaterThanOrEqual(bytes.length)
          return
        }
        const { offset, length } = body!
        const expected = status === 206 ? bytes.slice(first, last + 1) : bytes
        expect(bytes.slice(offset, offset + length)).toEqual(expected)
        expect(status === 200).toBe(last < first)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('an image over CoAP', () => {
  test('is a source with an ETag and a Content-Format [RFC 7252 §5.10.6]', async () => {
    const { code, options: all, source } = coapAnswer(ten, request('GET', at))
    expect(code).toBe('2.05')
    expect(find(all, options.ETag)?.value).toEqual(etagOf(ten))
    expect(find(all, options.ContentFormat)?.value).toEqual(Uint8Array.of(42))
    expect(source).toMatchObject({ size: 10, etag: etagOf(ten) })
    expect(await firstValueFrom(source!.read(3, 2))).toEqual(Uint8Array.of(3, 4))
  })
  test('is valid still for a client that has it [RFC 7252 §5.10.6.2]', () => {
    expect(coapAnswer(ten, request('GET', at, { etags: [Uint8Array.of(1), etagOf(ten)!] }))).toMatchObject({ code: '2.03' })
    expect(coapAnswer(ten, request('GET', at, { etags: [Uint8Array.of(1)] }))).toMatchObject({ code: '2.05' })
  })
  test('is not changed, and not given in another format [RFC 7252 §5.10.4]', () => {
    expect(coapAnswer(ten, request('PUT', at)).code).toBe('4.05')
    expect(coapAnswer(ten, request('GET', at, { accept: 60 })).code).toBe('4.06')
    expect(coapAnswer(ten, request('GET', at, { accept: 42 })).code).toBe('2.05')
  })
  test('without anything that tells it from others it has no ETag', () => {
    const { name, size, source } = ten
    const { options: all } = coapAnswer({ name, size, source }, request('GET', at))
    expect(find(all, options.ETag)).toBeUndefined()
  })
})

describe('the address of an image', () => {
  const listening = (address: string) => ({ type: 'listening', scheme: 'coap', address, port: 5683 }) as const
  test('is where the server listens, or what it is told to say', () => {
    expect(uriFor('coap', '/fw/1', listening('192.0.2.7'), {}, at)).toBe('coap://192.0.2.7:5683/fw/1')
    expect(uriFor('coap', '/fw/1', listening('2001:db8::7'), {}, at)).toBe('coap://[2001:db8::7]:5683/fw/1')
    expect(uriFor('coap', '/fw/1', listening('0.0.0.0'), { coap: 'coap://fw.example.com:5000/' }, at)).toBe(
      'coap://fw.example.com:5000/fw/1',
    )
  })
  test('cannot be told when the server listens everywhere, but for a client on the same machine', () => {
    expect(uriFor('http', '/fw/1', listening('0.0.0.0'), {}, at)).toBeUndefined()
    expect(uriFor('http', '/fw/1', listening('0.0.0.0'), {}, 'coap://127.0.0.1:4000')).toBe('http://127.0.0.1:5683/fw/1')
    expect(uriFor('coap', '/fw/1', listening('::'), {}, 'coap://[::1]:4000')).toBe('coap://[::1]:5683/fw/1')
  })
})
