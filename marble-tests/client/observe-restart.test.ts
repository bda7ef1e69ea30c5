/** Observations after a restart of the device: they go on, as far as the server still wants them (LwM2M Core 1.2.2 §6.4.1). */
import { expect, test } from 'vitest'
import { restarted } from '../../src/client/restart.ts'
import type { ClientEffect, ClientEvent } from '../../src/client/work.ts'
import { tick } from '../../src/core/machine.ts'
import { restore, snapshot } from '../../src/core/snapshot.ts'
import { down, up } from '../../src/core/stack.ts'
import { at, changed, created, device, fed, opened, requested } from './device.ts'

const level = '/3200/0/1'

test('an observation goes on after a restart, under another number, and Sends are gone [LwM2M Core §6.4.1]', () => {
  const machine = device()
  const run = (from: typeof machine.initial, events: readonly (ClientEvent | typeof tick)[], wall: number) => {
    let state = from
    const effects: ClientEffect[] = []
    events.forEach((event, second) => {
      const [next, said] = machine.step(state, event, { now: second * 1_000, wall: wall + second * 1_000, dice: [0] })
      state = next
      effects.push(...said)
    })
    return { state, words: effects.map(({ value }) => value) }
  }
  const observe = requested(3, { type: 'observe', path: at(level) })
  const request = { ...observe.request, token: 'aa' }
  const before = run(
    machine.initial,
    [tick, up(opened()), up(created()), up({ ...observe, request }), down({ type: 'send', send: 's', paths: [at(level)], nodes: [] })],
    0,
  )
  const kept = snapshot(machine, before.state, { now: 5_000, wall: 5_000 })
  const after = run(
    restarted(restore(machine, kept, { now: 0, wall: 65_000 }), 0),
    [tick, up(opened()), up(changed), down(fed(level, 1))],
    65_000,
  )
  expect(after.state.sends.size).toBe(0)
  const notified = after.words.filter(({ type }) => type === 'respond')
  expect(notified).toMatchObject([{ exchange: 2 ** 40, request: { token: 'aa', outlived: true }, outcome: { nodes: [{ value: 1 }] } }])
})
