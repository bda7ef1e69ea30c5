/** The laws over the client: accounts, model, observations, transactions (LwM2M Core §6, §7). */
import * as fc from 'fast-check'
import { EMPTY, of } from 'rxjs'
import { configure } from '../../src/client/configure.ts'
import { creationOf } from '../../src/client/object-data.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { Offering } from '../../src/client/offer.ts'
import { virtualObserveObject } from '../../src/client/virtual-observe.ts'
import { remoteOf } from '../../src/client/state.ts'
import { clientMachine } from '../../src/client/step.ts'
import type { ClientDown } from '../../src/client/word.ts'
import type { ClientEffect, ClientEvent } from '../../src/client/work.ts'
import { down, up } from '../../src/core/stack.ts'
import type { Request } from '../../src/exchange/exchange.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { ObjectDefinition } from '../../src/model/definition.ts'
import type { PathString } from '../../src/model/path.ts'
import { ipso } from '../../src/objects/ipso.ts'
import { temperature } from '../../src/objects/temperature.ts'
import type { Operation } from '../../src/operation/operation.ts'
import type { OperationUp } from '../../src/operation/word.ts'
import { arbitraries as any, laws } from '../../src/testing/index.ts'
import { check, noBody, peerOf } from './tight.ts'

const configuration = configure({
  endpointClientName: 'client',
  accounts: [
    { uri: 'coap://one:5683', lifetimeSeconds: 300, retryCount: 2, retryTimerSeconds: 10, sequenceCount: 2, sequenceDelaySeconds: 100 },
    { uri: 'coap://two:5683', lifetimeSeconds: 0, version: '1.0' },
  ],
  objects: [
    deviceObject({ manufacturer: 'Acme', serialNumber: { read: () => of('1') }, batteryLevel: 50, reboot: () => EMPTY }),
    instances(
      temperature,
      { 0: { 5700: 20, 5701: 'Cel', 5605: () => EMPTY }, 1: { 5700: { read: () => of(1) } } },
      { accept: () => EMPTY },
    ),
    virtualObserveObject([{ links: ['</3303/0/5700>;pmin=3;pmax=30', '</3/0/9>;gt=20'] }]),
  ],
  parameters: defaultParameters,
  limits: {
    observationsMax: 3,
    observedPathsMax: 4,
    attributesMax: 4,
    instancesMax: 9,
    transactionsMax: 3,
    storedMax: 4,
    storedPerAccountMax: 3,
    sendsMax: 3,
  },
})
const remotes = fc.constantFrom(remoteOf(0), remoteOf(1), 'coap://10.0.0.9:1')
const paths = fc.constantFrom(
  { object: 3 },
  { object: 3, instance: 0 },
  { object: 3, instance: 0, resource: 2 },
  { object: 3, instance: 0, resource: 4 },
  { object: 3, instance: 0, resource: 9 },
  { object: 1, instance: 0, resource: 1 },
  { object: 1, instance: 0 },
  { object: 0, instance: 0 },
  { object: 3303, instance: 0, resource: 5700 },
  { object: 3303, instance: 1, resource: 5700 },
  { object: 3303, instance: 2 },
  { object: 3303, instance: 0, resource: 5605 },
  { object: 3303 },
  { object: 22, instance: 0, resource: 1 },
  { object: 9 },
  {},
)
const values = fc.oneof(fc.integer({ min: -3, max: 400 }), fc.constantFrom('text', true, 20.5))
const nodes = fc.array(fc.record({ path: paths, value: values }), { maxLength: 2 })
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    type: fc.constantFrom('read' as const, 'observe' as const, 'cancel-observation' as const, 'discover' as const, 'delete' as const),
    path: paths,
  }),
  fc
    .record({ path: paths, value: values, mode: fc.constantFrom('replace' as const, 'partial' as const) })
    .map(({ path, value, mode }): Operation => ({ type: 'write', mode, path, nodes: [{ path, value }] })),
  fc.record({ type: fc.constant('write' as const), mode: fc.constantFrom('replace' as const, 'partial' as const), path: paths, nodes }),
  fc.constantFrom('</3303/0/5700>;st=1', '</3303>;pmax=9', 'no link').map((link): Operation => {
    const path = { object: 22, instance: 0, resource: 0 }
    return { type: 'write', mode: 'replace', path, nodes: [{ path: { ...path, resourceInstance: 0 }, value: link }] }
  }),
  fc.record({
    type: fc.constantFrom('observe-composite' as const, 'read-composite' as const, 'cancel-observation-composite' as const),
    paths: fc.uniqueArray(
      paths.filter(({ object }) => object !== undefined),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant('observe' as const),
    path: paths,
    accept: fc.constant(112),
    attributes: fc.constantFrom({ pmin: 5, pmax: 20, hqmax: 2 }, { gt: 10, st: 1 }, { epmin: 3, epmax: 30 }, { con: 1 }),
  }),
  fc.record({
    type: fc.constant('write-attributes' as const),
    path: paths,
    attributes: fc.constantFrom({ pmin: 1, pmax: 60 }, { gt: 20, lt: 10, st: 2 }, { pmin: undefined }, { epmin: 9, epmax: 3 }),
  }),
  fc.record({ type: fc.constant('execute' as const), path: paths, arguments: fc.constantFrom({}, { 0: null }) }),
  fc.record({ type: fc.constant('create' as const), path: paths, instance: fc.nat(4), nodes }),
  fc.record({ type: fc.constant('register' as const), version: fc.constant('1.1'), has: fc.constant({ objects: [] }) }),
)
const requestTo = (remote: string): Request => ({
  remote,
  code: '0.01',
  options: [],
  payload: noBody,
  confirmable: true,
  purpose: 'request',
})
const requested: fc.Arbitrary<OperationUp> = fc
  .record({ remote: remotes, exchange: fc.nat(6), operation })
  .map(({ remote, exchange, operation }) => ({ type: 'requested', exchange, remote, operation, request: requestTo(remote) }))
const links: fc.Arbitrary<OperationUp> = fc.oneof(
  remotes.map((remote): OperationUp => ({ type: 'opened', remote, address: 'a', local: 'b' })),
  fc.record({
    type: fc.constant('closed' as const),
    remote: remotes,
    reason: fc.constantFrom('asked' as const, 'lost' as const, 'name-not-found' as const),
  }),
  fc.record({ type: fc.constant('cancelled' as const), remote: remotes, exchange: fc.nat(6) }),
  fc.record({
    type: fc.constant('responded' as const),
    remote: remotes,
    exchange: fc.nat(6),
    operation,
    code: any.responseCodes,
    contentFormat: fc.constantFrom(0, 112),
    last: fc.boolean(),
  }),
)
const commands = fc.constantFrom<ClientDown>(
  { type: 'stop' },
  { type: 'update' },
  { type: 'register' },
  { type: 'update', account: 1 },
  { type: 'register', account: 0 },
  { type: 'offline' },
  { type: 'online' },
  { type: 'send', send: 'a', paths: [{ object: 3303, instance: 0, resource: 5700 }], nodes: [] },
  { type: 'send', send: 'b', paths: [{ object: 3, instance: 0 }], nodes: [], account: 0, confirmable: false },
  { type: 'unsend', send: 'a' },
)
const changes = fc
  .record({ path: paths, value: values })
  .map(({ path, value }): ClientDown => ({ type: 'change', changes: [{ type: 'replace', path, nodes: [{ path, value }] }] }))
const fed: fc.Arbitrary<ClientDown> = fc.record({
  type: fc.constant('fed' as const),
  path: fc.constantFrom({ object: 3303, instance: 0, resource: 5700 }, { object: 3303, instance: 7, resource: 5700 }),
  value: fc.oneof(values, fc.constant(undefined)),
})
const decided: fc.Arbitrary<ClientDown> = fc.record({
  type: fc.constant('decided' as const),
  transaction: fc.nat(4),
  path: fc.constantFrom('/3/0/2' as const, '/3303' as const),
  code: any.responseCodes,
})
/** Objects come, change and go: with a good Instance, with a bad one, with and without functions. */
const offering = (definition: ObjectDefinition, onDemand: readonly PathString[] = []): Offering => ({
  definition,
  onDemand,
  consulted: [],
  executable: [],
})
const offers = fc.constantFrom<ClientDown>(
  { type: 'offer', offering: offering(ipso(3304)), changes: [creationOf(3304, 0, { 5700: 40.5 })] },
  { type: 'offer', offering: offering(ipso(3304), ['/3304/0/5700']), changes: [] },
  { type: 'offer', offering: offering(ipso(3304)), changes: [creationOf(3304, 1, { 5700: 'wet' })] },
  { type: 'offer', offering: offering(ipso(3303, '1.1')), changes: [] },
  { type: 'withdraw', object: 3303 },
  { type: 'withdraw', object: 3304 },
)
const submitted: fc.Arbitrary<ClientDown> = fc.oneof(
  { weight: 1, arbitrary: offers },
  { weight: 1, arbitrary: commands },
  { weight: 3, arbitrary: changes },
  { weight: 3, arbitrary: fed },
  { weight: 1, arbitrary: decided },
)
const events: fc.Arbitrary<ClientEvent> = fc.oneof(
  { weight: 12, arbitrary: requested.map(up) },
  { weight: 1, arbitrary: links.map(up) },
  {
    weight: 1,
    arbitrary: any.exchangeUp.map((word) =>
      up(word.type === 'asked' ? { type: 'failed' as const, exchange: '', remote: remoteOf(0), reason: 'timeout' as const } : word),
    ),
  },
  { weight: 4, arbitrary: submitted.map(down) },
)
/** A link opens or does not, a server answers Register, Update and De-register in any way, an application decides. */
const answers = ({ type, value }: ClientEffect): readonly ClientEvent[] => {
  if (type === 'down') {
    if (value.type === 'open')
      return [
        up({ type: 'opened', remote: value.remote, address: 'a', local: 'b' }),
        up({ type: 'closed', remote: value.remote, reason: 'name-not-found' }),
      ]
    if (value.type === 'close') return [up({ type: 'closed', remote: value.remote, reason: 'asked' })]
    if (value.type !== 'perform') return []
    const { exchange, remote, operation } = value
    return [
      ...(['2.01', '2.04', '2.02', '4.04', '4.12', '5.03'] as const).map((code) =>
        up({
          type: 'performed' as const,
          exchange,
          remote,
          operation,
          outcome: { code, ...(code === '2.01' ? { location: ['rd', 'a'] } : {}) },
          last: true,
        }),
      ),
      up({ type: 'failed', exchange, remote, reason: 'timeout' }),
    ]
  }
  if (value.type === 'want')
    return [
      down({ type: 'decided', transaction: value.transaction, path: value.path, code: '2.05', value: '7' }),
      down({ type: 'decided', transaction: value.transaction, path: value.path, code: '2.05', value: 7 }),
    ]
  if (value.type === 'consult' || value.type === 'invoke')
    return (['2.04', '4.00'] as const).map((code) => down({ type: 'decided', transaction: value.transaction, path: value.path, code }))
  return []
}
check(
  laws(clientMachine(configuration), {
    events,
    answers,
    bound: {
      octets: 16_000,
      flood: (index, luck): ClientEvent => {
        const path = { object: 3303, instance: luck.uint32() % 2, resource: 5700 }
        const remote = index % 3 === 0 ? remoteOf(0) : peerOf(index)
        return up({
          type: 'requested',
          exchange: index,
          remote,
          request: requestTo(remote),
          operation: { type: (['observe', 'read'] as const)[luck.uint32() % 2]!, path },
        })
      },
    },
  }),
)
