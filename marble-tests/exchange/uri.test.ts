/** URIs in options and back (RFC 7252 §6.4, §6.5). */
import { expect, test } from 'vitest'
import { request, targetOf, uriOf } from '../../src/exchange/request.ts'
import { options, strings, type Option } from '../../src/message/option.ts'

const parts = (uri: string) => {
  const target = targetOf(uri)
  if (target === undefined) return undefined
  const of = (number: number) => strings(target.options, number)
  return { remote: target.remote, host: of(options.UriHost), path: of(options.UriPath), query: of(options.UriQuery) }
}

test.each([
  ['coap://192.0.2.1/3/0', 'coap://192.0.2.1:5683', [], ['3', '0'], []],
  ['coap://192.0.2.1', 'coap://192.0.2.1:5683', [], [], []],
  ['coap://192.0.2.1/', 'coap://192.0.2.1:5683', [], [], []],
  ['coap://192.0.2.1//', 'coap://192.0.2.1:5683', [], ['', ''], []],
  ['coap://[2001:DB8::0:1]:61616/a/', 'coap://[2001:db8::1]:61616', [], ['a', ''], []],
  ['coaps://192.0.2.1?a=b&c', 'coaps://192.0.2.1:5684', [], [], ['a=b', 'c']],
  ['COAP://Example.COM/~sensors/temp.xml', 'coap://example.com:5683', ['example.com'], ['~sensors', 'temp.xml'], []],
  ['coap://EXAMPLE.com/%7Esensors/temp.xml', 'coap://example.com:5683', ['example.com'], ['~sensors', 'temp.xml'], []],
  ['coap://192.0.2.1/%E3%81%82/a%2Fb?%26=%25', 'coap://192.0.2.1:5683', [], ['あ', 'a/b'], ['&=%']],
  ['coap+tcp://192.0.2.1/x', 'coap+tcp://192.0.2.1:5683', [], ['x'], []],
  ['coap://192.0.2.1/a/./b/../c', 'coap://192.0.2.1:5683', [], ['a', 'c'], []],
  ['coap://192.0.2.1/../a/%2e%2E/b/..', 'coap://192.0.2.1:5683', [], [], []],
  ['coap://192.0.2.1/a/b/..', 'coap://192.0.2.1:5683', [], ['a', ''], []],
] as const)(
  '%s is taken apart: scheme, host and port say whom, the rest is options [RFC 7252 §5.10.1, §6.4]',
  (uri, remote, host, path, query) => {
    expect(parts(uri)).toEqual({ remote, host, path, query })
  },
)

test.each([
  'coap://192.0.2.1/a#b',
  'http://192.0.2.1/a',
  '/a',
  'coap:',
  'coap://',
  'coap://192.0.2.1/%zz',
  'coap://192.0.2.1/%ff',
  `coap://192.0.2.1/${'x'.repeat(256)}`,
  'coap://192.0.2.1:99999/',
])('%s cannot be said in options [RFC 7252 §6.4]', (uri) => {
  expect(targetOf(uri)).toBeUndefined()
  expect(() => request('GET', uri.includes('://') ? uri : `${uri}://`)).toThrow(/not a CoAP URI/)
})

test.each([
  'coap://192.0.2.1/3/0',
  'coap://192.0.2.1/',
  'coap://[2001:db8::1]:61616/a/?q=1&r',
  'coaps://example.com/~sensors/temp.xml',
  'coap://example.com:5684/a%2Fb?%26=a/b?c',
  "coap://192.0.2.1/a:b@c/d;e=f,g!$&'()*+",
  'coap+tcp://192.0.2.1/%E3%81%82',
])('%s is put together again from remote and options [RFC 7252 §6.5]', (uri) => {
  expect(uriOf(request('GET', uri))).toBe(uri)
})

test('Uri-Port says another port than that of the remote [RFC 7252 §6.5]', () => {
  const port: Option = { number: options.UriPort, value: Uint8Array.of(0x16, 0x34) }
  expect(uriOf({ remote: 'coap://192.0.2.1:7', options: [port] })).toBe('coap://192.0.2.1:5684/')
})

test('a remote with a name of our own takes a path; its URI is that of its host, if one is said', () => {
  const to = request('GET', 'server-1', {}, '/3/0?a')
  expect(to.remote).toBe('server-1')
  expect(strings(to.options, options.UriPath)).toEqual(['3', '0'])
  expect(uriOf(to)).toBe('server-1/3/0?a')
})

test('options of a request ascend [RFC 7252 §3.1]', () => {
  const { options: all } = request('GET', 'coap://example.com/a?b', {
    accept: 60,
    observe: true,
    contentFormat: 0,
    etags: [Uint8Array.of(1)],
    ifNoneMatch: true,
    ifMatch: [Uint8Array.of(2)],
  })
  expect(all.map(({ number }) => number)).toEqual([1, 3, 4, 5, 6, 11, 12, 15, 17])
})
