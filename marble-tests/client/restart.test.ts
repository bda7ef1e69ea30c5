/** A device restarts, and its registration goes on (LwM2M Core 1.2.2 §6.2.2). */
import { describe, expect, test } from 'vitest'
import { restarted } from '../../src/client/restart.ts'
import type { ClientState } from '../../src/client/state.ts'
import type { ClientEffect, ClientEvent } from '../../src/client/work.ts'
import { tick } from '../../src/core/machine.ts'
import { restore, snapshot } from '../../src/core/snapshot.ts'
import { down, up } from '../../src/core/stack.ts'
import { answered, at, changed, created, node, opened, requested } from './device.ts'
import { life, type Life } from './life.ts'

/** Steps by hand: events at seconds; what is due comes first. */
const drive = (machine: Life, state: ClientState, events: readonly (readonly [seconds: number, ...ClientEvent[]])[], wallAt = 0) => {
  const effects: ClientEffect[] = []
  let now = 0
  const turn = (event: ClientEvent | typeof tick) => {
    const [next, said] = machine.step(state, event, { now, wall: wallAt + now, dice: [0] })
    state = next
    effects.push(...said)
  }
  for (const [seconds, ...all] of events) {
    while (machine.deadline(state) <= seconds * 1_000) {
      now = Math.max(now, machine.deadline(state))
      turn(tick)
    }
    now = seconds * 1_000
    for (const event of all) turn(event)
  }
  const asked = effects.flatMap(({ type, value }) =>
    type !== 'down' ? [] : value.type === 'perform' ? [value.operation.type] : [value.type],
  )
  return { state, asked, now, phases: [...state.accounts.in('')].map(({ row }) => `${row.phase} ${row.reason}`) }
}
/** Off for so many seconds; the monotonic clock begins again at 0. */
const offFor = (machine: Life, before: ReturnType<typeof drive>, seconds: number): ClientState => {
  const kept = snapshot(machine, before.state, { now: before.now, wall: before.now })
  return restarted(restore(machine, kept, { now: 0, wall: before.now + seconds * 1_000 }), 0)
}
const registered = [[0], [1, up(opened())], [2, up(created())]] as const

describe('after a restart', () => {
  test('the registration goes on with an Update, not a Register', () => {
    const machine = life()
    const after = drive(machine, offFor(machine, drive(machine, machine.initial, registered), 60), [
      [0],
      [1, up(opened())],
      [2, up(changed)],
    ])
    expect(after.asked).toEqual(['open', 'update'])
    expect(after.phases).toEqual(['registered updated'])
  })

  test('a server that has forgotten it is registered with again', () => {
    const machine = life()
    const state = offFor(machine, drive(machine, machine.initial, registered), 90_000)
    const after = drive(machine, state, [[0], [1, up(opened())], [2, up(answered('4.04'))], [3, up(opened())], [4, up(created())]])
    expect(after.asked).toEqual(['open', 'update', 'close', 'open', 'register'])
    expect(after.phases).toEqual(['registered registered'])
  })

  test('a client that was asleep sleeps on until its Update is due', () => {
    const machine = life([{ queueMode: true, lifetimeSeconds: 600 }])
    const before = drive(machine, machine.initial, [...registered, [100]])
    expect(before.phases).toEqual(['asleep idle'])
    const after = drive(machine, offFor(machine, before, 100), [[300], [306]])
    expect(after.asked).toEqual([])
    expect(drive(machine, after.state, [[310], [311, up(opened())]]).asked).toEqual(['open', 'update'])
  })

  test('waits go on where they were; what was over while it was off is done at once', () => {
    const machine = life()
    const before = drive(machine, machine.initial, [[0], [1, up(opened())], [2, up(answered('4.03'))]])
    expect(before.phases).toEqual(['waiting rejected'])
    expect(drive(machine, offFor(machine, before, 30), [[29]]).asked).toEqual([])
    expect(drive(machine, offFor(machine, before, 30), [[31]]).asked).toEqual(['open'])
    expect(drive(machine, offFor(machine, before, 3_000), [[0]]).asked).toEqual(['open'])
  })

  test('failure is left by it', () => {
    const machine = life([{ retryCount: 1 }])
    const before = drive(machine, machine.initial, [[0], [1, up(opened())], [2, up(answered('4.03'))]])
    expect(before.phases).toEqual(['failed exhausted'])
    expect(drive(machine, offFor(machine, before, 0), [[0]]).asked).toEqual(['open'])
  })

  test('a bootstrap that was under way is undone and asked for again', () => {
    const machine = life([{ bootstrap: true, uri: 'coap://bs:5683' }], { version: '1.1' })
    const written = requested(1, { type: 'write', mode: 'replace', path: at('/1/1'), nodes: [node('/1/1/0', 7), node('/1/1/1', 60)] })
    const before = drive(machine, machine.initial, [[0], [1, up(opened())], [2, up(answered('2.04'))], [3, up(written)]])
    expect(before.state.model.get('1', 1)).toBeDefined()
    const state = offFor(machine, before, 10)
    expect(state.model.get('1', 1)).toBeUndefined()
    expect(drive(machine, state, [[0], [1, up(opened())]]).asked).toEqual(['open', 'bootstrap-request'])
  })

  test('a client that knows nothing but its bootstrap server, and was stopped, asks it', () => {
    const machine = life([{ bootstrap: true, uri: 'coap://bs:5683' }])
    const before = drive(machine, machine.initial, [[0], [1, up(opened())], [2, down({ type: 'stop' })]])
    expect(drive(machine, offFor(machine, before, 60), [[0], [1, up(opened())]]).asked).toEqual(['open', 'bootstrap-pack-request'])
  })

  test('who waits for another attempt to bootstrap registers with nobody meanwhile', () => {
    const machine = life([{}, { bootstrap: true, uri: 'coap://bs:5683' }])
    const before = drive(machine, machine.initial, [
      [0],
      [1, up(opened())],
      [2, down({ type: 'bootstrap' })],
      [3, up(opened(1))],
      [4, up({ type: 'closed', remote: 'account 1', reason: 'lost' })],
    ])
    expect(before.phases).toEqual(['idle bootstrap', 'waiting unreachable'])
    expect(drive(machine, offFor(machine, before, 10), [[0], [49]]).asked).toEqual([])
    expect(drive(machine, offFor(machine, before, 10), [[0], [51]]).asked).toEqual(['open'])
  })

  test('a suspension of which the server was being told is kept', () => {
    const machine = life()
    const before = drive(machine, machine.initial, [...registered, [3, down({ type: 'disable', seconds: 600 })]])
    expect(before.phases).toEqual(['deregistering suspended'])
    const state = offFor(machine, before, 100)
    expect(drive(machine, state, [[0], [499]]).asked).toEqual([])
    expect(drive(machine, state, [[0], [501]]).asked).toEqual(['open'])
  })

  test('one that was stopped begins anew', () => {
    const machine = life()
    const before = drive(machine, machine.initial, [...registered, [3, down({ type: 'stop' })], [4, up(answered('2.02'))]])
    expect(before.phases).toEqual(['stopped asked'])
    expect(drive(machine, offFor(machine, before, 0), [[0]]).asked).toEqual(['open'])
  })
})
