/** The laws over LwM2M operations (LwM2M Core §6, Transport §6.4). */
import * as fc from 'fast-check'
import { down, up } from '../../src/core/stack.ts'
import { formatsByNumber } from '../../src/format/formats.ts'
import { options as numbers, sorted, stringOption, uintOption, type Option } from '../../src/message/option.ts'
import type { Operation } from '../../src/operation/operation.ts'
import type { OperationDown } from '../../src/operation/word.ts'
import { operations, type OperationsEffect, type OperationsEvent } from '../../src/operation/operations.ts'
import type { Request } from '../../src/exchange/exchange.ts'
import { ipso } from '../../src/objects/ipso.ts'
import { registry } from '../../src/objects/registry.ts'
import { arbitraries as any, laws } from '../../src/testing/index.ts'
import { check, noBody, peerOf } from './tight.ts'

const context = { formats: formatsByNumber, definitions: registry, root: '/lwm2m' }
const ids = fc.constantFrom(0, 1, 3, 5, 3303, 5700, 65535)
const paths = fc.array(ids, { maxLength: 4 }).map(([object, instance, resource, resourceInstance]) => ({
  ...(object === undefined ? {} : { object }),
  ...(instance === undefined ? {} : { instance }),
  ...(resource === undefined ? {} : { resource }),
  ...(resourceInstance === undefined ? {} : { resourceInstance }),
}))
const inventory = fc
  .array(fc.record({ path: paths, attributes: fc.constantFrom({}, { ver: '1.1' }, { ssid: 1 }) }), { maxLength: 3 })
  .map((objects) => ({ objects }))
const locations = fc.constantFrom(['rd', 'a'], ['rd'], [])

/** Any operation. */
const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    type: fc.constantFrom('read' as const, 'observe' as const, 'cancel-observation' as const, 'discover' as const, 'delete' as const),
    path: paths,
  }),
  fc.record({
    type: fc.constant('write' as const),
    mode: fc.constantFrom('replace' as const, 'partial' as const),
    path: paths,
    nodes: fc.array(fc.record({ path: paths, value: fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.uint8Array()) }), {
      maxLength: 3,
    }),
  }),
  fc.record({
    type: fc.constant('write-attributes' as const),
    path: paths,
    attributes: fc.constantFrom({}, { pmin: 1 }, { pmax: undefined }),
  }),
  fc.record({ type: fc.constant('execute' as const), path: paths, arguments: fc.constantFrom({}, { 0: null }, { 1: 'x' }) }),
  fc.record({ type: fc.constant('create' as const), path: paths, nodes: fc.constant([]) }),
  fc.record({
    type: fc.constantFrom('read-composite' as const, 'observe-composite' as const, 'cancel-observation-composite' as const),
    paths: fc.array(paths, { maxLength: 3 }),
    format: fc.constantFrom(0, 110, 112, 320, 322, 11544),
  }),
  fc.record({
    type: fc.constantFrom('write-composite' as const, 'send' as const),
    nodes: fc.array(fc.record({ path: paths, value: fc.oneof(fc.integer(), fc.string()), time: fc.constantFrom(-5, 0, 1_700_000_000) }), {
      maxLength: 3,
    }),
    format: fc.constantFrom(0, 110, 112, 320, 11542, 11544),
  }),
  fc.constant<Operation>({ type: 'bootstrap-finish' }),
  fc.record({
    type: fc.constant('register' as const),
    endpoint: fc.string(),
    version: fc.constantFrom('1.0', '1.1', '1.2', '2.0'),
    lifetimeSeconds: fc.nat(1_000),
    has: inventory,
  }),
  fc.record({ type: fc.constant('update' as const), location: locations, has: inventory }),
  fc.record({ type: fc.constant('deregister' as const), location: locations }),
)
/** Requests that mean an operation more often than junk would. */
const meant: fc.Arbitrary<Request> = fc
  .record({
    request: any.requests,
    path: fc.array(fc.constantFrom('rd', 'dp', 'lwm2m', '3', '0', '5', '1', '3303', '5700', 'x', ''), { maxLength: 4 }),
    query: fc.array(fc.constantFrom('ep=a', 'lt=60', 'lwm2m=1.1', 'b=U', 'pmin=1', 'pmin=x', 'Q'), { maxLength: 4 }),
    format: fc.constantFrom(0, 40, 42, 110, 112, 320, 11542, 11544, 60, 7),
  })
  .map(({ request, path, query, format }) => ({
    ...request,
    options: sorted([
      ...path.map((segment): Option => stringOption(numbers.UriPath, segment)),
      uintOption(numbers.ContentFormat, format),
      ...query.map((word) => stringOption(numbers.UriQuery, word)),
    ]),
  }))
const outcomes = fc.record({ code: any.responseCodes, diagnostic: fc.string() })
const exchanges = fc.constantFrom('a', 'b', 'c')
const submissions: fc.Arbitrary<OperationDown> = fc.oneof(
  fc.record({ type: fc.constant('perform' as const), exchange: exchanges, remote: any.remotes, operation: anyOperation }),
  fc.constantFrom<OperationDown>({ type: 'define', object: 3303 }, { type: 'define', object: 5, definition: ipso(3304) }),
  fc.record({
    type: fc.constant('respond' as const),
    exchange: fc.nat(5),
    request: meant,
    operation: anyOperation,
    outcome: outcomes,
    last: fc.boolean(),
  }),
  fc.record({ type: fc.constant('cancel' as const), exchange: exchanges, remote: any.remotes }),
)
const events: fc.Arbitrary<OperationsEvent> = fc.oneof(
  any.exchangeUp.map(up),
  submissions.map(down),
  fc.tuple(fc.nat(5), meant).map(([exchange, request]) => up({ type: 'asked' as const, exchange, request })),
)
const answers = ({ type, value }: OperationsEffect): readonly OperationsEvent[] => {
  if (type === 'up' && value.type === 'requested')
    return [
      down({
        type: 'respond',
        exchange: value.exchange,
        request: value.request,
        operation: value.operation,
        outcome: { code: '2.05', nodes: [] },
        last: true,
      }),
    ]
  if (type === 'down' && value.type === 'ask') {
    const { exchange, request } = value
    return (['2.05', '2.04', '2.01', '4.04'] as const).map((code) =>
      up({ type: 'answered', exchange, request, response: { code, options: [], payload: noBody }, last: true }),
    )
  }
  return []
}
check(
  laws(operations(context, 8), {
    events,
    answers,
    bound: {
      octets: 2_000,
      flood: (index) =>
        down({ type: 'perform', exchange: `${index}`, remote: peerOf(index), operation: { type: 'read', path: { object: 3 } } }),
    },
  }),
)
