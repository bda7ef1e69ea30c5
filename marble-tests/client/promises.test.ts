/** Answers that promise something wait until it is stored (design: durability; LwM2M Core 1.2.2 §6.3, §6.4). */
import { describe, expect, test } from 'vitest'
import { configure } from '../../src/client/configure.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { clientMachine } from '../../src/client/step.ts'
import type { ClientEvent } from '../../src/client/work.ts'
import { EMPTY } from 'rxjs'
import { tick } from '../../src/core/machine.ts'
import { down, up } from '../../src/core/stack.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { at, created, opened, requested } from './device.ts'
import { temperature } from '../../src/objects/temperature.ts'

const machine = () =>
  clientMachine({
    ...configure({
      endpointClientName: 'dev',
      accounts: [{ uri: 'coap://server:5683' }],
      objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }), instances(temperature, { 0: { 5700: 20 } })],
      parameters: defaultParameters,
    }),
    persists: true,
  })
/** What the server is answered, and what is asked of the store, second by second. */
const play = (events: readonly (ClientEvent | typeof tick)[]) => {
  const { initial, step } = machine()
  let state = initial
  return [tick, up(opened()), up(created()), ...events].flatMap((event, second) => {
    const [next, effects] = step(state, event, { now: second * 1_000, wall: second * 1_000, dice: [0] })
    state = next
    return effects.flatMap(({ value }) => {
      if (value.type === 'persist') return [`${second} store ${value.number}`]
      return value.type === 'respond' ? [`${second} ${value.operation.type} ${value.outcome.code}`] : []
    })
  })
}
const write = (exchange: number, value: number): ClientEvent => {
  const path = at('/1/0/1')
  return up(requested(exchange, { type: 'write', mode: 'replace', path, nodes: [{ path, value }] }))
}
const read = (exchange: number) => up(requested(exchange, { type: 'read', path: at('/3/0/0') }))
const stored = (number: number, failed?: true): ClientEvent =>
  down({ type: 'persisted', number, ...(failed === undefined ? {} : { failed }) })

describe('a promise', () => {
  test('2.04 to a Write is said when it is stored, and not before', () => {
    expect(play([write(1, 300), tick, stored(1)])).toEqual(['3 store 1', '5 write 2.04'])
  })
  test('what is said behind a promise waits behind it; without one nothing waits', () => {
    expect(play([read(1), write(2, 300), read(3), stored(1), read(4)])).toEqual([
      '3 read 2.05',
      '4 store 1',
      '6 write 2.04',
      '6 read 2.05',
      '7 read 2.05',
    ])
  })
  test('two promises: each waits for its own storing', () => {
    expect(play([write(1, 300), write(2, 301), stored(1), stored(2)])).toEqual(['3 store 1', '4 store 2', '5 write 2.04', '6 write 2.04'])
  })
  test('a later storing tells of those before it', () => {
    expect(play([write(1, 300), write(2, 301), stored(2)])).toEqual(['3 store 1', '4 store 2', '5 write 2.04', '5 write 2.04'])
  })
  test('that could not be stored is no promise: 5.03; a Read behind it is answered', () => {
    expect(play([write(1, 300), read(2), stored(1, true)])).toEqual(['3 store 1', '5 write 5.03', '5 read 2.05'])
  })
  test('of which nobody says that it is stored is 5.03 after half a minute', () => {
    const waiting = Array.from({ length: 30 }, () => tick)
    expect(play([write(1, 300), ...waiting])).toEqual(['3 store 1', '33 write 5.03'])
  })
  test('is an observation, attributes, and what a server executes in its Server Object; a refusal is none', () => {
    const observe = up(requested(1, { type: 'observe', path: at('/3303/0/5700') }))
    const attributes = up(requested(2, { type: 'write-attributes', path: at('/3303/0'), attributes: { pmin: 5 } }))
    const trigger = up(requested(3, { type: 'execute', path: at('/1/0/8'), arguments: {} }))
    const wrong = up(requested(4, { type: 'delete', path: at('/1/0') }))
    expect(play([wrong, observe, stored(1), attributes, stored(2), trigger, stored(3)])).toEqual([
      '3 delete 4.05',
      '4 store 1',
      '5 observe 2.05',
      '6 store 2',
      '7 write-attributes 2.04',
      '8 store 3',
      '9 execute 2.04',
    ])
  })
})
