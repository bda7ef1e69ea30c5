/** Which request is which operation, and what is answered when it is none (LwM2M Transport 1.2.2 §6.4). */
import { describe, expect, test } from 'vitest'
import { formats } from '../../src/format/formats.ts'
import { methods, type Code, type Method } from '../../src/message/code.ts'
import { noBytes } from '../../src/message/message.ts'
import { options as numbers, sorted, stringOption, uintOption } from '../../src/message/option.ts'
import { registry } from '../../src/objects/registry.ts'
import { operations } from '../../src/operation/operations.ts'
import type { Operation } from '../../src/operation/operation.ts'
import type { Request } from '../../src/exchange/exchange.ts'
import { ladder, like } from '../../src/testing/index.ts'

const context = { formats: new Map(formats.map((format) => [format.contentFormat, format])), definitions: registry }
interface Said {
  readonly observe?: number
  readonly accept?: number
  readonly format?: number
  readonly text?: string
  readonly streams?: true
}
/** `GET /3/0?x=1`, and what its options and payload say. */
const request = (line: string, { observe, accept, format, text, streams }: Said = {}): Request => {
  const [method, uri] = line.split(' ') as [Method, string]
  const [path, query] = uri.split('?') as [string, string?]
  return {
    remote: 'coap://192.0.2.1:5683',
    code: methods[method],
    options: sorted([
      ...path
        .split('/')
        .slice(1)
        .map((segment) => stringOption(numbers.UriPath, segment)),
      ...(query?.split('&') ?? []).map((item) => stringOption(numbers.UriQuery, item)),
      ...(observe === undefined ? [] : [uintOption(numbers.Observe, observe)]),
      ...(accept === undefined ? [] : [uintOption(numbers.Accept, accept)]),
      ...(format === undefined ? [] : [uintOption(numbers.ContentFormat, format)]),
    ]),
    payload: text === undefined ? noBytes : new TextEncoder().encode(text),
    confirmable: true,
    purpose: 'request',
    ...(streams === undefined ? {} : { body: { size: 100_000 } }),
  }
}
const means = (asked: Request, operation: object) =>
  ladder(
    operations(context),
    { values: { a: { type: 'asked', exchange: 1, request: asked }, o: like({ type: 'requested', exchange: 1, operation }) } },
    { received: 'a', delivered: 'o' },
  )
const isAnswered = (asked: Request, code: Code) =>
  ladder(
    operations(context),
    {
      values: {
        a: { type: 'asked', exchange: 1, request: asked },
        x: like({ type: 'answer', exchange: 1, response: { code }, last: true }),
      },
    },
    { received: 'a', transmitted: 'x' },
  )

test.each<[string, Said, Partial<Operation>]>([
  ['GET /3', {}, { type: 'read', path: { object: 3 } }],
  ['GET /3/0/0', { accept: 0 }, { type: 'read', accept: 0 }],
  ['GET /3/0/11/0', {}, { type: 'read', path: { object: 3, instance: 0, resource: 11, resourceInstance: 0 } }],
  ['GET /3/0', { observe: 0 }, { type: 'observe' }],
  ['GET /3/0/9?pmin=5', { observe: 0 }, { type: 'observe', attributes: { pmin: 5 } }],
  ['GET /3/0', { observe: 1 }, { type: 'cancel-observation' }],
  ['GET /3', { accept: 40 }, { type: 'discover' }],
  ['GET /3?depth=0', { accept: 40 }, { type: 'discover', depth: 0 }],
  [
    'PUT /1/0/1',
    { format: 0, text: '60' },
    { type: 'write', mode: 'replace', nodes: [{ path: { object: 1, instance: 0, resource: 1 }, value: 60 }] },
  ],
  ['PUT /5/0/0', { format: 42, streams: true }, { type: 'write', mode: 'replace', nodes: [], streamed: { size: 100_000 } }],
  ['PUT /3/0?pmin=1&pmax=', {}, { type: 'write-attributes' }],
  ['POST /3/0/4', {}, { type: 'execute', arguments: {} }],
  ['POST /5/0/2', { format: 0, text: "0='x',1" }, { type: 'execute', arguments: { 0: 'x', 1: null } }],
  ['POST /3303', { format: 11542, text: '' }, { type: 'create', nodes: [] }],
  ['DELETE /3303/1', {}, { type: 'delete' }],
  ['DELETE /3/0/11/0', {}, { type: 'delete' }],
  ['POST /rd?ep=a&lt=60&lwm2m=1.1&b=U', { format: 40, text: '</3/0>' }, { type: 'register', endpoint: 'a', lifetimeSeconds: 60 }],
  ['POST /rd?lwm2m=1.0&b=UQ&ep=a', {}, { type: 'register', binding: 'U', queueMode: true }],
  ['POST /rd/5a3f?lt=5', {}, { type: 'update', location: ['rd', '5a3f'], lifetimeSeconds: 5 }],
  ['DELETE /rd/5a3f', {}, { type: 'deregister', location: ['rd', '5a3f'] }],
  ['POST /rd?lwm2m=1.2&ep=a&pid=6:27354b9a', {}, { type: 'register', profiles: ['6:27354b9a'] }],
  ['POST /rd/5a3f?pid="6:27354b9a,oma:x-1"', {}, { type: 'update', profiles: ['6:27354b9a', 'oma:x-1'] }],
  ['POST /bs?ep=a', {}, { type: 'bootstrap-request', endpoint: 'a' }],
  ['POST /bs?ep=a&pct=112', {}, { type: 'bootstrap-request', endpoint: 'a', pct: 112 }],
  ['POST /bs?pct=11542', {}, { type: 'bootstrap-request', pct: 11542 }],
  ['POST /bs', {}, { type: 'bootstrap-finish' }],
  ['GET /bspack?ep=a', { accept: 112 }, { type: 'bootstrap-pack-request', endpoint: 'a', accept: 112 }],
  [
    'GET /bspack?ep=a&acc=</0/2>,</21/0>',
    {},
    {
      type: 'bootstrap-pack-request',
      accounts: [
        { object: 0, instance: 2 },
        { object: 21, instance: 0 },
      ],
    },
  ],
])('%s %o is an operation [LwM2M Transport §6.4]', (line, said, operation) => {
  means(request(line, said), operation)
})

describe('behind an alternate path', () => {
  const below = operations({ ...context, root: '/lwm2m' })
  const asked = (line: string, said: Said = {}) => ({ type: 'asked', exchange: 1, request: request(line, said) })
  test('what is asked there is asked of the data model [LwM2M Transport §6.4.1]', () => {
    const read = { type: 'requested', exchange: 1, operation: { type: 'read', path: { object: 3, instance: 0, resource: 0 } } }
    ladder(below, { values: { a: asked('GET /lwm2m/3/0/0'), o: like(read) } }, { received: 'a', delivered: 'o' })
  })
  test('what is asked beside it is for a bootstrap server, whose paths have none [LwM2M Transport §6.4.1]', () => {
    const outside = { type: 'requested', operation: { type: 'discover', path: {} }, outside: true }
    ladder(below, { values: { a: asked('GET /', { accept: 40 }), o: like(outside) } }, { received: 'a', delivered: 'o' })
    const finish = ladder(
      below,
      { values: { a: asked('POST /bs'), o: like({ operation: { type: 'bootstrap-finish' } }) } },
      { received: 'a', delivered: 'o' },
    )
    expect(finish.delivered[0]!.value).not.toHaveProperty('outside')
  })
  test.each<[string, Code]>([
    ['GET /elsewhere/3/0/0', '4.04'],
    ['GET /lwm2m/3/0/0/0/0', '4.05'],
    ['GET /lwm2m/x', '4.04'],
    ['GET /lwm2m', '4.05'],
  ])('%s is answered %s [LwM2M Transport §6.4.1]', (line, code) => {
    ladder(below, { values: { a: asked(line), x: like({ type: 'answer', response: { code } }) } }, { received: 'a', transmitted: 'x' })
  })
})

describe('what is none is answered at once', () => {
  test.each<[string, Said, Code, string]>([
    ['GET /', {}, '4.05', 'the root is not read'],
    ['GET /foo', {}, '4.04', 'no number'],
    ['GET /65535', {}, '4.05', 'no possible ID'],
    ['GET /03', {}, '4.05', 'a leading zero'],
    ['GET /1/2/3/4/5', {}, '4.05', 'too deep'],
    ['GET /3/0?x=1', {}, '4.00', 'a Read has no query'],
    ['GET /3/0?foo=1', { observe: 0 }, '4.00', 'no such attribute'],
    ['GET /3/0', { accept: 40, observe: 0 }, '4.05', 'a Discover is not observed'],
    ['GET /3?depth=4', { accept: 40 }, '4.00', 'too deep a Discover'],
    ['PUT /3/0', {}, '4.00', 'neither attributes nor a value'],
    ['PUT /1/0/1', { text: '60' }, '4.15', 'a value without its format'],
    ['PUT /1/0/1', { format: 7, text: '60' }, '4.15', 'a format that is not spoken here'],
    ['PUT /1/0/1', { format: 0, text: 'sixty' }, '4.00', 'no number'],
    ['PUT /1/0/1', { format: 11542, text: 'x' }, '4.00', 'no TLV'],
    ['PUT /3/0?pmin=1', { format: 11542, text: '' }, '4.00', 'a Write has no query'],
    ['PUT /3/0?pmin=x', {}, '4.00', 'no number'],
    ['PUT /3/0?pmin=1&pmin=2', {}, '4.00', 'twice'],
    ['POST /3/0/4', { format: 42, text: 'x' }, '4.15', 'arguments are text'],
    ['POST /3/0/4', { format: 0, text: 'x' }, '4.00', 'no arguments'],
    ['POST /', { format: 112 }, '4.05', 'nothing is created at the root'],
    ['POST /3303', {}, '4.15', 'a body without its format'],
    ['DELETE /3/0/0', {}, '4.05', 'a Resource is not deleted'],
    ['PATCH /3/0', { format: 112 }, '4.05', 'PATCH is not used'],
    ['POST /bs?ep=a&pct=x', {}, '4.00', 'no content format'],
    ['POST /bs?ep=a&ep=b', {}, '4.00', 'twice'],
    ['POST /bs', { format: 112, text: 'x' }, '4.00', 'a Bootstrap-Finish has no payload'],
    ['GET /bspack?ep=a&acc=x', {}, '4.00', 'no links'],
    ['GET /bspack?ep=a&acc=</0>', {}, '4.00', 'no Object Instance'],
    ['GET /bspack?ep=a&acc=</0/0>;ssid=1', {}, '4.00', 'links without parameters'],
    ['GET /bspack?ep=a', { observe: 0 }, '4.00', 'not observed'],
    ['POST /rd?ep=a&lwm2m=1.2&pid=6:XYZ', {}, '4.00', 'no Profile ID'],
    ['POST /rd?ep=a', {}, '4.00', 'no version'],
    ['POST /rd?ep=a&lwm2m=1.1&lt=x', {}, '4.00', 'no lifetime'],
    ['POST /rd?ep=a&ep=b&lwm2m=1.1', {}, '4.00', 'twice'],
    ['POST /rd?ep=a&lwm2m=1.1', { format: 0, text: '</3>' }, '4.15', 'not in link format'],
    ['POST /rd?ep=a&lwm2m=1.1', { format: 40, text: '<<<' }, '4.00', 'no links'],
  ])('%s %o: %s, %s [LwM2M Transport §6.4]', (line, said, code) => {
    isAnswered(request(line, said), code)
  })
})

describe('an answer', () => {
  const perform = (operation: Operation) => ({ type: 'perform', exchange: 'a1', remote: 'coap://192.0.2.1:5683', operation })
  const answer = (code: Code, last = true) => ({
    type: 'answered',
    exchange: 'a1',
    request: request('GET /3/0/0'),
    response: { code, options: [], payload: noBytes },
    last,
  })
  test('finds its operation, a notification as well', () => {
    ladder(
      operations(context),
      {
        values: {
          p: perform({ type: 'observe', path: { object: 3, instance: 0, resource: 0 } }),
          q: like({ type: 'ask', exchange: 'a1', request: { code: '0.01', confirmable: true } }),
          n: answer('2.05', false),
          e: answer('4.04'),
          N: like({ type: 'performed', exchange: 'a1', operation: { type: 'observe' }, outcome: { code: '2.05' }, last: false }),
          E: like({ type: 'performed', outcome: { code: '4.04' }, last: true }),
        },
      },
      { submitted: 'p', transmitted: 'q', received: '-nne', delivered: '-NNE' },
    )
  })
  test('to a request that is no operation passes through: a download', () => {
    const ask = { type: 'ask', exchange: 'd1', request: request('GET /fw') }
    const blocks = { ...answer('2.05'), exchange: 'd1' }
    ladder(operations(context), { values: { a: ask, b: blocks } }, { submitted: 'a', transmitted: 'a', received: '-b', delivered: '-b' })
  })
  test('in a format that is not spoken here says so', () => {
    const strange = { ...answer('2.05'), response: { code: '2.05', options: [uintOption(numbers.ContentFormat, 7)], payload: noBytes } }
    ladder(
      operations(context),
      {
        values: {
          p: perform({ type: 'read', path: { object: 3 } }),
          q: like({ type: 'ask' }),
          s: strange,
          S: like({ outcome: { code: '2.05', fault: { fault: 'unsupported' } } }),
        },
      },
      { submitted: 'p', transmitted: 'q', received: '-s', delivered: '-S' },
    )
  })
  test('to what cannot be encoded is never asked for', () => {
    ladder(
      operations(context),
      {
        values: {
          p: perform({ type: 'write', mode: 'replace', path: { object: 1, instance: 0, resource: 1 }, nodes: [], format: 7 }),
          x: like({ type: 'performed', outcome: { code: '4.15' } }),
        },
      },
      { submitted: 'p', delivered: 'x' },
    )
  })
})

test('a notification that cannot be said in the format that was asked for is the last [RFC 7641 §3.2]', () => {
  const observe = { type: 'observe', path: { object: 3, instance: 0 }, accept: 0 }
  const respond = {
    type: 'respond',
    exchange: 1,
    request: request('GET /3/0'),
    operation: observe,
    outcome: { code: '2.05', nodes: [] },
    last: false,
  }
  ladder(
    operations(context),
    {
      values: {
        r: respond,
        x: like({ type: 'answer', response: { code: '4.06' }, last: true }),
        e: like({ type: 'responded', exchange: 1, code: '4.06', meant: '2.05', last: true }),
      },
    },
    { submitted: 'r', transmitted: 'x', delivered: 'e' },
  )
})

test('a Register goes out as the specification says [LwM2M Transport §6.4.3]', () => {
  const has = {
    contentFormats: [112, 11542],
    objects: [
      { path: { object: 1 }, attributes: { ver: '1.1' } },
      { path: { object: 1, instance: 0 }, attributes: {} },
    ],
  }
  const seen = ladder(
    operations(context),
    {
      values: {
        p: {
          type: 'perform',
          exchange: 'a1',
          remote: 'coap://192.0.2.1:5683',
          operation: { type: 'register', endpoint: 'dev', version: '1.1', lifetimeSeconds: 60, has },
        },
        q: like({ type: 'ask' }),
      },
    },
    { submitted: 'p', transmitted: 'q' },
  )
  const { request: sent } = seen.transmitted[0]!.value as { request: Request }
  const text = new TextDecoder()
  expect(sent.code).toBe('0.02')
  expect(sent.purpose).toBe('registration')
  expect(
    sent.options.filter(({ number }) => number === numbers.UriPath || number === numbers.UriQuery).map(({ value }) => text.decode(value)),
  ).toEqual(['rd', 'ep=dev', 'lt=60', 'lwm2m=1.1', 'b=U'])
  expect(text.decode(sent.payload)).toBe('</>;rt="oma.lwm2m";ct="112 11542",</1>;ver=1.1,</1/0>')
})
