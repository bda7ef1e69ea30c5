/** Requests as transactions over any number of Object Instances: who waits for whom, and that all are answered (LwM2M Core §6.3; design: transactions). */
import { EMPTY } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { Limits } from '../../src/client/configuration.ts'
import type { ClientEvent } from '../../src/client/work.ts'
import { down, up } from '../../src/core/stack.ts'
import { copy } from '../../src/core/snapshot.ts'
import type { Code } from '../../src/message/code.ts'
import type { PathString } from '../../src/model/path.ts'
import type { Value } from '../../src/model/value.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import { at, created, device, everything, node, opened, requested } from '../../marble-tests/client/device.ts'

const accept = () => EMPTY
const second = { ...everything, id: 3201, name: 'Second' }
const third = { ...everything, id: 3202, name: 'Third' }

/** A device whose Objects 3200 and 3201 ask their application; 3202 does not. */
const begun = (limits: Partial<Limits> = {}) => {
  const rows = { 0: { 0: 'a', 1: 1 }, 1: { 0: 'b', 1: 2 } }
  const machine = device([{}], {
    has: [
      deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
      instances(everything, rows, { accept }),
      instances(second, rows, { accept }),
      instances(third, rows),
    ],
    limits,
  })
  let state = copy(machine.initial)
  let now = 0
  const answers: string[] = []
  const asked: { transaction: number; path: PathString; about: string }[] = []
  const turn = (event: ClientEvent | { readonly type: 'tick' }) => {
    const [next, effects] = machine.step(state, event, { now, wall: now, dice: [0] })
    state = next
    for (const { type, value } of effects) {
      if (type === 'down' && value.type === 'respond')
        answers.push([value.exchange, value.outcome.code, ...(value.outcome.location ?? [])].join(' '))
      else if (type === 'up' && value.type === 'consult') {
        const { transaction, path, proposal } = value
        asked.push({
          transaction,
          path,
          about: JSON.stringify('path' in proposal.change ? proposal.change.path : proposal.change.instance),
        })
      }
    }
  }
  turn({ type: 'tick' })
  turn(up(opened()))
  turn(up(created()))
  answers.length = 0
  return {
    answers,
    asked,
    ask: (number: number, operation: ManagementOperation) => turn(up(requested(number, operation))),
    /** The application's answer to the oldest question. */
    decide: (code: Code = '2.04') => {
      const { transaction, path } = asked.shift()!
      turn(down({ type: 'decided', transaction, path, code }))
    },
    cancel: (exchange: number) => turn(up({ type: 'cancelled', remote: 'account 0', exchange })),
    pass: (ms: number) => {
      now += ms
      turn({ type: 'tick' })
    },
    level: (object: number, instance: number) => state.model.get(String(object), instance)?.resources[1],
    waiting: () => state.transactions.size,
  }
}
const composite = (...values: readonly (readonly [string, Value])[]): ManagementOperation => ({
  type: 'write-composite',
  nodes: values.map(([path, value]) => node(path, value)),
})
const write = (path: string, value: Value): ManagementOperation => ({
  type: 'write',
  mode: 'replace',
  path: at(path),
  nodes: [node(path, value)],
})
const create = (value: number): ManagementOperation => ({ type: 'create', path: { object: 3200 }, nodes: [node('/3200/0/1', value)] })

describe('writers of the same Object Instances', () => {
  test('take turns in the order of arrival, whatever the order in which they name them', () => {
    const real = begun()
    real.ask(1, composite(['/3200/0/1', 11], ['/3201/0/1', 11]))
    real.ask(2, composite(['/3201/0/1', 22], ['/3200/0/1', 22]))
    expect(real.asked.map(({ path }) => path)).toEqual(['/3200', '/3201'])
    real.decide()
    expect(real.answers).toEqual([])
    expect(real.level(3200, 0)).toBe(1)
    real.decide()
    expect(real.answers).toEqual(['1 2.04'])
    expect([real.level(3200, 0), real.level(3201, 0)]).toEqual([11, 11])
    real.decide()
    real.decide()
    expect(real.answers).toEqual(['1 2.04', '2 2.04'])
    expect([real.level(3200, 0), real.level(3201, 0)]).toEqual([22, 22])
    expect(real.waiting()).toBe(0)
  })
  test('do not hold back those of others', () => {
    const real = begun()
    real.ask(1, write('/3200/0/1', 11))
    real.ask(2, write('/3200/0/1', 22))
    real.ask(3, write('/3202/0/1', 33))
    expect(real.answers).toEqual(['3 2.04'])
  })
  test('wait even where nobody is asked, and come to their turn', () => {
    const real = begun()
    real.ask(1, composite(['/3200/0/1', 11], ['/3202/0/1', 11]))
    real.ask(2, write('/3202/0/1', 22))
    expect(real.answers).toEqual([])
    real.decide()
    expect(real.answers).toEqual(['1 2.04', '2 2.04'])
    expect(real.level(3202, 0)).toBe(22)
  })
  test('see what those before them did', () => {
    const real = begun()
    real.ask(1, { type: 'delete', path: at('/3200/1') })
    real.ask(2, write('/3200/1/1', 22))
    real.decide()
    expect(real.answers).toEqual(['1 2.02', '2 4.04'])
  })
  test('are passed by what is behind them in another queue only', () => {
    const real = begun()
    real.ask(1, write('/3200/0/1', 11))
    real.ask(2, composite(['/3200/0/1', 22], ['/3201/0/1', 22]))
    real.ask(3, write('/3201/0/1', 33))
    expect(real.asked.length).toBe(1)
    real.decide()
    real.decide()
    real.decide()
    expect(real.answers).toEqual(['1 2.04', '2 2.04'])
    real.decide()
    expect(real.level(3201, 0)).toBe(33)
  })
  test('in one Object, a new Object Instance gets its number when its turn has come', () => {
    const real = begun()
    real.ask(1, create(11))
    real.ask(2, create(22))
    real.decide()
    real.decide()
    expect(real.answers).toEqual(['1 2.01 3200 2', '2 2.01 3200 3'])
    expect([real.level(3200, 2), real.level(3200, 3)]).toEqual([11, 22])
  })
})

describe('a Write-Composite over several Objects', () => {
  test('is put to each of them, each about its own', () => {
    const real = begun()
    real.ask(1, composite(['/3200/0/1', 1], ['/3201/1/1', 1], ['/3200/1/0', 'x'], ['/3202/0/1', 1]))
    expect(real.asked.map(({ path, about }) => `${path} ${about}`)).toEqual([
      '/3200 {"object":3200,"instance":0}',
      '/3201 {"object":3201,"instance":1}',
      '/3200 {"object":3200,"instance":1}',
    ])
  })
  test.each([0, 1, 2])('is not done when the answer after %i is no: that is the answer', (agreed) => {
    const real = begun()
    real.ask(1, composite(['/3200/0/1', 9], ['/3201/1/1', 9], ['/3200/1/1', 9], ['/3202/0/1', 9]))
    for (let i = 0; i < agreed; i++) real.decide()
    real.decide('4.00')
    expect(real.answers).toEqual(['1 4.00'])
    expect([real.level(3200, 0), real.level(3201, 1), real.level(3200, 1), real.level(3202, 0)]).toEqual([1, 2, 2, 1])
    expect(real.waiting()).toBe(0)
  })
})

describe('what waits', () => {
  test('is bounded: 5.03', () => {
    const real = begun({ transactionsMax: 2 })
    real.ask(1, write('/3200/0/1', 11))
    real.ask(2, write('/3200/0/1', 22))
    real.ask(3, write('/3200/0/1', 33))
    expect(real.answers).toEqual(['3 5.03'])
    real.decide()
    real.decide()
    expect(real.answers).toEqual(['3 5.03', '1 2.04', '2 2.04'])
  })
  test('too long is answered 5.03, and the next comes to its turn', () => {
    const real = begun({ applicationTimeoutMs: 10_000 })
    real.ask(1, write('/3200/0/1', 11))
    real.pass(5_000)
    real.ask(2, write('/3200/0/1', 22))
    real.pass(5_000)
    expect(real.answers).toEqual(['1 5.03'])
    real.asked.shift()
    real.decide()
    expect(real.answers).toEqual(['1 5.03', '2 2.04'])
  })
  test('for one whose server has let go comes to its turn', () => {
    const real = begun()
    real.ask(1, write('/3200/0/1', 11))
    real.ask(2, write('/3200/0/1', 22))
    real.cancel(1)
    real.asked.shift()
    real.decide()
    expect(real.answers).toEqual(['2 2.04'])
    expect(real.level(3200, 0)).toBe(22)
  })
})
