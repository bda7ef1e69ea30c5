/**
 * Several servers, one data model: whatever they ask, in whatever order, and whenever the application answers, a failed request leaves no trace, a successful
 * one is seen whole, nobody sees what access control hides, and everybody is answered (LwM2M Core §6.3, §8).
 */
import * as fc from 'fast-check'
import { EMPTY } from 'rxjs'
import { expect, test } from 'vitest'
import { configure } from '../../src/client/configure.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { ClientState } from '../../src/client/state.ts'
import { clientMachine } from '../../src/client/step.ts'
import type { ClientDown } from '../../src/client/word.ts'
import type { ClientEvent } from '../../src/client/work.ts'
import { down, up } from '../../src/core/stack.ts'
import { copy } from '../../src/core/snapshot.ts'
import type { ExchangeId } from '../../src/exchange/exchange.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { defineObject } from '../../src/model/definition.ts'
import { formatPath, parsePath, type Path, type PathString } from '../../src/model/path.ts'
import type { Node } from '../../src/model/node.ts'
import type { ManagementOperation, Operation } from '../../src/operation/operation.ts'
import type { OperationDown } from '../../src/operation/word.ts'
import { apply, first, may, readBy, type Holding } from './reference-model.ts'

// ── the device ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const resources = {
  0: { name: 'Note', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
  1: { name: 'Level', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 9 } },
  2: { name: 'Levels', operations: 'RW', multiple: true, mandatory: false, type: 'integer' },
  3: { name: 'Serial', operations: 'R', multiple: false, mandatory: false, type: 'string' },
} as const
const asked = defineObject({ id: 3200, name: 'Asked', version: '1.0', multiple: true, mandatory: false, resources })
const free = defineObject({ id: 3201, name: 'Free', version: '1.0', multiple: true, mandatory: false, resources })
const inAll = { 0: { 0: 'a', 1: 1, 2: { 0: 1, 1: 2 }, 3: 's' }, 1: { 0: 'b', 1: 2, 2: { 0: 3 }, 3: 't' } }

/** Writes in Object 3200 are put to the application, those in 3201 are not. */
const it = configure({
  endpointClientName: 'dev',
  accounts: [{ uri: 'coap://one' }, { uri: 'coap://two' }, { uri: 'coap://three' }].map(({ uri }) => ({ uri: `${uri}:5683` })),
  objects: [
    deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
    instances(asked, inAll, { accept: () => EMPTY }),
    instances(free, inAll),
  ],
  parameters: defaultParameters,
  limits: { transactionsMax: 200 },
  access: { rights: { '/3200': { 2: 'RW', 0: 'R' }, '/3201': { 2: 'RWD', 3: 'C' }, '/3201/1': { owner: 3, 2: 'R', 0: '' } } },
})
const machine = clientMachine(it)
const servers = [0, 1, 2]

/** What is under test, and what is known of it. */
interface Real {
  state: ClientState
  requests: number
  readonly pending: Map<ExchangeId, { readonly account: number; readonly operation: Operation; observed: boolean }>
  readonly questions: { readonly transaction: number; readonly path: PathString }[]
  /** What the application said no with, until it is the answer. */
  refused: string | undefined
}
const stamp = { now: 1_000, wall: 1_893_456_000_000, dice: [7] as const }
const begin = (): Real => {
  const real: Real = { state: copy(machine.initial), requests: 0, pending: new Map(), questions: [], refused: undefined }
  const turn = (event: ClientEvent | { readonly type: 'tick' }) => {
    const [state, effects] = machine.step(real.state, event, stamp)
    real.state = state
    for (const effect of effects)
      if (effect.type === 'down' && effect.value.type === 'open')
        turn(up({ type: 'opened', remote: effect.value.remote, address: 'a', local: 'b' }))
      else if (effect.type === 'down' && effect.value.type === 'perform') {
        const { exchange, remote, operation } = effect.value
        turn(up({ type: 'performed', exchange, remote, operation, outcome: { code: '2.01', location: ['rd', 'x'] }, last: true }))
      }
  }
  turn({ type: 'tick' })
  return real
}
/** The whole data model, Security apart. */
const contentOf = ({ model }: ClientState): Holding => {
  const all: Holding = {}
  for (const { row } of model.all()) if (row.object > 0) all[`${row.object}/${row.instance}`] = structuredClone(row.resources)
  return all
}

// ── what may happen ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Action =
  | { readonly type: 'ask'; readonly account: number; readonly operation: ManagementOperation }
  | { readonly type: 'decide'; readonly which: number; readonly code: string }
  | { readonly type: 'change'; readonly path: string; readonly value: number }
interface Seen {
  reference: Holding
}

/** One event, and everything that must hold after it. */
const perform = (seen: Seen, real: Real, event: ClientEvent): void => {
  const [state, effects] = machine.step(real.state, event, stamp)
  real.state = state
  const notified: Extract<OperationDown, { type: 'respond' }>[] = []
  for (const effect of effects) {
    if (effect.type === 'up') {
      if (effect.value.type === 'consult') real.questions.push({ transaction: effect.value.transaction, path: effect.value.path })
      if (effect.value.type === 'abandon') forget(real, effect.value.transaction)
    } else if (effect.value.type === 'respond') {
      if (real.pending.get(effect.value.exchange)?.observed === true) notified.push(effect.value)
      else answered(seen, real, effect.value)
    }
  }
  expect(contentOf(real.state)).toEqual(seen.reference)
  for (const word of notified) hidesWell(seen, real, word)
  for (const { account, operation, observed } of real.pending.values())
    if (observed && 'path' in operation && operation.path.instance !== undefined)
      expect(may(seen.reference, account + 1, 'R', operation.path)).toBe(true)
}
const forget = (real: Real, transaction: number): void => {
  for (let at = real.questions.length - 1; at >= 0; at--) if (real.questions[at]!.transaction === transaction) real.questions.splice(at, 1)
}
/** An answer agrees with the reference as it is now: the code, and what is seen or done. */
const answered = (seen: Seen, real: Real, { exchange, outcome, last }: Extract<OperationDown, { type: 'respond' }>): void => {
  const request = real.pending.get(exchange)
  expect(request).toBeDefined()
  const { account, operation } = request!
  if (last) real.pending.delete(exchange)
  else real.pending.set(exchange, { ...request!, observed: true })
  const shortServerId = account + 1
  if ('paths' in operation || operation.type === 'read' || operation.type === 'observe') {
    const expected = readBy(seen.reference, shortServerId, 'paths' in operation ? operation.paths : [operation.path])
    return expect(valuesOf(outcome.nodes)).toEqual(outcome.code === '2.05' ? expected : {})
  }
  const result = apply(seen.reference, shortServerId, operation)
  const said = real.refused
  real.refused = undefined
  if (said !== undefined) return expect(outcome.code).toBe(said)
  expect(outcome.code.startsWith('2.')).toBe(result.done)
  if (!result.done) return expect(outcome.code === '4.01').toBe(result.denied)
  seen.reference = result.holding
}
/** A notification shows nothing that its server may not read. */
const hidesWell = ({ reference }: Seen, real: Real, { exchange, outcome, last }: Extract<OperationDown, { type: 'respond' }>): void => {
  const { account, operation } = real.pending.get(exchange)!
  if (last) real.pending.delete(exchange)
  if (outcome.code !== '2.05') return
  expect(valuesOf(outcome.nodes)).toEqual(
    readBy(reference, account + 1, 'paths' in operation ? operation.paths : [(operation as { path: Path }).path]),
  )
}
const valuesOf = (nodes: readonly Node[] = []): Readonly<Record<string, unknown>> =>
  Object.fromEntries(nodes.map(({ path, value }) => [formatPath(path), value]))

const act = (seen: Seen, real: Real, action: Action): void => {
  switch (action.type) {
    case 'ask': {
      const exchange = real.requests++
      const remote = `account ${action.account}`
      real.pending.set(exchange, { account: action.account, operation: action.operation, observed: false })
      const request = { remote, code: '0.01', options: noOptions, payload: noBytes, confirmable: true, purpose: 'request' } as const
      return perform(seen, real, up({ type: 'requested', exchange, remote, operation: action.operation, request }))
    }
    case 'decide': {
      if (real.questions.length === 0) return
      const [question] = real.questions.splice(action.which % real.questions.length, 1)
      if (action.code !== '2.04') {
        real.refused = action.code
        forget(real, question!.transaction)
      }
      return perform(seen, real, down({ type: 'decided', ...question!, code: action.code } as ClientDown))
    }
    case 'change': {
      const path = parsePath(action.path)!
      const holding = seen.reference[`${path.object}/${path.instance}`]
      if (holding !== undefined)
        seen.reference = { ...seen.reference, [`${path.object}/${path.instance}`]: { ...holding, 1: action.value } }
      else return
      return perform(seen, real, down({ type: 'change', changes: [{ type: 'update', path, nodes: [{ path, value: action.value }] }] }))
    }
  }
}

// ── luck ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const at = (text: string): Path => parsePath(text)!
const places = fc
  .record({ object: fc.constantFrom(3200, 3201), instance: fc.constantFrom(0, 0, 1, 1, 2, 3) })
  .map(({ object, instance }) => `/${object}/${instance}`)
const value = fc.oneof({ weight: 5, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.constantFrom(10, -1, 'ten') })
/** Values below an Object Instance, some of them wrong. */
const nodesBelow = (place: string): fc.Arbitrary<readonly Node[]> =>
  fc.uniqueArray(
    fc.oneof(
      { weight: 3, arbitrary: value.map((level) => ({ path: at(`${place}/1`), value: level })) },
      { weight: 3, arbitrary: fc.tuple(fc.nat(2), fc.nat(99)).map(([id, level]) => ({ path: at(`${place}/2/${id}`), value: level })) },
      { weight: 2, arbitrary: fc.constantFrom('x', 'y').map((note) => ({ path: at(`${place}/0`), value: note })) },
      { weight: 1, arbitrary: fc.constant({ path: at(`${place}/3`), value: 'mine' }) },
    ),
    { minLength: 1, maxLength: 3, selector: ({ path }) => formatPath(path) },
  )
const mode = fc.constantFrom('replace' as const, 'partial' as const)
const control = fc.nat(9)
const operation: fc.Arbitrary<ManagementOperation> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.oneof(places, fc.constantFrom('/3200', '/3201', '/2')).map((path) => ({ type: 'read' as const, path: at(path) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.oneof(places, fc.constantFrom('/', '/3201', '/3200/1/2', '/3200/0/1')), { minLength: 1, maxLength: 3 })
      .map((paths) => ({ type: 'read-composite' as const, paths: paths.map(at) })),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(places, fc.constantFrom('/3200', '/3201')).map((path) => ({ type: 'observe' as const, path: at(path) })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(places, mode)
      .chain(([place, how]) => nodesBelow(place).map((nodes) => ({ type: 'write' as const, mode: how, path: at(place), nodes }))),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(places, mode, fc.nat(9)).map(([place, how, level]) => ({
      type: 'write' as const,
      mode: how,
      path: at(`${place}/1`),
      nodes: [{ path: at(`${place}/1`), value: level }],
    })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.array(places.chain(nodesBelow), { minLength: 1, maxLength: 3 }), fc.array(fc.tuple(places, fc.nat(2)), { maxLength: 2 }))
      .map(([groups, gone]) => ({
        type: 'write-composite' as const,
        nodes: unique(groups.flat()),
        deleted: unique(gone.map(([place, id]) => ({ path: at(`${place}/2/${id}`) }))).map(({ path }) => path),
      })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(3200, 3201), fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }))
      .chain(([object, instance]) =>
        nodesBelow(`/${object}/${instance ?? 0}`).map((nodes) => ({
          type: 'create' as const,
          path: { object },
          ...(instance === undefined ? {} : { instance }),
          nodes: nodes.filter(({ path }) => path.resource !== 3),
        })),
      ),
  },
  { weight: 2, arbitrary: places.map((path) => ({ type: 'delete' as const, path: at(path) })) },
  { weight: 1, arbitrary: fc.tuple(places, fc.nat(2)).map(([place, id]) => ({ type: 'delete' as const, path: at(`${place}/2/${id}`) })) },
  {
    weight: 3,
    arbitrary: fc.tuple(control, fc.nat(4), fc.integer({ min: 0, max: 33 })).map(([id, server, bits]) => ({
      type: 'write' as const,
      mode: 'partial' as const,
      path: { object: 2, instance: id },
      nodes: [{ path: { object: 2, instance: id, resource: 2, resourceInstance: server }, value: bits }],
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(control, fc.nat(4)).map(([id, owner]) => ({
      type: 'write' as const,
      mode: 'replace' as const,
      path: { object: 2, instance: id, resource: 3 },
      nodes: [{ path: { object: 2, instance: id, resource: 3 }, value: owner }],
    })),
  },
)
/** The owner of most gives and takes away, while others wait for the application. */
const change: fc.Arbitrary<Action> = fc
  .record({ id: fc.integer({ min: 4, max: 8 }), server: fc.constantFrom(0, 2, 2, 3), bits: fc.constantFrom(0, 1, 3, 15) })
  .map(({ id, server, bits }) => {
    const path = { object: 2, instance: id, resource: 2, resourceInstance: server }
    return {
      type: 'ask',
      account: 0,
      operation: { type: 'write', mode: 'replace', path: { object: 2, instance: id, resource: 2 }, nodes: [{ path, value: bits }] },
    }
  })
const unique = <Row extends { readonly path: Path }>(rows: readonly Row[]): readonly Row[] => [
  ...new Map(rows.map((row) => [formatPath(row.path), row])).values(),
]
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('ask' as const), account: fc.constantFrom(...servers), operation }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('decide' as const),
      which: fc.nat(20),
      code: fc.constantFrom('2.04', '2.04', '2.04', '4.00', '5.00'),
    }),
  },
  { weight: 2, arbitrary: change },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('change' as const), path: places.map((place) => `${place}/1`), value: fc.nat(9) }),
  },
)
const command = action.map((one): fc.Command<Seen, Real> => ({
  check: () => true,
  run: (seen, real) => act(seen, real, one),
  toString: () => JSON.stringify(one),
}))

test('a failed request leaves no trace, a successful one is seen whole, nobody sees what is hidden, everybody is answered [LwM2M Core §6.3]', () => {
  fc.assert(
    fc.property(fc.commands([command], { maxCommands: 40 }), (commands) => {
      const real = begin()
      const seen: Seen = { reference: contentOf(real.state) }
      fc.modelRun(() => ({ model: seen, real }), commands)
      while (real.questions.length > 0) act(seen, real, { type: 'decide', which: 0, code: '2.04' })
      expect([...real.pending.values()].filter(({ observed }) => !observed)).toEqual([])
      expect(real.state.transactions.size).toBe(0)
    }),
    { numRuns: 1_500 },
  )
})

test('the reference knows the device as it begins', () => {
  expect(first(contentOf(begin().state))).toEqual([])
})
