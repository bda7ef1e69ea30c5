/** Several servers at one device: what each may do, and what it hears when that changes (LwM2M Core §8; Transport §5.2.5). */
import { EMPTY } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { AccessOptions } from '../../src/client/access-options.ts'
import { configure } from '../../src/client/configure.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { clientMachine } from '../../src/client/step.ts'
import type { Change } from '../../src/model/change.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { ManagementOperation, Outcome } from '../../src/operation/operation.ts'
import { at, created, everything, node, opened, play, requested } from './device.ts'

const device = (access: AccessOptions | undefined) =>
  clientMachine(
    configure({
      endpointClientName: 'dev',
      accounts: [{ uri: 'coap://one:5683' }, { uri: 'coap://two:5683' }],
      objects: [
        deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
        instances(everything, { 0: { 0: 'hello', 1: 50, 4: () => EMPTY }, 1: { 0: 'other' } }),
      ],
      parameters: defaultParameters,
      ...(access === undefined ? {} : { access }),
    }),
  )
type Said = readonly [server: number, operation: ManagementOperation] | readonly Change[]
const isRequest = (said: Said): said is readonly [number, ManagementOperation] => typeof said[0] === 'number'

/** What is said to the device, one a second, and each code that it says: `request code`. */
const told = (access: AccessOptions | undefined, ...all: readonly Said[]): readonly string[] => {
  const letters = 'defghijklmn'.slice(0, all.length)
  const values = Object.fromEntries(
    all.map((said, number) => [
      letters[number]!,
      isRequest(said) ? requested(number, said[1], said[0] - 1) : { type: 'change', changes: said },
    ]),
  )
  const lane = (mine: (said: Said) => boolean) => all.map((said, number) => (mine(said) ? letters[number] : '-')).join('')
  const seen = play(
    device(access),
    { ...values, p: opened(1), q: created(1) },
    { received: `(ocpq)${lane(isRequest)}`, submitted: `------${lane((said) => !isRequest(said))}`, transmitted: '*' },
    { untilMs: 30_000 },
  )
  return seen.transmitted.flatMap(({ value }) => {
    const { type, exchange, outcome } = value as { type: string; exchange: number; outcome: Outcome }
    return type === 'respond' ? [`${exchange} ${outcome.code}`] : []
  })
}
const read = (path: string): ManagementOperation => ({ type: 'read', path: at(path) })
const observe = (path: string): ManagementOperation => ({ type: 'observe', path: at(path) })
const write = (path: string, value: string | number): ManagementOperation => ({
  type: 'write',
  mode: 'replace',
  path: at(path),
  nodes: [node(path, value)],
})
const partial = (path: string, ...nodes: readonly ReturnType<typeof node>[]): ManagementOperation => ({
  type: 'write',
  mode: 'partial',
  path: at(path),
  nodes,
})
/** With `shared`, Instance 2 of Object 2 is that of /3/0, 3 that of /3200/0, 4 that of /3200/1. */
const shared: AccessOptions = { rights: { '/3200': { 2: 'R' } } }

describe('several servers', () => {
  test('may all do everything when nobody said who may do what', () => {
    expect(told(undefined, [2, read('/3/0/0')], [2, write('/3200/0/0', 'x')], [2, { type: 'delete', path: at('/3200/1') }])).toEqual([
      '0 2.05',
      '1 2.04',
      '2 2.02',
    ])
  })
  test('do what is granted, and nothing else: 4.01 [LwM2M Core §8.2.1]', () => {
    expect(
      told(
        shared,
        [2, read('/3200/0/0')],
        [2, write('/3200/0/0', 'x')],
        [2, { type: 'execute', path: at('/3200/0/4'), arguments: {} }],
        [2, { type: 'delete', path: at('/3200/1') }],
        [2, read('/3/0/0')],
        [1, write('/3200/0/0', 'x')],
        [1, { type: 'create', path: at('/3200'), nodes: [] }],
      ),
    ).toEqual(['0 2.05', '1 4.01', '2 4.01', '3 4.01', '4 4.01', '5 2.04', '6 4.01'])
  })
  test('do with the Server Object Instance of another nothing [LwM2M Core §8.1.2]', () => {
    expect(told(shared, [2, read('/1/1')], [2, read('/1/0')], [1, read('/1/0')], [1, write('/1/1/1', 5)])).toEqual([
      '0 2.05',
      '1 4.01',
      '2 2.05',
      '3 4.01',
    ])
  })
  test('Discover needs no right, Write-Attributes that to read [LwM2M Core §8.2]', () => {
    const attributes = (path: string): ManagementOperation => ({ type: 'write-attributes', path: at(path), attributes: { pmin: 1 } })
    expect(
      told(shared, [2, { type: 'discover', path: at('/3/0') }], [2, attributes('/3/0')], [2, attributes('/3')], [2, attributes('/3200/0')]),
    ).toEqual(['0 2.05', '1 4.01', '2 2.04', '3 2.04'])
  })
})

describe('the owner', () => {
  test('grants and takes; nobody else does [LwM2M Core §8.1.2.2]', () => {
    const grant = (bits: number) => partial('/2/3', node('/2/3/2/2', bits))
    expect(
      told(shared, [2, grant(15)], [1, grant(3)], [2, write('/3200/0/0', 'x')], [1, grant(0)], [2, read('/3200/0')], [2, read('/2/3')]),
    ).toEqual(['0 4.01', '1 2.04', '2 2.04', '3 2.04', '4 4.01', '5 2.05'])
  })
  test('who takes a right away ends the observations that needed it [LwM2M Core §8.2.4]', () => {
    expect(told(shared, [2, observe('/3200/0/1')], [1, partial('/2/3', node('/2/3/2/2', 0))], [1, write('/3200/0/1', 7)])).toEqual([
      '0 2.05',
      '0 4.01',
      '1 2.04',
      '2 2.04',
    ])
  })
  test('is who created; it may hand on what it owns [LwM2M Core §8.1.2.2]', () => {
    const create: ManagementOperation = { type: 'create', path: at('/3200'), instance: 5, nodes: [] }
    expect(
      told(
        { rights: { '/3200': { 2: 'C' } } },
        [2, create],
        [1, read('/3200/5')],
        [2, write('/2/6/3', 1)],
        [1, partial('/2/6', node('/2/6/2/1', 1))],
        [1, read('/3200/5')],
        [2, { type: 'delete', path: at('/3200/5') }],
      ),
    ).toEqual(['0 2.01', '1 4.01', '2 2.04', '3 2.04', '4 2.05', '5 2.02'])
  })
})

describe('when a server goes', () => {
  const gone: readonly Change[] = [
    { type: 'delete', path: at('/1/0') },
    { type: 'delete', path: at('/0/0') },
  ]
  test('what it owned is left to the other; a single server may do everything [LwM2M Core §8]', () => {
    expect(told(shared, [2, write('/3200/0/0', 'x')], gone, [2, write('/3200/0/0', 'x')], [2, read('/3/0/0')])).toEqual([
      '0 4.01',
      '2 2.04',
      '3 2.05',
    ])
  })
  test('what nobody else could use goes with it [LwM2M Transport §5.2.5]', () => {
    expect(told({}, gone, [2, read('/3200/0')], [2, read('/3/0/0')])).toEqual(['1 4.04', '2 2.05'])
  })
})
