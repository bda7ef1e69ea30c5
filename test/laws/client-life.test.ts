/** The laws over the whole life of a client: bootstrap, several servers in order, queue mode, suspension, offline (LwM2M Core §6). */
import * as fc from 'fast-check'
import { EMPTY } from 'rxjs'
import { expect, test } from 'vitest'
import { configure } from '../../src/client/configure.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { remoteOf } from '../../src/client/state.ts'
import { clientMachine } from '../../src/client/step.ts'
import { isTransition } from '../../src/client/transitions.ts'
import type { AccountNotice, ClientDown } from '../../src/client/word.ts'
import type { ClientEffect, ClientEvent } from '../../src/client/work.ts'
import { tick } from '../../src/core/machine.ts'
import { down, up } from '../../src/core/stack.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Request } from '../../src/exchange/exchange.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { Node } from '../../src/model/node.ts'
import type { Operation } from '../../src/operation/operation.ts'
import type { OperationUp } from '../../src/operation/word.ts'
import { laws } from '../../src/testing/index.ts'
import { play, scripts, tell } from '../../src/testing/script.ts'
import { examine } from '../../src/testing/examine.ts'
import { check, noBody } from './tight.ts'

const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
const machine = clientMachine({
  ...configure({
    endpointClientName: 'client',
    accounts: [
      { uri: 'coap://bootstrap:5683', bootstrap: true, holdOffSeconds: 3, accountTimeoutSeconds: 4_000 },
      { uri: 'coaps://one:5684', psk: { identity: 'me', key }, lifetimeSeconds: 300, queueMode: true, priority: 1, retryCount: 2 },
      { uri: 'coap://two:5683', lifetimeSeconds: 600, queueMode: true, priority: 2, initialDelaySeconds: 5, bootstrapOnFailure: false },
      { uri: 'coap://three:5683', retryCount: 1, failureBlocks: true },
    ],
    objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
    parameters: defaultParameters,
    lifecycle: { bootstrapRetryCount: 3, bootstrapRetryTimerSeconds: 5, serverInitiatedBootstrap: true },
    limits: { observationsMax: 3, attributesMax: 4, instancesMax: 14, transactionsMax: 3, accountsMax: 6 },
  }),
  // Answers wait for the store.
  persists: true,
})

const remotes = fc.constantFrom(remoteOf(0), remoteOf(0), remoteOf(1), remoteOf(2), remoteOf(3), 'coap://10.0.0.9:1')
const paths = fc.constantFrom(
  {},
  { object: 0 },
  { object: 1 },
  { object: 0, instance: 0 },
  { object: 0, instance: 1 },
  { object: 0, instance: 4 },
  { object: 1, instance: 1 },
  { object: 1, instance: 4 },
  { object: 1, instance: 1, resource: 1 },
  { object: 0, instance: 4, resource: 5 },
  { object: 3, instance: 0 },
)
const account = (id: number): readonly Node[] => [
  { path: { object: 0, instance: id, resource: 0 }, value: 'coap://new:5683' },
  { path: { object: 0, instance: id, resource: 1 }, value: false },
  { path: { object: 0, instance: id, resource: 2 }, value: 3 },
  { path: { object: 0, instance: id, resource: 10 }, value: 40 + id },
  { path: { object: 1, instance: id, resource: 0 }, value: 40 + id },
  { path: { object: 1, instance: id, resource: 1 }, value: 90 },
  { path: { object: 1, instance: id, resource: 6 }, value: true },
  { path: { object: 1, instance: id, resource: 7 }, value: 'U' },
]
const written = fc
  .record({ id: fc.constantFrom(1, 4, 5), object: fc.constantFrom(0, 1), whole: fc.boolean(), boot: fc.boolean() })
  .map(({ id, object, whole, boot }): Operation => {
    const nodes = account(id).filter(({ path }) => path.object === object)
    const given = boot && object === 0 ? nodes.map((one) => (one.path.resource === 1 ? { ...one, value: true } : one)) : nodes
    return { type: 'write', mode: 'replace', path: whole ? { object } : { object, instance: id }, nodes: given }
  })
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: written },
  { weight: 2, arbitrary: fc.constant<Operation>({ type: 'bootstrap-finish' }) },
  fc.record({ type: fc.constantFrom('read' as const, 'discover' as const, 'delete' as const, 'observe' as const), path: paths }),
  fc
    .record({ instance: fc.constantFrom(1, 2, 3), resource: fc.constantFrom(4, 8, 9) })
    .map(({ instance, resource }): Operation => ({ type: 'execute', path: { object: 1, instance, resource }, arguments: {} })),
  fc.constant<Operation>({
    type: 'write',
    mode: 'replace',
    path: { object: 0, instance: 4, resource: 5 },
    nodes: [{ path: { object: 0, instance: 4, resource: 5 }, value: new Uint8Array([1, 2, 3]) }],
  }),
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
  .map(({ remote, exchange, operation: what }) => ({ type: 'requested', exchange, remote, operation: what, request: requestTo(remote) }))
const links: fc.Arbitrary<OperationUp> = fc.oneof(
  { weight: 3, arbitrary: remotes.map((remote): OperationUp => ({ type: 'opened', remote, address: 'a', local: 'b' })) },
  fc.record({
    type: fc.constant('closed' as const),
    remote: remotes,
    reason: fc.constantFrom('asked' as const, 'lost' as const, 'name-not-found' as const),
  }),
)
const which = fc.constantFrom<{ readonly account?: number }>({}, { account: 1 }, { account: 2 }, { account: 9 })
const commands: fc.Arbitrary<ClientDown> = fc.oneof(
  fc.constantFrom<ClientDown>(
    { type: 'stop' },
    { type: 'restart' },
    { type: 'restart' },
    { type: 'bootstrap' },
    { type: 'bootstrap' },
    { type: 'offline' },
    { type: 'online' },
    { type: 'offline', transport: 'T' },
    { type: 'provision', nodes: account(5) },
    { type: 'provision', nodes: account(5).slice(0, 3) },
    { type: 'change', changes: [{ type: 'delete', path: { object: 1, instance: 2 } }] },
    { type: 'change', changes: [{ type: 'delete', path: { object: 0, instance: 0 } }] },
  ),
  which.map((of): ClientDown => ({ type: 'update', ...of })),
  which.map((of): ClientDown => ({ type: 'register', ...of })),
  which.map((of): ClientDown => ({ type: 'enable', ...of })),
  fc.tuple(which, fc.constantFrom(10, 1_000)).map(([of, seconds]): ClientDown => ({ type: 'disable', ...of, seconds })),
)
const events: fc.Arbitrary<ClientEvent> = fc.oneof(
  { weight: 6, arbitrary: requested.map(up) },
  { weight: 2, arbitrary: links.map(up) },
  { weight: 3, arbitrary: commands.map(down) },
)
/** Mostly the application, of many minds. */
const orders: fc.Arbitrary<ClientEvent> = fc.oneof(
  { weight: 1, arbitrary: requested.map(up) },
  { weight: 1, arbitrary: links.map(up) },
  { weight: 9, arbitrary: commands.map(down) },
)
/** Links open or do not; servers answer in any way, a bootstrap server with a Pack or without. */
const answers = ({ type, value }: ClientEffect): readonly ClientEvent[] => {
  if (type === 'up' && value.type === 'persist')
    return [
      down({ type: 'persisted', number: value.number }),
      down({ type: 'persisted', number: value.number }),
      down({ type: 'persisted', number: value.number, failed: true }),
    ]
  if (type !== 'down') return []
  if (value.type === 'open')
    return [
      up({ type: 'opened', remote: value.remote, address: 'a', local: 'b' }),
      up({ type: 'opened', remote: value.remote, address: 'a', local: 'b' }),
      up({ type: 'closed', remote: value.remote, reason: 'unreachable' }),
    ]
  if (value.type === 'close') return [up({ type: 'closed', remote: value.remote, reason: 'asked' })]
  if (value.type !== 'perform') return []
  const { exchange, remote, operation: what } = value
  const performed = (code: '2.01' | '2.02' | '2.04' | '2.05' | '4.03' | '4.04' | '4.12' | '5.01', more = {}) =>
    up({ type: 'performed' as const, exchange, remote, operation: what, outcome: { code, ...more }, last: true })
  const failures = [
    performed('4.03'),
    performed('4.04'),
    performed('4.12'),
    up({ type: 'failed' as const, exchange, remote, reason: 'timeout' as const }),
  ]
  switch (what.type) {
    case 'register':
      return [performed('2.01', { location: ['rd', 'a'] }), performed('2.01', { location: ['rd', 'b'] }), ...failures]
    case 'bootstrap-pack-request':
      return [performed('5.01'), performed('2.05', { nodes: account(4) }), performed('2.05', { nodes: account(4).slice(0, 2) })]
    case 'deregister':
      return [performed('2.02')]
    default:
      return [performed('2.04'), performed('2.04'), performed('2.04'), ...failures]
  }
}
check(laws(machine, { events, answers }))

test('client: never two operations of its own under way with one server', () => {
  examine(
    'client: one at a time',
    scripts(events),
    (script) => {
      const open = new Map<string, string>()
      play(machine, script, {
        answers,
        visit: (state, event, stamp) => {
          if (event.type === 'up' && (event.value.type === 'performed' || event.value.type === 'failed'))
            if (open.get(event.value.remote) === event.value.exchange) open.delete(event.value.remote)
          const done = machine.step(state, event, stamp)
          for (const { type, value } of done[1]) {
            if (type !== 'down') continue
            if (value.type === 'cancel' && open.get(value.remote) === value.exchange) open.delete(value.remote)
            if (value.type !== 'perform') continue
            const other = open.get(value.remote)
            if (other !== undefined) throw new Error(`${value.operation.type} to ${value.remote} while another is not answered`)
            open.set(value.remote, value.exchange)
          }
          return done
        },
      })
    },
    { runs: 2_000 },
    tell,
  )
})

/** A world in which everything goes well from now on: what the client says is answered at once. */
const kindly = ({ type, value }: ClientEffect): readonly ClientEvent[] => {
  if (type !== 'down') return []
  if (value.type === 'open') return [up({ type: 'opened', remote: value.remote, address: 'a', local: 'b' })]
  if (value.type === 'close') return [up({ type: 'closed', remote: value.remote, reason: 'asked' })]
  if (value.type !== 'perform') return []
  const { exchange, remote, operation: what } = value
  const answer = (code: '2.01' | '2.02' | '2.04' | '5.01') =>
    up({ type: 'performed' as const, exchange, remote, operation: what, outcome: { code, location: ['rd', 'a'] }, last: true })
  const asks = (operation: Operation): ClientEvent => up({ type: 'requested', exchange: 9, remote, operation, request: requestTo(remote) })
  const whole = (object: number): Operation => ({
    type: 'write',
    mode: 'replace',
    path: { object },
    nodes: account(4).filter(({ path }) => path.object === object),
  })
  switch (what.type) {
    case 'register':
      return [answer('2.01')]
    case 'deregister':
      return [answer('2.02')]
    case 'bootstrap-pack-request':
      return [answer('5.01')]
    case 'bootstrap-request':
      return [
        answer('2.04'),
        ...[0, 1].map((object) => asks({ type: 'delete', path: { object } })),
        ...[0, 1].map((object) => asks(whole(object))),
        asks({ type: 'bootstrap-finish' }),
      ]
    default:
      return [answer('2.04')]
  }
}

test('client: there is a way out of every state: where all goes well, everybody is registered, or was told not to be', () => {
  let lively = 0
  examine(
    'client: a way out',
    scripts(orders),
    (script) => {
      const played = play(machine, script, { answers })
      let state = played.state
      let { now } = played.stamp
      const end = now + 3 * 3_600_000
      const turn = (event: ClientEvent | typeof tick) => {
        const [next, effects] = machine.step(state, event, { now, wall: now, dice: [0] })
        state = next
        for (const effect of effects) queue.push(...kindly(effect))
      }
      const queue: ClientEvent[] = []
      for (let steps = 0; machine.deadline(state) <= end && steps < 20_000; steps++) {
        now = Math.max(now, machine.deadline(state))
        turn(tick)
        for (let event = queue.shift(); event !== undefined; event = queue.shift()) turn(event)
      }
      const noNetwork = [...state.accounts.in('')].some(({ row }) => row.role === 'bootstrap' && row.phase === 'offline')
      for (const { row } of state.accounts.in('')) {
        const { account: id, role, phase, reason, detail, location, dueAt, after } = row
        const where = `${role} ${id} is ${phase} (${reason} ${detail}) in the end`
        const rests =
          phase === 'stopped' ||
          phase === 'failed' ||
          (phase === 'offline' && state.offline !== '') ||
          (phase === 'idle' && reason === 'bootstrap' && noNetwork) ||
          (phase === 'disabled' && dueAt > end)
        if (role === 'bootstrap') expect([where, rests || (phase === 'idle' && after === undefined)]).toEqual([where, true])
        else if (!rests) {
          lively++
          expect([where, ['registered', 'updating', 'asleep'].includes(phase) && location.length > 0 && after === undefined]).toEqual([
            where,
            true,
          ])
        }
      }
    },
    { runs: 1_000 },
    tell,
  )
  expect(lively).toBeGreaterThan(1_000)
})

test('client: accounts go from phase to phase as the table says, and as the diagram is drawn', () => {
  const seen = new Map<string, number>()
  examine(
    'client: transitions',
    scripts(events),
    (script) => {
      const phases = new Map<number, AccountNotice['state']>()
      const listen = (effects: readonly ClientEffect[]) => {
        for (const { type, value } of effects) {
          if (type !== 'up' || value.type !== 'account') continue
          const { account: id, role, state, reason } = value
          const before = phases.get(id)
          phases.set(id, state)
          if (reason === 'removed') phases.delete(id)
          if (before === undefined || before === state || reason === 'removed') continue
          const arrow = `${role} ${before} ${state}`
          seen.set(arrow, (seen.get(arrow) ?? 0) + 1)
          if (!isTransition(role, before, state)) throw new Error(`${arrow} (${reason})`)
        }
      }
      play(machine, script, {
        answers,
        visit: (state, event, stamp) => {
          const done = machine.step(state, event, stamp)
          listen(done[1])
          return done
        },
      })
    },
    { runs: 5_000 },
    tell,
  )
  expect(seen.size).toBeGreaterThan(30)
})
