/** The laws over a client with several servers, access control and composites (LwM2M Core §6.3.8, §6.3.9, §8). */
import * as fc from 'fast-check'
import { EMPTY } from 'rxjs'
import { configure } from '../../src/client/configure.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { remoteOf } from '../../src/client/state.ts'
import { clientMachine } from '../../src/client/step.ts'
import type { ClientDown } from '../../src/client/word.ts'
import type { ClientEffect, ClientEvent } from '../../src/client/work.ts'
import { down, up } from '../../src/core/stack.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { Path } from '../../src/model/path.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import { laws } from '../../src/testing/index.ts'
import { everything } from '../../marble-tests/client/device.ts'
import { check, noBody } from './tight.ts'

const configuration = configure({
  endpointClientName: 'client',
  accounts: [{ uri: 'coap://one:5683' }, { uri: 'coap://two:5683' }],
  objects: [
    deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
    instances(everything, { 0: { 0: 'a', 1: 1, 2: { 0: 1 } }, 1: { 0: 'b' } }, { accept: () => EMPTY }),
  ],
  parameters: defaultParameters,
  limits: { observationsMax: 3, attributesMax: 4, instancesMax: 16, transactionsMax: 3 },
  access: { rights: { '/3200': { 2: 'RWC', 0: 'R' }, '/3200/1': { owner: 2 } } },
})

const place = fc.record({ object: fc.constantFrom(3200, 2, 3, 1), instance: fc.nat(3) })
const deep: fc.Arbitrary<Path> = fc.oneof(
  fc.record({ place, resource: fc.nat(4) }).map(({ place: at, resource }) => ({ ...at, resource })),
  fc.record({ place, id: fc.nat(3) }).map(({ place: at, id }) => ({ ...at, resource: 2, resourceInstance: id })),
)
const any: fc.Arbitrary<Path> = fc.oneof(place, deep, fc.constantFrom<Path>({ object: 3200 }, { object: 2 }, {}))
const nodes = fc.array(fc.record({ path: deep, value: fc.oneof(fc.nat(40), fc.constantFrom('x', true)) }), { maxLength: 3 })
const operation: fc.Arbitrary<ManagementOperation> = fc.oneof(
  fc.record({ type: fc.constant('read-composite' as const), paths: fc.array(any, { minLength: 1, maxLength: 3 }) }),
  fc.record({ type: fc.constant('observe-composite' as const), paths: fc.array(any, { minLength: 1, maxLength: 3 }) }),
  fc.record({ type: fc.constant('write-composite' as const), nodes, deleted: fc.array(deep, { maxLength: 1 }) }),
  fc.record({ type: fc.constantFrom('read' as const, 'observe' as const, 'delete' as const), path: place }),
  place.chain((path) =>
    fc.record({
      type: fc.constant('write' as const),
      mode: fc.constantFrom('replace' as const, 'partial' as const),
      path: fc.constant(path),
      nodes: nodes.map((all) => all.map((node) => ({ ...node, path: { ...node.path, ...path } }))),
    }),
  ),
  fc.record({ type: fc.constant('create' as const), path: fc.constant({ object: 3200 }), nodes: fc.constant([]) }),
)
const requested: fc.Arbitrary<ClientEvent> = fc
  .record({ remote: fc.constantFrom(remoteOf(0), remoteOf(1)), exchange: fc.nat(6), operation })
  .map(({ remote, exchange, operation }) => {
    const request = { remote, code: '0.01', options: [], payload: noBody, confirmable: true, purpose: 'request' } as const
    return up({ type: 'requested', exchange, remote, operation, request })
  })
const changed: fc.Arbitrary<ClientDown> = fc.oneof(
  place.map((path): ClientDown => ({ type: 'change', changes: [{ type: 'delete', path }] })),
  place.map(({ instance }): ClientDown => ({ type: 'change', changes: [{ type: 'create', object: 3200, instance, nodes: [] }] })),
)
const events: fc.Arbitrary<ClientEvent> = fc.oneof({ weight: 8, arbitrary: requested }, { weight: 1, arbitrary: changed.map(down) })
const answers = ({ type, value }: ClientEffect): readonly ClientEvent[] => {
  if (type === 'up')
    return value.type === 'consult'
      ? (['2.04', '4.00'] as const).map((code) => down({ type: 'decided', transaction: value.transaction, path: value.path, code }))
      : []
  if (value.type === 'open') return [up({ type: 'opened', remote: value.remote, address: 'a', local: 'b' })]
  if (value.type !== 'perform') return []
  const { exchange, remote, operation } = value
  return [up({ type: 'performed', exchange, remote, operation, outcome: { code: '2.01', location: ['rd', 'a'] }, last: true })]
}
check(
  laws(clientMachine(configuration), {
    events,
    answers,
    bound: {
      octets: 24_000,
      flood: (index, luck): ClientEvent => {
        const remote = remoteOf(index % 2)
        const request = { remote, code: '0.01', options: [], payload: noBody, confirmable: true, purpose: 'request' } as const
        return up({
          type: 'requested',
          exchange: index,
          remote,
          request,
          operation:
            luck.uint32() % 2 === 0
              ? { type: 'create', path: { object: 3200 }, nodes: [] }
              : { type: 'write-composite', nodes: [{ path: { object: 3200, instance: luck.uint32() % 9, resource: 1 }, value: 1 }] },
        })
      },
    },
  }),
)
