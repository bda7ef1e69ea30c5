/** Power cuts at any instant: what a server acknowledged is there afterwards (LwM2M Core 1.2.2 §6.2). */
import * as fc from 'fast-check'
import { merge, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../src/core/dice.ts'
import { databaseStore, lwm2mServer, type KeptRegistration } from '../../src/server.ts'
import { slowDatabase, type Entries } from '../../src/simulation/database.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { world } from '../../src/simulation/world.ts'
import { examine } from '../../src/testing/index.ts'
import { handmadeDevice, type HandmadeDevice } from '../contracts/server-device.ts'
import { keptSeeds } from './seeds.ts'

const registration = (endpointClientName: string, lifetimeSeconds: number): KeptRegistration => ({
  ...{ endpointClientName, lifetimeSeconds, location: 'x', remote: 'coap://10.0.0.1:1', version: '1.1', binding: 'U', queueMode: false },
  ...{ has: { objects: [] }, registered: 0, updated: 0 },
})

test('whenever the disk stops, every registration is as it was acknowledged, or as somebody asked later', () => {
  const change = fc.record({
    at: fc.nat(200),
    name: fc.constantFrom('a', 'b', 'ä/%'),
    /** Of `undefined` the registration ends. */
    lifetimeSeconds: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
  })
  const script = fc.record({
    changes: fc.array(change, { maxLength: 25 }),
    cutAt: fc.nat(250),
    early: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    writeMs: fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
  })
  examine(
    'cuts',
    script,
    ({ changes, cutAt, early, writeMs }) => {
      const entries: Entries = new Map()
      const scheduler = virtualScheduler()
      let batches = 0
      const disk = slowDatabase(entries, {
        scheduler,
        writeMs: () => writeMs[batches++ % writeMs.length]!,
        early: () => early[batches % early.length]!,
      })
      const store = databaseStore(disk)
      const asked = new Map<string, (number | undefined)[]>()
      const acknowledged = new Map<string, number>()
      for (const { at, name, lifetimeSeconds } of changes)
        scheduler.schedule(() => {
          const all = asked.get(name) ?? [undefined]
          const index = all.push(lifetimeSeconds) - 1
          asked.set(name, all)
          const work$ = lifetimeSeconds === undefined ? store.drop(name) : store.keep(registration(name, lifetimeSeconds))
          work$.subscribe({ complete: () => acknowledged.set(name, Math.max(index, acknowledged.get(name) ?? 0)) })
        }, at)
      scheduler.flush(cutAt)
      const damaged: string[] = []
      let found: readonly KeptRegistration[] = []
      const after = databaseStore(slowDatabase(entries, { scheduler, writeMs: () => 0 }), { damaged: (key) => damaged.push(key) })
      after.load.subscribe((all) => (found = all))
      expect(damaged).toEqual([])
      for (const [name, all] of asked) {
        const kept = found.find(({ endpointClientName }) => endpointClientName === name)?.lifetimeSeconds
        expect(all.slice(acknowledged.get(name) ?? 0)).toContain(kept)
      }
    },
    { runs: 1_000 },
    JSON.stringify,
  )
})

/** Devices register and update now and then; the server's power goes at some turn, comes back, and goes again. */
const play = async (seed: number) => {
  const random = seeded(seed)
  const below = (limit: number) => random.uint32() % limit
  const made = world(seed, { faults: { loss: 0.02, minMs: 5, maxMs: 300 } })
  const entries: Entries = new Map()
  const server = made.node('server', {
    address: '10.0.0.99',
    stored: { values: new Map(), bodies: new Map(), entries },
    database: (kept, scheduler) => slowDatabase(kept, { scheduler, writeMs: () => below(400), early: () => below(2) === 0 }),
  })
  const damaged: string[] = []
  server.start((env) => {
    const store = databaseStore(env.database!, { damaged: (key) => damaged.push(key) })
    const one = lwm2mServer(env, { listen: { address: '10.0.0.99', port: 5683 }, store })
    return merge(one.registrations$, one.refused$.pipe(tap()))
  })
  let turns = 0
  let nextCut = 20 + below(300)
  let cuts = 0
  made.turn$.subscribe(() => {
    if (++turns !== nextCut || cuts++ === 4) return
    nextCut = turns + 50 + below(400)
    made.at(made.now(), () => server.isOn() && server.crash())
    made.at(made.now() + 100 + below(20_000), () => server.isOn() || server.restart())
  })
  const outcomes: string[] = []
  for (let i = 0; i < 4; i++)
    made.node(`device-${i}`).start((env) => {
      const device: HandmadeDevice = handmadeDevice(env, 'coap://10.0.0.99', `device-${i}`, {})
      let location: string | undefined
      const turn = () => {
        const anew = location === undefined || below(8) === 0
        // Of what was asked and not answered nobody knows whether it was done.
        const to = location
        if (anew) location = undefined
        const answered = anew ? device.register('lt=86400&lwm2m=1.1&b=U') : device.post(`/rd/${to!}`)
        answered.then(
          ({ code, options }) => {
            outcomes.push(code)
            if (anew && code === '2.01') location = new TextDecoder().decode(options.filter(({ number }) => number === 8)[1]!.value)
          },
          () => outcomes.push('none'),
        )
      }
      for (let at = 1_000 * (i + 1); at < 600_000; at += 8_000 + below(60_000)) made.at(at, turn)
      return device.endpoint.up$
    })
  await made.settle(900_000)
  return { outcomes, cuts, damaged }
}
describe('a server whose power is cut at random turns', () => {
  const seeds = [...keptSeeds('server-cuts'), ...Array.from({ length: 40 }, (_, at) => at + 1)]
  test('never answers 4.04 to the Update of a client that it answered 2.01', async () => {
    const all = { cuts: 0, updates: 0, created: 0 }
    for (const seed of seeds) {
      const { outcomes, cuts, damaged } = await play(seed)
      all.cuts += cuts
      all.updates += outcomes.filter((code) => code === '2.04').length
      all.created += outcomes.filter((code) => code === '2.01').length
      expect({ seed, damaged, unknown: outcomes.filter((code) => code === '4.04') }).toEqual({ seed, damaged: [], unknown: [] })
    }
    // Something did happen.
    expect(all.cuts).toBeGreaterThan(2 * seeds.length)
    expect(all.updates).toBeGreaterThan(20 * seeds.length)
    expect(all.created).toBeGreaterThan(4 * seeds.length)
  }, 120_000)
})
