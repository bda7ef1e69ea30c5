/** What a change that concerns no observation costs a device with 10 and with 10,000 observations, their pmin and pmax alive: the machine alone (LwM2M Core §6.4). */
import { configure } from '../../src/client/configure.ts'
import { remoteOf } from '../../src/client/state.ts'
import { clientMachine } from '../../src/client/step.ts'
import type { ClientEvent } from '../../src/client/work.ts'
import { none, type Stamp } from '../../src/core/machine.ts'
import { down, up } from '../../src/core/stack.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { defineObject } from '../../src/model/definition.ts'

const sensors = 10_001
const sensor = defineObject({
  id: 33_000,
  name: 'Sensor',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: { 0: { name: 'Value', operations: 'R', multiple: false, mandatory: false, type: 'float' } },
})
const stamp = (now: number): Stamp => ({ now, wall: now, dice: [1, 2, 3, 4, 5, 6, 7, 8] })

/** A device of so many sensors, the first ones observed. */
const device = (observations: number) => {
  const machine = clientMachine(
    configure({
      endpointClientName: 'bench',
      accounts: [{ uri: 'coap://server:5683', defaultPminSeconds: 60, defaultPmaxSeconds: 3_600 }],
      objects: [{ definition: sensor, instances: Object.fromEntries(Array.from({ length: sensors }, (_, id) => [id, { 0: id }])) }],
      parameters: defaultParameters,
      limits: { observationsMax: 20_000, observedPathsMax: 20_000, instancesMax: 65_000 },
    }),
  )
  let state = machine.initial
  let said = 0
  const step = (event: ClientEvent | { readonly type: 'tick' }, now: number) => {
    const [next, effects] = machine.step(state, event, stamp(now))
    state = next
    said = effects.length
    return effects
  }
  const remote = remoteOf(0)
  step({ type: 'tick' }, 0)
  const asked = step(up({ type: 'opened', remote, address: 'a', local: 'b' }), 1)
  const register = asked.map(({ value }) => value).find(({ type }) => type === 'perform')
  if (register?.type !== 'perform') throw new Error('nothing was registered')
  const { exchange, operation } = register
  step(up({ type: 'performed', exchange, remote, operation, outcome: { code: '2.01', location: ['rd', '1'] }, last: true }), 2)
  const request = { remote, code: '0.01', options: noOptions, payload: noBytes, confirmable: true, purpose: 'request' } as const
  for (let instance = 0; instance < observations; instance++)
    step(
      up({
        type: 'requested',
        exchange: instance,
        remote,
        request,
        operation: { type: 'observe', path: { object: 33_000, instance, resource: 0 } },
      }),
      3,
    )
  if (state.observations.size !== observations) throw new Error('not every sensor is observed')
  return {
    change: (value: number) => step(down({ type: 'fed', path: { object: 33_000, instance: sensors - 1, resource: 0 }, value }), 4),
    quiet: () => said === none.length,
  }
}

/** Nanoseconds of CPU for one change of the sensor that nobody observes: the best of nine rounds. */
export const changeAmong = (observations: number): number => {
  const { change, quiet } = device(observations)
  const nanoseconds = best((turn) => change(turn))
  if (!quiet()) throw new Error('somebody was told')
  return nanoseconds
}
/** The least that it can cost: a Map of so many rows, one of them set. */
export const bareChangeAmong = (rows: number): number => {
  const table = new Map(Array.from({ length: rows }, (_, id): [string, number] => [`/33000/${id}/0`, id]))
  // A thousand at once: one alone is too short to be measured.
  return best((turn) => {
    for (let i = 0; i < 1_000; i++) table.set('/33000/0/0', turn + i)
  }, 1_000)
}
const best = (work: (turn: number) => unknown, count = 20_000): number => {
  let turn = 0
  let least = Infinity
  for (let round = 0; round < 9; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < count; i++) work(turn++)
    const { user, system } = process.cpuUsage(before)
    if (round > 0) least = Math.min(least, ((user + system) * 1000) / count)
  }
  return least
}
