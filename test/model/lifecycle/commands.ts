/** What may happen to a client: its application's orders, its servers' wishes and moods, the network, the clock, the power. */
import * as fc from 'fast-check'
import type { ClientDown } from '../../../src/client/word.ts'
import type { Operation } from '../../../src/operation/operation.ts'
import { inspect, reasons } from './invariants.ts'
import { given, type BootstrapMood, type Mood, type World } from './world.ts'

/** The reference: not what the client does, only what was last wished for. */
export interface Wishes {
  stopped: boolean
  offline: boolean
  /** Since when. */
  offlineAt: number
  /** By account: until when its application or its server wants no registration. */
  readonly silentUntil: Map<number, number>
}
export type LifeCommand = fc.Command<Wishes, World>

/** A command is a name and what it does; afterwards the world is looked over. */
const command = (
  name: string,
  run: (wishes: Wishes, world: World) => void,
  check: (wishes: Wishes) => boolean = () => true,
): LifeCommand => ({
  check: (wishes) => check(wishes),
  run: (wishes, world) => {
    run(wishes, world)
    world.advance(0)
    inspect(world.state, world.watched, world.now)
    if (!wishes.stopped) keepsItsWord(wishes, world)
  },
  toString: () => name,
})
/** De-register, its answer awaited. */
const farewellMs = 600_000
/** Nobody is registered where nobody wants it, and no link is open without a network. */
const keepsItsWord = ({ silentUntil, offline, offlineAt }: Wishes, { rows, now, watched: { links } }: World): void => {
  if (offline && now > offlineAt + farewellMs && links.size > 0) throw new Error(`${[...links].join(', ')} is open, offline`)
  for (const { account, phase } of rows())
    if ((silentUntil.get(account) ?? 0) > now && (phase === 'registering' || phase === 'registered'))
      throw new Error(`server ${account} is ${phase}, and was to be left alone until ${silentUntil.get(account)}`)
}

// ── the application ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Orders it, and sees to it that it is done, or refused with a word that there is. Says whether it was done. */
const order = (world: World, word: ClientDown): boolean => {
  const before = world.notices.length
  const came = world.order(word)
  const refused = world.notices.slice(before).find((notice) => notice.type === 'command-refused')
  if (refused !== undefined && !reasons.has(refused.reason)) throw new Error(`refused with ${refused.reason}`)
  if (refused === undefined && !came && !mayBeDoneAlready.has(word.type))
    throw new Error(`${word.type}: nothing came of it, not even a refusal`)
  return refused === undefined
}
const mayBeDoneAlready: ReadonlySet<ClientDown['type']> = new Set<ClientDown['type']>([
  'stop',
  'enable',
  'offline',
  'online',
  'change',
  'disable',
])

const one = (account: number | undefined) => (account === undefined ? {} : { account })
const named = (type: string, account: number | undefined) => `${type}${account === undefined ? '' : ` ${account}`}`
/** All wishes of silence end with it. */
const anew = ({ silentUntil }: Wishes) => silentUntil.clear()
const which = fc.constantFrom(undefined, 0, 1, 2, 9)

const application: fc.Arbitrary<LifeCommand> = fc.oneof(
  which.map((account) => command(named('update', account), (_, world) => order(world, { type: 'update', ...one(account) }))),
  which.map((account) =>
    command(named('register', account), (wishes, world) => {
      if (order(world, { type: 'register', ...one(account) }))
        if (account === undefined) anew(wishes)
        else wishes.silentUntil.delete(account)
    }),
  ),
  fc.tuple(which, fc.constantFrom(undefined, 30, 4_000)).map(([account, seconds]) =>
    command(`${named('disable', account)} for ${seconds ?? 'ever'}`, (wishes, world) => {
      const reached = world.rows().filter(({ role, phase }) => role === 'server' && phase !== 'failed' && phase !== 'stopped')
      if (!order(world, { type: 'disable', ...one(account), ...(seconds === undefined ? {} : { seconds }) })) return
      for (const row of reached)
        if (account === undefined || row.account === account) wishes.silentUntil.set(row.account, world.now + (seconds ?? Infinity) * 1_000)
    }),
  ),
  which.map((account) =>
    command(named('enable', account), (wishes, world) => {
      if (order(world, { type: 'enable', ...one(account) }))
        if (account === undefined) anew(wishes)
        else wishes.silentUntil.delete(account)
    }),
  ),
  fc.constant(
    command('restart', (wishes, world) => {
      if (order(world, { type: 'restart' })) anew(wishes)
    }),
  ),
  fc.constant(
    command('bootstrap', (wishes, world) => {
      if (order(world, { type: 'bootstrap' })) anew(wishes)
    }),
  ),
  fc.constant(
    command('offline', (wishes, world) => {
      if (!order(world, { type: 'offline' })) return
      if (!wishes.offline) wishes.offlineAt = world.now
      wishes.offline = true
    }),
  ),
  fc.constant(
    command('online', (wishes, world) => {
      if (order(world, { type: 'online' })) wishes.offline = false
    }),
  ),
  fc.constantFrom(3_600, 7_200, 0).map((lifetime) =>
    command(`lifetime ${lifetime}`, (_, world) => {
      for (const { server } of world.rows().filter(({ role }) => role === 'server')) {
        const path = { object: 1, instance: server, resource: 1 }
        order(world, { type: 'change', changes: [{ type: 'replace', path, nodes: [{ path, value: lifetime }] }] })
      }
    }),
  ),
  fc.boolean().map((whole) =>
    command(`provision ${whole ? 'an account' : 'nonsense'}`, (wishes, world) => {
      if (order(world, { type: 'provision', nodes: given(5, whole) })) anew(wishes)
    }),
  ),
)
const stop = fc.boolean().map((deregister) =>
  command(`stop${deregister ? '' : ' without a word'}`, (wishes, world) => {
    order(world, { type: 'stop', deregister })
    wishes.stopped = true
  }),
)

// ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const executes =
  (resource: 4 | 8 | 9) =>
  (server: number): Operation => ({
    type: 'execute',
    path: { object: 1, instance: server, resource },
    arguments: {},
  })
const account = fc.constantFrom(0, 1, 2, 4)
const servers: fc.Arbitrary<LifeCommand> = fc.oneof(
  fc
    .tuple(account, fc.constantFrom<Mood>('good', 'good', '4.00', '4.03', '4.12', '5.03', 'silent'))
    .map(([which, mood]) => command(`server ${which} is ${mood}`, (_, world) => (world.serverAt(which).mood = mood))),
  account.map((which) =>
    command(`server ${which} forgets`, (_, world) => {
      world.serverAt(which).registrations.length = 0
    }),
  ),
  fc
    .tuple(account, fc.constantFrom([4, 'disables'], [8, 'triggers an Update'], [9, 'triggers bootstrap'] as const))
    .map(([which, [resource, what]]) =>
      command(`server ${which} ${what}`, (wishes, world) => {
        const row = world.rows().find((one) => one.account === which)
        if (row?.role !== 'server' || !world.request(which, executes(resource)(row.server))) return
        if (resource === 4) wishes.silentUntil.set(which, Math.max(wishes.silentUntil.get(which) ?? 0, world.now + 86_400_000))
        if (resource === 9 && world.rows().some(({ role }) => role === 'bootstrap')) anew(wishes)
      }),
    ),
  fc
    .constantFrom<BootstrapMood>('gives', 'packs', 'refuses', 'silent', 'inconsistent', 'stops half-way')
    .map((mood) => command(`the bootstrap server ${mood}`, (_, world) => (world.bootstrap.mood = mood))),
)

// ── the network, the clock, the power ────────────────────────────────────────────────────────────────────────────────────────

const surroundings: fc.Arbitrary<LifeCommand> = fc.oneof(
  fc.constant(
    command('the network goes down', (_, world) => {
      world.net.up = false
      world.lose()
    }),
  ),
  fc.constant(command('the network comes up', (_, world) => (world.net.up = true))),
  fc.constant(command('another address', (_, world) => world.lose())),
  account.map((which) => command(`link ${which} breaks`, (_, world) => world.breakLink(which))),
  fc.tuple(fc.constantFrom(1, 3_600), fc.boolean()).map(([seconds, kept]) =>
    command(`no power for ${seconds} s, ${kept ? 'the state kept' : 'and everything forgotten'}`, (wishes, world) => {
      world.cutPower(seconds * 1_000, kept)
      if (!kept || wishes.stopped) anew(wishes)
      wishes.stopped = false
      wishes.offline = false
    }),
  ),
)
const clock = fc
  .constantFrom([0.02, '20 ms'], [0.2, '200 ms'], [1, 'a second'], [60, 'a minute'], [600, 'ten minutes'], [3_600, 'an hour'], [
    86_400,
    'a day',
  ] as const)
  .map(([seconds, words]) => command(`${words} pass`, (_, world) => world.advance((seconds as number) * 1_000)))

/** Mostly time; seldom the end. */
export const commands: fc.Arbitrary<Iterable<LifeCommand>> = fc.commands(
  [
    clock,
    clock,
    clock,
    application,
    application,
    servers,
    surroundings,
    fc.oneof({ weight: 1, arbitrary: stop }, { weight: 5, arbitrary: clock }),
  ],
  { maxCommands: 40, size: 'max' },
)
