/** The lifecycle against a reference of outcomes: whatever is ordered, refused, lost or forgotten, in the end everybody is registered who is wanted to be (LwM2M Core 1.2.2 §6). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commands, type Wishes } from './lifecycle/commands.ts'
import { inspect } from './lifecycle/invariants.ts'
import { settings, worldOf, type World } from './lifecycle/world.ts'

const hour = 3_600_000
const day = 24 * hour
const registered: ReadonlySet<string> = new Set(['registered', 'updating', 'asleep'])

/** Nothing is in the way any more. */
const allIsWell = (world: World) => {
  world.net.up = true
  world.bootstrap.mood = 'gives'
  for (const account of [0, 1, 2, 3, 4, 5]) world.serverAt(account).mood = 'good'
}
const rest = (world: World, byMs: number) => {
  world.advance(byMs)
  inspect(world.state, world.watched, world.now)
}
const phases = (world: World) => world.rows().map(({ role, account, phase, reason }) => `${role} ${account} ${phase} ${reason}`)

/** What must be in the end, and what the application has to do for it. */
const outcome = (world: World, wishes: Wishes, seen: Map<string, number>) => {
  const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  allIsWell(world)
  rest(world, 4 * day)
  if (wishes.stopped) {
    note('stopped')
    return expect(phases(world).filter((phase) => !phase.includes(' stopped '))).toEqual([])
  }
  if (wishes.offline) {
    note('offline')
    expect(world.watched.links.size, 'links while offline').toBe(0)
    world.order({ type: 'online' })
    wishes.offline = false
    rest(world, 2 * day)
  }
  if (world.rows().some(({ phase }) => phase === 'disabled')) {
    note('suspended')
    for (const { phase, account } of world.rows()) if (phase === 'disabled') expect(wishes.silentUntil.get(account)).toBe(Infinity)
    world.order({ type: 'enable' })
    rest(world, 2 * day)
  }
  if (world.rows().some(({ phase }) => phase === 'failed')) {
    note('failure')
    const mayFail = world.rows().some(({ role }) => role === 'bootstrap') || world.setting.name === 'one server, given up'
    // An account that was given or provisioned tries five times.
    for (const { phase, account } of world.rows()) if (phase === 'failed') expect(mayFail || account >= 4, phases(world).join()).toBe(true)
    world.order({ type: 'restart' })
    rest(world, 2 * day)
  }
  // Without a lifetime nobody asks whether the server still knows.
  if (world.rows().some(({ told }) => told.lifetimeSeconds === 0)) {
    world.order({ type: 'update' })
    rest(world, hour)
  }
  note('registered')
  const servers = world.rows().filter(({ role }) => role === 'server')
  expect(servers.length).toBeGreaterThan(0)
  for (const { account, phase, location } of servers) {
    expect([account, phase, registered.has(phase)], phases(world).join()).toEqual([account, phase, true])
    expect(world.serverAt(account).registrations, `server ${account}`).toContain(location.join('/'))
  }
}

describe.each(settings.map((setting) => [setting.name, setting] as const))('%s', (_, setting) => {
  test('whatever happens: registered in the end, or told not to be; one Register at a time, no forgotten timer or link, every refusal typed', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(commands, fc.nat(), (script, seed) => {
        const world = worldOf(setting, seed)
        const wishes: Wishes = { stopped: false, offline: false, offlineAt: 0, silentUntil: new Map() }
        fc.modelRun(() => ({ model: wishes, real: world }), script)
        outcome(world, wishes, seen)
      }),
      { numRuns: 250 },
    )
    for (const what of ['stopped', 'offline', 'registered']) expect(seen.get(what) ?? 0, what).toBeGreaterThan(10)
  })
})
