/** Composite operations and Send, down to requests and up from answers (LwM2M Transport 1.2.2 §6.4.4, §6.4.5). */
import { describe, test } from 'vitest'
import { formatsByNumber } from '../../src/format/formats.ts'
import { noBytes } from '../../src/message/message.ts'
import { options as numbers, sorted, stringOption, uintOption } from '../../src/message/option.ts'
import { methods, type Code, type Method } from '../../src/message/code.ts'
import { registry } from '../../src/objects/registry.ts'
import type { OperationContext } from '../../src/operation/context.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { operations } from '../../src/operation/operations.ts'
import { ladder, like } from '../../src/testing/index.ts'

const context: OperationContext = { formats: formatsByNumber, definitions: registry }
const remote = 'coap://192.0.2.1:5683'
const senmlJson = 110
const octets = (text: string) => new TextEncoder().encode(text)
const battery = { object: 3, instance: 0, resource: 9 }
const celsius = { object: 3303, instance: 0, resource: 5700 }

interface Said {
  readonly observe?: number
  readonly accept?: number
  readonly format?: number
  readonly text?: string
  readonly confirmable?: boolean
  readonly streams?: true
}
const request = (line: string, { observe, accept, format, text, confirmable = true, streams }: Said = {}) => {
  const [method, uri] = line.split(' ') as [Method, string]
  const [path, query] = uri.split('?') as [string, string?]
  return {
    remote,
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
    payload: text === undefined ? noBytes : octets(text),
    confirmable,
    purpose: 'request',
    ...(streams === undefined ? {} : { body: { size: 100_000 } }),
  }
}
const pack = (text: string) => ({
  code: '2.05',
  options: [uintOption(numbers.ContentFormat, senmlJson)],
  payload: octets(text),
})
const perform = (operation: Operation) => ({ type: 'perform', exchange: 'a1', remote, operation })
const answered = (text: string, last: boolean) => ({
  type: 'answered',
  exchange: 'a1',
  request: request('FETCH /'),
  response: pack(text),
  last,
})

describe('a server', () => {
  test('observes several places as one: FETCH with Observe 0, and each notification carries them all [LwM2M Core §6.4.4]', () => {
    const nodes = (value: number) => [
      { path: battery, value: 90 },
      { path: celsius, value },
    ]
    ladder(
      operations(context),
      {
        values: {
          p: perform({
            type: 'observe-composite',
            paths: [battery, celsius],
            format: senmlJson,
            accept: senmlJson,
            attributes: { pmin: 5 },
          }),
          f: like({
            type: 'ask',
            request: {
              code: '0.05',
              options: [
                uintOption(numbers.Observe, 0),
                uintOption(numbers.ContentFormat, senmlJson),
                stringOption(numbers.UriQuery, 'pmin=5'),
                uintOption(numbers.Accept, senmlJson),
              ],
            },
          }),
          n: answered('[{"n":"/3/0/9","v":90},{"n":"/3303/0/5700","v":20}]', false),
          m: answered('[{"n":"/3/0/9","v":90},{"n":"/3303/0/5700","v":21}]', false),
          N: like({
            type: 'performed',
            operation: { type: 'observe-composite' },
            outcome: { code: '2.05', nodes: nodes(20) },
            last: false,
          }),
          M: like({ outcome: { nodes: nodes(21) }, last: false }),
        },
      },
      { submitted: 'p', transmitted: 'f', received: '-n-m', delivered: '-N-M' },
    )
  })

  test('cancels with the same list and Observe 1 [LwM2M Core §6.4.5]', () => {
    ladder(
      operations(context),
      {
        values: {
          p: perform({ type: 'cancel-observation-composite', paths: [battery], format: senmlJson }),
          f: like({
            type: 'ask',
            request: { code: '0.05', options: [uintOption(numbers.Observe, 1), uintOption(numbers.ContentFormat, senmlJson)] },
          }),
        },
      },
      { submitted: 'p', transmitted: 'f' },
    )
  })

  test('takes away a Resource Instance with null, and only in SenML-ETCH [LwM2M Core §7.4.6]', () => {
    const patch: Operation = {
      type: 'write-composite',
      nodes: [{ path: battery, value: 1 }],
      deleted: [{ object: 3, instance: 0, resource: 11, resourceInstance: 1 }],
    }
    ladder(
      operations(context),
      {
        values: {
          p: perform({ ...patch, format: 320 }),
          i: like({ type: 'ask', request: { code: '0.07', payload: octets('[{"bn":"/3/0/","n":"9","v":1},{"n":"11/1","v":null}]') } }),
          q: { ...perform({ ...patch, format: senmlJson }), exchange: 'a2' },
          x: like({ type: 'performed', exchange: 'a2', outcome: { code: '4.15' }, last: true }),
        },
      },
      { submitted: 'p-q', transmitted: 'i', delivered: '--x' },
    )
  })
})

describe('a client', () => {
  test('sends to /dp, oldest first, confirmable unless it is told otherwise [LwM2M Core §6.4.6, RFC 8428 §4.6]', () => {
    const nodes = [
      { path: celsius, value: 21, time: 1_700_000_060 },
      { path: celsius, value: 20, time: 1_700_000_000 },
    ]
    ladder(
      operations(context),
      {
        values: {
          p: perform({ type: 'send', nodes, format: senmlJson }),
          d: like({
            type: 'ask',
            request: {
              code: '0.02',
              confirmable: true,
              options: [stringOption(numbers.UriPath, 'dp'), uintOption(numbers.ContentFormat, senmlJson)],
            },
          }),
          q: { ...perform({ type: 'send', nodes, confirmable: false }), exchange: 'a2' },
          e: like({ type: 'ask', exchange: 'a2', request: { confirmable: false } }),
          r: { ...perform({ type: 'send', nodes, format: 11542 }), exchange: 'a3' },
          x: like({ type: 'performed', exchange: 'a3', outcome: { code: '4.15' } }),
        },
      },
      { submitted: 'p-q-r', transmitted: 'd-e', delivered: '----x' },
    )
  })

  const fetch = '[{"n":"/3/0/9"},{"n":"/3303"}]'
  test.each<[string, Said, object]>([
    ['FETCH /', { format: senmlJson, text: fetch }, { type: 'read-composite', paths: [battery, { object: 3303 }] }],
    ['FETCH /', { format: 320, text: fetch, accept: 11544 }, { type: 'read-composite', accept: 11544 }],
    [
      'FETCH /?pmax=60&con=1',
      { format: senmlJson, text: fetch, observe: 0 },
      { type: 'observe-composite', attributes: { pmax: 60, con: 1 } },
    ],
    [
      'FETCH /?pmax=60',
      { format: senmlJson, text: fetch, observe: 1 },
      { type: 'cancel-observation-composite', paths: [battery, { object: 3303 }] },
    ],
    ['iPATCH /', { format: senmlJson, text: '[{"n":"/3/0/9","v":5}]' }, { type: 'write-composite', nodes: [{ path: battery, value: 5 }] }],
    [
      'iPATCH /',
      { format: 320, text: '[{"n":"/3/0/11/1","v":null}]' },
      { type: 'write-composite', nodes: [], deleted: [{ object: 3, instance: 0, resource: 11, resourceInstance: 1 }] },
    ],
    [
      'POST /dp',
      { format: senmlJson, text: '[{"n":"/3/0/9","v":5,"t":-3}]', confirmable: false },
      { type: 'send', nodes: [{ path: battery, value: 5, time: -3 }], confirmable: false },
    ],
  ])('%s %o is an operation [LwM2M Transport §6.4.4]', (line, said, operation) => {
    ladder(
      operations(context),
      { values: { a: { type: 'asked', exchange: 1, request: request(line, said) }, o: like({ type: 'requested', operation }) } },
      { received: 'a', delivered: 'o' },
    )
  })

  test.each<[string, Said, Code, string]>([
    ['FETCH /', { text: fetch }, '4.15', 'a list without its format'],
    ['FETCH /', { format: 11542, text: fetch }, '4.15', 'TLV lists no paths'],
    ['FETCH /', { format: 11544, text: fetch }, '4.15', 'LwM2M CBOR lists no paths'],
    ['FETCH /', { format: senmlJson, text: '[{"n":"/3/0/9"}' }, '4.00', 'no JSON'],
    ['FETCH /', { format: senmlJson, text: `${fetch}x` }, '4.00', 'something after it'],
    ['FETCH /', { format: senmlJson, text: '[]' }, '4.00', 'no path'],
    ['FETCH /', { format: senmlJson, text: '[{"n":"/3/0/9","v":1}]' }, '4.00', 'a value where paths are meant'],
    ['FETCH /', { format: senmlJson, text: '[{"n":"/3/0/0/0/0"}]' }, '4.00', 'an impossible path'],
    ['FETCH /', { format: senmlJson, text: fetch, accept: 0 }, '4.06', 'text carries one value'],
    ['FETCH /', { format: senmlJson, text: fetch, accept: 11542 }, '4.06', 'TLV begins below an Object'],
    ['FETCH /', { format: senmlJson, text: fetch, accept: 7 }, '4.06', 'a format that is not spoken here'],
    ['FETCH /?pmin=1', { format: senmlJson, text: fetch }, '4.00', 'a Read-Composite has no query'],
    ['FETCH /?gt=1', { format: senmlJson, text: fetch, observe: 0 }, '4.00', 'no threshold over several places'],
    ['FETCH /?pmin=x', { format: senmlJson, text: fetch, observe: 0 }, '4.00', 'no number'],
    ['FETCH /3/0', { format: senmlJson, text: fetch }, '4.05', 'composites are asked of the root'],
    ['FETCH /', { format: senmlJson, streams: true }, '4.13', 'a list is not streamed'],
    ['iPATCH /3', { format: senmlJson, text: '[{"n":"/3/0/9","v":5}]' }, '4.05', 'composites are asked of the root'],
    ['iPATCH /', { text: '[]' }, '4.15', 'values without their format'],
    ['iPATCH /', { format: 0, text: '5' }, '4.15', 'text has no names'],
    ['iPATCH /', { format: senmlJson, text: '[]' }, '4.00', 'nothing'],
    ['iPATCH /', { format: senmlJson, text: '[{"n":"/3/0/9","v":"x"}' }, '4.00', 'no JSON'],
    ['iPATCH /', { format: senmlJson, text: '[{"n":"/3/0/9","vs":"x"}]' }, '4.00', 'no number'],
    ['iPATCH /', { format: senmlJson, text: '[{"n":"/3/0","v":1}]' }, '4.00', 'no place for a value'],
    ['iPATCH /', { format: 320, text: '[{"n":"/3/0/9","v":null}]' }, '4.00', 'a whole Resource does not go'],
    ['iPATCH /?x=1', { format: senmlJson, text: '[{"n":"/3/0/9","v":5}]' }, '4.00', 'a Write-Composite has no query'],
    ['iPATCH /', { format: senmlJson, streams: true }, '4.13', 'a Write-Composite is not streamed'],
    ['POST /dp', { text: '[]' }, '4.15', 'values without their format'],
    ['POST /dp', { format: 11542, text: 'x' }, '4.15', 'TLV is no format of Send'],
    ['POST /dp', { format: senmlJson, text: 'x' }, '4.00', 'no JSON'],
    ['POST /dp?x=1', { format: senmlJson, text: '[{"n":"/3/0/9","v":5}]' }, '4.00', 'a Send has no query'],
    ['POST /dp', { format: senmlJson, streams: true }, '4.13', 'a Send is not streamed'],
    ['GET /3/0/9', { accept: 42 }, '4.06', 'a number is no octets'],
    ['GET /3/0/11', { accept: 0 }, '4.06', 'several values are no text'],
    ['GET /3/0', { accept: 7 }, '4.06', 'a format that is not spoken here'],
  ])('%s %o: %s, %s [LwM2M Transport §6.4.4]', (line, said, code) => {
    ladder(
      operations(context),
      {
        values: {
          a: { type: 'asked', exchange: 1, request: request(line, said) },
          x: like({ type: 'answer', response: { code }, last: true }),
        },
      },
      { received: 'a', transmitted: 'x' },
    )
  })

  const respond = (operation: Operation, nodes: readonly object[], more: object = {}) => ({
    type: 'respond',
    exchange: 1,
    request: request('FETCH /'),
    operation,
    outcome: { code: '2.05', nodes },
    last: true,
    ...more,
  })
  const history = [
    { path: battery, value: 2, time: 1_700_000_060 },
    { path: battery, value: 1, time: 1_700_000_000 },
  ]
  test.each<[string, Operation, readonly object[], object, number, string | undefined]>([
    ['one value read', { type: 'read', path: battery }, [{ path: battery, value: 5 }], {}, 0, '5'],
    [
      'one value observed by a server of 1.0',
      { type: 'observe', path: battery },
      [{ path: battery, value: 5 }],
      { version: '1.0' },
      0,
      '5',
    ],
    [
      'one value observed by a server of 1.1',
      { type: 'observe', path: battery },
      [{ path: battery, value: 5 }],
      { version: '1.1' },
      112,
      undefined,
    ],
    [
      'several values for a server of 1.0',
      { type: 'read', path: { object: 3, instance: 0 } },
      [{ path: battery, value: 5 }],
      { version: '1.0' },
      11542,
      undefined,
    ],
    [
      'several values for a server of 1.1',
      { type: 'read', path: { object: 3, instance: 0 } },
      [{ path: battery, value: 5 }],
      { version: '1.1' },
      112,
      undefined,
    ],
    [
      'several values for a server of 1.2',
      { type: 'read', path: { object: 3, instance: 0 } },
      [{ path: battery, value: 5 }],
      { version: '1.2' },
      112,
      undefined,
    ],
    ['nothing of a Read-Composite', { type: 'read-composite', paths: [battery], accept: senmlJson }, [], {}, senmlJson, '[]'],
    [
      'history in a format with times: oldest first',
      { type: 'observe', path: battery, accept: senmlJson },
      history,
      {},
      senmlJson,
      '[{"bn":"/3/0/9","bt":1700000000,"v":1},{"t":60,"v":2}]',
    ],
    ['history in a format without: the newest', { type: 'observe', path: battery, accept: 0 }, history, {}, 0, '2'],
  ])('%s is said in the format that fits [LwM2M Core §7.4, RFC 7641 §4.2]', (_, operation, nodes, more, contentFormat, text) => {
    const response = {
      code: '2.05',
      options: [uintOption(numbers.ContentFormat, contentFormat)],
      ...(text === undefined ? {} : { payload: octets(text) }),
    }
    // What an observation's answers come to is said upwards: its notifications keep the format.
    const goesOn = operation.type === 'observe'
    ladder(
      operations(context),
      {
        values: {
          r: respond(operation, nodes, { ...more, last: !goesOn }),
          x: like({ type: 'answer', response }),
          e: like({ type: 'responded', code: '2.05', contentFormat }),
        },
      },
      { submitted: 'r', transmitted: 'x', delivered: goesOn ? 'e' : '-' },
    )
  })
})
