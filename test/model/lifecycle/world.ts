/** The real client machine in virtual time, among servers, a bootstrap server and a network that are nothing but their moods (LwM2M Core 1.2.2 §6). */
import { configure, type ClientDescription } from '../../../src/client/configure.ts'
import type { AccountOptions } from '../../../src/client/account-options.ts'
import { deviceObject } from '../../../src/client/objects.ts'
import { restarted } from '../../../src/client/restart.ts'
import { remoteOf, type Account, type ClientState } from '../../../src/client/state.ts'
import { clientMachine } from '../../../src/client/step.ts'
import type { ClientDown, Notice } from '../../../src/client/word.ts'
import type { ClientEffect, ClientEvent } from '../../../src/client/work.ts'
import { tick, type Machine } from '../../../src/core/machine.ts'
import { seeded } from '../../../src/core/dice.ts'
import { Secret } from '../../../src/core/secret.ts'
import { copy } from '../../../src/core/snapshot.ts'
import { down, up } from '../../../src/core/stack.ts'
import { defaultParameters } from '../../../src/exchange/parameters.ts'
import type { Request } from '../../../src/exchange/exchange.ts'
import type { Node } from '../../../src/model/node.ts'
import type { Operation, Outcome } from '../../../src/operation/operation.ts'
import type { OperationUp } from '../../../src/operation/word.ts'
import { EMPTY } from 'rxjs'
import { observe, type Watched } from './invariants.ts'

/** How a server answers. */
export type Mood = 'good' | '4.00' | '4.03' | '4.12' | '5.03' | 'silent'
/** How the bootstrap server goes about it. */
export type BootstrapMood = 'gives' | 'packs' | 'refuses' | 'silent' | 'inconsistent' | 'stops half-way'

export interface Server {
  readonly account: number
  mood: Mood
  /** Location-Paths of registrations that it knows, with the newest last. */
  readonly registrations: string[]
}

/** A world to be in: which accounts there are. */
export interface Setting {
  readonly name: string
  readonly accounts: readonly Partial<AccountOptions>[]
  readonly more?: Partial<ClientDescription>
}
const keyText = 'sixteen octets!!'
const psk = { identity: 'me', key: new Secret(new TextEncoder().encode(keyText)) }
const bootstrapServer: Partial<AccountOptions> = { uri: 'coap://bootstrap:5683', bootstrap: true }
const forEver = { sequenceCount: 2 ** 32 - 1, sequenceDelaySeconds: 600, retryCount: 3 }
export const settings: readonly Setting[] = [
  { name: 'one server, tried for ever', accounts: [{ lifetimeSeconds: 3_600, ...forEver }] },
  { name: 'one server, given up', accounts: [{ lifetimeSeconds: 7_200, retryCount: 2 }] },
  {
    name: 'three servers in order',
    accounts: [
      { lifetimeSeconds: 7_200, priority: 1, ...forEver },
      { lifetimeSeconds: 3_600, priority: 2, initialDelaySeconds: 30, uri: 'coaps://one:5684', psk, ...forEver },
      { lifetimeSeconds: 86_400, queueMode: true, ...forEver },
    ],
  },
  { name: 'a secured server, asleep', accounts: [{ lifetimeSeconds: 7_200, uri: 'coaps://one:5684', psk, queueMode: true, ...forEver }] },
  { name: 'nothing but a bootstrap server', accounts: [{ ...bootstrapServer, holdOffSeconds: 5 }] },
  {
    name: 'a bootstrap server and two servers',
    accounts: [
      bootstrapServer,
      { lifetimeSeconds: 3_600, retryCount: 2, uri: 'coaps://one:5684', psk },
      { lifetimeSeconds: 7_200, queueMode: true, bootstrapOnFailure: false, ...forEver },
    ],
    more: { version: '1.1' },
  },
  {
    name: 'a bootstrap server that is given up',
    accounts: [bootstrapServer, { lifetimeSeconds: 3_600, retryCount: 2 }],
    more: { lifecycle: { bootstrapRetryCount: 2 } },
  },
]

const second = 1_000
const roundTrip = 50
const transmitWait = 93 * second

type Coming = readonly [at: number, event: ClientEvent, of: number]
/** What the bootstrap server gives: an account under this number. */
export const given = (id: number, whole = true): readonly Node[] => [
  { path: { object: 0, instance: id, resource: 0 }, value: 'coaps://given:5684' },
  { path: { object: 0, instance: id, resource: 1 }, value: false },
  { path: { object: 0, instance: id, resource: 2 }, value: 0 },
  { path: { object: 0, instance: id, resource: 3 }, value: new TextEncoder().encode('me') },
  { path: { object: 0, instance: id, resource: 5 }, value: new TextEncoder().encode(keyText) },
  { path: { object: 0, instance: id, resource: 10 }, value: 7 },
  ...(whole
    ? [
        { path: { object: 1, instance: id, resource: 0 }, value: 7 },
        { path: { object: 1, instance: id, resource: 1 }, value: 3_600 },
        { path: { object: 1, instance: id, resource: 6 }, value: true },
        { path: { object: 1, instance: id, resource: 7 }, value: 'U' },
      ]
    : []),
]

/** Everything there is; `act` is the only way in. */
export const worldOf = (setting: Setting, seed: number) => {
  const machine: Machine<ClientState, ClientEvent, ClientEffect> = clientMachine(
    configure({
      endpointClientName: 'dev',
      accounts: setting.accounts.map((account, id) => ({ uri: `coap://server-${id}:5683`, ...account })),
      objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
      parameters: defaultParameters,
      limits: { retryWaitMaxMs: 3_600 * second },
      ...setting.more,
    }),
  )
  const luck = seeded(seed)
  let state = copy(machine.initial)
  let now = 0
  let locations = 0
  let requests = 0
  let life = 0
  let coming: Coming[] = []
  const net = { up: true }
  const servers = new Map<number, Server>()
  const bootstrap = { mood: 'gives' as BootstrapMood }
  const notices: Notice[] = []
  const watched: Watched = { registers: new Map(), links: new Set(), notices, phases: new Map(), secret: keyText }

  const serverAt = (account: number): Server => {
    let server = servers.get(account)
    if (server === undefined) servers.set(account, (server = { account, mood: 'good', registrations: [] }))
    return server
  }
  const rows = (): readonly Account[] => [...state.accounts.in('')].map(({ row }) => row).sort((a, b) => a.account - b.account)
  const later = (afterMs: number, event: OperationUp) => coming.push([now + afterMs, up(event), coming.length])
  const step = (event: ClientEvent | typeof tick) => {
    const before = state
    const [next, effects] = machine.step(state, event, { now, wall: 1_900_000_000_000 + now, dice: luck.dice() })
    state = next
    observe(watched, event, effects)
    for (const effect of effects) perform(effect)
    return before !== next || effects.length > 0
  }

  // ── what the client says, and what becomes of it ───────────────────────────────────────────────────────────────────────────

  const perform = ({ type, value }: ClientEffect) => {
    if (type !== 'down') return
    if (value.type === 'open') {
      const secured = value.uri.startsWith('coaps')
      if (net.up || !secured) later(roundTrip, { type: 'opened', remote: value.remote, address: 'a', local: 'b' })
      else later(20 * second, { type: 'closed', remote: value.remote, reason: 'unreachable', detail: 'handshake-timeout' })
    } else if (value.type === 'close') {
      const { remote } = value
      coming = coming.filter(([, event]) => !('value' in event) || !('remote' in event.value) || event.value.remote !== remote)
      later(0, { type: 'closed', remote, reason: 'asked' })
    } else if (value.type === 'cancel') {
      const { exchange } = value
      coming = coming.filter(
        ([, event]) =>
          event.type !== 'up' || (event.value.type !== 'performed' && event.value.type !== 'failed') || event.value.exchange !== exchange,
      )
    } else if (value.type === 'perform') answer(value)
  }
  const answer = ({ exchange, remote, operation }: { exchange: string; remote: string; operation: Operation }) => {
    const outcome = net.up ? outcomeOf(remote, operation) : undefined
    if (outcome === undefined) later(transmitWait, { type: 'failed', exchange, remote, reason: 'timeout' })
    else {
      later(roundTrip, { type: 'performed', exchange, remote, operation, outcome, last: true })
      if (operation.type === 'bootstrap-request' && outcome.code === '2.04') bootstrapping(remote)
    }
  }
  const outcomeOf = (remote: string, operation: Operation): Outcome | undefined => {
    if (operation.type.startsWith('bootstrap')) return bootstrapOutcome(operation)
    const server = serverAt(Number(remote.split(' ')[1]))
    if (server.mood === 'silent') return undefined
    const known =
      'location' in operation && Array.isArray(operation.location) && server.registrations.includes(operation.location.join('/'))
    switch (operation.type) {
      case 'register': {
        if (server.mood !== 'good') return { code: server.mood }
        const location = ['rd', String(++locations)]
        server.registrations.splice(0, Infinity, location.join('/')) // one for each endpoint
        return { code: '2.01', location }
      }
      case 'deregister':
        if (known) server.registrations.length = 0
        return { code: known ? '2.02' : '4.04' }
      default:
        return { code: known ? '2.04' : '4.04' }
    }
  }
  const bootstrapOutcome = ({ type }: Operation): Outcome | undefined => {
    if (bootstrap.mood === 'silent') return undefined
    if (bootstrap.mood === 'refuses') return { code: '4.03' }
    if (type === 'bootstrap-pack-request') return bootstrap.mood === 'packs' ? { code: '2.05', nodes: given(4) } : { code: '5.01' }
    return { code: '2.04' }
  }
  const bootstrapping = (remote: string) => {
    const { mood } = bootstrap
    const whole = (object: number, nodes: readonly Node[]): Operation => ({
      type: 'write',
      mode: 'replace',
      path: { object },
      nodes: nodes.filter(({ path }) => path.object === object),
    })
    const nodes = given(4, mood !== 'inconsistent')
    const script: readonly Operation[] = [
      { type: 'delete', path: { object: 0 } },
      { type: 'delete', path: { object: 1 } },
      whole(0, nodes),
      ...(mood === 'inconsistent' ? [] : [whole(1, nodes)]),
      ...(mood === 'stops half-way' ? [] : [{ type: 'bootstrap-finish' } as const]),
    ]
    script.forEach((operation, index) => later(roundTrip * (index + 2), requested(remote, operation)))
  }
  const requested = (remote: string, operation: Operation): OperationUp => ({
    type: 'requested',
    exchange: ++requests,
    remote,
    operation: operation as never,
    request: { remote, code: '0.01', options: [], payload: new Uint8Array(0), confirmable: true, purpose: 'request' } satisfies Request,
  })

  // ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** All that is due up to an instant, in order. */
  const advance = (byMs: number) => {
    const until = now + byMs
    for (let turns = 0; ; turns++) {
      if (turns > 50_000) throw new Error(`no rest: ${turns} turns until ${until}`)
      coming.sort(([one, , first], [other, , then]) => one - other || first - then)
      const arrives = coming[0]?.[0] ?? Infinity
      const due = machine.deadline(state)
      const next = Math.min(arrives, due)
      if (next > until) break
      now = Math.max(now, next)
      if (due <= now) {
        step(tick)
        if (machine.deadline(state) <= now) throw new Error(`a deadline stays behind: ${machine.deadline(state)} at ${now}`)
      } else step(coming.shift()![1])
    }
    now = until
  }
  return {
    setting,
    net,
    servers,
    serverAt,
    bootstrap,
    notices,
    watched,
    rows,
    advance,
    get now() {
      return now
    },
    get state() {
      return state
    },
    get life() {
      return life
    },
    /** The application orders something. Says whether anything came of it. */
    order: (word: ClientDown): boolean => step(down(word)),
    /** A server asks the client something; nobody hears it when there is no link, or no network. */
    request: (account: number, operation: Operation): boolean => {
      const row = rows().find((one) => one.account === account)
      if (!net.up || row === undefined || !row.linked || (row.phase !== 'registered' && row.phase !== 'updating')) return false
      step(up(requested(remoteOf(account), operation)))
      return true
    },
    /** Everything that is on its way is lost; who asked hears nothing. */
    lose: () => {
      coming = coming.map((one): Coming => {
        const [, event, order] = one
        if (event.type !== 'up' || event.value.type !== 'performed') return one
        const { exchange, remote } = event.value
        return [now + transmitWait, up({ type: 'failed', exchange, remote, reason: 'timeout' }), order]
      })
      coming = coming.filter(([, event]) => event.type !== 'up' || event.value.type !== 'requested')
    },
    /** The transport notices that a link is gone. */
    breakLink: (account: number) => {
      const remote = remoteOf(account)
      if (!watched.links.has(remote)) return
      coming = coming.filter(([, event]) => !('value' in event) || !('remote' in event.value) || event.value.remote !== remote)
      step(up({ type: 'closed', remote, reason: 'lost' }))
    },
    /** No power for a while; the state was kept, or was not. */
    cutPower: (forMs: number, kept: boolean) => {
      now += forMs
      life++
      coming = []
      watched.links.clear()
      watched.registers.clear()
      watched.phases.clear()
      state = restarted(kept ? copy(state) : copy(machine.initial), now)
    },
  }
}
export type World = ReturnType<typeof worldOf>
